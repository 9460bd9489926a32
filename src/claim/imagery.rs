//! The imagery of a claim: pairs whose dates fit the window, and paths that stay below the user's folder.

use jiff::civil::Date;

use super::form::{Day, ImageryForm, OneOrMany, RelativePath, ScenesForm};
use super::reading::few_enough;
use super::{Imagery, Scenes, Window};
use crate::document::Field;
use crate::error::{Error, Kind as Failure, Result};
use crate::limits::Limits;
use crate::text::Foreign;

/// How to name a file that a claim may not.
const PATH_HINT: &str =
    "--data DIR names the folder that relative paths start from; or name the file with --before/--after";

impl ImageryForm {
    /// The imagery at `field`.
    pub(super) fn imagery(self, window: &Window, field: &Field<'_>, limits: &Limits) -> Result<Imagery> {
        let pair = ScenesForm::from(&self);
        let control = field.key("control");
        few_enough(self.control.0.len(), &control, limits)?;
        let numbered = self.control.0.into_iter().enumerate();
        let controls = numbered.map(|(index, pair)| pair.control(window, &control.item(index), limits));
        Ok(Imagery {
            scenes: pair.around(window, field, limits)?,
            controls: controls.collect::<Result<_>>()?,
            stack: paths(self.stack, &field.key("stack"), limits)?,
            hotspots: paths(self.hotspots, &field.key("hotspots"), limits)?,
        })
    }
}

impl ScenesForm {
    /// The pair around the window; none when nothing is said of one.
    fn around(self, window: &Window, field: &Field<'_>, limits: &Limits) -> Result<Option<Scenes>> {
        if self == Self::default() {
            return Ok(None);
        }
        let scenes = self.scenes(field, limits)?;
        if let Some(day) = scenes.before_date.filter(|day| *day > window.to) {
            return Err(unfit(
                &field.key("before_date"),
                format!("{day} is after the window, which ends on {}", window.to),
            ));
        }
        if let Some(day) = scenes.after_date.filter(|day| *day < window.from) {
            return Err(unfit(
                &field.key("after_date"),
                format!("{day} is before the window opens on {}", window.from),
            ));
        }
        Ok(Some(scenes))
    }

    /// A pair of another year: one that shares days with the window would show the event itself.
    fn control(self, window: &Window, field: &Field<'_>, limits: &Limits) -> Result<Scenes> {
        let scenes = self.scenes(field, limits)?;
        match (scenes.before_date, scenes.after_date) {
            (Some(before), Some(after)) if before < window.to && after >= window.from => {
                Err(unfit(field, format!("a control from {before} to {after} shares days with the window")))
            }
            _ => Ok(scenes),
        }
    }

    fn scenes(self, field: &Field<'_>, limits: &Limits) -> Result<Scenes> {
        for (side, list) in [("before", &self.before), ("after", &self.after)] {
            if list.is_empty() {
                let hint = "a pair has both; without scenes here, name all of the pair on the command line";
                return Err(field.malformed(format!("the pair has no scene \"{side}\"")).hint(hint));
            }
        }
        let [before_date, after_date] = ordered(self.before_date, self.after_date, &field.key("after_date"))?;
        Ok(Scenes {
            before: paths(self.before, &field.key("before"), limits)?,
            after: paths(self.after, &field.key("after"), limits)?,
            before_date,
            after_date,
            bands: bands(self.bands, &field.key("bands"), limits)?,
            scale: self.scale.map(|scale| finite(scale, scale != 0.0, &field.key("scale"))).transpose()?,
            offset: self.offset.map(|offset| finite(offset, true, &field.key("offset"))).transpose()?,
        })
    }
}

/// The dates of a pair, the first before the second.
fn ordered(before: Option<Day>, after: Option<Day>, field: &Field<'_>) -> Result<[Option<Date>; 2]> {
    match (before, after) {
        (Some(Day(before)), Some(Day(after))) if before >= after => {
            Err(unfit(field, format!("{after} is not after {before}, the date before")))
        }
        _ => Ok([before, after].map(|day| day.map(|Day(day)| day))),
    }
}

fn unfit(field: &Field<'_>, problem: String) -> Error {
    field.refused(Failure::Mismatch, problem).hint("correct the dates, or name other scenes")
}

fn bands(names: Vec<String>, field: &Field<'_>, limits: &Limits) -> Result<Vec<String>> {
    few_enough(names.len(), field, limits)?;
    match names.iter().position(|name| name.trim().is_empty()) {
        Some(index) => Err(field.item(index).malformed("a band without a name")),
        None => Ok(names),
    }
}

fn finite(number: f64, fit: bool, field: &Field<'_>) -> Result<f64> {
    match number.is_finite() && fit {
        true => Ok(number),
        false => Err(field.malformed(format!("{number} cannot be used"))),
    }
}

fn paths(OneOrMany(paths): OneOrMany<RelativePath>, field: &Field<'_>, limits: &Limits) -> Result<Vec<String>> {
    few_enough(paths.len(), field, limits)?;
    paths.into_iter().enumerate().map(|(index, path)| path.checked(&field.item(index))).collect()
}

impl RelativePath {
    /// The path, if it stays below the folder that it starts from. A claim is foreign: it may come from anybody, and
    /// must not make the program open what its user did not name.
    pub(super) fn checked(self, field: &Field<'_>) -> Result<String> {
        match fault(&self.0) {
            Some(fault) => {
                Err(field.malformed(format!("the path \"{}\" {fault}", Foreign::new(self.0))).hint(PATH_HINT))
            }
            None => Ok(self.0),
        }
    }
}

/// What is wrong with a path in a claim.
fn fault(path: &str) -> Option<&'static str> {
    if path.trim().is_empty() {
        Some("is empty")
    } else if path.chars().any(char::is_control) {
        Some("holds a control character")
    } else if path.starts_with('/') {
        Some("is absolute")
    } else if path.contains('\\') {
        Some("holds a backslash; names are parted by /")
    } else if has_scheme(path) {
        Some("starts with a scheme or a drive")
    } else if path.split('/').any(|name| name == "..") {
        Some("climbs out of its folder (..)")
    } else {
        None
    }
}

/// Whether it starts as a URL, a drive or a driver's prefix does: a letter, then letters, digits, + - . up to a colon.
fn has_scheme(path: &str) -> bool {
    let Some((scheme, _)) = path.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

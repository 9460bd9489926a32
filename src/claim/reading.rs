//! From a claim as written to a claim: every value checked once, refused with its place and a hint.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::form::{ClaimForm, Day, RelativePath, Sha256Text, SizesForm};
use super::{Claim, Kind, Place, Window};
use crate::document::Field;
use crate::error::{Kind as Failure, Result};
use crate::limits::Limits;
use crate::text::Foreign;

/// Longest location error in metres; a claim of a wider area should draw it.
const FARTHEST_M: f64 = 50_000.0;
/// Most hectares or detections that an effect of interest may be.
const LARGEST_EFFECT: f64 = 1e6;
/// Most characters of an id.
const ID_CHARS: usize = 64;

impl ClaimForm {
    /// The claim at `field`.
    ///
    /// # Errors
    /// As [`super::ClaimFile::from_toml`].
    pub(super) fn claim(self, field: &Field<'_>, limits: &Limits) -> Result<Claim> {
        let id = id(self.id, &field.key("id"))?;
        let text = said(self.text, &field.key("text"), limits)?;
        let source = said(self.source, &field.key("source"), limits)?;
        let source_sha256 = self.source_sha256.map(|sum| checksum(sum, &field.key("source_sha256"))).transpose()?;
        let window = window(self.window, &field.key("window"), limits)?;
        let made_at = self.made_at.map(|Day(day)| made_at(day, &window, &field.key("made_at"))).transpose()?;
        let place = place(self.aoi, self.bbox, field)?;
        let kinds = kinds(self.kinds, &field.key("kinds"))?;
        let claim = Claim {
            id,
            text,
            source,
            source_sha256,
            made_at,
            asserts: self.asserts,
            place,
            location_error_m: location_error(self.location_error_m, &field.key("location_error_m"))?,
            window,
            smallest_effect: smallest_effect(&self.smallest_effect, &kinds, &field.key("smallest_effect"))?,
            kinds,
            sides: sides(self.sides, &field.key("sides"), limits)?,
            prior: self.prior.map(|prior| probability(prior, &field.key("prior"))).transpose()?,
            imagery: self.imagery.imagery(&window, &field.key("imagery"), limits)?,
        };
        let area =
            claim.place.boxed().and_then(|area| area.map_or(Ok(()), |area| claim.check_area(area.area_ha(), limits)));
        area.map_err(|error| field.key("bbox").around(error))?;
        Ok(claim)
    }
}

/// A label that may stand in any document and be no path in any system.
fn id(id: String, field: &Field<'_>) -> Result<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let starts = id.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts && id.chars().all(plain) && id.len() <= ID_CHARS {
        return Ok(id);
    }
    let problem = format!("\"{}\" is no label", Foreign::new(id));
    let hint =
        format!("1 to {ID_CHARS} of a-z A-Z 0-9 - _ . and first a letter or digit; an id is a label, never a path");
    Err(field.malformed(problem).hint(hint))
}

/// Words that somebody said; kept as they are.
fn said(words: String, field: &Field<'_>, limits: &Limits) -> Result<String> {
    if words.trim().is_empty() {
        return Err(field.malformed("it says nothing"));
    }
    short_enough(&words, field, limits)?;
    Ok(words)
}

fn short_enough(words: &str, field: &Field<'_>, limits: &Limits) -> Result<()> {
    let chars = words.chars().count();
    if chars <= limits.claim_chars {
        return Ok(());
    }
    let problem = format!("{chars} characters, more than {} are not read", limits.claim_chars);
    Err(field.refused(Failure::Limit, problem).hint("quote the sentence that is claimed, not the whole text"))
}

fn checksum(Sha256Text(sum): Sha256Text, field: &Field<'_>) -> Result<String> {
    match sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(sum.to_ascii_lowercase()),
        false => Err(field.malformed("a SHA-256 is 64 hexadecimal digits")),
    }
}

fn window([Day(from), Day(to)]: [Day; 2], field: &Field<'_>, limits: &Limits) -> Result<Window> {
    let window = Window { from, to };
    if from > to {
        let problem = format!("the window ends on {to}, before it opens on {from}");
        return Err(field.refused(Failure::Mismatch, problem).hint("first day first"));
    }
    if window.days() > limits.claim_days {
        let problem = format!("{} days, more than {} are not judged", window.days(), limits.claim_days);
        return Err(field
            .refused(Failure::Limit, problem)
            .hint("say when it happened more closely, or claim by claim"));
    }
    Ok(window)
}

/// What was said before the window opened cannot tell what happened in it.
fn made_at(day: Date, window: &Window, field: &Field<'_>) -> Result<Date> {
    if day >= window.from {
        return Ok(day);
    }
    let problem = format!("the claim was made on {day}, before its window opens on {}", window.from);
    Err(field.refused(Failure::Mismatch, problem).hint("correct the window or the day on which it was said"))
}

fn place(aoi: Option<RelativePath>, bbox: Option<[f64; 4]>, claim: &Field<'_>) -> Result<Place> {
    match (aoi, bbox) {
        (Some(path), None) => Ok(Place::File(path.checked(&claim.key("aoi"))?)),
        (None, Some(edges)) => {
            let field = claim.key("bbox");
            not_swapped(edges, &field)?;
            Ok(Place::Bbox(edges))
        }
        (Some(_), Some(_)) => Err(claim.key("bbox").malformed("aoi and bbox both say where").hint("keep one of them")),
        (None, None) => {
            let hint = "aoi = \"area.geojson\", or bbox = [west, south, east, north] in degrees";
            Err(claim.malformed("it does not say where: neither aoi nor bbox is there").hint(hint))
        }
    }
}

/// Refuses edges that are places on earth only the other way round; the rest is for the AOI to judge.
fn not_swapped([west, south, east, north]: [f64; 4], field: &Field<'_>) -> Result<()> {
    let swapped = |lon: f64, lat: f64| lon.abs() <= 90.0 && lat.abs() > 90.0 && lat.abs() <= 180.0;
    if !swapped(west, south) && !swapped(east, north) {
        return Ok(());
    }
    let hint = "longitude and latitude look swapped: west, south, east, north puts the longitude first";
    Err(field.malformed(format!("the latitudes {south} and {north} are not within -90..90")).hint(hint))
}

fn location_error(metres: f64, field: &Field<'_>) -> Result<f64> {
    match (0.0..=FARTHEST_M).contains(&metres) {
        true => Ok(metres),
        false => Err(field.malformed(format!("{metres} m is not within 0..{FARTHEST_M} m"))),
    }
}

fn kinds(kinds: Vec<Kind>, field: &Field<'_>) -> Result<Vec<Kind>> {
    if kinds.is_empty() {
        return Err(field.malformed("it does not say what happened: the list is empty"));
    }
    for (index, kind) in kinds.iter().enumerate() {
        if kinds.iter().take(index).any(|earlier| earlier == kind) {
            return Err(field.item(index).malformed(format!("{} is named twice", kind.word())).hint("once is enough"));
        }
    }
    Ok(kinds)
}

/// A size for every kind that can be tested: the one given, or the default.
fn smallest_effect(sizes: &SizesForm, kinds: &[Kind], field: &Field<'_>) -> Result<BTreeMap<Kind, f64>> {
    let mut effects = BTreeMap::new();
    for kind in [Kind::BurnedFields, Kind::ImpactArea, Kind::BuiltDamage, Kind::Thermal] {
        let Some(default) = kind.default_smallest_effect() else { continue };
        let field = field.key(kind.word());
        match (sizes.of(kind), kinds.contains(&kind)) {
            (Some(_), false) => {
                let problem = format!("{} is not among the claim's kinds", kind.word());
                return Err(field.malformed(problem).hint("add it to kinds, or leave its size out"));
            }
            (Some(size), true) => effects.insert(kind, effect(size.number(default), &field)?),
            (None, true) => effects.insert(kind, default),
            (None, false) => None,
        };
    }
    Ok(effects)
}

fn effect(size: f64, field: &Field<'_>) -> Result<f64> {
    match size > 0.0 && size <= LARGEST_EFFECT {
        true => Ok(size),
        false => Err(field.malformed(format!("{size} is not above 0 and at most {LARGEST_EFFECT}")).hint(
            "hectares, or detections of heat; without a number the default is taken that 'groundtell schema claim' tells",
        )),
    }
}

fn sides(sides: Vec<String>, field: &Field<'_>, limits: &Limits) -> Result<Vec<String>> {
    few_enough(sides.len(), field, limits)?;
    for (index, side) in sides.iter().enumerate() {
        short_enough(side, &field.item(index), limits)?;
    }
    Ok(sides)
}

/// Refuses a list that is too long.
pub(super) fn few_enough(entries: usize, field: &Field<'_>, limits: &Limits) -> Result<()> {
    if entries <= limits.claim_entries {
        return Ok(());
    }
    let problem = format!("{entries} entries, more than {} are not read", limits.claim_entries);
    Err(field.refused(Failure::Limit, problem).hint("shorten the list"))
}

/// A prior that evidence can still move.
fn probability(prior: f64, field: &Field<'_>) -> Result<f64> {
    match prior > 0.0 && prior < 1.0 {
        true => Ok(prior),
        false => Err(field
            .malformed(format!("{prior} is no probability between 0 and 1"))
            .hint("for example: prior = 0.5; no evidence can move 0 or 1; leave it out to be told no probability")),
    }
}

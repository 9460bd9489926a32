//! What a reader is told of heat besides its figures.

use crate::hotspot::archive::Archive;
use crate::hotspot::day::{self, Stretch};
use crate::hotspot::persistent::Mask;
use crate::hotspot::series::Seen;
use crate::recipe::HeatRecipe;

/// The statistic.
pub(super) const STATISTIC: &str =
    "ln((detections + 0.5) / (usual detections + 0.5)), usual: the mean of the same season in the control years";

/// Why an area is not covered though its days are.
pub(super) const UNKNOWN_PLACE: &str =
    "the hotspot files hold hardly any detection in or around the area in any year, so they may not cover it";

fn listed(years: &[i16]) -> String {
    years.iter().map(i16::to_string).collect::<Vec<_>>().join(", ")
}

pub(super) fn uncovered(archive: &Archive, window: Stretch) -> String {
    let (from, to) = (day::date(window.from), day::date(window.to));
    match archive.first_and_last() {
        None => "there are no detections in the hotspot files at all, so they cover no day".into(),
        Some(_) => format!("the hotspot files do not cover {from} to {to}; they hold {}", archive.words()),
    }
}

pub(super) fn few_years(years: usize, windows: usize, need: usize) -> String {
    format!(
        "too few control years ({years}) cover this season: there are {windows} windows of other years to compare with, \
and {need} are needed"
    )
}

pub(super) fn long_window(days: i32, most: i32) -> String {
    format!("a window of {days} days is longer than a season ({most}); split the claim")
}

pub(super) fn more_eyes(names: &[&str]) -> String {
    format!(
        "{} looked in the window's year and not in every control year, so counts do not compare; hand in the tables of \
one satellite",
        names.join(" and ")
    )
}

pub(super) fn spatial(count: usize, (near, far): (f64, f64), years: &[i16]) -> String {
    format!(
        "{count} places of the same shape, drawn at random {near:.0} to {far:.0} km from the area where the files know \
the ground, each on the same calendar days of one of the control years ({})",
        listed(years)
    )
}

pub(super) fn temporal(count: usize, years: &[i16], recipe: &HeatRecipe) -> String {
    format!(
        "{count} windows as long over the same area in {}, up to {} days earlier or later in the season, {} days apart",
        listed(years),
        recipe.shift_days,
        recipe.shift_step_days
    )
}

/// All notes, in a fixed order.
pub(super) fn notes(archive: &Archive, years: &[i16], mask: &Mask, seen: Seen, before: u64) -> Vec<String> {
    let tally = archive.tally();
    let mut notes = vec![
        format!("archive: {}", archive.words()),
        format!("control years: {}", if years.is_empty() { "none".into() } else { listed(years) }),
        "cloud is not known from hotspot files: a day without a detection may have been overcast, and fires between \
the passes are not seen"
            .into(),
        format!("{before} detections in as many days before the window"),
        format!(
            "{} detections lie on sources that burn all the time ({} such in the files) and {} are of low confidence; \
neither are counted",
            seen.masked,
            mask.sources(),
            seen.faint
        ),
    ];
    if seen.night > 0 {
        notes.push(format!("{} of the {} detections were at night", seen.night, seen.counted));
    }
    if tally.duplicates > 0 {
        notes.push(format!("{} rows were dropped as the same pixel seen twice", tally.duplicates));
    }
    if tally.skipped > 0 {
        let faults = tally.faults.join("; ");
        notes.push(format!("{} rows could not be read and were passed over ({faults})", tally.skipped));
    }
    notes
}

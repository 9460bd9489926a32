//! A simulated year over one area, made once: 73 passages with clouds, one event, two reprocessings and an item that
//! is there twice; and jobs on parts of it.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use groundtell::io::cog::Codec;
use groundtell::pipeline::crew::Silent;
use groundtell::pipeline::simulated::Style;
use groundtell::pipeline::simulated::series::{Pass, every_five_days, write};
use groundtell::simulate::{Events, Scenario, Season, Shape, SimBand};
use jiff::civil;
use serde_json::json;

/// Passages of the year, five days apart.
pub(crate) const PASSES: usize = 73;
/// The first of them.
const FIRST: civil::Date = civil::date(2025, 1, 3);
/// The day of the event: no passage falls on it.
pub(crate) const EVENT: civil::Date = civil::date(2025, 6, 10);
/// Side of the scenes in pixels of 10 m.
const SIDE: usize = 320;
/// Bands that the line and the previews read.
const BANDS: [SimBand; 4] = [SimBand::B04, SimBand::B8A, SimBand::B11, SimBand::B12];
/// Passages that are processed again later, by number.
pub(crate) const REPROCESSED: [usize; 2] = [23, 40];
/// The passage that the catalogue has twice.
pub(crate) const TWICE: usize = 10;

/// The day of a passage.
pub(crate) fn day(number: usize) -> civil::Date {
    FIRST.checked_add(jiff::Span::new().days(5 * number as i64)).unwrap()
}

/// The passages as they are first processed.
fn first_processed() -> Vec<Pass> {
    every_five_days(FIRST, Some(EVENT), PASSES as u32, "05.11").unwrap()
}

/// Every item of the year: passages, then reprocessings, then the double.
pub(crate) fn passes() -> Vec<Pass> {
    let mut passes = first_processed();
    let pass = |number: usize| passes[number].clone();
    let again = REPROCESSED.map(|number| Pass {
        baseline: "05.12".into(),
        processed_after_h: 24 * 12,
        sequence: 1,
        ..pass(number)
    });
    let twice = Pass { processed_after_h: 2, sequence: 1, ..pass(TWICE) };
    passes.extend(again);
    passes.push(twice);
    passes
}

/// The ground of the year: one field burns.
pub(crate) fn ground(seed: u64, burns: Vec<Shape>) -> Scenario {
    let usual = Scenario::new(seed, SIDE, Season::Summer).unwrap();
    Scenario { events: Events { burns, ..Events::none() }, offset_dn: 1000, ..usual }
}

/// The burn.
pub(crate) fn burn() -> Shape {
    Shape::Ellipse { centre: (170.0, 150.0), radii: (30.0, 24.0), turn: 20.0 }
}

/// The year on disk.
pub(crate) fn year() -> &'static Path {
    static YEAR: OnceLock<PathBuf> = OnceLock::new();
    YEAR.get_or_init(|| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(concat!("year-", env!("CARGO_CRATE_NAME")));
        std::fs::remove_dir_all(&out).ok();
        make(&out, &ground(7, vec![burn()]), &passes());
        out
    })
}

/// Writes a series.
pub(crate) fn make(out: &Path, scenario: &Scenario, passes: &[Pass]) {
    let style = Style { baseline: "05.11", codec: Codec::Zstd(1), bands: &BANDS };
    write((scenario, passes), &style, (out, true), &Silent).unwrap();
}

/// A catalogue of those items of a series whose processing was done by `until`, written beside it.
pub(crate) fn catalogue(series: &Path, passes: &[Pass], until: civil::Date) -> PathBuf {
    let done = |pass: &&Pass| {
        let hours = jiff::Span::new().hours(8 + pass.processed_after_h);
        pass.day.at(0, 0, 0, 0).checked_add(hours).unwrap().date() <= until
    };
    let links: Vec<_> = passes
        .iter()
        .filter(done)
        .map(|pass| json!({ "rel": "item", "href": format!("./items/{}/item.json", pass.id()) }))
        .collect();
    let path = series.join(format!("until-{until}.json"));
    let catalogue =
        json!({ "type": "Catalog", "stac_version": "1.0.0", "id": "x", "description": "SIMULATED", "links": links });
    std::fs::write(&path, catalogue.to_string()).unwrap();
    path
}

/// The text of a job on a catalogue; `more` is added.
pub(crate) fn job(catalogue: &Path, more: &str) -> String {
    format!(
        "id = \"year\"\ncatalogue = '{}'\nsince = 2025-01-01\nper_pass = 1000\n{more}\n[[area]]\nid = \"field\"\nbbox = [36.182, 50.4915, 36.221, 50.5165]\n",
        catalogue.display()
    )
}

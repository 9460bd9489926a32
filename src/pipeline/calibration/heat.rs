//! How often the heat layer corroborates where nothing happened: random windows and places of years without war, each
//! through the whole layer and the judge.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use crate::claim::{Asserts, Claim, Imagery, Kind, Place, Window};
use crate::error::{Error, Result};
use crate::evidence::Outcome;
use crate::evidence::draw::Draw;
use crate::evidence::heat::{Question, measure};
use crate::evidence::judge::judge;
use crate::evidence::measurement::{Measurement, Rate};
use crate::evidence::test::exact;
use crate::evidence::verdict::Judgement;
use crate::hotspot::archive::Archive;
use crate::hotspot::day::{self, Stretch};
use crate::hotspot::footprint::Footprint;
use crate::recipe::{ControlYears, Recipe};

/// The stream of draws, apart from those of the layer.
const STREAM: u64 = 0x6361_6c69_0000_0000;
/// Draws for a case before the archive is said to have no room for it.
const TRIES: usize = 10_000;

/// Which cases are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cases {
    /// Number of cases.
    pub count: usize,
    /// Windows end before this day; nothing of the archive from it on is used.
    pub until: Date,
    /// Places lie west of this longitude in degrees.
    pub west_of: f64,
    /// Radius of the circles in kilometres.
    pub radius_km: f64,
    /// Days of the windows.
    pub days: i32,
    /// The smallest effect of interest in detections.
    pub smallest: f64,
}

impl Default for Cases {
    /// The cases of METHODS 10 for Ukraine: before 24 February 2022, west of 35.5 E.
    fn default() -> Self {
        let until = Date::constant(2022, 2, 24);
        Self { count: 400, until, west_of: 35.5, radius_km: 20.0, days: 16, smallest: 10.0 }
    }
}

/// One case and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Case {
    /// Longitude and latitude of its centre.
    pub centre: (f64, f64),
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// The verdict.
    pub outcome: Outcome,
    /// The larger p of its placebo families.
    pub p: Option<f64>,
}

/// How often the layer was wrong.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Calibration {
    /// Cases whose larger p reached the nominal level: the false alarms of the test alone.
    pub alarms: Rate,
    /// Cases that the judge called corroborated: those of the whole layer.
    pub corroborated: Rate,
    /// Alarms of the test by month of the window's first day.
    pub by_month: BTreeMap<i8, Rate>,
    /// The cases in the order in which they were drawn.
    pub cases: Vec<Case>,
}

/// Runs the cases. Few years are without war, so every other year of them serves as control, later ones too: each
/// year is then in turn the one under test, and a dry year stands out as often as it would for a user.
///
/// # Errors
/// `Mismatch` when the archive has no room for a case.
pub fn false_alarms(archive: &Archive, cases: Cases, recipe: &Recipe) -> Result<Calibration> {
    let peace = archive.until(day::number(cases.until));
    let mut recipe = recipe.clone();
    recipe.heat.controls = ControlYears::Other;
    let run = |number: usize| case(&peace, cases, number as u64, &recipe);
    let cases: Vec<Case> = (0..cases.count).into_par_iter().map(run).collect::<Result<_>>()?;
    Ok(table(cases, recipe.evidence.alpha))
}

fn case(archive: &Archive, cases: Cases, number: u64, recipe: &Recipe) -> Result<Case> {
    let (place, window) = drawn(archive, cases, number, recipe)?;
    let centre = place.centre();
    let window = Window { from: day::date(window.from), to: day::date(window.to) };
    let question = Question::new(place, window, cases.smallest)?;
    let measured = measure(archive, &question, (&recipe.heat, &recipe.evidence));
    let judged = judged(measured, window, recipe);
    let p = judged.layers.first().and_then(|layer| layer.p);
    Ok(Case { centre, from: window.from, to: window.to, outcome: judged.outcome, p })
}

/// A place that the archive knows and a window that it covers.
fn drawn(archive: &Archive, cases: Cases, number: u64, recipe: &Recipe) -> Result<(Footprint, Stretch)> {
    let none = || {
        Error::mismatch("the hotspot files have no room for calibration cases")
            .hint("hand in files of a whole country over several years before the stated day")
    };
    let [west, south, east, north] = archive.bounds().ok_or_else(none)?;
    let (first, last) = archive.first_and_last().ok_or_else(none)?;
    let span = Stretch { from: day::number(first), to: day::number(last) };
    let mut draw = Draw::new(recipe.evidence.seed, STREAM + number);
    let place = (0..TRIES).map(|_| {
        let centre = (draw.between(west, east.min(cases.west_of)), draw.between(south, north));
        Footprint::circle(centre, cases.radius_km)
    });
    let place = { place }.find(|place| archive.known_share(place) >= recipe.heat.known_share).ok_or_else(none)?;
    let mut windows = (0..TRIES).map(|_| {
        let from = span.from + draw.below(span.days() as usize) as i32;
        Stretch { from, to: from + cases.days - 1 }
    });
    let window = windows.find(|window| archive.coverage().share(*window) >= 1.0).ok_or_else(none)?;
    Ok((place, window))
}

/// The verdict on a claim of heat in a window that rests on one measurement.
pub fn judged(measured: Measurement, window: Window, recipe: &Recipe) -> Judgement {
    let claim = Claim {
        id: "calibration".into(),
        text: String::new(),
        source: String::new(),
        source_sha256: None,
        made_at: None,
        asserts: Asserts::Occurred,
        place: Place::Bbox([0.0; 4]),
        location_error_m: 0.0,
        window,
        kinds: vec![Kind::Thermal],
        smallest_effect: BTreeMap::new(),
        sides: Vec::new(),
        prior: None,
        imagery: Imagery::default(),
    };
    judge(&claim, vec![measured], &recipe.evidence)
}

fn table(cases: Vec<Case>, alpha: f64) -> Calibration {
    let alarms = |cases: &[&Case]| {
        let hits = cases.iter().filter(|case| case.p.is_some_and(|p| p <= alpha)).count();
        exact(hits as u64, cases.len() as u64)
    };
    let mut months: BTreeMap<i8, Vec<&Case>> = BTreeMap::new();
    for case in &cases {
        months.entry(case.from.month()).or_default().push(case);
    }
    let by_month = months.into_iter().map(|(month, own)| (month, alarms(&own))).collect();
    let corroborated = cases.iter().filter(|case| case.outcome == Outcome::Corroborates).count();
    Calibration {
        alarms: alarms(&cases.iter().collect::<Vec<_>>()),
        corroborated: exact(corroborated as u64, cases.len() as u64),
        by_month,
        cases,
    }
}

//! The heat layer on twelve years of detections over Ukraine: what it must find, what it must never say, and how often
//! it is wrong.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may read, print and fail"
)]

mod common;

use std::path::PathBuf;
use std::sync::OnceLock;

use common::real_data;
use groundtell::claim::Window;
use groundtell::evidence::Outcome;
use groundtell::evidence::heat::{Question, measure};
use groundtell::evidence::measurement::Measurement;
use groundtell::evidence::verdict::LayerVerdict;
use groundtell::geom::aoi::Aoi;
use groundtell::hotspot::archive::Archive;
use groundtell::hotspot::day;
use groundtell::hotspot::footprint::Footprint;
use groundtell::io::csv;
use groundtell::limits::Limits;
use groundtell::pipeline::calibration::heat::{Cases, false_alarms, judged};
use groundtell::pipeline::heat;
use groundtell::recipe::Recipe;
use jiff::civil::Date;

/// Years of detections of the whole country.
const YEARS: [i16; 7] = [2012, 2016, 2018, 2019, 2020, 2021, 2022];
/// A place smaller than a pixel, to be grown by the location error.
const DOT: f64 = 1e-4;

fn folder() -> Option<PathBuf> {
    real_data().map(|data| data.join("firms-ukraine"))
}

fn archive() -> Option<&'static Archive> {
    static ARCHIVE: OnceLock<Option<Archive>> = OnceLock::new();
    let read = || {
        let folder = folder()?;
        let paths = YEARS.map(|year| folder.join(format!("ukr_fire_points_{year}.csv.gz")));
        Some(heat::archive(&paths, &Recipe::default().heat, &Limits::default()).unwrap())
    };
    ARCHIVE.get_or_init(read).as_ref()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// So many days from a date on.
fn window(from: Date, days: i32) -> Window {
    Window { from, to: day::date(day::number(from) + days - 1) }
}

fn measured(archive: &Archive, (lon, lat): (f64, f64), km: f64, window: Window) -> Measurement {
    let bbox = format!("{},{},{},{}", lon - DOT, lat - DOT, lon + DOT, lat + DOT);
    let area = Aoi::from_bbox(&bbox).unwrap();
    heat::measure(archive, (&area, 1000.0 * km), window, 10.0, &Recipe::default()).unwrap()
}

fn verdict(measured: Measurement, window: Window) -> LayerVerdict {
    judged(measured, window, &Recipe::default()).layers.remove(0)
}

fn at(archive: &Archive, place: (f64, f64), km: f64, window: Window) -> LayerVerdict {
    verdict(measured(archive, place, km, window), window)
}

/// Name, place and hits of the plain test of `front-sites.csv`.
fn sites() -> Vec<(String, (f64, f64))> {
    let text = std::fs::read_to_string(folder().unwrap().join("front-sites.csv")).unwrap();
    let rows = csv::rows(&text).unwrap();
    let number = |text: &str| text.parse::<f64>().ok();
    let site = |row: &Vec<String>| match row.as_slice() {
        [name, lat, lon, _] => Some((name.clone(), (number(lon)?, number(lat)?))),
        _ => None,
    };
    rows.iter().filter_map(site).collect()
}

#[test]
fn the_front_of_summer_2022_shows() {
    let Some(archive) = archive() else { return };
    println!("{}; {:?}", archive.words(), archive.tally());
    let (mut all, mut places) = (0, Vec::new());
    for (name, place) in sites() {
        let windows = (0..8).map(|number| window(day::date(day::number(date("2022-05-01")) + 16 * number), 16));
        let verdicts: Vec<LayerVerdict> = windows.map(|window| at(archive, place, 20.0, window)).collect();
        let hits = verdicts.iter().filter(|own| own.outcome == Outcome::Corroborates).count();
        assert!(verdicts.iter().all(|own| own.outcome != Outcome::Contradicts), "{name}");
        println!("{name}: {hits} of 8");
        for own in
            verdicts.iter().filter(|own| own.p.is_some_and(|p| p <= 0.05) && own.outcome != Outcome::Corroborates)
        {
            println!("    {}", own.because);
        }
        all += hits;
        places.push((name, hits));
    }
    println!("{all} of 96");
    assert!(all >= 45, "{all}: {places:?}");
    let hits = |name: &str| places.iter().find(|place| place.0 == name).unwrap().1;
    assert!(hits("Kupiansk") <= 2, "it lay behind the front that summer");
    assert_eq!(hits("Svatove"), 0, "it stayed quiet");
}

#[test]
fn the_recipes_power_by_month_is_what_the_front_shows() {
    let Some(archive) = archive() else { return };
    let mut table = [[0u64; 2]; 12];
    for month in 3..=12i8 {
        let first = Date::new(2022, month, 1).unwrap();
        let halves = [(first, 15), (Date::new(2022, month, 16).unwrap(), i32::from(first.days_in_month()) - 15)];
        for (from, days) in halves {
            for (_, place) in sites() {
                let found = at(archive, place, 20.0, window(from, days)).outcome == Outcome::Corroborates;
                let row = &mut table[month as usize - 1];
                *row = [row[0] + u64::from(found), row[1] + 1];
            }
        }
    }
    println!("{table:?}");
    assert_eq!(table, Recipe::default().heat.shown_by_month);
}

#[test]
fn honesty_late_november_without_heat_never_contradicts() {
    let Some(archive) = archive() else { return };
    let area = Aoi::from_bbox("37.2,49.4,38.2,50.1").unwrap();
    for smallest in [1.0, 10.0, 100.0, 1000.0] {
        let window = Window { from: date("2022-11-15"), to: date("2022-11-30") };
        let measured = heat::measure(archive, (&area, 0.0), window, smallest, &Recipe::default()).unwrap();
        let own = verdict(measured, window);
        println!("{:?}: {} {:?}", own.outcome, own.because, own.measured.power.as_ref().unwrap().at_smallest);
        assert!(matches!(own.outcome, Outcome::NotObservable | Outcome::Inconclusive), "{own:?}");
    }
    for (name, place) in sites() {
        for from in ["2022-11-01", "2022-11-16", "2022-12-16"] {
            let own = at(archive, place, 20.0, window(date(from), 15));
            assert_ne!(own.outcome, Outcome::Contradicts, "{name} {from}: {}", own.because);
        }
    }
}

#[test]
fn honesty_a_source_that_always_burns_never_corroborates() {
    let Some(archive) = archive() else { return };
    for place in [(26.26, 50.545), (26.604, 48.748)] {
        let (mut tried, mut surprising) = (0, 0);
        for year in YEARS {
            for start in (1..350).step_by(16) {
                let from = day::date(day::number(Date::new(year, 1, 1).unwrap()) + start);
                for km in [1.0, 3.0, 5.0] {
                    let own = at(archive, place, km, window(from, 16));
                    tried += 1;
                    surprising += usize::from(own.p.is_some_and(|p| p <= 0.05));
                    assert_ne!(own.outcome, Outcome::Corroborates, "{place:?} {km} {from}: {}", own.because);
                }
            }
        }
        println!("{place:?}: 0 of {tried} corroborate, {surprising} by p alone");
    }
}

#[test]
fn honesty_false_alarms_in_peace_stay_at_the_nominal_level() {
    let Some(archive) = archive() else { return };
    let found = false_alarms(archive, Cases::default(), &Recipe::default()).unwrap();
    println!("test {:?}\nlayer {:?}\n{:#?}", found.alarms, found.corroborated, found.by_month);
    assert!(found.alarms.trials >= 200);
    assert!((0.01..=0.06).contains(&found.alarms.share.value), "{:?}", found.alarms);
    assert!(found.corroborated.share.value <= 0.05, "{:?}", found.corroborated);
    assert!(found.cases.iter().all(|case| case.outcome != Outcome::Contradicts));
}

#[test]
fn any_number_of_threads_measures_the_same() {
    let Some(archive) = archive() else { return };
    let ask = || measured(archive, (37.80, 48.99), 20.0, window(date("2022-05-01"), 16));
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let [one, five] = [1, 5].map(|threads| serde_json::to_string(&pool(threads).install(ask)).unwrap());
    assert_eq!(one, five);
}

#[test]
fn years_without_a_file_are_not_years_without_fire() {
    let Some(archive) = archive() else { return };
    let own = at(archive, (37.80, 48.99), 20.0, window(date("2017-05-01"), 16));
    assert_eq!(own.outcome, Outcome::NotObservable);
    assert!(own.because.contains("do not cover 2017-05-01"), "{}", own.because);
    // One control year is not enough to tell what is usual.
    let own = at(archive, (37.80, 48.99), 20.0, window(date("2016-05-01"), 16));
    assert_eq!(own.outcome, Outcome::Inconclusive);
    assert!(own.because.contains("too few control years (1)"), "{}", own.because);
}

/// Counted by numpy in `tests/oracle/make_heat.py`, by another road: no index, no series.
#[test]
fn counts_and_usual_counts_equal_those_of_numpy() {
    let Some(archive) = archive() else { return };
    let oracle = common::oracle("heat.json");
    let recipe = Recipe::default();
    for row in oracle.as_array().unwrap() {
        let number = |key: &str| row[key].as_f64().unwrap();
        let place = Footprint::circle((number("lon"), number("lat")), number("km"));
        let window = window(date(row["from"].as_str().unwrap()), number("days") as i32);
        let question = Question::new(place, window, 1.0).unwrap();
        let own = measure(archive, &question, (&recipe.heat, &recipe.evidence));
        assert_eq!(own.seen, number("seen"), "{row}");
        assert!((own.usual - number("usual")).abs() < 1e-9 * (1.0 + own.usual), "{row}: {}", own.usual);
        assert!((own.value.unwrap() - number("statistic")).abs() < 1e-9, "{row}: {:?}", own.value);
        let sources = format!("({} such in the files)", number("sources"));
        assert!(own.notes.iter().any(|note| note.contains(&sources)), "{row}: {:?}", own.notes);
    }
}

#[test]
fn both_schemas_of_the_same_box_unite() {
    let Some(folder) = folder() else { return };
    let paths = ["fire_nrt_SV-C2_400448.csv", "kupiansk_box_2022.csv"].map(|name| folder.join(name));
    let united = heat::archive(&paths, &Recipe::default().heat, &Limits::default()).unwrap();
    println!("{} {:?}", united.words(), united.tally());
    assert_eq!(united.tally().skipped, 0);
    assert!(united.detections().len() > 42_000);
    let none: [&str; 0] = [];
    let empty = heat::archive(&none, &Recipe::default().heat, &Limits::default()).unwrap();
    let own = at(&empty, (37.6, 49.7), 20.0, window(date("2022-05-01"), 16));
    assert_eq!(own.outcome, Outcome::NotObservable);
    assert!(own.because.contains("no detections"), "{}", own.because);
}

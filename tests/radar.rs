//! Radar kernels against scipy, and `change --sar` from outside: what it makes, what it refuses.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "a test may read, print and fail"
)]

mod common;

use std::path::Path;

use common::tif::Tif;
use common::{contents, json, oracle, run};
use groundtell::kernel::sar::contrast::contrast;
use groundtell::kernel::sar::discovery::{Deviates, Null, key_of};
use groundtell::kernel::sar::filter::{lee, multilook};
use groundtell::kernel::sar::hotelling::hotelling;
use groundtell::kernel::sar::normal::deviate_of_log_tail;
use groundtell::kernel::sar::omnibus::changes;
use groundtell::kernel::sar::stouffer::Stouffer;
use groundtell::kernel::sar::student;
use ndarray::{Array2, ArrayView2};
use serde_json::Value;
use tempfile::TempDir;

/// One plane of one row a date, from an oracle's nested lists; null is missing.
fn planes(dates: &Value) -> Vec<Array2<f32>> {
    let row = |row: &Value| {
        row.as_array().unwrap().iter().map(|value| value.as_f64().map_or(f32::NAN, |value| value as f32)).collect()
    };
    dates
        .as_array()
        .unwrap()
        .iter()
        .map(row)
        .map(|row: Vec<f32>| Array2::from_shape_vec((1, row.len()), row).unwrap())
        .collect()
}

fn views(planes: &[Array2<f32>]) -> Vec<ArrayView2<'_, f32>> {
    planes.iter().map(|plane| plane.view()).collect()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v Vec<Value> {
    value[key].as_array().unwrap()
}

#[test]
fn deviates_of_t_are_those_of_scipy() {
    let oracle = oracle("radar.json");
    for case in list(&oracle, "student") {
        let [t, freedom, due] = [0, 1, 2].map(|at| case[at].as_f64().unwrap());
        let made = student::deviate(t, freedom);
        assert!((made - due).abs() < 1e-8 * due.abs().max(1.0), "{case}: {made}");
        let quick = student::expansion(t as f32, freedom as f32);
        if student::expansion_holds(quick, freedom as f32) {
            assert!((f64::from(quick) - due).abs() < 1e-5, "{case}: {quick}");
        }
    }
    for case in list(&oracle, "tails") {
        let [log_tail, due] = [0, 1].map(|at| case[at].as_f64().unwrap());
        let made = deviate_of_log_tail(log_tail);
        assert!((made - due).abs() < 1e-6 * due.abs().max(1e-3), "{case}: {made}");
    }
}

#[test]
fn contrasts_are_those_of_scipy() {
    for case in list(&oracle("radar.json"), "contrast") {
        let stack = planes(&case["power"]);
        let stack = views(&stack);
        let (before, after) = stack.split_at(case["before"].as_u64().unwrap() as usize);
        let made = contrast(before, after, case["least"].as_u64().unwrap() as usize).unwrap();
        for (at, due) in list(case, "due").iter().enumerate() {
            let ours = [&made.z, &made.difference, &made.n_eff].map(|plane| f64::from(plane[(0, at)]));
            if due.is_null() {
                assert!(ours[0].is_nan() && ours[1].is_nan() && ours[2] == 0.0, "{at}: {ours:?}");
                continue;
            }
            for (number, (ours, tolerance)) in ours.into_iter().zip([2e-5, 2e-6, 1e-4]).enumerate() {
                let due = due[number].as_f64().unwrap();
                assert!((ours - due).abs() < tolerance * due.abs().max(1.0), "{at} {number}: {ours} {due}");
            }
        }
    }
}

#[test]
fn hotelling_is_that_of_scipy() {
    for case in list(&oracle("radar.json"), "hotelling") {
        let (vv, vh) = (planes(&case["vv"]), planes(&case["vh"]));
        let (vv, vh) = (views(&vv), views(&vh));
        let before = case["before"].as_u64().unwrap() as usize;
        let made = hotelling((&vv[..before], &vh[..before]), (&vv[before..], &vh[before..])).unwrap();
        for (made, due) in made.iter().zip(list(case, "due")) {
            let due = due.as_f64().unwrap();
            assert!((f64::from(*made) - due).abs() < 2e-5 * due.abs().max(1.0), "{made} {due}");
        }
    }
}

#[test]
fn discoveries_are_those_of_scipy() {
    let oracle = oracle("radar.json");
    let numbers =
        |key: &str| list(&oracle["discovery"], key).iter().map(|value| value.as_f64().unwrap()).collect::<Vec<_>>();
    let mut deviates = Deviates::default();
    let keys: Vec<i16> = numbers("z").iter().map(|z| key_of(*z as f32)).collect();
    keys.iter().for_each(|key| deviates.add(*key));
    let made = deviates.discovered(&Null::THEORY);
    for (key, due) in keys.iter().zip(numbers("q")) {
        assert!((f64::from(made.q(*key)) - due).abs() < 1e-6 * due.max(1e-6), "{key}: {} {due}", made.q(*key));
    }
}

#[test]
fn the_omnibus_test_dates_changes_as_the_formula_does() {
    let mut found = 0;
    for case in list(&oracle("radar.json"), "omnibus") {
        let channels: Vec<Vec<Array2<f32>>> = list(case, "power").iter().map(planes).collect();
        let channels: Vec<Vec<ArrayView2<'_, f32>>> = channels.iter().map(|planes| views(planes)).collect();
        let channels: Vec<&[ArrayView2<'_, f32>]> = channels.iter().map(Vec::as_slice).collect();
        let made = changes(&channels, case["looks"].as_f64().unwrap(), 1e-4).unwrap();
        for (at, due) in list(case, "due").iter().enumerate() {
            let ours = [made.first[(0, at)], made.last[(0, at)], made.count[(0, at)]].map(u64::from);
            assert_eq!(ours.to_vec(), due.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect::<Vec<_>>());
            found += ours[2];
        }
    }
    assert!(found > 20, "the oracle holds changes: {found}");
}

#[test]
fn filters_are_those_of_scipy() {
    let oracle = &oracle("radar.json")["filter"];
    let rows: Vec<Array2<f32>> = planes(&oracle["plane"]);
    let plane = Array2::from_shape_fn((rows.len(), rows[0].ncols()), |(row, col)| rows[row][(0, col)]);
    for (name, rim, made) in [("multilook", 2, multilook(plane.view(), 5)), ("lee", 1, lee(plane.view(), 5.0))] {
        for (row, due) in list(oracle, name).iter().enumerate() {
            for (col, due) in due.as_array().unwrap().iter().enumerate() {
                let (ours, due) = (f64::from(made[(row + rim, col + rim)]), due.as_f64().unwrap());
                assert!((ours - due).abs() < 1e-5 * due, "{name} {row} {col}: {ours} {due}");
            }
        }
    }
}

/// Speckle of four looks, the same every time.
struct Speckle(u64);

impl Speckle {
    fn next(&mut self) -> f32 {
        let mut uniform = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
        };
        ((0..4).map(|_| -uniform().ln()).sum::<f64>() / 4.0) as f32
    }

    fn stack(&mut self, dates: usize, shape: (usize, usize)) -> Vec<Array2<f32>> {
        (0..dates).map(|_| Array2::from_shape_fn(shape, |_| 0.05 * self.next())).collect()
    }
}

/// Shares of p < 0.05 by the theory and by the empirical null, and of discoveries at 5 %.
fn shares(z: &Array2<f32>) -> [f64; 3] {
    let mut deviates = Deviates::default();
    z.iter().for_each(|z| deviates.add(key_of(*z)));
    let null = deviates.null().unwrap();
    let q = deviates.discovered(&null);
    let found = z.iter().filter(|z| q.q(key_of(**z)) <= 0.05).count();
    [deviates.share_below(&Null::THEORY, 0.05), deviates.share_below(&null, 0.05), found as f64 / z.len() as f64]
}

#[test]
fn pure_noise_passes_at_the_nominal_level() {
    let shape = (200, 200);
    for (before, after) in [(30, 3), (30, 2), (12, 9), (6, 6)] {
        let mut speckle = Speckle(before as u64 * 7919 + after as u64);
        let mut orbits = Stouffer::new(shape);
        let mut single = Array2::zeros(shape);
        for _ in 0..3 {
            let stack = speckle.stack(before + after, shape);
            let views = views(&stack);
            let made = contrast(&views[..before], &views[before..], 6).unwrap();
            orbits.add(made.z.view(), made.difference.view(), made.n_eff.view());
            single = made.z;
        }
        for (orbits, z) in [(1, &single), (3, &orbits.z())] {
            let [theory, empirical, discovered] = shares(z);
            println!("noise,{before},{after},{orbits},{theory:.4},{empirical:.4},{discovered:.5}");
            assert!((0.04..=0.06).contains(&theory), "{before} {after} {orbits}: {theory}");
            assert!((0.04..=0.06).contains(&empirical), "{before} {after} {orbits}: {empirical}");
            assert!(discovered <= 0.005, "{before} {after} {orbits}: {discovered}");
        }
    }
}

// --- from outside -----------------------------------------------------------------------------------------------------

const SIDE: usize = 48;

/// A file of one band of floats.
fn tif(values: Vec<f32>) -> Tif {
    Tif { bands: vec![(String::new(), values)], nodata: None, ..Tif::scene(SIDE, |_, _| false).floats() }
}

/// Writes one date of a stack: power, or what `number` makes of it; a square fell to a tenth where `fell`.
fn date(folder: &Path, name: &str, seed: u64, fell: bool, number: impl Fn(f32) -> f32) {
    let mut speckle = Speckle(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    (0..50).for_each(|_| {
        speckle.next();
    });
    let values = (0..SIDE * SIDE).map(|at| {
        let hit = fell && (10..22).contains(&(at % SIDE)) && (10..22).contains(&(at / SIDE));
        number(0.05 * speckle.next() * if hit { 0.1 } else { 1.0 })
    });
    tif(values.collect()).write(folder.join(name));
}

const DAYS: [&str; 8] =
    ["20210101", "20210113", "20210206", "20220102", "20220114", "20220301", "20220313", "20220325"];

/// A stack of VV and VH on eight dates; the last three after a fall.
fn stack(folder: &Path, number: impl Fn(f32) -> f32 + Copy) {
    for (at, day) in DAYS.iter().enumerate() {
        for (polarisation, seed) in [("VV", 1), ("VH", 100)] {
            date(folder, &format!("S1_{polarisation}_{day}.tif"), seed + at as u64, at >= 5, number);
        }
    }
}

fn place() -> TempDir {
    let place = TempDir::new().unwrap();
    std::fs::create_dir(place.path().join("s")).unwrap();
    place
}

const ASK: [&str; 5] = ["change", "--sar", "s", "--event", "2022-02-01"];

#[test]
fn a_fall_is_found_and_signed_in_every_scale() {
    for (scale, number) in [
        ("linear", (|power| power) as fn(f32) -> f32),
        ("db", |power: f32| 10.0 * power.log10()),
        ("db100", |power: f32| (1000.0 * power.log10()).round()),
    ] {
        let place = place();
        stack(&place.path().join("s"), number);
        let summary = run(place.path(), &[&ASK[..], &["--out", "o", "--json"]].concat()).done().json();
        assert_eq!((&summary["scale"], &summary["kind"]), (&scale.into(), &"radar_change".into()));
        assert_eq!(summary["objects"], 1, "{summary}");
        let fall = summary["fall_ha"].as_f64().unwrap();
        assert!((4.0..7.0).contains(&fall) && summary["rise_ha"] == 0.0, "{fall}");
        assert_eq!(summary["orbits"][0]["before"].as_array().unwrap().len(), 5);
        let found = json(&place.path().join("o/change.geojson"));
        let object = &found["features"][0]["properties"];
        assert_eq!((&object["kind"], &object["direction"]), (&"radar_change".into(), &"fall".into()));
        assert!(object["ratio_db_mean"].as_f64().unwrap() < -5.0 && object["z_peak"].as_f64().unwrap() < -3.0);
    }
}

#[test]
fn bytes_do_not_depend_on_threads_or_blocks_and_come_out_again() {
    let place = place();
    stack(&place.path().join("s"), |power| power);
    let made = |out: &str, more: &[&str]| {
        run(place.path(), &[&ASK[..], &["--out", out], more].concat()).done();
        let mut files = contents(&place.path().join(out));
        files.remove(Path::new("manifest.json"));
        files
    };
    let first = made("a", &["--threads", "1"]);
    assert!(first.contains_key(Path::new("layers/omnibus_first.tif")), "{:?}", first.keys());
    assert!(first.contains_key(Path::new("preview/ratio.png")) && first.contains_key(Path::new("item.json")));
    for (out, more) in [("b", ["--threads", "3"]), ("c", ["--block", "32"])] {
        let again = made(out, &more);
        assert!(first == again, "{more:?}");
    }
    assert_eq!(run(place.path(), &["verify", "a", "--replay"]).code, Some(0));
}

#[test]
fn a_plan_reads_no_more_than_a_sample() {
    let place = place();
    stack(&place.path().join("s"), |power| power);
    let plan = run(place.path(), &[&ASK[..], &["--plan", "--json"]].concat()).done().json();
    assert_eq!(plan["orbits"][0]["after"].as_array().unwrap().len(), 3);
    assert_eq!((&plan["scale"], &plan["scale_detected"]), (&"linear".into(), &true.into()));
    assert!(plan["notes"].to_string().contains("no name tells a relative orbit"));
}

#[test]
fn orbits_are_kept_apart_and_short_ones_left_out() {
    let place = place();
    let folder = place.path().join("s");
    for (at, day) in DAYS.iter().enumerate() {
        date(&folder, &format!("VH_{day}_T088.tif"), at as u64 + 1, at >= 5, |power| power);
    }
    for (at, day) in ["20210105", "20220305"].iter().enumerate() {
        date(&folder, &format!("VH_{day}_T015.tif"), at as u64 + 50, false, |power| power);
    }
    let summary = run(place.path(), &[&ASK[..], &["--out", "o", "--json"]].concat()).done().json();
    let orbits = list(&summary, "orbits");
    assert_eq!((&orbits[0]["orbit"], &orbits[0]["used"]), (&15.into(), &false.into()));
    assert!(orbits[0]["why"].as_str().unwrap().contains("1 dates before and 1 after"), "{orbits:?}");
    assert_eq!((&orbits[1]["orbit"], &orbits[1]["used"]), (&88.into(), &true.into()));
    run(place.path(), &[&ASK[..], &["--orbit", "15", "--out", "p"]].concat())
        .refused(2, &["orbit 15", "1 dates before"]);
    run(place.path(), &[&ASK[..], &["--orbit", "16", "--out", "p"]].concat()).refused(2, &["orbit 16"]);
}

#[test]
fn bands_of_one_date_take_it_from_the_file() {
    let place = place();
    for (at, day) in DAYS.iter().enumerate() {
        let mut speckle = Speckle(at as u64 * 77 + 5);
        let mut plane = || (0..SIDE * SIDE).map(|_| 0.05 * speckle.next()).collect::<Vec<_>>();
        let bands = vec![("VV".to_owned(), plane()), ("VH".to_owned(), plane())];
        Tif { bands, ..tif(Vec::new()) }.write(place.path().join(format!("s/scene_{day}.tif")));
    }
    let plan = run(place.path(), &[&ASK[..], &["--plan", "--json"]].concat()).done().json();
    assert_eq!(plan["polarisations"].as_array().unwrap().len(), 2);
    assert_eq!(plan["orbits"][0]["before"].as_array().unwrap().len(), 5);
}

#[test]
fn stacks_that_cannot_be_tested_are_refused_by_name() {
    let refused = |make: &dyn Fn(&Path), more: &[&str], says: &[&str]| {
        let place = place();
        make(&place.path().join("s"));
        run(place.path(), &[&ASK[..], &["--out", "o"], more].concat()).refused(2, says);
        assert!(!place.path().join("o").exists());
    };
    let same = |power: f32| power;
    refused(&|_| {}, &[], &["holds no GeoTIFF"]);
    refused(&|folder| date(folder, "VH.tif", 1, false, same), &[], &["a date and a polarisation"]);
    refused(&|folder| date(folder, "S1_VH_20210101.tif", 1, false, same), &[], &["one date only"]);
    let few = |folder: &Path| {
        for (at, day) in DAYS[..6].iter().enumerate() {
            date(folder, &format!("S1_VH_{day}.tif"), at as u64 + 1, false, same);
        }
    };
    refused(&few, &[], &["5 dates before and 1 after"]);
    let unscaled = |folder: &Path| stack(folder, |power| 4000.0 * power + 100.0);
    refused(&unscaled, &[], &["power, decibels"]);
    let mixed = |folder: &Path| {
        stack(folder, same);
        date(folder, "S1_VH_20210301.tif", 77, false, |power| 10.0 * power.log10());
    };
    refused(&mixed, &[], &["different scales", "db", "linear"]);
    refused(&|folder| stack(folder, |_| f32::NAN), &["--sar-scale", "linear"], &["no pixel"]);
    refused(&|folder| stack(folder, |_| 0.04), &[], &["no pixel"]);
    let shifted = |folder: &Path| {
        stack(folder, same);
        tif(vec![0.05; SIDE * SIDE]).at(300_007.0, 5_600_040.0).write(folder.join("S1_VH_20220401.tif"));
    };
    refused(&shifted, &[], &["S1_VH_20220401", "another grid"]);
    refused(&|folder| few(folder), &["--set", "radar.statistic=vv"], &["no VV"]);
}

#[test]
fn words_that_make_no_split_are_refused() {
    let place = place();
    stack(&place.path().join("s"), |power| power);
    let ask = |more: &[&str]| run(place.path(), &[&["change", "--sar", "s", "--out", "o"], more].concat());
    ask(&[]).refused(2, &["day of the event"]);
    ask(&["--before-dates", "2021-01-01/2022-03-01", "--after-dates", "2022-02-01/.."]).refused(2, &["begin behind"]);
    ask(&["--event", "2022-02-01", "--set", "radar.multilook=2"]).refused(2, &["radar.multilook"]);
    let spans = ["--before-dates", "../2022-01-31", "--after-dates", "2022-02-01/..", "--json"];
    assert_eq!(ask(&spans).done().json()["objects"], 1);
}

#[test]
fn what_is_doubtful_is_said() {
    let place = place();
    let folder = place.path().join("s");
    stack(&folder, |power| if power < 0.02 { -power } else { power });
    let summary =
        run(place.path(), &[&ASK[..], &["--sar-scale", "linear", "--out", "o", "--json"]].concat()).done().json();
    let reasons = summary["reliability"]["reasons"].to_string();
    assert!(reasons.contains("zero or negative power"), "{reasons}");
    let near = ["--set", "radar.before_days=60", "--out", "p", "--json"];
    let summary = run(place.path(), &[&ASK[..], &["--sar-scale", "linear"], &near].concat()).done().json();
    let reasons = summary["reliability"]["reasons"].to_string();
    assert!(reasons.contains("a change of season cannot be told"), "{reasons}");
    let strict = ["--set", "radar.min_null=100000", "--out", "q", "--json"];
    let summary = run(place.path(), &[&ASK[..], &["--sar-scale", "linear"], &strict].concat()).done().json();
    assert_eq!(summary["test"]["null_law"], "theory");
    assert!(summary["reliability"]["reasons"].to_string().contains("too few"), "{summary}");
}

#[test]
fn pixels_that_were_not_seen_say_why() {
    let place = place();
    let folder = place.path().join("s");
    stack(&folder, |power| power);
    // The last three dates saw nothing in the left third, and only one of them the middle third.
    for (at, day) in DAYS.iter().enumerate().skip(5) {
        for polarisation in ["VV", "VH"] {
            let path = folder.join(format!("S1_{polarisation}_{day}.tif"));
            let mut speckle = Speckle(at as u64 * 31 + 7);
            let values = (0..SIDE * SIDE).map(|cell| match cell % SIDE {
                0..16 => f32::NAN,
                16..32 if at > 5 => f32::NAN,
                _ => 0.05 * speckle.next(),
            });
            tif(values.collect()).write(path);
        }
    }
    let summary =
        run(place.path(), &[&ASK[..], &["--sar-scale", "linear", "--out", "o", "--json"]].concat()).done().json();
    let hectares = |why: &str| summary["not_seen_ha"][why].as_f64().unwrap_or_else(|| panic!("{summary}"));
    let third = summary["aoi_ha"].as_f64().unwrap() / 3.0;
    assert!((hectares("not covered on a side") - third).abs() < 0.01);
    assert!((hectares("fewer than two dates on a side") - third).abs() < 0.01);
    assert!(summary["reliability"]["reasons"].to_string().contains("only 33 % of the area"), "{summary}");
}

//! `groundtell check` as a user meets it: outcomes, refusals, exit codes, what is left and what may be published.

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

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use common::{contents, json, program, run, shelf};

/// A July of 6 by 6 km with some cloud, and the boxes of its truth.
fn july() -> &'static Path {
    static MADE: OnceLock<std::path::PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let line = "simulate --out july --overwrite --size 640 --seed 4 --season summer --cloud 0.02 --burned 0.03 --codec zstd:1";
        run(&shelf(), &line.split(' ').collect::<Vec<_>>()).done();
        shelf().join("july")
    })
}

/// A claim file of one claim over a box, with lines of its own.
fn claim(bbox: &str, lines: &str) -> String {
    format!(
        "[[claim]]\nid = \"a\"\ntext = \"fields burned\"\nsource = \"a test\"\nasserts = \"occurred\"\nbbox = {bbox}\n\
         window = [\"2025-07-04\", \"2025-07-28\"]\nkinds = [\"burned_fields\"]\n{lines}"
    )
}

const INSIDE: &str = "[36.215, 50.485, 36.223, 50.49]";

fn asked(name: &str, text: &str, words: &[&str]) -> common::Ended {
    let folder = shelf().join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("claim.toml"), text).unwrap();
    let [before, after] = ["before", "after"].map(|side| july().join(side).join("item.json").display().to_string());
    let mut line = vec!["check", "claim.toml", "--overwrite", "--set", "evidence.implants=20"];
    if !words.contains(&"--hotspots") && !words.contains(&"--no-scenes") {
        line.extend(["--before", &before, "--after", &after]);
    }
    line.extend(words.iter().filter(|word| **word != "--no-scenes"));
    run(&folder, &line)
}

/// The outcome of a claim on that July.
fn outcome(name: &str, text: &str, words: &[&str]) -> String {
    let found = asked(name, text, &[words, &["--json"]].concat()).done().json();
    found["verdicts"][0]["outcome"].as_str().unwrap().to_owned()
}

#[test]
fn what_nobody_could_see_is_an_outcome_and_no_failure() {
    let later = claim(INSIDE, "").replace("2025-07-04", "2025-08-04").replace("2025-07-28", "2025-08-20");
    assert_eq!(outcome("late", &later, &[]), "not-observable");
    let earlier = claim(INSIDE, "").replace("2025-07-04", "2025-06-04").replace("2025-07-28", "2025-06-20");
    assert_eq!(outcome("early", &earlier, &[]), "not-observable");
    assert_eq!(outcome("outside", &claim("[30.0, 50.0, 30.01, 50.01]", ""), &[]), "not-observable");
    assert_eq!(outcome("nothing", &claim(INSIDE, ""), &["--no-scenes"]), "not-observable");
    let position = claim(INSIDE, "").replace("burned_fields", "fire_position");
    assert_eq!(outcome("position", &position, &[]), "not-observable");
}

#[test]
fn under_a_sky_that_is_all_cloud_nothing_is_observable() {
    let line = "simulate --out clouded --overwrite --size 256 --seed 4 --season summer --cloud 1 --codec zstd:1";
    run(&shelf(), &line.split(' ').collect::<Vec<_>>()).done();
    fs::write(shelf().join("clouded.toml"), claim("[36.190, 50.50, 36.196, 50.505]", "")).unwrap();
    let [before, after] = ["clouded/before/item.json", "clouded/after/item.json"];
    let words =
        ["check", "clouded.toml", "--before", before, "--after", after, "--out", "dark", "--overwrite", "--json"];
    let found = run(&shelf(), &words).done().json();
    assert_eq!(found["verdicts"][0]["outcome"], "not-observable", "{found}");
}

#[test]
fn an_empty_hotspot_file_is_an_outcome() {
    let folder = shelf().join("empty");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("fires.csv"), "latitude,longitude,acq_date\n").unwrap();
    let thermal = claim(INSIDE, "").replace("burned_fields", "thermal");
    assert_eq!(outcome("empty", &thermal, &["--hotspots", "fires.csv"]), "not-observable");
}

#[test]
fn contradictory_and_boundless_claims_are_refused_by_name() {
    let turned = claim(INSIDE, "").replace("2025-07-28", "2025-07-01");
    asked("turned", &turned, &[]).refused(2, &["claim.toml", "window"]);
    let huge = claim("[30.0, 45.0, 33.0, 48.0]", "");
    asked("huge", &huge, &[]).refused(2, &["km"]);
    let climbing = claim(INSIDE, "imagery = { before = \"../../etc/passwd\", after = \"x.tif\" }\n");
    asked("climbing", &climbing, &["--no-scenes"]).refused(2, &["before"]);
    let missing = claim(INSIDE, "imagery = { before = \"no.tif\", after = \"x.tif\" }\n");
    asked("missing", &missing, &["--no-scenes"]).refused(2, &["no.tif"]);
    asked("unknown", &claim(INSIDE, "colour = 1\n"), &[]).refused(2, &["line 9", "colour"]);
}

#[test]
fn exit_codes_follow_the_outcome_that_was_asked_for() {
    let text = claim(INSIDE, "");
    let code = |asserts: &str, fail_on: &str| {
        let text = text.replace("\"occurred\"", asserts);
        asked("codes", &text, &["--fail-on", fail_on]).code
    };
    let plain = asked("codes", &text, &["--json"]).done().json();
    let outcome = plain["verdicts"][0]["outcome"].as_str().unwrap().to_owned();
    let expected = |wanted: &str| Some(i32::from(outcome == wanted));
    assert_eq!(code("\"occurred\"", "corroborated"), expected("corroborates"));
    assert_eq!(code("\"occurred\"", "contradicted"), expected("contradicts"));
    assert_eq!(code("\"did_not_occur\"", "contradicted"), expected("corroborates"));
}

#[test]
fn a_check_comes_out_again_byte_for_byte_on_any_number_of_threads() {
    let text = claim(INSIDE, "");
    for threads in ["1", "3"] {
        asked("threads", &text, &["--out", threads, "-j", threads]).done();
    }
    let folder = shelf().join("threads");
    let [one, three] = ["1", "3"].map(|name| contents(&folder.join(name)));
    assert!(one.keys().eq(three.keys()));
    for (name, bytes) in &one {
        assert!(bytes == &three[name], "{} depends on the number of threads", name.display());
    }
    let names: Vec<String> = one.keys().map(|name| name.display().to_string()).collect();
    for wanted in ["verdict.json", "report.html", "evidence.geojson", "item.json", "manifest.json", "registration.json"]
    {
        assert!(names.iter().any(|name| name == wanted), "{wanted} is missing: {names:?}");
    }
    run(&folder, &["verify", "1", "--replay"]).done();
    let registered = json(&folder.join("1/registration.json"));
    let verdict = json(&folder.join("1/verdict.json"));
    assert_eq!(registered["claims"][0]["registration"], verdict["registration"]);
    assert!(verdict["simulated_note"].as_str().unwrap().starts_with("SIMULATED"));
}

#[test]
fn what_is_published_is_coarse_and_old_enough() {
    let text = claim(INSIDE, "");
    asked("public", &text, &["--public", "--out", "open"]).done();
    let folder = shelf().join("public/open");
    let names: Vec<String> = contents(&folder).keys().map(|name| name.display().to_string()).collect();
    assert!(names.iter().all(|name| !name.ends_with(".tif")), "{names:?}");
    let map = json(&folder.join("evidence.geojson"));
    for feature in map["features"].as_array().unwrap() {
        let ring = feature["geometry"]["coordinates"][0].as_array().unwrap();
        assert_eq!(ring.len(), 5, "a box: {feature}");
        let lats: Vec<f64> = ring.iter().map(|at| at[1].as_f64().unwrap()).collect();
        let high = lats.iter().copied().fold(f64::MIN, f64::max);
        let low = lats.iter().copied().fold(f64::MAX, f64::min);
        assert!((high - low) * 111_195.0 >= 499.0, "at least 500 m: {feature}");
    }
    assert!(!fs::read_to_string(folder.join("report.html")).unwrap().contains("data:image/png"));
    let refused = asked("public", &text, &["--public", "--set", "evidence.public_delay_days=100000", "--out", "young"]);
    refused.refused(2, &["--public", "younger"]);
    assert!(!shelf().join("public/young").exists());
}

#[test]
fn the_plan_reads_nothing_and_says_what_is_registered() {
    let planned = asked("plan", &claim(INSIDE, ""), &["--plan", "--json", "--out", "never"]).done().json();
    assert_eq!(planned["claims"][0]["registration"]["claim_sha256"].as_str().unwrap().len(), 64);
    assert!(planned["paths"].as_array().unwrap().len() >= 3);
    assert!(!shelf().join("plan/never").exists());
}

#[test]
fn hostile_words_stay_words() {
    let text = claim(INSIDE, "").replace("fields burned", "<script>alert(1)</script> \\u202e =cmd \\u001b]52;c");
    asked("hostile", &text, &["--out", "out"]).done();
    let page = fs::read_to_string(shelf().join("hostile/out/report.html")).unwrap();
    assert!(!page.contains("<script>alert(1)"));
    let verdict = fs::read_to_string(shelf().join("hostile/out/verdict.json")).unwrap();
    assert!(!verdict.contains(['\u{1b}', '\u{202e}']) && !page.contains(['\u{1b}', '\u{202e}']));
    let mut command = program(&shelf().join("hostile"));
    let shown = command.args(["check", "claim.toml", "--out", "text"]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
}

#[test]
fn calibration_counts_what_went_wrong() {
    let folder = shelf().join("cases");
    for name in ["placebos", "events"] {
        fs::create_dir_all(folder.join(name)).unwrap();
        let imagery = "imagery = { before = \"july/before/item.json\", after = \"july/after/item.json\" }\n";
        fs::write(folder.join(name).join("one.toml"), claim(INSIDE, imagery)).unwrap();
    }
    july();
    let found =
        run(&shelf(), &["calibrate", "cases", "--data", ".", "--set", "evidence.implants=20", "--json"]).done().json();
    let all = &found["table"][0];
    assert_eq!((&all["of"], &all["false_corroborations"]["trials"]), (&"all".into(), &1.into()));
    assert_eq!(all["wrong_contradictions"]["trials"], 1);
    fs::create_dir_all(shelf().join("no-cases")).unwrap();
    run(&shelf(), &["calibrate", "no-cases"]).refused(2, &["no case"]);
}

//! The program as a new user meets it: help, exit codes, what goes where, closed pipes, signals, verify.

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

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{change, contents, ended, json, names, pair, program, run};
use serde_json::{Value, json};
use tempfile::TempDir;

const COMMANDS: [&str; 11] =
    ["change", "inspect", "indices", "score", "search", "simulate", "verify", "demo", "schema", "completions", "man"];

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A finished run on the pair, `result` in a folder of its own.
fn finished() -> TempDir {
    let folder = TempDir::new().unwrap();
    run(folder.path(), &[change(), vec!["--out", "result", "--no-previews"]].concat()).done();
    folder
}

#[test]
fn every_command_has_help_on_stdout() {
    let help = run(here(), &["--help"]).done();
    assert!(help.talk.is_empty());
    assert!(help.data.contains("Exit codes:"));
    for command in COMMANDS {
        assert!(help.data.contains(&format!("\n  {command} ")), "{command} is not listed");
        let own = run(here(), &[command, "--help"]).done();
        assert!(own.talk.is_empty() && own.data.contains("Usage: groundtell"), "{command}");
        for common in ["--json", "--quiet", "--threads"] {
            assert!(own.data.contains(common), "{command} {common}");
        }
    }
    assert_eq!(run(here(), &["--version"]).done().data, format!("groundtell {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn bad_usage_ends_with_two_and_leaves_stdout_alone() {
    for line in [
        &[] as &[&str],
        &["chnage"],
        &["change"],
        &["change", "--before", "a", "--after", "b"],
        &["change", "--before", "a", "--after", "b", "--out", "c", "--block", "31"],
        &["change", "--before", "a", "--after", "b", "--out", "c", "--aoi", "x", "--bbox", "1,2,3,4"],
        &["simulate", "--out", "x", "--size", "63"],
        &["verify"],
        &["completions", "tcsh"],
    ] {
        let ended = run(here(), line);
        assert_eq!(ended.code, Some(2), "{line:?}");
        assert!(ended.data.is_empty() && ended.talk.contains("Usage") | ended.talk.contains("error: "), "{line:?}");
    }
    let ended = run(here(), &["change", "--json"]);
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.json()["error"]["kind"], "usage");
    assert_eq!(run(here(), &["indices", "--threads", "9999"]).code, Some(2));
}

#[test]
fn words_out_of_range_are_refused_with_a_hint() {
    let folder = TempDir::new().unwrap();
    for (more, says) in [
        (vec!["--threshold", "ottsu"], "ottsu"),
        (vec!["--codec", "zip"], "codec \"zip\""),
        (vec!["--layers", "dnbr,nbr_later"], "nbr_later"),
        (vec!["--set", "burn.treshold=1"], "treshold"),
        (vec!["--resolution", "1e-9"], "resolution"),
        (vec!["--scale", "0"], "scale"),
        (vec!["--scale", "nan"], "--scale NaN"),
        (vec!["--offset", "inf"], "--offset inf"),
        (vec!["--set", "burn.offset=far"], "far"),
        (vec!["--set", "burn"], "KEY=VALUE"),
        (vec!["--set", "burn.connectivity=6"], "burn.connectivity"),
        (vec!["--set", "grid.resample=1"], "expected a boolean"),
        (vec!["--recipe", "nowhere.toml"], "nowhere.toml"),
    ] {
        run(folder.path(), &[change(), vec!["--out", "o"], more.clone()].concat()).refused(2, &[says]);
        assert!(names(folder.path()).is_empty(), "{more:?}");
    }
}

#[test]
fn stdout_is_data_and_stderr_is_talk() {
    let folder = TempDir::new().unwrap();
    let text = run(folder.path(), &[change(), vec!["--out", "a"]].concat()).done();
    assert!(text.data.contains("burned") && text.data.contains("SIMULATED") && text.talk.is_empty());
    let line = [change(), vec!["--out", "b", "--json"]].concat();
    let ended = run(folder.path(), &line).done();
    assert!(ended.talk.is_empty());
    assert_eq!(ended.json(), json(&folder.path().join("b/summary.json")));
    // The same request in other words: no byte of the figures differs.
    assert_eq!(contents(&folder.path().join("a")), contents(&folder.path().join("b")));
    let refusal = run(folder.path(), &line).refused(2, &["b: ", "not empty"]);
    let error = &refusal.json()["error"];
    assert_eq!((&error["kind"], &error["place"]), (&json!("exists"), &json!("b")));
    assert!(refusal.talk.contains(error["problem"].as_str().unwrap()));
    assert!(refusal.talk.contains(error["hint"].as_str().unwrap()));
}

#[test]
fn every_json_answer_is_one_document() {
    let folder = finished();
    let item = pair().join("before/item.json").display().to_string();
    let [mask, truth] = [folder.path().join("result/layers/burn.tif"), pair().join("truth/burned.tif")]
        .map(|path| path.display().to_string());
    for line in [
        vec!["indices", "--json"],
        vec!["schema", "claim", "--json"],
        vec!["inspect", &item, "--json", "--measure", "--checksum"],
        vec!["score", "--mask", &mask, "--reference", &truth, "--json"],
        vec!["verify", "result", "--json"],
        vec!["simulate", "--out", "sim", "--size", "64", "--json"],
        [change(), vec!["--plan", "--json"]].concat(),
    ] {
        let ended = run(folder.path(), &line).done();
        assert!(ended.json().is_object() || ended.json().is_array(), "{line:?}");
        assert!(ended.talk.is_empty(), "{line:?}");
    }
    let scores = run(folder.path(), &["score", "--mask", &mask, "--reference", &truth, "--json"]).json();
    assert!(scores["f1"].as_f64().unwrap() > 0.3, "{scores}");
}

#[test]
fn the_environment_speaks_like_flags() {
    for (value, json) in [("1", true), ("true", true), ("0", false), ("", false)] {
        let ended = ended(program(here()).env("GROUNDTELL_JSON", value).arg("indices")).done();
        assert_eq!(ended.data.starts_with('['), json, "{value:?}");
    }
    let ended = ended(program(here()).env("GROUNDTELL_THREADS", "many").arg("indices"));
    assert_eq!(ended.code, Some(2));
}

#[test]
fn indices_are_listed_with_formula_bands_and_source() {
    let text = run(here(), &["indices"]).done().data;
    let list = run(here(), &["indices", "--json"]).done().json();
    assert_eq!(list.as_array().unwrap().len(), 16);
    for index in list.as_array().unwrap() {
        assert!(text.contains(index["name"].as_str().unwrap()) && text.contains(index["formula"].as_str().unwrap()));
        assert!(!index["source"].as_str().unwrap().is_empty() && !index["bands"].as_array().unwrap().is_empty());
    }
}

#[test]
fn the_plan_reads_no_more_than_it_says_and_writes_nothing() {
    let folder = TempDir::new().unwrap();
    let text = run(folder.path(), &[change(), vec!["--plan"]].concat()).done().data;
    for word in ["EPSG:32637, 128 by 128 pixels of 20 by 20", "averaged 2 x 2", "copied", "2025-11-05", "blocks"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let plan = run(folder.path(), &[change(), vec!["--plan", "--json", "--block", "64"]].concat()).done().json();
    assert_eq!((&plan["blocks"], &plan["grid"]["size"]), (&json!(4), &json!([128, 128])));
    let fine = run(folder.path(), &[change(), vec!["--plan", "--json", "--resolution", "10"]].concat()).done().json();
    assert_eq!(fine["grid"]["size"], json!([256, 256]));
    assert!(names(folder.path()).is_empty());
}

#[test]
fn the_recipe_is_printed_changed_and_read_again() {
    let folder = TempDir::new().unwrap();
    let printed = run(folder.path(), &["change", "--print-recipe"]).done().data;
    assert!(printed.contains("threshold = \"auto\""));
    std::fs::write(folder.path().join("r.toml"), printed.replace("threshold = \"auto\"", "threshold = \"kittler\""))
        .unwrap();
    let line = ["change", "--recipe", "r.toml", "--set", "burn.min_area_ha=2", "--print-recipe", "--gpkg"];
    let changed = run(folder.path(), &line).done().data;
    for word in ["threshold = \"kittler\"", "min_area_ha = 2.0", "gpkg = true"] {
        assert!(changed.contains(word), "{word}: {changed}");
    }
    // A flag of its own goes over --set, which goes over the file.
    let line = ["change", "--recipe", "r.toml", "--set", "burn.threshold=0.3", "--threshold", "0.2", "--print-recipe"];
    assert!(run(folder.path(), &line).done().data.contains("threshold = \"0.2\""));
    std::fs::write(folder.path().join("r.toml"), "[burn]\nthreshold = \"otsu\"\nfloor = \"high\"\n").unwrap();
    run(folder.path(), &["change", "--recipe", "r.toml", "--print-recipe"])
        .refused(2, &["r.toml: recipe: line 3, column "]);
}

#[test]
fn completions_and_the_manual_are_printed() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(run(here(), &["completions", shell]).done().data.contains("groundtell"), "{shell}");
    }
    let manual = run(here(), &["man"]).done().data;
    assert!(manual.contains(".TH groundtell 1") && manual.contains("Exit codes"));
}

#[test]
fn what_was_found_is_no_failure_unless_asked() {
    let folder = TempDir::new().unwrap();
    let found = |more: &[&'static str], out: &'static str| {
        let line = [change(), vec!["--no-previews", "--fail-on", "found", "--out", out], more.to_vec()].concat();
        run(folder.path(), &line).code
    };
    assert_eq!(found(&[], "a"), Some(1));
    assert_eq!(found(&["--threshold", "1.9"], "b"), Some(0));
    let summary = json(&folder.path().join("b/summary.json"));
    assert_eq!((&summary["objects"], summary["burned_ha"].to_string().as_str()), (&json!(0), "0.0"));
    assert!(folder.path().join("a/manifest.json").exists());
}

#[test]
fn an_area_comes_from_a_file_a_box_or_stdin() {
    let folder = TempDir::new().unwrap();
    let area = r#"{"type":"Polygon","coordinates":[[[36.19,50.505],[36.2,50.505],[36.2,50.51],[36.19,50.51],[36.19,50.505]]]}"#;
    std::fs::write(folder.path().join("aoi.geojson"), area).unwrap();
    let plan = |more: [&'static str; 2]| [change(), more.to_vec(), vec!["--plan", "--json"]].concat();
    let file = run(folder.path(), &plan(["--aoi", "aoi.geojson"])).done().json();
    let mut child = program(folder.path()).args(plan(["--aoi", "-"])).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(area.as_bytes()).unwrap();
    let piped: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    let boxed = run(folder.path(), &plan(["--bbox", "36.19,50.505,36.2,50.51"])).done().json();
    assert_eq!((&file, &file), (&piped, &boxed));
    assert!((file["aoi_ha"].as_f64().unwrap() - 39.4).abs() < 1.5, "{}", file["aoi_ha"]);
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let folder = TempDir::new().unwrap();
    let change = [change(), vec!["--out", "o", "--no-previews"]].concat();
    for line in [&["indices"] as &[&str], &["man"], &["completions", "bash"], &["change", "--print-recipe"], &change] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = ended(program(folder.path()).args(line).stdout(writer));
        assert_eq!((ended.code, ended.talk.as_str()), (Some(0), ""), "{line:?}");
    }
    run(folder.path(), &["verify", "o"]).done();
}

#[test]
fn a_full_stdout_is_the_environments_fault() {
    if !Path::new("/dev/full").exists() {
        return println!("skipped: no /dev/full");
    }
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(ended(program(here()).arg("indices").stdout(full)).code, Some(4));
}

/// Starts `line`, waits for the staging folder of `out`, sends `signal`, and returns code and stderr.
fn stopped(folder: &Path, line: &[&str], out: &str, signal: &str) -> (Option<i32>, String) {
    let child = program(folder).args(line).spawn().unwrap();
    let staging = folder.join(format!(".{out}.groundtell-partial"));
    let start = Instant::now();
    while !staging.exists() {
        assert!(start.elapsed() < Duration::from_secs(30), "no staging folder came");
        std::thread::sleep(Duration::from_millis(1));
    }
    // The handlers stand before anything is staged.
    Command::new("sh").arg("-c").arg(format!("kill -{signal} {}", child.id())).status().unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_signal_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let slow = ["--out", "result", "--block", "32", "-j", "1", "--codec", "zstd:22", "--dtype", "float32"];
    let change = [change(), slow.to_vec(), vec!["--resolution", "2.5"]].concat();
    let simulate = ["simulate", "--out", "result", "--size", "4096", "-j", "1"];
    for line in [&change as &[&str], &simulate] {
        for (signal, code) in [("INT", 130), ("TERM", 143)] {
            let (ended, talk) = stopped(folder.path(), line, "result", signal);
            assert_eq!(ended, Some(code), "{signal}: {talk}");
            assert!(talk.contains("stopped by a signal"), "{talk}");
            assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
        }
    }
}

#[test]
fn a_signal_leaves_the_old_output_whole() {
    let folder = finished();
    let before = contents(folder.path());
    let slow =
        ["--out", "result", "--overwrite", "--block", "32", "-j", "1", "--codec", "zstd:22", "--resolution", "2.5"];
    let (code, talk) = stopped(folder.path(), &[change(), slow.to_vec()].concat(), "result", "TERM");
    assert_eq!(code, Some(143), "{talk}");
    assert!(contents(folder.path()) == before, "{:?}", names(folder.path()));
}

#[test]
fn what_a_killed_run_left_is_taken_over() {
    let folder = TempDir::new().unwrap();
    let simulate = ["simulate", "--out", "result", "--size", "4096", "-j", "1"];
    let (code, _) = stopped(folder.path(), &simulate, "result", "KILL");
    assert_eq!(code, None);
    assert_eq!(names(folder.path()), [".result.groundtell-partial"]);
    run(folder.path(), &["simulate", "--out", "result", "--size", "64"]).done();
    assert_eq!(names(folder.path()), ["result"]);
}

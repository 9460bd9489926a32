//! Change without a model through the whole line: real pairs against numpy and scipy, the same bytes for any threads and
//! blocks, refusals by name.

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

use common::bench::Bench;
use common::tif::{BANDS, Tif};
use common::{contents, json, oracle, real_data, run, shelf};
use groundtell::geom::window::Window;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff;
use groundtell::limits::Limits;
use serde_json::Value;
use tempfile::TempDir;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// Columns and values of a layer of floats.
fn floats(path: &Path) -> (usize, Vec<f32>) {
    let raster = tiff::open(path, &Limits::default()).unwrap();
    let info = raster.info();
    match raster.read(0, &[0], Window::whole(info.width, info.height)).unwrap().remove(0) {
        Samples::F32(values) => (info.width, values),
        other => panic!("{other:?}"),
    }
}

/// The words of a run of an oracle's case into `out`.
fn words(data: &Path, case: &Value, out: &Path) -> Vec<String> {
    let path = |side: &str| data.join(case[side].as_str().unwrap()).display().to_string();
    let mut words: Vec<String> =
        ["change", "--method", "irmad", "--no-previews", "--json", "--out"].map(String::from).into();
    words.extend([out.display().to_string(), "--set".into(), "mask.bar_water_and_snow=false".into()]);
    words.extend(["--before".into(), path("before"), "--after".into(), path("after")]);
    for (flag, key) in [("--before-bands", "before_bands"), ("--after-bands", "after_bands"), ("--scale", "scale")] {
        words.extend(case[key].as_str().into_iter().flat_map(|value| [flag.to_owned(), value.to_owned()]));
    }
    if let Some(bands) = case["bands"].as_str() {
        words.extend(["--set".into(), format!("change.bands=[\"{}\"]", bands.replace(',', "\",\""))]);
    }
    words
}

#[test]
fn real_pairs_are_as_scipy_has_them() {
    let Some(data) = real_data() else { return };
    let oracle = oracle("irmad.json");
    let cases = oracle["real"].as_array().unwrap();
    assert_eq!(cases.len(), 7);
    for case in cases {
        let folder = TempDir::new().unwrap();
        let out = folder.path().join("out");
        let words = words(&data, case, &out);
        let summary = run(folder.path(), &words.iter().map(String::as_str).collect::<Vec<_>>()).done().json();
        let details = &summary["details"];
        let name = &case["name"];
        assert_eq!(
            (&details["iterations"], &details["converged"]),
            (&case["iterations"], &Value::Bool(true)),
            "{name}"
        );
        let due = numbers(case["rho"].as_array().unwrap().last().unwrap());
        let far = numbers(&details["rho"]).iter().zip(&due).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let (width, chi) = floats(&out.join("layers/irmad.tif"));
        let (_, p) = floats(&out.join("layers/nochange.tif"));
        let (mut chi_off, mut p_off) = (0.0f64, 0.0f64);
        for pixel in case["pixels"].as_array().unwrap() {
            let [row, col, chi_due, p_due] = numbers(pixel)[..] else { panic!() };
            let at = row as usize * width + col as usize;
            chi_off = chi_off.max((f64::from(chi[at]) - chi_due).abs() / chi_due.max(1.0));
            p_off = p_off.max((f64::from(p[at]) - p_due).abs());
        }
        let below = |alpha: f32| p.iter().filter(|p| **p < alpha).count() as i64;
        let counts = [(0.05, "0.05"), (0.01, "0.01"), (0.001, "0.001")]
            .map(|(alpha, key)| (below(alpha) - case["changed"][key].as_i64().unwrap()).abs());
        println!("{name}: rho {far:.1e}, chi-square {chi_off:.1e}, probability {p_off:.1e}, counts {counts:?}");
        assert!(far < 1e-6 && chi_off < 1e-4 && p_off < 1e-4, "{name}: {far:e} {chi_off:e} {p_off:e}");
        assert!(counts.iter().all(|off| *off <= 3), "{name}: {counts:?}");
        // Too few invariant pixels for a normalisation: told, not hidden.
        let normalisation = &details["normalisation"];
        let pixels = normalisation["pixels"].as_i64().unwrap();
        assert!((pixels - case["pif"]["pixels"].as_i64().unwrap()).abs() <= 1, "{name}: {pixels}");
        assert!(normalisation["refused"].as_str().unwrap().contains("1000 are needed"), "{name}");
        assert!(summary["warnings"].to_string().contains("no normalisation"), "{name}");
    }
}

/// A simulated pair of 1,024 fine pixels a side, made once.
fn scenes() -> &'static Path {
    static MADE: std::sync::OnceLock<std::path::PathBuf> = std::sync::OnceLock::new();
    MADE.get_or_init(|| {
        run(
            &shelf(),
            &["simulate", "--out", "scenes", "--overwrite", "--size", "1024", "--seed", "11", "--cloud", "0.1"],
        )
        .done();
        shelf().join("scenes")
    })
}

/// A run over the simulated pair.
fn made(method: &str, more: &[&str], out: &Path) -> Value {
    let (before, after) = (scenes().join("before/item.json"), scenes().join("after/item.json"));
    let (before, after, out) = (before.display().to_string(), after.display().to_string(), out.display().to_string());
    let line = ["change", "--method", method, "--before", &before, "--after", &after, "--out", &out, "--json"];
    run(&shelf(), &[&line, more].concat()).done().json()
}

#[test]
fn neither_threads_nor_blocks_change_a_byte() {
    let folder = TempDir::new().unwrap();
    for (method, runs) in [
        (
            "irmad",
            &[("1", "64"), ("2", "200"), ("5", "512"), ("5", "64"), ("2", "1024"), ("1", "1024"), ("5", "333")][..],
        ),
        ("cva", &[("2", "64"), ("5", "1024")]),
        ("pca-kmeans", &[("2", "64"), ("5", "1024"), ("1", "200")]),
    ] {
        let files = |threads: &str, block: &str| {
            let out = folder.path().join("out");
            // A resolution at which every band is resampled; all files, pictures too.
            let more = ["-j", threads, "--block", block, "--overwrite", "--gpkg", "--bbox", "36.17,50.46,36.26,50.51"];
            made(method, &more, &out);
            contents(&out)
        };
        let expected = files("1", "512");
        assert!(expected.len() >= 14, "{:?}", expected.keys());
        for (threads, block) in runs {
            let other = files(threads, block);
            let names = |files: &std::collections::BTreeMap<_, _>| files.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&expected), names(&other));
            let differing: Vec<_> =
                expected.iter().filter(|(name, bytes)| other[*name] != **bytes).map(|(name, _)| name).collect();
            assert!(differing.is_empty(), "{method} --threads {threads} --block {block}: {differing:?}");
        }
    }
}

#[test]
fn every_method_finds_the_simulated_fire_and_says_what_it_did() {
    let folder = TempDir::new().unwrap();
    for (method, layers) in [
        ("irmad", &["changed", "irmad", "nochange", "validity"][..]),
        ("cva", &["changed", "cva", "nochange", "validity"]),
        ("pca-kmeans", &["changed", "cva", "validity"]),
    ] {
        let out = folder.path().join(method);
        let summary = made(method, &["--no-previews"], &out);
        assert_eq!((&summary["method"], &summary["simulated"]), (&Value::from(method), &Value::Bool(true)));
        let names: Vec<String> = common::names(&out.join("layers"));
        assert_eq!(names, layers.iter().map(|name| format!("{name}.tif")).collect::<Vec<_>>());
        let score = |layer: &str| {
            let mask = out.join("layers/changed.tif").display().to_string();
            let truth = scenes().join(layer).display().to_string();
            run(&shelf(), &["score", "--mask", &mask, "--reference", &truth, "--json"]).done().json()
        };
        let truth = score("truth/burned.tif");
        println!(
            "{method}: {} ha, {} objects, of the burns missed {}",
            summary["changed_ha"], summary["objects"], truth["omission_error"]
        );
        let collection = json(&out.join("change.geojson"));
        let features = collection["features"].as_array().unwrap();
        assert_eq!(features.len() as u64, summary["objects"].as_u64().unwrap());
        assert!(!features.is_empty());
        for feature in features {
            assert_eq!(
                (&feature["properties"]["kind"], &feature["properties"]["method"]),
                (&"changed".into(), &method.into())
            );
            assert!(feature["properties"][format!("{}_max", layers[1])].as_f64().unwrap() > 0.0, "{feature}");
        }
        let checked = run(&shelf(), &["verify", &out.display().to_string(), "--replay", "--json"]).done().json();
        assert_eq!((&checked["intact"], &checked["replay"]), (&Value::Bool(true), &serde_json::json!([])), "{checked}");
    }
}

#[test]
fn the_threshold_follows_the_recipe() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    let threshold = |more: &[&str]| {
        let summary = made("irmad", &[more, &["--overwrite", "--no-previews"]].concat(), &out);
        let (_, p) = floats(&out.join("layers/nochange.tif"));
        let tested = p.iter().filter(|p| !p.is_nan()).count();
        assert_eq!(summary["tested_pixels"].as_u64(), Some(tested as u64));
        (summary["threshold"].clone(), p, tested)
    };
    let (fixed, p, tested) = threshold(&["--threshold", "fixed", "--set", "change.alpha=0.01"]);
    let share = p.iter().filter(|p| **p < 0.01).count() as f64 / tested as f64;
    assert!(
        (fixed["probability"].as_f64().unwrap() - 0.01).abs() < 1e-5
            && (fixed["share"].as_f64().unwrap() - share).abs() < 1e-4,
        "{fixed}"
    );
    let (bh, p, tested) = threshold(&["--threshold", "bh", "--set", "change.fdr=0.1"]);
    let mut sorted: Vec<f32> = p.into_iter().filter(|p| !p.is_nan()).collect();
    sorted.sort_by(f32::total_cmp);
    let discoveries =
        (1..=tested).rev().find(|k| f64::from(sorted[k - 1]) <= 0.1 * *k as f64 / tested as f64).unwrap_or(0);
    let share = discoveries as f64 / tested as f64;
    // Taken at steps of a thousandth: never more discoveries than the rule allows, and few less.
    let ours = bh["share"].as_f64().unwrap();
    assert!(ours <= share + 1e-9 && ours > share - 0.005, "{bh} {share}");
    let (otsu, ..) = threshold(&[]);
    assert!(otsu["rule"].as_str().unwrap().starts_with("otsu") && otsu["separability"].is_f64(), "{otsu}");
}

/// A pair of 64 pixels with dates that differ by more than noise.
fn bench(change: impl Fn(Tif) -> Tif) -> Bench {
    let bench = Bench::new();
    bench.put("odd_20251125.tif", &change(Tif::after()));
    bench
}

/// What a run by a method says of the after scene `odd`.
fn said(bench: &Bench, method: &str, more: &[&str]) -> common::Ended {
    bench.change(
        "odd_20251125.tif",
        &[&["--out", "out", "--method", method, "--set", "mask.bar_water_and_snow=false"], more].concat(),
    )
}

#[test]
fn what_has_no_ground_is_refused_by_name() {
    let constant = |mut tif: Tif| {
        tif.bands[4].1.fill(700.0);
        tif
    };
    let twin = |mut tif: Tif| {
        tif.bands[4].1 = tif.bands[5].1.clone();
        tif
    };
    said(&bench(constant), "irmad", &[]).refused(2, &["singular", "after"]);
    said(&bench(twin), "irmad", &[]).refused(2, &["singular", "after"]);
    said(&bench(constant), "cva", &[]).done();
    let small = ["--bbox", "36.1775,50.5095,36.1795,50.5105"];
    let ended = said(&bench(|tif| tif), "irmad", &small);
    assert_eq!(ended.code, Some(2), "{}{}", ended.data, ended.talk);
    assert!(ended.talk.contains("too few pixels") || ended.talk.contains("singular"), "{}", ended.talk);
    said(&bench(|tif| tif), "cva", &small).refused(2, &["pixels can be compared"]);
    said(&bench(|tif| tif), "pca-kmeans", &small).refused(2, &["pixels can be compared"]);
    let wrong = ["--set", "change.bands=[\"red\",\"purple\"]"];
    said(&bench(|tif| tif), "irmad", &wrong).refused(2, &["purple"]);
    said(&bench(|tif| tif), "irmad", &["--threshold", "0.27"]).refused(2, &["cutoff"]);
}

#[test]
fn a_linear_copy_is_no_second_date() {
    let bench = Bench::new();
    bench.put("odd_20251125.tif", &Tif::before().mapped(|sample| sample * 2.0 + 100.0));
    said(&bench, "irmad", &[]).refused(2, &["but for a linear change"]);
}

#[test]
fn a_band_that_one_side_lacks_is_left_out_and_told_or_refused_when_named() {
    let without = |mut tif: Tif| {
        tif.bands.remove(4);
        tif
    };
    assert_eq!(BANDS[4], "B11");
    let bench = bench(without);
    let ended = said(&bench, "cva", &["--json"]).done().json();
    assert_eq!(ended["bands"], serde_json::json!(["blue", "green", "red", "nir08", "swir22"]));
    assert!(ended["warnings"].to_string().contains("swir16 is not compared: the date after has none"), "{ended}");
    let named = ["--overwrite", "--set", "change.bands=[\"B8A\",\"B11\"]"];
    said(&bench, "irmad", &named).refused(2, &["swir16", "change.bands"]);
}

#[test]
fn one_band_is_taken_and_doubted() {
    let ended = said(&bench(|tif| tif), "irmad", &["--json", "--set", "change.bands=[\"B12\"]"]).done().json();
    assert_eq!(ended["details"]["rho"].as_array().unwrap().len(), 1);
    assert!(ended["reliability"]["reasons"].to_string().contains("one band only"), "{ended}");
}

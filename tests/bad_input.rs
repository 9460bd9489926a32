//! Bad and odd inputs, one row each: what is refused ends with its code, names its file and says what to do,
//! and writes nothing; what is odd but sound is taken for what it is.

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
use std::time::Duration;

use common::bench::Bench;
use common::tif::{BANDS, CORNER, Tif};
use common::{json, names, run};
use groundtell::io::raster::Samples;
use rayon::prelude::*;
use serde_json::json;

#[test]
fn the_sound_pair_is_done_right() {
    let bench = Bench::new();
    bench.change("b_20251125.tif", &["--out", "new", "--threshold", "0.27"]).done();
    let summary = json(&bench.path().join("new/summary.json"));
    assert_eq!((&summary["objects"], &summary["valid_share"]), (&json!(1), &json!(1.0)));
    assert!((summary["burned_ha"].as_f64().unwrap() - 16.0).abs() < 0.1, "{}", summary["burned_ha"]);
    assert_eq!(summary["reliability"]["state"], "ok", "{}", summary["reliability"]);
}

#[test]
fn a_file_cut_short_is_refused_wherever_it_was_cut() {
    let bench = Bench::new();
    let tiled = Tif { tile: Some(32), ..Tif::after() };
    for tif in [Tif::after(), tiled] {
        let (bytes, _) = tif.bytes();
        for k in (0..64).step_by(3) {
            std::fs::write(bench.path().join("cut_20251125.tif"), &bytes[..bytes.len() * k / 64]).unwrap();
            bench.refuses_after("cut_20251125.tif", &[]);
        }
        std::fs::write(bench.path().join("cut_20251125.tif"), &bytes[..bytes.len() - 1]).unwrap();
        bench.refuses_after("cut_20251125.tif", &[]);
    }
}

#[test]
fn one_damaged_tile_costs_its_block_and_no_more() {
    let bench = Bench::new();
    let burned = |col: usize, row: usize| (20..40).contains(&(col % 128)) && (20..40).contains(&(row % 128));
    let tiled = |tif: Tif| Tif { tile: Some(128), ..tif };
    bench.put("la_20251105.tif", &tiled(Tif::scene(384, |_, _| false)));
    let (mut bytes, places) = tiled(Tif::scene(384, burned)).bytes();
    std::fs::write(bench.path().join("lb_20251125.tif"), &bytes).unwrap();
    let (start, length) = places[4];
    bytes[start + length / 2..start + length / 2 + 64].fill(0xa5);
    std::fs::write(bench.path().join("damaged_20251125.tif"), &bytes).unwrap();
    let line = |out| ["--block", "128", "--json", "--out", out];
    bench.pair("la_20251105.tif", "lb_20251125.tif", &line("whole")).done();
    let ended = bench.pair("la_20251105.tif", "damaged_20251125.tif", &line("part"));
    assert_eq!(ended.code, Some(3), "{}", ended.talk);
    assert!(ended.talk.contains("columns 128..256, rows 128..256"), "{}", ended.talk);
    let summary = ended.json();
    let failed = &summary["failed_blocks"];
    assert_eq!(failed.as_array().unwrap().len(), 1, "{failed}");
    assert_eq!(failed[0]["window"], json!({ "col": 128, "row": 128, "width": 128, "height": 128 }));
    let error = failed[0]["error"].as_str().unwrap();
    assert!(error.contains("damaged_20251125.tif: tile 4: "), "{error}");
    assert_eq!((&summary["objects"], &summary["reliability"]["state"]), (&json!(8), &json!("doubtful")));
    assert!((summary["not_seen_ha"]["could not be read"].as_f64().unwrap() / 655.2 - 1.0).abs() < 0.01, "{summary}");
    let ((width, codes), (_, Samples::I16(part)), (_, Samples::I16(whole))) =
        (bench.codes("part"), bench.layer("part", "dnbr"), bench.layer("whole", "dnbr"))
    else {
        panic!("dNBR is in steps")
    };
    for (at, code) in codes.iter().enumerate() {
        let inside = [at % width, at / width].iter().all(|place| (128..256).contains(place));
        assert_eq!((*code == 9, part[at] == i16::MIN), (inside, inside), "pixel {at}");
        assert!(inside || part[at] == whole[at], "pixel {at}");
    }
    run(bench.path(), &["verify", "part"]).done();
    // With one block for all there is nothing left to publish.
    bench.refuses("la_20251105.tif", "damaged_20251125.tif", &["--block", "512"], &["damaged_20251125.tif: tile 4: "]);
}

/// The tag `tag` of a file of [`Tif::bytes`] with another value.
fn lying(bytes: &[u8], tag: u16, value: u32) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let count = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let entry = (0..count).map(|at| 10 + 12 * at).find(|at| bytes[*at..at + 2] == tag.to_le_bytes()).unwrap();
    bytes[entry + 8..entry + 12].copy_from_slice(&value.to_le_bytes());
    bytes
}

#[test]
fn headers_that_lie_are_refused() {
    let bench = Bench::new();
    let strips = Tif::after().bytes().0;
    let tiles = Tif { tile: Some(32), ..Tif::after() }.bytes().0;
    let (single, _) = Tif { bands: vec![("B12".into(), vec![0.0; 4096])], ..Tif::after() }.bytes();
    for (what, bytes, tag, value) in [
        ("a width of 2e9", &strips, 256, 2_000_000_000),
        ("no width", &strips, 256, 0),
        ("a height past its strip", &strips, 257, 65_000),
        ("60,000 bands", &strips, 277, 60_000),
        ("another compression", &strips, 259, 5),
        ("a codec that nobody knows", &strips, 259, 4711),
        ("strips of no rows", &strips, 278, 0),
        ("a strip past the end", &strips, 273, 4_000_000_000),
        ("too short a strip", &strips, 279, 63),
        ("a tile of 2^30", &tiles, 322, 1 << 30),
        ("offsets that lie in the header", &tiles, 324, 8),
        ("one band, no strip", &single, 279, 0),
    ] {
        println!("{what}");
        std::fs::write(bench.path().join("lying_20251125.tif"), lying(bytes, tag, value)).unwrap();
        bench.refuses_after("lying_20251125.tif", &[]);
    }
    let mut looping = strips.clone();
    let end = 10 + 12 * usize::from(u16::from_le_bytes([looping[8], looping[9]]));
    looping[end..end + 4].copy_from_slice(&8u32.to_le_bytes());
    std::fs::write(bench.path().join("loop_20251125.tif"), looping).unwrap();
    bench.refuses_after("loop_20251125.tif", &[]);
    for (name, bytes) in
        [("empty_20251125.tif", &b""[..]), ("text_20251125.tif", b"hello"), ("magic_20251125.tif", b"II*\0")]
    {
        std::fs::write(bench.path().join(name), bytes).unwrap();
        bench.refuses_after(name, &[]);
    }
    bench.refuses_after("nowhere_20251125.tif", &["No such file"]);
}

#[test]
fn missing_bands_are_named() {
    let bench = Bench::new();
    let without = |gone: &str| {
        let mut tif = Tif::after();
        tif.bands.retain(|(name, _)| name != gone);
        tif
    };
    bench.put("noswir_20251125.tif", &without("B12"));
    bench.refuses_after("noswir_20251125.tif", &["SWIR2", "after"]);
    bench.put("nonir_20251125.tif", &without("B8A"));
    bench.refuses_after("nonir_20251125.tif", &["near infrared"]);
    bench.put("nored_20251125.tif", &without("B04"));
    let layers = ["--layers", "dnbr,dndvi"];
    bench.refuses("a_20251105.tif", "nored_20251125.tif", &layers, &["nored_20251125.tif", "red", "dndvi"]);
    // What is not needed is not missed.
    bench.change("nored_20251125.tif", &["--out", "nored"]).done();
    let mut nameless = Tif::after();
    nameless.bands.iter_mut().for_each(|(name, _)| name.clear());
    bench.put("nameless_20251125.tif", &nameless);
    bench.refuses_after("nameless_20251125.tif", &["6 bands are not named"]);
    let named = |names: &str| ["--after-bands".to_owned(), names.to_owned()];
    let refuse = |names: &str, says: &str| {
        let more = named(names);
        let more = more.each_ref().map(|word| word.as_str());
        bench.refuses("a_20251105.tif", "nameless_20251125.tif", &more, &["nameless_20251125.tif", says]);
    };
    refuse("B02,B03", "2 names");
    refuse("B02,B03,B04,B8A,B11,B99", "B99");
    refuse("B8A=4,B12=7", "band 7");
    refuse("B8A=4,B12=4", "twice");
    let told = named(&BANDS.join(","));
    bench
        .change("nameless_20251125.tif", &[&["--out", "told"], &told.each_ref().map(|word| word.as_str())[..]].concat())
        .done();
    assert_eq!(bench.layer("told", "dnbr").0, 64);
}

#[test]
fn scenes_that_do_not_fit_are_named() {
    let bench = Bench::new();
    bench.put("far_20251125.tif", &Tif::after().at(400_000.0, CORNER.1));
    bench.refuses_after("far_20251125.tif", &["a_20251105.tif", "do not overlap"]);
    let swapped = ["a_20251105.tif", "b_20251125.tif", "2025-11-05", "2025-11-25", "older"];
    bench.refuses("b_20251125.tif", "a_20251105.tif", &[], &swapped);
    let dated = ["--before-date", "2025-12-01"];
    bench.refuses("a_20251105.tif", "b_20251125.tif", &dated, &["2025-12-01", "b_20251125.tif"]);
    let told = ["--before-date", "2025-10-01", "--after-date", "2025-10-02", "--out", "told"];
    bench.pair("b_20251125.tif", "a_20251105.tif", &told).done();
    let same = ["--after-date", "2025-11-05", "--out", "same-day"];
    assert!(bench.change("b_20251125.tif", &same).done().data.contains("same day"));
}

#[test]
fn the_same_scene_twice_is_refused_under_any_name() {
    let bench = Bench::new();
    let there = bench.path().join("a_20251105.tif");
    bench.refuses_after("a_20251105.tif", &["before and as after"]);
    let spellings = ["./a_20251105.tif", there.to_str().unwrap(), "link_20251125.tif", "copy_20251125.tif"];
    std::os::unix::fs::symlink(&there, bench.path().join("link_20251125.tif")).unwrap();
    std::fs::copy(&there, bench.path().join("copy_20251125.tif")).unwrap();
    for name in spellings {
        let file = Path::new(name).file_name().unwrap().to_str().unwrap();
        bench.refuses("a_20251105.tif", name, &[], &[file, "the same as the before scene a_20251105.tif"]);
    }
    // Two scenes in one file are no copies.
    let mut both = Tif::before();
    both.bands.extend(Tif::after().bands);
    both.bands.iter_mut().for_each(|(name, _)| name.clear());
    bench.put("both.tif", &both);
    let bands = ["--before-bands", "B8A=4,B12=6", "--after-bands", "B8A=10,B12=12", "--out", "both"];
    let ended = bench.pair("both.tif", "both.tif", &bands).done();
    assert!(ended.data.contains("in 1 objects"), "{}", ended.data);
}

#[test]
fn a_shifted_grid_is_resampled_by_a_stated_plan_or_refused() {
    let bench = Bench::new();
    bench.put("half_20251125.tif", &Tif::after().at(CORNER.0 + 10.0, CORNER.1 - 10.0));
    let plan = bench.change("half_20251125.tif", &["--plan"]).done().data;
    assert!(plan.contains("resampled bilinearly, shifted by 0.50, 0.50 px"), "{plan}");
    let refuse = ["--set", "grid.resample=false"];
    bench.refuses("a_20251105.tif", "half_20251125.tif", &refuse, &["half_20251125.tif: ", "another grid", "0.50"]);
    bench.change("half_20251125.tif", &["--out", "half"]).done();
    let found = json(&bench.path().join("half/summary.json"))["burned_ha"].as_f64().unwrap();
    assert!((found - 16.0).abs() < 2.0, "{found}");
    let whole = bench.change("b_20251125.tif", &["--out", "whole", "--set", "grid.resample=false"]).done();
    assert!(whole.talk.is_empty());
}

#[test]
fn grids_that_cannot_be_used_are_refused() {
    let bench = Bench::new();
    let [x, dx, _, y, _, dy] = Tif::after().transform;
    for (name, transform, epsg, says) in [
        ("south_20251125.tif", [x, dx, 0.0, y + 64.0 * dy, 0.0, -dy], Some(32637), "north-up"),
        ("east_20251125.tif", [x + 64.0 * dx, -dx, 0.0, y, 0.0, dy], Some(32637), "north-up"),
        ("rotated_20251125.tif", [x, dx, 3.0, y, 3.0, dy], Some(32637), "rotated"),
        ("nowhere_20251125.tif", [x, dx, 0.0, y, 0.0, dy], None, "no reference system"),
        ("strange_20251125.tif", [x, dx, 0.0, y, 0.0, dy], Some(2193), "EPSG:2193"),
        ("nan_20251125.tif", [f64::NAN, dx, 0.0, y, 0.0, dy], Some(32637), "grid"),
        ("zero_20251125.tif", [x, 0.0, 0.0, y, 0.0, dy], Some(32637), "grid"),
        ("huge_20251125.tif", [1e300, dx, 0.0, y, 0.0, dy], Some(32637), ""),
        ("degrees_20251125.tif", [x, dx, 0.0, y, 0.0, dy], Some(4326), ""),
    ] {
        bench.put(name, &Tif { transform, epsg, ..Tif::after() });
        bench.refuses_after(name, &[says]);
    }
}

#[test]
fn what_has_no_value_is_not_unchanged() {
    let bench = Bench::new();
    bench.put("fa_20251105.tif", &Tif::before().floats());
    let mut holes = Tif { nodata: Some("nan"), ..Tif::after().floats() };
    let rows = 64 * 10..64 * 20;
    holes.bands.iter_mut().for_each(|(_, plane)| plane[rows.clone()].fill(f32::NAN));
    let counts = Tif { float: false, nodata: Some("0"), ..Tif::after() };
    let mut zeros = counts.clone();
    zeros.bands.iter_mut().for_each(|(_, plane)| plane[rows.clone()].fill(0.0));
    let mut odd = Tif { nodata: Some("-32768"), ..zeros.clone() };
    odd.bands[5].1[rows.clone()].fill(0.0);
    for (name, tif) in [
        ("nan_20251125.tif", holes.clone()),
        ("untold_20251125.tif", Tif { nodata: None, ..holes }),
        ("zero_20251125.tif", zeros.clone()),
        ("untoldzero_20251125.tif", Tif { nodata: None, ..zeros }),
        ("oddnodata_20251125.tif", odd),
    ] {
        bench.put(name, &tif);
        let before = if tif.float { "fa_20251105.tif" } else { "a_20251105.tif" };
        bench.pair(before, name, &["--out", name.trim_end_matches(".tif")]).done();
        let (width, codes) = bench.codes(name.trim_end_matches(".tif"));
        for (at, code) in codes.iter().enumerate() {
            assert_eq!(*code == 1, rows.contains(&at), "{name}: column {}, row {}: {code}", at % width, at / width);
        }
        let summary = json(&bench.path().join(name.trim_end_matches(".tif")).join("summary.json"));
        assert_eq!(summary["valid_share"].as_f64().map(|share| (share * 64.0).round()), Some(54.0), "{name}");
    }
    // Nothing at all: said, not passed off as no change.
    bench.put("nothing_20251125.tif", &Tif::after().mapped(|_| 0.0));
    let text = bench.change("nothing_20251125.tif", &["--out", "nothing"]).done().data;
    for word in ["0.0 % of it seen", "doubtful", "not covered", "0.0 ha in 0 objects"] {
        assert!(text.contains(word) && !text.contains("-0.0"), "{word}: {text}");
    }
}

/// A fixed sequence of pseudo-random numbers.
fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    }
}

#[test]
fn no_flipped_byte_crashes_the_line() {
    let bench = Bench::new();
    let (tiles, _) = Tif { tile: Some(32), ..Tif::after() }.bytes();
    let (strip, places) = Tif::after().bytes();
    let seeds: u64 = std::env::var("GROUNDTELL_FLIPS").ok().and_then(|n| n.parse().ok()).unwrap_or(150);
    let codes: Vec<Option<i32>> = (0..seeds)
        .into_par_iter()
        .map(|seed| {
            let mut random = numbers(seed);
            let mut bytes = if seed % 2 == 0 { tiles.clone() } else { strip.clone() };
            for _ in 0..=random(3) {
                // The header, where lies are told; values such as 0, 1 and 255 more often than others.
                let at = random(places[0].0);
                bytes[at] = [0, 1, 127, 128, 255, random(256) as u8][random(6)];
            }
            let name = format!("flip{seed}_20251125.tif");
            std::fs::write(bench.path().join(&name), bytes).unwrap();
            let ended = bench.change(&name, &["--out", &format!("out{seed}"), "-j", "1"]);
            std::fs::remove_file(bench.path().join(&name)).unwrap();
            let sound = matches!(ended.code, Some(0 | 2 | 3)) && ended.took < Duration::from_secs(2);
            assert!(sound, "seed {seed}: {:?} after {:?}: {}", ended.code, ended.took, ended.talk);
            ended.code
        })
        .collect();
    let count = |code: i32| codes.iter().filter(|other| **other == Some(code)).count();
    println!("{} done, {} refused, {} in part", count(0), count(2), count(3));
    assert!(count(0) > 10 && count(2) > 10);
    assert!(names(bench.path()).iter().all(|name| !name.contains("partial")));
}

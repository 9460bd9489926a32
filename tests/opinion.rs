//! The mask's second opinion: cloud told by the other date, dark ground kept where no cloud can shade it, and
//! burns that neither of them takes away.

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
use common::{json, real_data, run};
use groundtell::geom::window::Window;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff;
use groundtell::kernel::mask::Reason;
use groundtell::limits::Limits;
use serde_json::Value;
use tempfile::TempDir;

/// Classes of a file of one band.
fn codes(path: &Path) -> Vec<u8> {
    let raster = tiff::open(path, &Limits::default()).unwrap();
    let (width, height) = (raster.info().width, raster.info().height);
    match raster.read(0, &[0], Window::whole(width, height)).unwrap().remove(0) {
        Samples::U8(codes) => codes,
        other => panic!("{other:?}"),
    }
}

/// Runs the pair; validity codes and the summary.
fn made(folder: &Path, before: &Tif, after: &Tif, words: &[&str]) -> (Vec<u8>, Value) {
    before.write(folder.join("before.tif"));
    after.write(folder.join("after.tif"));
    let line = ["change", "--before", "before.tif", "--after", "after.tif", "--out", "out", "--overwrite", "--quiet"];
    run(folder, &[&line, words].concat()).done();
    (codes(&folder.join("out/layers/validity.tif")), json(&folder.join("out/summary.json")))
}

/// The scene with a scene classification.
fn classed(scene: &Tif, class: impl Fn(usize, usize) -> u8) -> Tif {
    let width = scene.size.0;
    let plane = (0..width * scene.size.1).map(|at| f32::from(class(at % width, at / width))).collect();
    let mut scene = scene.clone();
    scene.bands.push(("SCL".into(), plane));
    scene
}

fn burned(col: usize, row: usize) -> bool {
    (20..40).contains(&col) && (20..40).contains(&row)
}

#[test]
fn a_burn_that_is_called_shadow_is_kept_where_no_cloud_is_near() {
    let folder = TempDir::new().unwrap();
    let before = classed(&Tif::before(), |_, _| 4);
    let dark = classed(&Tif::after(), |col, row| if burned(col, row) { 3 } else { 4 });
    let (codes, summary) = made(folder.path(), &before, &dark, &[]);
    assert_eq!(codes[30 * 64 + 30], Reason::DarkKept.code());
    assert_eq!(summary["objects"], 1);
    let kept = summary["flagged_ha"][Reason::DarkKept.label()].as_f64().unwrap();
    assert!((kept - 16.0).abs() < 0.1, "400 pixels of 0.04 ha: {kept}");
    let masked = |after: &Tif, words: &[&str]| {
        let (codes, summary) = made(folder.path(), &before, after, words);
        (codes[30 * 64 + 30], summary["objects"].as_u64().unwrap())
    };
    assert_eq!(masked(&dark, &["--set", "mask.dark_reach_m=0"]), (Reason::Shadow.code(), 0));
    let cloudy = |col: usize, row: usize| {
        if burned(col, row) {
            3
        } else if col >= 50 && row >= 50 {
            9
        } else {
            4
        }
    };
    assert_eq!(masked(&classed(&Tif::after(), cloudy), &[]), (Reason::Shadow.code(), 0), "in reach of a cloud");
    let near = ["--set", "mask.dark_reach_m=100"];
    assert_eq!(masked(&classed(&Tif::after(), cloudy), &near), (Reason::DarkKept.code(), 1), "out of its reach");
}

#[test]
fn cloud_without_classes_is_told_by_the_other_date() {
    let folder = TempDir::new().unwrap();
    let mut after = Tif::after();
    let cloud = [0.34, 0.33, 0.32, 0.42, 0.36, 0.30];
    for ((_, plane), level) in after.bands.iter_mut().zip(cloud) {
        for (at, sample) in plane.iter_mut().enumerate().filter(|(at, _)| (48..60).contains(&(at % 64))) {
            *sample = level * 1e4 + (at % 7) as f32;
        }
    }
    let (codes, summary) = made(folder.path(), &Tif::before(), &after, &[]);
    for (at, code) in codes.iter().enumerate() {
        let due = if (48..60).contains(&(at % 64)) { Reason::CloudByChange.code() } else { Reason::Clear.code() };
        assert_eq!(*code, due, "{at}");
    }
    assert_eq!(summary["objects"], 1, "the burn stays");
    assert!(summary["not_seen_ha"][Reason::CloudByChange.label()].as_f64().unwrap() > 30.0);
    let (codes, _) = made(folder.path(), &Tif::before(), &after, &["--set", "mask.second_opinion=off"]);
    assert!(!codes.contains(&Reason::CloudByChange.code()));
}

#[test]
fn snow_that_classes_miss_is_flagged_when_asked() {
    let folder = TempDir::new().unwrap();
    let mut after = classed(&Tif::after(), |_, _| 4);
    let snow = [0.7, 0.7, 0.68, 0.62, 0.12, 0.10];
    for ((_, plane), level) in after.bands.iter_mut().zip(snow) {
        plane.iter_mut().enumerate().filter(|(at, _)| at % 64 >= 50).for_each(|(_, sample)| *sample = level * 1e4);
    }
    let before = classed(&Tif::before(), |_, _| 4);
    let (codes, summary) = made(folder.path(), &before, &after, &["--set", "mask.second_opinion=on"]);
    assert_eq!((codes[60], codes[0]), (Reason::Snow.code(), Reason::Clear.code()));
    assert_eq!(summary["objects"], 1, "snow is no burn");
    let (codes, _) = made(folder.path(), &before, &after, &[]);
    assert_eq!(codes[60], Reason::Clear.code(), "the scene has classes: no second opinion unless asked");
}

#[test]
fn real_burns_are_not_lost_to_the_second_opinion() {
    let Some(data) = real_data() else { return };
    let folder = TempDir::new().unwrap();
    let mut fires = 0;
    for entry in std::fs::read_dir(data.join("s2-calfire-pairs")).unwrap() {
        let fire = entry.unwrap().path();
        if !fire.is_dir() {
            continue;
        }
        let [before, after] = ["pre.tif", "post.tif"].map(|name| fire.join(name).display().to_string());
        let line = ["change", "--before", &before, "--after", &after, "--scale", "0.0001", "--out", "out"];
        run(folder.path(), &[&line[..], &["--overwrite", "--quiet", "--set", "output.previews=false"]].concat()).done();
        let validity = codes(&folder.path().join("out/layers/validity.tif"));
        let truth = codes(&fire.join("mask.tif"));
        assert_eq!(truth.len(), validity.len());
        let inside = truth.iter().filter(|truth| **truth > 0).count();
        let taken = |code: &u8| *code == Reason::CloudByChange.code() || *code == Reason::ShadowByChange.code();
        let lost = truth.iter().zip(&validity).filter(|(truth, code)| **truth > 0 && taken(code)).count();
        let all = validity.iter().filter(|code| taken(code)).count();
        let [lost, all] = [(lost, inside), (all, truth.len())].map(|(part, whole)| part as f64 / whole as f64);
        println!(
            "{}: {:.2} % of the burned, {:.2} % of all",
            fire.file_name().unwrap().display(),
            100.0 * lost,
            100.0 * all
        );
        assert!(lost < 0.01, "{}: {lost}", fire.display());
        fires += 1;
    }
    assert_eq!(fires, 9);
}

//! Several dates on a side: which one each pixel is taken from, when objects appeared, whether they stayed.

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
use common::{Ended, contents, json, real_data, run};
use groundtell::geom::window::Window;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff;
use groundtell::limits::Limits;
use serde_json::Value;
use tempfile::TempDir;

/// The square that burns.
fn burned(col: usize, row: usize) -> bool {
    (20..40).contains(&col) && (20..40).contains(&row)
}

/// The scene without its samples where `hidden`.
fn hidden(scene: Tif, hidden: impl Fn(usize, usize) -> bool) -> Tif {
    let width = scene.size.0;
    let mut scene = scene;
    for (_, plane) in &mut scene.bands {
        for (at, sample) in plane.iter_mut().enumerate() {
            if hidden(at % width, at / width) {
                *sample = 0.0;
            }
        }
    }
    scene
}

/// Writes scenes and runs `change` over them, before and after apart.
fn change(folder: &Path, before: &[(&str, &Tif)], after: &[(&str, &Tif)], words: &[&str]) -> Ended {
    let mut line: Vec<String> = vec!["change".into()];
    for (flag, scenes) in [("--before", before), ("--after", after)] {
        for (date, scene) in scenes {
            let name = format!("scene_{date}.tif");
            scene.write(folder.join(&name));
            line.extend([flag.to_owned(), name]);
        }
    }
    line.extend(["--out", "out", "--overwrite", "--quiet"].map(str::to_owned));
    line.extend(words.iter().map(|word| (*word).to_owned()));
    run(folder, &line.iter().map(String::as_str).collect::<Vec<_>>())
}

fn objects(folder: &Path) -> Vec<Value> {
    let found = json(&folder.join("out/change.geojson"));
    found["features"].as_array().unwrap().iter().map(|feature| feature["properties"].clone()).collect()
}

/// Days since 1970-01-01 by pixel.
fn days(folder: &Path, side: &str) -> Vec<u16> {
    let raster = tiff::open(&folder.join(format!("out/layers/dates_{side}.tif")), &Limits::default()).unwrap();
    let info = raster.info();
    assert_eq!(info.bands[0].nodata, Some(0.0));
    assert!(info.bands[0].description.as_ref().unwrap().raw().contains("1970-01-01"));
    match raster.read(0, &[0], Window::whole(info.width, info.height)).unwrap().remove(0) {
        Samples::U16(days) => days,
        other => panic!("{other:?}"),
    }
}

/// 2025-05-01 as days since 1970-01-01.
const MAY: u16 = 20_209;

#[test]
fn a_burn_is_dated_between_clear_dates() {
    let folder = TempDir::new().unwrap();
    let (clear, fire) = (Tif::before(), Tif::after());
    let veiled = hidden(Tif::after(), burned);
    let before = [("20250501", &clear), ("20250511", &clear.clone().mapped(|sample| sample + 3.0))];
    let after = [
        ("20250521", &veiled),
        ("20250531", &fire),
        ("20250610", &fire.clone().mapped(|sample| sample + 2.0)),
        ("20250620", &clear.clone().mapped(|sample| sample + 1.0)),
    ];
    change(folder.path(), &before, &after, &[]).done();
    let found = objects(folder.path());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["bracket"], "2025-05-11/2025-05-31", "{}", found[0]);
    assert_eq!(found[0]["persistence"], 0.5, "{}", found[0]);
    let after = days(folder.path(), "after");
    assert_eq!((after[0], after[30 * 64 + 30]), (MAY + 20, MAY + 30), "the square was hidden on the first date");
    assert!(days(folder.path(), "before").iter().all(|day| *day == MAY));
    change(folder.path(), &before, &[("20250531", &fire)], &["--composite", "best"]).done();
    assert!(days(folder.path(), "before").iter().all(|day| *day == MAY + 10), "the date nearest to the event");
}

#[test]
fn one_date_a_side_is_the_bracket() {
    let folder = TempDir::new().unwrap();
    change(folder.path(), &[("20250501", &Tif::before())], &[("20250531", &Tif::after())], &[]).done();
    let found = objects(folder.path());
    assert_eq!((&found[0]["bracket"], &found[0]["persistence"]), (&Value::from("2025-05-01/2025-05-31"), &Value::Null));
    assert!(!folder.path().join("out/layers/dates_before.tif").exists());
    let plain = [("a", &Tif::before()), ("b", &Tif::before().mapped(|sample| sample + 2.0))];
    change(folder.path(), &plain, &[("20250531", &Tif::after())], &[]).done();
    assert_eq!(objects(folder.path())[0]["bracket"], "../2025-05-31", "no date, no bracket");
    let warnings = json(&folder.path().join("out/summary.json"))["warnings"].to_string();
    assert!(warnings.contains("date of the before scene is not known"), "{warnings}");
}

#[test]
fn odd_composites_are_refused() {
    let folder = TempDir::new().unwrap();
    let (before, after) = (Tif::before(), Tif::after());
    change(folder.path(), &[("20250501", &before)], &[("20250531", &after)], &["--composite", "mean"])
        .refused(2, &["composite", "mean"]);
}

#[test]
fn composites_do_not_depend_on_blocks_or_threads() {
    let folder = TempDir::new().unwrap();
    let (clear, fire) = (Tif::scene(200, |_, _| false), Tif::scene(200, |col, row| burned(col / 3, row / 3)));
    let some = |scene: &Tif, turn: usize| {
        hidden(scene.clone().mapped(|sample| sample + turn as f32), |col, row| (col / 16 + row / 16) % 3 == turn)
    };
    let before = [some(&clear, 0), some(&clear, 1), some(&clear, 2)];
    let after = [some(&fire, 2), some(&fire, 0)];
    let before = [("20250501", &before[0]), ("20250511", &before[1]), ("20250521", &before[2])];
    let after = [("20250531", &after[0]), ("20250610", &after[1])];
    let made = |how: &str, words: &[&str]| {
        let words = [&["--composite", how], words].concat();
        change(folder.path(), &before, &after, &words).done();
        contents(&folder.path().join("out"))
    };
    for how in ["first", "median", "best"] {
        let once = made(how, &["-j", "1"]);
        assert!(once == made(how, &["-j", "3", "--block", "64"]), "{how}");
    }
}

#[test]
fn the_median_of_real_dates_is_the_middle_one() {
    let Some(data) = real_data() else { return };
    let raster = tiff::open(&data.join("s2-bouconne-7dates/2018_3A_Theia_Bouconne.tif"), &Limits::default()).unwrap();
    let (width, height) = (raster.info().width, raster.info().height);
    // B4, B8A, B12 of each date.
    let dates = ["20180429", "20180513", "20180708", "20180815", "20180915", "20181015", "20181115"];
    let scenes: Vec<Tif> = (0..7)
        .map(|date| {
            let bands = [(2, "B04"), (7, "B8A"), (9, "B12")];
            let read = raster.read(0, &bands.map(|(band, _)| 10 * date + band), Window::whole(width, height)).unwrap();
            let planes = bands.iter().zip(read).map(|((_, name), samples)| match samples {
                Samples::I16(values) => ((*name).to_owned(), values.into_iter().map(f32::from).collect()),
                other => panic!("{other:?}"),
            });
            Tif {
                size: (width, height),
                bands: planes.collect(),
                transform: [353_000.0, 10.0, 0.0, 4_830_000.0, 0.0, -10.0],
                epsg: Some(32631),
                ..Tif::before()
            }
        })
        .collect();
    let folder = TempDir::new().unwrap();
    let named: Vec<(&str, &Tif)> = dates.iter().copied().zip(&scenes).collect();
    // The numbers are Theia's, without an offset.
    let words = ["--composite", "median", "--scale", "0.0001", "--offset", "0"];
    change(folder.path(), &named[..5], &named[5..], &words).done();
    let found = days(folder.path(), "before");
    let day = |date: usize| [17_650u16, 17_664, 17_720, 17_758, 17_789][date];
    let nbr = |date: usize, at: usize| {
        let [nir, swir2] = [1, 2].map(|band| scenes[date].bands[band].1[at]);
        (nir - swir2) / (nir + swir2)
    };
    let mut wrong = 0;
    for (at, found) in found.iter().enumerate() {
        let mut values: Vec<(f32, usize)> = (0..5).map(|date| (nbr(date, at), date)).collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        let ties = values.iter().any(|other| other.1 != values[2].1 && other.0 == values[2].0);
        wrong += usize::from(!ties && *found != day(values[2].1));
    }
    assert_eq!(wrong, 0, "of {}", found.len());
    let objects = objects(folder.path());
    println!("five dates before, two after a leaf fall: {} objects", objects.len());
    assert!(objects.iter().all(|object| object["bracket"].as_str().unwrap().contains('/')));
}

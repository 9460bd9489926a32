//! Gates: phase correlation and consistency against numpy, known shifts of real scenes, and what the line says of
//! pairs that do not suit each other.

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

use std::path::{Path, PathBuf};

use common::tif::{CORNER, Tif};
use common::{json, oracle, real_data, run};
use groundtell::geom::window::Window;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff;
use groundtell::kernel::coregistration::{Demands, Fourier, Shift, Silence, tie};
use groundtell::kernel::radiometry::consistency;
use groundtell::limits::Limits;
use groundtell::scene::sun::Sun;
use ndarray::{Array2, Axis, Slice};
use serde_json::Value;
use tempfile::TempDir;

const PATCH: usize = 76;

/// The hash of `make_gates.py`: numbers between 0 and 1.
fn mixed(at: usize) -> f64 {
    let mut mixed = (at as u32).wrapping_mul(0x85EB_CA6B) ^ 0x9E37_79B9;
    mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xC2B2_AE35);
    f64::from(mixed ^ (mixed >> 16)) / f64::from(u32::MAX)
}

fn smooth(seed: usize, side: usize) -> Array2<f64> {
    let raw = |row: usize, col: usize| mixed(row * (side + 2) + col + seed);
    let near = || (0..3).flat_map(|r| (0..3).map(move |c| (r, c)));
    Array2::from_shape_fn((side, side), |(row, col)| near().map(|(r, c)| raw(row + r, col + c)).sum::<f64>() / 9.0)
}

/// The pictures of `make_gates.py`.
fn pictures(seed: usize, dx: f64, dy: f64, noise: f64) -> [Array2<f32>; 2] {
    let wide = smooth(seed, PATCH + 12);
    let (x, y) = (6.0 - dx, 6.0 - dy);
    let (col, row) = (x.floor() as usize, y.floor() as usize);
    let (fx, fy) = (x - x.floor(), y - y.floor());
    let before = Array2::from_shape_fn((PATCH, PATCH), |(r, c)| wide[(r + 6, c + 6)] as f32);
    let after = Array2::from_shape_fn((PATCH, PATCH), |(r, c)| {
        let part = |down: usize, right: usize| wide[(row + r + down, col + c + right)];
        let upper = (1.0 - fx) * part(0, 0) + fx * part(0, 1);
        let lower = (1.0 - fx) * part(1, 0) + fx * part(1, 1);
        let own = noise * mixed(r * PATCH + c + seed + 7_000_000);
        ((1.0 - fy) * upper + fy * lower + own) as f32
    });
    [before, after]
}

fn shift([before, after]: &[Array2<f32>; 2], demands: Demands) -> Result<Shift, Silence> {
    tie(before.view(), after.view(), &demands, &mut Fourier::new()).unwrap()
}

/// Demands that refuse nothing.
fn lenient(side: usize) -> Demands {
    Demands { side, max_shift: 6.0, min_reliability: 0.0 }
}

#[test]
fn phase_correlation_is_as_numpy_has_it() {
    let oracle = oracle("gates.json");
    let ties = oracle["ties"].as_array().unwrap();
    assert_eq!(ties.len(), 7);
    for case in ties {
        let number = |name: &str| case[name].as_f64().unwrap();
        let pictures = pictures(number("seed") as usize, number("dx"), number("dy"), number("noise"));
        let found = shift(&pictures, lenient(64)).unwrap();
        let due: Vec<f64> = case["found"].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect();
        let off = (found.dx - due[0]).abs().max((found.dy - due[1]).abs());
        // In numpy everything is float64, here float32.
        assert!(off < 1e-3 && (found.reliability - due[2]).abs() < 0.05, "{case}: {found:?}");
    }
}

#[test]
fn consistency_is_as_numpy_has_it() {
    let oracle = oracle("gates.json");
    let lines = oracle["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 4);
    for case in lines {
        let number = |name: &str| case[name].as_f64().unwrap();
        let pairs = (0..number("n") as usize).map(|at| {
            let x = (0.05 + 0.3 * mixed(at + 100)) as f32;
            let y = number("gain") * f64::from(x) + number("offset") + 0.02 * mixed(at + 900_000);
            (x, if at < number("changed") as usize { 0.08 } else { y as f32 })
        });
        let found = consistency(pairs).unwrap();
        let due = &case["found"];
        for (name, value) in [
            ("gain", found.gain),
            ("bias", found.bias),
            ("correlation", found.correlation),
            ("unchanged", found.unchanged),
            ("pixels", found.pixels as f64),
        ] {
            assert!((value - due[name].as_f64().unwrap()).abs() < 1e-6, "{name}: {value} {case}");
        }
    }
}

/// A band as floats.
fn band(path: &Path, index: usize) -> Array2<f64> {
    let raster = tiff::open(path, &Limits::default()).unwrap();
    let info = raster.info();
    let values: Vec<f64> = match raster.read(0, &[index], Window::whole(info.width, info.height)).unwrap().remove(0) {
        Samples::F64(values) => values,
        Samples::F32(values) => values.into_iter().map(f64::from).collect(),
        Samples::I16(values) => values.into_iter().map(f64::from).collect(),
        Samples::U16(values) => values.into_iter().map(f64::from).collect(),
        other => panic!("{other:?}"),
    };
    Array2::from_shape_vec((info.height, info.width), values).unwrap()
}

/// The picture moved along its rows by `by` pixels: Lanczos of 8 lobes, edges continued.
fn moved(picture: &Array2<f64>, by: f64) -> Array2<f64> {
    const LOBES: i64 = 8;
    let whole = by.floor();
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { x.sin() / x };
    let weights: Vec<(i64, f64)> = (1 - LOBES..=LOBES)
        .map(|tap| {
            let x = std::f64::consts::PI * (tap as f64 + by - whole);
            (tap, sinc(x) * sinc(x / LOBES as f64))
        })
        .collect();
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let last = picture.ncols() as i64 - 1;
    Array2::from_shape_fn(picture.dim(), |(row, col)| {
        let at = |tap: i64| (col as i64 - whole as i64 + tap).clamp(0, last) as usize;
        weights.iter().map(|(tap, weight)| weight * picture[(row, at(*tap))]).sum::<f64>() / sum
    })
}

fn shifted(picture: &Array2<f64>, dx: f64, dy: f64) -> Array2<f64> {
    moved(&moved(picture, dx).t().to_owned(), dy).t().to_owned()
}

/// Without the margin that shifting made up.
fn inner(picture: &Array2<f64>) -> Array2<f32> {
    const MADE_UP: usize = 4;
    let (rows, cols) = picture.dim();
    let cut = picture.slice_axis(Axis(0), Slice::from(MADE_UP..rows - MADE_UP));
    cut.slice_axis(Axis(1), Slice::from(MADE_UP..cols - MADE_UP)).mapv(|value| value as f32)
}

/// Near infrared of real scenes: a name, before, after.
fn scenes(data: &Path) -> Vec<(String, Array2<f64>, Array2<f64>)> {
    let mut fires: Vec<PathBuf> = std::fs::read_dir(data.join("s2-calfire-pairs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    fires.sort();
    let named = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut scenes: Vec<_> = fires
        .iter()
        .map(|fire| (named(fire), band(&fire.join("pre.tif"), 3), band(&fire.join("post.tif"), 3)))
        .collect();
    let peru = |side: &str| band(&data.join(format!("l8-peru-2020/stack_{side}_red_nir_swir1_swir2.tif")), 1);
    scenes.push(("l8-peru-2020".into(), peru("pre"), peru("post")));
    let wood = data.join("s2-bouconne-7dates/2018_3A_Theia_Bouconne.tif");
    scenes.push(("s2-bouconne October, November".into(), band(&wood, 57), band(&wood, 67)));
    scenes
}

#[test]
fn known_shifts_of_real_scenes_come_back_to_a_tenth_of_a_pixel() {
    let Some(data) = real_data() else { return };
    let demands = Demands { side: 256, max_shift: 5.0, min_reliability: 60.0 };
    let mut residuals: Vec<f64> = Vec::new();
    for (number, (name, before, after)) in scenes(&data).iter().enumerate() {
        let mut worst = 0.0f64;
        for turn in 0..6 {
            let [dx, dy] = [0, 1].map(|axis| 4.0 * mixed(100 * number + 2 * turn + axis) - 2.0);
            let pair = [inner(before), inner(&shifted(before, dx, dy))];
            let found = shift(&pair, demands).unwrap_or_else(|silence| panic!("{name}: {silence:?}"));
            let off = (found.dx - dx).abs().max((found.dy - dy).abs());
            worst = worst.max(off);
            residuals.push(off);
        }
        let real = shift(&[inner(before), inner(after)], demands);
        let told = real.map_or_else(
            |silence| format!("{silence:?}"),
            |at| format!("{:+.2}, {:+.2} px, reliability {:.0}", at.dx, at.dy, at.reliability),
        );
        println!("{name:<32} worst residual of 6 shifts {worst:.3} px; before to after: {told}");
    }
    residuals.sort_by(f64::total_cmp);
    println!(
        "{} shifts: median residual {:.3} px, worst {:.3} px",
        residuals.len(),
        residuals[residuals.len() / 2],
        residuals[residuals.len() - 1]
    );
    assert!(residuals.len() >= 60);
    assert!(residuals.iter().all(|residual| *residual < 0.1), "{residuals:?}");
}

#[test]
fn the_estimated_sun_is_near_the_real_one() {
    let Some(data) = real_data() else { return };
    let mut errors = Vec::new();
    for entry in std::fs::read_dir(data.join("stac-json")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let whole = json(&path);
        let document = whole.get("response").unwrap_or(&whole);
        for item in document["features"].as_array().into_iter().flatten() {
            let words = &item["properties"];
            let told = words["s2:mean_solar_zenith"].as_f64();
            let told = told.or_else(|| Some(90.0 - words["view:sun_elevation"].as_f64()?));
            let (Some(zenith), Some(south), Some(north)) = (told, item["bbox"][1].as_f64(), item["bbox"][3].as_f64())
            else {
                continue;
            };
            let date = words["datetime"].as_str().unwrap()[..10].parse().unwrap();
            errors.push((Sun::at_overpass(date, f64::midpoint(south, north)).zenith - zenith).abs());
        }
    }
    errors.sort_by(f64::total_cmp);
    println!(
        "{} items: median error {:.2}, worst {:.2} degrees",
        errors.len(),
        errors[errors.len() / 2],
        errors[errors.len() - 1]
    );
    assert!(errors.len() >= 30 && errors.iter().all(|error| *error < 6.0), "{errors:?}");
}

/// A scene of textured ground; `noise` is the date's own.
fn textured(side: usize, noise: usize) -> Tif {
    let ground = smooth(5, side);
    let bands = ["B02", "B03", "B04", "B8A", "B11", "B12"].iter().enumerate();
    let levels = [0.05, 0.07, 0.06, 0.30, 0.22, 0.14];
    let plane = |band: usize| {
        let own = |at: usize| 0.02 * (mixed(at + 1_000_000 * (band + 10 * noise)) - 0.5);
        ground
            .iter()
            .enumerate()
            .map(|(at, value)| ((levels[band] * (0.5 + value + own(at))) * 1e4).round() as f32)
            .collect()
    };
    Tif {
        size: (side, side),
        bands: bands.map(|(band, name)| ((*name).to_owned(), plane(band))).collect(),
        ..Tif::before()
    }
}

/// The gates of a run by name, and the whole summary.
fn gates(folder: &Path, before: &Tif, after: &Tif, words: &[&str]) -> Value {
    before.write(folder.join("before.tif"));
    after.write(folder.join("after.tif"));
    let mut line = vec!["change", "--before", "before.tif", "--after", "after.tif", "--out", "out", "--overwrite"];
    line.extend(words);
    run(folder, &line).done();
    json(&folder.join("out/summary.json"))
}

fn gate<'s>(summary: &'s Value, name: &str) -> &'s Value {
    let gates = summary["gates"].as_array().unwrap();
    gates.iter().find(|gate| gate["gate"] == name).unwrap_or_else(|| panic!("no gate {name}: {summary}"))
}

#[test]
fn the_line_measures_a_shift_and_says_what_follows() {
    let folder = TempDir::new().unwrap();
    let before = textured(220, 1);
    for (px, consequence) in [(0.0, "ok"), (0.4, "warned"), (-0.8, "not_observable")] {
        // The same ground, but its file lies `px` pixels beside it.
        let after = textured(220, 2).at(CORNER.0 + 20.0 * px, CORNER.1);
        let summary = gates(folder.path(), &before, &after, &["--set", "output.previews=false"]);
        let found = gate(&summary, "co-registration");
        assert_eq!(found["consequence"], consequence, "{found}");
        let dx = found["details"]["dx_px"].as_f64().unwrap();
        assert!((dx - px).abs() < 0.1, "{px}: {found}");
        let reasons = summary["reliability"]["reasons"].to_string();
        assert_eq!(reasons.contains("px"), consequence != "ok", "{reasons}");
    }
}

#[test]
fn a_low_sun_and_another_brightness_are_told() {
    let folder = TempDir::new().unwrap();
    let (before, after) = (textured(100, 1), textured(100, 2).mapped(|sample| (sample * 1.8).round()));
    let dates = ["--before-date", "2025-09-20", "--after-date", "2025-12-20"];
    let summary = gates(folder.path(), &before, &after, &dates);
    let sun = gate(&summary, "sun zenith");
    assert_eq!(sun["consequence"], "warned", "{sun}");
    assert!(sun["words"].as_str().unwrap().contains("estimated"), "{sun}");
    assert_eq!(gate(&summary, "sun difference")["consequence"], "warned");
    assert_eq!(gate(&summary, "radiometry narrow near infrared")["consequence"], "warned");
    assert!(summary["warnings"].to_string().contains("from the zenith"), "{}", summary["warnings"]);
    assert!(summary["warnings"].to_string().contains("unchanged ground differs"), "{}", summary["warnings"]);
}

#[test]
fn what_cannot_be_judged_has_no_figure() {
    let folder = TempDir::new().unwrap();
    let flat = textured(100, 1).mapped(|_| 1000.0);
    let one = textured(1, 1);
    let hidden = textured(100, 1).mapped(|_| 0.0);
    for (before, after, says) in [
        (&flat, &flat.clone().mapped(|_| 1010.0), "texture"),
        (&one, &textured(1, 2), "too small"),
        (&textured(100, 2), &hidden, "hidden"),
    ] {
        let summary = gates(folder.path(), before, after, &[]);
        let found = gate(&summary, "co-registration");
        assert!(found["figure"].is_null() && found["consequence"] == "not_judged", "{found}");
        assert!(found["words"].as_str().unwrap().contains(says), "{found}");
        assert!(gate(&summary, "sun zenith")["figure"].is_null());
        assert!(gate(&summary, "radiometry narrow near infrared")["figure"].is_null());
    }
    let off = gates(folder.path(), &flat, &textured(100, 1), &["--set", "gates.enabled=false"]);
    assert_eq!(off["gates"], Value::Array(Vec::new()));
}

#[test]
fn gates_do_not_depend_on_blocks_or_threads() {
    let folder = TempDir::new().unwrap();
    let (before, after) = (textured(700, 1), textured(700, 2).at(CORNER.0 + 6.0, CORNER.1 - 4.0));
    let once = gates(folder.path(), &before, &after, &["-j", "1"]);
    let again = gates(folder.path(), &before, &after, &["-j", "3"]);
    assert_eq!(once["gates"], again["gates"]);
    let blocks = gates(folder.path(), &before, &after, &["--block", "128"]);
    assert_eq!(once["gates"], blocks["gates"]);
}

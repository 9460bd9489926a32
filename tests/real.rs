//! The whole line on real scenes: dNBR against numpy, the burned mask against perimeters.

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

use common::{oracle, real_data};
use groundtell::geom::window::Window;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff;
use groundtell::limits::Limits;
use groundtell::pipeline::crew::Silent;
use groundtell::pipeline::request::{Request, SideRequest};
use groundtell::pipeline::scoring::{Question, score};
use groundtell::pipeline::summary::Summary;
use groundtell::pipeline::{Prepared, run};
use groundtell::recipe::Recipe;
use rayon::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

/// The request that the flags of an oracle pair make.
fn request(data: &Path, pair: &Value, dtype: &str) -> Request {
    let flags: Vec<&str> = pair["flags"].as_array().unwrap().iter().map(|flag| flag.as_str().unwrap()).collect();
    let flag = |name: &str| flags.chunks(2).find(|pair| pair[0] == name).map(|pair| pair[1]);
    let number = |name| flag(name).map(|text| text.parse().unwrap());
    let side = |name: &str| SideRequest {
        paths: vec![data.join(pair[name].as_str().unwrap())],
        bands: flag(&format!("--{name}-bands"))
            .or_else(|| flag("--bands"))
            .map(|names| names.split(',').map(str::to_owned).collect()),
        sensor: None,
        date: flag(&format!("--{name}-date")).map(|date| date.parse().unwrap()),
    };
    let recipe =
        ["output.previews=false", "output.layers=[\"dnbr\"]", "burn.threshold=otsu", "mask.second_opinion=off"];
    let recipe = recipe.iter().fold(Recipe::default(), |recipe, set| recipe.with(set).unwrap());
    Request {
        before: side("before"),
        after: side("after"),
        scale: number("--scale"),
        offset: number("--offset"),
        aoi: None,
        aoi_notes: Vec::new(),
        recipe: recipe.with(&format!("output.dtype={dtype}")).unwrap(),
        access: Default::default(),
    }
}

/// Runs the line into `out`.
fn made(data: &Path, pair: &Value, dtype: &str, out: &Path) -> Summary {
    let prepared = Prepared::new(request(data, pair, dtype), None, &Limits::default()).unwrap();
    run(&prepared, out, false, &Silent).unwrap()
}

/// Columns and values of a layer of one band; NaN where it has none.
fn values(path: &Path) -> (usize, Vec<f64>) {
    let raster = tiff::open(path, &Limits::default()).unwrap();
    let info = raster.info();
    let values = match raster.read(0, &[0], Window::whole(info.width, info.height)).unwrap().remove(0) {
        Samples::F32(values) => values.into_iter().map(f64::from).collect(),
        Samples::I16(steps) => {
            let scale = info.bands[0].scale.unwrap();
            steps.into_iter().map(|step| if step == i16::MIN { f64::NAN } else { f64::from(step) * scale }).collect()
        }
        Samples::U8(codes) => codes.into_iter().map(f64::from).collect(),
        other => panic!("{other:?}"),
    };
    (info.width, values)
}

/// The greatest difference from the oracle's pixels.
fn difference(pair: &Value, (width, values): &(usize, Vec<f64>)) -> f64 {
    let shape: Vec<usize> = pair["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    assert_eq!((*width, values.len()), (shape[1], shape[0] * shape[1]), "{}", pair["name"]);
    let pixels = pair["pixels"].as_array().unwrap();
    assert!(!pixels.is_empty());
    let differences = pixels.iter().map(|pixel| {
        let ours = values[pixel[0].as_u64().unwrap() as usize * width + pixel[1].as_u64().unwrap() as usize];
        match pixel[2].as_f64() {
            Some(due) => {
                if ours.is_nan() {
                    f64::INFINITY
                } else {
                    (ours - due).abs()
                }
            }
            None => {
                if ours.is_nan() {
                    0.0
                } else {
                    f64::INFINITY
                }
            }
        }
    });
    differences.fold(0.0, f64::max)
}

/// What a pair came to.
struct Outcome {
    name: String,
    float: f64,
    steps: f64,
    f1: Option<(f64, f64)>,
}

fn outcome(data: &Path, pair: &Value) -> Outcome {
    let folder = TempDir::new().unwrap();
    let (float, steps) = (folder.path().join("float"), folder.path().join("steps"));
    let (first, second) = (made(data, pair, "float32", &float), made(data, pair, "int16", &steps));
    let name = pair["name"].as_str().unwrap().to_owned();
    assert_eq!((first.threshold, first.burned_ha), (second.threshold, second.burned_ha), "{name}");
    assert!((first.valid_share - pair["valued"].as_f64().unwrap()).abs() < 2e-4, "{name}: {}", first.valid_share);
    let f1 = pair["otsu_f1"].as_f64().map(|due| {
        let mask = float.join("layers/burn.tif");
        let reference = data.join(pair["reference"].as_str().unwrap());
        let question = Question { mask: &mask, reference: &reference, layer: None, at_least: None };
        (score(question, &Silent, &Limits::default()).unwrap().f1.unwrap_or(0.0), due)
    });
    let dnbr = |out: &Path| difference(pair, &values(&out.join("layers/dnbr.tif")));
    Outcome { name, float: dnbr(&float), steps: dnbr(&steps), f1 }
}

#[test]
fn every_real_pair_is_as_numpy_has_it() {
    let Some(data) = real_data() else { return };
    let oracle = oracle("real.json");
    let pairs = oracle["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 70);
    let outcomes: Vec<Outcome> = pairs.par_iter().map(|pair| outcome(&data, pair)).collect();
    let mut wrong = Vec::new();
    for Outcome { name, float, steps, f1 } in &outcomes {
        if let Some((ours, due)) = f1 {
            println!("{name}: F1 {ours:.4} ({due:.2} with plain numpy)");
        }
        let low = f1.is_some_and(|(ours, due)| ours < due - 0.005);
        if *float > 1e-6 || *steps > 5e-5 + 1e-9 || low {
            wrong.push(format!("{name}: {float:e} {steps:e} {f1:?}"));
        }
    }
    let worst = |of: fn(&Outcome) -> f64| outcomes.iter().map(of).fold(0.0, f64::max);
    println!(
        "{} pairs; greatest difference {:.1e} in floats, {:.1e} in steps",
        pairs.len(),
        worst(|o| o.float),
        worst(|o| o.steps)
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_andes_are_as_their_author_has_them() {
    let Some(data) = real_data() else { return };
    let oracle = oracle("real.json");
    let pair = oracle["pairs"].as_array().unwrap().iter().find(|pair| pair["name"] == "l8-peru-2020").unwrap();
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    made(&data, pair, "int16", &out);
    let (_, classes) = values(&data.join("l8-peru-2020/author_severity_class.tif"));
    let (_, burn) = values(&out.join("layers/burn.tif"));
    let count = |wanted: &dyn Fn(bool, bool) -> bool| {
        let seen = burn.iter().zip(&classes).filter(|(burn, _)| **burn != 255.0);
        seen.filter(|(burn, class)| wanted(**burn == 1.0, **class >= 4.0)).count() as f64
    };
    let f1 = 2.0 * count(&|ours, theirs| ours && theirs) / (count(&|ours, _| ours) + count(&|_, theirs| theirs));
    // Of the author's polygons class 1 is the unburned rest.
    let mut polygons = common::json(&data.join("l8-peru-2020/author_burned_area_wgs84.geojson"));
    polygons["features"].as_array_mut().unwrap().retain(|feature| feature["properties"]["DN"] == 2);
    let area = folder.path().join("burned.geojson");
    std::fs::write(&area, polygons.to_string()).unwrap();
    let question = Question { mask: &out.join("layers/burn.tif"), reference: &area, layer: None, at_least: None };
    let by_polygons = score(question, &Silent, &Limits::default()).unwrap().f1.unwrap();
    println!("l8-peru-2020: F1 {f1:.4} against the author's classes, {by_polygons:.4} against the author's polygons");
    assert!(f1 >= 0.93 && by_polygons >= 0.93, "{f1} {by_polygons}");
}

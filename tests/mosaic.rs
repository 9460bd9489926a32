//! Areas across tiles: a mosaic of cuts is the whole, tiles of two UTM zones meet without a seam, and both dates
//! may stand on different grids.

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
use common::{contents, json, run};
use groundtell::geom::crs::{Crs, Transform};
use groundtell::geom::window::Window;
use groundtell::io::cog::{Cell, Cells, CogWriter, Reduce, Spec};
use groundtell::io::raster::{Dtype, Raster, Samples};
use groundtell::io::spool::Spool;
use groundtell::io::store::Stage;
use groundtell::io::tiff::{self, TiffRaster};
use groundtell::limits::Limits;
use ndarray::ArrayView2;
use tempfile::TempDir;

/// Writes a part of a raster as a file of its own: columns `from..to` of `width`, in shares of the whole.
fn cut(from: &Path, to: &Stage, (start, end): (f64, f64)) {
    let raster = tiff::open(from, &Limits::default()).unwrap();
    let info = raster.info();
    let col = |share: f64| (info.width as f64 * share) as usize;
    let window = Window::new(col(start), 0, col(end) - col(start), info.height);
    let band = &info.bands[0];
    let scaled = band.dtype == Dtype::U16;
    let grid = info.grid.as_ref().unwrap().crop(window);
    let mut spec = Spec::new(grid, if scaled { Cell::U16 } else { Cell::U8 }, band.description.as_ref().unwrap().raw());
    spec.nodata = Some(0.0);
    (spec.scale, spec.offset) = (band.scale.unwrap_or(1.0), band.offset.unwrap_or(0.0));
    spec.overviews = if scaled { Reduce::Average } else { Reduce::Mode };
    spec.metadata = info.metadata.iter().map(|(key, text)| (key.clone(), text.raw().to_owned())).collect();
    let name = from.file_name().unwrap().to_str().unwrap();
    let writer = CogWriter::new(spec, Spool::new(to.temporary(name).unwrap())).unwrap();
    let (whole, shape) = (Window::whole(window.width, window.height), (window.height, window.width));
    match raster.read(0, &[0], window).unwrap().remove(0) {
        Samples::U16(counts) => writer.put(whole, Cells::U16(ArrayView2::from_shape(shape, &counts).unwrap())),
        Samples::U8(codes) => writer.put(whole, Cells::U8(ArrayView2::from_shape(shape, &codes).unwrap())),
        other => panic!("{other:?}"),
    }
    .unwrap();
    writer.finish(to.create(name).unwrap()).unwrap();
}

/// Cuts every band of both dates into an overlapping west and east.
fn cut_pair(folder: &Path) {
    for side in ["before", "after"] {
        for (half, share) in [("west", (0.0, 0.625)), ("east", (0.375, 1.0))] {
            let to = Stage::begin(&folder.join(format!("{half}-{side}")), false, &[]).unwrap();
            for entry in std::fs::read_dir(folder.join("whole").join(side)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|end| end == "tif") {
                    cut(&path, &to, share);
                }
            }
            to.publish(|_| Ok(b"{}".to_vec())).unwrap();
        }
    }
}

#[test]
fn a_mosaic_of_cuts_is_the_whole() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let line = ["simulate", "--out", "whole", "--size", "512", "--seed", "11", "--cloud", "0.1"];
    run(folder, &line).done();
    cut_pair(folder);
    let made = |before: &[&str], after: &[&str], more: &[&str]| {
        let sides =
            before.iter().flat_map(|path| ["--before", path]).chain(after.iter().flat_map(|path| ["--after", path]));
        let line: Vec<&str> =
            ["change"].into_iter().chain(sides).chain(["--out", "made", "--overwrite", "--no-previews"]).collect();
        run(folder, &[&line, more].concat()).done();
        let summary = json(&folder.join("made/summary.json"));
        (
            contents(&folder.join("made/layers")),
            contents(&folder.join("made"))[Path::new("change.geojson")].clone(),
            summary,
        )
    };
    let plain = ["--set", "mask.cloud_dilation_m=0", "--set", "mask.shadow_dilation_m=0", "--layers", "dnbr,rbr,cva"];
    let (layers, objects, summary) = made(&["whole/before"], &["whole/after"], &plain);
    assert!(summary["objects"].as_u64().unwrap() > 3);
    for (before, after) in [
        (vec!["west-before", "east-before"], vec!["west-after", "east-after"]),
        (vec!["west-before", "east-before"], vec!["east-after", "west-after"]),
        (vec!["west-before", "east-before"], vec!["whole/after"]),
    ] {
        let (other, vectors, mosaic) = made(&before, &after, &plain);
        assert_eq!(mosaic["grid"], summary["grid"]);
        for (name, bytes) in &layers {
            assert!(other[name] == *bytes, "{before:?} {after:?}: {} differs", name.display());
        }
        assert!(vectors == objects);
        for figure in ["aoi_ha", "valid_share", "burned_ha", "threshold", "not_seen_ha"] {
            assert_eq!(mosaic[figure], summary[figure], "{figure}");
        }
    }
    // Cloud grows within its own tile: near the tiles' edges, and only there, a mosaic may miss that growth.
    let codes = |layers: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>| {
        let bytes = layers[Path::new("validity.tif")].clone();
        let raster = TiffRaster::from_bytes(bytes, "validity", &Limits::default()).unwrap();
        match raster.read(0, &[0], Window::whole(256, 256)).unwrap().remove(0) {
            Samples::U8(codes) => codes,
            other => panic!("{other:?}"),
        }
    };
    let grown = ["--layers", "dnbr"];
    let one = codes(&made(&["whole/before"], &["whole/after"], &grown).0);
    let many = codes(&made(&["west-before", "east-before"], &["west-after", "east-after"], &grown).0);
    let apart: Vec<usize> = (0..one.len()).filter(|at| one[*at] != many[*at]).map(|at| at % 256).collect();
    println!("{} of {} pixels differ by growth over the edge of a tile", apart.len(), one.len());
    assert!(apart.iter().all(|col| (91..101).contains(col) || (155..165).contains(col)), "{apart:?}");
    // One half alone: the rest is not covered, and not "unchanged".
    let (_, _, half) =
        made(&["west-before"], &["whole/after"], &[&plain[..], &["--bbox", "36.18,50.47,36.25,50.51"]].concat());
    assert!(half["not_seen_ha"]["not covered"].as_f64().unwrap() > 500.0, "{half}");
}

/// Reflectance of NIR and SWIR2 of a date at a place: smooth over kilometres, the same in every grid.
fn ground(date: usize, lon: f64, lat: f64) -> [f64; 2] {
    let wave = |k: f64, phase: f64| {
        ((lon - 36.0) * 71_000.0 * k + (lat - 50.0) * 111_000.0 * (1.3 - k * 200.0) * 2e-3 + phase).sin()
    };
    let shift = date as f64;
    [0.30 + 0.05 * wave(2.0e-3, shift), 0.18 + 0.04 * wave(1.5e-3, 2.0 * shift)]
}

fn dnbr(lon: f64, lat: f64) -> f64 {
    let nbr = |[nir, swir]: [f64; 2]| (nir - swir) / (nir + swir);
    nbr(ground(0, lon, lat)) - nbr(ground(1, lon, lat))
}

/// The ground in a zone, its upper left corner near a place.
fn tile(zone: u16, date: usize, (lon, lat): (f64, f64), phase: f64) -> Tif {
    let crs = Crs::from_epsg(u32::from(zone)).unwrap();
    let (to, back) = (Transform::new(Crs::WGS84, crs).unwrap(), Transform::new(crs, Crs::WGS84).unwrap());
    let (x, y) = to.point(lon, lat).unwrap();
    let (x, y) = ((x / 20.0).round() * 20.0 + phase, (y / 20.0).round() * 20.0 + phase);
    let size = (240, 240);
    let (mut nir, mut swir, mut red) = (Vec::new(), Vec::new(), Vec::new());
    for at in 0..size.0 * size.1 {
        let (col, row) = ((at % size.0) as f64, (at / size.0) as f64);
        let (lon, lat) = back.point(x + 20.0 * (col + 0.5), y - 20.0 * (row + 0.5)).unwrap();
        let [first, second] = ground(date, lon, lat);
        nir.push(first as f32);
        swir.push(second as f32);
        red.push(0.06 + 0.01 * (first as f32));
    }
    Tif {
        size,
        bands: vec![("B04".into(), red), ("B8A".into(), nir), ("B12".into(), swir)],
        float: true,
        epsg: Some(zone),
        transform: [x, 20.0, 0.0, y, 0.0, -20.0],
        nodata: Some("nan"),
        tile: Some(64),
    }
}

/// Tiles left and right of 36 degrees east, of both dates, as `z36_before.tif` and so on.
fn zones(folder: &Path) {
    for (date, side) in ["before", "after"].iter().enumerate() {
        tile(32636, date, (35.955, 50.03), 0.0).write(folder.join(format!("z36_{side}.tif")));
        tile(32637, date, (35.985, 50.03), 0.0).write(folder.join(format!("z37_{side}.tif")));
    }
    tile(32637, 1, (35.965, 50.03), 7.0).write(folder.join("z37_wide_after.tif"));
}

#[test]
fn two_zones_meet_without_a_seam() {
    let folder = TempDir::new().unwrap();
    zones(folder.path());
    // A tile is 0.067 degrees wide: the box needs both.
    let both = "35.965,49.995,36.04,50.02";
    let one = "35.99,49.995,36.01,50.02";
    for (name, before, after, area, zone) in [
        ("across", vec!["z36_before.tif", "z37_before.tif"], vec!["z36_after.tif", "z37_after.tif"], both, 32636),
        (
            "the other first",
            vec!["z37_before.tif", "z36_before.tif"],
            vec!["z36_after.tif", "z37_after.tif"],
            both,
            32637,
        ),
        ("one zone a date", vec!["z36_before.tif"], vec!["z37_after.tif"], one, 32636),
        ("another lattice after", vec!["z37_before.tif"], vec!["z37_wide_after.tif"], one, 32637),
    ] {
        let sides =
            before.iter().flat_map(|path| ["--before", path]).chain(after.iter().flat_map(|path| ["--after", path]));
        let rest =
            ["--sensor", "s2", "--bbox", area, "--out", "o", "--overwrite", "--dtype", "float32", "--layers", "dnbr"];
        let line: Vec<&str> = ["change"].into_iter().chain(sides).chain(rest).collect();
        run(folder.path(), &line).done();
        let summary = json(&folder.path().join("o/summary.json"));
        assert_eq!(
            (summary["valid_share"].as_f64(), &summary["grid"]["crs"]),
            (Some(1.0), &format!("EPSG:{zone}").into()),
            "{name}"
        );
        let worst = worst(&folder.path().join("o/layers/dnbr.tif"));
        println!("{name}: greatest difference {worst:.1e}");
        // The outermost half pixel of a tile is its last value, not an interpolated one: at most half a step.
        assert!(worst < 1e-3, "{name}: {worst}");
    }
    let refuse = ["change", "--before", "z36_before.tif", "--after", "z37_after.tif", "--bbox", one, "--sensor", "s2"];
    let refuse = [&refuse[..], &["--out", "x", "--set", "grid.resample=false"]].concat();
    run(folder.path(), &refuse).refused(2, &["z37_after.tif", "reprojected EPSG:32637 -> EPSG:32636"]);
}

/// The greatest difference of a dNBR layer from what the ground is made of.
fn worst(path: &Path) -> f64 {
    let raster = tiff::open(path, &Limits::default()).unwrap();
    let info = raster.info();
    let grid = info.grid.as_ref().unwrap();
    let transform = Transform::new(grid.crs(), Crs::WGS84).unwrap();
    let Samples::F32(values) = raster.read(0, &[0], Window::whole(info.width, info.height)).unwrap().remove(0) else {
        panic!("floats were asked for")
    };
    let differences = values.iter().enumerate().filter(|(_, value)| !value.is_nan()).map(|(at, value)| {
        let (x, y) = grid.to_map((at % info.width) as f64 + 0.5, (at / info.width) as f64 + 0.5);
        let (lon, lat) = transform.point(x, y).unwrap();
        (f64::from(*value) - dnbr(lon, lat)).abs()
    });
    differences.fold(0.0, f64::max)
}

//! Odd and broken TIFFs: each is read as GDAL reads it, or refused with a typed error.

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

mod tiff_support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use groundtell::geom::window::Window;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff::{self, TiffRaster};
use groundtell::limits::Limits;
use serde_json::Value;
use tiff_support::{bits, number, numpy_name, oracle, sha256};

/// Files where GDAL and this reader differ on purpose: the differences meant (all that start so), and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("rasterio/float_raster_with_extra_nodata.tif", "epsg", NAMELESS),
    ("rasterio/float_raster_with_nodata.tif", "epsg", NAMELESS),
    ("image-tiff/images__cmyk-3c-8b.tiff", "", CMYK),
    ("image-tiff/images__cmyk-4c-8b.tiff", "", CMYK),
    ("image-tiff/images__seq__seq-4c-8b-cmyk-352ac1da.tiff", "", CMYK),
    ("image-tiff/images__tiled-cmyk-i8.tif", "", CMYK),
    ("image-tiff/libtiffpic__depth__flower-separated-contig-08.tif", "", CMYK),
    ("image-tiff/libtiffpic__depth__flower-separated-planar-08.tif", "", CMYK),
];
const CMYK: &str = "GDAL turns 8-bit CMYK into RGBA; samples are given as stored here";
const NAMELESS: &str = "EPSG:3035 is recognised from its parameters on a nameless GRS 1980 here";

fn folder() -> Option<PathBuf> {
    let base = std::env::var_os("GROUNDTELL_REALDATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/realdata"), PathBuf::from);
    Some(base.join("nasty-tiffs")).filter(|path| path.join("catalogue.csv").exists())
}

fn read_all(path: &Path) -> groundtell::Result<(TiffRaster, Vec<Samples>)> {
    let raster = tiff::open(path, &Limits::default())?;
    let info = raster.info();
    let bands: Vec<usize> = (0..info.bands.len()).collect();
    let samples = raster.read(0, &bands, Window::whole(info.width, info.height))?;
    for (level, (width, height)) in info.overviews.iter().enumerate() {
        // An overview may be damaged on its own, but never panics.
        let _ = raster.read(level + 1, &bands, Window::whole(*width, *height));
    }
    Ok((raster, samples))
}

/// What differs between a file as read and as GDAL reads it.
fn differences(raster: &TiffRaster, samples: &[Samples], gdal: &Value) -> Vec<String> {
    let info = raster.info();
    let mut found = Vec::new();
    let mut check = |what: &str, ours: Value, theirs: &Value| {
        if ours != *theirs {
            found.push(format!("{what}: {ours} and not {theirs}"));
        }
    };
    check("dtype", numpy_name(info.bands[0].dtype).into(), &gdal["dtype"]);
    check("shape", serde_json::json!([info.bands.len(), info.height, info.width]), &gdal["shape"]);
    let nodata = |value: Option<f64>| Value::from(bits(value));
    check("nodata", nodata(info.bands[0].nodata), &nodata(number(&gdal["nodata"])));
    let described =
        |band: &groundtell::io::raster::BandInfo| band.description.as_ref().map(|text| text.raw().to_owned());
    check("descriptions", info.bands.iter().map(described).collect::<Vec<_>>().into(), &gdal["descriptions"]);
    match &info.grid {
        Ok(grid) => {
            let theirs = gdal["geotransform"].as_array().map(|six| bits(six.iter().filter_map(number)));
            check("geotransform", bits(grid.geotransform()).into(), &theirs.into());
            check("epsg", grid.crs().epsg().into(), &gdal["epsg"]);
        }
        Err(_) => {
            let known =
                gdal["epsg"].as_u64().is_some_and(|code| groundtell::geom::crs::Crs::from_epsg(code as u32).is_ok());
            let north_up = gdal["geotransform"]
                .as_array()
                .is_some_and(|six| number(&six[2]) == Some(0.0) && number(&six[5]) < Some(0.0));
            check("a grid", Value::Bool(false), &Value::Bool(known && north_up));
        }
    }
    check("sha256", sha256(samples).into(), &gdal["sha256"]);
    found
}

#[test]
fn every_file_is_read_as_gdal_reads_it_or_refused() {
    let Some(folder) = folder() else { return println!("skipped: no real data") };
    let (oracle, mut table, mut wrong) = (oracle("nasty.json"), BTreeMap::<String, usize>::new(), Vec::new());
    for (name, gdal) in oracle["files"].as_object().unwrap() {
        let outcome = match read_all(&folder.join(name)) {
            Err(error) => {
                println!("{name}: {error:?} (GDAL: {})", gdal["error"].as_str().unwrap_or("reads"));
                format!("refused: {:?}", error.kind())
            }
            Ok(_) if gdal["error"].is_string() => {
                println!("{name}: read, but GDAL says {}", gdal["error"]);
                "read, but not by GDAL".to_owned()
            }
            Ok((raster, samples)) => {
                let mut found = differences(&raster, &samples, gdal);
                let exception = EXCEPTIONS.iter().find(|(exception, ..)| exception == name);
                let reason = exception.map(|(_, meant, reason)| {
                    found.retain(|difference| !difference.starts_with(meant));
                    reason
                });
                match reason {
                    _ if !found.is_empty() => {
                        wrong.push(format!("{name}: {}", found.join("; ")));
                        "differs".to_owned()
                    }
                    Some(reason) => format!("differs: {reason}"),
                    None => "read equal".to_owned(),
                }
            }
        };
        *table.entry(outcome).or_default() += 1;
    }
    table.iter().for_each(|(outcome, count)| println!("{count:4} {outcome}"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

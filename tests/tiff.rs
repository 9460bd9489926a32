//! GeoTIFFs of every common form, window by window, against what rasterio reads.

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

use std::sync::Arc;

use groundtell::Kind;
use groundtell::geom::window::Window;
use groundtell::io::raster::{BandInfo, Raster};
use groundtell::io::tiff::{self, TiffRaster};
use groundtell::limits::Limits;
use groundtell::text::Foreign;
use serde_json::{Value, json};
use tiff_support::{bits, inside, number, numpy_name, oracle, sha256};

fn open(name: &str) -> TiffRaster {
    tiff::open(&inside("tests/data/tiff").join(format!("{name}.tif")), &Limits::default()).unwrap()
}

fn window(value: &Value) -> Window {
    let part = |at: usize| value[at].as_u64().unwrap() as usize;
    Window::new(part(0), part(1), part(2), part(3))
}

fn texts(bands: &[BandInfo]) -> Vec<Option<String>> {
    bands.iter().map(|band| band.description.as_ref().map(|text| text.raw().to_owned())).collect()
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().filter_map(number).collect()
}

#[test]
fn every_form_is_described_as_rasterio_does() {
    let oracle = oracle("tiff.json");
    for (name, expected) in oracle["files"].as_object().unwrap() {
        let raster = open(name);
        let info = raster.info();
        assert_eq!(json!([info.bands.len(), info.height, info.width]), expected["shape"], "{name}");
        assert_eq!(json!(numpy_name(info.bands[0].dtype)), expected["dtype"], "{name}");
        assert_eq!(bits(info.bands[0].nodata), bits(number(&expected["nodata"])), "{name}: nodata");
        let grid = info.grid.as_ref().unwrap_or_else(|reason| panic!("{name}: {reason}"));
        assert_eq!(json!(grid.crs().epsg()), expected["epsg"], "{name}");
        assert_eq!(bits(grid.geotransform()), bits(numbers(&expected["geotransform"])), "{name}: affine");
        assert_eq!(json!(texts(&info.bands)), expected["descriptions"], "{name}");
        let scales = info.bands.iter().map(|band| band.scale.unwrap_or(1.0));
        assert_eq!(bits(scales), bits(numbers(&expected["scales"])), "{name}: scales");
        let offsets = info.bands.iter().map(|band| band.offset.unwrap_or(0.0));
        assert_eq!(bits(offsets), bits(numbers(&expected["offsets"])), "{name}: offsets");
        assert_eq!(json!(info.overviews), expected["overviews"], "{name}: overviews");
        assert_eq!(json!(info.chunk.0), expected["block"][0], "{name}: block");
    }
}

#[test]
fn every_window_equals_rasterio_and_touches_no_other_chunk() {
    let (oracle, mut compared) = (oracle("tiff.json"), 0);
    for (name, expected) in oracle["files"].as_object().unwrap() {
        let raster = open(name);
        for case in expected["windows"].as_array().unwrap() {
            let bands: Vec<usize> =
                case["bands"].as_array().unwrap().iter().map(|band| band.as_u64().unwrap() as usize).collect();
            let before = raster.usage();
            let samples =
                raster.read(case["level"].as_u64().unwrap() as usize, &bands, window(&case["window"])).unwrap();
            assert_eq!(json!(sha256(&samples)), case["sha256"], "{name}: {case}");
            assert_eq!(json!(raster.usage().1 - before.1), case["chunks"], "{name}: {case}");
            compared += 1;
        }
    }
    assert!(compared > 500, "{compared} windows");
}

#[test]
fn the_words_of_a_file_are_kept() {
    let raster = open("described");
    let metadata = &raster.info().metadata;
    for (key, value) in [
        ("TIFFTAG_DATETIME", "2024:05:06 07:08:09"),
        ("TIFFTAG_SOFTWARE", "made by hand"),
        ("PROCESSING", "05.10"),
        ("band 2:WAVELENGTH", "833"),
    ] {
        assert!(metadata.contains(&(key.to_owned(), Foreign::new(value))), "{key}: {metadata:?}");
    }
}

#[test]
fn any_bytes_will_do_and_threads_may_share() {
    let bytes: Arc<[u8]> = std::fs::read(inside("tests/data/tiff/overviews.tif")).unwrap().into();
    let raster = TiffRaster::from_bytes(bytes, "member", &Limits::default()).unwrap();
    let expected = open("overviews").read(0, &[0, 1], Window::whole(50, 33)).unwrap();
    std::thread::scope(|scope| {
        let read = || raster.read(0, &[0, 1], Window::whole(50, 33)).unwrap();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(read)).collect();
        threads.into_iter().for_each(|thread| assert_eq!(thread.join().unwrap(), expected));
    });
    assert_eq!(raster.usage().1, 4 * 12, "4 x 3 tiles of two bands, four times");
}

#[test]
fn senseless_requests_are_usage() {
    let raster = open("overviews");
    for (level, bands, window) in [
        (3, vec![0], Window::whole(1, 1)),
        (0, vec![2], Window::whole(1, 1)),
        (0, vec![0], Window::new(49, 0, 2, 1)),
        (0, vec![0], Window::new(usize::MAX, 0, 2, 1)),
        (1, vec![0], Window::whole(50, 33)),
    ] {
        assert_eq!(raster.read(level, &bands, window).unwrap_err().kind(), Kind::Usage, "{level} {bands:?} {window:?}");
    }
    assert_eq!(raster.read(0, &[], Window::whole(50, 33)).unwrap(), []);
    assert_eq!(raster.read(0, &[0], Window::new(3, 3, 0, 5)).unwrap().len(), 1);
    assert_eq!(raster.usage().1, 0);
}

#[test]
fn what_is_no_file_is_refused_kindly() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::default();
    let kind = |path: &std::path::Path| tiff::open(path, &limits).err().map(|error| error.kind());
    assert_eq!(kind(folder.path()), Some(Kind::Usage));
    assert_eq!(kind(&folder.path().join("none.tif")), Some(Kind::Missing));
    let fifo = folder.path().join("fifo.tif");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    assert_eq!(kind(&fifo), Some(Kind::Usage));
    let text = folder.path().join("text.tif");
    std::fs::write(&text, "<VRTDataset/> and more").unwrap();
    assert_eq!(kind(&text), Some(Kind::Unsupported));
}

//! GDAL as the oracle of our own reader, and its errors as ours.
#![cfg(feature = "gdal")]
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

use std::path::Path;

use groundtell::Kind;
use groundtell::geom::window::Window;
use groundtell::io::gdal::{self, GdalRaster};
use groundtell::io::raster::Raster;
use groundtell::io::tiff::{self, TiffRaster};
use groundtell::limits::Limits;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tiff");

fn both(name: &str) -> (GdalRaster, TiffRaster) {
    let path = Path::new(FOLDER).join(format!("{name}.tif"));
    (gdal::open(&path, &Limits::default()).unwrap(), tiff::open(&path, &Limits::default()).unwrap())
}

#[test]
fn gdal_and_our_own_reader_agree() {
    for name in [
        "overviews",
        "sparse_pixel",
        "sparse_band",
        "described",
        "point",
        "half_p3",
        "nbits12_pixel",
        "nbits24_band",
        "zstd_p2_7bands",
        "deflate_p2_int8",
        "deflate_p2_uint32",
        "bigtiff_big_endian",
        "big_endian_deflate_float64_p3",
        "packbits",
    ] {
        let (theirs, ours) = both(name);
        let (left, right) = (theirs.info(), ours.info());
        assert_eq!((left.width, left.height, &left.overviews), (right.width, right.height, &right.overviews), "{name}");
        assert_eq!((&left.grid, left.crs), (&right.grid, right.crs), "{name}");
        assert_eq!(left.bands, right.bands, "{name}");
        let bands: Vec<usize> = (0..left.bands.len()).rev().collect();
        for window in [Window::whole(left.width, left.height), Window::new(3, 2, 5, 3)] {
            assert_eq!(theirs.read(0, &bands, window).unwrap(), ours.read(0, &bands, window).unwrap(), "{name}");
        }
        for (level, (width, height)) in left.overviews.iter().enumerate() {
            let window = Window::whole(*width, *height);
            let read = |raster: &dyn Raster| raster.read(level + 1, &bands, window).unwrap();
            assert_eq!(read(&theirs), read(&ours), "{name}, level {}", level + 1);
        }
    }
}

#[test]
fn an_error_that_gdal_only_prints_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.tif");
    let bytes = std::fs::read(Path::new(FOLDER).join("zstd_p2_7bands.tif")).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 200]).unwrap();
    let raster = gdal::open(&path, &Limits::default());
    let read = raster.and_then(|raster| raster.read(0, &[0], Window::whole(19, 13)));
    assert_eq!(read.unwrap_err().kind(), Kind::Malformed);
}

#[test]
fn threads_share_a_raster() {
    let (raster, ours) = both("overviews");
    let expected = ours.read(0, &[1], Window::whole(50, 33)).unwrap();
    std::thread::scope(|scope| {
        let read = || raster.read(0, &[1], Window::whole(50, 33)).unwrap();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(read)).collect();
        threads.into_iter().for_each(|thread| assert_eq!(thread.join().unwrap(), expected));
    });
}

/// Every `.tif` and `.TIF` below a folder, in order of names.
fn rasters(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.ends_with("nasty-tiffs") {
            rasters(&path, found);
        } else if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("tif")) {
            found.push(path);
        }
    }
}

#[test]
fn real_scenes_read_as_gdal_reads_them() {
    let folder = std::env::var_os("GROUNDTELL_REALDATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/realdata"), std::path::PathBuf::from);
    if !folder.exists() {
        return println!("skipped: no real data");
    }
    let (mut paths, mut compared) = (Vec::new(), 0);
    rasters(&folder, &mut paths);
    for path in &paths {
        let theirs = gdal::open(path, &Limits::default()).unwrap();
        let ours = match tiff::open(path, &Limits::default()) {
            Ok(ours) => ours,
            Err(error) => {
                println!("{error:?}");
                assert_eq!(error.kind(), Kind::Unsupported);
                continue;
            }
        };
        let info = ours.info();
        assert_eq!(theirs.info().overviews, info.overviews, "{}", path.display());
        // EPSG:3035 spelled out on a nameless datum: recognised here, not by GDAL.
        if !path.ends_with("tree_cover_density_2018_romania.tif") {
            assert_eq!(theirs.info().grid.as_ref().ok(), info.grid.as_ref().ok(), "{}", path.display());
        }
        let bands: Vec<usize> = (0..info.bands.len().min(4)).collect();
        let size = (info.width.min(300), info.height.min(300));
        for window in [
            Window::new((info.width - size.0) / 2, (info.height - size.1) / 2, size.0, size.1),
            Window::new(info.width - size.0, info.height - size.1, size.0, size.1),
        ] {
            let read = |raster: &dyn Raster| format!("{:?}", raster.read(0, &bands, window).unwrap());
            assert!(read(&theirs) == read(&ours), "{}: {window}", path.display());
        }
        if let Err(reason) = &info.grid {
            println!("{}: {reason}", path.display());
        }
        compared += 1;
    }
    println!("{compared} of {} files read the same", paths.len());
}

//! JPEG 2000 against GDAL and OpenJPEG (tests/oracle/make_jp2.py), and against damage.

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

use groundtell::geom::window::Window;
use groundtell::io::jp2::{self, Jp2};
use groundtell::io::raster::{Dtype, Raster, Samples};
use groundtell::limits::Limits;
use groundtell::{Kind, Result};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn oracle(group: &str) -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(root().join("tests/oracle/jp2.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    all[group].as_object().unwrap().clone()
}

fn synthetic(name: &str) -> PathBuf {
    root().join("tests/data/jp2").join(name)
}

fn real(name: &str) -> Option<PathBuf> {
    let folder =
        std::env::var_os("GROUNDTELL_REALDATA").map_or_else(|| root().join("../shared/realdata"), PathBuf::from);
    Some(folder.join(name)).filter(|path| path.exists())
}

fn digest(samples: &Samples) -> String {
    let bytes: Vec<u8> = match samples {
        Samples::U8(values) => values.clone(),
        Samples::U16(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        Samples::I16(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        other => panic!("unexpected samples {other:?}"),
    };
    Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn whole(raster: &Jp2, level: usize) -> Window {
    let info = raster.info();
    let (width, height) = if level == 0 { (info.width, info.height) } else { info.overviews[level - 1] };
    Window::whole(width, height)
}

fn compare(path: &Path, expected: &Value) {
    let place = path.display();
    let raster = jp2::open(path, &Limits::default()).unwrap();
    let info = raster.info();
    assert_eq!(info.width as u64, expected["width"], "{place}");
    assert_eq!(info.height as u64, expected["height"], "{place}");
    assert_eq!(serde_json::to_value([info.chunk.0, info.chunk.1]).unwrap(), expected["chunk"], "{place}");
    let dtype = match expected["dtype"].as_str().unwrap() {
        "uint8" => Dtype::U8,
        "uint16" => Dtype::U16,
        _ => Dtype::I16,
    };
    assert!(info.bands.iter().all(|band| band.dtype == dtype), "{place}");
    georeference(info, expected, &place.to_string());
    pixels(&raster, expected, &place.to_string());
}

fn georeference(info: &groundtell::io::raster::RasterInfo, expected: &Value, place: &str) {
    let Some(code) = expected["epsg"].as_u64() else {
        assert!(info.grid.is_err(), "{place}");
        return;
    };
    let grid = info.grid.as_ref().unwrap_or_else(|reason| panic!("{place}: {reason}"));
    assert_eq!(u64::from(grid.crs().epsg()), code, "{place}");
    let numbers = expected["geotransform"].as_array().unwrap().iter().map(|number| number.as_f64().unwrap());
    for (got, expected) in grid.geotransform().into_iter().zip(numbers) {
        assert!((got - expected).abs() <= 1e-12 * expected.abs(), "{place}: {got} is not {expected}");
    }
}

fn pixels(raster: &Jp2, expected: &Value, place: &str) {
    let all: Vec<usize> = (0..raster.info().bands.len()).collect();
    if expected["sha256"].is_array() {
        let digests: Vec<String> = raster.read(0, &all, whole(raster, 0)).unwrap().iter().map(digest).collect();
        assert_eq!(serde_json::to_value(digests).unwrap(), expected["sha256"], "{place}");
    }
    for entry in expected["windows"].as_array().unwrap() {
        let [col, row, width, height]: [usize; 4] = serde_json::from_value(entry["window"].clone()).unwrap();
        let read = raster.read(0, &[all.len() - 1], Window::new(col, row, width, height)).unwrap();
        match entry["sha256"].as_str() {
            Some(sha256) => assert_eq!(digest(&read[0]), sha256, "{place}: {entry}"),
            None => nearly(&read[0], &entry["samples"], place),
        }
    }
    for (index, sha256) in expected["reduced"].as_array().into_iter().flatten().enumerate() {
        let level = index + 1;
        let read = raster.read(level, &[0], whole(raster, level)).unwrap();
        assert_eq!(digest(&read[0]), sha256.as_str().unwrap(), "{place}: level {level}");
    }
}

/// Floating-point wavelets: within one of OpenJPEG, and equal on 98 of 100 pixels.
fn nearly(samples: &Samples, expected: &Value, place: &str) {
    let got: Vec<i64> = match samples {
        Samples::U8(values) => values.iter().map(|value| i64::from(*value)).collect(),
        Samples::U16(values) => values.iter().map(|value| i64::from(*value)).collect(),
        other => panic!("unexpected samples {other:?}"),
    };
    let expected: Vec<i64> = serde_json::from_value(expected.clone()).unwrap();
    assert_eq!(got.len(), expected.len(), "{place}");
    let off: Vec<i64> = got.iter().zip(&expected).map(|(a, b)| (a - b).abs()).collect();
    assert!(off.iter().all(|by| *by <= 1), "{place}: off by {:?}", off.iter().max());
    let share = off.iter().sum::<i64>() as f64 / off.len() as f64;
    assert!(share <= 0.02 || off.len() < 200, "{place}: {share} of the pixels differ");
}

#[test]
fn synthetic_images_read_as_gdal_and_openjpeg_read_them() {
    let cases = oracle("synthetic");
    assert_eq!(cases.len(), 20);
    for (name, expected) in &cases {
        compare(&synthetic(name), expected);
    }
}

#[test]
fn the_bands_over_berlin_read_as_gdal_reads_them() {
    let Some(folder) = real("s2-l1c-jp2-berlin") else {
        println!("skipped: no real data");
        return;
    };
    let cases = oracle("berlin");
    assert_eq!(cases.len(), 13);
    for (name, expected) in &cases {
        compare(&folder.join(name), expected);
    }
}

#[test]
fn a_window_decodes_only_its_tiles() {
    let raster = jp2::open(&synthetic("rev-64.jp2"), &Limits::default()).unwrap();
    let headers = raster.usage().0;
    raster.read(0, &[0, 0], Window::new(60, 10, 10, 10)).unwrap();
    let (bytes, tiles) = raster.usage();
    assert_eq!(tiles, 2, "columns 60..70 touch two tiles of 64, each decoded once for both requests");
    assert!(bytes > headers && bytes - headers < 6_000, "{bytes} bytes");
}

#[test]
fn requests_outside_the_raster_are_refused() {
    let raster = jp2::open(&synthetic("rev-64.jp2"), &Limits::default()).unwrap();
    let kind = |level, band, window| raster.read(level, &[band], window).unwrap_err().kind();
    assert_eq!(kind(0, 1, Window::new(0, 0, 1, 1)), Kind::Usage);
    assert_eq!(kind(9, 0, Window::new(0, 0, 1, 1)), Kind::Usage);
    assert_eq!(kind(0, 0, Window::new(150, 0, 1, 1)), Kind::Usage);
    assert_eq!(kind(0, 0, Window::new(usize::MAX, 0, 2, 1)), Kind::Usage);
}

fn from_bytes(bytes: &[u8]) -> Result<Jp2> {
    let shared: Arc<[u8]> = Arc::from(bytes);
    jp2::read(Box::new(shared), &Limits::default())
}

/// All samples, or the first error.
fn all_of(bytes: &[u8]) -> Result<Vec<Samples>> {
    let raster = from_bytes(bytes)?;
    let bands: Vec<usize> = (0..raster.info().bands.len()).collect();
    raster.read(0, &bands, whole(&raster, 0))
}

#[test]
fn a_cut_file_is_an_error_or_reads_the_same() {
    for name in ["rev-64.jp2", "sop-eph-parts.jp2", "bare.j2k", "boxes-behind.jp2", "offset.j2k"] {
        let bytes = std::fs::read(synthetic(name)).unwrap();
        let complete = all_of(&bytes).unwrap();
        for step in 0..64 {
            match all_of(&bytes[..bytes.len() * step / 64]) {
                Ok(samples) => assert_eq!(samples, complete, "{name} cut at {step}/64"),
                Err(error) => assert!(matches!(error.kind(), Kind::Malformed | Kind::Missing), "{name}: {error:?}"),
            }
        }
    }
}

/// A small generator of our own, so that every run tries the same damage.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let rounds: usize = std::env::var("GROUNDTELL_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let (mut refused, mut read) = (0, 0);
    for (seed, name) in oracle("synthetic").keys().enumerate() {
        let original = std::fs::read(synthetic(name)).unwrap();
        let start = siz(&original) - 4;
        let header = original.windows(2).position(|pair| pair == [0xff, 0x90]).unwrap() + 40;
        let mut dice = Dice(seed as u64 + 1);
        for round in 0..rounds {
            let mut bytes = original.clone();
            let (from, to) = if round % 3 == 0 { (0, bytes.len()) } else { (start, header.min(bytes.len())) };
            for _ in 0..=dice.roll(4) {
                let at = from + dice.roll(to - from);
                bytes[at] = if dice.roll(3) == 0 { dice.roll(256) as u8 } else { bytes[at] ^ (1 << dice.roll(8)) };
            }
            let result = from_bytes(&bytes).and_then(|raster| {
                let window = Window::new(0, 0, raster.info().width.min(200), raster.info().height.min(200));
                raster.read(0, &[0], window)?;
                let last = raster.info().overviews.len();
                let (width, height) = raster.info().overviews.last().copied().unwrap_or((1, 1));
                raster.read(last, &[0], Window::whole(width.min(50), height.min(50)))
            });
            match result {
                Ok(_) => read += 1,
                Err(error) => {
                    assert_ne!(error.kind(), Kind::Bug, "{name} round {round}: {error:?}");
                    refused += 1;
                }
            }
        }
    }
    println!("{refused} refused, {read} read");
    assert!(refused > 0 && read > 0);
}

/// The offset of SIZ's first field behind its length, in a file whose codestream holds it.
fn siz(bytes: &[u8]) -> usize {
    bytes.windows(4).position(|four| four == [0xff, 0x4f, 0xff, 0x51]).unwrap() + 6
}

fn with_word(bytes: &[u8], at: usize, number: u32) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at..at + 4].copy_from_slice(&number.to_be_bytes());
    changed
}

#[test]
fn lying_headers_end_before_anything_is_allocated() {
    let bytes = std::fs::read(synthetic("rev-64.jp2")).unwrap();
    let siz = siz(&bytes);
    let kind = |bytes: &[u8]| all_of(bytes).unwrap_err().kind();
    let huge = with_word(&with_word(&bytes, siz + 2, u32::MAX), siz + 6, u32::MAX);
    assert_eq!(kind(&huge), Kind::Limit, "2^32 x 2^32 pixels");
    let tile = with_word(&with_word(&bytes, siz + 18, 1 << 30), siz + 22, 1 << 30);
    assert!(matches!(kind(&tile), Kind::Malformed), "one tile of 2^60 pixels, cut at the image, but six are there");
    let tiny = with_word(&with_word(&bytes, siz + 18, 1), siz + 22, 1);
    assert_eq!(kind(&tiny), Kind::Malformed, "16500 tiles in 11 kB");
    assert_eq!(kind(&with_word(&bytes, siz + 10, 150)), Kind::Malformed, "an image that starts at its end");
    assert_eq!(kind(&with_word(&bytes, siz + 18, 0)), Kind::Malformed, "tiles without columns");
    let wide = with_word(&with_word(&bytes, siz + 2, 40_000), siz + 6, 40_000);
    let one = with_word(&with_word(&wide, siz + 18, 40_000), siz + 22, 40_000);
    assert_eq!(kind(&one), Kind::Limit, "a tile of 3.2 GB");
}

#[test]
fn more_packets_than_bytes_is_a_lie() {
    let bytes = std::fs::read(synthetic("rev-64.jp2")).unwrap();
    let cod = bytes.windows(2).position(|pair| pair == [0xff, 0x52]).unwrap();
    let mut lying = bytes;
    lying[cod + 6..cod + 8].copy_from_slice(&60_000u16.to_be_bytes());
    let error = all_of(&lying).unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
    assert!(error.to_string().starts_with("tile 0: 240000 packets"), "{error}");
}

#[test]
fn errors_name_the_tile() {
    let mut bytes = std::fs::read(synthetic("rev-64.jp2")).unwrap();
    let starts: Vec<usize> = (0..bytes.len() - 4).filter(|&at| bytes[at..at + 4] == [0xff, 0x90, 0, 10]).collect();
    assert_eq!(starts.len(), 6);
    let lost = bytes[starts[3] + 5];
    bytes[starts[3] + 5] = 9;
    assert_eq!(lost, 3);
    let error = from_bytes(&bytes).err().unwrap();
    assert_eq!(error.to_string(), format!("byte {}: a tile-part names tile 9 of 6", starts[3]));
    bytes[starts[3] + 5] = 2;
    let error = from_bytes(&bytes).err().unwrap();
    assert_eq!(error.place(), Some("tile 2"), "{error}");
}

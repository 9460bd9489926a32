//! Damaged TIFFs: cut short, with flipped bytes.

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
use std::time::{Duration, Instant};

use groundtell::geom::window::Window;
use groundtell::io::raster::{Raster, Samples};
use groundtell::io::tiff::TiffRaster;
use groundtell::limits::Limits;
use groundtell::{Kind, Result};

/// Limits under which a lying header costs a test little.
fn tight() -> Limits {
    Limits { raster_pixels: 1 << 20, ..Limits::default() }
}

fn files() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiff");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap()))
        .collect()
}

fn read(bytes: Vec<u8>, limits: &Limits) -> Result<Vec<Samples>> {
    let raster = TiffRaster::from_bytes(bytes, "test", limits)?;
    let info = raster.info();
    let bands: Vec<usize> = (0..info.bands.len().min(16)).collect();
    for (level, (width, height)) in info.overviews.iter().enumerate() {
        let _ = raster.read(level + 1, &bands, Window::whole(*width, *height));
    }
    raster.read(0, &bands, Window::whole(info.width, info.height))
}

/// Kinds that a bad file may end in.
fn typed(kind: Kind) -> bool {
    matches!(kind, Kind::Malformed | Kind::Unsupported | Kind::Limit)
}

/// The bits of all samples: NaN equals itself.
fn same(left: &[Samples], right: &[Samples]) -> bool {
    format!("{left:?}") == format!("{right:?}")
}

#[test]
fn a_file_cut_short_is_refused_or_reads_the_same() {
    let (mut refused, mut equal) = (0, 0);
    for (name, bytes) in files() {
        let whole = read(bytes.clone(), &Limits::default()).unwrap();
        for part in 1..64 {
            match read(bytes[..bytes.len() * part / 64].to_vec(), &Limits::default()) {
                Ok(samples) => {
                    assert!(same(&samples, &whole), "{name} cut at {part}/64 reads other pixels");
                    equal += 1;
                }
                Err(error) => {
                    assert!(typed(error.kind()), "{name} cut at {part}/64: {error:?}");
                    refused += 1;
                }
            }
        }
    }
    println!("{refused} refused, {equal} read the same");
    assert!(refused > 4000);
}

/// SplitMix64: the same flips on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

#[test]
fn flipped_bytes_never_panic_nor_hang() {
    let (mut random, mut read_on, mut slowest) = (Random(1), 0, Duration::ZERO);
    let files = files();
    for round in 0..6000 {
        let (name, bytes) = &files[round % files.len()];
        let mut bytes = bytes.clone();
        for _ in 0..=random.below(4) {
            // Three flips of four in the directories, which these files begin with.
            let range = if random.below(4) > 0 { bytes.len().min(400) } else { bytes.len() };
            let at = random.below(range);
            bytes[at] = [random.below(256) as u8, bytes[at] ^ (1 << random.below(8)), 0, 255][random.below(4)];
        }
        let start = Instant::now();
        match read(bytes, &tight()) {
            Ok(_) => read_on += 1,
            Err(error) => assert!(typed(error.kind()), "{name}, round {round}: {error:?}"),
        }
        slowest = slowest.max(start.elapsed());
    }
    println!("6000 mutations: {read_on} still read, slowest {slowest:?}");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}

#[test]
fn damage_is_placed_at_its_chunk() {
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiff/overviews.tif")).unwrap();
    let mut places = std::collections::BTreeSet::new();
    for at in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x55;
        if let Err(error) = read(bytes, &Limits::default()) {
            places.extend(error.place().map(ToOwned::to_owned));
        }
    }
    assert!(places.contains("test: tile 0") && places.contains("test: tile 11"), "{places:?}");
}

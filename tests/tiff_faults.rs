//! Damaged and lying TIFFs: cut short, with flipped bytes, with headers that claim too much.

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

/// A classic TIFF of one directory at offset 8: tag, type, count, value.
fn header(tags: &[(u16, u16, u32, u32)], next: u32) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend((tags.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in tags {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(next.to_le_bytes());
    bytes.resize(bytes.len() + 64, 0);
    bytes
}

const PLAIN: [(u16, u16, u32, u32); 9] = [
    (256, 4, 1, 8),
    (257, 4, 1, 8),
    (258, 3, 1, 8),
    (259, 3, 1, 1),
    (262, 3, 1, 1),
    (273, 4, 1, 122),
    (277, 3, 1, 1),
    (278, 4, 1, 8),
    (279, 4, 1, 64),
];

/// The plain image with some tags put in other's place.
fn changed(changes: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    let mut tags: Vec<_> = PLAIN.iter().filter(|tag| changes.iter().all(|change| change.0 != tag.0)).copied().collect();
    tags.extend(changes);
    tags.sort_unstable();
    header(&tags, 0)
}

fn kind(bytes: Vec<u8>) -> Option<Kind> {
    read(bytes, &Limits::default()).err().map(|error| {
        println!("{error:?}");
        error.kind()
    })
}

#[test]
fn headers_that_lie_are_refused_before_memory_is_taken() {
    assert_eq!(kind(changed(&[])), None, "the plain image reads");
    let tile = |width, height| changed(&[(322, 4, 1, width), (323, 4, 1, height), (324, 4, 1, 122), (325, 4, 1, 64)]);
    for (what, bytes, expected) in [
        ("2e9 x 2e9", changed(&[(256, 4, 1, 2_000_000_000), (257, 4, 1, 2_000_000_000)]), Kind::Limit),
        ("a huge tile", tile(1 << 30, 1 << 30), Kind::Limit),
        ("a tall tile", tile(16, 1 << 30), Kind::Limit),
        (
            "deflate 64 bytes -> 1 GiB",
            changed(&[(256, 4, 1, 1 << 15), (257, 4, 1, 1 << 15), (259, 3, 1, 8), (278, 4, 1, 1 << 15)]),
            Kind::Limit,
        ),
        (
            "deflate 64 bytes -> 60 MiB",
            changed(&[(256, 4, 1, 7680), (257, 4, 1, 8192), (259, 3, 1, 8), (278, 4, 1, 8192)]),
            Kind::Limit,
        ),
        (
            "4e9 offsets",
            changed(&[(256, 4, 1, 1), (257, 4, 1, 1 << 21), (273, 4, 4_000_000_000, 8), (278, 4, 1, 1)]),
            Kind::Malformed,
        ),
        ("2^31 strips", changed(&[(256, 4, 1, 1), (257, 4, 1, 1 << 31), (278, 4, 1, 1)]), Kind::Limit),
        ("4e9 bytes of text", changed(&[(270, 2, 4_000_000_000, 8)]), Kind::Bug),
        ("60,000 bands", changed(&[(277, 3, 1, 60_000)]), Kind::Limit),
        ("no width", changed(&[(256, 4, 1, 0)]), Kind::Malformed),
        ("strips of no rows", changed(&[(278, 4, 1, 0)]), Kind::Malformed),
        ("a width of rational type", changed(&[(256, 5, 1, 8)]), Kind::Malformed),
        ("too few bytes in the strip", changed(&[(279, 4, 1, 63)]), Kind::Malformed),
        ("a strip past the end", changed(&[(273, 4, 1, 4_000_000_000)]), Kind::Malformed),
        ("a chain that loops", header(&PLAIN, 8), Kind::Malformed),
        ("a chain into nowhere", header(&PLAIN, 1 << 30), Kind::Malformed),
    ] {
        let expected = Some(expected).filter(|kind| *kind != Kind::Bug);
        assert_eq!(kind(bytes), expected, "{what}");
    }
}

#[test]
fn a_long_chain_ends() {
    let mut bytes = header(&PLAIN, 300);
    bytes.resize(300, 0);
    for _ in 0..100 {
        let next = bytes.len() as u32 + 18;
        bytes.extend(1u16.to_le_bytes());
        bytes.extend([0; 12]);
        bytes.extend(next.to_le_bytes());
    }
    assert_eq!(kind(bytes), Some(Kind::Limit));
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

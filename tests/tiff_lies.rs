//! Lying TIFFs: headers that claim more than there is, refused before memory is taken for it.

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
use groundtell::io::raster::Raster;
use groundtell::io::tiff::TiffRaster;
use groundtell::limits::Limits;
use groundtell::{Kind, Result};

/// The most memory this process ever held, in KiB; 0 where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn read(bytes: Vec<u8>) -> Result<()> {
    let raster = TiffRaster::from_bytes(bytes, "test", &Limits::default())?;
    let (width, height) = (raster.info().width, raster.info().height);
    raster.read(0, &[0], Window::whole(width, height)).map(|_| ())
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
    read(bytes).err().map(|error| {
        println!("{error:?}");
        error.kind()
    })
}

#[test]
fn headers_that_lie_are_refused_before_memory_is_taken() {
    assert_eq!(kind(changed(&[])), None, "the plain image reads");
    let tile = |width, height| changed(&[(322, 4, 1, width), (323, 4, 1, height), (324, 4, 1, 122), (325, 4, 1, 64)]);
    let before = peak();
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
        assert!(peak() - before < 50 << 10, "{what}: {} KiB more", peak() - before);
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

//! SAFE products: real metadata against STAC Items made from it, and hostile archives.

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

use groundtell::Kind;
use groundtell::io::safe::metadata::Metadata;
use groundtell::io::safe::tree::Tree;
use groundtell::io::safe::{read_metadata, zip::Archive};
use groundtell::limits::Limits;
use groundtell::scene::scale::Baseline;
use std::io::Write;
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn real(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var_os("GROUNDTELL_REALDATA").map_or_else(|| root.join("../shared/realdata"), PathBuf::from);
    Some(folder.join(name)).filter(|path| path.exists())
}

fn metadata_of(folder: &Path) -> Metadata {
    let alone = folder.join("metadata.xml");
    if alone.exists() {
        let mut metadata = Metadata::default();
        metadata.read_granule(&std::fs::read(alone).unwrap(), &Limits::default()).unwrap();
        return metadata;
    }
    let tree = Tree::open(folder, &Limits::default()).unwrap();
    let (metadata, files) = read_metadata(&tree, &Limits::default()).unwrap();
    assert_eq!(files.len(), 2);
    metadata
}

#[test]
fn real_metadata_say_what_the_stac_items_made_from_them_say() {
    let Some(folder) = real("s2-safe-metadata") else {
        println!("skipped: no real data");
        return;
    };
    let mut offsets = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(path.join("expected_output.json")) else { continue };
        count += 1;
        let item: serde_json::Value = serde_json::from_str(&text).unwrap();
        let properties = &item["properties"];
        let found = metadata_of(&path);
        let place = path.display();
        assert_eq!(found.baseline.unwrap().to_string(), properties["s2:processing_baseline"], "{place}");
        let elevation = 90.0 - found.sun_zenith.unwrap();
        assert!((elevation - properties["view:sun_elevation"].as_f64().unwrap()).abs() < 1e-9, "{place}");
        assert!((found.sun_azimuth.unwrap() - properties["view:sun_azimuth"].as_f64().unwrap()).abs() < 1e-9);
        assert_eq!(found.platform.as_ref().unwrap().raw().to_lowercase(), properties["platform"], "{place}");
        assert_eq!(format!("MGRS-{}", found.tile.as_ref().unwrap()), properties["grid:code"], "{place}");
        assert_eq!(found.relative_orbit.map(u64::from), properties["sat:relative_orbit"].as_u64(), "{place}");
        let instant = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        let (got, expected) = (found.datetime.as_ref().unwrap().raw(), properties["datetime"].as_str().unwrap());
        let apart = instant(got).duration_since(instant(expected)).as_millis_f64().abs();
        assert!(apart < 1.0 || !path.join("MTD_MSIL2A.xml").exists(), "{place}: {got} is not {expected}");
        if path.join("MTD_MSIL2A.xml").exists() {
            let declared = found.declared().unwrap();
            assert_eq!(declared.quantification, Some(10_000.0));
            let with = declared.baseline.unwrap() >= Baseline::WITH_OFFSET;
            assert_eq!(declared.boa_add_offset, with.then_some(-1000.0), "{place}");
            assert_eq!(found.offsets.len(), if with { 13 } else { 0 });
            offsets.push(with);
        }
    }
    assert_eq!(count, 6);
    assert!(offsets.contains(&true) && offsets.contains(&false));
}

#[test]
fn metadata_that_lie_are_refused() {
    let read = |text: &str| Metadata::default().read_product(text.as_bytes(), &Limits::default()).unwrap_err().kind();
    assert_eq!(read("<a><PROCESSING_BASELINE>four</PROCESSING_BASELINE></a>"), Kind::Malformed);
    assert_eq!(read("<a><BOA_ADD_OFFSET band_id=\"13\">-1000</BOA_ADD_OFFSET></a>"), Kind::Malformed);
    assert_eq!(read("<a><BOA_ADD_OFFSET band_id=\"1\">x</BOA_ADD_OFFSET></a>"), Kind::Malformed);
    assert_eq!(read("<a><SENSING_ORBIT_NUMBER>-4</SENSING_ORBIT_NUMBER></a>"), Kind::Malformed);
    assert_eq!(read("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>"), Kind::Malformed);
    let two = "<a><BOA_ADD_OFFSET band_id=\"1\">0</BOA_ADD_OFFSET><BOA_ADD_OFFSET band_id=\"2\">5</BOA_ADD_OFFSET></a>";
    let mut metadata = Metadata::default();
    metadata.read_product(two.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(metadata.declared().unwrap_err().kind(), Kind::Unsupported);
}

#[test]
fn several_granules_and_missing_documents_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let kind = |folder: &Path| {
        read_metadata(&Tree::open(folder, &Limits::default()).unwrap(), &Limits::default()).unwrap_err().kind()
    };
    assert_eq!(kind(folder.path()), Kind::Missing);
    std::fs::write(folder.path().join("MTD_MSIL2A.xml"), "<a/>").unwrap();
    for granule in ["GRANULE/A", "GRANULE/B"] {
        std::fs::create_dir_all(folder.path().join(granule)).unwrap();
        std::fs::write(folder.path().join(granule).join("MTD_TL.xml"), "<a/>").unwrap();
    }
    assert_eq!(kind(folder.path()), Kind::Unsupported);
}

#[test]
fn links_out_of_the_folder_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("MTD_MSIL2A.xml")).unwrap();
    let tree = Tree::open(folder.path(), &Limits::default()).unwrap();
    let error = read_metadata(&tree, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Unsupported);
    assert_eq!(error.place(), Some("MTD_MSIL2A.xml: MTD_MSIL2A.xml"));
}

/// A zip archive of these members, each compressed or not.
fn archive(members: &[(&str, &[u8], bool)]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = ZipWriter::new(file.reopen().unwrap());
    for (name, bytes, packed) in members {
        let method = if *packed { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap();
    file
}

fn refused(file: &tempfile::NamedTempFile) -> Kind {
    Archive::open(file.path(), &Limits::default()).err().expect("the archive is refused").kind()
}

/// Replaces equal bytes everywhere in a file.
fn patch(file: &tempfile::NamedTempFile, from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let mut bytes = std::fs::read(file.path()).unwrap();
    let places: Vec<usize> = (0..=bytes.len() - from.len()).filter(|&at| bytes[at..].starts_with(from)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + from.len()].copy_from_slice(to);
    }
    std::fs::write(file.path(), bytes).unwrap();
}

fn content(archive: &Archive, name: &str) -> groundtell::Result<Vec<u8>> {
    let source = archive.bytes(name, &Limits::default())?;
    let mut bytes = vec![0; source.len() as usize];
    source.read_at(0, &mut bytes).unwrap();
    Ok(bytes)
}

#[test]
fn members_are_read_in_place_or_unpacked() {
    let words = b"so many words and words and words and words".as_slice();
    let file = archive(&[("P.SAFE/a/b.xml", words, true), ("P.SAFE/c.jp2", words, false)]);
    let archive = Archive::open(file.path(), &Limits::default()).unwrap();
    assert_eq!(archive.names(), ["a/b.xml", "c.jp2"]);
    assert!(archive.is_packed("a/b.xml") && !archive.is_packed("c.jp2"));
    assert_eq!(content(&archive, "a/b.xml").unwrap(), words);
    assert_eq!(content(&archive, "c.jp2").unwrap(), words);
    assert_eq!(content(&archive, "d").unwrap_err().kind(), Kind::Missing);
    assert_eq!(archive.check_size("c.jp2", 3).unwrap_err().kind(), Kind::Limit);
}

#[test]
fn names_that_leave_the_archive_are_refused() {
    for (honest, hostile) in
        [("aa/bb/x", "../../x"), ("abcde", "/etc/"), ("a/b.x", "a\\b.x"), ("a/bb/c", "a/../c"), ("abcd", "a\0cd")]
    {
        let file = archive(&[(honest, b"1", false)]);
        patch(&file, honest.as_bytes(), hostile.as_bytes());
        assert_eq!(refused(&file), Kind::Malformed, "{hostile:?}");
    }
}

#[test]
fn links_and_duplicates_are_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = ZipWriter::new(file.reopen().unwrap());
    writer.add_symlink("MTD_MSIL2A.xml", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    writer.finish().unwrap();
    assert_eq!(refused(&file), Kind::Malformed);

    let file = archive(&[("one.xml", b"1", false), ("two.xml", b"2", false)]);
    patch(&file, b"two.xml", b"one.xml");
    assert_eq!(refused(&file), Kind::Malformed);

    let file = archive(&[("a/.//one", b"1", false), ("a/b//one", b"2", false)]);
    patch(&file, b"a/b//one", b"a//./one");
    assert_eq!(refused(&file), Kind::Malformed, "two spellings of one name");
}

#[test]
fn bombs_are_refused_before_they_are_unpacked() {
    let zeros = vec![0; 8 << 20];
    let file = archive(&[("bomb", &zeros, true)]);
    assert_eq!(refused(&file), Kind::Limit, "more than 200 times as many bytes");
    let many: Vec<String> = (0..201).map(|index| format!("f{index}")).collect();
    let members: Vec<(&str, &[u8], bool)> = many.iter().map(|name| (name.as_str(), b"".as_slice(), false)).collect();
    assert_eq!(refused(&archive(&members)), Kind::Limit);
    assert!(Archive::open(archive(&members[..200]).path(), &Limits::default()).is_ok());
    let small = Limits { zip_bytes: 10, ..Limits::default() };
    let file = archive(&[("a", b"123456", false), ("b", b"123456", false)]);
    assert_eq!(Archive::open(file.path(), &small).err().unwrap().kind(), Kind::Limit);
}

#[test]
fn a_member_that_lies_about_its_size_is_refused() {
    let words = b"words and words and words and words and words".as_slice();
    let file = archive(&[("a", words, true)]);
    patch(&file, &(words.len() as u32).to_le_bytes(), &20u32.to_le_bytes());
    let archive = Archive::open(file.path(), &Limits::default()).unwrap();
    assert_eq!(content(&archive, "a").unwrap_err().kind(), Kind::Malformed);
}

#[test]
fn wrong_checksums_are_found() {
    for packed in [false, true] {
        let words = b"these bytes will be damaged, these bytes, these bytes".as_slice();
        let file = archive(&[("a", words, packed)]);
        let mut bytes = std::fs::read(file.path()).unwrap();
        bytes[31 + 5] ^= 0x10;
        std::fs::write(file.path(), bytes).unwrap();
        let archive = Archive::open(file.path(), &Limits::default()).unwrap();
        assert_eq!(content(&archive, "a").unwrap_err().kind(), Kind::Malformed, "packed: {packed}");
    }
}

#[test]
fn cut_and_scrambled_archives_never_panic() {
    let words = b"some words for the archive, words, words".as_slice();
    let file = archive(&[("P/a.xml", words, true), ("P/b.jp2", words, false), ("P/c", words, true)]);
    let original = std::fs::read(file.path()).unwrap();
    let mut seed = 7u64;
    let mut roll = |sides: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((seed >> 33) as usize) % sides
    };
    let (mut bad, mut good) = (0, 0);
    for round in 0..600 {
        let mut bytes = original.clone();
        if round % 6 == 0 {
            bytes.truncate(bytes.len() * (round / 6) / 100);
        } else {
            for _ in 0..=roll(3) {
                let at = roll(bytes.len());
                bytes[at] ^= 1 << roll(8);
            }
        }
        std::fs::write(file.path(), bytes).unwrap();
        match Archive::open(file.path(), &Limits::default()) {
            Ok(archive) => {
                for name in archive.names().to_vec() {
                    match content(&archive, &name) {
                        Ok(bytes) => assert_eq!(bytes, words, "no damage passes the checksum"),
                        Err(error) => assert_ne!(error.kind(), Kind::Bug, "{error:?}"),
                    }
                }
                good += 1;
            }
            Err(error) => {
                assert_ne!(error.kind(), Kind::Bug, "{error:?}");
                bad += 1;
            }
        }
    }
    assert!(bad > 50 && good > 50, "{bad} refused, {good} opened");
}

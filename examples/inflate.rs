//! The floor under every figure: inflates the DEFLATE tiles of TIFF files and does nothing else.
//!
//! `inflate FILE[:LEVEL]...` reads level 0 (full resolution) or the n-th overview of each file with `pread`-like
//! reads and libdeflate into one buffer, on one thread. What it costs is what no reader of these files goes below.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a tool to measure with reads and prints")]

use std::error::Error;
use std::fs::File;
use std::os::unix::fs::FileExt;

use libdeflater::Decompressor;
use tiff::decoder::{Decoder, Limits};
use tiff::tags::Tag;

fn main() -> Result<(), Box<dyn Error>> {
    let (mut tiles, mut stored, mut decoded) = (0, 0, 0);
    for argument in std::env::args().skip(1) {
        let (path, level) = match argument.rsplit_once(':') {
            Some((path, level)) => (path.to_owned(), level.parse()?),
            None => (argument, 0),
        };
        let (count, from, into) = inflate(&path, level)?;
        (tiles, stored, decoded) = (tiles + count, stored + from, decoded + into);
    }
    println!("{{\"tiles\": {tiles}, \"stored\": {stored}, \"decoded\": {decoded}}}");
    Ok(())
}

/// Tiles, their bytes on disk and decoded.
fn inflate(path: &str, level: usize) -> Result<(usize, usize, usize), Box<dyn Error>> {
    let mut decoder = Decoder::new(File::open(path)?)?.with_limits(Limits::unlimited());
    decoder.seek_to_image(level)?;
    let numbers = |decoder: &mut Decoder<File>, tag| {
        decoder.find_tag(tag)?.ok_or("a tag is missing")?.into_u64_vec().map_err(Box::<dyn Error>::from)
    };
    let (offsets, lengths) = (numbers(&mut decoder, Tag::TileOffsets)?, numbers(&mut decoder, Tag::TileByteCounts)?);
    let (width, height) = decoder.chunk_dimensions();
    let bits: u64 = numbers(&mut decoder, Tag::BitsPerSample)?.iter().sum();
    let file = File::open(path)?;
    let (mut inflater, mut from) = (Decompressor::new(), Vec::new());
    let mut into = vec![0; width as usize * height as usize * bits as usize / 8];
    let (mut tiles, mut stored, mut decoded) = (0, 0, 0);
    for (offset, length) in offsets.into_iter().zip(lengths).filter(|(_, length)| *length > 0) {
        from.resize(length as usize, 0);
        file.read_exact_at(&mut from, offset)?;
        decoded += inflater.zlib_decompress(&from, &mut into).map_err(|error| format!("{path}: {error}"))?;
        (tiles, stored) = (tiles + 1, stored + from.len());
    }
    Ok((tiles, stored, decoded))
}

//! One tile of a JPEG 2000 file: taken out of its codestream as a small image of its own, and
//! decoded to samples at full depth.

use super::boxes::read;
use super::codestream::{COC, COD, Codestream, EOC, POC, PPT, Rect, SIZ, SOD, segment, unsupported_marker};
use crate::error::{Error, Result};
use crate::io::bytes::Bytes;
use crate::limits::Limits;
use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

/// Bytes of SOT, in front of a tile-part's own header.
const SOT_BYTES: usize = 12;

/// Decodes tile `index` at `level` and hands each component's samples (row by row over the reduced
/// tile) to `take`.
///
/// # Errors
/// `Malformed`, `Unsupported` or `Limit`; `Environment` when the disk fails.
pub(super) fn decode(
    source: &dyn Bytes,
    stream: &Codestream,
    index: usize,
    level: u32,
    limits: &Limits,
    mut take: impl FnMut(usize, &[f32]),
) -> Result<()> {
    let (_, rect) = stream.size.tile_rect(index as u32);
    let bytes = alone(source, stream, index, level, limits)?;
    let refuse = |error| Error::malformed(format!("the JPEG 2000 data cannot be decoded: {error}"));
    let image = Image::new(&bytes, &settings(rect, level)).map_err(refuse)?;
    let reduced = rect.reduced(level);
    if (image.width() as usize, image.height() as usize) != (reduced.width(), reduced.height()) {
        return Err(Error::bug(format!("the decoder made {} x {} pixels of it", image.width(), image.height())));
    }
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(refuse)?;
    for (component, data) in decoded.components().iter().enumerate() {
        take(component, data.samples());
    }
    Ok(())
}

/// Strict: damage is an error and never a grey patch. The decoder drops as many resolutions as fit
/// between the tile's size and the one asked for, which makes `level` of them here.
fn settings(rect: Rect, level: u32) -> DecodeSettings {
    let target = |side: usize| (side >> level).max(1) as u32;
    DecodeSettings {
        resolve_palette_indices: false,
        strict: true,
        target_resolution: (level > 0).then(|| (target(rect.width()), target(rect.height()))),
    }
}

/// The codestream of one tile: the main header with SIZ cut down to the tile, the tile's parts
/// renumbered to tile 0, and the end marker. Coordinates stay absolute, so that wavelets, precincts
/// and code-blocks fall where they did.
fn alone(source: &dyn Bytes, stream: &Codestream, index: usize, level: u32, limits: &Limits) -> Result<Vec<u8>> {
    let (start, rect) = stream.size.tile_rect(index as u32);
    let parts = stream.tiles.get(index).map(Vec::as_slice).unwrap_or_default();
    let length: u64 = parts.iter().map(|part| part.length).sum();
    if length > limits.chunk_bytes {
        return Err(Error::limit(format!("{length} bytes of one tile pass the limit of {}", limits.chunk_bytes)));
    }
    let mut bytes = vec![0xff, 0x4f];
    bytes.extend(size_of_tile(&stream.siz, start, rect));
    bytes.extend_from_slice(&stream.segments);
    let mut coding = stream.coding.clone();
    for part in parts {
        let from = bytes.len();
        bytes.resize(from + part.length as usize, 0);
        let own = bytes.get_mut(from..).unwrap_or_default();
        read(source, part.start, own)?;
        renumber(own, part.length);
        note_header(own, &mut coding, stream.size.components.len())?;
    }
    bytes.extend(EOC.to_be_bytes());
    check_coding(&coding, rect, level, length)?;
    Ok(bytes)
}

/// SIZ (from its capabilities on) for the tile alone, with marker and length in front.
fn size_of_tile(siz: &[u8], start: (u32, u32), rect: Rect) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(siz.len() + 4);
    bytes.extend(SIZ.to_be_bytes());
    bytes.extend((siz.len() as u16 + 2).to_be_bytes());
    bytes.extend_from_slice(siz);
    let mut put = |at: usize, number: u32| {
        if let Some(slot) = bytes.get_mut(4 + at..8 + at) {
            slot.copy_from_slice(&number.to_be_bytes());
        }
    };
    put(2, rect.x1);
    put(6, rect.y1);
    put(10, rect.x0);
    put(14, rect.y0);
    put(26, start.0);
    put(30, start.1);
    bytes
}

/// Makes a tile-part one of tile 0, with its length said.
fn renumber(part: &mut [u8], length: u64) {
    if let Some(slot) = part.get_mut(4..10) {
        let [_, _, _, _, l0, l1, l2, l3] = length.to_be_bytes();
        slot.copy_from_slice(&[0, 0, l0, l1, l2, l3]);
    }
}

/// Reads a tile-part's header for a coding style of its own.
fn note_header(part: &[u8], coding: &mut super::coding::Coding, components: usize) -> Result<()> {
    let mut at = SOT_BYTES;
    loop {
        let (marker, contents) = segment(part, at)?;
        match marker {
            SOD => return Ok(()),
            PPT | POC => return Err(unsupported_marker(marker)),
            COD | COC => coding.note(marker, contents, components)?,
            EOC => return Err(Error::malformed("a tile-part ends before its data")),
            _ => {}
        }
        at += 4 + contents.len();
    }
}

/// The tile can hold the packets that its coding style announces, and has the level asked for.
fn check_coding(coding: &super::coding::Coding, rect: Rect, level: u32, length: u64) -> Result<()> {
    coding.check()?;
    let packets = coding.packets(rect);
    if packets > length {
        return Err(Error::malformed(format!("{packets} packets cannot lie in {length} bytes")));
    }
    if level > u32::from(coding.levels()) {
        return Err(Error::unsupported(format!("this tile has {} reduced resolutions", coding.levels())));
    }
    Ok(())
}

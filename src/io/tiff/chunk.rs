//! One chunk: from its place in the file to rows of little-endian samples.

use std::ops::Range;

use super::codec::{Codec, Tools, sized};
use super::layout::Layout;
use super::source::Source;
use super::unpack;
use crate::error::{Error, Result};
use crate::limits::Limits;

/// Chunks that decode to at most this many bytes may be compressed to any degree.
const HARMLESS: u64 = 4 << 20;

/// Holds the size of chunk `index` on disk against the file, its pixels and the limits: before
/// memory is taken for any of its pixels.
///
/// # Errors
/// `Malformed` or `Limit`, placed at the chunk.
pub(super) fn check(source: &Source, layout: &Layout, limits: &Limits, index: usize) -> Result<()> {
    let Some((offset, count)) = layout.extent(index) else { return Ok(()) };
    let sound = || {
        source.holds(offset, count)?;
        let (needed, capacity) = (layout.needed(index), layout.capacity());
        if layout.codec == Codec::None {
            let short = || Error::malformed(format!("holds {count} of {needed} bytes"));
            return if count < needed as u64 { Err(short()) } else { Ok(()) };
        }
        let inflated = capacity > HARMLESS && capacity / limits.inflation.max(1) > count;
        if inflated || count > limits.chunk_bytes {
            return Err(Error::limit(format!("{count} bytes on disk for {capacity} decoded")));
        }
        Ok(())
    };
    sound().map_err(|error| error.at(layout.name(index)))
}

/// Rows `rows` of chunk `index`, which [`check`] has passed: samples in little-endian order, all
/// bands of the chunk interleaved, whole chunk rows. `None` when the chunk was never written.
///
/// # Errors
/// `Malformed`, `Unsupported` or `Environment`, placed at the chunk.
pub(super) fn rows<'a>(
    source: &Source,
    layout: &Layout,
    (index, rows): (usize, Range<usize>),
    tools: &'a mut Tools,
) -> Result<Option<&'a [u8]>> {
    let Some(extent) = layout.extent(index) else { return Ok(None) };
    let stored = layout.stored_row();
    let wanted = rows.start * stored..rows.end * stored;
    let decoded =
        fetch(source, layout, (index, extent), wanted, tools).map_err(|error| error.at(layout.name(index)))?;
    finish(layout, decoded.clone(), rows.len(), tools);
    Ok(Some(if layout.encoding.packed() { &tools.unpacked } else { tools.decoded.get(decoded).unwrap_or_default() }))
}

/// The first rows of chunk `index`, which [`check`] has passed and whose bytes are samples as they are
/// ([`Layout::plain`]), straight into `into`. False when the chunk was never written.
///
/// # Errors
/// As [`rows`].
pub(super) fn direct(
    source: &Source,
    layout: &Layout,
    index: usize,
    into: &mut [u8],
    tools: &mut Tools,
) -> Result<bool> {
    let Some((offset, count)) = layout.extent(index) else { return Ok(false) };
    let mut read = || {
        let bytes = sized(&mut tools.raw, count as usize);
        source.read(offset, bytes)?;
        reverse_bits(bytes, layout.reversed);
        tools.decompress_into(layout.codec, layout.needed(index), into)
    };
    read().map_err(|error| error.at(layout.name(index)))?;
    let form = (layout.encoding.size(), layout.interleaved());
    layout.predictor.undo(into, layout.stored_row(), form, &mut tools.row);
    Ok(true)
}

/// Reads and decompresses what is needed for the bytes `wanted` of a chunk; the answer is where in
/// `tools.decoded` they are.
fn fetch(
    source: &Source,
    layout: &Layout,
    (index, (offset, count)): (usize, (u64, u64)),
    wanted: Range<usize>,
    tools: &mut Tools,
) -> Result<Range<usize>> {
    if layout.codec == Codec::None {
        let bytes = sized(&mut tools.decoded, wanted.len());
        source.read(offset + wanted.start as u64, bytes)?;
        reverse_bits(bytes, layout.reversed);
        return Ok(0..wanted.len());
    }
    let bytes = sized(&mut tools.raw, count as usize);
    source.read(offset, bytes)?;
    reverse_bits(bytes, layout.reversed);
    tools.decompress(layout.codec, layout.needed(index), layout.capacity() as usize)?;
    Ok(wanted)
}

fn reverse_bits(bytes: &mut [u8], reversed: bool) {
    if reversed {
        bytes.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
    }
}

/// Byte order, predictor and unpacking of `rows` rows at `bytes` of `tools.decoded`.
fn finish(layout: &Layout, bytes: Range<usize>, rows: usize, tools: &mut Tools) {
    let (stored, encoding) = (layout.stored_row(), layout.encoding);
    let Tools { decoded, unpacked, row, .. } = tools;
    let Some(decoded) = decoded.get_mut(bytes) else { return };
    if layout.predictor != super::predictor::Predictor::Float {
        unpack::to_little(decoded, layout.order, encoding.bits);
    }
    layout.predictor.undo(decoded, stored, (encoding.bits / 8, layout.interleaved()), row);
    if encoding.packed() {
        let whole = layout.chunk.0 * layout.interleaved() * encoding.size();
        let into = sized(unpacked, rows * whole);
        for (from, into) in decoded.chunks_exact(stored).zip(into.chunks_exact_mut(whole)) {
            unpack::row(from, into, encoding);
        }
    }
}

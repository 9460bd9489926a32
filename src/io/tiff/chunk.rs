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

/// Rows `rows` of chunk `index`: samples in little-endian order, all bands of the chunk
/// interleaved, whole chunk rows. `None` when the chunk was never written.
///
/// # Errors
/// `Malformed`, `Unsupported`, `Limit` or `Environment`, placed at the chunk.
pub(super) fn rows<'a>(
    source: &Source,
    layout: &Layout,
    limits: &Limits,
    (index, rows): (usize, Range<usize>),
    tools: &'a mut Tools,
) -> Result<Option<&'a [u8]>> {
    let Some(extent) = layout.extent(index) else { return Ok(None) };
    let stored = layout.stored_row();
    let wanted = rows.start * stored..rows.end * stored;
    let decoded =
        fetch(source, layout, limits, (index, extent), wanted, tools).map_err(|error| error.at(layout.name(index)))?;
    finish(layout, decoded, rows.len(), tools);
    Ok(Some(if layout.encoding.packed() {
        &tools.unpacked
    } else {
        tools.decoded.get(..rows.len() * stored).unwrap_or_default()
    }))
}

/// Leaves the bytes `wanted` of the decompressed chunk at the start of `tools.decoded`.
fn fetch(
    source: &Source,
    layout: &Layout,
    limits: &Limits,
    (index, (offset, count)): (usize, (u64, u64)),
    wanted: Range<usize>,
    tools: &mut Tools,
) -> Result<usize> {
    source.holds(offset, count)?;
    let needed = layout.needed(index);
    if layout.codec == Codec::None {
        if count < wanted.end as u64 {
            return Err(Error::malformed(format!("holds {count} of {needed} bytes")));
        }
        source.read(offset + wanted.start as u64, sized(&mut tools.decoded, wanted.len()))?;
        if layout.reversed {
            reverse_bits(&mut tools.decoded);
        }
        return Ok(wanted.len());
    }
    let capacity = layout.chunk.1 * layout.stored_row();
    let ratio_passed = capacity as u64 > HARMLESS && capacity as u64 / limits.inflation > count;
    if ratio_passed || count > limits.chunk_bytes {
        return Err(Error::limit(format!("{count} bytes on disk for {capacity} decoded")));
    }
    source.read(offset, sized(&mut tools.raw, count as usize))?;
    if layout.reversed {
        reverse_bits(&mut tools.raw);
    }
    tools.decompress(layout.codec, needed, capacity)?;
    tools.decoded.copy_within(wanted.clone(), 0);
    Ok(wanted.len())
}

fn reverse_bits(bytes: &mut [u8]) {
    bytes.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
}

/// Byte order, predictor and unpacking of `rows` rows at the start of `tools.decoded`.
fn finish(layout: &Layout, bytes: usize, rows: usize, tools: &mut Tools) {
    let (stored, encoding) = (layout.stored_row(), layout.encoding);
    let Tools { decoded, unpacked, row, .. } = tools;
    let Some(decoded) = decoded.get_mut(..bytes) else { return };
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

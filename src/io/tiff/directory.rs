//! The directories of a TIFF or BigTIFF: header, chain and tags, in either byte order. No value is
//! read before its size was held against the file's length and the limits.

use super::source::Source;
use crate::error::{Error, Result};
use crate::limits::Limits;

/// Byte order of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    /// The number that up to eight `bytes` spell.
    pub(super) fn uint(self, bytes: &[u8]) -> u64 {
        let join = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        match self {
            Self::Little => bytes.iter().rev().fold(0, join),
            Self::Big => bytes.iter().fold(0, join),
        }
    }
}

/// Sizes of the fields of classic TIFF and of BigTIFF.
#[derive(Debug, Clone, Copy)]
struct Widths {
    /// Bytes of the number of entries in a directory.
    entries: usize,
    /// Bytes of an offset, of a count and of a value kept in the entry itself.
    offset: usize,
}

const CLASSIC: Widths = Widths { entries: 2, offset: 4 };
const BIG: Widths = Widths { entries: 8, offset: 8 };

/// One tag: where its values are, and of what type.
#[derive(Debug, Clone)]
struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// The values themselves, or the offset to them.
    field: [u8; 8],
}

/// One directory (IFD): an image, an overview, a mask or a page.
#[derive(Debug)]
pub(super) struct Directory {
    entries: Vec<Entry>,
    order: Order,
    widths: Widths,
}

/// Reads the header and every directory of the chain.
///
/// # Errors
/// `Unsupported` when it is no TIFF; `Malformed` for a chain that loops or leaves the file;
/// `Limit` for too many directories or entries.
pub(super) fn chain(source: &Source, limits: &Limits) -> Result<Vec<Directory>> {
    let (order, widths, mut at) = header(source)?;
    let (mut found, mut seen) = (Vec::new(), Vec::new());
    while at != 0 {
        let number = found.len();
        if seen.contains(&at) {
            return Err(Error::malformed(format!("directory {number} is an earlier one again: the chain loops"))
                .hint("rewrite the file with gdal_translate"));
        }
        if number == limits.directories {
            return Err(Error::limit(format!("more than {} directories", limits.directories)));
        }
        seen.push(at);
        let (directory, next) =
            one(source, limits, (order, widths), at).map_err(|error| error.at(format!("directory {number}")))?;
        found.push(directory);
        at = next;
    }
    Ok(found)
}

/// Byte order, field widths and the offset of the first directory.
fn header(source: &Source) -> Result<(Order, Widths, u64)> {
    let no_tiff = || Error::unsupported("not a TIFF: the magic number is missing");
    let start = source.take(0, 8).map_err(|error| Error::malformed("too short for a TIFF").hint(error.to_string()))?;
    let order = match start.get(..2) {
        Some(b"II") => Order::Little,
        Some(b"MM") => Order::Big,
        _ => return Err(no_tiff()),
    };
    match order.uint(start.get(2..4).unwrap_or_default()) {
        42 => Ok((order, CLASSIC, order.uint(start.get(4..8).unwrap_or_default()))),
        43 if order.uint(start.get(4..6).unwrap_or_default()) == 8 => Ok((order, BIG, order.uint(&source.take(8, 8)?))),
        _ => Err(no_tiff()),
    }
}

/// The directory at `at`, and the offset of the next.
fn one(source: &Source, limits: &Limits, (order, widths): (Order, Widths), at: u64) -> Result<(Directory, u64)> {
    let entries = order.uint(&source.take(at, widths.entries as u64)?);
    let entry_size = 4 + 2 * widths.offset as u64;
    let size = entries.checked_mul(entry_size).filter(|size| *size <= limits.tag_bytes);
    let size = size.ok_or_else(|| Error::limit(format!("{entries} tags in one directory")))?;
    let body = at + widths.entries as u64;
    let bytes = source.take(body, size)?;
    let entries = bytes.chunks_exact(entry_size as usize).filter_map(|bytes| entry(bytes, order, widths)).collect();
    // A file that ends right behind the entries has no next directory.
    let next = source.take(body + size, widths.offset as u64).map_or(0, |bytes| order.uint(&bytes));
    Ok((Directory { entries, order, widths }, next))
}

fn entry(bytes: &[u8], order: Order, widths: Widths) -> Option<Entry> {
    let (tag, rest) = bytes.split_at_checked(2)?;
    let (kind, rest) = rest.split_at_checked(2)?;
    let (count, value) = rest.split_at_checked(widths.offset)?;
    let mut field = [0; 8];
    field.get_mut(..value.len())?.copy_from_slice(value);
    Some(Entry { tag: order.uint(tag) as u16, kind: order.uint(kind) as u16, count: order.uint(count), field })
}

/// Bytes of one value of a type, and whether the type is an unsigned integer.
fn kind_size(kind: u16) -> Option<(u64, bool)> {
    match kind {
        1 => Some((1, true)),
        2 | 6 | 7 => Some((1, false)),
        3 => Some((2, true)),
        8 => Some((2, false)),
        4 | 13 => Some((4, true)),
        9 | 11 => Some((4, false)),
        16 | 18 => Some((8, true)),
        5 | 10 | 12 | 17 => Some((8, false)),
        _ => None,
    }
}

/// The tags of one directory with the file behind them.
#[derive(Clone, Copy)]
pub(super) struct Tags<'a> {
    pub(super) source: &'a Source,
    pub(super) limits: &'a Limits,
    pub(super) directory: &'a Directory,
}

impl Tags<'_> {
    /// Byte order of the file.
    pub(super) fn order(&self) -> Order {
        self.directory.order
    }

    /// Whether the directory has the tag.
    pub(super) fn has(&self, tag: u16) -> bool {
        self.entry(tag).is_some()
    }

    /// How many values the tag claims to have.
    pub(super) fn count(&self, tag: u16) -> u64 {
        self.entry(tag).map_or(0, |entry| entry.count)
    }

    fn entry(&self, tag: u16) -> Option<&Entry> {
        self.directory.entries.iter().find(|entry| entry.tag == tag)
    }

    /// The bytes of the first `most` values at most, and the size of one.
    fn raw(&self, entry: &Entry, most: u64, cap: u64) -> Result<(Vec<u8>, usize)> {
        let tag = entry.tag;
        let (size, _) = kind_size(entry.kind)
            .ok_or_else(|| Error::malformed(format!("tag {tag} has unknown type {}", entry.kind)))?;
        let claimed = entry
            .count
            .checked_mul(size)
            .ok_or_else(|| Error::limit(format!("tag {tag} claims {} values", entry.count)))?;
        let wanted = claimed.min(most.saturating_mul(size));
        if wanted > cap {
            return Err(Error::limit(format!("tag {tag} holds {claimed} bytes, more than {cap}")));
        }
        let width = self.directory.widths.offset;
        if claimed <= width as u64 {
            return Ok((entry.field.iter().copied().take(wanted as usize).collect(), size as usize));
        }
        let at = self.directory.order.uint(entry.field.get(..width).unwrap_or_default());
        let bytes = self.source.take(at, wanted).map_err(|error| error.at(format!("tag {tag}")))?;
        Ok((bytes, size as usize))
    }

    /// The first `most` values at most of a tag of unsigned integers; their bytes may pass the
    /// limit of a tag (chunk offsets do), never the file's length.
    pub(super) fn uints(&self, tag: u16, most: u64) -> Result<Option<Vec<u64>>> {
        let Some(entry) = self.entry(tag) else { return Ok(None) };
        if !kind_size(entry.kind).is_some_and(|(_, unsigned)| unsigned) {
            return Err(Error::malformed(format!("tag {tag} should hold whole numbers, but has type {}", entry.kind)));
        }
        let (bytes, size) = self.raw(entry, most, u64::MAX)?;
        Ok(Some(bytes.chunks_exact(size).map(|bytes| self.directory.order.uint(bytes)).collect()))
    }

    /// The first value of a tag of unsigned integers.
    pub(super) fn uint(&self, tag: u16) -> Result<Option<u64>> {
        Ok(self.uints(tag, 1)?.and_then(|values| values.first().copied()))
    }

    /// All values of a tag of `DOUBLE` or `FLOAT`; empty when the tag is absent or of another type.
    pub(super) fn floats(&self, tag: u16) -> Result<Vec<f64>> {
        let Some(entry) = self.entry(tag).filter(|entry| entry.kind == 12 || entry.kind == 11) else {
            return Ok(Vec::new());
        };
        let (bytes, size) = self.raw(entry, u64::MAX, self.limits.tag_bytes)?;
        let bits = bytes.chunks_exact(size).map(|bytes| self.directory.order.uint(bytes));
        Ok(match size {
            8 => bits.map(f64::from_bits).collect(),
            _ => bits.map(|bits| f64::from(f32::from_bits(bits as u32))).collect(),
        })
    }

    /// The text of a tag up to its first NUL; bytes that are no UTF-8 become U+FFFD.
    pub(super) fn text(&self, tag: u16) -> Result<Option<String>> {
        let Some(entry) = self.entry(tag).filter(|entry| matches!(entry.kind, 1 | 2 | 7)) else { return Ok(None) };
        let (bytes, _) = self.raw(entry, u64::MAX, self.limits.tag_bytes)?;
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(Some(String::from_utf8_lossy(text).into_owned()))
    }
}

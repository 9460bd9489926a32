//! How the pixels of one directory lie in the file: sample type, chunks, codec. Every number is
//! checked here, so that the readers behind may trust it.

use super::codec::Codec;
use super::directory::{Order, Tags};
use super::predictor::Predictor;
use crate::error::{Error, Result};
use crate::io::raster::Dtype;

/// Chunks of one image; their offsets and sizes are kept in memory.
const MOST_CHUNKS: u64 = 1 << 22;
/// A chunk up to this many bytes may be larger than eight times its image: small files with
/// ordinary tiles are common.
const SMALL_CHUNK: u64 = 8 << 20;
/// Uncompressed chunks are read in stretches of rows of about this many bytes.
const SLAB: usize = 1 << 20;

/// The form in which samples are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encoding {
    /// Bits of one sample in the file.
    pub(super) bits: usize,
    /// The type that samples are returned as.
    pub(super) dtype: Dtype,
}

impl Encoding {
    /// Bytes of one sample once unpacked.
    pub(super) fn size(self) -> usize {
        match self.dtype {
            Dtype::U8 | Dtype::I8 => 1,
            Dtype::U16 | Dtype::I16 => 2,
            Dtype::U32 | Dtype::I32 | Dtype::F32 => 4,
            Dtype::U64 | Dtype::I64 | Dtype::F64 => 8,
        }
    }

    /// Whether samples must be unpacked: odd bits, or half floats.
    pub(super) fn packed(self) -> bool {
        self.bits != self.size() * 8
    }

    /// The encoding of `bits` in sample format `format` (1 unsigned, 2 signed, 3 float, 4 unknown).
    fn new(bits: u64, format: u64) -> Result<Self> {
        let dtype = match (format, bits) {
            (1 | 4, 1..=8) => Dtype::U8,
            (1 | 4, 9..=16) => Dtype::U16,
            (1 | 4, 17..=32) => Dtype::U32,
            (1 | 4, 64) => Dtype::U64,
            (2, 8) => Dtype::I8,
            (2, 16) => Dtype::I16,
            (2, 32) => Dtype::I32,
            (2, 64) => Dtype::I64,
            (3, 16 | 32) => Dtype::F32,
            (3, 64) => Dtype::F64,
            (5 | 6, _) => return Err(refuse("complex samples")),
            _ => return Err(refuse(&format!("{bits}-bit samples of format {format}"))),
        };
        Ok(Self { bits: bits as usize, dtype })
    }
}

/// A sound form that this reader leaves to GDAL.
fn refuse(what: &str) -> Error {
    Error::unsupported(format!("{what} are not read"))
        .hint("build with --features gdal, or convert with gdal_translate")
}

/// Where the pixels of one directory are.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) bands: usize,
    pub(super) encoding: Encoding,
    pub(super) order: Order,
    pub(super) codec: Codec,
    pub(super) predictor: Predictor,
    /// Whether the bits of every byte on disk are in reverse.
    pub(super) reversed: bool,
    pub(super) planar: bool,
    pub(super) tiled: bool,
    /// Columns and rows of a chunk.
    pub(super) chunk: (usize, usize),
    /// Chunks in a row of chunks, and rows of chunks.
    pub(super) chunks: (usize, usize),
    offsets: Vec<u64>,
    counts: Vec<u64>,
}

impl Layout {
    /// Reads and checks the layout of one directory.
    ///
    /// # Errors
    /// `Malformed`, `Unsupported` (naming the codec or the sample type) or `Limit`.
    pub(super) fn new(tags: &Tags<'_>) -> Result<Self> {
        let (width, height) = (side(tags, 256, "width")?, side(tags, 257, "height")?);
        let pixels = width.checked_mul(height).filter(|pixels| *pixels <= tags.limits.raster_pixels);
        pixels.ok_or_else(|| {
            Error::limit(format!("{width} x {height} pixels, more than {}", tags.limits.raster_pixels))
        })?;
        let bands = tags.uint(277)?.unwrap_or(1);
        if bands == 0 || bands > tags.limits.bands as u64 {
            return Err(Error::limit(format!("{bands} bands (1 to {} are read)", tags.limits.bands)));
        }
        let codec = Codec::new(tags.uint(259)?.unwrap_or(1))?;
        colours(tags)?;
        let encoding =
            Encoding::new(alike(tags, 258, bands, "bits per sample")?, alike(tags, 339, bands, "sample formats")?)?;
        let mut layout = Self {
            width: width as usize,
            height: height as usize,
            bands: bands as usize,
            encoding,
            order: tags.order(),
            codec,
            predictor: Predictor::new(tags.uint(317)?.unwrap_or(1), codec, encoding)?,
            reversed: tags.uint(266)? == Some(2),
            planar: bands > 1 && tags.uint(284)? == Some(2),
            tiled: tags.has(322) || tags.has(324),
            chunk: (0, 0),
            chunks: (0, 0),
            offsets: Vec::new(),
            counts: Vec::new(),
        };
        layout.cut(tags)?;
        layout.place(tags)?;
        Ok(layout)
    }

    /// Sets the size and number of chunks.
    fn cut(&mut self, tags: &Tags<'_>) -> Result<()> {
        let (width, height) = (self.width as u64, self.height as u64);
        let (columns, rows) = if self.tiled {
            (side(tags, 322, "tile width")?, side(tags, 323, "tile height")?)
        } else {
            (width, tags.uint(278)?.unwrap_or(height).min(height))
        };
        if rows == 0 {
            return Err(Error::malformed("strips of no rows"));
        }
        let samples = columns.checked_mul(if self.planar { 1 } else { self.bands as u64 });
        let row = samples
            .and_then(|samples| samples.checked_mul(self.encoding.size().max(self.encoding.bits.div_ceil(8)) as u64));
        let bytes = row.and_then(|row| row.checked_mul(rows)).unwrap_or(u64::MAX);
        let image = width * height * self.encoding.size() as u64 * self.bands as u64;
        let unit = if self.codec == Codec::None { row.unwrap_or(u64::MAX) } else { bytes };
        if unit > tags.limits.chunk_bytes || (bytes > SMALL_CHUNK && bytes / 8 > image) {
            return Err(Error::limit(format!(
                "{} of {columns} x {rows} pixels hold {bytes} bytes decoded",
                self.word()
            )));
        }
        self.chunk = (columns as usize, rows as usize);
        self.chunks = (self.width.div_ceil(self.chunk.0), self.height.div_ceil(self.chunk.1));
        Ok(())
    }

    /// Reads the offsets and sizes of the chunks.
    fn place(&mut self, tags: &Tags<'_>) -> Result<()> {
        let planes = if self.planar { self.bands as u64 } else { 1 };
        let wanted = (self.chunks.0 as u64 * self.chunks.1 as u64).saturating_mul(planes);
        if wanted > MOST_CHUNKS {
            return Err(Error::limit(format!("{wanted} {}, more than {MOST_CHUNKS}", self.word())));
        }
        let (offsets, counts) = if self.tiled { (324, 325) } else { (273, 279) };
        // Tiles may be placed by the tags of strips: early writers did so.
        let (offsets, counts) = if tags.has(offsets) { (offsets, counts) } else { (273, 279) };
        let few = |what: &str, found: u64| Error::malformed(format!("{found} {what} for {wanted} {}", self.word()));
        if tags.count(offsets) < wanted {
            return Err(few("offsets", tags.count(offsets)));
        }
        let found = tags.uints(offsets, wanted)?.unwrap_or_default();
        let sizes = match tags.uints(counts, wanted)? {
            Some(sizes) if sizes.len() as u64 == wanted => sizes,
            // Uncompressed chunks are as long as they must be.
            None if self.codec == Codec::None => (0..found.len()).map(|index| self.needed(index) as u64).collect(),
            other => return Err(few("byte counts", other.map_or(0, |sizes| sizes.len() as u64))),
        };
        (self.offsets, self.counts) = (found, sizes);
        Ok(())
    }

    /// What a chunk is called, for messages.
    fn word(&self) -> &'static str {
        if self.tiled { "tiles" } else { "strips" }
    }

    /// Chunk `index` as messages name it.
    pub(super) fn name(&self, index: usize) -> String {
        format!("{} {index}", if self.tiled { "tile" } else { "strip" })
    }

    /// Samples of one pixel that a chunk holds.
    pub(super) fn interleaved(&self) -> usize {
        if self.planar { 1 } else { self.bands }
    }

    /// Bytes of one row of a chunk as stored once decompressed; rows start at a whole byte.
    pub(super) fn stored_row(&self) -> usize {
        (self.chunk.0 * self.interleaved() * self.encoding.bits).div_ceil(8)
    }

    /// The number of the chunk at (`across`, `down`) that holds `band`.
    pub(super) fn index(&self, across: usize, down: usize, band: usize) -> usize {
        let plane = if self.planar { band } else { 0 };
        (plane * self.chunks.1 + down) * self.chunks.0 + across
    }

    /// Offset and bytes on disk of chunk `index`; `None` when it was never written.
    pub(super) fn extent(&self, index: usize) -> Option<(u64, u64)> {
        let (offset, count) = (*self.offsets.get(index)?, *self.counts.get(index)?);
        (offset != 0 || count != 0).then_some((offset, count))
    }

    /// Bytes that chunk `index` must hold once decompressed: the last strip may be short.
    pub(super) fn needed(&self, index: usize) -> usize {
        let above = (index / self.chunks.0) % self.chunks.1 * self.chunk.1;
        let rows = if self.tiled { self.chunk.1 } else { self.chunk.1.min(self.height - above) };
        rows * self.stored_row()
    }

    /// Bytes that a whole chunk holds once decompressed.
    pub(super) fn capacity(&self) -> u64 {
        self.chunk.1 as u64 * self.stored_row() as u64
    }

    /// Whether a decompressed chunk is samples of one band as this machine keeps them.
    pub(super) fn plain(&self) -> bool {
        let native = self.order == Order::Little && cfg!(target_endian = "little");
        native && self.interleaved() == 1 && !self.encoding.packed() && self.codec != Codec::None
    }

    /// Rows of a chunk that are decoded at a time: all of them, unless nothing is compressed.
    pub(super) fn slab(&self) -> usize {
        match self.codec {
            Codec::None => (SLAB / self.stored_row().max(1)).clamp(1, self.chunk.1),
            _ => self.chunk.1,
        }
    }
}

/// A side of the image or of its tiles.
fn side(tags: &Tags<'_>, tag: u16, what: &str) -> Result<u64> {
    match tags.uint(tag)? {
        Some(value) if value > 0 && value <= u64::from(u32::MAX) => Ok(value),
        Some(value) => Err(Error::malformed(format!("{what} {value}"))),
        None => Err(Error::malformed(format!("no {what}"))),
    }
}

/// The value that all bands share in `tag` (1 when the tag is absent).
fn alike(tags: &Tags<'_>, tag: u16, bands: u64, what: &str) -> Result<u64> {
    let values = tags.uints(tag, bands)?.unwrap_or_default();
    let first = values.first().copied().unwrap_or(1);
    if values.iter().any(|value| *value != first) { Err(refuse(&format!("differing {what}"))) } else { Ok(first) }
}

/// Refuses colour models whose samples are not what is stored.
fn colours(tags: &Tags<'_>) -> Result<()> {
    match tags.uint(262)? {
        Some(6) => Err(refuse("YCbCr colours")),
        Some(8..=10) => Err(refuse("L*a*b* colours")),
        Some(32844 | 32845) => Err(refuse("LogLuv colours")),
        _ => Ok(()),
    }
}

//! The headers of a JPEG 2000 codestream (ISO 15444-1, annex A): the image's size and tiles, how a
//! tile is coded, and where the parts of every tile lie.

use super::boxes::read;
use super::coding::Coding;
use crate::error::{Error, Result};
use crate::io::bytes::Bytes;
use crate::limits::Limits;

pub(super) const SIZ: u16 = 0xff51;
pub(super) const COD: u16 = 0xff52;
pub(super) const COC: u16 = 0xff53;
pub(super) const SOT: u16 = 0xff90;
pub(super) const SOD: u16 = 0xff93;
pub(super) const EOC: u16 = 0xffd9;
/// Markers that list lengths, which nobody needs once the tiles are found.
const TLM: u16 = 0xff55;
const PLM: u16 = 0xff57;
/// Markers whose meaning would be lost when a tile is taken out of its file.
const PPM: u16 = 0xff60;
pub(super) const PPT: u16 = 0xff61;
pub(super) const POC: u16 = 0xff5f;
/// Tile-parts of one file; a Sentinel-2 band has 121.
const MAX_PARTS: usize = 1_000_000;
/// Bytes read at first; a main header is rarely longer than a few hundred.
const FIRST_READ: u64 = 16 << 10;
/// Bytes of the tile-part header SOT, and the least a tile-part can have (SOT and SOD).
const SOT_BYTES: u64 = 12;
const LEAST_PART: u64 = 14;

/// A sample's width and sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) bits: u8,
    pub(super) signed: bool,
}

/// The image and its tiles on the reference grid (marker SIZ). All tiles lie on one lattice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Size {
    /// Right and lower end of the image, its left and upper start.
    pub(super) end: (u32, u32),
    pub(super) start: (u32, u32),
    /// Columns and rows of a tile, and where the first one starts.
    pub(super) tile: (u32, u32),
    pub(super) tile_start: (u32, u32),
    pub(super) components: Vec<Component>,
}

/// Pixels `x0..x1`, `y0..y1` of the reference grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x0: u32,
    pub(super) y0: u32,
    pub(super) x1: u32,
    pub(super) y1: u32,
}

impl Rect {
    /// The same rectangle with half the resolution, `level` times (equation B-14).
    pub(super) fn reduced(self, level: u32) -> Self {
        let reduce = |x: u32| u64::from(x).div_ceil(1 << level.min(32)) as u32;
        Self { x0: reduce(self.x0), y0: reduce(self.y0), x1: reduce(self.x1), y1: reduce(self.y1) }
    }

    pub(super) fn width(self) -> usize {
        self.x1.saturating_sub(self.x0) as usize
    }

    pub(super) fn height(self) -> usize {
        self.y1.saturating_sub(self.y0) as usize
    }
}

impl Size {
    /// The whole image.
    pub(super) fn image(&self) -> Rect {
        Rect { x0: self.start.0, y0: self.start.1, x1: self.end.0, y1: self.end.1 }
    }

    /// Tiles from left to right and from top to bottom.
    pub(super) fn tiles(&self) -> (u32, u32) {
        let count = |end: u32, start: u32, side: u32| (end - start).div_ceil(side);
        (count(self.end.0, self.tile_start.0, self.tile.0), count(self.end.1, self.tile_start.1, self.tile.1))
    }

    /// The nominal start of a tile, and the part of it that lies in the image.
    pub(super) fn tile_rect(&self, index: u32) -> ((u32, u32), Rect) {
        let across = self.tiles().0;
        let side = |at: u32, first: u32, size: u32, start: u32, end: u32| {
            let from = u64::from(first) + u64::from(at) * u64::from(size);
            let to = (from + u64::from(size)).min(u64::from(end));
            (from as u32, (from as u32).max(start), to as u32)
        };
        let (left, x0, x1) = side(index % across, self.tile_start.0, self.tile.0, self.start.0, self.end.0);
        let (top, y0, y1) = side(index / across, self.tile_start.1, self.tile.1, self.start.1, self.end.1);
        ((left, top), Rect { x0, y0, x1, y1 })
    }
}

/// One tile-part: where it starts in the codestream's file, and its bytes with its SOT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) start: u64,
    pub(super) length: u64,
}

/// Everything but the pixels.
#[derive(Debug)]
pub(super) struct Codestream {
    pub(super) size: Size,
    pub(super) coding: Coding,
    /// The main header's marker segments but SIZ and the lists of lengths, as they stand.
    pub(super) segments: Vec<u8>,
    /// SIZ as it stands, from its capabilities on.
    pub(super) siz: Vec<u8>,
    /// The parts of every tile, in file order.
    pub(super) tiles: Vec<Vec<Part>>,
}

/// Reads the main header and finds every tile-part of the codestream at `start`.
///
/// # Errors
/// `Malformed` placed at a byte or tile, `Unsupported` for packed headers, progression changes and
/// subsampled components, `Limit` for sizes past `limits`.
pub(super) fn open(source: &dyn Bytes, (start, length): (u64, u64), limits: &Limits) -> Result<Codestream> {
    let header = main_header(source, start, length, limits)?;
    let mut found = Codestream {
        size: size(&header, limits)?,
        coding: Coding::default(),
        segments: Vec::new(),
        siz: Vec::new(),
        tiles: Vec::new(),
    };
    let at = segments(&header, &mut found)?;
    found.tiles = parts(source, (start + at as u64, start + length), &found.size)?;
    Ok(found)
}

/// The first bytes of the codestream, enough to hold its main header if that is sound.
fn main_header(source: &dyn Bytes, start: u64, length: u64, limits: &Limits) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length.min(FIRST_READ) as usize];
    read(source, start, &mut bytes)?;
    if !reaches_a_tile(&bytes) {
        bytes.resize(length.min(limits.tag_bytes) as usize, 0);
        read(source, start, &mut bytes)?;
    }
    Ok(bytes)
}

/// Whether the marker segments in `bytes` run up to the first tile-part.
fn reaches_a_tile(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Ok((marker, contents)) = segment(bytes, at) {
        if marker == SOT {
            return true;
        }
        at += 4 + contents.len();
    }
    false
}

/// The marker segment at `at`: its marker and its contents behind the length.
pub(super) fn segment(bytes: &[u8], at: usize) -> Result<(u16, &[u8])> {
    let cut = || Error::malformed(format!("the header ends within a marker segment at its byte {at}"));
    let marker = word(bytes, at).ok_or_else(cut)?;
    if marker < 0xff00 {
        return Err(Error::malformed(format!(
            "0x{marker:04x} stands where a marker should, at byte {at} of the header"
        )));
    }
    if marker == SOT || marker == SOD || marker == EOC {
        return Ok((marker, &[]));
    }
    let length = usize::from(word(bytes, at + 2).ok_or_else(cut)?);
    let contents = bytes.get(at + 4..at + 2 + length.max(2)).ok_or_else(cut)?;
    Ok((marker, contents))
}

/// Sorts the main header's segments; gives the place of the first SOT.
fn segments(header: &[u8], found: &mut Codestream) -> Result<usize> {
    let mut at = 2;
    let components = found.size.components.len();
    loop {
        let (marker, contents) = segment(header, at)?;
        let next = at + 4 + contents.len();
        match marker {
            SOT => break,
            SOD | EOC => return Err(Error::malformed("the codestream has no tile")),
            SIZ => found.siz = contents.to_vec(),
            TLM | PLM => {}
            PPM | POC => return Err(unsupported_marker(marker)),
            _ => {
                found.coding.note(marker, contents, components)?;
                found.segments.extend_from_slice(header.get(at..next).unwrap_or_default());
            }
        }
        at = next;
    }
    found.coding.check()?;
    Ok(at)
}

pub(super) fn unsupported_marker(marker: u16) -> Error {
    let name = if marker == POC { "a change of progression" } else { "packed packet headers" };
    Error::unsupported(format!("the codestream has {name} (marker 0x{marker:04x}), which is not read"))
        .hint("convert it with gdal_translate -of COG")
}

/// Parses SIZ and checks it before anything is allocated from its numbers.
fn size(header: &[u8], limits: &Limits) -> Result<Size> {
    let (marker, contents) = segment(header, 2)?;
    let soc = header.starts_with(&[0xff, 0x4f]);
    let malformed = || Error::malformed("the codestream does not start with its size (SOC, SIZ)");
    if !soc || marker != SIZ {
        return Err(malformed());
    }
    let number = |at: usize| contents.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes);
    let pair = |at: usize| Some((number(at)?, number(at + 4)?));
    let count = usize::from(word(contents, 34).ok_or_else(malformed)?);
    let entries = contents.get(36..).unwrap_or_default().chunks_exact(3);
    if entries.len() != count || count == 0 {
        return Err(Error::malformed(format!("SIZ announces {count} components and describes {}", entries.len())));
    }
    if count > limits.bands.min(255) {
        return Err(Error::limit(format!("{count} components pass the limit of {}", limits.bands.min(255))));
    }
    let size = Size {
        end: pair(2).ok_or_else(malformed)?,
        start: pair(10).ok_or_else(malformed)?,
        tile: pair(18).ok_or_else(malformed)?,
        tile_start: pair(26).ok_or_else(malformed)?,
        components: entries.map(component).collect::<Result<_>>()?,
    };
    check_lattice(&size)?;
    check_limits(&size, limits)?;
    check_count(&size)?;
    Ok(size)
}

/// One component of SIZ: its depth and sign, and that it is not subsampled.
fn component(entry: &[u8]) -> Result<Component> {
    let [depth, dx, dy] = *entry else { return Err(Error::malformed("SIZ ends within a component")) };
    if (dx, dy) != (1, 1) {
        return Err(Error::unsupported(format!("components subsampled by {dx} x {dy} are not read")));
    }
    let found = Component { bits: (depth & 0x7f) + 1, signed: depth & 0x80 != 0 };
    if found.bits > 16 {
        return Err(Error::unsupported(format!("samples of {} bits are not read, 16 is the most", found.bits)));
    }
    Ok(found)
}

/// The lattice of tiles makes sense (annex B.3).
fn check_lattice(size: &Size) -> Result<()> {
    let sound = |start: u32, end: u32, tile_start: u32, tile: u32| {
        start < end && tile_start <= start && tile_start.checked_add(tile).is_some_and(|first| first > start)
    };
    if !sound(size.start.0, size.end.0, size.tile_start.0, size.tile.0)
        || !sound(size.start.1, size.end.1, size.tile_start.1, size.tile.1)
    {
        return Err(Error::malformed(format!(
            "the image {:?}..{:?} and its tiles of {:?} from {:?} contradict each other",
            size.start, size.end, size.tile, size.tile_start
        )));
    }
    Ok(())
}

/// The pixels and a tile stay inside the limits. The ratio of decoded to packed bytes is not held
/// against its limit: an empty tile of 1024 x 1024 pixels honestly takes some sixty bytes, and memory
/// is bounded by the tile.
fn check_limits(size: &Size, limits: &Limits) -> Result<()> {
    let image = size.image();
    let pixels = image.width() as u64 * image.height() as u64;
    if pixels > limits.raster_pixels {
        return Err(Error::limit(format!(
            "{} x {} pixels pass the limit of {}",
            image.width(),
            image.height(),
            limits.raster_pixels
        )));
    }
    let tile =
        u64::from(size.tile.0.min(size.end.0 - size.start.0)) * u64::from(size.tile.1.min(size.end.1 - size.start.1));
    let bytes = tile * size.components.iter().map(|c| if c.bits > 8 { 2 } else { 1 }).sum::<u64>();
    if bytes > limits.chunk_bytes {
        return Err(Error::limit(format!(
            "a tile of {bytes} decoded bytes passes the limit of {}",
            limits.chunk_bytes
        ))
        .hint("cut it into tiles: gdal_translate -of COG, or -co BLOCKXSIZE=1024 -co BLOCKYSIZE=1024"));
    }
    Ok(())
}

/// The tiles can be numbered.
fn check_count(size: &Size) -> Result<()> {
    let (across, down) = size.tiles();
    match across.checked_mul(down) {
        Some(..=65535) => Ok(()),
        _ => Err(Error::malformed(format!("{across} x {down} tiles are more than the format's 65535"))),
    }
}

/// Follows the tile-parts from SOT to SOT up to the end of the codestream.
fn parts(source: &dyn Bytes, (mut at, end): (u64, u64), size: &Size) -> Result<Vec<Vec<Part>>> {
    let (across, down) = size.tiles();
    let count = (across * down) as usize;
    if (count as u64) * LEAST_PART > end - at {
        return Err(Error::malformed(format!("{count} tiles do not fit into the {} bytes that are there", end - at)));
    }
    let mut tiles: Vec<Vec<Part>> = vec![Vec::new(); count];
    let mut announced = vec![0u8; count];
    let mut parts = 0;
    while let Some((tile, part, of)) = part_at(source, at, end)? {
        parts += 1;
        if parts > MAX_PARTS {
            return Err(Error::limit(format!("more than {MAX_PARTS} tile-parts")));
        }
        let known = tiles.get_mut(tile).ok_or_else(|| {
            Error::malformed(format!("a tile-part names tile {tile} of {count}")).at(format!("byte {at}"))
        })?;
        known.push(part);
        if let Some(slot) = announced.get_mut(tile).filter(|_| of != 0) {
            *slot = of;
        }
        at = part.start + part.length;
    }
    complete(&tiles, &announced)?;
    Ok(tiles)
}

/// The tile-part at `at`: its tile, its extent, and how many parts that tile is said to have (0:
/// not said). None at the end of the codestream.
fn part_at(source: &dyn Bytes, at: u64, end: u64) -> Result<Option<(usize, Part, u8)>> {
    let place = || format!("tile-part at byte {at}");
    if at == end {
        return Ok(None);
    }
    let mut head = [0; SOT_BYTES as usize];
    let have = (end - at).min(SOT_BYTES) as usize;
    read(source, at, head.get_mut(..have).unwrap_or_default())?;
    let [m0, m1, _, _, t0, t1, l0, l1, l2, l3, _, of] = head;
    match u16::from_be_bytes([m0, m1]) {
        EOC => return Ok(None),
        SOT if have == head.len() => {}
        marker => {
            return Err(Error::malformed(format!("0x{marker:04x} stands where a tile-part should start"))
                .at(place())
                .hint("the file is damaged or cut short; fetch it again"));
        }
    }
    let tile = usize::from(u16::from_be_bytes([t0, t1]));
    let length = match u64::from(u32::from_be_bytes([l0, l1, l2, l3])) {
        0 => open_end(source, at, end)? - at,
        length => length,
    };
    if length < LEAST_PART || length > end - at {
        return Err(Error::malformed(format!("{length} bytes of tile {tile} do not fit the {} left", end - at))
            .at(place())
            .hint("the file is damaged or cut short; fetch it again"));
    }
    Ok(Some((tile, Part { start: at, length }, of)))
}

/// The end of a last tile-part of unsaid length: the end marker, which must be there.
fn open_end(source: &dyn Bytes, at: u64, end: u64) -> Result<u64> {
    let mut last = [0; 2];
    read(source, end.saturating_sub(2).max(at), &mut last)?;
    if u16::from_be_bytes(last) != EOC {
        return Err(Error::malformed("the last tile-part does not end with the end marker").at(format!("byte {end}")));
    }
    Ok(end - 2)
}

/// Every tile is there, with as many parts as it is said to have.
fn complete(tiles: &[Vec<Part>], announced: &[u8]) -> Result<()> {
    for (index, (parts, &of)) in tiles.iter().zip(announced).enumerate() {
        if parts.is_empty() || (of != 0 && parts.len() != usize::from(of)) {
            return Err(Error::malformed(format!("{} of {} tile-parts are there", parts.len(), of.max(1)))
                .at(format!("tile {index}"))
                .hint("the file is damaged or cut short; fetch it again"));
        }
    }
    Ok(())
}

/// The big-endian number of two bytes at `at`.
pub(super) fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).and_then(|pair| pair.try_into().ok()).map(u16::from_be_bytes)
}

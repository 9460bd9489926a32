//! The boxes around a JPEG 2000 codestream (ISO 15444-1, annex I): where the codestream is, and
//! the two boxes that may carry a reference system.

use crate::error::{Error, Result};
use crate::io::bytes::Bytes;
use crate::limits::Limits;

/// Boxes looked at on the outermost level; real files have about six.
const MAX_BOXES: usize = 1000;
/// Nesting of association boxes; GMLJP2 needs two.
const MAX_DEPTH: usize = 4;
/// The UUID of the GeoJP2 box, which holds a GeoTIFF of one pixel.
const GEOJP2: [u8; 16] =
    [0xb1, 0x4b, 0xf8, 0xbd, 0x08, 0x3d, 0x4b, 0x43, 0xa5, 0xae, 0x8c, 0xd7, 0xd5, 0xa6, 0xce, 0x03];

/// What the boxes of a file say.
#[derive(Debug, Default)]
pub(super) struct Boxes {
    /// Offset and length of the codestream.
    pub(super) codestream: (u64, u64),
    /// The GeoTIFF inside the GeoJP2 box.
    pub(super) geojp2: Option<Vec<u8>>,
    /// The GML document of the GMLJP2 box.
    pub(super) gml: Option<Vec<u8>>,
}

/// A box: its type, and where its contents lie.
struct Located {
    kind: [u8; 4],
    start: u64,
    end: u64,
}

/// Finds the codestream and the georeference; a bare codestream has no boxes.
///
/// # Errors
/// `Malformed` for boxes that pass the file's end or lack a codestream, `Limit` for oversized ones.
pub(super) fn find(source: &dyn Bytes, limits: &Limits) -> Result<Boxes> {
    let mut magic = [0; 4];
    read(source, 0, &mut magic)?;
    if magic == [0xff, 0x4f, 0xff, 0x51] {
        return Ok(Boxes { codestream: (0, source.len()), ..Boxes::default() });
    }
    let mut found = Boxes::default();
    let mut at = 0;
    for _ in 0..MAX_BOXES {
        if at >= source.len() {
            break;
        }
        let located = header(source, at)?;
        note(source, &located, limits, &mut found)?;
        at = located.end;
    }
    if found.codestream.1 == 0 {
        return Err(Error::malformed("there is no JPEG 2000 codestream among the file's boxes"));
    }
    Ok(found)
}

/// The box that starts at `at`, checked against the end of the file.
fn header(source: &dyn Bytes, at: u64) -> Result<Located> {
    let mut head = [0; 8];
    read(source, at, &mut head)?;
    let [l0, l1, l2, l3, k0, k1, k2, k3] = head;
    let (start, end) = match u32::from_be_bytes([l0, l1, l2, l3]) {
        0 => (at + 8, source.len()),
        1 => {
            let mut long = [0; 8];
            read(source, at + 8, &mut long)?;
            (at + 16, at.saturating_add(u64::from_be_bytes(long)))
        }
        length => (at + 8, at + u64::from(length)),
    };
    if end < start || end > source.len() {
        return Err(Error::malformed(format!("the box does not lie inside the file of {} bytes", source.len()))
            .at(format!("box at byte {at}"))
            .hint("the file seems to be cut short; fetch it again"));
    }
    Ok(Located { kind: [k0, k1, k2, k3], start, end })
}

/// Keeps what is of use. The first codestream and the first of each georeference count.
fn note(source: &dyn Bytes, located: &Located, limits: &Limits, found: &mut Boxes) -> Result<()> {
    let length = located.end - located.start;
    match &located.kind {
        b"jp2c" if found.codestream.1 == 0 => found.codestream = (located.start, length),
        b"uuid" if found.geojp2.is_none() && length > 16 => {
            let mut uuid = [0; 16];
            read(source, located.start, &mut uuid)?;
            if uuid == GEOJP2 {
                found.geojp2 = Some(contents(source, located.start + 16, located.end, limits.tag_bytes)?);
            }
        }
        b"asoc" if found.gml.is_none() => {
            let bytes = contents(source, located.start, located.end, limits.xml_bytes)?;
            found.gml = gml_in(&bytes, 0).map(<[u8]>::to_vec);
        }
        _ => {}
    }
    Ok(())
}

/// The XML box beside the label `gml.root-instance`, at any depth of an association box.
fn gml_in(bytes: &[u8], depth: usize) -> Option<&[u8]> {
    let mut labelled = false;
    let mut rest = bytes;
    while let Some((kind, inner, after)) = split(rest) {
        match &kind {
            b"lbl " => labelled = inner.starts_with(b"gml.root-instance"),
            b"xml " if labelled => return Some(inner),
            b"asoc" if depth < MAX_DEPTH => {
                if let Some(found) = gml_in(inner, depth + 1) {
                    return Some(found);
                }
            }
            _ => {}
        }
        rest = after;
    }
    None
}

/// The first box of `bytes`: its type, its contents, and what follows it.
fn split(bytes: &[u8]) -> Option<([u8; 4], &[u8], &[u8])> {
    let (head, _) = bytes.split_first_chunk::<8>()?;
    let [l0, l1, l2, l3, kind @ ..] = *head;
    let length = match u32::from_be_bytes([l0, l1, l2, l3]) {
        0 => bytes.len(),
        length => length as usize,
    };
    Some((kind, bytes.get(8..length)?, bytes.get(length..)?))
}

/// The bytes from `start` to `end`, at most `limit` of them.
fn contents(source: &dyn Bytes, start: u64, end: u64, limit: u64) -> Result<Vec<u8>> {
    let length = end - start;
    if length > limit {
        return Err(Error::limit(format!("a box of {length} bytes passes the limit of {limit}"))
            .at(format!("box contents at byte {start}")));
    }
    let mut bytes = vec![0; length as usize];
    read(source, start, &mut bytes)?;
    Ok(bytes)
}

/// Reads exactly `into.len()` bytes from `at` on.
pub(super) fn read(source: &dyn Bytes, at: u64, into: &mut [u8]) -> Result<()> {
    source.read_at(at, into).map_err(|error| Error::system(&error, format!("byte {at}")))
}

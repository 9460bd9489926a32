//! Hotspot tables from files, plain or packed with gzip.

use std::path::Path;
use std::sync::Arc;

use libdeflater::{Decompressor, crc32};

use super::bytes::{open_file, read_whole};
use crate::error::{Error, Result};
use crate::hotspot::table::{self, Table};
use crate::limits::Limits;
use crate::text::shown_path;

const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Bytes at the end of a gzip member: checksum and length of what is packed (RFC 1952).
const TRAILER: usize = 8;

/// Reads the table at `path`; a file that begins as gzip does is unpacked, whatever its name.
///
/// # Errors
/// Placed at the path: what opening says, `Limit` for a file or a packed text too large, `Malformed` for damage, and
/// what [`table::read`] refuses.
pub fn read(path: &Path, limits: &Limits) -> Result<Table> {
    let place = |error: Error| error.at(shown_path(path));
    let file = Arc::new(open_file(path)?);
    let bytes = read_whole(&file, limits.hotspot_bytes).map_err(place)?;
    let text = if bytes.starts_with(&GZIP) { unpacked(&bytes, limits).map_err(place)? } else { bytes };
    table::read(&text, limits).map_err(place)
}

/// The text packed in one gzip member. Its stated length is held against the limits before anything is allocated,
/// and length and checksum against what came out, so that a second member cannot go missing.
fn unpacked(packed: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    let damaged =
        || Error::malformed("the gzip file is damaged, or holds several parts").hint("unpack it, or download it again");
    let (crc, length) = trailer(packed).ok_or_else(damaged)?;
    let most = limits.hotspot_bytes.min((packed.len() as u64).saturating_mul(limits.hotspot_inflation));
    if length > most {
        return Err(Error::limit(format!("{length} bytes are packed into {}, and {most} are unpacked", packed.len()))
            .hint("unpack it, or cut the table to the country and the years that matter"));
    }
    let mut text = vec![0; length as usize];
    let written = Decompressor::new().gzip_decompress(packed, &mut text).map_err(|_| damaged())?;
    (written as u64 == length && crc32(&text) == crc).then_some(text).ok_or_else(damaged)
}

/// Checksum and length that the file ends with.
fn trailer(packed: &[u8]) -> Option<(u32, u64)> {
    let end: [u8; TRAILER] = packed.last_chunk().copied()?;
    let [a, b, c, d, e, f, g, h] = end;
    Some((u32::from_le_bytes([a, b, c, d]), u64::from(u32::from_le_bytes([e, f, g, h]))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use libdeflater::{CompressionLvl, Compressor};

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packer = Compressor::new(CompressionLvl::default());
        let mut bytes = vec![0; packer.gzip_compress_bound(text.len())];
        let length = packer.gzip_compress(text, &mut bytes).unwrap();
        bytes.truncate(length);
        bytes
    }

    fn written(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fires.csv");
        #[allow(clippy::disallowed_methods, reason = "a test may write")]
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    const TEXT: &[u8] = b"latitude,longitude,acq_date\n49,37,2022-05-01\n";

    #[test]
    fn plain_and_packed_are_one_table() {
        let (_kept, plain) = written(TEXT);
        let (_too, gz) = written(&packed(TEXT));
        let limits = Limits::default();
        assert_eq!(read(&plain, &limits).unwrap(), read(&gz, &limits).unwrap());
        let (_three, empty) = written(b"");
        assert_eq!(read(&empty, &limits).unwrap(), Table::default());
    }

    #[test]
    fn damage_and_bombs_are_refused() {
        let gz = packed(TEXT);
        let mut flipped = gz.clone();
        flipped[14] ^= 0xff;
        let two = [gz.clone(), packed(b"49,37,2022-05-02\n")].concat();
        let bomb = packed(&vec![b' '; 4 << 20]);
        let mut lying = gz.clone();
        let end = lying.len();
        lying[end - 4..].copy_from_slice(&u32::MAX.to_le_bytes());
        for (bytes, kind) in [
            (&gz[..gz.len() - 3], None),
            (&gz[..12], None),
            (&gz[..2], None),
            (&flipped, None),
            (&two, None),
            (&bomb, Some(crate::Kind::Limit)),
            (&lying, Some(crate::Kind::Limit)),
        ] {
            let error = unpacked(bytes, &Limits::default()).unwrap_err();
            assert!(kind.is_none_or(|kind| error.kind() == kind), "{error:?}");
            assert!(error.advice().is_some());
        }
    }
}

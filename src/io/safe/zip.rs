//! Zip archives from strangers: bounded before they are parsed, names that stay inside, no links,
//! nothing twice, every checksum checked before a byte is used.

use crate::error::{Error, Result};
use crate::io::bytes::{Bytes, Cursor, Stretch, open_file};
use crate::limits::Limits;
use crate::text::{Foreign, shown_path};
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use zip::{CompressionMethod, ZipArchive};

/// Bytes that may be unpacked into memory from one archive.
const UNPACKED: u64 = 2 << 30;
/// Bytes of a list of contents; that of a product has about 40 thousand.
const DIRECTORY: u64 = 4 << 20;
/// Bytes at the archive's end in which the end record is looked for.
const TAIL: u64 = 65_557;
/// Bytes of a piece when a checksum is computed.
const PIECE: usize = 1 << 20;

type Reader = ZipArchive<Cursor<Arc<File>>>;

/// An archive whose list of contents has been checked.
pub struct Archive {
    path: PathBuf,
    file: Arc<File>,
    reader: Mutex<Reader>,
    entries: Vec<Entry>,
    names: Vec<String>,
    unpacked: AtomicU64,
}

/// A member that is a file.
struct Entry {
    index: usize,
    size: u64,
    packed: bool,
    crc: u32,
}

impl Archive {
    /// Opens the archive at `path` and checks its list of contents.
    ///
    /// # Errors
    /// `Limit` for more members or bytes than `limits` allow, `Malformed` for names that leave the
    /// archive, links, duplicates and overlaps, `Unsupported` for encryption and odd compression.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        let file = Arc::new(open_file(path)?);
        Self::read(file, path, limits).map_err(|error| error.at(shown_path(path)))
    }

    fn read(file: Arc<File>, path: &Path, limits: &Limits) -> Result<Self> {
        check_directory(&file, limits)?;
        let mut reader = ZipArchive::new(Cursor::new(Arc::clone(&file))).map_err(|error| broken(&error))?;
        if reader.has_duplicate_names() {
            return Err(Error::malformed("the archive holds two members of the same name"));
        }
        if reader.has_overlapping_entries().map_err(|error| broken(&error))? {
            return Err(Error::malformed("members of the archive overlap"));
        }
        check_count(reader.len() as u64, limits)?;
        let mut members = members(&mut reader, limits)?;
        strip_root(&mut members);
        members.sort_by(|a, b| a.0.cmp(&b.0));
        if members.windows(2).any(|pair| matches!(pair, [a, b] if a.0 == b.0)) {
            return Err(Error::malformed("the archive holds two members of the same name"));
        }
        let (names, entries) = members.into_iter().unzip();
        let unpacked = AtomicU64::new(0);
        Ok(Self { path: path.to_owned(), file, reader: Mutex::new(reader), entries, names, unpacked })
    }

    /// The archive itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The names of all members that are files, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether the member is compressed.
    pub fn is_packed(&self, name: &str) -> bool {
        self.entry(name).is_ok_and(|entry| entry.packed)
    }

    /// The member is at most `limit` bytes long.
    ///
    /// # Errors
    /// `Limit` for a longer one, `Missing` for a name that is not in the archive.
    pub fn check_size(&self, name: &str, limit: u64) -> Result<()> {
        let size = self.entry(name)?.size;
        if size > limit {
            return Err(Error::limit(format!("{size} bytes pass the limit of {limit}")));
        }
        Ok(())
    }

    /// A member's bytes: in place when it is stored, in memory when it is compressed. Its checksum
    /// has been checked either way.
    ///
    /// # Errors
    /// `Malformed` for a wrong checksum or broken compression, `Limit` past what may be unpacked.
    pub fn bytes(&self, name: &str, _limits: &Limits) -> Result<Box<dyn Bytes>> {
        let entry = self.entry(name)?;
        if entry.packed { self.unpack(entry) } else { self.in_place(entry) }
    }

    fn entry(&self, name: &str) -> Result<&Entry> {
        let found = self.names.binary_search_by(|own| own.as_str().cmp(name)).ok();
        found
            .and_then(|at| self.entries.get(at))
            .ok_or_else(|| Error::missing("the archive has no such member").at(Foreign::new(name)))
    }

    /// A stored member where it lies.
    fn in_place(&self, entry: &Entry) -> Result<Box<dyn Bytes>> {
        let start = {
            let mut reader = self.reader()?;
            let member = reader.by_index_raw(entry.index).map_err(|error| broken(&error))?;
            member.data_start().ok_or_else(|| Error::malformed("the member has no place in the archive"))?
        };
        let stretch = Stretch::new(Arc::clone(&self.file), start, entry.size)
            .ok_or_else(|| Error::malformed("the member does not lie inside the archive"))?;
        check_crc(&stretch, entry.crc)?;
        Ok(Box::new(stretch))
    }

    /// A compressed member in memory. The reader checks its checksum at the end.
    fn unpack(&self, entry: &Entry) -> Result<Box<dyn Bytes>> {
        let before = self.unpacked.fetch_add(entry.size, Ordering::Relaxed);
        if before.saturating_add(entry.size) > UNPACKED {
            return Err(Error::limit(format!("unpacking the archive takes more than {UNPACKED} bytes of memory"))
                .hint("unzip it and name the folder"));
        }
        let mut bytes = Vec::new();
        let mut reader = self.reader()?;
        let member = reader.by_index(entry.index).map_err(|error| broken(&error))?;
        let damaged = |error: std::io::Error| Error::malformed(format!("the member cannot be unpacked: {error}"));
        member.take(entry.size.saturating_add(1)).read_to_end(&mut bytes).map_err(damaged)?;
        if bytes.len() as u64 != entry.size {
            return Err(Error::malformed(format!("the member is said to hold {} bytes, and does not", entry.size)));
        }
        let shared: Arc<[u8]> = Arc::from(bytes);
        Ok(Box::new(shared))
    }

    fn reader(&self) -> Result<std::sync::MutexGuard<'_, Reader>> {
        self.reader.lock().map_err(|_| Error::bug("a thread died while it read the archive"))
    }
}

fn broken(error: &zip::result::ZipError) -> Error {
    Error::malformed(format!("the zip archive is broken: {}", Foreign::new(error.to_string())))
}

fn check_count(count: u64, limits: &Limits) -> Result<()> {
    if count > limits.zip_entries as u64 {
        return Err(Error::limit(format!("{count} members pass the limit of {}", limits.zip_entries))
            .hint("unzip it and name the folder"));
    }
    Ok(())
}

/// The end record announces a list of contents within bounds, before it is parsed into memory.
fn check_directory(file: &Arc<File>, limits: &Limits) -> Result<()> {
    let length = Bytes::len(file);
    let start = length.saturating_sub(TAIL);
    let mut tail = vec![0; (length - start) as usize];
    file.read_at(start, &mut tail).map_err(|error| Error::system(&error, "end of the archive"))?;
    let at = tail.windows(4).rposition(|four| four == b"PK\x05\x06");
    let record = at.and_then(|at| tail.get(at..)).and_then(|record| record.first_chunk::<22>());
    let Some(&[_, _, _, _, _, _, _, _, _, _, c0, c1, s0, s1, s2, s3, ..]) = record else {
        return Err(Error::malformed("this is no zip archive, or it is cut short"));
    };
    let (count, size) = (u16::from_le_bytes([c0, c1]), u32::from_le_bytes([s0, s1, s2, s3]));
    let (count, size) = match at.filter(|_| count == u16::MAX || size == u32::MAX) {
        Some(at) => large(file, &tail, at)?,
        None => (u64::from(count), u64::from(size)),
    };
    if size > DIRECTORY {
        return Err(Error::limit(format!("a list of contents of {size} bytes passes the limit of {DIRECTORY}")));
    }
    check_count(count, limits)
}

/// Count and size from the record of a Zip64 archive, which its locator in front of `at` names.
fn large(file: &Arc<File>, tail: &[u8], at: usize) -> Result<(u64, u64)> {
    let broken = || Error::malformed("the archive's Zip64 record is broken");
    let locator = at.checked_sub(20).and_then(|from| tail.get(from..at)).ok_or_else(broken)?;
    let offset = locator.get(8..16).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes).ok_or_else(broken)?;
    let mut record = [0; 56];
    file.read_at(offset, &mut record).map_err(|_| broken())?;
    let number = |from: usize| record.get(from..from + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
    if !locator.starts_with(b"PK\x06\x07") || !record.starts_with(b"PK\x06\x06") {
        return Err(broken());
    }
    Ok((number(32).ok_or_else(broken)?, number(40).ok_or_else(broken)?))
}

/// Every member that is a file, with its name made plain.
fn members(reader: &mut Reader, limits: &Limits) -> Result<Vec<(String, Entry)>> {
    let mut found = Vec::new();
    let mut total = 0u64;
    for index in 0..reader.len() {
        let member = reader.by_index_raw(index).map_err(|error| broken(&error))?;
        let raw = String::from_utf8_lossy(member.name_raw()).into_owned();
        let place = |error: Error| error.at(Foreign::new(raw.clone()));
        let name = plain_name(&raw, member.enclosed_name()).map_err(place)?;
        check_kind(member.unix_mode(), member.is_symlink(), member.encrypted()).map_err(place)?;
        if member.is_dir() {
            continue;
        }
        let (size, packed_size) = (member.size(), member.compressed_size());
        total = total.saturating_add(size);
        check_sizes(size, packed_size, total, limits).map_err(place)?;
        let packed = is_packed(member.compression()).map_err(place)?;
        if !packed && size != packed_size {
            return Err(place(Error::malformed("a stored member has two sizes")));
        }
        found.push((name, Entry { index, size, packed, crc: member.crc32() }));
    }
    Ok(found)
}

/// A name that stays inside the archive, with `/` between plain parts.
fn plain_name(raw: &str, enclosed: Option<PathBuf>) -> Result<String> {
    let leaves = || Error::malformed("the member's name leaves the archive");
    if raw.contains(['\\', '\0', '\u{fffd}']) || raw.starts_with('/') || raw.split('/').any(|part| part == "..") {
        return Err(leaves());
    }
    let enclosed = enclosed.ok_or_else(leaves)?;
    let parts = enclosed.components().map(|part| match part {
        Component::Normal(part) => part.to_str().ok_or_else(leaves),
        _ => Err(leaves()),
    });
    Ok(parts.collect::<Result<Vec<_>>>()?.join("/"))
}

fn check_kind(mode: Option<u32>, symlink: bool, encrypted: bool) -> Result<()> {
    let kind = mode.unwrap_or(0) & 0o170_000;
    if symlink || !matches!(kind, 0 | 0o100_000 | 0o040_000) {
        return Err(Error::malformed("the member is a link or device, which is refused"));
    }
    if encrypted {
        return Err(Error::unsupported("the member is encrypted"));
    }
    Ok(())
}

fn check_sizes(size: u64, packed: u64, total: u64, limits: &Limits) -> Result<()> {
    if total > limits.zip_bytes {
        return Err(Error::limit(format!("the archive unpacks to more than {} bytes", limits.zip_bytes)));
    }
    if size > packed.max(1).saturating_mul(limits.zip_inflation) {
        return Err(Error::limit(format!(
            "{packed} bytes unpack to {size}, more than {} times as many",
            limits.zip_inflation
        )));
    }
    Ok(())
}

fn is_packed(method: CompressionMethod) -> Result<bool> {
    match method {
        CompressionMethod::Stored => Ok(false),
        CompressionMethod::Deflated => Ok(true),
        other => Err(Error::unsupported(format!("compression {other} is not read"))),
    }
}

/// Leaves out the only folder at the top, which SAFE archives have.
fn strip_root(members: &mut [(String, Entry)]) {
    let root = match members.first().and_then(|(name, _)| name.split_once('/')) {
        Some((root, _)) => format!("{root}/"),
        None => return,
    };
    if members.iter().all(|(name, _)| name.starts_with(&root)) {
        for (name, _) in members {
            name.drain(..root.len());
        }
    }
}

/// Computes the checksum of stored bytes, piece by piece.
fn check_crc(bytes: &dyn Bytes, expected: u32) -> Result<()> {
    let mut crc = libdeflater::Crc::new();
    let mut piece = vec![0; PIECE.min(bytes.len() as usize)];
    let mut at = 0;
    while at < bytes.len() {
        let count = (bytes.len() - at).min(PIECE as u64) as usize;
        let part = piece.get_mut(..count).unwrap_or_default();
        bytes.read_at(at, part).map_err(|error| Error::system(&error, format!("byte {at}")))?;
        crc.update(part);
        at += count as u64;
    }
    if crc.sum() != expected {
        return Err(Error::malformed("the member's checksum is wrong").hint("the archive is damaged; fetch it again"));
    }
    Ok(())
}

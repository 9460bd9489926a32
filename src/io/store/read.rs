//! Small whole-file reads: a bounded text, a hash.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::text::shown_path;

/// A whole text file of at most `max_bytes` bytes.
///
/// # Errors
/// `Missing` when it is not there, `Limit` when it is longer, `Malformed` when it is not UTF-8,
/// `Unsupported` when it is no regular file, `Environment` when the disk fails.
pub fn read_text(path: &Path, max_bytes: u64) -> Result<String> {
    let place = || shown_path(path);
    let failed = |error| Error::system(&error, place());
    refuse_endless(path)?;
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > max_bytes {
        return Err(Error::limit(format!("the file is longer than {max_bytes} bytes")).at(place()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::malformed(format!("byte {at} is not part of any UTF-8 text")).at(place())
    })
}

/// Refuses pipes and devices. Asked before opening: opening a pipe nobody writes to would never return.
fn refuse_endless(path: &Path) -> Result<()> {
    let found = std::fs::metadata(path).map_err(|error| Error::system(&error, shown_path(path)))?;
    if found.is_file() { Ok(()) } else { Err(Error::unsupported("this is not a regular file").at(shown_path(path))) }
}

/// SHA-256 of a file, as 64 lower-case hexadecimal digits.
///
/// # Errors
/// `Missing` when it is not there, `Unsupported` when it is no regular file (a pipe or device has no end),
/// `Environment` when the disk fails.
pub fn sha256_of(path: &Path) -> Result<String> {
    digest(path).map(|(_, sum)| digits(&sum))
}

/// Bytes of a file.
///
/// # Errors
/// `Missing` when it is not there, `Environment` when the disk fails.
pub fn size_of(path: &Path) -> Result<u64> {
    std::fs::metadata(path).map(|found| found.len()).map_err(|error| Error::system(&error, shown_path(path)))
}

/// SHA-256 of bytes, as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    digits(&Sha256::digest(bytes).into())
}

/// A running SHA-256.
#[derive(Debug, Default)]
pub struct Sums(Digest);

impl Sums {
    /// Over nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in further bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.add(bytes);
    }

    /// 64 lower-case hexadecimal digits.
    pub fn finish(self) -> String {
        digits(&self.0.finish().1)
    }
}

/// Length and SHA-256 of bytes that come one after the other.
#[derive(Debug, Default)]
pub(super) struct Digest {
    sum: Sha256,
    length: u64,
}

impl Digest {
    /// Takes in further bytes.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.sum.update(bytes);
        self.length += bytes.len() as u64;
    }

    /// Length and hash.
    pub(super) fn finish(self) -> (u64, [u8; 32]) {
        (self.length, self.sum.finalize().into())
    }
}

/// A hash in hexadecimal digits.
pub(super) fn digits(sum: &[u8; 32]) -> String {
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Length and SHA-256, read in pieces.
pub(super) fn digest(path: &Path) -> Result<(u64, [u8; 32])> {
    let failed = |error| Error::system(&error, shown_path(path));
    refuse_endless(path)?;
    let mut file = File::open(path).map_err(failed)?;
    let mut digest = Digest::default();
    let mut piece = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut piece).map_err(failed)?;
        if count == 0 {
            break;
        }
        digest.add(piece.get(..count).unwrap_or_default());
    }
    Ok(digest.finish())
}

/// Names in a folder, sorted; none where there is no such folder.
///
/// # Errors
/// `Environment` when the disk fails, `Malformed` for a name that is no text.
pub fn names(folder: &Path) -> Result<Vec<String>> {
    let failed = |error: std::io::Error| Error::system(&error, shown_path(folder));
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name().into_string();
        names.push(name.map_err(|_| Error::malformed("a name in this folder is no text").at(shown_path(folder)))?);
    }
    names.sort_unstable();
    Ok(names)
}

//! Bytes that can be read at any place, from any thread: a file, a buffer, or a stretch of either.

#![expect(clippy::disallowed_methods, reason = "io opens files")]

use crate::error::{Error, Result};
use crate::text::shown_path;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A source of bytes with a known length.
pub trait Bytes: Send + Sync {
    /// Bytes in the source.
    fn len(&self) -> u64;

    /// Whether the source holds nothing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `into` with the bytes from `offset` on.
    ///
    /// # Errors
    /// `UnexpectedEof` when the source ends before `into` is full, or what the system says.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;
}

impl Bytes for std::fs::File {
    fn len(&self) -> u64 {
        self.metadata().map_or(0, |meta| meta.len())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, into, offset)
    }
}

impl Bytes for [u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| past_the_end())?;
        let end = start.checked_add(into.len()).ok_or_else(past_the_end)?;
        into.copy_from_slice(self.get(start..end).ok_or_else(past_the_end)?);
        Ok(())
    }
}

impl Bytes for Vec<u8> {
    fn len(&self) -> u64 {
        Bytes::len(self.as_slice())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        Bytes::read_at(self.as_slice(), offset, into)
    }
}

impl<B: Bytes + ?Sized> Bytes for Arc<B> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        (**self).read_at(offset, into)
    }
}

/// Opens a regular file; a pipe or device under a band's name would block for ever.
///
/// # Errors
/// `Missing` or `Environment` for what the system refuses, `Unsupported` for anything but a file.
pub fn open_file(path: &Path) -> Result<std::fs::File> {
    let refuse = |error| Error::system(&error, shown_path(path));
    if !path.metadata().map_err(refuse)?.is_file() {
        return Err(Error::unsupported("this is not a regular file").at(shown_path(path)));
    }
    std::fs::File::open(path).map_err(refuse)
}

/// All bytes of a source, if they are not more than `limit`.
///
/// # Errors
/// `Limit` for a longer source, else what reading says.
pub fn read_whole(source: &dyn Bytes, limit: u64) -> Result<Vec<u8>> {
    let length = source.len();
    if length > limit {
        return Err(Error::limit(format!("{length} bytes pass the limit of {limit}")));
    }
    let mut bytes = vec![0; length as usize];
    source.read_at(0, &mut bytes).map_err(|error| Error::system(&error, "byte 0"))?;
    Ok(bytes)
}

/// `length` bytes of another source, from `start` on.
pub struct Stretch<B> {
    source: B,
    start: u64,
    length: u64,
}

impl<B: Bytes> Stretch<B> {
    /// The stretch, or nothing when it does not lie inside `source`.
    pub fn new(source: B, start: u64, length: u64) -> Option<Self> {
        let inside = start.checked_add(length)? <= source.len();
        inside.then_some(Self { source, start, length })
    }
}

impl<B: Bytes> Bytes for Stretch<B> {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(into.len() as u64).ok_or_else(past_the_end)?;
        if end > self.length {
            return Err(past_the_end());
        }
        self.source.read_at(self.start + offset, into)
    }
}

/// A source that counts what is read from it.
pub(crate) struct Counted {
    source: Box<dyn Bytes>,
    read: AtomicU64,
}

impl Counted {
    pub(crate) fn new(source: Box<dyn Bytes>) -> Self {
        Self { source, read: AtomicU64::new(0) }
    }

    /// Bytes read so far.
    pub(crate) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

impl Bytes for Counted {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.read.fetch_add(into.len() as u64, Ordering::Relaxed);
        self.source.read_at(offset, into)
    }
}

/// A position in a source, for readers that want `Read` and `Seek`.
pub(crate) struct Cursor<B> {
    source: B,
    at: u64,
}

impl<B: Bytes> Cursor<B> {
    pub(crate) fn new(source: B) -> Self {
        Self { source, at: 0 }
    }
}

impl<B: Bytes> io::Read for Cursor<B> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.source.len().saturating_sub(self.at);
        let count = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if let Some(part) = into.get_mut(..count) {
            self.source.read_at(self.at, part)?;
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl<B: Bytes> io::Seek for Cursor<B> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let at = match to {
            io::SeekFrom::Start(at) => Some(at),
            io::SeekFrom::End(by) => self.source.len().checked_add_signed(by),
            io::SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

fn past_the_end() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the input ends before the bytes that it names")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Arc<[u8]> {
        Arc::from([0u8, 1, 2, 3, 4, 5, 6, 7])
    }

    #[test]
    fn a_stretch_stays_inside() {
        let stretch = Stretch::new(source(), 2, 4).unwrap();
        let mut two = [0; 2];
        stretch.read_at(2, &mut two).unwrap();
        assert_eq!(two, [4, 5]);
        assert!(stretch.read_at(3, &mut two).is_err());
        assert!(stretch.read_at(u64::MAX, &mut two).is_err());
        assert!(Stretch::new(source(), 5, 4).is_none());
        assert!(Stretch::new(source(), u64::MAX, 4).is_none());
    }

    #[test]
    fn a_cursor_reads_to_the_end_and_seeks() {
        use std::io::{Read, Seek};
        let mut cursor = Cursor::new(source());
        cursor.seek(io::SeekFrom::End(-3)).unwrap();
        let mut rest = Vec::new();
        cursor.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, [5, 6, 7]);
        assert!(cursor.seek(io::SeekFrom::Current(-9)).is_err());
    }
}

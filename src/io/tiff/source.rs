//! Where the bytes of a TIFF come from: anything that can be read at an offset.

use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// Bytes that can be read at any offset, from any thread: a file, a buffer, a member of a zip
/// archive, ranges over HTTP.
pub trait Bytes: Send + Sync {
    /// Bytes there are.
    fn len(&self) -> u64;

    /// Fills `into` with the bytes from `offset` on.
    ///
    /// # Errors
    /// `UnexpectedEof` when there are fewer, else what the system says.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()>;

    /// Whether there is no byte at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Bytes for std::fs::File {
    fn len(&self) -> u64 {
        self.metadata().map_or(0, |metadata| metadata.len())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        self.read_exact_at(into, offset)
    }
}

impl Bytes for [u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        let from = usize::try_from(offset).ok().and_then(|offset| self.get(offset..));
        let part = from.and_then(|rest| rest.get(..into.len())).ok_or(std::io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(part);
        Ok(())
    }
}

impl Bytes for Vec<u8> {
    fn len(&self) -> u64 {
        Bytes::len(self.as_slice())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        Bytes::read_at(self.as_slice(), offset, into)
    }
}

impl<T: Bytes + ?Sized> Bytes for Arc<T> {
    fn len(&self) -> u64 {
        Bytes::len(self.as_ref())
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        Bytes::read_at(self.as_ref(), offset, into)
    }
}

/// Bytes with their length fixed when they were opened, and a count of what was read.
pub(super) struct Source {
    bytes: Box<dyn Bytes>,
    len: u64,
    read: AtomicU64,
}

impl Source {
    pub(super) fn new(bytes: Box<dyn Bytes>) -> Self {
        Self { len: bytes.len(), bytes, read: AtomicU64::new(0) }
    }

    /// Bytes read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Whether `size` bytes from `offset` on lie inside.
    ///
    /// # Errors
    /// `Malformed` when they do not.
    pub(super) fn holds(&self, offset: u64, size: u64) -> Result<()> {
        match offset.checked_add(size) {
            Some(end) if end <= self.len => Ok(()),
            _ => Err(Error::malformed(format!(
                "{size} bytes at offset {offset} pass the end of the file ({})",
                self.len
            ))
            .hint("the file is cut short or damaged: fetch it again")),
        }
    }

    /// Fills `into` from `offset` on.
    ///
    /// # Errors
    /// `Malformed` past the end, `Environment` when the disk fails.
    pub(super) fn read(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.holds(offset, into.len() as u64)?;
        self.bytes.read_at(offset, into).map_err(|error| Error::system(&error, format!("offset {offset}")))?;
        self.read.fetch_add(into.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// `size` bytes from `offset` on; the size is held against the length before anything is
    /// allocated.
    pub(super) fn take(&self, offset: u64, size: u64) -> Result<Vec<u8>> {
        self.holds(offset, size)?;
        let size = usize::try_from(size).map_err(|_| Error::limit("more bytes than this machine addresses"))?;
        let mut taken = vec![0; size];
        self.read(offset, &mut taken)?;
        Ok(taken)
    }
}

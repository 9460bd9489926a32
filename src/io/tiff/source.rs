//! The bytes of a TIFF with their bounds kept: no read passes the end, and what is read is counted.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};
use crate::io::bytes::Bytes;

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

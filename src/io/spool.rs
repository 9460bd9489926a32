//! A scratch file of blocks: written from any thread in any order, read back by index from any thread.

use std::cell::RefCell;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::store::write_failed;
use crate::error::{Error, Result};

/// Blocks of bytes on disk, keyed by a dense index. Memory is 16 bytes a block.
#[derive(Debug)]
pub struct Spool {
    file: File,
    compressed: bool,
    table: Mutex<Table>,
}

/// Where the blocks are, and where the next one goes.
#[derive(Debug, Default)]
struct Table {
    slots: Vec<Slot>,
    end: u64,
}

/// One index: nothing yet, being written, or written at an offset with a stored length.
#[derive(Debug, Clone, Copy, Default)]
enum Slot {
    #[default]
    Vacant,
    Claimed,
    Filled(u64, u32),
}

impl Spool {
    /// A spool over a scratch file (`Stage::temporary`) that keeps blocks as they are.
    pub fn new(file: File) -> Self {
        Self { file, compressed: false, table: Mutex::default() }
    }

    /// A spool that compresses every block with ZSTD level 1.
    pub fn compressed(file: File) -> Self {
        Self { compressed: true, ..Self::new(file) }
    }

    /// Writes block `index`; an empty block takes no space. Memory grows to the largest index.
    ///
    /// # Errors
    /// `Bug` when the block was written before or has 4 GiB or more, `Environment` when the disk fails.
    pub fn put(&self, index: usize, block: &[u8]) -> Result<()> {
        if self.compressed && !block.is_empty() {
            return squeeze(block, |small| self.append(index, small));
        }
        self.append(index, block)
    }

    /// Reads block `index` into `into`, whose content is replaced. `false` when it was never written.
    ///
    /// # Errors
    /// `Environment` when the disk fails, `Malformed` when the scratch file was damaged.
    pub fn read(&self, index: usize, into: &mut Vec<u8>) -> Result<bool> {
        let Some((offset, length)) = self.filled(index) else { return Ok(false) };
        if self.compressed && length > 0 {
            let mut small = vec![0; length as usize];
            self.fetch(offset, &mut small)?;
            return expand(&small, into).map(|()| true);
        }
        into.clear();
        into.resize(length as usize, 0);
        self.fetch(offset, into).map(|()| true)
    }

    /// Bytes that block `index` takes in the scratch file; `None` when it was never written.
    pub fn stored(&self, index: usize) -> Option<u32> {
        self.filled(index).map(|(_, length)| length)
    }

    /// Bytes of the scratch file.
    pub fn bytes(&self) -> u64 {
        self.table().end
    }

    /// The bytes are written outside the lock: the place is taken first, the slot filled after.
    fn append(&self, index: usize, stored: &[u8]) -> Result<()> {
        let length = u32::try_from(stored.len()).map_err(|_| Error::bug("a spooled block of 4 GiB or more"))?;
        let offset = self.reserve(index, length)?;
        self.file.write_all_at(stored, offset).map_err(|error| write_failed(&error, "scratch file"))?;
        if let Some(slot) = self.table().slots.get_mut(index) {
            *slot = Slot::Filled(offset, length);
        }
        Ok(())
    }

    fn reserve(&self, index: usize, length: u32) -> Result<u64> {
        let mut table = self.table();
        if table.slots.len() <= index {
            table.slots.resize(index + 1, Slot::Vacant);
        }
        match table.slots.get_mut(index) {
            Some(slot @ Slot::Vacant) => *slot = Slot::Claimed,
            _ => return Err(Error::bug(format!("block {index} was spooled twice"))),
        }
        let offset = table.end;
        table.end += u64::from(length);
        Ok(offset)
    }

    fn fetch(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.file.read_exact_at(into, offset).map_err(|error| Error::system(&error, "scratch file"))
    }

    fn filled(&self, index: usize) -> Option<(u64, u32)> {
        match self.table().slots.get(index) {
            Some(Slot::Filled(offset, length)) => Some((*offset, *length)),
            _ => None,
        }
    }

    /// The table stays sound even if a thread died while it held the lock.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread's compressor and the buffer that it fills.
type Squeezer = Option<(zstd::bulk::Compressor<'static>, Vec<u8>)>;

thread_local!(static SQUEEZER: RefCell<Squeezer> = const { RefCell::new(None) });

fn squeeze(block: &[u8], store: impl FnOnce(&[u8]) -> Result<()>) -> Result<()> {
    let failed = |error: std::io::Error| Error::bug(format!("compressing a spooled block: {error}"));
    SQUEEZER.with_borrow_mut(|squeezer| {
        if squeezer.is_none() {
            *squeezer = Some((zstd::bulk::Compressor::new(1).map_err(failed)?, Vec::new()));
        }
        let Some((compressor, buffer)) = squeezer else { return Err(Error::bug("no compressor")) };
        buffer.clear();
        buffer.reserve(zstd::zstd_safe::compress_bound(block.len()));
        compressor.compress_to_buffer(block, buffer).map_err(failed)?;
        store(buffer)
    })
}

/// Undoes [`squeeze`]; the frame tells the size, which was ours to begin with.
fn expand(small: &[u8], into: &mut Vec<u8>) -> Result<()> {
    let damaged = || Error::malformed("a block of the scratch file is damaged");
    let size = zstd::zstd_safe::get_frame_content_size(small).ok().flatten().ok_or_else(damaged)?;
    into.clear();
    into.try_reserve_exact(size as usize).map_err(|_| damaged())?;
    zstd::bulk::Decompressor::new()
        .and_then(|mut decompressor| decompressor.decompress_to_buffer(small, into))
        .map(|_| ())
        .map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    fn block(index: usize) -> Vec<u8> {
        (0..index * 37 % 5000).map(|at| (at * index / 7 % 251) as u8).collect()
    }

    #[test]
    fn blocks_come_back_from_any_thread() {
        for spool in [Spool::new(tempfile::tempfile().unwrap()), Spool::compressed(tempfile::tempfile().unwrap())] {
            (0..300usize).into_par_iter().for_each(|at| spool.put(at * 7 % 300, &block(at * 7 % 300)).unwrap());
            (0..300usize).into_par_iter().for_each(|index| {
                let mut read = vec![9; 10];
                assert!(spool.read(index, &mut read).unwrap());
                assert_eq!(read, block(index), "block {index}");
            });
        }
    }

    #[test]
    fn compression_saves_space() {
        let spool = Spool::compressed(tempfile::tempfile().unwrap());
        spool.put(0, &[1; 100_000]).unwrap();
        assert!(spool.bytes() < 1000);
    }

    #[test]
    fn twice_is_refused_and_never_is_said() {
        let spool = Spool::new(tempfile::tempfile().unwrap());
        spool.put(3, b"abc").unwrap();
        assert_eq!(spool.put(3, b"abc").unwrap_err().kind(), crate::Kind::Bug);
        let mut read = Vec::new();
        assert!(!spool.read(2, &mut read).unwrap() && !spool.read(9, &mut read).unwrap());
        assert_eq!((spool.stored(2), spool.stored(3), spool.bytes()), (None, Some(3), 3));
    }

    #[test]
    fn a_cut_scratch_file_is_an_error() {
        let spool = Spool::compressed(tempfile::tempfile().unwrap());
        spool.put(0, &[1; 1000]).unwrap();
        spool.file.set_len(5).unwrap();
        assert_eq!(spool.read(0, &mut Vec::new()).unwrap_err().kind(), crate::Kind::Malformed);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a device that is always full can only be opened")]
    fn a_full_disk_is_the_environment() {
        let full = File::options().write(true).open("/dev/full");
        let Ok(full) = full else { return eprintln!("skipped: no /dev/full") };
        let error = Spool::new(full).put(0, b"abc").unwrap_err();
        assert_eq!(error.kind(), crate::Kind::Environment);
        assert!(error.advice().unwrap().contains("full"));
    }
}

//! One version of one file in the cache: a folder of stretches whose names hold their place and their checksum.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::extents::{Extent, Extents};
use crate::error::Result;
use crate::io::bytes::Bytes;
use crate::io::store::keep::{self, Used};
use crate::io::store::sha256_hex;

/// The file whose age tells when the entry was last used.
pub(super) const MARK: &str = "used";

/// The stretches of one version, and the share in its folder's lock.
#[derive(Debug)]
pub(super) struct Entry {
    used: Used,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    stretches: BTreeMap<u64, Stretch>,
    extents: Extents,
}

/// A stretch on disk.
#[derive(Debug, Clone)]
struct Stretch {
    length: u64,
    sha256: String,
    /// Its checksum was seen to be right in this run.
    sound: bool,
}

/// What a reading of the cache came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// All bytes.
    Whole,
    /// Some were never fetched.
    Absent,
    /// A stretch was not what it once was, and is gone.
    Damaged,
}

impl Entry {
    /// Opens the entry in `folder`, with what it holds already.
    ///
    /// # Errors
    /// `Environment` when the disk fails.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let used = Used::new(folder)?;
        let mut held = Held::default();
        for kept in keep::list(folder)? {
            if let Some((offset, stretch)) = Stretch::of(&kept.name).filter(|(_, own)| own.length == kept.bytes)
                && held.extents.missing((offset, stretch.length)) == [(offset, stretch.length)]
            {
                held.add(offset, stretch);
            }
        }
        keep::write(folder, MARK, b"")?;
        Ok(Self { used, held: Mutex::new(held) })
    }

    /// What is held.
    pub(super) fn extents(&self) -> Extents {
        self.held().extents.clone()
    }

    /// The parts of a stretch that are not held.
    pub(super) fn missing(&self, extent: Extent) -> Vec<Extent> {
        self.held().extents.missing(extent)
    }

    /// Keeps a stretch that overlaps none that is held.
    ///
    /// # Errors
    /// `Environment` when the disk fails.
    pub(super) fn put(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        let stretch = Stretch { length: bytes.len() as u64, sha256: sha256_hex(bytes), sound: true };
        keep::write(self.used.folder(), &stretch.name(offset), bytes)?;
        let mut held = self.held();
        if !held.stretches.contains_key(&offset) {
            held.add(offset, stretch);
        }
        Ok(())
    }

    /// Fills `into` from `offset` on, as far as everything is there and as it was fetched.
    pub(super) fn read(&self, offset: u64, into: &mut [u8]) -> Found {
        let mut filled = 0;
        while filled < into.len() {
            let at = offset + filled as u64;
            let before = self.held().stretches.range(..=at).next_back().map(|(start, own)| (*start, own.clone()));
            let Some((start, stretch)) = before.filter(|(start, own)| start + own.length > at) else {
                return Found::Absent;
            };
            let length = (start + stretch.length - at).min((into.len() - filled) as u64) as usize;
            let Some(part) = into.get_mut(filled..filled + length) else { return Found::Absent };
            if !self.part(start, &stretch, at - start, part) {
                self.drop_stretch(start, &stretch);
                return Found::Damaged;
            }
            filled += length;
        }
        Found::Whole
    }

    /// Reads a part of one stretch; the first time in a run all of it is held against its checksum.
    fn part(&self, start: u64, stretch: &Stretch, skip: u64, into: &mut [u8]) -> bool {
        let Some(file) = keep::open(&self.used.folder().join(stretch.name(start))) else { return false };
        if stretch.sound {
            return file.read_at(skip, into).is_ok();
        }
        let mut whole = vec![0; stretch.length as usize];
        if file.read_at(0, &mut whole).is_err() || sha256_hex(&whole) != stretch.sha256 {
            return false;
        }
        if let Some(own) = self.held().stretches.get_mut(&start) {
            own.sound = true;
        }
        let skip = skip as usize;
        whole.get(skip..skip + into.len()).map(|part| into.copy_from_slice(part)).is_some()
    }

    fn drop_stretch(&self, start: u64, stretch: &Stretch) {
        let mut held = self.held();
        held.stretches.remove(&start);
        held.extents = held.stretches.iter().map(|(start, own)| (*start, own.length)).collect();
        keep::discard(&self.used.folder().join(stretch.name(start)));
    }

    /// The table stays sound even if a thread died while it held the lock.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn add(&mut self, offset: u64, stretch: Stretch) {
        self.extents.add((offset, stretch.length));
        self.stretches.insert(offset, stretch);
    }
}

impl Stretch {
    fn name(&self, offset: u64) -> String {
        format!("{offset:016x}-{:x}-{}", self.length, self.sha256)
    }

    /// The stretch that a file's name tells of.
    fn of(name: &str) -> Option<(u64, Self)> {
        let mut parts = name.split('-');
        let offset = u64::from_str_radix(parts.next()?, 16).ok()?;
        let length = u64::from_str_radix(parts.next()?, 16).ok().filter(|length| *length > 0)?;
        let sha256 = parts.next().filter(|sum| sum.len() == 64)?.to_owned();
        let stretch = Self { length, sha256, sound: false };
        (offset.checked_add(length).is_some() && stretch.name(offset) == name).then_some((offset, stretch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::store::Scratch;

    #[test]
    fn what_was_put_comes_back_in_another_run_and_nothing_else() {
        let folder = Scratch::new().unwrap();
        Entry::open(folder.path()).unwrap().put(10, b"abcdef").unwrap();
        let entry = Entry::open(folder.path()).unwrap();
        entry.put(16, b"gh").unwrap();
        let mut into = [0; 4];
        assert_eq!(entry.read(13, &mut into), Found::Whole);
        assert_eq!(&into, b"defg");
        assert_eq!(entry.read(15, &mut into), Found::Absent);
        assert_eq!(entry.missing((8, 12)), [(8, 2), (18, 2)]);
    }

    #[test]
    fn a_flipped_bit_is_found_and_the_stretch_is_gone() {
        let folder = Scratch::new().unwrap();
        let entry = Entry::open(folder.path()).unwrap();
        entry.put(0, b"abcdef").unwrap();
        let name = entry.held().stretches[&0].name(0);
        keep::discard(&folder.path().join(&name));
        keep::write(folder.path(), &name, b"abcdeg").unwrap();
        let entry = Entry::open(folder.path()).unwrap();
        let mut into = [0; 2];
        assert_eq!(entry.read(0, &mut into), Found::Damaged);
        assert_eq!(entry.read(0, &mut into), Found::Absent);
        assert_eq!(entry.missing((0, 6)), [(0, 6)]);
        assert!(!folder.path().join(name).exists());
    }

    #[test]
    fn foreign_names_are_no_stretches() {
        for name in ["used", "0-1-abc", "../x", "ffffffffffffffff-2-00", "000000000000000a-+5-00"] {
            assert!(Stretch::of(name).is_none(), "{name}");
        }
    }
}

//! The output folder as a transaction: everything is staged in a sibling folder and appears at once, with its
//! manifest last. The only code that creates, moves and removes files.

#![expect(clippy::disallowed_methods, reason = "the one place that creates, moves and removes files")]

mod disk;
pub(in crate::io) mod keep;
mod place;
mod publish;
mod read;
mod scratch;
mod single;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::text::Foreign;
use place::Standing;
pub use publish::Published;
use read::Digest;
pub use read::{Sums, names, read_text, sha256_hex, sha256_of, size_of};
pub use scratch::Scratch;
pub use single::{Lock, replace, set_aside, sweep};

/// The name of the file that is written last and names every other one.
pub const MANIFEST: &str = "manifest.json";

/// An output folder in the making. Files written here are seen by nobody before [`Stage::publish`];
/// dropping the stage without publishing removes them. At most one stage at a time works on one
/// output folder (an exclusive lock on the staging folder, where the file system has such locks).
#[derive(Debug)]
pub struct Stage {
    out: PathBuf,
    folder: PathBuf,
    standing: Standing,
    /// Files handed out by [`Stage::create`] and not finished yet.
    open: Arc<AtomicUsize>,
    /// Sizes and hashes of the finished ones, taken as they were written.
    taken: Taken,
    /// The staging folder has become the output folder: its name may be another run's by now.
    moved: bool,
    /// Held for its lock.
    _lock: File,
}

impl Stage {
    /// Checks that `out` may become the output folder and opens a staging folder beside it, called
    /// `.NAME.groundtell-partial`; what a killed run left there is removed.
    ///
    /// # Errors
    /// `Exists` when `out` holds something and `overwrite` is not set, or holds something that no
    /// run of groundtell wrote; `Usage` when `out` is a symbolic link, a file, a mount point, or is, contains or
    /// lies inside one of `inputs`; `Missing` when its parent does not exist; `Environment` when
    /// the parent cannot be written to or another run is staging for the same folder.
    pub fn begin(out: &Path, overwrite: bool, inputs: &[PathBuf]) -> Result<Self> {
        let place = place::resolve(out)?;
        place::apart_from(&place, inputs)?;
        let standing = place::standing(&place, overwrite)?;
        let lock = place::claim(&place.folder)?;
        let (open, taken) = (Arc::default(), Taken::default());
        Ok(Self { out: place.out, folder: place.folder, standing, open, taken, moved: false, _lock: lock })
    }

    /// Where the file `relative` (forward slashes, no hidden name) is staged; its folders are
    /// made. For writers that insist on a path of their own.
    ///
    /// # Errors
    /// `Bug` for a name that is not plain and relative, `Environment` when the disk fails.
    pub fn path_of(&self, relative: &str) -> Result<PathBuf> {
        let Some(plain) = place::plain(relative).filter(|_| relative != MANIFEST) else {
            return Err(Error::bug(format!("\"{}\" is no name for an output file", Foreign::new(relative))));
        };
        let path = self.folder.join(plain);
        if let Some(parent) = path.parent() {
            disk::make_folders(parent)?;
        }
        Ok(path)
    }

    /// Writes a whole file.
    ///
    /// # Errors
    /// As [`Stage::create`].
    pub fn write(&self, relative: &str, bytes: &[u8]) -> Result<()> {
        let mut file = self.create(relative)?;
        file.write_all(bytes).map_err(|error| disk::failed(&error, Path::new(relative)))?;
        file.finish()
    }

    /// A file to be written piece by piece; it must be finished before the stage is published.
    ///
    /// # Errors
    /// `Bug` for a name that is not plain and relative or is taken, `Environment` when the disk fails.
    pub fn create(&self, relative: &str) -> Result<StagedFile> {
        let file = disk::create_new(&self.path_of(relative)?)?;
        self.open.fetch_add(1, Ordering::SeqCst);
        let file = BufWriter::with_capacity(1 << 16, file);
        let (open, taken) = (Arc::clone(&self.open), Arc::clone(&self.taken));
        Ok(StagedFile { file, name: relative.to_owned(), digest: Some(Digest::default()), open, taken })
    }

    /// Whether the file `relative` is staged.
    pub fn holds(&self, relative: &str) -> bool {
        place::plain(relative).is_some_and(|plain| self.folder.join(plain).is_file())
    }

    /// Size and SHA-256 of a staged file.
    ///
    /// # Errors
    /// `Missing` when it is not staged, `Environment` when the disk fails.
    pub fn measured(&self, relative: &str) -> Result<(u64, [u8; 32])> {
        let path = self.path_of(relative)?;
        publish::taken(&self.taken, relative, &path).map_or_else(|| read::digest(&path), Ok)
    }

    /// A scratch file, readable and writable, that has no name any more: it is never published
    /// and its space is free again as soon as it is closed, however the run ends.
    ///
    /// # Errors
    /// `Bug` for a name that is not plain, `Environment` when the disk fails.
    pub fn temporary(&self, name: &str) -> Result<File> {
        let Some(plain) = place::plain(name).filter(|_| !name.contains('/')) else {
            return Err(Error::bug(format!("\"{}\" is no name for a scratch file", Foreign::new(name))));
        };
        let path = self.folder.join(format!(".scratch-{}", plain.display()));
        let file = disk::create_new(&path)?;
        disk::remove_file(&path)?;
        Ok(file)
    }

    /// Makes the staged files the output. `manifest` gets every file with its size and hash,
    /// sorted by path, and returns the bytes of [`MANIFEST`]; to be replaceable later it must be
    /// a JSON object with a list `files` of objects that have a `path`.
    ///
    /// A new (or empty) output folder appears complete by one rename. In a folder that is
    /// overwritten the old manifest goes first and the new one comes last, files are replaced one
    /// by one, and files that the old manifest lists and this run does not write are deleted;
    /// nothing else is touched. A run that is killed in between leaves a folder that a later run may overwrite.
    ///
    /// # Errors
    /// `Environment` when the disk fails (a full disk leaves the old output as it was), `Exists`
    /// when a file of somebody else stands in the way, `Bug` when a file was not finished, and
    /// whatever `manifest` returns.
    pub fn publish(mut self, manifest: impl FnOnce(&[Published]) -> Result<Vec<u8>>) -> Result<Vec<Published>> {
        if self.open.load(Ordering::SeqCst) != 0 {
            return Err(Error::bug("a staged file was not finished before publishing"));
        }
        let files = publish::inventory(&self.folder, &self.taken)?;
        let manifest = manifest(&files)?;
        disk::write_synced(&self.folder.join(MANIFEST), &manifest)?;
        match &self.standing {
            Standing::Free => publish::appear(&self.folder, &self.out, &mut self.moved)?,
            Standing::Ours(listed) => publish::replace(&self.folder, &self.out, listed, &files)?,
        }
        Ok(files)
    }
}

impl Drop for Stage {
    /// Removes the staging folder, unless it has become the output folder.
    fn drop(&mut self) {
        if !self.moved && !disk::is_killed() {
            std::fs::remove_dir_all(&self.folder).ok();
        }
    }
}

/// Length and SHA-256 by name.
type Taken = Arc<Mutex<BTreeMap<String, (u64, [u8; 32])>>>;

/// A staged file that is being written. Buffered; call [`StagedFile::finish`] at the end.
#[derive(Debug)]
pub struct StagedFile {
    file: BufWriter<File>,
    name: String,
    /// Of what was written in order; none once somebody has moved about in the file.
    digest: Option<Digest>,
    open: Arc<AtomicUsize>,
    taken: Taken,
}

impl StagedFile {
    /// The name that the file will have inside the output folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes what is buffered and waits until the disk has it.
    ///
    /// # Errors
    /// `Environment` when the disk fails.
    pub fn finish(mut self) -> Result<()> {
        let name = self.name.clone();
        self.file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all())
            .map_err(|e| disk::failed(&e, Path::new(&name)))?;
        if let Some(digest) = self.digest.take() {
            self.taken.lock().unwrap_or_else(PoisonError::into_inner).insert(name, digest.finish());
        }
        self.open.fetch_sub(1, Ordering::SeqCst);
        Ok(())
    }

    /// The error for a write to this file that failed, with the file's name and a hint.
    pub fn failed(&self, error: &std::io::Error) -> Error {
        disk::failed(error, Path::new(&self.name))
    }
}

impl Write for StagedFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        if let Some(digest) = &mut self.digest {
            digest.add(bytes.get(..written).unwrap_or_default());
        }
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Seek for StagedFile {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.digest = None;
        self.file.seek(to)
    }
}

/// Makes a folder and those above it, where they are missing.
///
/// # Errors
/// `Environment` when the disk fails or a file stands in the way.
pub fn make_folder(folder: &Path) -> Result<()> {
    disk::make_folders(folder)
}

/// The path of `relative` in `folder`; None unless it is plain and stays inside.
pub fn inside(folder: &Path, relative: &str) -> Option<PathBuf> {
    place::plain(relative).map(|plain| folder.join(plain))
}

/// The error for a failed write to the stage: disk full, no permission, ... with a hint.
pub fn write_failed(error: &std::io::Error, place: &str) -> Error {
    disk::failed(error, Path::new(place))
}

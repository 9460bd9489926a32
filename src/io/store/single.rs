//! Single files that are written again and again: replaced whole, and only when their bytes change.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::disk;
use crate::error::{Error, Result};
use crate::text::shown_path;

/// Ending of a file that is not finished; what a kill leaves of it the next writing takes away.
const PARTIAL: &str = ".groundtell-partial";

/// Puts `bytes` in the place of what `path` holds; true when they differ from it. A reader sees the old bytes or
/// the new ones, also after a power cut.
///
/// # Errors
/// `Environment` when the disk fails.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    disk::make_folders(folder)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let partial = folder.join(format!(".{name}{PARTIAL}"));
    if fs::symlink_metadata(&partial).is_ok() {
        disk::remove_file(&partial)?;
    }
    disk::write_synced(&partial, bytes)?;
    disk::rename(&partial, path)?;
    disk::sync(folder)?;
    Ok(true)
}

/// Removes what killed runs left unfinished in `folder`: files and staging folders. Only the one that holds the
/// lock on the whole may do so.
///
/// # Errors
/// `Environment` when the disk fails.
pub fn sweep(folder: &Path) -> Result<()> {
    let failed = |error: std::io::Error| disk::failed(&error, folder);
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !(name.starts_with('.') && name.ends_with(PARTIAL)) {
            continue;
        }
        match entry.file_type().map_err(failed)?.is_dir() {
            true => fs::remove_dir_all(entry.path()).map_err(failed)?,
            false => disk::remove_file(&entry.path())?,
        }
    }
    Ok(())
}

/// Moves a file aside, so that another can be made in its place.
///
/// # Errors
/// `Environment` when the disk fails.
pub fn set_aside(path: &Path, aside: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(_) => disk::rename(path, aside),
        Err(_) => Ok(()),
    }
}

/// An exclusive lock on a file, which the system drops when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock at `path` and writes `holder` into the file; `Err` inside of `Ok` names who holds it.
    ///
    /// # Errors
    /// `Environment` when the disk fails, `Unsupported` where the file system knows no locks.
    pub fn take(path: &Path, holder: &str) -> Result<std::result::Result<Self, String>> {
        let failed = |error: std::io::Error| disk::failed(&error, path);
        let open = File::options().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = open.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut other = String::new();
                let read = file.take(200).read_to_string(&mut other);
                return Ok(Err(read.map_or_else(|_| "somebody".into(), |_| other.trim().to_owned())));
            }
            Err(TryLockError::Error(error)) => {
                return Err(Error::unsupported(format!("no lock can be had here: {error}")).at(shown_path(path)));
            }
        }
        file.set_len(0).and_then(|()| file.seek(SeekFrom::Start(0))).map_err(failed)?;
        file.write_all(holder.as_bytes()).map_err(failed)?;
        Ok(Ok(Self { _file: file }))
    }
}

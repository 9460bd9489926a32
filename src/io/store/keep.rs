//! Files that outlive a run: written whole or not at all, in folders that are locked while they are in use.

use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::disk;
use crate::error::{Error, Result};
use crate::text::shown_path;

/// How names of files begin that are not whole yet.
const PARTIAL: &str = ".partial-";

/// Writes a file of `folder` whole: under another name first, made last, then renamed.
///
/// # Errors
/// `Environment` when the disk fails.
pub(in crate::io) fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let chance = RandomState::new().build_hasher().finish();
    let partial = folder.join(format!("{PARTIAL}{}-{chance:016x}", std::process::id()));
    let written = disk::write_synced(&partial, bytes).and_then(|()| disk::rename(&partial, &folder.join(name)));
    if written.is_err() {
        fs::remove_file(&partial).ok();
    }
    written
}

/// Opens a file that [`write`] wrote; None where it is gone.
pub(in crate::io) fn open(path: &Path) -> Option<File> {
    File::open(path).ok()
}

/// Removes a file, if it is there.
pub(in crate::io) fn discard(path: &Path) {
    fs::remove_file(path).ok();
}

/// A thing in a folder.
pub(in crate::io) struct Kept {
    pub(in crate::io) name: String,
    pub(in crate::io) bytes: u64,
    pub(in crate::io) changed: Option<SystemTime>,
}

/// What is in a folder, by name; files that are not whole are left out, and so are names that are no text.
///
/// # Errors
/// `Environment` when the folder cannot be read.
pub(in crate::io) fn list(folder: &Path) -> Result<Vec<Kept>> {
    let failed = |error: std::io::Error| Error::system(&error, shown_path(folder));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let Ok(entry) = entry else { continue };
        let (Ok(name), Ok(about)) = (entry.file_name().into_string(), entry.metadata()) else { continue };
        if !name.starts_with(PARTIAL) {
            found.push(Kept { name, bytes: about.len(), changed: about.modified().ok() });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// A folder that is in use: others may use it too, and nobody removes it.
#[derive(Debug)]
pub(in crate::io) struct Used {
    folder: PathBuf,
    _lock: File,
}

impl Used {
    /// Makes the folder where it is missing and takes a share of its lock.
    ///
    /// # Errors
    /// `Environment` when the disk fails or the folder is taken away again and again.
    pub(in crate::io) fn new(folder: &Path) -> Result<Self> {
        for _ in 0..16 {
            disk::make_folders(folder)?;
            let Ok(handle) = File::open(folder) else { continue };
            if handle.try_lock().is_ok() {
                sweep_partial(folder);
                handle.unlock().ok();
            }
            // Some network file systems have no such locks: then two runs only fetch a little twice.
            handle.lock_shared().ok();
            if is_same(&handle, folder) {
                return Ok(Self { folder: folder.to_owned(), _lock: handle });
            }
        }
        Err(Error::new(crate::Kind::Environment, "the folder is taken away again and again").at(shown_path(folder)))
    }

    /// Where it is.
    pub(in crate::io) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Removes a folder that nobody uses; false when somebody does.
pub(in crate::io) fn remove_unused(folder: &Path) -> bool {
    let Ok(handle) = File::open(folder) else { return false };
    handle.try_lock().is_ok() && is_same(&handle, folder) && fs::remove_dir_all(folder).is_ok()
}

/// What killed runs left half written.
fn sweep_partial(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(PARTIAL)) {
        fs::remove_file(entry.path()).ok();
    }
}

fn is_same(handle: &File, folder: &Path) -> bool {
    let there = fs::symlink_metadata(folder).map(|there| (there.dev(), there.ino()));
    let held = handle.metadata().map(|held| (held.dev(), held.ino()));
    matches!((there, held), (Ok(there), Ok(held)) if there == held)
}

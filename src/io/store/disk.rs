//! The single steps on the disk, each with its place in the error and, in tests, a place to be killed at.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::error::{Error, Kind, Result};
use crate::text::shown_path;

/// The error for a failed step on `path`. What is written to is never an input, so a missing
/// file is a fault of the environment too.
pub(super) fn failed(error: &io::Error, path: &Path) -> Error {
    let failure = Error::new(Kind::Environment, error.to_string()).at(shown_path(path));
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            failure.hint("the disk is full: free some space or let --out name a folder on another disk")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            failure.hint("let --out name a folder that you may write to")
        }
        _ => failure,
    }
}

pub(super) fn create_new(path: &Path) -> Result<File> {
    let opened = killable().and_then(|()| File::options().read(true).write(true).create_new(true).open(path));
    opened.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Error::bug("the output file is written twice").at(shown_path(path)),
        _ => failed(&error, path),
    })
}

pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = create_new(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| failed(&error, path))
}

pub(super) fn make_folders(path: &Path) -> Result<()> {
    killable().and_then(|()| fs::create_dir_all(path)).map_err(|error| failed(&error, path))
}

pub(super) fn remove_file(path: &Path) -> Result<()> {
    killable().and_then(|()| fs::remove_file(path)).map_err(|error| failed(&error, path))
}

pub(super) fn rename(from: &Path, to: &Path) -> Result<()> {
    killable().and_then(|()| fs::rename(from, to)).map_err(|error| failed(&error, to))
}

/// Makes the names in a folder, or the bytes of a file, last.
pub(super) fn sync(path: &Path) -> Result<()> {
    killable().and_then(|()| File::open(path)?.sync_all()).map_err(|error| failed(&error, path))
}

#[cfg(not(test))]
fn killable() -> io::Result<()> {
    Ok(())
}

/// Whether a test has "killed" this thread: then nothing cleans up after it.
#[cfg(not(test))]
pub(super) fn is_killed() -> bool {
    false
}

#[cfg(test)]
pub(super) use fault::{is_killed, kill_at, killable};

/// Fails a chosen step and all after it, as if the process had been killed there.
#[cfg(test)]
mod fault {
    use std::cell::Cell;

    thread_local!(static LEFT: Cell<Option<usize>> = const { Cell::new(None) });

    /// The `steps`-th step from now on this thread fails and all after it; `None` heals.
    pub(in super::super) fn kill_at(steps: Option<usize>) {
        LEFT.set(steps);
    }

    pub(in super::super) fn is_killed() -> bool {
        LEFT.get() == Some(0)
    }

    pub(in super::super) fn killable() -> std::io::Result<()> {
        LEFT.set(LEFT.get().map(|left| left.saturating_sub(1)));
        if is_killed() { Err(std::io::Error::other("killed")) } else { Ok(()) }
    }
}

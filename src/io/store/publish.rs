//! From staged files to the output: hash all, then one rename, or file by file with a journal.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::PoisonError;

use super::place::{Entry, Listing, plain};
use super::{MANIFEST, Taken, disk, read};
use crate::error::{Error, Kind, Result};
use crate::text::shown_path;

/// Stands in an output folder while it is being replaced and lists the files of both sides, so
/// that a run after a kill knows what is ours.
pub(super) const JOURNAL: &str = ".groundtell-replacing";

/// A file of the output.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Published {
    /// Path inside the output folder, with forward slashes.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// Every staged file, sorted by path, hashed and safe on the disk; the folders too.
pub(super) fn inventory(folder: &Path, known: &Taken) -> Result<Vec<Published>> {
    let mut files = Vec::new();
    walk(folder, "", known, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// What was noted of a file as it was written, if the file still has that size.
pub(super) fn taken(known: &Taken, relative: &str, path: &Path) -> Option<(u64, [u8; 32])> {
    let (length, sum) = *known.lock().unwrap_or_else(PoisonError::into_inner).get(relative)?;
    (fs::metadata(path).ok()?.len() == length).then_some((length, sum))
}

fn walk(folder: &Path, prefix: &str, known: &Taken, files: &mut Vec<Published>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(|error| disk::failed(&error, folder))? {
        let entry = entry.map_err(|error| disk::failed(&error, folder))?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(|error| disk::failed(&error, folder))?);
        let relative = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if plain(&relative).is_none() || !(kind.is_dir() || kind.is_file()) {
            return Err(Error::bug("a stray file was staged").at(shown_path(&path)));
        }
        if kind.is_dir() {
            walk(&path, &format!("{relative}/"), known, files)?;
        } else {
            let (bytes, sum) = taken(known, &relative, &path).map_or_else(|| read::digest(&path), Ok)?;
            disk::sync(&path)?;
            files.push(Published { path: relative, bytes, sha256: read::digits(&sum) });
        }
    }
    disk::sync(folder)
}

/// The stage becomes the output folder in one step.
pub(super) fn appear(folder: &Path, out: &Path, moved: &mut bool) -> Result<()> {
    disk::sync(folder)?;
    disk::rename(folder, out)?;
    *moved = true;
    out.parent().map_or(Ok(()), disk::sync)
}

/// The staged files take the place of those `listed`, one by one, the manifest last.
pub(super) fn replace(folder: &Path, out: &Path, listed: &BTreeSet<String>, files: &[Published]) -> Result<()> {
    for file in files {
        refuse_foreign(out, &file.path, listed)?;
    }
    let new: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    keep_journal(folder, out, listed, &new)?;
    if fs::symlink_metadata(out.join(MANIFEST)).is_ok() {
        disk::remove_file(&out.join(MANIFEST))?;
        disk::sync(out)?;
    }
    for path in &new {
        let target = out.join(path);
        target.parent().map_or(Ok(()), disk::make_folders)?;
        disk::rename(&folder.join(path), &target)?;
    }
    for path in listed.iter().filter(|path| !new.contains(path.as_str())) {
        remove_stale(out, path)?;
    }
    for path in &new {
        out.join(path).parent().map_or(Ok(()), disk::sync)?;
    }
    disk::rename(&folder.join(MANIFEST), &out.join(MANIFEST))?;
    disk::sync(out)?;
    disk::remove_file(&out.join(JOURNAL))?;
    disk::sync(out)
}

/// Before anything is touched: no file of somebody else is replaced, no link is followed.
fn refuse_foreign(out: &Path, path: &str, listed: &BTreeSet<String>) -> Result<()> {
    let taken = |problem: &str| {
        let place = shown_path(&out.join(path));
        Err(Error::new(Kind::Exists, problem).at(place).hint("move it away, or let --out name a new folder"))
    };
    if !inside_real_folders(out, path) {
        return taken("a link or a file stands where the output needs a folder");
    }
    match fs::symlink_metadata(out.join(path)) {
        Ok(found) if found.is_dir() => taken("a folder stands where the output needs a file"),
        Ok(_) if !listed.contains(path) => taken("this file is in the way and was not written by the earlier run"),
        _ => Ok(()),
    }
}

/// Whether every folder of `path` that exists below `out` is a folder and no link.
fn inside_real_folders(out: &Path, path: &str) -> bool {
    let folders = Path::new(path).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    folders.map(|folder| fs::symlink_metadata(out.join(folder))).all(|found| found.map_or(true, |found| found.is_dir()))
}

/// Writes the journal. After this step the folder is ours to finish, whatever happens.
fn keep_journal(folder: &Path, out: &Path, listed: &BTreeSet<String>, new: &BTreeSet<&str>) -> Result<()> {
    let both: BTreeSet<&str> = listed.iter().map(String::as_str).chain(new.iter().copied()).collect();
    let journal = Listing { files: both.into_iter().map(|path| Entry { path: path.to_owned() }).collect() };
    let bytes = serde_json::to_vec(&journal).map_err(|error| Error::bug(error.to_string()))?;
    disk::write_synced(&folder.join(JOURNAL), &bytes)?;
    disk::rename(&folder.join(JOURNAL), &out.join(JOURNAL))?;
    disk::sync(out)
}

/// Deletes a file of the earlier run, and folders that are empty without it. Only regular files
/// inside real folders: the path comes from a manifest that anyone may have edited.
fn remove_stale(out: &Path, path: &str) -> Result<()> {
    let Some(plain) = plain(path).filter(|_| inside_real_folders(out, path)) else { return Ok(()) };
    let target = out.join(&plain);
    if path == MANIFEST || !fs::symlink_metadata(&target).is_ok_and(|found| found.is_file()) {
        return Ok(());
    }
    disk::remove_file(&target)?;
    for folder in plain.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()) {
        if fs::remove_dir(out.join(folder)).is_err() {
            break;
        }
    }
    Ok(())
}

//! May this folder become the output? All refusals before any work, and the claim on the staging folder.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use super::publish::JOURNAL;
use super::{MANIFEST, disk, read};
use crate::error::{Error, Kind, Result};
use crate::limits::Limits;
use crate::text::shown_path;

/// An output folder and its staging folder, the parent resolved.
pub(super) struct Place {
    pub(super) out: PathBuf,
    pub(super) folder: PathBuf,
    shown: String,
}

/// What stands at the output folder's place.
#[derive(Debug)]
pub(super) enum Standing {
    /// Nothing, or an empty folder.
    Free,
    /// An earlier output that lists these files, complete or cut off while being replaced.
    Ours(BTreeSet<String>),
}

/// A path of an output file: relative, forward slashes, plain names that are not hidden.
/// Everything else, such as `..` or an absolute path in a hostile manifest, is `None`.
pub(super) fn plain(relative: &str) -> Option<PathBuf> {
    let sound = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':']);
    let inert = !relative.chars().any(char::is_control);
    (inert && relative.split('/').all(sound)).then(|| PathBuf::from(relative))
}

/// Resolves the parent of `out`, whose own name stays as it is.
pub(super) fn resolve(out: &Path) -> Result<Place> {
    let shown = shown_path(out).to_string();
    let Some(name) = out.file_name().filter(|_| !matches!(out.components().next_back(), Some(Component::CurDir)))
    else {
        return Err(Error::usage("this cannot become the output folder")
            .at(shown)
            .hint("let --out name a new folder, such as result"));
    };
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = parent.canonicalize().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::missing("the folder that --out shall be made in does not exist")
            .at(&shown)
            .hint(format!("make it first: mkdir -p {}", shown_path(parent))),
        _ => disk::failed(&error, parent),
    })?;
    let mut partial = std::ffi::OsString::from(".");
    partial.push(name);
    partial.push(".groundtell-partial");
    Ok(Place { out: parent.join(name), folder: parent.join(partial), shown })
}

/// Refuses an output folder that is, contains or lies inside an input.
pub(super) fn apart_from(place: &Place, inputs: &[PathBuf]) -> Result<()> {
    let local = inputs.iter().filter(|input| !input.to_str().is_some_and(crate::address::Address::is_meant));
    for input in local {
        let resolved = input.canonicalize().or_else(|_| std::path::absolute(input)).unwrap_or_else(|_| input.clone());
        let overlaps = |folder: &Path| folder.starts_with(&resolved) || resolved.starts_with(folder);
        if overlaps(&place.out) || overlaps(&place.folder) {
            return Err(Error::usage(format!("the output folder and the input {} overlap", shown_path(input)))
                .at(&place.shown)
                .hint("let --out name a folder apart from the inputs"));
        }
    }
    Ok(())
}

/// Looks at what is there and refuses what may not be replaced.
pub(super) fn standing(place: &Place, overwrite: bool) -> Result<Standing> {
    let found = match fs::symlink_metadata(&place.out) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Standing::Free),
        Err(error) => return Err(disk::failed(&error, &place.out)),
    };
    let refuse = |problem: &str| Err(Error::usage(problem).at(&place.shown).hint("let --out name a new folder"));
    if found.is_symlink() {
        return refuse("the output folder is a symbolic link");
    }
    if !found.is_dir() {
        return refuse("the output folder is a file");
    }
    if place.out.parent().and_then(|parent| parent.metadata().ok()).is_some_and(|parent| parent.dev() != found.dev()) {
        return refuse("the output folder is a mount point; results appear by renaming, which does not reach into it");
    }
    if fs::read_dir(&place.out).map_err(|error| disk::failed(&error, &place.out))?.next().is_none() {
        return Ok(Standing::Free);
    }
    if !overwrite {
        return Err(
            exists("the output folder is not empty", place).hint("add --overwrite, or let --out name a new folder")
        );
    }
    listed(place).map(Standing::Ours)
}

fn exists(problem: &str, place: &Place) -> Error {
    Error::new(Kind::Exists, problem).at(&place.shown)
}

/// The files that the old manifest lists, and those of a replacement that was cut off.
fn listed(place: &Place) -> Result<BTreeSet<String>> {
    let foreign =
        |problem: &str| exists(problem, place).hint("let --out name a new folder, or empty this one yourself");
    let mut listed = BTreeSet::new();
    let mut ours = false;
    for name in [MANIFEST, JOURNAL] {
        let path = place.out.join(name);
        if !fs::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
            continue;
        }
        let text = read::read_text(&path, Limits::default().text_bytes)?;
        let Ok(listing) = serde_json::from_str::<Listing>(&text) else {
            return Err(foreign(&format!("the {name} in the output folder is none of groundtell's")));
        };
        listed.extend(listing.files.into_iter().map(|entry| entry.path).filter(|path| plain(path).is_some()));
        ours = true;
    }
    if ours { Ok(listed) } else { Err(foreign("the output folder holds files, but no manifest.json of groundtell")) }
}

/// The part of a manifest that replacing needs.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Listing {
    pub(super) files: Vec<Entry>,
}

/// One file of a [`Listing`].
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Entry {
    pub(super) path: String,
}

/// Makes the staging folder (or takes over that of a killed run), locks it and empties it.
///
/// The lock is on the folder itself, so it needs no file that would have to go before publishing.
pub(super) fn claim(folder: &Path) -> Result<File> {
    for _ in 0..16 {
        match fs::create_dir(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => refuse_link(folder)?,
            Err(error) => {
                return Err(disk::failed(&error, folder).hint("--out needs a parent folder that you may write to"));
            }
        }
        let Ok(handle) = File::open(folder) else { continue };
        lock(&handle, folder)?;
        // Between opening and locking another run may have published or dropped this very folder.
        let same = fs::symlink_metadata(folder).is_ok_and(|there| {
            handle.metadata().is_ok_and(|held| (held.dev(), held.ino()) == (there.dev(), there.ino()))
        });
        if same {
            empty(folder)?;
            return Ok(handle);
        }
    }
    Err(busy(folder))
}

fn refuse_link(folder: &Path) -> Result<()> {
    match fs::symlink_metadata(folder) {
        Ok(found) if !found.is_dir() => Err(Error::new(Kind::Exists, "something stands where results are staged")
            .at(shown_path(folder))
            .hint("remove it if nobody needs it")),
        _ => Ok(()),
    }
}

fn lock(handle: &File, folder: &Path) -> Result<()> {
    match handle.try_lock() {
        Err(TryLockError::WouldBlock) => Err(busy(folder)),
        // Some network file systems have no such locks: two runs into one folder are then the user's to avoid.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

fn busy(folder: &Path) -> Error {
    Error::new(Kind::Environment, "another run is staging results for the same output folder")
        .at(shown_path(folder))
        .hint("wait for it, or let --out name another folder")
}

/// Removes what a killed run left.
fn empty(folder: &Path) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| disk::failed(&error, folder))?;
    for entry in entries {
        let path = entry.map_err(|error| disk::failed(&error, folder))?.path();
        let real_folder = fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir());
        let removed = if real_folder { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.map_err(|error| disk::failed(&error, &path))?;
    }
    Ok(())
}

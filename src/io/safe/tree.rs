//! The files of a product by their relative names, wherever they are: in a folder or in a zip.

#![expect(clippy::disallowed_methods, reason = "io lists folders")]

use super::zip::Archive;
use crate::error::{Error, Result};
use crate::io::bytes::{Bytes, open_file, read_whole};
use crate::limits::Limits;
use crate::text::{Foreign, shown_path};
use std::path::{Path, PathBuf};

/// Files and folders looked at below a folder; real products have about 150.
const MAX_ENTRIES: usize = 10_000;
/// Folders inside the folders of a product; real ones have four.
const MAX_DEPTH: usize = 8;

/// The files of a product. Names are relative, with `/` between their parts, in order.
pub enum Tree {
    /// A folder on disk.
    Folder {
        /// The folder, with links resolved.
        root: PathBuf,
        /// Its files.
        names: Vec<String>,
    },
    /// A zip archive.
    Zip(Archive),
}

impl Tree {
    /// Opens the folder or zip archive at `path`. The only folder at the archive's top is left out
    /// of the names.
    ///
    /// # Errors
    /// `Missing` or `Environment` from the system, `Limit` for too many files, and whatever the
    /// archive is refused for.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        if !path.is_dir() {
            return Archive::open(path, limits).map(Self::Zip);
        }
        let root = path.canonicalize().map_err(|error| Error::system(&error, shown_path(path)))?;
        let is_product = super::DOCUMENTS.iter().any(|name| root.join(name).exists());
        let mut listing = Listing { deepest: if is_product { MAX_DEPTH } else { 1 }, ..Listing::default() };
        listing.add(&root, "", 0)?;
        let mut names = listing.names;
        names.sort();
        Ok(Self::Folder { root, names })
    }

    /// The names of all files.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Folder { names, .. } => names,
            Self::Zip(archive) => archive.names(),
        }
    }

    /// Where a file of the tree is on disk; for all of an archive's, the archive.
    pub fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::Folder { root, .. } => root.join(name),
            Self::Zip(archive) => archive.path().to_owned(),
        }
    }

    /// Whether reading a file means to unpack it into memory.
    pub fn is_packed(&self, name: &str) -> bool {
        match self {
            Self::Folder { .. } => false,
            Self::Zip(archive) => archive.is_packed(name),
        }
    }

    /// A file's bytes, to be read where needed.
    ///
    /// # Errors
    /// `Unsupported` for a link that leaves the folder, and what [`Archive::bytes`] refuses.
    pub fn bytes(&self, name: &str, limits: &Limits) -> Result<Box<dyn Bytes>> {
        match self {
            Self::Folder { root, .. } => Ok(Box::new(open_file(&inside(root, name)?)?)),
            Self::Zip(archive) => archive.bytes(name, limits),
        }
    }

    /// A document, whole.
    ///
    /// # Errors
    /// `Limit` for one past `xml_bytes`, else as [`Tree::bytes`].
    pub fn text(&self, name: &str, limits: &Limits) -> Result<Vec<u8>> {
        if let Self::Zip(archive) = self {
            archive.check_size(name, limits.xml_bytes)?;
        }
        read_whole(&*self.bytes(name, limits)?, limits.xml_bytes)
    }
}

/// The path of `name` below `root` with links resolved, which must not lead out of `root`.
///
/// # Errors
/// `Missing` when it does not exist, `Unsupported` when it lies elsewhere.
pub(crate) fn inside(root: &Path, name: &str) -> Result<PathBuf> {
    let path = root.join(name).canonicalize().map_err(|error| Error::system(&error, Foreign::new(name)))?;
    if path.starts_with(root) {
        return Ok(path);
    }
    Err(Error::unsupported("this leads out of the folder that was named, and is not followed")
        .at(Foreign::new(name))
        .hint("copy the file into the folder, or name it by itself"))
}

/// Names found so far.
#[derive(Default)]
struct Listing {
    deepest: usize,
    seen: usize,
    names: Vec<String>,
}

impl Listing {
    /// Adds the names below a folder. Folders that are links are not entered.
    fn add(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<()> {
        let refuse = |error: std::io::Error| Error::system(&error, shown_path(folder));
        for entry in std::fs::read_dir(folder).map_err(refuse)? {
            let entry = entry.map_err(refuse)?;
            self.seen += 1;
            if self.seen > MAX_ENTRIES {
                return Err(Error::limit(format!("the folder holds more than {MAX_ENTRIES} files")));
            }
            let Ok(own) = entry.file_name().into_string() else { continue };
            let name = format!("{prefix}{own}");
            if !entry.file_type().map_err(refuse)?.is_dir() {
                self.names.push(name);
            } else if depth < self.deepest {
                self.add(&entry.path(), &format!("{name}/"), depth + 1)?;
            }
        }
        Ok(())
    }
}

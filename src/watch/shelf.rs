//! The folder of a watch: where everything in it lies.

use std::path::{Path, PathBuf};

use super::record::{FILE, Record};
use crate::error::Result;
use crate::io::store::{self, MANIFEST};
use crate::limits::Limits;
use crate::text::shown_path;

/// The folder of a watch.
#[derive(Debug, Clone)]
pub struct Shelf {
    root: PathBuf,
}

impl Shelf {
    /// The watch in `root`, which is made where it is missing.
    ///
    /// # Errors
    /// `Environment` when the disk fails.
    pub fn at(root: &Path) -> Result<Self> {
        store::make_folder(root)?;
        Ok(Self { root: root.to_owned() })
    }

    /// A file of the watch's folder by its plain name.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The ledger.
    pub fn ledger(&self) -> PathBuf {
        self.file("watch.sqlite")
    }

    /// Items of catalogues on the web, as they were served but for credentials.
    pub fn items(&self) -> PathBuf {
        self.file("items")
    }

    /// Acquisitions of an area.
    pub fn acquisitions(&self, area: &str) -> PathBuf {
        self.root.join("acquisitions").join(area)
    }

    /// The folder of one acquisition.
    pub fn acquisition(&self, area: &str, folder: &str) -> PathBuf {
        self.acquisitions(area).join(folder)
    }

    /// Where a source of a record lies now: a path as the job has it, or a file of this folder.
    pub fn source(&self, source: &str) -> PathBuf {
        match source.strip_prefix("items/") {
            Some(name) => self.items().join(name),
            None => PathBuf::from(source),
        }
    }

    /// The record in a folder, if one was published there.
    ///
    /// # Errors
    /// As reading it.
    pub fn record(&self, area: &str, folder: &str) -> Result<Option<Record>> {
        let place = self.acquisition(area, folder);
        if store::size_of(&place.join(MANIFEST)).is_err() {
            return Ok(None);
        }
        let path = place.join(FILE);
        let text = store::read_text(&path, Limits::default().text_bytes)?;
        Record::parse(&text).map(Some).map_err(|error| error.at(shown_path(&path)))
    }

    /// Every published record of an area with its folder, in the order in which they came in.
    ///
    /// # Errors
    /// As reading them.
    pub fn records(&self, area: &str) -> Result<Vec<(String, Record)>> {
        let mut records = Vec::new();
        for folder in store::names(&self.acquisitions(area))? {
            if let Some(record) = self.record(area, &folder)? {
                records.push((folder, record));
            }
        }
        records.sort_by_key(|(_, record)| record.sequence);
        Ok(records)
    }

    /// Removes what a killed run left unfinished.
    ///
    /// # Errors
    /// `Environment` when the disk fails.
    pub fn sweep(&self, areas: &[&str]) -> Result<()> {
        store::sweep(&self.root)?;
        store::sweep(&self.items())?;
        store::sweep(&self.file("areas"))?;
        areas.iter().try_for_each(|area| store::sweep(&self.acquisitions(area)))
    }
}

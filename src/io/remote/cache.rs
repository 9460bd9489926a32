//! The cache folder: for each version of each file the stretches that were fetched, checked when they are read, the
//! longest unused thrown out when there are too many bytes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use crate::address::Address;
use crate::error::Result;
use crate::io::http::Version;
use crate::io::store::{self, Scratch, keep};
use crate::limits::Limits;

/// What is known of an address: its last version.
#[derive(Serialize, Deserialize)]
struct Card {
    address: String,
    version: Version,
}

/// A cache on disk. Several runs may share one.
#[derive(Debug)]
pub struct Cache {
    root: PathBuf,
    /// Bytes that it may hold.
    limit: u64,
    /// Bytes that it held when last looked at, and those added since.
    held: AtomicU64,
    /// Entries that this run uses: none of them is thrown out.
    used: Mutex<BTreeSet<String>>,
    /// Nothing more can be thrown out.
    full: AtomicBool,
    /// The folder of a cache for this run alone.
    _scratch: Option<Scratch>,
}

impl Cache {
    /// The cache in `root`, made where it is missing, with room for `limit` bytes.
    ///
    /// # Errors
    /// `Environment` when the folder cannot be made or read.
    pub fn at(root: &Path, limit: u64) -> Result<Self> {
        Self::new(root.to_owned(), limit, None)
    }

    /// A cache for this run alone.
    ///
    /// # Errors
    /// As [`Cache::at`].
    pub fn scratch() -> Result<Self> {
        let scratch = Scratch::new()?;
        Self::new(scratch.path().to_owned(), u64::MAX, Some(scratch))
    }

    fn new(root: PathBuf, limit: u64, scratch: Option<Scratch>) -> Result<Self> {
        store::make_folder(&root.join("names"))?;
        store::make_folder(&root.join("files"))?;
        let cache = Self {
            root,
            limit,
            held: AtomicU64::new(0),
            used: Mutex::default(),
            full: AtomicBool::new(false),
            _scratch: scratch,
        };
        let held = cache.entries()?.iter().map(|(_, _, bytes)| bytes).sum();
        cache.held.store(held, Ordering::Relaxed);
        Ok(cache)
    }

    /// The version of a file that was seen last.
    pub(super) fn version(&self, address: &Address) -> Option<Version> {
        let path = self.root.join("names").join(self.card(address));
        let text = store::read_text(&path, Limits::default().text_bytes).ok()?;
        let card: Card = serde_json::from_str(&text).ok()?;
        (card.address == address.inert()).then_some(card.version)
    }

    /// The entry of a version, which becomes the one seen last.
    ///
    /// # Errors
    /// `Environment` when the disk fails.
    pub(super) fn entry(&self, address: &Address, version: &Version) -> Result<Entry> {
        let key = key(address, version);
        self.used.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone());
        let entry = Entry::open(&self.root.join("files").join(key))?;
        if version.is_known() && self.version(address).as_ref() != Some(version) {
            let card = Card { address: address.inert(), version: version.clone() };
            let text = serde_json::to_vec(&card).map_err(|error| crate::Error::bug(error.to_string()))?;
            keep::write(&self.root.join("names"), &self.card(address), &text)?;
        }
        Ok(entry)
    }

    fn card(&self, address: &Address) -> String {
        format!("{}.json", store::sha256_hex(address.inert().as_bytes()))
    }

    /// Notes that `bytes` were added, and throws out what was not used for longest where that is too many. False
    /// the first time that the limit is passed all the same.
    pub(super) fn added(&self, bytes: u64) -> bool {
        let held = self.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if held <= self.limit || self.full.load(Ordering::Relaxed) {
            return true;
        }
        let left = self.throw_out();
        left <= self.limit || self.full.swap(true, Ordering::Relaxed)
    }

    /// Throws out entries that nobody uses, longest unused first; the bytes that are left.
    fn throw_out(&self) -> u64 {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entries = self.entries().unwrap_or_default();
        let mut held: u64 = entries.iter().map(|(_, _, bytes)| bytes).sum();
        entries.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
        for (name, _, bytes) in entries {
            if held <= self.limit {
                break;
            }
            if !used.contains(&name) && keep::remove_unused(&self.root.join("files").join(&name)) {
                held -= bytes;
            }
        }
        self.held.store(held, Ordering::Relaxed);
        held
    }

    /// Every entry: name, when it was last used, bytes.
    fn entries(&self) -> Result<Vec<(String, Option<std::time::SystemTime>, u64)>> {
        let folder = self.root.join("files");
        let names = keep::list(&folder)?.into_iter().map(|kept| kept.name);
        let entry = |name: String| {
            let files = keep::list(&folder.join(&name)).unwrap_or_default();
            let used = files.iter().find(|file| file.name == super::entry::MARK).and_then(|file| file.changed);
            let bytes = files.iter().map(|file| file.bytes).sum();
            (name, used, bytes)
        };
        Ok(names.map(entry).collect())
    }
}

/// The name of an entry. A file without a version is never taken for one of another run.
fn key(address: &Address, version: &Version) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut words = format!("{}\n", address.inert());
    match (&version.etag, &version.modified) {
        (Some(tag), _) => words.push_str(tag),
        (None, Some(date)) => words.push_str(date),
        (None, None) => {
            words.push_str(&format!("run {} {}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)))
        }
    }
    store::sha256_hex(format!("{words}\n{}", version.length).as_bytes())
}

//! A file on a server as bytes that can be read at any place: what is asked for is fetched by ranges, kept in a
//! cache, and read from there. What was not fetched is never made up.

mod cache;
mod entry;
mod extents;
mod fetch;

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub use self::cache::Cache;
use self::entry::{Entry, Found};
pub use self::extents::{Extent, Extents, requests};
pub use self::fetch::Fetch;
use crate::address::Address;
use crate::error::{Error, Kind, Result};
use crate::io::bytes::Bytes;
use crate::io::http::{Http, Opened, Version};
use crate::io::store::Sums;

/// Bytes of the first request: the directories of a COG lie in front, and those of a whole tile fit.
const HEAD: u64 = 32 << 10;
/// A missing stretch that is read without having been planned is asked for with so many bytes at least.
const LEAST: u64 = 16 << 10;
/// Stretches with no larger gap between them are asked for together.
pub const GAP: u64 = 64 << 10;
/// Bytes of one request at most.
pub const MOST: u64 = 4 << 20;
/// How often a damaged stretch of the cache is fetched again before the disk is given up.
const ROUNDS: usize = 3;

/// What befell the files of a run.
#[derive(Default)]
pub(super) struct Troubles {
    /// The first failure: what was not read because of it must not pass for read.
    failure: Mutex<Option<Error>>,
    notes: Mutex<Vec<String>>,
}

impl Troubles {
    /// The first failure so far.
    pub(super) fn failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(Error::clone_words)
    }

    fn keep(&self, error: Error) -> Error {
        let mut first = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(|| error.clone_words());
        error
    }

    /// Notes something for the user, once.
    fn note(&self, line: String) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        if !notes.contains(&line) {
            notes.push(line);
        }
    }

    /// What the user should know, in a fixed order.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        notes.sort_unstable();
        notes
    }
}

/// A file on a server in one version.
pub struct RemoteFile {
    http: Arc<Http>,
    cache: Arc<Cache>,
    address: Address,
    version: Version,
    entry: Entry,
    /// What a reader asked for, which is what the result depends on.
    read: Mutex<Extents>,
    /// Held while a stretch that nobody planned is fetched, so that one thread does it.
    fetching: Mutex<()>,
    troubles: Arc<Troubles>,
    /// The checksum of the whole file that an item told.
    expected: OnceLock<String>,
}

/// What a manifest records of a remote input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Bytes of the whole file.
    pub bytes: u64,
    /// Its entity tag, or else when it was last changed by the server's word.
    pub etag: Option<String>,
    /// Bytes that were read of it.
    pub read: u64,
    /// SHA-256 of the bytes that were read, in the order of their offsets.
    pub sha256: String,
    /// Whether the whole file was fetched and has the checksum that its item tells.
    pub verified: bool,
}

impl RemoteFile {
    /// Opens the file at `address`: its head is fetched, or what is cached of it found to be current. Without the
    /// network what is cached is taken as it is.
    ///
    /// # Errors
    /// As [`Http::open`]; `Unsupported` for what is no GeoTIFF; `Environment` when the disk fails.
    pub(super) fn open(
        http: &Arc<Http>,
        cache: &Arc<Cache>,
        troubles: &Arc<Troubles>,
        address: &Address,
    ) -> Result<Self> {
        let known = cache.version(address);
        let kept = known.as_ref().map(|version| cache.entry(address, version)).transpose()?;
        let kept = kept.filter(|entry| known.as_ref().is_some_and(|version| entry.missing(head(version)).is_empty()));
        let held = known.filter(|_| kept.is_some());
        let (version, entry) = match (held, kept) {
            (Some(version), Some(entry)) if http.policy().offline => (version, entry),
            (held, kept) => match (http.open(address, HEAD, held.as_ref())?, held, kept) {
                (Opened::Unchanged, Some(version), Some(entry)) => (version, entry),
                (Opened::Fresh(version, bytes), ..) => {
                    geotiff(&bytes, address)?;
                    let entry = cache.entry(address, &version)?;
                    if entry.missing((0, bytes.len() as u64)) == [(0, bytes.len() as u64)] {
                        entry.put(0, &bytes)?;
                        note_full(cache, troubles, bytes.len() as u64);
                    }
                    (version, entry)
                }
                _ => {
                    return Err(
                        Error::malformed("the server says that nothing changed, and nothing is known").at(address)
                    );
                }
            },
        };
        Ok(Self {
            http: Arc::clone(http),
            cache: Arc::clone(cache),
            address: address.clone().with_raw_query(None).without_user(),
            version,
            entry,
            read: Mutex::default(),
            fetching: Mutex::default(),
            troubles: Arc::clone(troubles),
            expected: OnceLock::new(),
        })
    }

    /// Where it is, without credentials.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Which version it is.
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Takes over what an item says of the whole file: a multihash of SHA-256, as STAC's `file:checksum` has it;
    /// others are left aside.
    pub fn expect(&self, multihash: &str) {
        let digits = multihash.to_ascii_lowercase();
        if let Some(sum) = digits.strip_prefix("1220").filter(|sum| sum.len() == 64) {
            let _ = self.expected.set(sum.to_owned());
        }
    }

    /// Whether the whole file was fetched and is what its item says; false where only parts were, or nothing was
    /// said.
    ///
    /// # Errors
    /// `Mismatch` when it is not; as reading.
    fn verified(&self) -> Result<bool> {
        let whole = (0, self.version.length);
        let (Some(expected), true) = (self.expected.get(), self.entry.missing(whole).is_empty()) else {
            return Ok(false);
        };
        if self.sum(&[whole].into_iter().collect())? == *expected {
            return Ok(true);
        }
        Err(Error::mismatch("the file does not have the checksum that its item tells")
            .at(&self.address)
            .hint("the item or the file was replaced: fetch the item again"))
    }

    /// The requests for what is missing of `wanted`.
    fn requests(&self, wanted: &Extents) -> Vec<Extent> {
        let inside: Extents = wanted.iter().filter(|(at, length)| at + length <= self.version.length).collect();
        requests(&inside, &self.entry.extents(), GAP, MOST)
    }

    /// Fetches one stretch that is not held.
    fn fetch(&self, (offset, length): Extent) -> Result<()> {
        let bytes = self
            .http
            .range(&self.address, &self.version, (offset, length))
            .map_err(|error| self.troubles.keep(error))?;
        self.entry.put(offset, &bytes)?;
        note_full(&self.cache, &self.troubles, length);
        Ok(())
    }

    /// Fetches what a reader wants and nobody planned.
    fn fetch_now(&self, wanted: Extent) -> Result<()> {
        let _one = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(failure) = self.troubles.failure() {
            return Err(failure);
        }
        let wide = (wanted.0, wanted.1.max(LEAST).min(self.version.length - wanted.0));
        if self.entry.missing(wanted).is_empty() {
            return Ok(());
        }
        let held = self.entry.extents();
        requests(&[wide].into_iter().collect(), &held, 0, MOST).into_iter().try_for_each(|extent| self.fetch(extent))
    }

    /// Fills `into`, fetching what is missing.
    fn fill(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        for _ in 0..ROUNDS {
            match self.entry.read(offset, into) {
                Found::Whole => return Ok(()),
                Found::Absent => self.fetch_now((offset, into.len() as u64))?,
                Found::Damaged => {
                    self.troubles
                        .note(format!("{}: a part of the cache was damaged and is fetched again", self.address));
                    self.fetch_now((offset, into.len() as u64))?;
                }
            }
        }
        if self.entry.read(offset, into) == Found::Whole {
            return Ok(());
        }
        Err(Error::new(Kind::Environment, "what is written to the cache does not come back")
            .at(&self.address)
            .hint("check the disk of the cache, or name another folder with --cache"))
    }

    /// What was read, for a manifest: the same for any number of threads.
    ///
    /// # Errors
    /// As reading.
    pub fn record(&self) -> Result<Record> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sha256 = self.sum(&read)?;
        let Version { etag, modified, length } = &self.version;
        let (etag, verified) = (etag.clone().or_else(|| modified.clone()), self.verified()?);
        Ok(Record { bytes: *length, etag, read: read.bytes(), sha256, verified })
    }

    fn sum(&self, extents: &Extents) -> Result<String> {
        let mut sums = Sums::new();
        for (offset, length) in extents.iter() {
            let mut at = offset;
            while at < offset + length {
                let mut piece = vec![0; MOST.min(offset + length - at) as usize];
                self.fill(at, &mut piece)?;
                sums.add(&piece);
                at += piece.len() as u64;
            }
        }
        Ok(sums.finish())
    }
}

impl Bytes for RemoteFile {
    fn len(&self) -> u64 {
        self.version.length
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(into.len() as u64).filter(|end| *end <= self.version.length);
        end.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        self.read.lock().unwrap_or_else(PoisonError::into_inner).add((offset, into.len() as u64));
        self.fill(offset, into).map_err(io::Error::other)
    }
}

impl std::fmt::Debug for RemoteFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteFile").field("address", &self.address).finish_non_exhaustive()
    }
}

/// The stretch that opening reads.
fn head(version: &Version) -> Extent {
    (0, HEAD.min(version.length))
}

fn note_full(cache: &Cache, troubles: &Troubles, bytes: u64) {
    if !cache.added(bytes) {
        troubles.note("the cache holds more than --cache-size allows, because this run uses all of it".to_owned());
    }
}

/// Refuses what is no GeoTIFF before any of it is kept.
fn geotiff(bytes: &[u8], address: &Address) -> Result<()> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
        return Ok(());
    }
    let (what, hint) = if starts(b"\0\0\0\x0cjP  ") || starts(b"\xff\x4f\xff\x51") {
        (
            "a JPEG 2000, which is not read over the web",
            "take the COGs of another catalogue, such as Earth Search, or download the file",
        )
    } else {
        ("no GeoTIFF", "only cloud-optimised GeoTIFFs are read over the web: download the file and name it instead")
    };
    Err(Error::unsupported(format!("this is {what}")).at(address).hint(hint))
}

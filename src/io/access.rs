//! The way to servers, where a run has one: whoever opens a product is handed it, and without it nothing is reached.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::http::{Http, PlanetaryComputer};
use super::remote::{Cache, Extents, Fetch, Record, RemoteFile, Troubles};
use super::store::sha256_hex;
use crate::address::Address;
use crate::error::{Error, Result};
use crate::stac::peer::Peer;

/// A client and its cache, shared by a whole run; or nothing, which is the default.
#[derive(Clone, Default)]
pub struct Access(Option<Arc<Open>>);

/// Where what is fetched is kept.
#[derive(Debug, Clone)]
pub enum Storage {
    /// A folder that outlives the run.
    Folder {
        /// Where it is.
        root: PathBuf,
        /// Bytes that it may hold.
        most: u64,
    },
    /// A folder for this run alone.
    ThisRun,
}

struct Open {
    http: Arc<Http>,
    storage: Storage,
    /// Opened when it is first needed.
    cache: Mutex<Option<Arc<Cache>>>,
    troubles: Arc<Troubles>,
    /// Files by their inert addresses: each is opened once a run.
    files: Mutex<BTreeMap<String, Arc<RemoteFile>>>,
    /// Documents that were read.
    documents: Mutex<BTreeMap<String, Record>>,
}

impl Access {
    /// Access through `http`, with what is fetched kept in `storage`.
    pub fn new(http: Arc<Http>, storage: Storage) -> Self {
        Self(Some(Arc::new(Open {
            http,
            storage,
            cache: Mutex::default(),
            troubles: Arc::default(),
            files: Mutex::default(),
            documents: Mutex::default(),
        })))
    }

    /// Whether there is a way at all.
    pub fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// The client.
    pub fn http(&self) -> Option<&Arc<Http>> {
        self.0.as_deref().map(|open| &open.http)
    }

    /// Keeps the credentials of an address; its inert form is enough from now on. Files of the Planetary Computer's
    /// catalogue are signed there.
    ///
    /// # Errors
    /// As [`Http::remember`].
    pub fn remember(&self, address: &Address) -> Result<()> {
        let Some(open) = &self.0 else { return Ok(()) };
        if let Some(signer) = PlanetaryComputer::of(address) {
            open.http.sign_with(Box::new(signer));
        }
        open.http.remember(address)
    }

    /// The file at `address`.
    ///
    /// # Errors
    /// `Unsupported` without access, else as opening it.
    pub fn open(&self, address: &Address) -> Result<Arc<RemoteFile>> {
        let open = self.opened(address)?;
        let key = address.inert();
        if let Some(file) = open.files().get(&key) {
            return Ok(Arc::clone(file));
        }
        open.http.remember(address)?;
        let file = Arc::new(RemoteFile::open(&open.http, &open.cache()?, &open.troubles, address)?);
        Ok(Arc::clone(open.files().entry(key).or_insert(file)))
    }

    /// As [`Access::open`] for several files, opened several at a time; in their order.
    pub fn open_all(&self, addresses: &[Address]) -> Vec<Result<Arc<RemoteFile>>> {
        let flights = self.http().map_or(1, |http| http.policy().requests);
        let (next, opened) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
        let worker = || {
            while let Some((number, address)) = take(addresses, &next) {
                let file = self.open(address);
                opened.lock().unwrap_or_else(PoisonError::into_inner).insert(number, file);
            }
        };
        std::thread::scope(|scope| (0..flights.min(addresses.len())).for_each(|_| drop(scope.spawn(worker))));
        let opened = opened.into_inner().unwrap_or_else(PoisonError::into_inner);
        opened.into_values().collect()
    }

    /// The document at `address`, at most `most` bytes.
    ///
    /// # Errors
    /// `Unsupported` without access, else as [`Peer::get`].
    pub fn document(&self, address: &Address, most: u64) -> Result<Vec<u8>> {
        let open = self.opened(address)?;
        let bytes = open.http.get(address, most)?;
        let length = bytes.len() as u64;
        let record = Record { bytes: length, etag: None, read: length, sha256: sha256_hex(&bytes), verified: false };
        open.documents.lock().unwrap_or_else(PoisonError::into_inner).insert(address.inert(), record);
        Ok(bytes)
    }

    /// What is to be fetched of these files, several requests in flight.
    pub fn plan(&self, wanted: Vec<(Arc<RemoteFile>, Extents)>) -> Fetch {
        Fetch::new(wanted, self.http().map_or(1, |http| http.policy().requests))
    }

    /// What was read of a remote input; None for a local file.
    ///
    /// # Errors
    /// As reading.
    pub fn record(&self, input: &Path) -> Result<Option<Record>> {
        let Some((open, input)) = self.0.as_ref().zip(input.to_str()) else { return Ok(None) };
        let file = open.files().get(input).cloned();
        if let Some(file) = file {
            return file.record().map(Some);
        }
        Ok(open.documents.lock().unwrap_or_else(PoisonError::into_inner).get(input).cloned())
    }

    /// Refuses to go on where anything that was wanted could not be fetched: it must not pass for unseen.
    ///
    /// # Errors
    /// The first failure of this run.
    pub fn sound(&self) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |open| open.troubles.none())
    }

    /// What the user should know of how it went.
    pub fn notes(&self) -> Vec<String> {
        self.0.as_ref().map_or_else(Vec::new, |open| open.troubles.notes())
    }

    fn opened(&self, address: &Address) -> Result<&Arc<Open>> {
        self.0.as_ref().ok_or_else(|| {
            Error::unsupported("the asset lies on a server")
                .at(address)
                .hint("download the item's bands beside it and make its hrefs relative")
        })
    }
}

/// The next of a list that several threads work off.
fn take<'a>(addresses: &'a [Address], next: &AtomicUsize) -> Option<(usize, &'a Address)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    addresses.get(number).map(|address| (number, address))
}

impl Open {
    fn cache(&self) -> Result<Arc<Cache>> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cache) = cache.as_ref() {
            return Ok(Arc::clone(cache));
        }
        let opened = Arc::new(match &self.storage {
            Storage::Folder { root, most } => Cache::at(root, *most)
                .map_err(|error| error.hint("name another folder with --cache, or keep nothing with --no-cache"))?,
            Storage::ThisRun => Cache::scratch()?,
        });
        *cache = Some(Arc::clone(&opened));
        Ok(opened)
    }

    fn files(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<RemoteFile>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_open() { "Access(open)" } else { "Access(none)" })
    }
}

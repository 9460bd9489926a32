//! From flags to the way to servers: client, signer, cache. Addresses as typed lose their credentials here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::Network;
use super::progress::signal_code;
use super::talk::Talk;
use crate::address::Address;
use crate::error::{Error, Result};
use crate::io::access::{Access, Storage};
use crate::io::http::{Http, PlanetaryComputer, Policy};
use crate::limits::Limits;
use crate::stac::catalogue::Catalogue;
use crate::stac::entry::Place;
use crate::stac::peer::Peer;

/// What a cache may keep unless the user says otherwise, in GB.
const CACHE_GB: f64 = 20.0;

impl Network {
    /// The way to servers that the flags allow. Nothing is reached and no folder made before something is opened.
    ///
    /// # Errors
    /// `Usage` for a size or an address that makes no sense.
    pub fn access(&self) -> Result<Access> {
        Ok(Access::new(self.http()?, self.storage()?))
    }

    /// The same client as somebody who answers with documents.
    ///
    /// # Errors
    /// As [`Network::access`].
    pub fn peer(&self) -> Result<Arc<dyn Peer>> {
        Ok(self.http()?)
    }

    fn http(&self) -> Result<Arc<Http>> {
        let standard = Policy::default();
        let http = Http::new(Policy {
            loopback: self.loopback_http,
            offline: self.offline,
            requests: self.requests.map_or(standard.requests, |requests| requests as usize),
            stopped: || signal_code().is_some(),
            ..standard
        });
        if let Some(endpoint) = &self.sign {
            let endpoint = Address::parse(endpoint)?;
            http.remember(&endpoint)?;
            http.sign_with(Box::new(PlanetaryComputer::new(endpoint)));
        }
        Ok(Arc::new(http))
    }

    fn storage(&self) -> Result<Storage> {
        let size = self.cache_size.unwrap_or(CACHE_GB);
        if !(size.is_finite() && size > 0.0) {
            return Err(Error::usage(format!("--cache-size {size} keeps nothing"))
                .hint("--no-cache keeps nothing beyond a run"));
        }
        let folder = self.cache.clone().or_else(usual_folder).filter(|_| !self.no_cache);
        Ok(folder.map_or(Storage::ThisRun, |root| Storage::Folder { root, most: (size * 1e9) as u64 }))
    }
}

/// The cache's folder by the habit of the system; None where it says of none.
fn usual_folder() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")));
    caches.map(|caches| caches.join("groundtell"))
}

/// The catalogue at `place`, read over `access` where it lies on a server.
///
/// # Errors
/// As [`Catalogue::open`].
pub(super) fn catalogue(place: Place, access: &Access, limits: Limits) -> Result<Catalogue<'_>> {
    if let Place::Web(address) = &place {
        access.remember(address)?;
    }
    Catalogue::open(place, access.http().map(|http| &**http as &dyn Peer), limits)
}

/// A path as the pipeline takes it: of an address without its credentials, which the client keeps.
///
/// # Errors
/// `Usage` for what is no address though it starts like one.
pub(super) fn kept(path: &Path, access: &Access) -> Result<PathBuf> {
    let Some(text) = path.to_str().filter(|text| Address::is_meant(text)) else { return Ok(path.to_owned()) };
    let address = Address::parse(text)?;
    access.remember(&address)?;
    Ok(PathBuf::from(address.inert()))
}

/// As [`kept`], for several.
///
/// # Errors
/// As [`kept`].
pub(super) fn all_kept(paths: &[PathBuf], access: &Access) -> Result<Vec<PathBuf>> {
    paths.iter().map(|path| kept(path, access)).collect()
}

/// Tells what befell the network.
pub(super) fn tell(access: &Access, talk: &Talk) {
    access.notes().iter().for_each(|line| talk.note(&format!("note: {line}")));
}

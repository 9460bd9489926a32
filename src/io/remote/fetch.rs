//! Fetching what a plan needs before it is needed: several requests in flight, over all files together.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::extents::{Extent, Extents};
use super::{RemoteFile, Troubles};
use crate::error::{Error, Result};

/// The requests of a plan, ready to be sent.
pub struct Fetch {
    requests: Vec<(Arc<RemoteFile>, Extent)>,
    flights: usize,
}

impl Fetch {
    /// What is missing of the files; files that are named twice are asked for once.
    pub(in crate::io) fn new(wanted: Vec<(Arc<RemoteFile>, Extents)>, flights: usize) -> Self {
        let mut files: Vec<(Arc<RemoteFile>, Extents)> = Vec::new();
        for (file, extents) in wanted {
            match files.iter_mut().find(|(own, _)| Arc::ptr_eq(own, &file)) {
                Some((_, known)) => extents.iter().for_each(|extent| known.add(extent)),
                None => files.push((file, extents)),
            }
        }
        let requests = files.iter().flat_map(|(file, extents)| {
            file.requests(extents).into_iter().map(move |extent| (Arc::clone(file), extent))
        });
        Self { requests: requests.collect(), flights }
    }

    /// Requests to be sent.
    pub fn requests(&self) -> usize {
        self.requests.len()
    }

    /// Bytes to be fetched.
    pub fn bytes(&self) -> u64 {
        self.requests.iter().map(|(_, (_, length))| length).sum()
    }

    /// Sends them; `done` hears of the bytes of each.
    ///
    /// # Errors
    /// As fetching: the first failure ends it, and what was fetched until then is kept.
    pub fn run(&self, done: &(dyn Fn(u64) + Sync)) -> Result<()> {
        let (next, halt) = (AtomicUsize::new(0), AtomicBool::new(false));
        let failure: Mutex<Option<(usize, Error)>> = Mutex::new(None);
        let worker = || {
            while !halt.load(Ordering::Relaxed) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some((file, extent)) = self.requests.get(number) else { break };
                match file.fetch(*extent) {
                    Ok(()) => done(extent.1),
                    Err(error) => {
                        halt.store(true, Ordering::Relaxed);
                        let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                        if first.as_ref().is_none_or(|(earlier, _)| number < *earlier) {
                            *first = Some((number, error));
                        }
                    }
                }
            }
        };
        let flights = self.flights.clamp(1, self.requests.len().max(1));
        // Threads of their own: they wait for the network, and the pool's are for work.
        std::thread::scope(|scope| (0..flights).for_each(|_| drop(scope.spawn(worker))));
        match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }
}

impl Troubles {
    /// As long as nothing failed.
    ///
    /// # Errors
    /// The first failure.
    pub(in crate::io) fn none(&self) -> Result<()> {
        self.failure().map_or(Ok(()), Err)
    }
}

//! The one place where a run gets its way to servers.

use std::sync::Arc;

use super::args::Web;
use super::progress;
use crate::error::Result;
use crate::io::access::Access;
use crate::io::http::{Http, Policy};
use crate::io::remote::Cache;

/// Bytes that a cache may hold.
const CACHE_BYTES: u64 = 10 << 30;

/// The way to servers as the command line has it. Nothing is connected yet.
///
/// # Errors
/// `Environment` when the cache cannot be made.
pub(super) fn access(asked: &Web) -> Result<Access> {
    let policy = Policy {
        loopback: asked.loopback_http,
        offline: asked.offline,
        stopped: || progress::signal_code().is_some(),
        ..Policy::default()
    };
    let cache = match &asked.cache {
        Some(folder) => Cache::at(folder, CACHE_BYTES)?,
        None => Cache::scratch()?,
    };
    Ok(Access::new(Arc::new(Http::new(policy)), cache))
}

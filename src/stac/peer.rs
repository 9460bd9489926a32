//! Whom a catalogue is read from: something that answers requests with bounded documents.

use serde_json::Value;

use crate::address::Address;
use crate::error::Result;

/// A server, or what stands for one in a test. Retries, time limits and the rules on which hosts may be
/// reached are its own.
pub trait Peer: Send + Sync {
    /// The document at `address`, at most `most` bytes.
    ///
    /// # Errors
    /// `Environment` when it cannot be had now, `Missing` when there is none, `Limit` when it is too large,
    /// `Unsupported` for an address that may not be opened.
    fn get(&self, address: &Address, most: u64) -> Result<Vec<u8>>;

    /// The answer to a JSON document sent to `address`.
    ///
    /// # Errors
    /// As [`Peer::get`].
    fn post(&self, address: &Address, body: &Value, most: u64) -> Result<Vec<u8>>;
}

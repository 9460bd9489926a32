//! Documents that are sent to somebody who asked to be told, with headers of their own.

use super::Http;
use super::exchange::{Ask, Tried};
use crate::address::Address;
use crate::error::Result;

impl Http {
    /// Sends a JSON document; any status of success will do, and what is answered is not read.
    ///
    /// # Errors
    /// `Environment` when nobody took it, `Unsupported` for an address that may not be opened or a refusal for good.
    pub fn tell(&self, address: &Address, body: &[u8], headers: &[(&'static str, String)]) -> Result<()> {
        self.persist(address, || self.told(address, body, headers))
    }

    fn told(&self, address: &Address, body: &[u8], headers: &[(&'static str, String)]) -> Tried<()> {
        let mut all = vec![("content-type", "application/json".to_owned())];
        all.extend(headers.iter().cloned());
        let answer = self.exchange(&Ask { address, headers: all, body: Some(body.to_vec()) }, address)?;
        if (200..300).contains(&answer.status()) { Ok(()) } else { Err(answer.failure(address)) }
    }
}

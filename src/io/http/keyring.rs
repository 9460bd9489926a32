//! Addresses with their credentials, kept apart from everything that is shown or stored.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::address::Address;
use crate::error::{Error, Result};

/// Whole addresses by their inert form.
#[derive(Default)]
pub(super) struct Keyring(Mutex<BTreeMap<String, Address>>);

impl Keyring {
    /// Keeps the credentials of an address.
    ///
    /// # Errors
    /// `Unsupported` when another address differs from it in nothing but a query that is no signature: they
    /// would be taken for one.
    pub(super) fn keep(&self, address: &Address) -> Result<()> {
        let bare = address.query().is_none() && !address.has_user();
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match ring.get(&address.inert()) {
            Some(_) if bare => return Ok(()),
            Some(known) if meant(known) != meant(address) => {
                return Err(Error::unsupported("two addresses differ in their query alone, and cannot be told apart")
                    .at(address)
                    .hint("files are told apart by the paths of their addresses"));
            }
            _ => {}
        }
        ring.insert(address.inert(), address.clone());
        Ok(())
    }

    /// The address as it is to be asked for.
    pub(super) fn whole(&self, address: &Address) -> Address {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bare = address.query().is_none() && !address.has_user();
        ring.get(&address.inert()).filter(|_| bare).unwrap_or(address).clone()
    }
}

/// Whether the query holds a signature or token.
pub(super) fn is_signed(address: &Address) -> bool {
    address.query_pairs().iter().any(|(key, _)| is_signature(key))
}

/// The part of a query that says what is meant, rather than who may have it.
fn meant(address: &Address) -> Vec<(String, String)> {
    address.query_pairs().into_iter().filter(|(key, _)| !is_signature(key)).collect()
}

/// Parameters of shared access signatures (Azure), signed URLs (S3, GCS, CloudFront) and tokens.
fn is_signature(key: &str) -> bool {
    const KNOWN: [&str; 29] = [
        "sv",
        "ss",
        "srt",
        "sp",
        "se",
        "st",
        "spr",
        "sig",
        "sr",
        "sip",
        "si",
        "sdd",
        "ses",
        "skoid",
        "sktid",
        "skt",
        "ske",
        "sks",
        "skv",
        "saoid",
        "suoid",
        "scid",
        "awsaccesskeyid",
        "signature",
        "expires",
        "policy",
        "key-pair-id",
        "token",
        "access_token",
    ];
    let key = key.to_ascii_lowercase();
    KNOWN.contains(&key.as_str()) || key.starts_with("x-amz-") || key.starts_with("x-goog-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn the_signature_comes_back_and_a_new_one_replaces_it() {
        let ring = Keyring::default();
        ring.keep(&address("https://h.example/a.tif?sv=1&sig=OLD")).unwrap();
        ring.keep(&address("https://h.example/a.tif")).unwrap();
        assert!(ring.whole(&address("https://h.example/a.tif")).whole().contains("sig=OLD"));
        ring.keep(&address("https://h.example/a.tif?sv=1&sig=NEW")).unwrap();
        assert!(ring.whole(&address("https://h.example/a.tif")).whole().contains("sig=NEW"));
        assert_eq!(ring.whole(&address("https://h.example/b.tif")).query(), None);
    }

    #[test]
    fn files_that_a_query_tells_apart_are_refused() {
        let ring = Keyring::default();
        ring.keep(&address("https://h.example/get?band=B04&token=SECRET")).unwrap();
        let error = ring.keep(&address("https://h.example/get?band=B12&token=SECRET")).unwrap_err();
        assert!(!format!("{error:?}").contains("SECRET"));
    }
}

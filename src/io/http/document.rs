//! Whole documents, bounded: what catalogues and signing endpoints answer.

use serde_json::Value;

use super::Http;
use super::exchange::{Ask, Tried};
use crate::address::Address;
use crate::error::{Error, Result};
use crate::stac::peer::Peer;

/// What is understood of a catalogue.
const ACCEPT: &str = "application/geo+json, application/json;q=0.9, */*;q=0.1";

impl Peer for Http {
    fn get(&self, address: &Address, most: u64) -> Result<Vec<u8>> {
        self.persist(address, || self.document(address, None, most))
    }

    fn post(&self, address: &Address, body: &Value, most: u64) -> Result<Vec<u8>> {
        let sent = serde_json::to_vec(body).map_err(|error| Error::bug(error.to_string()))?;
        self.persist(address, || self.document(address, Some(&sent), most))
    }
}

impl Http {
    fn document(&self, address: &Address, body: Option<&Vec<u8>>, most: u64) -> Tried<Vec<u8>> {
        let mut headers = vec![("accept", ACCEPT.to_owned())];
        if body.is_some() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        let ask = Ask { address, headers, body: body.cloned() };
        let answer = self.exchange(&ask, &self.keyring.whole(address))?;
        if !matches!(answer.status(), 200 | 201) {
            return Err(answer.failure(address));
        }
        if answer.is_html() {
            return Err(web_page(address).into());
        }
        if answer.is_packed() {
            return Err(Error::unsupported("the answer is packed, which was not asked for").at(address).into());
        }
        if answer.length().is_some_and(|length| length > most) {
            return Err(Error::limit(format!("the answer is longer than {most} bytes")).at(address).into());
        }
        let mut bytes = Vec::new();
        self.body(answer, most, &mut bytes, address)?;
        Ok(bytes)
    }
}

/// The refusal of a page for people.
pub(super) fn web_page(address: &Address) -> Error {
    Error::unsupported("the server answered with a web page (HTML) instead of data")
        .at(address)
        .hint("a login or an error page may stand before it: open the address in a browser")
}

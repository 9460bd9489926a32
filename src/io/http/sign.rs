//! Signatures that storage asks for, had from a signing endpoint.

use serde::Deserialize;

use super::Http;
use crate::address::Address;
use crate::error::{Error, Result};
use crate::stac::peer::Peer;

/// Something that adds a signature to addresses.
pub trait Signer: Send + Sync {
    /// Whether it signs this address.
    fn signs(&self, address: &Address) -> bool;

    /// The address with a fresh signature.
    ///
    /// # Errors
    /// As asking for one; `Malformed` when the answer is none.
    fn sign(&self, http: &Http, address: &Address) -> Result<Address>;
}

/// Bytes of a signing endpoint's answer at most.
const MOST: u64 = 64 << 10;

/// The signing endpoint of the Planetary Computer, for files in Azure's blob storage
/// (<https://planetarycomputer.microsoft.com/docs/concepts/sas/>).
pub struct PlanetaryComputer {
    endpoint: Address,
}

/// What the endpoint answers.
#[derive(Deserialize)]
struct Signed {
    href: String,
}

impl PlanetaryComputer {
    /// The host of the catalogue.
    pub const HOST: &str = "planetarycomputer.microsoft.com";

    /// Signs at `endpoint`.
    pub fn new(endpoint: Address) -> Self {
        Self { endpoint }
    }

    /// Signs at the endpoint of the catalogue that `address` belongs to, if it is this one.
    pub fn of(address: &Address) -> Option<Self> {
        let own = address.host() == Self::HOST && address.is_encrypted();
        own.then(|| address.join("/api/sas/v1/sign").ok().map(Self::new)).flatten()
    }
}

impl Signer for PlanetaryComputer {
    fn signs(&self, address: &Address) -> bool {
        let storage = address.is_encrypted() && address.host().ends_with(".blob.core.windows.net");
        storage || (self.endpoint.is_loopback() && address.is_loopback())
    }

    fn sign(&self, http: &Http, address: &Address) -> Result<Address> {
        let ask = self.endpoint.with_query(&[("href", &address.inert())]);
        let bytes = http.get(&ask, MOST)?;
        let wrong = |why: &str| Error::malformed(format!("the signing endpoint's answer {why}")).at(&self.endpoint);
        let signed: Signed = serde_json::from_slice(&bytes)
            .map_err(|error| wrong(&format!("is no signed address: {}", fault(&error))))?;
        let signed = Address::parse(&signed.href).map_err(|_| wrong("is no signed address"))?;
        if signed.inert() != address.inert() {
            return Err(wrong("signs another address than was asked for"));
        }
        Ok(signed)
    }
}

/// What kind of fault JSON has, without its text: an answer may hold a secret.
fn fault(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Io | serde_json::error::Category::Eof => "it is cut short",
        serde_json::error::Category::Syntax => "it is no JSON",
        serde_json::error::Category::Data => "it has another form",
    }
}

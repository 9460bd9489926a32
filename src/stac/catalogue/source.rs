//! How a user names a catalogue.

use std::path::PathBuf;

use crate::address::Address;
use crate::error::Result;
use crate::stac::entry::Place;

/// Names for the public catalogues that hold Sentinel-2 surface reflectance as COGs, each with its address and the
/// collection that is meant.
pub const SHORTCUTS: [(&str, &str, &str); 3] = [
    ("earth-search", "https://earth-search.aws.element84.com/v1", "sentinel-2-l2a"),
    ("earth-search-c1", "https://earth-search.aws.element84.com/v1", "sentinel-2-c1-l2a"),
    ("planetary-computer", "https://planetarycomputer.microsoft.com/api/stac/v1", "sentinel-2-l2a"),
];

/// A catalogue as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it lies.
    pub place: Place,
    /// The collection that the name stands for, where the user names none.
    pub collection: Option<String>,
}

impl Source {
    /// Reads one of the names `earth-search`, `earth-search-c1` and `planetary-computer`, an address, or a path.
    ///
    /// # Errors
    /// What [`Address::parse`] refuses.
    pub fn parse(text: &str) -> Result<Self> {
        let known = SHORTCUTS.iter().find(|(name, ..)| *name == text);
        let collection = known.map(|(.., collection)| (*collection).to_owned());
        let text = known.map_or(text, |(_, address, _)| address);
        let place = match Address::is_meant(text) {
            true => Place::Web(Address::parse(text)?),
            false => Place::File(PathBuf::from(text)),
        };
        Ok(Self { place, collection })
    }
}

//! New acquisitions from a catalogue.

use jiff::civil::Date;

use super::Watched;
use super::pass::Source;
use crate::error::Result;
use crate::io::access::Access;
use crate::stac::catalogue::{Catalogue, Query};
use crate::stac::dedupe::acquisitions;
use crate::stac::entry::Acquisition;
use crate::time::midnight;

/// A catalogue that is asked for what is new.
pub struct Catalogued<'a> {
    /// The catalogue.
    pub catalogue: Catalogue<'a>,
    /// Its collections that count; all when there are none.
    pub collections: Vec<String>,
    /// The way to the items' files.
    pub access: Access,
}

impl Source for Catalogued<'_> {
    fn list(&self, watched: &Watched, from: Date) -> Result<(Vec<Acquisition>, Vec<String>)> {
        let query = Query {
            collections: self.collections.clone(),
            area: Some(watched.aoi.clone()),
            from: Some(midnight(from)?),
            ..Query::default()
        };
        let listing = self.catalogue.list(&query)?;
        for entry in &listing.entries {
            entry.addresses().iter().try_for_each(|address| self.access.remember(address))?;
        }
        Ok((acquisitions(listing.entries), listing.notes))
    }
}

//! One Item of somebody's catalogue: the strict subset of it that is understood, and where it lies.

mod inert;
mod name;
mod reading;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use crate::address::Address;
use crate::error::{Error, Result};
use crate::io::safe::tree::inside;
use crate::scene::scale::Baseline;
use crate::text::{Foreign, shown_path};

/// Where a document lies: relative references in it start there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A file that the user named, or one that such a file names below its own folder.
    File(PathBuf),
    /// An address on the web.
    Web(Address),
}

impl Place {
    /// What a reference means that stands in a document here. A file's relative references stay below its own
    /// folder; a document from the web leads to no file.
    ///
    /// # Errors
    /// `Missing` for a file that is not there, `Unsupported` for one that lies elsewhere, `Malformed` for a
    /// reference of another scheme.
    pub fn reference(&self, href: &str) -> Result<Self> {
        match self {
            Self::Web(address) => address.join(href).map(Self::Web),
            Self::File(_) if Address::is_meant(href) => Address::parse(href).map(Self::Web),
            Self::File(path) => beside(path, href).map(Self::File),
        }
    }
}

/// The file that a plain relative reference in the document at `path` names, below the document's folder.
fn beside(path: &Path, href: &str) -> Result<PathBuf> {
    if href.starts_with('/') || href.contains([':', '\\', '\0', '?', '#', '%']) {
        let shown = href.split(['?', '#', '@']).next().unwrap_or_default();
        return Err(Error::unsupported(format!("the reference {} is not a plain relative path", Foreign::new(shown)))
            .hint("make it relative to the document's own folder"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let root = folder.canonicalize().map_err(|error| Error::system(&error, shown_path(folder)))?;
    inside(&root, href)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", shown_path(path)),
            Self::Web(address) => write!(f, "{address}"),
        }
    }
}

/// An acquisition of one tile, as a catalogue tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Identifier (untrusted: a label, never a path).
    pub id: Foreign,
    /// The collection (untrusted).
    pub collection: Option<Foreign>,
    /// Where the item lies.
    pub place: Place,
    /// Time of acquisition.
    pub datetime: Timestamp,
    /// The satellite in small letters with dashes, such as `sentinel-2b` (untrusted).
    pub platform: Option<Foreign>,
    /// The MGRS tile, such as `37UCR`; for Landsat path and row, such as `178026`.
    pub tile: Option<String>,
    /// The datatake without its baseline, such as `GS2A_20230216T235751_039981` (untrusted).
    pub datatake: Option<Foreign>,
    /// When the datastrip began to be sensed: a tile that two strips meet in has an item of each, and that is
    /// no reprocessing.
    pub datastrip: Option<Timestamp>,
    /// The relative orbit, declared or worked out from the datatake's absolute one; for Landsat the path.
    pub relative_orbit: Option<u32>,
    /// Whether it is reflectance at the top of the atmosphere (Level-1C), which has no classes of cloud.
    pub top_of_atmosphere: bool,
    /// The processing baseline.
    pub baseline: Option<Baseline>,
    /// When it was processed.
    pub processed: Option<Timestamp>,
    /// When the catalogue's entry was last changed.
    pub updated: Option<Timestamp>,
    /// Solar zenith, degrees.
    pub sun_zenith: Option<f64>,
    /// Solar azimuth, degrees clockwise from north.
    pub sun_azimuth: Option<f64>,
    /// Share of cloud over the whole tile as declared, 0 to 1: shown, never decided by.
    pub declared_cloud: Option<f64>,
    /// West, south, east, north in degrees.
    pub bbox: Option<[f64; 4]>,
    /// The item as it was served.
    pub document: Value,
}

/// One acquisition over an area: one item a tile, the best of those that a catalogue has.
#[derive(Debug, Clone, PartialEq)]
pub struct Acquisition {
    /// The items, by tile; several where the area crosses tiles or a datastrip ends in a tile.
    pub parts: Vec<Entry>,
    /// Items of the same acquisition that were left aside: an older baseline or an earlier processing.
    pub losers: Vec<Entry>,
}

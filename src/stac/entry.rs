//! One Item of somebody's catalogue: the strict subset of it that is understood, and where it lies.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::Value;

use crate::address::Address;
use crate::scene::scale::Baseline;
use crate::text::Foreign;

/// Where a document lies: relative references in it start there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A file that the user named, or one that such a file names below its own folder.
    File(PathBuf),
    /// An address on the web.
    Web(Address),
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
    /// The MGRS tile, such as `37UCR`.
    pub tile: Option<String>,
    /// The datatake without its baseline, such as `GS2A_20230216T235751_039981` (untrusted).
    pub datatake: Option<Foreign>,
    /// The relative orbit, declared or worked out from the datatake's absolute one.
    pub relative_orbit: Option<u32>,
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

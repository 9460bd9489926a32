//! STAC: the catalogue language of the field, read from others and spoken of our own runs.

pub mod asset;
pub mod branch;
pub mod catalogue;
pub mod dedupe;
pub mod entry;
pub mod item;
pub mod json;
pub mod pairs;
pub mod peer;

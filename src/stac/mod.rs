//! STAC: what this program says of its runs in the catalogue language of the field.

pub mod asset;
pub mod item;

//! STAC: what this program says of its runs in the catalogue language of the field.

pub mod item;

//! Sentinel-2 products in ESA's SAFE layout.

pub(crate) mod xml;

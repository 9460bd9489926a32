//! Edges: the only floor that takes paths and opens files.

pub mod raster;
pub mod tiff;

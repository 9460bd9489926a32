//! Edges: the only floor that takes paths and opens files.

pub mod bytes;
pub mod jp2;
pub mod product;
pub mod raster;
pub mod safe;

//! Edges: the only floor that takes paths and opens files.

pub mod geojson;
pub mod gpkg;
pub mod raster;

//! Edges: the only floor that takes paths and opens files.

#[cfg(feature = "gdal")]
pub mod gdal;
pub mod geojson;
pub mod gpkg;
pub mod raster;
pub mod tiff;

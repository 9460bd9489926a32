//! Edges: the only floor that takes paths and opens files.

pub mod cog;
#[cfg(feature = "gdal")]
pub mod gdal;
pub mod geojson;
pub mod gpkg;
pub mod raster;
pub mod spool;
pub mod store;
pub mod tiff;

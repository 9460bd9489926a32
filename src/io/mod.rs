//! Edges: the only floor that takes paths and opens files.

pub mod access;
pub mod bytes;
pub mod cog;
pub mod csv;
#[cfg(feature = "gdal")]
pub mod gdal;
pub mod geojson;
pub mod gpkg;
pub mod hotspot;
pub mod http;
pub mod jp2;
pub mod ledger;
pub mod opening;
pub mod product;
pub mod program;
pub mod raster;
pub mod remote;
pub mod safe;
pub mod spool;
pub mod stack;
pub mod store;
pub mod tiff;

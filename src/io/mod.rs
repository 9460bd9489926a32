//! Edges: the only floor that takes paths and opens files.

pub mod cog;
pub mod raster;
pub mod spool;
pub mod store;

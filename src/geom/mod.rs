//! Shapes: reference systems, grids, windows, runs and areas of interest.

pub mod aoi;
pub mod bits;
pub mod crs;
pub(crate) mod ellipsoid;
pub mod grid;
pub mod position;
pub mod relation;
pub mod runs;
pub mod stencil;
pub mod window;

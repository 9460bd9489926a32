//! Shapes: reference systems, grids, windows, runs and areas of interest.

pub mod crs;
pub mod grid;
pub mod runs;
pub mod window;

//! From runs to polygons, and numbers per polygon.

pub mod object;
pub mod trace;
pub mod zonal;

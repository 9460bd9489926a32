//! From runs to polygons, and numbers per polygon.

pub mod dating;
pub mod object;
pub mod trace;
pub mod zonal;

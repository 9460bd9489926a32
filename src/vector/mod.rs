//! From runs to polygons, and numbers per polygon.

pub mod trace;

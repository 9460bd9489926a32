//! From runs to polygons, and numbers per polygon.

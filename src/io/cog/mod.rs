//! Tiled Cloud Optimized GeoTIFFs, written as a stream: blocks in any order and from any thread, overviews built on
//! the way, the same bytes whatever the order.

mod cell;
mod describe;
mod encode;
mod geokeys;
mod layout;
mod moments;
mod pyramid;
mod reduce;
mod spec;
mod tags;
mod writer;

pub use moments::Stats;
pub use spec::{Cell, Cells, Codec, Reduce, Spec, z_order};
pub use writer::CogWriter;

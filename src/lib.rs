//! groundtell: tests claims about shelling and fire against public satellite imagery.
//!
//! The straight line: AOI + scene pair -> plan -> blocks -> kernels -> layers -> vectors -> summary.
//! Modules stand on floors and import downwards only; `CONTRIBUTING.md` has the table and
//! `tests/floors.rs` enforces it.

// floor 0: words
pub mod address;
pub mod document;
pub mod error;
pub mod limits;
pub mod text;
pub mod time;
// floor 1: shapes
pub mod geom;
// floor 2: numbers
pub mod kernel;
// floor 3: meaning
pub mod claim;
pub mod evidence;
pub mod hotspot;
pub mod layer;
pub mod plan;
pub mod recipe;
pub mod scene;
pub mod simulate;
pub mod vector;
// floor 4: edges
pub mod io;
pub mod report;
pub mod stac;
// floor 5: the engine
pub mod pipeline;
pub mod watch;
// floor 6: doors
pub mod cli;

pub use error::{Error, Kind, Result};

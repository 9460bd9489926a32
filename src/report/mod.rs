//! Pictures for people: what a run saw, drawn so that it can be printed and cannot be mistaken.

mod canvas;
mod furniture;
pub mod html;
mod lettering;
pub mod mercator;
mod outline;
mod page;
pub mod preview;
pub mod ramp;
pub mod site;
pub mod stretch;

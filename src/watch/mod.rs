//! The watch: the line walked once for every new acquisition over an area, and what that comes to over months.

pub mod job;
pub mod record;
pub mod schema;
pub mod spending;
pub mod track;

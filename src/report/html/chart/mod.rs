//! Charts as inline SVG: pure functions from evidence to a drawing, no script. Colours are the page's classes, so
//! that light, dark and paper need one drawing.

pub(in crate::report) mod calendar;
pub(super) mod days;
pub(in crate::report) mod drawing;
pub(super) mod histogram;
pub(super) mod power;
pub(super) mod scale;
pub(super) mod timeline;

//! Calibration: how often the line is wrong where the truth is known.

pub mod cases;
pub mod heat;

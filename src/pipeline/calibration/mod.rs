//! Calibration: how often the line is wrong where the truth is known.

pub mod heat;

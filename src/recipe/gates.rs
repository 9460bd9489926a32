//! The part of the recipe that asks whether the dates suit each other (METHODS 9).

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Whether the dates suit each other at all (METHODS 9).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatesRecipe {
    /// Whether anything is measured for them.
    pub enabled: bool,
    /// Tie windows across and down, of which every other one is taken, as on a chessboard.
    pub tie_points: usize,
    /// Side of a tie window in pixels of the grid; smaller where the scenes are.
    pub window_px: usize,
    /// Longest shift that is believed, in pixels.
    pub max_shift_px: f64,
    /// Least reliability of a tie window, 0 to 100.
    pub min_reliability: f64,
    /// Shift in pixels that warns, and that makes small objects not observable.
    pub shift_px: [f64; 2],
    /// Solar zenith in degrees that warns, and that makes optical evidence not observable.
    pub sun_zenith: [f64; 2],
    /// Difference of the solar zeniths in degrees that is flagged.
    pub sun_difference: f64,
    /// Gains of unchanged pixels, after over before, that are not flagged.
    pub gain: [f64; 2],
    /// Difference of unchanged pixels in reflectance that is flagged.
    pub bias: f64,
}

impl Default for GatesRecipe {
    fn default() -> Self {
        Self {
            enabled: true,
            tie_points: 3,
            window_px: 256,
            max_shift_px: 5.0,
            min_reliability: 60.0,
            shift_px: [0.3, 0.5],
            sun_zenith: [70.0, 75.0],
            sun_difference: 5.0,
            gain: [0.67, 1.5],
            bias: 0.05,
        }
    }
}

impl GatesRecipe {
    /// Refuses values out of range.
    ///
    /// # Errors
    /// `Usage` that names the key.
    pub(super) fn check(&self) -> Result<()> {
        let rules = [
            ("tie_points", "1 to 9", (1..=9).contains(&self.tie_points)),
            ("window_px", "32 to 1024", (32..=1024).contains(&self.window_px)),
            ("max_shift_px", "0 to 5", (0.0..=5.0).contains(&self.max_shift_px)),
            ("min_reliability", "0 to 100", (0.0..=100.0).contains(&self.min_reliability)),
            ("shift_px", "[warns, fails], both from 0 up", ordered(self.shift_px)),
            ("sun_zenith", "[warns, fails], both from 0 up", ordered(self.sun_zenith)),
            ("gain", "[least, greatest], both from 0 up", ordered(self.gain)),
            ("sun_difference", "0 or more", self.sun_difference >= 0.0),
            ("bias", "0 or more", self.bias >= 0.0),
        ];
        match rules.iter().find(|(.., kept)| !kept) {
            Some((key, must, _)) => Err(Error::usage(format!("recipe: gates.{key} must be {must}"))),
            None => Ok(()),
        }
    }
}

/// Whether a pair of bounds is one.
fn ordered([low, high]: [f64; 2]) -> bool {
    0.0 <= low && low <= high
}

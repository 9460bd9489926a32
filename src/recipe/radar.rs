//! The radar part of the recipe (METHODS 7).

use serde::{Deserialize, Serialize};

/// Radar change over a stack (`--sar`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RadarRecipe {
    /// What decides: `vv`, `vh`, `hotelling` (both at once), or `auto`: VH where there is one, else VV.
    pub statistic: Statistic,
    /// Side in pixels (odd) of the square over which power is averaged before the test; 1: not at all.
    pub multilook: usize,
    /// Dates that a relative orbit needs on each side.
    pub min_dates: usize,
    /// Dates on both sides from which each side has a variance of its own (Welch); below, one is shared (Student).
    pub welch_dates: usize,
    /// Only dates before that lie within so many days of an anniversary of a date after; unset: all.
    pub same_season_days: Option<u32>,
    /// Only dates up to so many days before the event; unset: all.
    pub before_days: Option<u32>,
    /// Only dates up to so many days after the event; unset: all.
    pub after_days: Option<u32>,
    /// What unchanged pixels look like: `empirical` (as most pixels of the area) or `theory`.
    pub null: NullLaw,
    /// Pixels that an empirical null needs; with fewer the theory is used, and said.
    pub min_null: u64,
    /// False discovery rate (Benjamini-Hochberg) at which a pixel counts as changed.
    pub fdr: f64,
    /// Nominal level at which the summary says how many pixels pass without a correction.
    pub level: f64,
    /// The least change in decibels that counts, either way; 0: any.
    pub min_db: f64,
    /// Minimum mapping unit in hectares; smaller objects are dropped.
    pub min_area_ha: f64,
    /// Neighbours of a pixel: 4 or 8.
    pub connectivity: u8,
    /// Equivalent number of looks of the files' pixels, for the sequential omnibus test.
    pub looks: f64,
    /// Probability of chance below which the omnibus test notes a change.
    pub omnibus_alpha: f64,
}

/// What decides on a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Statistic {
    Auto,
    Vv,
    Vh,
    Hotelling,
}

/// What unchanged pixels look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum NullLaw {
    Empirical,
    Theory,
}

impl Default for RadarRecipe {
    fn default() -> Self {
        Self {
            statistic: Statistic::Auto,
            multilook: 3,
            min_dates: 2,
            welch_dates: 6,
            same_season_days: None,
            before_days: None,
            after_days: None,
            null: NullLaw::Empirical,
            min_null: 1000,
            fdr: 0.05,
            level: 0.05,
            min_db: 0.0,
            min_area_ha: 0.3,
            connectivity: 8,
            looks: 4.4,
            omnibus_alpha: 1e-4,
        }
    }
}

impl RadarRecipe {
    /// The first key out of range, and what it must be.
    pub(super) fn fault(&self) -> Option<(&'static str, &'static str)> {
        let within = |value: f64| value > 0.0 && value < 1.0;
        let faults = [
            (self.multilook % 2 == 1 && self.multilook <= 15, "radar.multilook", "odd, 1 to 15"),
            ((2..=1000).contains(&self.min_dates), "radar.min_dates", "2 to 1000"),
            ((2..=1000).contains(&self.welch_dates), "radar.welch_dates", "2 to 1000"),
            (within(self.fdr) && within(self.level), "radar.fdr and radar.level", "between 0 and 1"),
            (within(self.omnibus_alpha), "radar.omnibus_alpha", "between 0 and 1"),
            ((0.0..=60.0).contains(&self.min_db), "radar.min_db", "0 to 60"),
            ((0.0..=1e6).contains(&self.min_area_ha), "radar.min_area_ha", "0 to 1e6"),
            (matches!(self.connectivity, 4 | 8), "radar.connectivity", "4 or 8"),
            ((1.0..=1000.0).contains(&self.looks), "radar.looks", "1 to 1000"),
        ];
        faults.into_iter().find(|(fits, ..)| !fits).map(|(_, key, must)| (key, must))
    }
}

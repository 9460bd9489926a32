//! The part of the recipe that reads heat from hotspots (METHODS 8).

use serde::{Deserialize, Serialize};

/// Heat from hotspots (`check`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeatRecipe {
    /// Years that tell what is usual: `before` the window's own, or all `other` ones.
    pub controls: ControlYears,
    /// Years that tell what is usual, by number, in place of those; empty: as `controls` says.
    pub control_years: Vec<i16>,
    /// Days with detections before the window from which a cell of 0.005 degrees is a source that stays.
    pub persistent_days: usize,
    /// Days on either side of the window's calendar days that count as its season.
    pub season_days: i32,
    /// Windows of other years are placebos up to so many days earlier or later in the season ...
    pub shift_days: i32,
    /// ... in steps of so many days.
    pub shift_step_days: i32,
    /// Days in a row without any detection in all files after which days count as not covered.
    pub silence_days: i32,
    /// Share of the ground around a placebo where anything was ever seen.
    pub known_share: f64,
    /// Least excess of detections that counts at all.
    pub least_detections: f64,
    /// Days of a block of the bootstrap.
    pub block_days: i32,
    /// Hectares of a pixel's footprint (375 m squared).
    pub footprint_ha: f64,
    /// Days of a window above which seasons can no longer be told apart, and nothing is borne out.
    pub max_window_days: i32,
    /// By month from January: half-months at places on a front line in which the layer corroborated, and those
    /// tried. Measured at twelve places of the front of 2022 (circles of 20 km, March to December 2022, years 2012,
    /// 2016 and 2018 to 2021 as controls; `tests/heat_real.rs` counts them anew). January and February have none.
    pub shown_by_month: [[u64; 2]; 12],
    /// Implants whose detection is tried, in detections, ascending.
    pub implant_detections: Vec<u64>,
}

/// Years that tell what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ControlYears {
    /// Those before the window's own: what came after the event may be of its kind.
    Before,
    /// All but the window's own; for calibration on years without events.
    Other,
}

impl Default for HeatRecipe {
    fn default() -> Self {
        Self {
            controls: ControlYears::Before,
            control_years: Vec::new(),
            persistent_days: 20,
            season_days: 16,
            shift_days: 28,
            shift_step_days: 7,
            silence_days: 10,
            known_share: 0.9,
            least_detections: 1.0,
            block_days: 3,
            footprint_ha: 14.0625,
            max_window_days: 200,
            shown_by_month: [
                [0, 0],
                [0, 0],
                [6, 24],
                [5, 24],
                [17, 24],
                [15, 24],
                [12, 24],
                [5, 24],
                [1, 24],
                [0, 24],
                [0, 24],
                [4, 24],
            ],
            implant_detections: vec![1, 2, 5, 10, 20, 50, 100, 200, 500],
        }
    }
}

impl HeatRecipe {
    /// The first key out of range, and what it must be.
    pub(super) fn fault(&self) -> Option<(&'static str, &'static str)> {
        let sizes = &self.implant_detections;
        let faults = [
            (self.control_years.len() <= 100, "heat.control_years", "at most 100 years"),
            ((1..=10_000).contains(&self.persistent_days), "heat.persistent_days", "1 to 10000"),
            ((0..=60).contains(&self.season_days), "heat.season_days", "0 to 60"),
            ((0..=90).contains(&self.shift_days), "heat.shift_days", "0 to 90"),
            ((1..=90).contains(&self.shift_step_days), "heat.shift_step_days", "1 to 90"),
            ((1..=366).contains(&self.silence_days), "heat.silence_days", "1 to 366"),
            ((0.0..=1.0).contains(&self.known_share), "heat.known_share", "0 to 1"),
            ((0.0..=1e6).contains(&self.least_detections), "heat.least_detections", "0 to 1e6"),
            ((1..=60).contains(&self.block_days), "heat.block_days", "1 to 60"),
            (self.footprint_ha > 0.0 && self.footprint_ha <= 1e4, "heat.footprint_ha", "above 0, up to 1e4"),
            ((1..=366).contains(&self.max_window_days), "heat.max_window_days", "1 to 366"),
            (self.shown_by_month.iter().all(|[shown, of]| shown <= of), "heat.shown_by_month", "[shown, tried] each"),
            (
                (1..=50).contains(&sizes.len()) && sizes.is_sorted() && sizes.iter().all(|size| *size <= 1_000_000),
                "heat.implant_detections",
                "1 to 50 numbers up to 1e6, ascending",
            ),
        ];
        faults.into_iter().find(|(fits, ..)| !fits).map(|(_, key, must)| (key, must))
    }
}

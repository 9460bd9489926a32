//! What one layer measured of one claim, before anybody judges it.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::LayerKind;

/// A figure with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Interval {
    /// Best estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A count of hits among trials, with its Clopper-Pearson interval at 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Rate {
    /// Hits.
    pub hits: u64,
    /// Trials.
    pub trials: u64,
    /// Their share and its interval; 0 to 1 without a trial.
    pub share: Interval,
}

/// Which way placebos were moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Movement {
    /// The area elsewhere, at the same time; for heat on the same calendar days of years without the event.
    Spatial,
    /// The same area in other years.
    Temporal,
}

/// The statistic of places or times without the claimed event.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Placebos {
    /// Which way.
    pub movement: Movement,
    /// The statistic of each, in the order in which they were drawn. The unit is the layer's statistic.
    pub values: Vec<f64>,
    /// Those at or above the area's own.
    pub exceeding: u64,
    /// (1 + exceeding) / (placebos + 1).
    pub p: f64,
    /// How alike area and placebos are.
    pub balance: Vec<Balance>,
    /// Where they lie and how they were chosen, in words.
    pub words: String,
}

/// One covariate of the area against its placebos.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Balance {
    /// What.
    pub covariate: String,
    /// Of the area.
    pub area: f64,
    /// Mean of the placebos.
    pub placebos: f64,
    /// Standardised difference: difference of the means over the placebos' standard deviation.
    pub standardised_difference: f64,
    /// Whether it stays below the limit (0.25).
    pub balanced: bool,
}

/// Whether the event would have been seen.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Observability {
    /// Share of the area that could be observed, 0 to 1.
    pub share: f64,
    /// Share of the window's days between the looks, 0 to 1: what happened on others cannot show.
    pub window_share: f64,
    /// Why nothing could be observed; empty where something could.
    pub blockers: Vec<String>,
    /// Why a reader should not lean on the figures; empty where he can.
    pub doubts: Vec<String>,
}

/// Power to find an event of one size.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PowerPoint {
    /// Size in the layer's unit.
    pub size: f64,
    /// Implants found of those tried.
    pub found: Rate,
}

/// Power over sizes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Power {
    /// By size, ascending.
    pub curve: Vec<PowerPoint>,
    /// Least size found with 80 % probability; null where no size tried is.
    pub detectable_at_80: Option<f64>,
    /// The smallest effect of interest of the claim.
    pub smallest_effect: f64,
    /// Power there (0 to 1), and its interval.
    pub at_smallest: Interval,
    /// The layer's statistic over places with an implant of that size; empty where power came about otherwise.
    pub statistics: Vec<f64>,
    /// (z_alpha + z_beta) sigma / signal, as a check; null where it does not apply.
    pub closed_form: Option<f64>,
    /// How it was found, in words.
    pub words: String,
}

/// When the mark appeared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Bracket {
    /// Last clear date without it.
    pub after: Option<Date>,
    /// First clear date with it.
    pub until: Option<Date>,
    /// Share of the bracket that lies in the claim's window, 0 to 1.
    pub overlap: f64,
    /// Whether the mark was there before the window opened.
    pub before_window: bool,
}

/// Another explanation of what was seen.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Rival {
    /// Its name: stubble burning, harvest or ploughing, leaf fall, snow, flood, wildfire, industry.
    pub name: String,
    /// How well it explains what was seen, 0 (not at all) to 1 (as well as the claim).
    pub score: f64,
    /// Why.
    pub words: String,
}

/// All that one layer measured.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Measurement {
    /// The layer.
    pub layer: LayerKind,
    /// Its unit: `ha` or `detections`.
    pub unit: &'static str,
    /// The statistic that placebos are compared by, in words.
    pub statistic: String,
    /// Its value over the area; null where nothing was observed.
    pub value: Option<f64>,
    /// What was seen in the area, in the layer's unit.
    pub seen: f64,
    /// What is usual there: the median of the placebos (for heat the mean of the same season in other years), in the
    /// layer's unit.
    pub usual: f64,
    /// Seen less usual, with its interval.
    pub effect: Interval,
    /// The effect in hectares of ground, where the unit is another; footprints, not burned ground, for heat.
    pub effect_ha: Interval,
    /// Least effect that counts at all, in the layer's unit (the minimum mapping unit).
    pub least: f64,
    /// Whether it would have been seen.
    pub observability: Observability,
    /// Placebos, spatial first.
    pub placebos: Vec<Placebos>,
    /// How often places without the event show as much as counts.
    pub false_alarms: Option<Rate>,
    /// Power; null where nothing could be implanted.
    pub power: Option<Power>,
    /// When the mark appeared; null where that is not known.
    pub bracket: Option<Bracket>,
    /// Other explanations.
    pub rivals: Vec<Rival>,
    /// Days from the end of the window to the first look; null where not known.
    pub looked_after_days: Option<i64>,
    /// What a reader should know besides.
    pub notes: Vec<String>,
    /// Figures by day, for a chart: this year and the mean of the others. Only heat has them.
    pub days: Vec<DayCount>,
}

/// Detections of one day.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DayCount {
    /// The day.
    pub date: Date,
    /// Detections that day.
    pub count: u64,
    /// Mean of the same calendar day in the other years.
    pub usual: f64,
}

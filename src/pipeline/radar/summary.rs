//! What a radar run says of itself in one document: `summary.json`, and the same on stdout with `--json`.

use serde::Serialize;

use super::request::Split;
use super::stack::OrbitFacts;
use crate::kernel::sar::discovery::Null;
use crate::kernel::sar::scale::Scale;
use crate::pipeline::summary::{Dates, FailedBlock, GridFacts, Reliability};
use crate::recipe::Statistic;
use crate::scene::sentinel1::Polarisation;

/// The document. Areas are ground hectares, shares are of the AOI or of the pixels tested, as said.
#[derive(Debug, Clone, Serialize)]
pub struct RadarSummary {
    /// Version of the program.
    pub groundtell: &'static str,
    /// `radar_change`.
    pub kind: &'static str,
    /// Whether any input says of itself that it is simulated.
    pub simulated: bool,
    /// Last date before and first date after, over all orbits in use.
    pub dates: Dates,
    /// Which dates were asked to lie before and after.
    pub split: Split,
    /// Relative orbits with the dates used; those left out say why.
    pub orbits: Vec<OrbitFacts>,
    /// Polarisations of the stack.
    pub polarisations: Vec<Polarisation>,
    /// How the files' numbers stand for power.
    pub scale: Scale,
    /// Whether that was told from the numbers.
    pub scale_detected: bool,
    /// The grid of every layer.
    pub grid: GridFacts,
    /// Area of interest.
    pub aoi_ha: f64,
    /// Share of the AOI that could be tested.
    pub valid_share: f64,
    /// Hectares that could not, by reason.
    pub not_seen_ha: serde_json::Map<String, serde_json::Value>,
    /// The test.
    pub test: Test,
    /// Hectares inside objects where backscatter rose.
    pub rise_ha: f64,
    /// Hectares inside objects where backscatter fell.
    pub fall_ha: f64,
    /// Hectares of significant change in objects below the minimum mapping unit.
    pub specks_ha: f64,
    /// Objects in `change.geojson`.
    pub objects: u64,
    /// Whether the figures can be leant on.
    pub reliability: Reliability,
    /// What a reader should know besides.
    pub warnings: Vec<String>,
    /// Blocks that could not be read.
    pub failed_blocks: Vec<FailedBlock>,
    /// The fixed sentence on what these layers cannot tell.
    pub limits: &'static str,
}

/// The test, and how it held.
#[derive(Debug, Clone, Serialize)]
pub struct Test {
    /// In words.
    pub method: String,
    /// What decided.
    pub statistic: Statistic,
    /// For each orbit in use whether sides have variances of their own (`welch`) or share one (`pooled`).
    pub variances: Vec<crate::kernel::sar::contrast::Variance>,
    /// Pixels tested.
    pub pixels: u64,
    /// The null in use.
    pub null: Null,
    /// `empirical` or `theory`.
    pub null_law: crate::recipe::NullLaw,
    /// The null that the area shows; null where too few pixels were tested.
    pub null_shown: Option<Null>,
    /// Nominal level of the two shares below.
    pub level: f64,
    /// Share of the tested pixels with p below the level, were dates independent.
    pub share_theory: f64,
    /// Share of the tested pixels with p below the level by the null in use, before any correction.
    pub share_nominal: f64,
    /// False discovery rate asked for.
    pub fdr: f64,
    /// Share of the tested pixels discovered at that rate.
    pub share_discovered: f64,
    /// The orbit that the omnibus test ran on; null where its number is not known.
    pub omnibus_orbit: Option<u16>,
}

/// What every run's reader must know.
pub const LIMITS: &str = "What is seen is consistent with the stated change of radar backscatter only: cause, weapon and \
responsible side cannot be determined from these layers. Moisture, harvest, ploughing, flood, snow and growth change \
backscatter too. Pixels of 10 to 30 m do not resolve single craters or single buildings.";

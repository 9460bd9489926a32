//! What a run without a model says of itself in one document: `summary.json`, and the same on stdout with `--json`.

use serde::Serialize;
use serde_json::{Map, Value};

use super::scored::{Details, Threshold};
use crate::pipeline::summary::{Dates, FailedBlock, GridFacts, Reliability, SceneOffset};

/// The document. Areas are ground hectares, shares are of the AOI unless said otherwise.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeSummary {
    /// Version of the program.
    pub groundtell: &'static str,
    /// `irmad`, `cva` or `pca-kmeans`.
    pub method: &'static str,
    /// Whether any input says of itself that it is simulated.
    pub simulated: bool,
    /// Acquisition dates, where known.
    pub dates: Dates,
    /// The grid of every layer.
    pub grid: GridFacts,
    /// Area of interest.
    pub aoi_ha: f64,
    /// Share of the AOI that both dates saw.
    pub valid_share: f64,
    /// Hectares not seen, by reason.
    pub not_seen_ha: Map<String, Value>,
    /// Hectares seen but of a class of its own (water, snow, dark, unclassified).
    pub flagged_ha: Map<String, Value>,
    /// Bands that were compared, in the order of the variables.
    pub bands: Vec<&'static str>,
    /// Pixels that were tested.
    pub tested_pixels: u64,
    /// Hectares inside the objects of `change.geojson`.
    pub changed_ha: f64,
    /// Hectares above the threshold in objects below the minimum mapping unit: in `changed.tif` as class 2 only.
    pub specks_ha: f64,
    /// Objects in `change.geojson`.
    pub objects: u64,
    /// Where change begins.
    pub threshold: Threshold,
    /// How the method went.
    pub details: Details,
    /// Reflectance offset of each scene.
    pub offsets: Vec<SceneOffset>,
    /// Whether the figures can be leant on.
    pub reliability: Reliability,
    /// What a reader should know besides.
    pub warnings: Vec<String>,
    /// Input blocks (tiles, strips) of the bands in use that the AOI touches, each counted once.
    pub blocks_read: u64,
    /// Their bytes on disk.
    pub bytes_read: u64,
    /// Blocks of the line that could not be read.
    pub failed_blocks: Vec<FailedBlock>,
    /// The fixed sentence on what these layers cannot tell.
    pub limits: &'static str,
}

/// What every reader of a run without a model must know.
pub(super) const LIMITS: &str = "What is seen is a change of reflectance by any cause, season and farming among them: cause, weapon and \
responsible side cannot be determined from these layers. Pixels of 10 to 30 m do not resolve single craters or single buildings.";

//! What a run says of itself in one document: `summary.json`, and the same on stdout with `--json`.

use serde::Serialize;

pub use super::seeded::Seeding;

/// The document. Areas are ground hectares, shares are of the AOI unless said otherwise.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    /// Version of the program.
    pub groundtell: &'static str,
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
    pub not_seen_ha: serde_json::Map<String, serde_json::Value>,
    /// Hectares seen but of a class of its own (water, snow, dark, unclassified).
    pub flagged_ha: serde_json::Map<String, serde_json::Value>,
    /// Hectares whose change vector is longer than chance explains; null when no CVA layer was asked for.
    pub changed_ha: Option<f64>,
    /// Hectares inside the objects of `change.geojson`.
    pub burned_ha: f64,
    /// Hectares above the threshold in objects below the minimum mapping unit: in `burn.tif` as class 2 only.
    pub specks_ha: f64,
    /// Objects in `change.geojson`.
    pub objects: u64,
    /// Threshold on dNBR minus the control offset; with seed and grow, where membership in dNBR is one half. Null
    /// when none could be found.
    pub threshold: Option<f64>,
    /// How the threshold came about.
    pub threshold_strategy: String,
    /// Between-class over total variance of dNBR at the threshold, 0 to 1 (Otsu 1979).
    pub separability: Option<f64>,
    /// How seed and grow came to its map; null with another strategy.
    pub seeding: Option<Seeding>,
    /// Offsets: of dNBR by the control, of reflectance by scene.
    pub offsets: Offsets,
    /// Whether the figures can be leant on.
    pub reliability: Reliability,
    /// Whether the dates suit each other: figures and what follows from them.
    pub gates: Vec<crate::scene::gate::Gate>,
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

/// Acquisition dates (ISO 8601).
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct Dates {
    pub before: Option<String>,
    pub after: Option<String>,
}

/// The grid of every layer.
#[derive(Debug, Clone, Serialize)]
pub struct GridFacts {
    /// EPSG code with its authority.
    pub crs: String,
    /// Pixel width and height in units of the reference system.
    pub pixel: [f64; 2],
    /// Columns and rows.
    pub size: [usize; 2],
    /// GDAL's six numbers.
    pub geotransform: [f64; 6],
}

/// Offsets, declared, measured and used.
#[derive(Debug, Clone, Serialize)]
pub struct Offsets {
    /// Median dNBR of the unburned control, taken off for detection only.
    pub control: Option<f64>,
    /// Pixels of that control.
    pub control_pixels: u64,
    /// Reflectance offset of each scene.
    pub scenes: Vec<SceneOffset>,
}

/// How one scene's numbers became reflectance.
#[derive(Debug, Clone, Serialize)]
#[allow(missing_docs)]
pub struct SceneOffset {
    pub scene: String,
    pub side: &'static str,
    pub scale: f64,
    pub offset: f64,
    pub declared: String,
    pub measured: String,
    pub used: String,
}

/// Whether the figures can be leant on.
#[derive(Debug, Clone, Serialize)]
pub struct Reliability {
    /// `ok` or `doubtful`.
    pub state: &'static str,
    /// Why, in words; empty when `ok`.
    pub reasons: Vec<String>,
}

/// A block that could not be read.
#[derive(Debug, Clone, Serialize)]
pub struct FailedBlock {
    /// Its pixels on the grid of the layers.
    pub window: crate::geom::window::Window,
    /// The failure, placed.
    pub error: String,
}

impl Reliability {
    /// `ok` without a reason, else `doubtful`.
    pub fn from_reasons(reasons: Vec<String>) -> Self {
        Self { state: if reasons.is_empty() { "ok" } else { "doubtful" }, reasons }
    }
}

/// What every run's reader must know.
pub const LIMITS: &str = "What is seen is consistent with the stated index change only: cause, weapon and responsible side \
cannot be determined from these layers. Pixels of 10 to 30 m do not resolve single craters or single buildings.";

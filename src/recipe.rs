//! The one recipe: every tunable of the line as a field with its default, read from TOML, changed by
//! `--set key=value`, written into every manifest.

use serde::{Deserialize, Serialize};

pub use self::change::{ChangeRecipe, Cutoff, Method};
pub use self::evidence::EvidenceRecipe;
pub use self::gates::GatesRecipe;
pub use self::heat::{ControlYears, HeatRecipe};
pub use self::radar::{NullLaw, RadarRecipe, Statistic};
use crate::document::refusal;
use crate::error::{Error, Kind, Result};
use crate::kernel::burn::Settings;

mod change;
mod evidence;
mod gates;
mod heat;
mod radar;

/// Every tunable. Unknown keys are refused, missing ones take the default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// The grid that both dates meet on.
    pub grid: GridRecipe,
    /// Whether the dates suit each other at all.
    pub gates: GatesRecipe,
    /// What counts as seen.
    pub mask: MaskRecipe,
    /// What counts as burned.
    pub burn: BurnRecipe,
    /// Change without a model.
    pub change: ChangeRecipe,
    /// Radar change over a stack (`--sar`).
    pub radar: RadarRecipe,
    /// How evidence is weighed (`check`).
    pub evidence: EvidenceRecipe,
    /// Heat from hotspots (`check`).
    pub heat: HeatRecipe,
    /// What is written, and how.
    pub output: OutputRecipe,
}

/// The grid that both dates meet on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GridRecipe {
    /// Pixel size in units of the reference system; unset: that of the SWIR2 band of the first before scene.
    pub resolution: Option<f64>,
    /// How coarse bands come to a finer grid: `bilinear` or `nearest`.
    pub upsample: Upsample,
    /// Whether scenes on another grid may be resampled; else they are refused by name.
    pub resample: bool,
    /// Where several scenes of a side saw a pixel, which one it is taken from: `first` as named, `median` (the
    /// one whose NBR is the median) or `best` (plainly clear, nearest to the other side).
    pub composite: String,
}

/// How coarse bands come to a finer grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Upsample {
    Bilinear,
    Nearest,
}

/// What counts as seen (METHODS 3: CFMask-like dilation of the scene classification).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MaskRecipe {
    /// Whether a scene classification (SCL, QA_PIXEL) is used where there is one.
    pub classes: bool,
    /// Growth of cloud in metres.
    pub cloud_dilation_m: f64,
    /// Growth of cloud shadow in metres.
    pub shadow_dilation_m: f64,
    /// Whether water and snow are told from indices where no scene classification does it.
    pub water_from_indices: bool,
    /// Whether water and snow are kept out of detection (they stay observed).
    pub bar_water_and_snow: bool,
    /// Cloud shadow of the scene classification without a cloud towards the sun within these metres is dark
    /// ground: kept and flagged; 0: masked all the same.
    pub dark_reach_m: f64,
    /// Whether each date is held against the other for cloud that no class tells: `classless` where a scene has no
    /// classes, `on` (reads blue, green and red everywhere), `off`.
    pub second_opinion: SecondOpinion,
}

/// When cloud is told by comparing the dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum SecondOpinion {
    Classless,
    On,
    Off,
}

/// What counts as burned (METHODS 5).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BurnRecipe {
    /// `auto`: seed and grow, by the constants of `burn.grow`; or a threshold on dNBR minus the offset: a number,
    /// `otsu`, `kittler` or `quantile:Q`.
    pub threshold: String,
    /// The lowest threshold that a strategy may choose, and the floor of seed and grow; a number given as threshold
    /// is taken as it is.
    pub floor: Option<f64>,
    /// Summand taken off dNBR before it is compared: a number, `control` or `none`.
    pub offset: String,
    /// Inner and outer distance of the control ring from the candidates in metres (Parks 2018).
    pub ring_m: [f64; 2],
    /// Pixels that a control needs before its median is used.
    pub min_control: u64,
    /// NDVI must fall by more than this; unset: not asked.
    pub min_ndvi_drop: Option<f64>,
    /// Minimum mapping unit in hectares; smaller objects are dropped.
    pub min_area_ha: f64,
    /// Holes up to this many hectares are filled.
    pub fill_ha: f64,
    /// Objects and holes below this many pixels flip to their largest neighbour (0: none); GDAL's sieve.
    pub sieve_px: u64,
    /// Neighbours of a pixel: 4 or 8.
    pub connectivity: u8,
    /// Constants of seed and grow.
    pub grow: Settings,
}

/// What is written, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OutputRecipe {
    /// `int16` (steps of 1e-4) or `float32`.
    pub dtype: LayerType,
    /// `zstd[:level]`, `deflate[:level]` or `none`.
    pub codec: String,
    /// Layers to write: `dnbr`, `rbr`, `rdnbr`, `cva`, and any index as `NAME_before`, `NAME_after` or `dNAME`.
    /// `burn` and `validity` are always written.
    pub layers: Vec<String>,
    /// Pictures of both dates and of dNBR.
    pub previews: bool,
    /// Longer side of a picture's map in pixels.
    pub preview_px: usize,
    /// A GeoPackage beside the GeoJSON.
    pub gpkg: bool,
    /// Checksums of the input files in the manifest (reads every byte of them once more).
    pub hash_inputs: bool,
}

/// Type of the continuous layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum LayerType {
    Int16,
    Float32,
}

impl Default for GridRecipe {
    fn default() -> Self {
        Self { resolution: None, upsample: Upsample::Bilinear, resample: true, composite: "first".into() }
    }
}

impl Default for MaskRecipe {
    fn default() -> Self {
        Self {
            classes: true,
            cloud_dilation_m: 100.0,
            shadow_dilation_m: 60.0,
            water_from_indices: true,
            bar_water_and_snow: true,
            dark_reach_m: 2000.0,
            second_opinion: SecondOpinion::Classless,
        }
    }
}

impl Default for BurnRecipe {
    fn default() -> Self {
        Self {
            threshold: "auto".into(),
            floor: None,
            offset: "control".into(),
            ring_m: [180.0, 2000.0],
            min_control: 200,
            min_ndvi_drop: None,
            min_area_ha: 0.3,
            fill_ha: 1.0,
            sieve_px: 0,
            connectivity: 8,
            grow: Settings::default(),
        }
    }
}

impl Default for OutputRecipe {
    fn default() -> Self {
        Self {
            dtype: LayerType::Int16,
            codec: "zstd".into(),
            layers: ["dnbr", "rbr", "cva"].map(String::from).to_vec(),
            previews: true,
            preview_px: 1000,
            gpkg: false,
            hash_inputs: true,
        }
    }
}

impl BurnRecipe {
    /// Whether burned ground is mapped by seed and grow.
    pub fn is_seeded(&self) -> bool {
        self.threshold == "auto"
    }

    /// The constants of seed and grow; a floor of the recipe goes before theirs.
    pub fn settings(&self) -> Settings {
        Settings { floor: self.floor.unwrap_or(self.grow.floor), ..self.grow }
    }
}

impl Recipe {
    /// The recipe in TOML `text`.
    ///
    /// # Errors
    /// `Usage` with line and column for TOML that is broken, holds an unknown key or a value out of range.
    pub fn from_toml(text: &str) -> Result<Self> {
        let recipe: Self = toml::from_str(text).map_err(|error| refused(text, &error))?;
        recipe.checked()
    }

    /// The same recipe with one `key=value`, such as `burn.threshold=0.27`.
    ///
    /// # Errors
    /// `Usage` when there is no such key or the value does not suit it.
    pub fn with(&self, assignment: &str) -> Result<Self> {
        let (key, value) = assignment
            .split_once('=')
            .ok_or_else(|| Error::usage(format!("--set {assignment}: expected KEY=VALUE")))?;
        let mut tree = toml::Value::try_from(self).map_err(|error| Error::bug(error.to_string()))?;
        let slot = key.trim().split('.').try_fold(&mut tree, |node, part| match node {
            toml::Value::Table(table) => Some(table.entry(part).or_insert(toml::Value::String(String::new()))),
            _ => None,
        });
        let slot = slot.ok_or_else(|| Error::usage(format!("--set {key}: no such key in the recipe")))?;
        *slot = typed(slot, value.trim());
        let changed: Self = tree.try_into().map_err(|error: toml::de::Error| {
            Error::usage(format!("--set {assignment}: {}", error.message()))
                .hint("print the keys with 'groundtell change --print-recipe'")
        })?;
        changed.checked()
    }

    /// The recipe as TOML, every key written out.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string_pretty(self).map_err(|error| Error::bug(error.to_string()))
    }

    /// Refuses values out of range; serde checked types and keys. For recipes from any other source than
    /// [`Recipe::from_toml`], which asks this itself.
    ///
    /// # Errors
    /// `Usage` that names the key.
    pub fn checked(self) -> Result<Self> {
        let refuse = |key: &str, must: &str| Err(Error::usage(format!("recipe: {key} must be {must}")));
        let [inner, outer] = self.burn.ring_m;
        let lengths = [self.mask.cloud_dilation_m, self.mask.shadow_dilation_m, self.mask.dark_reach_m, inner, outer];
        if lengths.iter().any(|metres| !(0.0..=50_000.0).contains(metres)) {
            return refuse("a dilation or ring", "0 to 50000 metres");
        }
        if inner >= outer {
            return refuse("burn.ring_m", "[inner, outer] with inner < outer");
        }
        if !matches!(self.burn.connectivity, 4 | 8) {
            return refuse("burn.connectivity", "4 or 8");
        }
        if [self.burn.min_area_ha, self.burn.fill_ha].iter().any(|ha| !(0.0..=1e6).contains(ha)) {
            return refuse("burn.min_area_ha and burn.fill_ha", "0 to 1e6");
        }
        self.burn.settings().check().map_err(|must| Error::usage(format!("recipe: burn.grow: {must}")))?;
        if !(self.change.alpha > 0.0 && self.change.alpha < 1.0) {
            return refuse("change.alpha", "between 0 and 1");
        }
        if !(self.change.fdr > 0.0 && self.change.fdr < 1.0) {
            return refuse("change.fdr", "between 0 and 1");
        }
        if let Some((key, must)) = self.radar.fault().or_else(|| self.evidence.fault()).or_else(|| self.heat.fault()) {
            return refuse(key, must);
        }
        if !(64..=2048).contains(&self.output.preview_px) {
            return refuse("output.preview_px", "64 to 2048");
        }
        if self.grid.resolution.is_some_and(|size| !(size.is_finite() && size > 0.0)) {
            return refuse("grid.resolution", "a positive number");
        }
        self.gates.check()?;
        Ok(self)
    }
}

/// The text of a `--set` as the type its slot has now; what is unset takes the first type that parses.
fn typed(slot: &toml::Value, text: &str) -> toml::Value {
    let wants_text = matches!(slot, toml::Value::String(old) if !old.is_empty());
    if wants_text {
        return toml::Value::String(text.to_owned());
    }
    let parsed = toml::from_str::<toml::Table>(&format!("v = {text}")).ok().and_then(|mut table| table.remove("v"));
    match (slot, parsed) {
        (toml::Value::Float(_), Some(toml::Value::Integer(whole))) => toml::Value::Float(whole as f64),
        (_, Some(value)) => value,
        (_, None) => toml::Value::String(text.to_owned()),
    }
}

/// A TOML failure with its line, for a person.
fn refused(text: &str, error: &toml::de::Error) -> Error {
    refusal(Kind::Usage, text, error).at("recipe").hint("print the keys with 'groundtell change --print-recipe'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_survives_toml() {
        let recipe = Recipe::default();
        assert_eq!(Recipe::from_toml(&recipe.to_toml().unwrap()).unwrap(), recipe);
    }

    #[test]
    fn set_takes_the_type_of_its_slot() {
        let recipe = Recipe::default()
            .with("burn.threshold=0.27")
            .unwrap()
            .with("burn.min_area_ha=2")
            .unwrap()
            .with("grid.resolution=10")
            .unwrap()
            .with("output.layers=[\"dnbr\"]")
            .unwrap()
            .with("output.dtype=float32")
            .unwrap();
        assert_eq!(recipe.burn.threshold, "0.27");
        assert_eq!(recipe.burn.min_area_ha, 2.0);
        assert_eq!(recipe.grid.resolution, Some(10.0));
        assert_eq!(recipe.output.layers, ["dnbr"]);
        assert_eq!(recipe.output.dtype, LayerType::Float32);
    }

    #[test]
    fn methods_are_set_by_name() {
        let recipe = Recipe::default().with("change.method=pca-kmeans").unwrap().with("change.cutoff=bh").unwrap();
        assert_eq!((recipe.change.method.name(), recipe.change.cutoff), ("pca-kmeans", Cutoff::Bh));
        let recipe = recipe.with("change.bands=[\"red\", \"nir\"]").unwrap();
        assert_eq!(recipe.change.bands, ["red", "nir"]);
        assert!(Recipe::default().with("change.method=magic").is_err());
        assert!(Recipe::default().with("change.fdr=1").is_err());
    }

    #[test]
    fn unknown_keys_and_bad_values_are_named() {
        assert!(Recipe::default().with("burn.treshold=1").is_err());
        assert!(Recipe::default().with("burn.connectivity=6").is_err());
        let error = Recipe::from_toml("[burn]\nx = 1\n").unwrap_err();
        assert_eq!(error.place(), Some("recipe: line 2, column 1"));
    }
}

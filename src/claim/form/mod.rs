//! The claim file as it is written, key by key, nothing checked yet but the types. Its JSON Schema is made of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) use self::example::example;
pub(crate) use self::values::Day;
pub(super) use self::values::{OneOrMany, RelativePath, Sha256Text, Size, Word};
use super::{Asserts, Kind};

mod example;
mod values;
mod written;

/// A claim file of groundtell (TOML): what somebody says happened somewhere, as claims that satellite imagery can be
/// held against.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
#[schemars(title = "groundtell claim file")]
pub(super) struct FileForm {
    /// The claims: one [claim] table, or [[claim]] once for each.
    pub(super) claim: OneOrMany<ClaimForm>,
}

/// One claim.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "Claim", extend("oneOf" = [{ "required": ["aoi"] }, { "required": ["bbox"] }]))]
pub(super) struct ClaimForm {
    /// A label that no other claim of the file has: letters, digits, hyphen, underscore, full stop. Never a path.
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))]
    pub(super) id: String,
    /// What was said, word by word.
    #[schemars(regex(pattern = r"\S"), length(max = 20000))]
    pub(super) text: String,
    /// Who said it where.
    #[schemars(regex(pattern = r"\S"), length(max = 20000))]
    pub(super) source: String,
    /// SHA-256 of the source as it was archived, 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source_sha256: Option<Sha256Text>,
    /// The day on which it was said; not before the window opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) made_at: Option<Day>,
    /// Which way it speaks.
    pub(super) asserts: Asserts,
    /// Where: a GeoJSON file with polygons in longitude and latitude. This or bbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) aoi: Option<RelativePath>,
    /// Where: west, south, east, north in degrees. This or aoi.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(inner(range(min = -180, max = 180)))]
    pub(super) bbox: Option<[f64; 4]>,
    /// How far from there it may have been, in metres. 0 where it is not given: the area is taken as drawn.
    #[serde(default)]
    #[schemars(range(min = 0, max = 50000))]
    pub(super) location_error_m: f64,
    /// When: the first and the last day, both included.
    pub(super) window: [Day; 2],
    /// What is claimed to have happened.
    #[schemars(length(min = 1), extend("uniqueItems" = true))]
    pub(super) kinds: Vec<Kind>,
    /// The smallest effect that would bear the claim out, by kind.
    #[serde(default)]
    pub(super) smallest_effect: SizesForm,
    /// Named sides, in free words. Nothing reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), inner(length(max = 20000)))]
    pub(super) sides: Vec<String>,
    /// Probability that you give the claim before the evidence, between 0 and 1. Without it no probability is told
    /// after the evidence either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub(super) prior: Option<f64>,
    /// What the evidence may be drawn from.
    #[serde(default, skip_serializing_if = "ImageryForm::is_empty")]
    pub(super) imagery: ImageryForm,
}

/// The smallest effect that would bear the claim out, by kind: a number or a word. The words are conventions of
/// groundtell, no measure of what the author meant: "some" is the default, "heavy" ten times as much.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table of kinds and numbers")]
#[schemars(rename = "Sizes")]
pub(super) struct SizesForm {
    /// Hectares that burned. Default 10: a small field, 250 pixels of 20 m, well above the smallest object mapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) burned_fields: Option<Size>,
    /// Hectares of ground torn up. Default 1: 100 pixels of 10 m. Single craters are metres wide and not resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) impact_area: Option<Size>,
    /// Hectares of buildings damaged or gone. Default 0.5: 50 pixels of 10 m, a block of houses rather than one house.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) built_damage: Option<Size>,
    /// Detections of heat. Default 3: one pixel may be a false alarm, and one fire is often seen by two satellites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thermal: Option<Size>,
}

/// What the evidence may be drawn from. Paths are relative, with / between names, and do not climb (..). The keys
/// of a pair stand here for the pair around the window.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "Imagery")]
pub(super) struct ImageryForm {
    /// Scenes before, in order of precedence: GeoTIFFs, folders of bands, SAFE folders or zips, STAC Items.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub(super) before: OneOrMany<RelativePath>,
    /// Scenes after, likewise.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub(super) after: OneOrMany<RelativePath>,
    /// Date of the scenes before, where the files do not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before_date: Option<Day>,
    /// Date of the scenes after, where the files do not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after_date: Option<Day>,
    /// Band names in file order, where the files do not tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), inner(length(min = 1)))]
    pub(super) bands: Vec<String>,
    /// Reflectance per unit of the files' numbers, over what the files say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scale: Option<f64>,
    /// Summand of reflectance, over what the files say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) offset: Option<f64>,
    /// Dated radar scenes.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub(super) stack: OneOrMany<RelativePath>,
    /// Hotspot files (NASA FIRMS, CSV).
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub(super) hotspots: OneOrMany<RelativePath>,
    /// Pairs of the same season in other years, [[claim.imagery.control]] once for each.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub(super) control: OneOrMany<ScenesForm>,
}

impl ImageryForm {
    /// Whether it says nothing.
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A pair of scenes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
#[schemars(rename = "Scenes")]
pub(super) struct ScenesForm {
    /// Scenes before, in order of precedence: GeoTIFFs, folders of bands, SAFE folders or zips, STAC Items.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub(super) before: OneOrMany<RelativePath>,
    /// Scenes after, likewise.
    #[serde(skip_serializing_if = "OneOrMany::is_empty")]
    pub(super) after: OneOrMany<RelativePath>,
    /// Date of the scenes before, where the files do not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before_date: Option<Day>,
    /// Date of the scenes after, where the files do not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after_date: Option<Day>,
    /// Band names in file order, where the files do not tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), inner(length(min = 1)))]
    pub(super) bands: Vec<String>,
    /// Reflectance per unit of the files' numbers, over what the files say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scale: Option<f64>,
    /// Summand of reflectance, over what the files say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) offset: Option<f64>,
}

impl From<&ImageryForm> for ScenesForm {
    fn from(form: &ImageryForm) -> Self {
        Self {
            before: form.before.clone(),
            after: form.after.clone(),
            before_date: form.before_date,
            after_date: form.after_date,
            bands: form.bands.clone(),
            scale: form.scale,
            offset: form.offset,
        }
    }
}

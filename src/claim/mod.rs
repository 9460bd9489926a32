//! A claim: what somebody says, where and when, and how large it must be to matter. A claim is read, never
//! believed; nothing of it but area, window, kinds and sizes reaches the evidence.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which way the claim speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Asserts {
    /// It happened.
    Occurred,
    /// It did not happen.
    DidNotOccur,
}

/// What is claimed to have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Fields, steppe or forest burned.
    BurnedFields,
    /// Ground torn up: cratering, ejecta, scorched soil.
    ImpactArea,
    /// Buildings damaged or gone.
    BuiltDamage,
    /// Fire or explosions hot enough to be seen from orbit.
    Thermal,
    /// Who stands or fires where: public imagery of ten metres cannot test it.
    FirePosition,
}

/// The days in which it is claimed to have happened, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[allow(missing_docs)]
pub struct Window {
    pub from: Date,
    pub to: Date,
}

impl Window {
    /// Number of days.
    pub fn days(&self) -> i64 {
        i64::from((self.to - self.from).get_days()) + 1
    }
}

/// Scenes before and after, as paths of the user's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Scenes {
    /// Scenes before, in order of precedence.
    pub before: Vec<String>,
    /// Scenes after.
    pub after: Vec<String>,
    /// Date of the scenes before, where the files do not tell.
    pub before_date: Option<Date>,
    /// Date of the scenes after, where the files do not tell.
    pub after_date: Option<Date>,
    /// Band names in file order, where the files do not tell.
    pub bands: Vec<String>,
    /// Reflectance per unit of the files' numbers, over what the files say.
    pub scale: Option<f64>,
    /// Summand of reflectance, over what the files say.
    pub offset: Option<f64>,
}

/// What the evidence may be drawn from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Imagery {
    /// The pair around the window.
    pub scenes: Option<Scenes>,
    /// Pairs of the same season in other years.
    pub controls: Vec<Scenes>,
    /// Dated radar scenes.
    pub stack: Vec<String>,
    /// Hotspot files (NASA FIRMS).
    pub hotspots: Vec<String>,
}

/// Where it is claimed to have happened, as the file says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A GeoJSON file.
    File(String),
    /// West, south, east, north in degrees.
    Bbox([f64; 4]),
}

/// One claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// A label, never a path.
    pub id: String,
    /// What was said, word by word.
    pub text: String,
    /// Who said it where.
    pub source: String,
    /// Checksum of the source as it was archived, in hex.
    pub source_sha256: Option<String>,
    /// When it was said.
    pub made_at: Option<Date>,
    /// Which way it speaks.
    pub asserts: Asserts,
    /// Where.
    pub place: Place,
    /// How far from there it may have been, in metres.
    pub location_error_m: f64,
    /// When.
    pub window: Window,
    /// What.
    pub kinds: Vec<Kind>,
    /// The smallest effect that would bear the claim out, by kind: hectares, detections for `thermal`.
    pub smallest_effect: BTreeMap<Kind, f64>,
    /// Named sides. Nothing reads them.
    pub sides: Vec<String>,
    /// Probability that the user gives the claim before the evidence.
    pub prior: Option<f64>,
    /// What the evidence may be drawn from.
    pub imagery: Imagery,
}

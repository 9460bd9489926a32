//! A claim: what somebody says, where and when, and how large it must be to matter. A claim is read, never
//! believed; nothing of it but area, window, kinds and sizes reaches the evidence.

mod file;
mod form;
mod imagery;
mod preregistration;
mod reading;
pub mod schema;
mod size;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::file::ClaimFile;
pub(crate) use self::form::Day;
use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;
use crate::limits::Limits;

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

impl Kind {
    /// Whether public imagery can bear on it at all.
    pub fn is_testable(self) -> bool {
        self != Self::FirePosition
    }

    /// Its word in a claim file.
    pub fn word(self) -> &'static str {
        match self {
            Self::BurnedFields => "burned_fields",
            Self::ImpactArea => "impact_area",
            Self::BuiltDamage => "built_damage",
            Self::Thermal => "thermal",
            Self::FirePosition => "fire_position",
        }
    }
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

impl Place {
    /// The area of a box; none for a file, which is not read here.
    ///
    /// # Errors
    /// As [`Aoi::from_bbox`].
    pub fn boxed(&self) -> Result<Option<Aoi>> {
        let Self::Bbox([west, south, east, north]) = self else { return Ok(None) };
        Aoi::from_bbox(&format!("{west},{south},{east},{north}")).map(Some)
    }
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

impl Claim {
    /// Whether public imagery can bear on any of its kinds.
    pub fn is_testable(&self) -> bool {
        self.kinds.iter().any(|kind| kind.is_testable())
    }

    /// The kinds that public imagery can bear on, in the order of the file.
    pub fn testable_kinds(&self) -> impl Iterator<Item = Kind> {
        self.kinds.iter().copied().filter(|kind| kind.is_testable())
    }

    /// Why it cannot be tested, in a sentence; none where it can.
    pub fn untestable_reason(&self) -> Option<&'static str> {
        const REASON: &str = "Who stands, fires or leaves where is not visible at ten metres a pixel: people and \
            vehicles are smaller, and an empty position looks like a held one.";
        (!self.is_testable()).then_some(REASON)
    }

    /// Every path that it names, relative to the folder that its paths start from: the area, the pair, the controls,
    /// the stack, the hotspots.
    pub fn paths(&self) -> Vec<&str> {
        let area = match &self.place {
            Place::File(path) => Some(path),
            Place::Bbox(_) => None,
        };
        let pairs = self.imagery.scenes.iter().chain(&self.imagery.controls);
        let scenes = pairs.flat_map(|pair| pair.before.iter().chain(&pair.after));
        let others = self.imagery.stack.iter().chain(&self.imagery.hotspots);
        area.into_iter().chain(scenes).chain(others).map(String::as_str).collect()
    }

    /// Refuses an area that is too large for one claim, known once the AOI is; `hectares` on the ground.
    ///
    /// # Errors
    /// `Limit`.
    pub fn check_area(&self, hectares: f64, limits: &Limits) -> Result<()> {
        if hectares <= f64::from(limits.claim_area_ha) {
            return Ok(());
        }
        let [area, most] = [hectares, f64::from(limits.claim_area_ha)].map(|hectares| hectares / 100.0);
        let problem = format!("the area of claim {} is {area:.0} km2, more than {most:.0} km2 are not judged", self.id);
        Err(Error::limit(problem).hint("draw the area around the place that the claim names"))
    }
}

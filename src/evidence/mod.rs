//! Evidence: how surprising what was seen is here, whether it would have been seen, and what follows for a claim
//! (METHODS 10 and 11). Nothing here knows files or pixels of a scene; layers hand in counts and shares.

pub mod bootstrap;
pub mod draw;
pub mod explain;
pub mod heat;
pub mod implant;
pub mod judge;
pub mod measurement;
pub mod placement;
pub mod strength;
pub mod test;
pub mod verdict;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a layer, or all of them, say of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Public imagery shows what the claim says.
    Corroborates,
    /// Public imagery would have shown it, and does not.
    Contradicts,
    /// It could have been seen, but what was seen decides nothing.
    Inconclusive,
    /// Nobody could have seen it with this imagery.
    NotObservable,
}

impl Outcome {
    /// The outcome in a sentence's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Corroborates => "corroborates",
            Self::Contradicts => "contradicts",
            Self::Inconclusive => "inconclusive",
            Self::NotObservable => "not observable",
        }
    }

    /// The outcome for the opposite assertion: the first two change places.
    #[must_use]
    pub fn swapped(self) -> Self {
        match self {
            Self::Corroborates => Self::Contradicts,
            Self::Contradicts => Self::Corroborates,
            other => other,
        }
    }
}

/// A layer of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LayerKind {
    /// Burned ground, by dNBR.
    Burn,
    /// Change of surface reflectance by any cause.
    OpticalChange,
    /// Change of radar backscatter.
    Radar,
    /// Thermal hotspots.
    Heat,
}

impl LayerKind {
    /// The layer in a sentence's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Burn => "burned ground",
            Self::OpticalChange => "optical change",
            Self::Radar => "radar change",
            Self::Heat => "heat",
        }
    }

    /// Layers of one family look at the same thing through the same sky: their likelihoods are not multiplied.
    pub fn family(self) -> Family {
        match self {
            Self::Burn | Self::OpticalChange => Family::Optical,
            Self::Radar => Family::Radar,
            Self::Heat => Family::Heat,
        }
    }
}

/// What layers share a sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Family {
    Optical,
    Radar,
    Heat,
}

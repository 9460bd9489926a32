//! The verdict: the document that `check` writes, from claim to sentences.

use schemars::JsonSchema;
use serde::Serialize;

use super::measurement::Measurement;
use super::{LayerKind, Outcome};

/// A measurement judged.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LayerVerdict {
    /// What it says of the claim.
    pub outcome: Outcome,
    /// Why, in words.
    pub because: String,
    /// The larger p of its placebo families; null where it has none.
    pub p: Option<f64>,
    /// The same after Holm's correction over all layers.
    pub p_holm: Option<f64>,
    /// Strength; null where it has no placebo or no implant.
    pub strength: Option<Strength>,
    /// What was measured.
    pub measured: Measurement,
}

/// How strongly evidence speaks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Strength {
    /// Likelihood of the evidence if the claimed event happened, over that if it did not. For an assertion that
    /// nothing happened it is the reciprocal.
    pub ratio: f64,
    /// Least and greatest ratio that so many placebos can show.
    pub cap: [f64; 2],
    /// The verbal scale (ENFSI 2015).
    pub words: String,
}

/// All layers together.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Judgement {
    /// The outcome.
    pub outcome: Outcome,
    /// In one line.
    pub headline: String,
    /// Why, in at most five.
    pub why: Vec<String>,
    /// What could not be seen.
    pub unseen: Vec<String>,
    /// Strength of all layers.
    pub strength: Option<Strength>,
    /// Probability of the proposition after the evidence, where the user gave one before it.
    pub posterior: Option<Posterior>,
    /// The layers.
    pub layers: Vec<LayerVerdict>,
    /// The fixed sentence on what these layers cannot tell.
    pub limits: String,
}

/// A probability after the evidence.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Posterior {
    /// What the user gave.
    pub prior: f64,
    /// What follows.
    pub probability: f64,
    /// In the words of ICD 203.
    pub words: String,
}

impl Judgement {
    /// The layer of a kind.
    pub fn layer(&self, kind: LayerKind) -> Option<&LayerVerdict> {
        self.layers.iter().find(|layer| layer.measured.layer == kind)
    }
}

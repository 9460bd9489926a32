//! The verdict: the document that `check` writes, from claim to sentences.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::measurement::Measurement;
use super::{LayerKind, Outcome};
use crate::claim::{Asserts, Claim, Kind, Window};
use crate::geom::aoi::Aoi;

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

/// The verdict on one claim: `verdict.json`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Verdict {
    /// Version of the program.
    pub groundtell: String,
    /// Whether any input says of itself that it is simulated.
    pub simulated: bool,
    /// `SIMULATED: nothing here was seen by a satellite`, or null.
    pub simulated_note: Option<String>,
    /// What was claimed.
    pub claim: ClaimFacts,
    /// Checksums taken before any pixel was read.
    pub registration: Registration,
    /// What the evidence was drawn from.
    pub sources: Sources,
    /// What follows.
    #[serde(flatten)]
    pub judgement: Judgement,
}

/// The claim as far as it reaches the evidence, and who said it. Named sides are not repeated.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[allow(missing_docs, reason = "as in the claim")]
pub struct ClaimFacts {
    pub id: String,
    pub text: String,
    pub source: String,
    pub source_sha256: Option<String>,
    pub made_at: Option<Date>,
    pub asserts: Asserts,
    pub window: Window,
    pub kinds: Vec<Kind>,
    /// Hectares; detections for `thermal`.
    pub smallest_effect: BTreeMap<Kind, f64>,
    pub location_error_m: f64,
    /// Hectares, without the location error.
    pub area_ha: f64,
    /// West, south, east, north in degrees.
    pub bbox: Vec<[f64; 4]>,
}

impl ClaimFacts {
    /// The facts of a claim over an area, of which so much is shown.
    pub fn of(claim: &Claim, area: &Aoi, shown: &Aoi) -> Self {
        let boxes = shown.bounds().into_iter().map(|own| [own.west, own.south, own.east, own.north]);
        Self {
            id: claim.id.clone(),
            text: claim.text.clone(),
            source: claim.source.clone(),
            source_sha256: claim.source_sha256.clone(),
            made_at: claim.made_at,
            asserts: claim.asserts,
            window: claim.window,
            kinds: claim.kinds.clone(),
            smallest_effect: claim.smallest_effect.clone(),
            location_error_m: claim.location_error_m,
            area_ha: (area.area_ha() * 1e4).round() / 1e4,
            bbox: boxes.collect(),
        }
    }
}

/// What was asked, fixed before anything was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Registration {
    /// Over all that reaches the evidence: area, window, kinds, sizes, direction, imagery, recipe.
    pub claim_sha256: String,
    /// Over the recipe.
    pub recipe_sha256: String,
}

/// What the evidence was drawn from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct Sources {
    /// Date of the scenes before.
    pub before: Option<Date>,
    /// Date of the scenes after.
    pub after: Option<Date>,
    /// Scenes, stacks and files by name.
    pub names: Vec<String>,
    /// Whose data it is.
    pub credits: Vec<String>,
}

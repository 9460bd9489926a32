//! From measurements to outcomes, by rules in a fixed order; every threshold is a key of the recipe (METHODS 11).

use super::explain;
use super::measurement::{Measurement, Movement};
use super::strength::{self, posterior, swapped, together};
use super::test::holm;
use super::verdict::{Judgement, LayerVerdict};
use super::{Family, LayerKind, Outcome};
use crate::claim::{Asserts, Claim, Kind};
use crate::recipe::EvidenceRecipe;

/// The layers that bear on a kind.
pub fn layers_for(kind: Kind) -> &'static [LayerKind] {
    match kind {
        Kind::BurnedFields => &[LayerKind::Burn, LayerKind::Heat],
        Kind::ImpactArea | Kind::BuiltDamage => &[LayerKind::OpticalChange, LayerKind::Radar],
        Kind::Thermal => &[LayerKind::Heat],
        Kind::FirePosition => &[],
    }
}

/// Whether a layer bears on a claim.
pub fn bears(layer: LayerKind, claim: &Claim) -> bool {
    claim.kinds.iter().any(|kind| layers_for(*kind).contains(&layer))
}

/// Judges all layers of a claim.
pub fn judge(claim: &Claim, measured: Vec<Measurement>, recipe: &EvidenceRecipe) -> Judgement {
    let worst: Vec<Option<f64>> = measured.iter().map(|layer| worst_p(layer, recipe)).collect();
    let tested: Vec<f64> = worst.iter().flatten().copied().collect();
    let mut corrected = holm(&tested).into_iter();
    let layers: Vec<LayerVerdict> = measured
        .into_iter()
        .zip(worst)
        .map(|(measured, p)| {
            let p_holm = p.and_then(|_| corrected.next());
            layer(claim, measured, (p, p_holm), recipe)
        })
        .collect();
    let outcome = overall(claim, &layers);
    let mut strength = together(&layers);
    if claim.asserts == Asserts::DidNotOccur {
        strength = strength.as_ref().map(swapped);
    }
    let layers = layers.into_iter().map(|layer| said_of(claim.asserts, layer)).collect::<Vec<_>>();
    let outcome = if claim.asserts == Asserts::DidNotOccur { outcome.swapped() } else { outcome };
    Judgement {
        outcome,
        headline: explain::headline(claim, outcome),
        why: explain::why(claim, &layers, outcome),
        unseen: explain::unseen(claim, &layers),
        posterior: claim.prior.zip(strength.as_ref()).map(|(prior, strength)| posterior(prior, strength)),
        strength,
        layers,
        limits: explain::LIMITS.to_owned(),
    }
}

/// The same verdict on a layer for an assertion that it did not happen.
fn said_of(asserts: Asserts, layer: LayerVerdict) -> LayerVerdict {
    if asserts == Asserts::Occurred {
        return layer;
    }
    LayerVerdict { outcome: layer.outcome.swapped(), strength: layer.strength.as_ref().map(swapped), ..layer }
}

/// The larger p of the movements; one with too few placebos to ever reach alpha counts only where a placebo reaches
/// the area's value: it can veto, it cannot bear out, and a claim is not worse off for a few control years more.
fn worst_p(measured: &Measurement, recipe: &EvidenceRecipe) -> Option<f64> {
    measured.value?;
    let counts = |family: &&super::measurement::Placebos| {
        family.movement == Movement::Spatial || family.values.len() >= recipe.min_placebos || family.exceeding > 0
    };
    measured.placebos.iter().filter(counts).map(|family| family.p).reduce(f64::max)
}

/// One layer for "it happened".
fn layer(
    claim: &Claim,
    measured: Measurement,
    (p, p_holm): (Option<f64>, Option<f64>),
    recipe: &EvidenceRecipe,
) -> LayerVerdict {
    let hidden = why_not_observable(claim, &measured, recipe);
    let missing = what_lacks(&measured, p_holm, recipe);
    let (outcome, because) = if let Some(reason) = hidden {
        (Outcome::NotObservable, reason)
    } else if missing.is_empty() {
        (Outcome::Corroborates, explain::corroborated(&measured, p_holm))
    } else if let Some(reason) = why_contradicted(&measured, &missing, recipe) {
        (Outcome::Contradicts, reason)
    } else {
        (Outcome::Inconclusive, listed(&missing))
    };
    let strength = (outcome != Outcome::NotObservable).then(|| strength::strength(&measured)).flatten();
    LayerVerdict { outcome, because, p, p_holm, strength, measured }
}

/// What lacks in words, doubts together.
fn listed(missing: &[Lack]) -> String {
    let doubts: Vec<&str> = missing.iter().filter_map(Lack::doubt).collect();
    let doubts = (!doubts.is_empty()).then(|| format!("doubtful, since {}", doubts.join("; ")));
    let others = missing.iter().filter(|lack| lack.doubt().is_none()).map(Lack::to_string);
    doubts.into_iter().chain(others).collect::<Vec<_>>().join("; ")
}

/// Why nobody could have seen it, if so.
fn why_not_observable(claim: &Claim, measured: &Measurement, recipe: &EvidenceRecipe) -> Option<String> {
    let seen = &measured.observability;
    if let Some(blocker) = seen.blockers.first() {
        return Some(blocker.clone());
    }
    if measured.value.is_none() {
        return Some("nothing of the area was observed".into());
    }
    if seen.share < recipe.min_observed {
        return Some(format!("only {:.0} % of the area could be observed", 100.0 * seen.share));
    }
    let fades = fade_days(claim, measured.layer, recipe)?;
    let late = measured.looked_after_days.filter(|days| *days > fades)?;
    Some(format!("the first look came {late} days after the window; such a mark is gone after {fades}"))
}

/// Days for which a mark lasts, by what is claimed; heat leaves none, and is looked for in the window alone.
fn fade_days(claim: &Claim, layer: LayerKind, recipe: &EvidenceRecipe) -> Option<i64> {
    let built = claim.kinds.contains(&Kind::BuiltDamage);
    match layer.family() {
        Family::Heat => None,
        _ if built && layer != LayerKind::Burn => Some(recipe.fade_built_days),
        _ => Some(recipe.fade_open_days),
    }
}

/// What a layer lacks to corroborate.
#[derive(Debug, Clone, PartialEq)]
enum Lack {
    Doubtful(String),
    Placebos { have: usize, need: usize },
    Surprise { p: Option<f64>, alpha: f64 },
    Effect { low: f64, least: f64, unit: &'static str },
    Date,
    Overlap { share: f64 },
    Early,
    Rival { name: String, words: String },
}

impl Lack {
    fn doubt(&self) -> Option<&str> {
        if let Self::Doubtful(reason) = self { Some(reason) } else { None }
    }
}

fn what_lacks(measured: &Measurement, p_holm: Option<f64>, recipe: &EvidenceRecipe) -> Vec<Lack> {
    let spatial = measured.placebos.iter().filter(|family| family.movement == Movement::Spatial);
    let have = spatial.map(|family| family.values.len()).max().unwrap_or(0);
    let need = recipe.min_placebos;
    let least = measured.least.max(0.0);
    let effect = measured.effect.low > 0.0 && measured.effect.low >= least;
    let mut lacks: Vec<Lack> = measured.observability.doubts.iter().cloned().map(Lack::Doubtful).collect();
    lacks.extend((have < need).then_some(Lack::Placebos { have, need }));
    // With too few placebos p is large even if none of them shows as much: their number is what lacks.
    let exceeded = measured.placebos.iter().any(|family| family.exceeding > 0);
    let surprising = p_holm.is_some_and(|p| p <= recipe.alpha) || have < need && !exceeded;
    lacks.extend((!surprising).then_some(Lack::Surprise { p: p_holm, alpha: recipe.alpha }));
    lacks.extend((!effect).then_some(Lack::Effect { low: measured.effect.low, least, unit: measured.unit }));
    lacks.extend(match measured.bracket {
        None => Some(Lack::Date),
        Some(bracket) if bracket.before_window => Some(Lack::Early),
        Some(bracket) if bracket.overlap < recipe.min_overlap => Some(Lack::Overlap { share: bracket.overlap }),
        Some(_) => None,
    });
    let rivals = measured.rivals.iter().filter(|rival| rival.score >= recipe.rival);
    lacks.extend(rivals.map(|rival| Lack::Rival { name: rival.name.clone(), words: rival.words.clone() }));
    lacks
}

/// Why the layer contradicts, if so: it would have been seen and was not, or it was there before.
fn why_contradicted(measured: &Measurement, missing: &[Lack], recipe: &EvidenceRecipe) -> Option<String> {
    let seen = &measured.observability;
    if !seen.doubts.is_empty() || seen.share.min(seen.window_share) < recipe.contradict_observed {
        return None;
    }
    if missing == [Lack::Early] {
        return Some("the mark was there before the window".into());
    }
    let power = measured.power.as_ref()?;
    let absent = measured.effect.high < power.smallest_effect;
    (absent && power.at_smallest.value >= recipe.contradict_power).then(|| explain::contradicted(measured, power))
}

/// All layers together.
fn overall(claim: &Claim, layers: &[LayerVerdict]) -> Outcome {
    let bearing = || layers.iter().filter(|layer| bears(layer.measured.layer, claim));
    let any = |outcome: Outcome| bearing().any(|layer| layer.outcome == outcome);
    match (any(Outcome::Corroborates), any(Outcome::Contradicts)) {
        (true, false) => Outcome::Corroborates,
        (false, true) => Outcome::Contradicts,
        (true, true) => Outcome::Inconclusive,
        (false, false) if bearing().all(|layer| layer.outcome == Outcome::NotObservable) => Outcome::NotObservable,
        (false, false) => Outcome::Inconclusive,
    }
}

impl std::fmt::Display for Lack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Doubtful(reason) => write!(f, "{reason}"),
            Self::Placebos { have, need } => {
                write!(f, "there is room for {have} comparable places, and {need} are needed")
            }
            Self::Surprise { p: Some(p), alpha } => {
                write!(f, "comparable places and times show as much too often (p {p:.3}, above {alpha})")
            }
            Self::Surprise { p: None, .. } => write!(f, "there is nothing to compare the area with"),
            Self::Effect { low, .. } if *low <= 0.0 => write!(f, "the effect may be none at all"),
            Self::Effect { low, least, unit } => {
                write!(f, "the effect may be as small as {low:.1} {unit}, and {least:.1} {unit} would count")
            }
            Self::Date => write!(f, "nothing tells when the mark appeared"),
            Self::Overlap { share } => {
                write!(f, "only {:.0} % of the days in which it appeared lie in the window", 100.0 * share)
            }
            Self::Early => write!(f, "the mark was there before the window"),
            Self::Rival { name, words } => write!(f, "{name} explains it as well: {words}"),
        }
    }
}

#[cfg(test)]
mod tests;

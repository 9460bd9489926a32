//! The sentences of a verdict, written from its numbers: what is said is what was measured, and nothing of causes,
//! weapons or sides.

use super::measurement::{Measurement, Power};
use super::verdict::LayerVerdict;
use super::{Outcome, judge};
use crate::claim::{Asserts, Claim, Kind};

/// The sentence that every report carries.
pub const LIMITS: &str = "What is seen is consistent with the stated change only; cause, weapon and responsible side cannot be \
determined from these layers. Pixels of 10 to 375 m do not resolve single shell craters, vehicles or people, and a claim that \
rests on imagery of finer detail is neither borne out nor refuted by what these do not show.";

/// Reasons a verdict gives at most.
const REASONS: usize = 5;

/// The verdict in one line.
pub fn headline(claim: &Claim, outcome: Outcome) -> String {
    let event = match claim.asserts {
        Asserts::Occurred => "the claimed event",
        Asserts::DidNotOccur => "that nothing of the kind happened",
    };
    match outcome {
        _ if !claim.is_testable() => {
            "Not testable: no public imagery of ten metres shows what this claim is about.".into()
        }
        Outcome::Corroborates => format!("Public imagery corroborates {event}."),
        Outcome::Contradicts => format!("Public imagery contradicts {event}."),
        Outcome::Inconclusive => format!("Public imagery is inconclusive on {event}."),
        Outcome::NotObservable => format!("Not observable: public imagery could not have shown {event}."),
    }
}

/// Why, in at most five sentences, what decided first.
pub fn why(claim: &Claim, layers: &[LayerVerdict], outcome: Outcome) -> Vec<String> {
    if !claim.is_testable() {
        return vec!["Who holds or fires from a place leaves no mark that pixels of ten metres show.".into()];
    }
    let bearing = || layers.iter().filter(|layer| judge::bears(layer.measured.layer, claim));
    if bearing().next().is_none() {
        return vec!["Nothing that bears on the claim was given: no scenes, radar or hotspots.".into()];
    }
    let mut reasons = Vec::new();
    let disagree = |wanted| bearing().any(|layer| layer.outcome == wanted);
    if outcome == Outcome::Inconclusive && disagree(Outcome::Corroborates) && disagree(Outcome::Contradicts) {
        reasons.push("The layers contradict each other.".into());
    }
    let decided = |layer: &&LayerVerdict| layer.outcome == outcome;
    let ordered = bearing().filter(decided).chain(bearing().filter(|layer| !decided(layer)));
    reasons.extend(ordered.map(sentence));
    if claim.kinds.contains(&Kind::FirePosition) {
        reasons.push("Positions are not testable; they were left aside.".into());
    }
    reasons.truncate(REASONS);
    reasons
}

fn sentence(layer: &LayerVerdict) -> String {
    format!("{} ({}): {}.", capital(layer.measured.layer.words()), layer.outcome.words(), layer.because)
}

/// What could not be seen.
pub fn unseen(claim: &Claim, layers: &[LayerVerdict]) -> Vec<String> {
    let hidden = layers.iter().filter_map(|layer| {
        let share = layer.measured.observability.share;
        (share < 0.995).then(|| {
            format!(
                "{}: {:.0} % of the area was not observed.",
                capital(layer.measured.layer.words()),
                100.0 * (1.0 - share)
            )
        })
    });
    let weak = layers.iter().filter_map(|layer| {
        let power = layer.measured.power.as_ref()?;
        Some(format!("{}: {}", capital(layer.measured.layer.words()), smallest(power, layer.measured.unit)))
    });
    let wanted = claim.kinds.iter().flat_map(|kind| judge::layers_for(*kind));
    let mut absent: Vec<&str> = wanted
        .filter(|kind| !layers.iter().any(|layer| layer.measured.layer == **kind))
        .map(|kind| kind.words())
        .collect();
    absent.sort_unstable();
    absent.dedup();
    let absent = absent.into_iter().map(|name| format!("{}: no data was given.", capital(name)));
    hidden.chain(weak).chain(absent).collect()
}

fn smallest(power: &Power, unit: &str) -> String {
    let at = 100.0 * power.at_smallest.value;
    let size = power.smallest_effect;
    match power.detectable_at_80 {
        Some(least) => {
            format!(
                "an event of {size:.1} {unit} would be found with a probability of {at:.0} %, four in five from {least:.1} {unit}."
            )
        }
        None => format!("an event of {size:.1} {unit} would be found with a probability of {at:.0} % only."),
    }
}

/// Why a layer corroborates.
pub(super) fn corroborated(measured: &Measurement, p_holm: Option<f64>) -> String {
    let placebos: usize = measured.placebos.iter().map(|family| family.values.len()).sum();
    format!(
        "{:.1} {unit} more than usual (95 % interval {:.1} to {:.1}); of {placebos} comparable places and times {} show as \
         much (p {:.3} after correction)",
        measured.effect.value,
        measured.effect.low,
        measured.effect.high,
        measured.placebos.iter().map(|family| family.exceeding).sum::<u64>(),
        p_holm.unwrap_or(1.0),
        unit = measured.unit,
    )
}

/// Why a layer contradicts.
pub(super) fn contradicted(measured: &Measurement, power: &Power) -> String {
    format!(
        "an event of {:.1} {unit} would have been found with a probability of {:.0} %, and what was found is at most {:.1} {unit}",
        power.smallest_effect,
        100.0 * power.at_smallest.value,
        measured.effect.high,
        unit = measured.unit,
    )
}

fn capital(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

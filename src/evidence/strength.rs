//! How strongly evidence speaks: likelihood ratios from placebos and implants, capped by how many there are, and
//! the words for them. No probability of the claim unless the user gave one before.

use super::Family;
use super::measurement::{Measurement, Movement, Power};
use super::test::median;
use super::verdict::{LayerVerdict, Posterior, Strength};

/// The strength of one layer for "it happened"; none without placebos or power.
///
/// Above the placebos' median what is weighed is that the area stands as high among its placebos as it does: the power
/// to find an event of the size that was seen (of the smallest effect at least) over the probability of chance. Else
/// it is that so little was found: the share of places with an implant of the smallest effect that show as little,
/// over the share of placebos that do. No share is taken for 0; the cap is what so many placebos can show (METHODS 11).
pub fn strength(measured: &Measurement) -> Option<Strength> {
    let value = measured.value?;
    let placebos = measured.placebos.iter().filter(|family| family.movement == Movement::Spatial).collect::<Vec<_>>();
    let family = placebos.first()?;
    let power = measured.power.as_ref()?;
    let ratio = if value > median(&family.values) {
        power_of(measured.effect.value, power) / worst(measured)
    } else {
        // Where nothing was implanted, an event that is missed looks like none.
        let low = |values: &[f64]| (1 + values.iter().filter(|other| **other <= value).count()) as f64;
        let share = |values: &[f64]| low(values) / (values.len() + 1) as f64;
        let missed = 1.0 - power.at_smallest.value;
        let ratio = if power.statistics.is_empty() { missed } else { share(&power.statistics) / share(&family.values) };
        // An event never makes it more likely to find little.
        ratio.min(1.0)
    };
    let cap = (family.values.len() + 1) as f64;
    Some(stated(ratio.clamp(1.0 / cap, cap), [1.0 / cap, cap]))
}

/// Power to find an event as large as that, of the sizes tried that are no smaller than the smallest effect.
fn power_of(size: f64, power: &Power) -> f64 {
    let mut tried = power.curve.iter().filter(|point| point.size >= power.smallest_effect && point.size <= size);
    tried.next_back().map_or(power.at_smallest.value, |point| point.found.share.value)
}

/// The larger p of the movements that have enough to be tested by.
fn worst(measured: &Measurement) -> f64 {
    measured.placebos.iter().map(|family| family.p).fold(0.0, f64::max).max(f64::MIN_POSITIVE)
}

/// A ratio with its words.
fn stated(ratio: f64, cap: [f64; 2]) -> Strength {
    Strength { ratio: rounded(ratio), cap: cap.map(rounded), words: words(ratio) }
}

/// The same for the opposite assertion.
#[must_use]
pub fn swapped(strength: &Strength) -> Strength {
    let [low, high] = strength.cap;
    stated(1.0 / strength.ratio, [1.0 / high, 1.0 / low])
}

/// All layers together: of one family the one nearest to 1, families multiplied.
pub fn together(layers: &[LayerVerdict]) -> Option<Strength> {
    let weakest = |family: Family| {
        let own = layers.iter().filter(|layer| layer.measured.layer.family() == family);
        own.filter_map(|layer| layer.strength.as_ref()).min_by(|a, b| a.ratio.ln().abs().total_cmp(&b.ratio.ln().abs()))
    };
    let found: Vec<&Strength> =
        [Family::Optical, Family::Radar, Family::Heat].into_iter().filter_map(weakest).collect();
    let product = |of: &dyn Fn(&Strength) -> f64| found.iter().map(|strength| of(strength)).product::<f64>();
    (!found.is_empty())
        .then(|| stated(product(&|strength| strength.ratio), [product(&|own| own.cap[0]), product(&|own| own.cap[1])]))
}

/// The verbal scale of the European forensic institutes (ENFSI 2015, guideline for evaluative reporting).
fn words(ratio: f64) -> String {
    let (size, against) = if ratio >= 1.0 { (ratio, "") } else { (1.0 / ratio, " against it") };
    let support = match size {
        _ if size < 2.0 => return "no support either way".into(),
        _ if size < 10.0 => "weak support",
        _ if size < 100.0 => "moderate support",
        _ if size < 1000.0 => "moderately strong support",
        _ if size < 10_000.0 => "strong support",
        _ => "very strong support",
    };
    format!("{support}{against}")
}

/// The probability after the evidence, where one was given before it.
pub fn posterior(prior: f64, strength: &Strength) -> Posterior {
    let odds = prior / (1.0 - prior) * strength.ratio;
    let probability = if odds.is_finite() { odds / (1.0 + odds) } else { 1.0 };
    Posterior { prior, probability: rounded(probability), words: likelihood(probability).into() }
}

/// The words of ICD 203 (United States intelligence community directive 203, 2015) for a probability.
fn likelihood(probability: f64) -> &'static str {
    match probability {
        p if p <= 0.05 => "almost no chance",
        p if p <= 0.20 => "very unlikely",
        p if p <= 0.45 => "unlikely",
        p if p <= 0.55 => "roughly even chance",
        p if p <= 0.80 => "likely",
        p if p <= 0.95 => "very likely",
        _ => "almost certain",
    }
}

/// To four significant digits: no ratio of counts is better than that.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10f64.powi(3 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_symmetric() {
        for (ratio, expected) in [
            (1.5, "no support either way"),
            (5.0, "weak support"),
            (50.0, "moderate support"),
            (0.02, "moderate support against it"),
            (500.0, "moderately strong support"),
            (2e5, "very strong support"),
        ] {
            assert_eq!(words(ratio), expected);
        }
        let strength = stated(20.0, [0.01, 100.0]);
        assert_eq!(swapped(&strength).ratio, 0.05);
        assert_eq!(swapped(&swapped(&strength)), strength);
    }

    #[test]
    fn a_prior_becomes_a_posterior() {
        let after = posterior(0.5, &stated(19.0, [0.05, 20.0]));
        assert_eq!((after.probability, after.words.as_str()), (0.95, "very likely"));
        assert_eq!(posterior(1.0, &stated(0.1, [0.05, 20.0])).probability, 1.0);
        assert_eq!(posterior(0.0, &stated(10.0, [0.05, 20.0])).probability, 0.0);
    }

    #[test]
    fn figures_have_four_digits() {
        assert_eq!([0.123_456, 123_456.0, 0.0, -2.0].map(rounded), [0.1235, 123_500.0, 0.0, -2.0]);
    }
}

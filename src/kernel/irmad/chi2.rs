//! The upper tail of the chi-square distribution, fast enough to be asked for every pixel of every iteration.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Halves of chi-square beyond this have no tail left that a weight would notice (exp(-87) = 1.6e-38).
const LAST: f32 = 87.0;
/// Adding and subtracting this rounds a smaller float to a whole number, for many at once.
const ROUNDER: f32 = 12_582_912.0;
/// ln 2 in two parts, of which the first has few digits: products with whole numbers are exact.
const LN2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// exp(-h) for 0 <= h <= [`LAST`], to 2e-7 of itself: 2^n by the exponent bits, the rest by Taylor's series.
#[inline(always)]
fn exp_of_minus(h: f32) -> f32 {
    let x = -h;
    let shifted = x * std::f32::consts::LOG2_E + ROUNDER;
    let n = shifted - ROUNDER;
    let r = (x - n * LN2[0]) - n * LN2[1];
    let series = [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let power = series.iter().fold(0.0, |sum, term| sum * r + term);
    let exponent = (shifted.to_bits() as i32).wrapping_sub(ROUNDER.to_bits() as i32).wrapping_add(127);
    power * f32::from_bits((exponent << 23) as u32)
}

/// exp(s^2) erfc(s) for 0 <= s, to 2e-7 of itself: t times a polynomial in t = 1 / (1 + s / 2), fitted at
/// Chebyshev's nodes up to s^2 = 90.
#[inline(always)]
fn scaled_erfc(s: f32) -> f32 {
    const FIT: [f32; 9] = [
        -0.058_005_39,
        0.279_662_25,
        -0.477_630_6,
        0.267_839_55,
        -0.020_091_048,
        0.200_140_66,
        0.243_692_8,
        0.282_301_5,
        0.282_090_26,
    ];
    let t = 1.0 / (1.0 + 0.5 * s);
    t * FIT.iter().fold(0.0, |sum, term| sum * t + term)
}

/// 1 - CDF of chi-square with `N` degrees of freedom at `value`, to 1e-6 of itself down to 1e-37.
///
/// With h = value / 2 (Abramowitz & Stegun 1964, 26.4.4 and 26.4.5): for even N exp(-h) times the sum of
/// h^k / k! for k < N / 2; for odd N erfc(sqrt(h)) + exp(-h) times the sum of h^(k - 1/2) / Gamma(k + 1/2) for
/// 1 <= k <= (N - 1) / 2.
#[inline(always)]
pub(super) fn tail<const N: usize>(value: f32) -> f32 {
    let h = (0.5 * value).min(LAST);
    let terms = N / 2;
    // Every term is the one before times h / (k + shift).
    let shift = if N.is_multiple_of(2) { 0.0 } else { 0.5 };
    let series = (1..terms).rev().fold(1.0, |sum, k| 1.0 + sum * (h / (k as f32 + shift)));
    if N.is_multiple_of(2) {
        return exp_of_minus(h) * series;
    }
    let s = h.sqrt();
    // The first term is sqrt(h) / Gamma(3/2) = 2 sqrt(h) / sqrt(pi).
    let rest = if terms == 0 { 0.0 } else { s * series * std::f32::consts::FRAC_2_SQRT_PI };
    exp_of_minus(h) * (scaled_erfc(s) + rest)
}

/// 1 - CDF of chi-square at `value` for any number of degrees of freedom, in full precision; NaN for none.
pub fn no_change_probability(value: f64, freedom: usize) -> f64 {
    ChiSquared::new(freedom as f64).map_or(f64::NAN, |law| if value.is_nan() { f64::NAN } else { law.sf(value) })
}

/// 1 - CDF of chi-square at many `values` with `freedom` (1 to 10) degrees of freedom, to 1e-5 of itself down to
/// 1e-37; NaN stays. For more degrees of freedom each is computed in full.
pub fn no_change_probabilities(values: &[f32], freedom: usize) -> Vec<f32> {
    let fast: fn(f32) -> f32 = match freedom {
        1 => tail::<1>,
        2 => tail::<2>,
        3 => tail::<3>,
        4 => tail::<4>,
        5 => tail::<5>,
        6 => tail::<6>,
        7 => tail::<7>,
        8 => tail::<8>,
        9 => tail::<9>,
        10 => tail::<10>,
        _ => return values.iter().map(|value| no_change_probability(f64::from(*value), freedom) as f32).collect(),
    };
    values.iter().map(|value| if value.is_nan() { f32::NAN } else { fast(*value) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fast tail against the full one, over all that a pixel can show.
    fn worst<const N: usize>() -> f64 {
        let values = (0..4000).map(|step| 1e-4f32 * 1.0037f32.powi(step)).take_while(|value| *value < 160.0);
        let wrong = values.map(|value| {
            let due = no_change_probability(f64::from(value), N);
            (f64::from(tail::<N>(value)) - due).abs() / due
        });
        wrong.fold(0.0, f64::max)
    }

    #[test]
    fn the_fast_tail_is_the_tail() {
        let all = [
            worst::<1>(),
            worst::<2>(),
            worst::<3>(),
            worst::<4>(),
            worst::<5>(),
            worst::<6>(),
            worst::<7>(),
            worst::<8>(),
            worst::<9>(),
            worst::<10>(),
        ];
        assert!(all.iter().all(|wrong| *wrong < 5e-6), "{all:?}");
        assert!(no_change_probabilities(&[f32::NAN, 3.0], 2)[0].is_nan());
        assert!((tail::<3>(0.0) - 1.0).abs() < 1e-6 && tail::<4>(f32::MAX) < 1e-30 && tail::<5>(f32::INFINITY) < 1e-30);
    }
}

//! Do unchanged pixels look alike on both dates? Gain and bias of one band between two dates.

use super::stats::{MAD_TO_SIGMA, median_of};

/// Pixels without which nothing is fitted.
const ENOUGH: usize = 200;

/// Rounds of fitting and trimming.
const ROUNDS: usize = 10;

/// Distance from the line, in robust standard deviations, up to which a pixel counts as unchanged.
const UNCHANGED: f64 = 2.5;

/// The line of the unchanged pixels, `after = gain * before + ...`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Consistency {
    /// Slope by the reduced major axis: the ratio of the standard deviations.
    pub gain: f64,
    /// Median of after minus before, in the bands' unit.
    pub bias: f64,
    /// Pearson's correlation.
    pub correlation: f64,
    /// Share of the pixels that counted as unchanged.
    pub unchanged: f64,
    /// Pixels that were compared.
    pub pixels: usize,
}

/// Gain and bias between the values of one band at the same pixels on two dates; pairs with a NaN are left out.
///
/// The line starts at the medians with the ratio of the median absolute deviations as its slope; pixels farther
/// from it than 2.5 robust standard deviations are changed and go, until the same stay (our own choice, in the
/// manner of Canty & Nielsen's pseudo-invariant pixels without their model). Both dates are noisy, hence the
/// reduced major axis rather than a regression of one on the other. `None` for under 200 pixels or a band
/// without spread.
pub fn consistency(pairs: impl Iterator<Item = (f32, f32)>) -> Option<Consistency> {
    let wide = pairs.map(|(before, after)| (f64::from(before), f64::from(after)));
    let all: Vec<(f64, f64)> = wide.filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    let mut kept = all.clone();
    for _ in 0..ROUNDS {
        let next = unchanged(&all, &kept)?;
        let settled = next.len() == kept.len();
        kept = next;
        if settled {
            break;
        }
    }
    line(&kept, all.len())
}

/// The pixels of `all` that lie near the robust line through `kept`.
fn unchanged(all: &[(f64, f64)], kept: &[(f64, f64)]) -> Option<Vec<(f64, f64)>> {
    if kept.len() < ENOUGH {
        return None;
    }
    let (x, spread_x) = middle(kept.iter().map(|pair| pair.0))?;
    let (y, spread_y) = middle(kept.iter().map(|pair| pair.1))?;
    let gain = spread_y / spread_x;
    let off = move |pair: &(f64, f64)| pair.1 - y - gain * (pair.0 - x);
    let (centre, spread) = middle(kept.iter().map(off))?;
    let near = |pair: &&(f64, f64)| (off(pair) - centre).abs() <= UNCHANGED * spread;
    gain.is_finite().then(|| all.iter().filter(near).copied().collect())
}

/// Median and robust standard deviation.
fn middle(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let mut values: Vec<f64> = values.collect();
    let median = median_of(&mut values)?;
    values.iter_mut().for_each(|value| *value = (*value - median).abs());
    Some((median, MAD_TO_SIGMA * median_of(&mut values)?))
}

fn line(kept: &[(f64, f64)], pixels: usize) -> Option<Consistency> {
    let count = kept.len() as f64;
    let (sum_x, sum_y) = kept.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    let (x, y) = (sum_x / count, sum_y / count);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for pair in kept {
        xx += (pair.0 - x).powi(2);
        yy += (pair.1 - y).powi(2);
        xy += (pair.0 - x) * (pair.1 - y);
    }
    let mut differences: Vec<f64> = kept.iter().map(|pair| pair.1 - pair.0).collect();
    let bias = median_of(&mut differences)?;
    (kept.len() >= ENOUGH && xx > 0.0 && yy > 0.0).then(|| Consistency {
        gain: (yy / xx).sqrt(),
        bias,
        correlation: xy / (xx * yy).sqrt(),
        unchanged: count / pixels as f64,
        pixels,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream of numbers between 0 and 1 that looks random.
    fn noise(seed: u32) -> impl Iterator<Item = f32> {
        (0u32..).map(move |at| {
            let mut mixed = (at ^ seed.wrapping_mul(0x9E37_79B9)).wrapping_mul(0x85EB_CA6B);
            mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xC2B2_AE35);
            ((mixed ^ (mixed >> 16)) >> 8) as f32 / (1 << 24) as f32
        })
    }

    #[test]
    fn a_known_line_comes_back_under_a_burn() {
        let before: Vec<f32> = noise(1).take(5000).map(|value| 0.1 + 0.3 * value).collect();
        let error = noise(2);
        // A fifth of the pixels burned.
        let after = before.iter().zip(error).enumerate().map(|(at, (value, error))| {
            let same = 1.1 * value + 0.02 + 0.004 * (error - 0.5);
            if at % 5 == 0 { 0.08 } else { same }
        });
        let found = consistency(before.iter().copied().zip(after)).unwrap();
        assert!((found.gain - 1.1).abs() < 0.01, "{found:?}");
        assert!((found.bias - (0.1 * 0.25 + 0.02)).abs() < 0.003, "{found:?}");
        assert!((found.unchanged - 0.8).abs() < 0.03, "{found:?}");
    }

    #[test]
    fn nothing_is_said_of_too_little() {
        assert_eq!(consistency(std::iter::repeat_n((0.1, 0.1), 100)), None);
        assert_eq!(consistency(std::iter::repeat_n((0.1, 0.1), 1000)), None, "no spread");
        assert_eq!(consistency(std::iter::repeat_n((f32::NAN, 0.1), 1000)), None);
    }
}

//! Before against after at one relative orbit: a signed t of the logarithms, pixel by pixel.

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::logarithm::ln;
use super::student;
use crate::error::{Error, Result};
use crate::kernel::rows::wide;

/// Pixels that are worked on together: their logarithms of a whole stack stay in cache.
const STRIPE: usize = 128;

/// How the variance of the difference is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variance {
    /// Each side its own (Welch), Satterthwaite's degrees of freedom.
    Welch,
    /// One for both (Student).
    Pooled,
}

impl Variance {
    /// The estimate for sides of `before` and `after` dates: Welch's from `least` dates a side on. A shorter side
    /// cannot tell its own variance: of 30 dates against 3 of the same noise, Welch's t with Satterthwaite's
    /// degrees passes a nominal 5 % on 8 % of the pixels, Student's on 5 %. The choice looks at counts alone,
    /// never at the values, so that it costs no level.
    pub fn suited(before: usize, after: usize, least: usize) -> Self {
        if before.min(after) >= least { Self::Welch } else { Self::Pooled }
    }
}

/// What one orbit says, rows by columns; NaN where it says nothing.
#[derive(Debug, Clone)]
pub struct Contrast {
    /// The normal deviate with the tail of t: positive where backscatter rose.
    pub z: Array2<f32>,
    /// Mean ln after minus mean ln before.
    pub difference: Array2<f32>,
    /// Independent dates that the difference of means is worth: the harmonic sum 1/(1/n1 + 1/n2) of the sides, times
    /// (1-r)/(1+r) for a lag-1 autocorrelation r (Bartlett 1935; METHODS 7), r held in 0..=0.9.
    ///
    /// r comes from deviations from the side's own mean, which lean to -1/n; the 2/(n1+n2) that they are short of is
    /// added before. It weighs the orbits against each other; being estimated from a few dates of one pixel, it is
    /// no guide to the noise itself (the empirical null is).
    pub n_eff: Array2<f32>,
    /// Which side was seen: the lesser count of dates; 0 where a side was never seen.
    pub dates: Array2<u16>,
}

/// Signed two-sample t of ln power, after against before, for every pixel with two dates or more on both sides.
///
/// `before` and `after` are planes of linear power in the order of time. With Welch's variance
/// t = (m2 - m1) / sqrt(s1^2/n1 + s2^2/n2) and Satterthwaite's degrees; with the pooled one n1 + n2 - 2 degrees
/// (METHODS 7; Welch 1947). Pixels without any variance have no t.
///
/// # Errors
/// `Bug` when planes differ in shape or a side has none.
pub fn contrast(before: &[ArrayView2<'_, f32>], after: &[ArrayView2<'_, f32>], least: usize) -> Result<Contrast> {
    let shape = before.first().map(|plane| plane.dim()).ok_or_else(|| Error::bug("a side without a date"))?;
    let stack = slices(before.iter().chain(after), shape)?;
    let mut out = Contrast {
        z: Array2::from_elem(shape, f32::NAN),
        difference: Array2::from_elem(shape, f32::NAN),
        n_eff: Array2::zeros(shape),
        dates: Array2::zeros(shape),
    };
    let (Some(z), Some(difference), Some(n_eff), Some(dates)) =
        (out.z.as_slice_mut(), out.difference.as_slice_mut(), out.n_eff.as_slice_mut(), out.dates.as_slice_mut())
    else {
        return Err(Error::bug("a plane is not in one piece"));
    };
    let (first, second) = stack.split_at(before.len());
    for start in (0..z.len()).step_by(STRIPE) {
        let length = STRIPE.min(z.len() - start);
        let stripe = |side: &[&[f32]]| Moments::of(side.iter().map(|plane| &plane[start..start + length]));
        let (one, two) = (stripe(first), stripe(second));
        let tested = Tested::of(&one, &two, least as f32);
        z[start..start + length].copy_from_slice(&tested.z[..length]);
        difference[start..start + length].copy_from_slice(&tested.difference[..length]);
        n_eff[start..start + length].copy_from_slice(&tested.n_eff[..length]);
        for (dates, (one, two)) in dates[start..start + length].iter_mut().zip(one.count.iter().zip(&two.count)) {
            *dates = one.min(*two) as u16;
        }
    }
    Ok(out)
}

/// The planes as slices, all of one shape.
pub(super) fn slices<'a>(
    planes: impl Iterator<Item = &'a ArrayView2<'a, f32>>,
    shape: (usize, usize),
) -> Result<Vec<&'a [f32]>> {
    planes
        .map(|plane| match plane.to_slice() {
            Some(slice) if plane.dim() == shape => Ok(slice),
            _ => Err(Error::bug("planes of a stack differ in shape or are not in one piece")),
        })
        .collect()
}

/// Sums of one side over a stripe of pixels.
struct Moments {
    count: [f32; STRIPE],
    mean: [f32; STRIPE],
    squares: [f32; STRIPE],
    products: [f32; STRIPE],
}

impl Moments {
    /// Of the dates of one side, each a stripe of power, in the order of time.
    fn of<'a>(dates: impl Iterator<Item = &'a [f32]> + Clone) -> Self {
        let complete = dates.clone();
        let quick = wide(
            #[inline(always)]
            move || Self::complete(complete),
        );
        if quick.mean.iter().any(|mean| mean.is_nan()) { Self::gapped(dates) } else { quick }
    }

    /// Where every date was seen, in one sweep: sums of what each date lies off the first, brought to the mean at the
    /// end. The first date's own deviation is among the squares, so that no more than a factor of n is lost.
    #[inline(always)]
    fn complete<'a>(dates: impl Iterator<Item = &'a [f32]>) -> Self {
        let zeros = || [0.0f32; STRIPE];
        let (mut first, mut sum, mut squares, mut products, mut last) = (zeros(), zeros(), zeros(), zeros(), zeros());
        let mut n = 0.0f32;
        for date in dates {
            if n == 0.0 {
                first.iter_mut().zip(date).for_each(|(first, power)| *first = ln(*power));
            } else {
                let length = date.len().min(STRIPE);
                for at in 0..length {
                    let off = ln(date[at]) - first[at];
                    sum[at] += off;
                    squares[at] += off * off;
                    products[at] += off * last[at];
                    last[at] = off;
                }
            }
            n += 1.0;
        }
        for at in 0..STRIPE {
            let mean = sum[at] / n.max(1.0);
            squares[at] = (squares[at] - sum[at] * mean).max(0.0);
            products[at] += (n - 1.0) * mean * mean - mean * (2.0 * sum[at] - last[at]);
            first[at] += mean;
        }
        Self { count: [n; STRIPE], mean: first, squares, products }
    }

    /// Where some dates are missing: count and mean, then squares of the deviations and products of neighbouring ones.
    fn gapped<'a>(dates: impl Iterator<Item = &'a [f32]>) -> Self {
        let logs: Vec<[f32; STRIPE]> =
            dates.map(|date| std::array::from_fn(|at| date.get(at).map_or(f32::NAN, |power| ln(*power)))).collect();
        let (mut count, mut mean) = ([0.0f32; STRIPE], [0.0f32; STRIPE]);
        for date in &logs {
            for at in 0..STRIPE {
                let there = !date[at].is_nan();
                count[at] += if there { 1.0 } else { 0.0 };
                mean[at] += if there { date[at] } else { 0.0 };
            }
        }
        for at in 0..STRIPE {
            mean[at] /= count[at].max(1.0);
        }
        let (mut squares, mut products, mut last) = ([0.0; STRIPE], [0.0; STRIPE], [0.0; STRIPE]);
        for date in &logs {
            for at in 0..STRIPE {
                let deviation = if date[at].is_nan() { 0.0 } else { date[at] - mean[at] };
                squares[at] += deviation * deviation;
                products[at] += deviation * last[at];
                last[at] = deviation;
            }
        }
        Self { count, mean, squares, products }
    }
}

/// The test of a stripe of pixels.
struct Tested {
    z: [f32; STRIPE],
    difference: [f32; STRIPE],
    n_eff: [f32; STRIPE],
}

impl Tested {
    /// Tests every pixel by the quick expansion, then again exactly where that does not hold.
    fn of(one: &Moments, two: &Moments, least: f32) -> Self {
        let (mut made, t, freedom) = wide(
            #[inline(always)]
            || Self::quick(one, two, least),
        );
        for at in 0..STRIPE {
            if !student::expansion_holds(made.z[at], freedom[at]) && !t[at].is_nan() {
                made.z[at] = student::deviate(f64::from(t[at]), f64::from(freedom[at])) as f32;
            }
        }
        made
    }

    /// Every pixel by the quick expansion, with t and its degrees of freedom.
    #[inline(always)]
    fn quick(one: &Moments, two: &Moments, least: f32) -> (Self, [f32; STRIPE], [f32; STRIPE]) {
        let mut made = Self { z: [f32::NAN; STRIPE], difference: [f32::NAN; STRIPE], n_eff: [0.0; STRIPE] };
        let (mut t, mut freedom) = ([f32::NAN; STRIPE], [0.0; STRIPE]);
        for at in 0..STRIPE {
            let (n1, n2, s1, s2) = (one.count[at], two.count[at], one.squares[at], two.squares[at]);
            let (squares, difference) = (s1 + s2, two.mean[at] - one.mean[at]);
            let (first, second) = (s1 / ((n1 - 1.0) * n1), s2 / ((n2 - 1.0) * n2));
            let own = first + second;
            let own_freedom = own * own / (first * first / (n1 - 1.0) + second * second / (n2 - 1.0));
            let shared_freedom = n1 + n2 - 2.0;
            let worth = n1 * n2 / (n1 + n2);
            let shared = squares / (shared_freedom * worth);
            let welch = n1.min(n2) >= least;
            // Rounding leaves about 1e-13 of a constant's square.
            let scale = 1.0 + one.mean[at] * one.mean[at] + two.mean[at] * two.mean[at];
            let testable = (n1 >= 2.0) & (n2 >= 2.0) & (squares > 1e-10 * scale);
            let variance = if welch { own } else { shared };
            let r = ((one.products[at] + two.products[at]) / squares + 2.0 / (n1 + n2)).clamp(0.0, LARGEST_R);
            t[at] = if testable { difference / variance.sqrt() } else { f32::NAN };
            freedom[at] = if welch { own_freedom } else { shared_freedom };
            made.difference[at] = if testable { difference } else { f32::NAN };
            made.n_eff[at] = if testable { worth * (1.0 - r) / (1.0 + r) } else { 0.0 };
        }
        for at in 0..STRIPE {
            made.z[at] = student::expansion(t[at], freedom[at]);
        }
        (made, t, freedom)
    }
}

/// The largest lag-1 autocorrelation that is believed.
const LARGEST_R: f32 = 0.9;

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn stack(values: &[f32]) -> Vec<Array2<f32>> {
        values.iter().map(|value| Array2::from_elem((1, 1), value.exp())).collect()
    }

    fn of(before: &[f32], after: &[f32], least: usize) -> Contrast {
        let (before, after) = (stack(before), stack(after));
        let [before, after] = [&before, &after].map(|side| side.iter().map(|plane| plane.view()).collect::<Vec<_>>());
        contrast(&before, &after, least).unwrap()
    }

    #[test]
    fn the_sign_is_that_of_the_change() {
        let fall = of(&[0.0, 0.1, 0.2], &[-1.0, -1.1], 2);
        assert!(fall.z[(0, 0)] < -2.0 && (fall.difference[(0, 0)] + 1.15).abs() < 1e-5);
        let rise = of(&[-1.0, -1.1], &[0.0, 0.1, 0.2], 2);
        assert!((rise.z[(0, 0)] + fall.z[(0, 0)]).abs() < 1e-6);
    }

    #[test]
    fn what_cannot_be_tested_is_nan() {
        let nan = f32::NAN;
        for (before, after, dates) in [
            (vec![0.5; 3], vec![0.5; 3], 3), // no variance
            (vec![0.0, 1.0], vec![0.3, nan], 1),
            (vec![nan, nan], vec![0.3, 0.1], 0),
        ] {
            let made = of(&before, &after, 2);
            assert!(made.z[(0, 0)].is_nan() && made.difference[(0, 0)].is_nan());
            assert_eq!((made.dates[(0, 0)], made.n_eff[(0, 0)]), (dates, 0.0));
        }
    }

    #[test]
    fn serial_dates_are_worth_less() {
        let drift = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5];
        let jitter = [0.0, 0.5, 0.1, 0.4, 0.2, 0.3];
        let worth = |values: &[f32]| of(values, values, 6).n_eff[(0, 0)];
        // r of the drift: 8.75/17.5 = 0.5 of one side's products, plus 2/12.
        assert!((worth(&drift) - 3.0 * (1.0 - 2.0 / 3.0) / (1.0 + 2.0 / 3.0)).abs() < 1e-4);
        assert_eq!(worth(&jitter), 3.0);
    }
}

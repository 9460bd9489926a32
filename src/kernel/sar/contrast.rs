//! Before against after at one relative orbit: a signed t of the logarithms, pixel by pixel.

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::logarithm::ln;
use super::student;
use crate::error::{Error, Result};

/// Pixels that are worked on together: their logarithms of a whole stack stay in cache.
const STRIPE: usize = 256;

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
    /// How many independent dates the difference is worth; see [`effective`].
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
    let mut logs = vec![[f32::NAN; STRIPE]; stack.len()];
    for start in (0..z.len()).step_by(STRIPE) {
        let length = STRIPE.min(z.len() - start);
        for (logs, plane) in logs.iter_mut().zip(&stack) {
            logs.iter_mut().zip(&plane[start..start + length]).for_each(|(log, power)| *log = ln(*power));
        }
        let (first, second) = logs.split_at(before.len());
        let sides = [Moments::of(first), Moments::of(second)];
        for at in 0..length {
            let [one, two] = [sides[0].at(at), sides[1].at(at)];
            dates[start + at] = one.n.min(two.n) as u16;
            if let Some(tested) = tested(&one, &two, least) {
                z[start + at] = tested.z as f32;
                difference[start + at] = (two.mean - one.mean) as f32;
                n_eff[start + at] = tested.n_eff as f32;
            }
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

/// The same for one pixel.
struct Pixel {
    n: f64,
    mean: f64,
    squares: f64,
    products: f64,
}

impl Moments {
    /// Count and mean, then squares of the deviations and products of neighbouring ones, in the order of dates.
    fn of(logs: &[[f32; STRIPE]]) -> Self {
        let (mut count, mut mean) = ([0.0; STRIPE], [0.0; STRIPE]);
        for date in logs {
            for at in 0..STRIPE {
                let there = !date[at].is_nan();
                count[at] += if there { 1.0 } else { 0.0 };
                mean[at] += if there { date[at] } else { 0.0 };
            }
        }
        for at in 0..STRIPE {
            mean[at] /= if count[at] > 0.0 { count[at] } else { 1.0 };
        }
        let (mut squares, mut products, mut last) = ([0.0; STRIPE], [0.0; STRIPE], [0.0; STRIPE]);
        for date in logs {
            for at in 0..STRIPE {
                let deviation = if date[at].is_nan() { 0.0 } else { date[at] - mean[at] };
                squares[at] += deviation * deviation;
                products[at] += deviation * last[at];
                last[at] = deviation;
            }
        }
        Self { count, mean, squares, products }
    }

    fn at(&self, at: usize) -> Pixel {
        let [n, mean, squares, products] =
            [self.count[at], self.mean[at], self.squares[at], self.products[at]].map(f64::from);
        Pixel { n, mean, squares, products }
    }
}

/// The test of one pixel.
struct Tested {
    z: f64,
    n_eff: f64,
}

fn tested(one: &Pixel, two: &Pixel, least: usize) -> Option<Tested> {
    let squares = one.squares + two.squares;
    // Rounding leaves about 1e-13 of a constant's square.
    let constant = squares <= 1e-10 * (1.0 + one.mean * one.mean + two.mean * two.mean);
    if one.n < 2.0 || two.n < 2.0 || constant {
        return None;
    }
    let (variance, freedom) = match Variance::suited(one.n as usize, two.n as usize, least) {
        Variance::Welch => {
            let [first, second] = [one, two].map(|side| side.squares / (side.n - 1.0) / side.n);
            let sum = first + second;
            (sum, sum * sum / (first * first / (one.n - 1.0) + second * second / (two.n - 1.0)))
        }
        Variance::Pooled => {
            let freedom = one.n + two.n - 2.0;
            (squares / freedom * (1.0 / one.n + 1.0 / two.n), freedom)
        }
    };
    let r = (one.products + two.products) / squares + 2.0 / (one.n + two.n);
    let z = student::deviate((two.mean - one.mean) / variance.sqrt(), freedom);
    Some(Tested { z, n_eff: effective(one.n, two.n, r) })
}

/// Independent dates that a difference of means is worth: the harmonic sum 1/(1/n1 + 1/n2) of the sides, times
/// (1-r)/(1+r) for a lag-1 autocorrelation r (Bartlett 1935; METHODS 7), r held in 0..=0.9.
///
/// r comes from deviations from the side's own mean, which lean to -1/n; the 2/(n1+n2) that they are short of is
/// added before. It weighs the orbits against each other; being estimated from a few dates of one pixel, it is no
/// guide to the noise itself (the empirical null is).
pub fn effective(before: f64, after: f64, r: f64) -> f64 {
    let r = r.clamp(0.0, 0.9);
    (1.0 - r) / (1.0 + r) / (1.0 / before + 1.0 / after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn stack(values: &[f32]) -> Vec<Array2<f32>> {
        values.iter().map(|value| Array2::from_elem((1, 1), value.exp())).collect()
    }

    fn of(before: &[f32], after: &[f32], least: usize) -> Contrast {
        let (before, after) = (stack(before), stack(after));
        let views = |planes: &'static [Array2<f32>]| planes.iter().map(|plane| plane.view()).collect::<Vec<_>>();
        let (before, after) = (Box::leak(before.into_boxed_slice()), Box::leak(after.into_boxed_slice()));
        contrast(&views(before), &views(after), least).unwrap()
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
        assert_eq!(effective(10.0, 10.0, -0.5), 5.0);
        assert!((effective(10.0, 10.0, 0.5) - 5.0 / 3.0).abs() < 1e-12);
    }
}

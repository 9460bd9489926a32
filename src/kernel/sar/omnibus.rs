//! The sequential omnibus test: since when, until when and how often a pixel changed within one orbit.

use ndarray::{Array2, ArrayView2};
use statrs::function::erf::erfc;

use super::contrast::slices;
use crate::error::{Error, Result};

/// Where a pixel changed, by date number within the stack (from zero), rows by columns.
#[derive(Debug, Clone)]
pub struct Changes {
    /// The first date that differs from those before it; [`NEVER`] where none does.
    pub first: Array2<u16>,
    /// The last such date.
    pub last: Array2<u16>,
    /// How many there are.
    pub count: Array2<u16>,
    /// How many dates saw the pixel.
    pub dates: Array2<u16>,
}

/// The date number of a pixel that did not change.
pub const NEVER: u16 = u16::MAX;

/// Tests every date against the mean of those since the last change; where it differs with a probability of chance
/// below `alpha`, a change is noted and the mean begins anew.
///
/// `channels` are one or two polarisations, each the same dates in order, as planes of linear power; a date counts
/// where all are seen. `looks` is the equivalent number of looks n. With diagonal covariance (no phase), p = 1 a channel:
/// ln R_j = n { m (j ln j - (j-1) ln(j-1)) + (j-1) ln|S_{j-1}| + ln|C_j| - j ln|S_j| } for m channels, S sums, |.| the
/// product over channels; f = m; rho_j = 1 - (1 + 1/(j(j-1)))/(6n); w_j = -(f/4)(1 - 1/rho)^2;
/// P = (1-w) Q_f(z) + w Q_{f+4}(z) at z = -2 rho ln R_j, Q the upper tail of chi-square (Conradsen, Nielsen & Skriver
/// 2016; METHODS 7).
///
/// # Errors
/// `Bug` for no or more than two channels, or planes of different shapes or numbers.
pub fn changes(channels: &[&[ArrayView2<'_, f32>]], looks: f64, alpha: f64) -> Result<Changes> {
    let first = channels.first().and_then(|dates| dates.first()).ok_or_else(|| Error::bug("a stack without a date"))?;
    let shape = first.dim();
    let stacks = channels.iter().map(|dates| slices(dates.iter(), shape)).collect::<Result<Vec<_>>>()?;
    if stacks.len() > 2 || stacks.iter().any(|dates| dates.len() != stacks[0].len()) {
        return Err(Error::bug("one or two channels with the same dates"));
    }
    let law = Law::new((stacks.len(), stacks[0].len()), looks, alpha);
    let fill = |value| Array2::from_elem(shape, value);
    let mut made = Changes { first: fill(NEVER), last: fill(NEVER), count: fill(0), dates: fill(0) };
    let maps = made.first.iter_mut().zip(&mut made.last).zip(&mut made.count).zip(&mut made.dates);
    for (at, (((first, last), count), dates)) in maps.enumerate() {
        let mut run = Run::default();
        for date in 0..stacks[0].len() {
            let power: [f64; 2] =
                std::array::from_fn(|band| stacks.get(band).map_or(1.0, |dates| f64::from(dates[date][at])));
            if power.iter().any(|power| power.is_nan()) {
                continue;
            }
            *dates += 1;
            if run.differs(power, &law) {
                *last = date as u16;
                *first = (*first).min(date as u16);
                *count += 1;
            }
        }
    }
    Ok(made)
}

/// The dates since the last change.
#[derive(Default)]
struct Run {
    dates: usize,
    sums: [f64; 2],
    /// ln of the product of the sums.
    log: f64,
}

impl Run {
    /// Takes in a date; whether it differs, and so begins a run of its own.
    fn differs(&mut self, power: [f64; 2], law: &Law) -> bool {
        let sums = [self.sums[0] + power[0], self.sums[1] + power[1]];
        // A channel that is not there counts as power one, and its sums must not count.
        let log = |values: [f64; 2]| if law.channels == 1 { values[0].ln() } else { (values[0] * values[1]).ln() };
        let (own, all) = (log(power), log(sums));
        let j = (self.dates + 1) as f64;
        let spread = (j - 1.0) * self.log + own - j * all;
        let differs = self.dates > 0 && law.passes(self.dates + 1, spread);
        *self = if differs {
            Self { dates: 1, sums: power, log: own }
        } else {
            Self { dates: self.dates + 1, sums, log: all }
        };
        differs
    }
}

/// Constants of the test, by j.
struct Law {
    channels: usize,
    /// m (j ln j - (j-1) ln(j-1)), and how far below its negative the spread must fall.
    steps: Vec<[f64; 2]>,
}

impl Law {
    fn new((channels, dates): (usize, usize), looks: f64, alpha: f64) -> Self {
        let m = channels as f64;
        let step = |j: usize| {
            let j = j as f64;
            let entropy = |x: f64| if x > 0.0 { x * x.ln() } else { 0.0 };
            let rho = 1.0 - (1.0 + 1.0 / (j * (j - 1.0))) / (6.0 * looks);
            let w = -(m / 4.0) * (1.0 - 1.0 / rho).powi(2);
            [m * (entropy(j) - entropy(j - 1.0)), critical(channels, w, alpha) / (-2.0 * rho * looks)]
        };
        let never = [0.0, f64::NEG_INFINITY];
        Self { channels, steps: (0..=dates).map(|j| if j < 2 { never } else { step(j) }).collect() }
    }

    /// Whether ln R_j / n is so low that chance makes it with a probability below alpha.
    fn passes(&self, j: usize, spread: f64) -> bool {
        self.steps.get(j).is_some_and(|[constant, least]| constant + spread < *least)
    }
}

/// The z whose probability of chance is `alpha`; the probability falls with z, so halving finds it.
fn critical(channels: usize, w: f64, alpha: f64) -> f64 {
    let chance = |z: f64| {
        let [low, high] = if channels == 1 { odd_tails(z) } else { even_tails(z) };
        (1.0 - w) * low + w * high
    };
    let (mut below, mut above) = (0.0, 1500.0);
    for _ in 0..80 {
        let middle = (below + above) / 2.0;
        if chance(middle) < alpha {
            above = middle;
        } else {
            below = middle;
        }
    }
    above
}

/// Upper tails of chi-square on 2 and 6 degrees.
fn even_tails(z: f64) -> [f64; 2] {
    let half = z / 2.0;
    [(-half).exp(), (-half).exp() * (1.0 + half + half * half / 2.0)]
}

/// Upper tails of chi-square on 1 and 5 degrees.
fn odd_tails(z: f64) -> [f64; 2] {
    let one = erfc((z / 2.0).sqrt());
    [one, one + (2.0 * z / std::f64::consts::PI).sqrt() * (-z / 2.0).exp() * (1.0 + z / 3.0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    #[test]
    fn tails_are_those_of_chi_square() {
        for z in [0.0, 0.3, 2.0, 9.0, 40.0] {
            for (tails, freedom) in [(odd_tails(z), [1.0, 5.0]), (even_tails(z), [2.0, 6.0])] {
                for (tail, freedom) in tails.into_iter().zip(freedom) {
                    let due = ChiSquared::new(freedom).unwrap().sf(z);
                    assert!((tail - due).abs() < 1e-10, "{z} {freedom}: {tail} {due}");
                }
            }
        }
    }

    #[test]
    fn a_step_is_dated_and_a_gap_is_no_change() {
        let powers = [0.1, 0.11, f32::NAN, 0.09, 0.9, 1.0, 0.95];
        let planes = powers.map(|power| Array2::from_elem((1, 1), power));
        let views: Vec<_> = planes.iter().map(|plane| plane.view()).collect();
        let made = changes(&[&views], 10.0, 1e-4).unwrap();
        assert_eq!((made.first[(0, 0)], made.last[(0, 0)], made.count[(0, 0)], made.dates[(0, 0)]), (4, 4, 1, 6));
        let calm = changes(&[&views[..4]], 10.0, 1e-4).unwrap();
        assert_eq!((calm.first[(0, 0)], calm.count[(0, 0)]), (NEVER, 0));
    }
}

//! How much a pixel looks burned: a sigmoid membership per feature, fitted between the scene's own control and its
//! own first seeds, and their ordered weighted average.

use super::Settings;
use super::signs::Sign;
use crate::kernel::stats::Histogram;

/// Key range of dNBR: -2 to 2 in steps of 1e-4.
const LAST: i32 = 20_000;

/// How often each step of a sign was met; whole counts, so that parts merge to the same in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignCounts([u64; 256]);

impl Default for SignCounts {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl SignCounts {
    /// Counts one value.
    #[inline]
    pub fn add(&mut self, step: i8) {
        self.0[usize::from((i16::from(step) + 128) as u8)] += 1;
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(count, more)| *count += more);
    }

    /// The step of rank ceil(q n), counted from one; `None` without a value.
    pub fn quantile(&self, q: f64) -> Option<i32> {
        let total: u64 = self.0.iter().sum();
        let rank = ((q * total as f64).ceil() as u64).clamp(1, total.max(1));
        let mut seen = 0;
        let found = self.0.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        found.filter(|_| total > 0).map(|index| index as i32 - 128)
    }
}

/// One feature's values, in steps.
pub trait Values {
    /// The step of rank ceil(q n).
    fn at(&self, q: f64) -> Option<i32>;
}

impl Values for Histogram {
    fn at(&self, q: f64) -> Option<i32> {
        self.quantile_key(q)
    }
}

impl Values for SignCounts {
    fn at(&self, q: f64) -> Option<i32> {
        self.quantile(q)
    }
}

/// A sigmoid membership, mu(x) = 1 / (1 + exp(-slope (x - centre))), x in steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Membership {
    /// Where it is one half.
    pub centre: f64,
    /// Its slope per step.
    pub slope: f64,
    /// How far control and seeds stand apart: the distance of their medians over the spread between them.
    pub distinct: f64,
}

impl Membership {
    /// 0.1 at the control's ninth decile and 0.9 at the seeds' first; where the two lie closer than a fifth of
    /// the distance of the medians, or cross, centred between them and as steep as that fifth asks.
    /// `None` when either is empty.
    pub fn between(control: &impl Values, seeds: &impl Values) -> Option<Self> {
        let decile = |values: Option<i32>| values.map(f64::from);
        let (median, upper) = (decile(control.at(0.5))?, decile(control.at(0.9))?);
        let (lower, middle) = (decile(seeds.at(0.1))?, decile(seeds.at(0.5))?);
        let apart = middle - median;
        let distinct = apart / ((upper - median) + (middle - lower)).max(1.0);
        let width = (lower - upper).max(0.2 * apart).max(1e-9);
        Some(Self { centre: f64::midpoint(lower, upper), slope: 2.0 * 9f64.ln() / width, distinct })
    }

    /// The membership of a value in steps.
    pub fn of(&self, step: f64) -> f64 {
        1.0 / (1.0 + (-self.slope * (step - self.centre)).clamp(-50.0, 50.0).exp())
    }
}

/// The ordered weighted average of the memberships, all weights equal ("mean"; Yager 1988), as tables.
#[derive(Debug, Clone)]
pub struct Score {
    dnbr: Vec<f32>,
    signs: Vec<(usize, Vec<f32>)>,
    weight: f32,
}

impl Score {
    /// Of dNBR, its shift taken off, and of every sign (by its place among those a record keeps) that sets the
    /// seeds apart from the control by at least [`Settings::distinct`].
    pub fn new(dnbr: &Membership, signs: &[(Sign, Membership)], settings: &Settings) -> Self {
        let used = signs.iter().enumerate().filter(|(_, (_, membership))| membership.distinct >= settings.distinct);
        let table = |membership: &Membership| (-128..128).map(|step| membership.of(f64::from(step)) as f32).collect();
        let signs: Vec<_> = used.map(|(place, (_, membership))| (place, table(membership))).collect();
        Self {
            dnbr: (-LAST..=LAST).map(|step| dnbr.of(f64::from(step)) as f32).collect(),
            weight: 1.0 / (1 + signs.len()) as f32,
            signs,
        }
    }

    /// The score of a pixel, 0..1: `dnbr` in steps with the shift taken off, `sign(place)` the steps of a sign.
    #[inline]
    pub fn of(&self, dnbr: i32, sign: impl Fn(usize) -> i8) -> f32 {
        let index = (dnbr.clamp(-LAST, LAST) + LAST) as usize;
        let mut sum = self.dnbr.get(index).copied().unwrap_or(0.0);
        for (place, table) in &self.signs {
            sum += table.get(usize::from((i16::from(sign(*place)) + 128) as u8)).copied().unwrap_or(0.0);
        }
        sum * self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(steps: impl IntoIterator<Item = i8>) -> SignCounts {
        let mut counts = SignCounts::default();
        steps.into_iter().for_each(|step| counts.add(step));
        counts
    }

    #[test]
    fn quantiles_of_bytes() {
        let all = counts(-128..=127);
        assert_eq!((all.quantile(0.0), all.quantile(0.5), all.quantile(1.0)), (Some(-128), Some(-1), Some(127)));
        assert_eq!(SignCounts::default().quantile(0.5), None);
    }

    #[test]
    fn a_membership_meets_its_deciles() {
        let (control, seeds) = (counts(-50..=49), counts(80..=119));
        let found = Membership::between(&control, &seeds).unwrap();
        assert!((found.of(39.0) - 0.1).abs() < 1e-12 && (found.of(83.0) - 0.9).abs() < 1e-12, "{found:?}");
        assert!((found.distinct - 100.0 / (40.0 + 16.0)).abs() < 0.1, "{found:?}");
    }

    #[test]
    fn crossing_deciles_are_parted_in_the_middle() {
        let (control, seeds) = (counts(-50..=49), counts(0..=99));
        let found = Membership::between(&control, &seeds).unwrap();
        assert_eq!(found.centre, 24.0);
        assert!((found.of(29.0) - 0.9).abs() < 1e-12, "{found:?}");
        let same = Membership::between(&control, &control).unwrap();
        assert!(same.distinct.abs() < 1e-12 && same.slope.is_finite());
    }

    #[test]
    fn signs_that_tell_nothing_are_left_out() {
        let (control, seeds) = (counts(-50..=49), counts(80..=119));
        let tells = Membership::between(&control, &seeds).unwrap();
        let silent = Membership::between(&control, &control).unwrap();
        let settings = Settings::default();
        let both = Score::new(&tells, &[(Sign::Fall, silent), (Sign::Char, tells)], &settings);
        assert!((f64::from(both.of(83, |place| if place == 1 { 39 } else { 127 })) - 0.5).abs() < 1e-6);
        let alone = Score::new(&tells, &[(Sign::Fall, silent)], &settings);
        assert!((f64::from(alone.of(83, |_| -128)) - 0.9).abs() < 1e-6);
        assert_eq!(alone.of(i32::MAX, |_| 0), 1.0);
    }
}

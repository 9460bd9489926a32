//! From the deviates of all pixels to a decision: the null that they show themselves, and the Benjamini-Hochberg
//! procedure over a histogram of whole steps, so that no order of blocks can change it.

use serde::Serialize;

use super::normal::two_sided;

/// Steps in a unit of z.
pub const STEPS: f32 = 1000.0;
/// The greatest step; larger deviates are counted there.
pub const LAST: i16 = i16::MAX;
/// The step of a pixel without a deviate.
pub const NONE: i16 = i16::MIN;

/// The step nearest to `z`, ties to even; [`NONE`] for NaN.
#[inline]
pub fn key_of(z: f32) -> i16 {
    if z.is_nan() { NONE } else { (z * STEPS).round_ties_even().clamp(-32767.0, 32767.0) as i16 }
}

/// The deviate of a step.
pub fn z_of(key: i16) -> f64 {
    f64::from(key) / f64::from(STEPS)
}

/// Counts of deviates by step.
#[derive(Debug, Clone)]
pub struct Deviates {
    counts: Vec<u64>,
}

impl Default for Deviates {
    fn default() -> Self {
        Self { counts: vec![0; 2 * LAST as usize + 1] }
    }
}

/// Where the deviates of unchanged pixels lie: centre and spread of a normal law.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Null {
    /// Its centre; 0 in theory.
    pub centre: f64,
    /// Its spread; 1 in theory.
    pub spread: f64,
}

impl Null {
    /// The theoretical null.
    pub const THEORY: Self = Self { centre: 0.0, spread: 1.0 };

    /// A deviate against this null.
    pub fn calibrated(&self, z: f64) -> f64 {
        (z - self.centre) / self.spread
    }
}

/// Share of the deviates, in the middle, that an empirical null is told from. With this one it stands as long as fewer
/// than a tenth of the pixels rose and fewer than a tenth fell; more changed pixels widen it, which costs power and
/// never adds false alarms.
const MIDDLE: f64 = 0.8;
/// Width of that middle part of a normal law: twice its 90th percentile.
const MIDDLE_WIDTH: f64 = 2.0 * 1.281_551_565_544_600_4;

impl Deviates {
    /// Counts a step; [`NONE`] is not counted.
    #[inline]
    pub fn add(&mut self, key: i16) {
        if let Some(count) = self.counts.get_mut((i32::from(key) + i32::from(LAST)) as usize) {
            *count += u64::from(key != NONE);
        }
    }

    /// Adds the counts of others.
    pub fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
    }

    /// Deviates counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Steps with their counts, where there are any, in order.
    pub fn steps(&self) -> impl Iterator<Item = (i16, u64)> + '_ {
        (-LAST..=LAST).zip(self.counts.iter().copied()).filter(|(_, count)| *count > 0)
    }

    /// The step of rank ceil(q n), from one; None without a deviate.
    pub fn quantile(&self, q: f64) -> Option<i16> {
        let rank = ((q * self.total() as f64).ceil() as u64).max(1);
        let mut seen = 0;
        self.steps()
            .find(|(_, count)| {
                seen += count;
                seen >= rank
            })
            .map(|(key, _)| key)
    }

    /// The null that the deviates show (Efron 2004; the genomic control of Devlin & Roeder 1999 in one number): the
    /// median, and the width of the middle 80 % over that of a normal law. The spread is never taken below one. None
    /// without a deviate.
    ///
    /// Dates of one orbit are not independent: seasons, moisture and the years themselves are shared by neighbouring
    /// dates, so that a t of independent dates is too large, by half on real stacks. What most pixels of the area
    /// did tells by how much.
    pub fn null(&self) -> Option<Null> {
        let edge = (1.0 - MIDDLE) / 2.0;
        let [low, centre, high] = [edge, 0.5, 1.0 - edge].map(|q| self.quantile(q).map(z_of));
        Some(Null { centre: centre?, spread: ((high? - low?) / MIDDLE_WIDTH).max(1.0) })
    }

    /// Share of the deviates whose two-sided p against `null` is below `level`; 0 without a deviate.
    pub fn share_below(&self, null: &Null, level: f64) -> f64 {
        let below = self.steps().filter(|(key, _)| two_sided(null.calibrated(z_of(*key))) < level);
        below.map(|(_, count)| count).sum::<u64>() as f64 / self.total().max(1) as f64
    }

    /// The false discovery rate at which each step is first discovered (Benjamini & Hochberg 1995): with p sorted,
    /// q_i = min over k >= i of p_k m / k. Steps of equal p have the rank of the last of them.
    pub fn discovered(&self, null: &Null) -> Discovery {
        let m = self.total() as f64;
        let mut ranked: Vec<(f64, i16, u64)> =
            self.steps().map(|(key, count)| (two_sided(null.calibrated(z_of(key))), key, count)).collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut q = vec![1.0f32; self.counts.len()];
        let (mut rank, mut least) = (self.total(), 1.0f64);
        for (p, key, count) in ranked.iter().rev() {
            least = least.min(p * m / rank.max(1) as f64);
            rank -= count;
            if let Some(q) = q.get_mut((i32::from(*key) + i32::from(LAST)) as usize) {
                *q = least as f32;
            }
        }
        Discovery { q }
    }
}

/// q by step.
#[derive(Debug, Clone)]
pub struct Discovery {
    q: Vec<f32>,
}

impl Discovery {
    /// The q of a step; NaN for [`NONE`].
    pub fn q(&self, key: i16) -> f32 {
        if key == NONE {
            return f32::NAN;
        }
        self.q.get((i32::from(key) + i32::from(LAST)) as usize).copied().unwrap_or(f32::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(keys: &[i16]) -> Deviates {
        let mut deviates = Deviates::default();
        keys.iter().for_each(|key| deviates.add(*key));
        deviates
    }

    #[test]
    fn missing_pixels_do_not_count() {
        let deviates = counted(&[NONE, 0, 1, NONE, -32767, 32767]);
        assert_eq!(deviates.total(), 4);
        assert_eq!(key_of(f32::NAN), NONE);
        assert_eq!((key_of(99.0), key_of(-99.0), key_of(1.2345)), (LAST, -LAST, 1234));
        assert!(Deviates::default().null().is_none());
    }

    #[test]
    fn q_is_that_of_the_sorted_list() {
        let keys = [4500, -4400, 3000, 2500, 100, -50, 0, 700, 2500, 1900];
        let made = counted(&keys).discovered(&Null::THEORY);
        let mut p: Vec<(f64, i16)> = keys.iter().map(|key| (two_sided(z_of(*key)), *key)).collect();
        p.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (at, (_, key)) in p.iter().enumerate() {
            let due = (at..p.len()).map(|k| p[k].0 * 10.0 / (k + 1) as f64).fold(1.0, f64::min);
            assert!((f64::from(made.q(*key)) - due).abs() < 1e-7, "{key}");
        }
        assert!(made.q(NONE).is_nan());
    }

    #[test]
    fn the_null_finds_a_widened_law() {
        // Quantiles of a normal law with centre 0.5 and spread 1.6.
        let mut deviates = Deviates::default();
        for n in 1..10_000 {
            let tail = f64::from(n) / 10_000.0;
            let half = super::super::normal::deviate_of_log_tail(tail.min(1.0 - tail).ln());
            deviates.add(key_of((0.5 + 1.6 * half.copysign(0.5 - tail)) as f32));
        }
        let null = deviates.null().unwrap();
        assert!((null.centre - 0.5).abs() < 0.01 && (null.spread - 1.6).abs() < 0.01, "{null:?}");
        assert!((deviates.share_below(&null, 0.05) - 0.05).abs() < 0.002);
        assert!(deviates.share_below(&Null::THEORY, 0.05) > 0.2);
    }
}

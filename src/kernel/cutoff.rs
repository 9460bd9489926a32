//! Where change begins on a statistic that grows with it: counts over sizes, and thresholds on them.

/// Bits of a positive float that are dropped: 1024 steps an octave are left.
const DROPPED: u32 = 13;
/// Keys of the finite positive floats.
const KEYS: usize = (0x7f80_0000u32 >> DROPPED) as usize;

/// Counts of values from zero up, in 1024 equal steps an octave. Whole counts only, so that they merge to the same in
/// any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    counts: Vec<u64>,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { counts: vec![0; KEYS + 1] }
    }
}

/// The step of a value; what is negative lies in the first, what is infinite in the last.
fn key_of(value: f32) -> usize {
    (value.max(0.0).to_bits() >> DROPPED) as usize
}

/// The lower edge of a step.
fn edge_of(key: usize) -> f32 {
    f32::from_bits((key as u32) << DROPPED)
}

impl Sizes {
    /// Counts one value; NaN is none.
    #[inline]
    pub fn add(&mut self, value: f32) {
        if let Some(count) = self.counts.get_mut(key_of(value)).filter(|_| !value.is_nan()) {
            *count += 1;
        }
    }

    /// Adds the counts of others.
    pub fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
    }

    /// Values counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Steps with values in rising order: lower edge and count.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = (f32, u64)> + '_ {
        self.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(key, count)| (edge_of(key), *count))
    }

    /// Values whose step lies at or above that of `value`.
    pub fn count_from(&self, value: f32) -> u64 {
        self.counts.iter().skip(key_of(value)).sum()
    }

    /// Otsu's threshold (1979, doi 10.1109/TSMC.1979.4310076) on the logarithm of the positive values, with the share of
    /// the variance that lies between its two classes. None without two different values.
    pub fn otsu_of_logarithm(&self) -> Option<(f32, f64)> {
        let steps: Vec<(f32, f64, f64)> = self
            .steps()
            .filter(|(edge, _)| *edge > 0.0 && edge.is_finite())
            .map(|(edge, count)| (edge, f64::from(edge).ln(), count as f64))
            .collect();
        let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for (_, log, count) in &steps {
            n += count;
            sum += count * log;
            squares += count * log * log;
        }
        let (mut below, mut sum_below) = (0.0, 0.0);
        let mut best: Option<(f32, f64)> = None;
        for pair in steps.windows(2) {
            let [(_, log, count), (next, ..)] = pair else { continue };
            below += count;
            sum_below += count * log;
            let apart = sum_below / below - (sum - sum_below) / (n - below);
            let between = below / n * (1.0 - below / n) * apart * apart;
            if best.is_none_or(|(_, most)| between > most) {
                best = Some((*next, between));
            }
        }
        let variance = squares / n - (sum / n) * (sum / n);
        best.map(|(edge, between)| (edge, (between / variance).min(1.0)))
    }

    /// The least value from which on all are discoveries at the false discovery rate `rate` (Benjamini & Hochberg 1995),
    /// when `p` gives the probability of a value at least as large without change. Taken at lower edges of steps, where
    /// p is largest. None where there is no discovery.
    pub fn discoveries(&self, rate: f64, p: impl Fn(f32) -> f64) -> Option<f32> {
        let total = self.total() as f64;
        let (mut count, mut least) = (0u64, None);
        for (edge, more) in self.steps().rev() {
            count += more;
            if p(edge) <= rate * count as f64 / total {
                least = Some(edge);
            }
        }
        least
    }

    /// For every step the share of values at or above it, the value itself counted in: an empirical p that is never 0,
    /// (1 + k) / (1 + n).
    pub fn tails(&self) -> Tails {
        let total = self.total();
        let mut above = 0;
        let mut shares: Vec<f32> = self
            .counts
            .iter()
            .rev()
            .map(|count| {
                above += count;
                ((1 + above) as f64 / (1 + total) as f64) as f32
            })
            .collect();
        shares.reverse();
        Tails(shares)
    }
}

/// Shares of the values at or above every step.
#[derive(Debug, Clone, PartialEq)]
pub struct Tails(Vec<f32>);

impl Tails {
    /// The share for one value; NaN for NaN.
    pub fn of(&self, value: f32) -> f32 {
        self.0.get(key_of(value)).copied().filter(|_| !value.is_nan()).unwrap_or(f32::NAN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(values: &[f32]) -> Sizes {
        values.iter().fold(Sizes::default(), |mut sizes, value| {
            sizes.add(*value);
            sizes
        })
    }

    #[test]
    fn otsu_parts_two_heaps() {
        let values: Vec<f32> =
            (0..100).map(|k| 1.0 + k as f32 * 0.01).chain((0..40).map(|k| 300.0 + k as f32)).collect();
        let (edge, share) = sizes(&values).otsu_of_logarithm().unwrap();
        assert!((1.99..=300.0).contains(&edge) && share > 0.95, "{edge} {share}");
        assert_eq!(values.iter().filter(|value| **value >= edge).count(), 40);
        assert!(sizes(&[2.0, 2.0]).otsu_of_logarithm().is_none() && sizes(&[]).otsu_of_logarithm().is_none());
    }

    #[test]
    fn discoveries_are_those_of_the_step_up_rule() {
        // Values that are exact powers of two: p = 1 / value.
        let values: Vec<f32> = [0, 1, 2, 6, 7, 8, 9, 9].iter().map(|k| f32::from_bits((127 + k) << 23)).collect();
        let p = |value: f32| 1.0 / f64::from(value);
        // In order p is 1/512, 1/512, 1/256, 1/128, 1/64, 1/4, 1/2, 1; at 0.03 the limits are k * 0.03 / 8.
        assert_eq!(sizes(&values).discoveries(0.03, p), Some(64.0));
        assert_eq!(sizes(&values).discoveries(0.02, p), Some(128.0));
        assert_eq!(sizes(&values).discoveries(1e-6, p), None);
    }

    #[test]
    fn tails_count_the_value_in() {
        let tails = sizes(&[1.0, 2.0, 4.0]).tails();
        assert_eq!([tails.of(0.5), tails.of(2.0), tails.of(4.5)], [1.0, 0.75, 0.25]);
        assert!(tails.of(f32::NAN).is_nan());
        assert_eq!(sizes(&[1.0, f32::NAN, 2.0, f32::INFINITY, -3.0]).total(), 4);
    }
}

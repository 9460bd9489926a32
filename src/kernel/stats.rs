//! Order-free statistics: histograms of whole counts, and robust spread of a sample.

use ndarray::ArrayView2;

/// Keys of a [`Histogram`] run from `-LAST` to `LAST`.
const LAST: i32 = 20_000;

/// Steps in one unit of the value.
const STEPS: f64 = 1e4;

/// Median absolute deviation to standard deviation, for a normal distribution.
pub const MAD_TO_SIGMA: f64 = 1.4826;

/// A histogram of an index difference: steps of 1e-4 over [-2, 2].
///
/// It holds whole counts only, so that histograms of blocks merge to the same bytes in any order.
/// Values beyond the range are counted in the first and last step; what is not finite is not
/// counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; 2 * LAST as usize + 1] }
    }
}

/// The step that holds `value`: floor(10^4 value), clamped to -20000..=20000; `None` for what is not
/// finite. The product is exact in `f64`, so that `key_of(x) >= k` exactly when `x >= k / 10^4`.
#[inline]
pub fn key_of(value: f32) -> Option<i32> {
    let steps = f64::from(value) * STEPS;
    // The floor by hand: older x86 has no instruction for it. The cast truncates and saturates.
    let truncated = steps as i32;
    let floor = truncated.saturating_sub(i32::from(f64::from(truncated) > steps));
    value.is_finite().then_some(floor.clamp(-LAST, LAST))
}

/// The lower edge of a step, `key / 10^4`.
pub fn edge_of(key: i32) -> f64 {
    f64::from(key) / STEPS
}

impl Histogram {
    /// Without a value.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts one value.
    #[inline]
    pub fn add(&mut self, value: f32) {
        if let Some(key) = key_of(value)
            && let Some(count) = self.counts.get_mut((key + LAST) as usize)
        {
            *count += 1;
        }
    }

    /// Counts a value that is a step already (clamped to the range).
    pub fn add_key(&mut self, key: i32) {
        if let Some(count) = self.counts.get_mut((key.clamp(-LAST, LAST) + LAST) as usize) {
            *count += 1;
        }
    }

    /// Counts a step so many times at once.
    pub fn add_times(&mut self, key: i32, times: u64) {
        if let Some(count) = self.counts.get_mut((key.clamp(-LAST, LAST) + LAST) as usize) {
            *count += times;
        }
    }

    /// The same values in `bins` equal bins from the least to the greatest, each value moved to the middle
    /// of its bin. Few bins smooth the valleys in which a threshold is sought.
    #[must_use]
    pub fn binned(&self, bins: u32) -> Self {
        let mut coarse = Self::new();
        let (Some((low, _)), Some((high, _))) = (self.steps().next(), self.steps().next_back()) else { return coarse };
        let width = f64::from(high + 1 - low) / f64::from(bins.max(1));
        for (key, count) in self.steps() {
            let bin = (f64::from(key - low) / width).floor();
            let middle = low + ((bin + 0.5) * width).floor() as i32;
            if let Some(sum) = coarse.counts.get_mut((middle.clamp(-LAST, LAST) + LAST) as usize) {
                *sum += count;
            }
        }
        coarse
    }

    /// Counts every value of a plane.
    pub fn add_plane(&mut self, plane: ArrayView2<'_, f32>) {
        plane.iter().for_each(|&value| self.add(value));
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
    }

    /// Values counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Steps with values, in order: key and count.
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = (i32, u64)> + '_ {
        (-LAST..LAST + 1).zip(self.counts.iter().copied()).filter(|&(_, count)| count > 0)
    }

    /// Values of at least `key / 10^4`.
    pub fn count_from(&self, key: i32) -> u64 {
        self.steps().rev().take_while(|&(step, _)| step >= key).map(|(_, count)| count).sum()
    }

    /// Mean, each value standing at the middle of its step; `None` without a value.
    pub fn mean(&self) -> Option<f64> {
        let sum: i128 = self.steps().map(|(key, count)| i128::from(key) * i128::from(count)).sum();
        let total = self.total();
        (total > 0).then(|| (sum as f64 / total as f64 + 0.5) / STEPS)
    }

    /// The key that holds the value of rank ceil(q n), counted from one; `None` without a value or
    /// for a `q` outside 0..=1. `q = 0` gives the least.
    pub fn quantile_key(&self, q: f64) -> Option<i32> {
        if !(0.0..=1.0).contains(&q) {
            return None;
        }
        let rank = ((q * self.total() as f64).ceil() as u64).max(1);
        let mut seen = 0;
        self.steps()
            .find(|&(_, count)| {
                seen += count;
                seen >= rank
            })
            .map(|(key, _)| key)
    }

    /// The quantile at the middle of its step (see [`Histogram::quantile_key`]).
    pub fn quantile(&self, q: f64) -> Option<f64> {
        self.quantile_key(q).map(middle)
    }

    /// The lower median at the middle of its step.
    pub fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// Median absolute deviation from the median in whole steps, as a value.
    pub fn mad(&self) -> Option<f64> {
        let centre = self.quantile_key(0.5)?;
        let mut away = vec![0u64; 2 * LAST as usize + 1];
        for (key, count) in self.steps() {
            if let Some(sum) = away.get_mut(key.abs_diff(centre) as usize) {
                *sum += count;
            }
        }
        let half = self.total().div_ceil(2);
        let mut seen = 0;
        let steps = away.iter().position(|&count| {
            seen += count;
            seen >= half
        })?;
        Some(steps as f64 / STEPS)
    }
}

fn middle(key: i32) -> f64 {
    (f64::from(key) + 0.5) / STEPS
}

/// Exact median and 1.4826 times the median absolute deviation of the finite values, in their
/// unit; `None` when there is none. Of an even number the two middle values are averaged.
pub fn robust_sigma(values: &[f32]) -> Option<(f64, f64)> {
    let mut finite: Vec<f64> = values.iter().filter(|value| value.is_finite()).map(|&value| f64::from(value)).collect();
    let median = median_of(&mut finite)?;
    finite.iter_mut().for_each(|value| *value = (*value - median).abs());
    Some((median, MAD_TO_SIGMA * median_of(&mut finite)?))
}

/// The median; reorders the values.
pub(super) fn median_of(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let odd = values.len() % 2 == 1;
    let (below, &mut upper, _) = values.select_nth_unstable_by(values.len() / 2, f64::total_cmp);
    let lower = below.iter().copied().max_by(f64::total_cmp).filter(|_| !odd);
    Some(lower.map_or(upper, |lower| f64::midpoint(lower, upper)))
}

/// Counts of every 16-bit sample as it is in the file, for measuring the Sentinel-2 offset. A DN of 0
/// is nodata and not counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DnHistogram {
    counts: Vec<u64>,
}

impl Default for DnHistogram {
    fn default() -> Self {
        Self { counts: vec![0; 1 << 16] }
    }
}

impl DnHistogram {
    /// Without a sample.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts samples.
    pub fn add(&mut self, samples: &[u16]) {
        for &sample in samples {
            if let Some(count) = self.counts.get_mut(usize::from(sample)) {
                *count += u64::from(sample != 0);
            }
        }
    }

    /// Adds the counts of another histogram.
    pub fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, more)| *count += more);
    }

    /// Samples counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Share of the samples below `dn`; `None` without a sample. METHODS section 2 asks it at 900.
    pub fn share_below(&self, dn: u16) -> Option<f64> {
        let below: u64 = self.counts.iter().take(usize::from(dn)).sum();
        let total = self.total();
        (total > 0).then(|| below as f64 / total as f64)
    }

    /// The sample of rank ceil(q n), counted from one; `None` without a sample or for a `q` outside
    /// 0..=1.
    pub fn quantile(&self, q: f64) -> Option<u16> {
        let total = self.total();
        if total == 0 || !(0.0..=1.0).contains(&q) {
            return None;
        }
        let rank = ((q * total as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let dn = self.counts.iter().position(|&count| {
            seen += count;
            seen >= rank
        })?;
        u16::try_from(dn).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn histogram(values: &[f32]) -> Histogram {
        let mut histogram = Histogram::new();
        values.iter().for_each(|&value| histogram.add(value));
        histogram
    }

    #[test]
    fn keys_are_floors_and_clamped() {
        assert_eq!(key_of(0.0), Some(0));
        assert_eq!(key_of(-0.00001), Some(-1));
        assert_eq!(key_of(0.1), Some(1000));
        assert_eq!(key_of(7.0), Some(20_000));
        assert_eq!(key_of(-7.0), Some(-20_000));
        assert_eq!([f32::NAN, f32::INFINITY, f32::NEG_INFINITY].map(key_of), [None; 3]);
    }

    #[test]
    fn statistics_of_few_values() {
        let known = histogram(&[0.1, 0.2, 0.2, 0.5, f32::NAN]);
        assert_eq!(known.total(), 4);
        assert_eq!(known.quantile_key(0.5), Some(2000));
        assert_eq!(known.quantile_key(1.0), Some(5000));
        assert_eq!(known.quantile_key(0.0), Some(1000));
        assert_eq!(known.mad(), Some(0.0));
        assert_eq!(known.count_from(2000), 3);
        assert!((known.mean().unwrap() - 0.25005).abs() < 1e-12);
    }

    #[test]
    fn nothing_gives_nothing() {
        let empty = Histogram::new();
        assert_eq!((empty.mean(), empty.median(), empty.mad()), (None, None, None));
        assert_eq!(histogram(&[0.0]).quantile(1.5), None);
        assert_eq!(robust_sigma(&[f32::NAN]), None);
        assert_eq!(DnHistogram::new().share_below(900), None);
        assert_eq!(DnHistogram::new().quantile(0.01), None);
    }

    #[test]
    fn robust_sigma_is_numpys() {
        // np.median([1,2,4,8]) = 3; np.median(abs(x - 3)) = 1.5
        assert_eq!(robust_sigma(&[8.0, 1.0, f32::NAN, 4.0, 2.0]), Some((3.0, 1.4826 * 1.5)));
        assert_eq!(robust_sigma(&[5.0]), Some((5.0, 0.0)));
    }

    #[test]
    fn the_offset_check_counts_no_nodata() {
        let mut histogram = DnHistogram::new();
        histogram.add(&[0, 0, 1, 899, 900, 65_535]);
        assert_eq!(histogram.total(), 4);
        assert_eq!(histogram.share_below(900), Some(0.5));
        assert_eq!(histogram.quantile(0.5), Some(899));
        assert_eq!(histogram.quantile(1.0), Some(65_535));
    }

    proptest! {
        #[test]
        fn merging_is_order_free(values in prop::collection::vec(-2.5f32..2.5, 0..60), cut in 0usize..60) {
            let (left, right) = values.split_at(cut.min(values.len()));
            let (mut one, mut other) = (histogram(left), histogram(right));
            let (first, second) = (one.clone(), other.clone());
            one.merge(&second);
            other.merge(&first);
            prop_assert_eq!(&one, &histogram(&values));
            prop_assert_eq!(one, other);
        }

        #[test]
        fn comparing_values_is_comparing_keys(value in -1.9f32..1.9, near in -19_999i32..20_000, up in -3i32..4) {
            let at_edge = f32::from_bits((edge_of(near) as f32).to_bits().wrapping_add_signed(up));
            for (value, key) in [(value, near), (at_edge, near)] {
                prop_assume!(value.is_finite());
                prop_assert_eq!(key_of(value).unwrap() >= key, f64::from(value) >= edge_of(key));
            }
        }
    }
}

//! Where changed begins: fixed, Otsu's, Kittler and Illingworth's, or a quantile of the control.
//!
//! A threshold is a value `t`, and "changed" is `x >= t`. Except for the fixed one it is a multiple
//! of 1e-4, the edge between two steps of a [`Histogram`].

use super::stats::{Histogram, edge_of};
use crate::error::Error;

/// How a threshold is chosen. As text: `0.27`, `otsu`, `kittler` or `quantile:0.99`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strategy {
    /// This value.
    Fixed(f64),
    /// [`otsu`] of the scene.
    Otsu,
    /// [`kittler_illingworth`] of the scene.
    KittlerIllingworth,
    /// [`control_quantile`] of the control.
    ControlQuantile(f64),
}

impl Strategy {
    /// The threshold for a scene's histogram and its control's (the unburned surroundings; the
    /// scene's own where there is none). `None` when the histogram it needs cannot carry one.
    pub fn threshold(&self, scene: &Histogram, control: &Histogram) -> Option<f64> {
        match *self {
            Self::Fixed(value) => Some(value),
            Self::Otsu => otsu(&scene.binned(OTSU_BINS)),
            Self::KittlerIllingworth => kittler_illingworth(scene),
            Self::ControlQuantile(q) => control_quantile(control, q),
        }
    }
}

impl std::str::FromStr for Strategy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || {
            Error::usage(format!("{} is no threshold", crate::text::Foreign::new(text)))
                .hint("give a number between -2 and 2, `otsu`, `kittler` or `quantile:Q` with Q between 0 and 1")
        };
        let number = |text: &str| text.trim().parse::<f64>().map_err(|_| refused());
        match text.trim().split_once(':') {
            None if text.trim() == "otsu" => Ok(Self::Otsu),
            None if text.trim() == "kittler" => Ok(Self::KittlerIllingworth),
            None => Some(number(text)?).filter(|value| value.abs() <= 2.0).map(Self::Fixed).ok_or_else(refused),
            Some(("quantile", q)) => {
                Some(number(q)?).filter(|q| (0.0..=1.0).contains(q)).map(Self::ControlQuantile).ok_or_else(refused)
            }
            Some(_) => Err(refused()),
        }
    }
}

impl std::fmt::Display for Strategy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fixed(value) => write!(f, "{value}"),
            Self::Otsu => f.write_str("otsu"),
            Self::KittlerIllingworth => f.write_str("kittler"),
            Self::ControlQuantile(q) => write!(f, "quantile:{q}"),
        }
    }
}

/// Bins in which [`Strategy::Otsu`] looks for its valley: the usual 256 between the least and the greatest
/// value, as scikit-image and most published figures have it, so that thresholds can be compared.
pub const OTSU_BINS: u32 = 256;

/// The least `f32` that is not below `threshold`: `x >= at_least(t)` in `f32` decides as
/// `x >= t` does in `f64`, and is what a vectorised loop compares with.
pub fn at_least(threshold: f64) -> f32 {
    let nearest = threshold as f32;
    if f64::from(nearest) < threshold { nearest.next_up() } else { nearest }
}

/// Count, sum and sum of squares of keys; whole numbers, so exact.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: i128,
    sum: i128,
    squares: i128,
}

impl Moments {
    fn add(&mut self, key: i32, count: u64) {
        let (key, count) = (i128::from(key), i128::from(count));
        self.count += count;
        self.sum += key * count;
        self.squares += key * key * count;
    }

    fn minus(self, part: Self) -> Self {
        Self { count: self.count - part.count, sum: self.sum - part.sum, squares: self.squares - part.squares }
    }

    /// Population variance times the squared count, in squared steps.
    fn scaled_variance(self) -> i128 {
        self.squares * self.count - self.sum * self.sum
    }

    /// Population variance in squares of the value.
    fn variance(self) -> f64 {
        self.scaled_variance() as f64 / (self.count as f64 * self.count as f64) * 1e-8
    }
}

/// The cut with the greatest score: of every cut between two steps that hold values, `score` gets
/// the lower and the upper class. The first of equal scores stays; the threshold is the edge right
/// above the lower class's last step.
fn best_cut(histogram: &Histogram, score: impl Fn(Moments, Moments) -> Option<f64>) -> Option<f64> {
    let mut whole = Moments::default();
    histogram.steps().for_each(|(key, count)| whole.add(key, count));
    let mut lower = Moments::default();
    let mut best: Option<(f64, i32)> = None;
    for (key, count) in histogram.steps() {
        lower.add(key, count);
        let upper = whole.minus(lower);
        if upper.count == 0 {
            break;
        }
        match (score(lower, upper), best) {
            (Some(score), Some((most, _))) if score <= most => {}
            (Some(score), _) => best = Some((score, key)),
            (None, _) => {}
        }
    }
    best.map(|(_, key)| edge_of(key + 1))
}

/// Otsu's threshold (1979, doi 10.1109/TSMC.1979.4310076): the greatest variance between the two
/// classes, at the histogram's full resolution. `None` when fewer than two steps hold values.
pub fn otsu(histogram: &Histogram) -> Option<f64> {
    best_cut(histogram, |lower, upper| {
        // n1 n2 (m1 - m2)^2 = (s1 n2 - s2 n1)^2 / (n1 n2), with the difference taken exactly.
        let apart = (lower.sum * upper.count - upper.sum * lower.count) as f64;
        Some(apart * apart / (lower.count as f64 * upper.count as f64))
    })
}

/// The minimum-error threshold of Kittler & Illingworth (1986, doi 10.1016/0031-3203(86)90030-0):
/// the least J(t) = 1 + 2 (P1 ln s1 + P2 ln s2) - 2 (P1 ln P1 + P2 ln P2), where P are the classes'
/// shares and s their standard deviations. A class within one step has no s, and that cut is passed
/// over; `None` when no cut is left.
pub fn kittler_illingworth(histogram: &Histogram) -> Option<f64> {
    best_cut(histogram, |lower, upper| {
        let total = (lower.count + upper.count) as f64;
        let part = |class: Moments| {
            let share = class.count as f64 / total;
            (class.scaled_variance() > 0).then(|| share * class.variance().ln() - 2.0 * share * share.ln())
        };
        Some(-(1.0 + part(lower)? + part(upper)?))
    })
}

/// The edge above the control's quantile `q`: at least that share of the control is below it.
/// `None` without a control.
pub fn control_quantile(control: &Histogram, q: f64) -> Option<f64> {
    control.quantile_key(q).map(|key| edge_of(key + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{prop_assert, prop_assert_eq, prop_assume, proptest};

    fn histogram(values: &[f32]) -> Histogram {
        let mut histogram = Histogram::new();
        values.iter().for_each(|&value| histogram.add(value));
        histogram
    }

    #[test]
    fn two_heaps_are_parted() {
        let heaps = histogram(&[-0.02, -0.01, 0.0, 0.0, 0.01, 0.02, 0.48, 0.5, 0.5, 0.52]);
        for threshold in [otsu(&heaps), kittler_illingworth(&heaps)] {
            assert_eq!(threshold, Some(0.0200), "the edge above the lower heap: 0.02 itself is just below it in f32");
        }
    }

    #[test]
    fn degenerate_histograms_have_no_threshold() {
        for values in [&[][..], &[f32::NAN, f32::INFINITY], &[0.3], &[0.3, 0.3, 0.3]] {
            assert_eq!(otsu(&histogram(values)), None, "{values:?}");
            assert_eq!(kittler_illingworth(&histogram(values)), None, "{values:?}");
        }
        assert_eq!(kittler_illingworth(&histogram(&[0.0, 0.5])), None, "no class has a spread");
        assert!(otsu(&histogram(&[0.0, 0.5])).is_some());
        assert_eq!(control_quantile(&Histogram::new(), 0.99), None);
    }

    #[test]
    fn a_quantile_of_the_control_lies_above_its_share() {
        let control = histogram(&(0..100).map(|step| step as f32 / 128.0).collect::<Vec<_>>());
        let threshold = Strategy::ControlQuantile(0.9).threshold(&Histogram::new(), &control).unwrap();
        let above = (0..100).filter(|&step| f64::from(step) / 128.0 >= threshold).count();
        assert_eq!(above, 10);
    }

    #[test]
    fn strategies_are_read_and_written() {
        for text in ["0.27", "-0.1", "otsu", "kittler", "quantile:0.99"] {
            assert_eq!(text.parse::<Strategy>().unwrap().to_string(), text);
        }
        for text in ["", "nan", "inf", "2.5", "Otsu!", "quantile:", "quantile:1.1", "quantile:nan", "median:0.5"] {
            assert!(text.parse::<Strategy>().unwrap_err().advice().is_some(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn f32_comparison_decides_as_f64(threshold in -2.0f64..2.0, up in -2i32..3) {
            let least = at_least(threshold);
            let value = f32::from_bits(least.to_bits().wrapping_add_signed(up));
            prop_assume!(value.is_finite());
            prop_assert_eq!(value >= least, f64::from(value) >= threshold);
        }

        #[test]
        fn thresholds_part_the_values(values in proptest::collection::vec(-1.9f32..1.9, 2..50)) {
            let found = histogram(&values);
            for threshold in [otsu(&found), kittler_illingworth(&found)].into_iter().flatten() {
                let above = values.iter().filter(|&&value| f64::from(value) >= threshold).count();
                prop_assert!(above > 0 && above < values.len());
                prop_assert_eq!(above as u64, found.count_from((threshold * 1e4).round() as i32));
            }
        }
    }
}

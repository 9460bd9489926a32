//! What the numbers of a radar file are: linear power, decibels, or hundredths of decibels.

use serde::{Deserialize, Serialize};

/// How a file's numbers stand for power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Power itself.
    Linear,
    /// 10 log10 of power.
    Db,
    /// 1000 log10 of power: decibels times 100, as integers.
    Db100,
}

/// Natural logarithms in a decibel.
const NEPERS_PER_DB: f32 = std::f32::consts::LN_10 / 10.0;
/// Values that a sample needs before anything is told from it.
const ENOUGH: usize = 50;

impl Scale {
    /// Its name in the recipe.
    pub fn word(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Db => "db",
            Self::Db100 => "db100",
        }
    }

    /// The linear power behind a number of the file; NaN where there can be none (linear values that are not
    /// above zero, what is not finite).
    #[inline]
    pub fn power(self, value: f32) -> f32 {
        let power = match self {
            Self::Linear => value,
            Self::Db => (value * NEPERS_PER_DB).exp(),
            Self::Db100 => (value * (NEPERS_PER_DB / 100.0)).exp(),
        };
        if power > 0.0 && power < f32::INFINITY { power } else { f32::NAN }
    }

    /// The scale that a sample of a file's numbers shows; None where they fit none or are fewer than 50.
    ///
    /// Backscatter of land lies between -35 and +5 dB, so that decibels are mostly negative, their hundredths
    /// mostly below -100, and power positive with a median far below ten. Digital numbers of an uncalibrated
    /// product, in the hundreds, fit none of these.
    pub fn detect(sample: &[f32]) -> Option<Self> {
        let mut values: Vec<f32> = sample.iter().copied().filter(|value| value.is_finite()).collect();
        if values.len() < ENOUGH {
            return None;
        }
        values.sort_unstable_by(f32::total_cmp);
        let median = values[values.len() / 2];
        let negative = values.partition_point(|value| *value < 0.0) as f64 / values.len() as f64;
        match (median, negative) {
            (-5000.0..=-100.0, 0.5..) => Some(Self::Db100),
            (-60.0..0.0, 0.5..) => Some(Self::Db),
            (0.0..10.0, ..0.05) => Some(Self::Linear),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_scales_mean_the_same_power() {
        for (scale, value) in [(Scale::Linear, 0.05), (Scale::Db, -13.0103), (Scale::Db100, -1301.03)] {
            assert!((scale.power(value) - 0.05).abs() < 1e-6, "{scale:?}");
        }
        assert!(Scale::Linear.power(-1.0).is_nan() && Scale::Linear.power(0.0).is_nan());
        assert!(Scale::Db.power(f32::NAN).is_nan() && Scale::Db.power(1e6).is_nan());
    }

    #[test]
    fn a_sample_shows_its_scale() {
        let spread = |low: f32, high: f32| (0..200).map(|n| low + (high - low) * n as f32 / 199.0).collect::<Vec<_>>();
        for (low, high, due) in [
            (0.001, 0.4, Some(Scale::Linear)),
            (-25.0, 2.0, Some(Scale::Db)),
            (-2400.0, 250.0, Some(Scale::Db100)),
            (80.0, 900.0, None),
        ] {
            assert_eq!(Scale::detect(&spread(low, high)), due, "{low} {high}");
        }
        assert_eq!(Scale::detect(&[0.1; 20]), None, "too few");
        assert_eq!(Scale::detect(&[f32::NAN; 200]), None, "nothing seen");
    }
}

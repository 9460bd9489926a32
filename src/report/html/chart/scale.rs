//! From values to places on a drawing, and round values to mark there.

/// A linear scale from values to places.
#[derive(Debug, Clone, Copy)]
pub(in crate::report::html) struct Scale {
    pub(in crate::report::html) low: f64,
    pub(in crate::report::html) high: f64,
    pub(in crate::report::html) from: f64,
    pub(in crate::report::html) to: f64,
}

impl Scale {
    /// Where `value` lies; values beyond the ends stay at the ends.
    pub(in crate::report::html) fn at(&self, value: f64) -> f64 {
        let span = self.high - self.low;
        let share = if span > 0.0 { ((value - self.low) / span).clamp(0.0, 1.0) } else { 0.5 };
        self.from + share * (self.to - self.from)
    }

    /// Round values to mark, about `count` of them.
    pub(in crate::report::html) fn ticks(&self, count: usize) -> Vec<f64> {
        let step = round_step((self.high - self.low) / count.max(1) as f64);
        let first = (self.low / step - 1e-9).ceil();
        let last = (self.high / step + 1e-9).floor();
        (0..=(last - first).clamp(0.0, 50.0) as usize).map(|tick| (first + tick as f64) * step).collect()
    }
}

/// The least of 1, 2 and 5 times a power of ten that is not below `step`; 1 where there is none.
pub(in crate::report::html) fn round_step(step: f64) -> f64 {
    if !(step.is_finite() && step > 0.0) {
        return 1.0;
    }
    let power = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|digit| digit * power)
        .into_iter()
        .find(|round| *round >= step * 0.999_999)
        .unwrap_or(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let scale = Scale { low: 0.03, high: 0.97, from: 0.0, to: 100.0 };
        let ticks = scale.ticks(5);
        assert_eq!(ticks.iter().map(|tick| format!("{tick:.1}")).collect::<Vec<_>>(), ["0.2", "0.4", "0.6", "0.8"]);
        assert_eq!([0.3, 2.0, 31.0, 0.0, f64::NAN].map(round_step), [0.5, 2.0, 50.0, 1.0, 1.0]);
    }

    #[test]
    fn a_scale_without_extent_stays_in_the_middle() {
        let scale = Scale { low: 2.0, high: 2.0, from: 0.0, to: 100.0 };
        assert_eq!((scale.at(2.0), scale.at(f64::INFINITY)), (50.0, 50.0));
    }
}

//! Colour ramps: from an index value to a colour, readable without full colour vision and in grey.

use super::canvas::Rgb;
use crate::error::{Error, Result};

/// The limits between the seven dNBR classes of the USGS (Key & Benson 2006), made for forest.
pub const DNBR_LIMITS: [f32; 6] = [-0.25, -0.10, 0.10, 0.27, 0.44, 0.66];

/// Control points of the dNBR ramp: blue, paper, orange, almost black. Every colour below 0.10 is
/// lighter than every colour above 0.27, so that a grey print keeps what matters.
const DNBR: [(f32, Rgb); 9] = [
    (-0.50, [126, 190, 238]),
    (-0.25, [170, 212, 242]),
    (-0.10, [212, 228, 238]),
    (0.00, [242, 240, 232]),
    (0.10, [248, 226, 184]),
    (0.27, [228, 140, 44]),
    (0.44, [196, 88, 24]),
    (0.66, [120, 34, 18]),
    (1.00, [36, 10, 18]),
];

/// The same hues as fractions of the way from low to high.
const DIVERGING: [(f32, Rgb); 5] = [
    (0.0, [126, 190, 238]),
    (0.5, [242, 240, 232]),
    (0.66, [228, 140, 44]),
    (0.84, [160, 60, 20]),
    (1.0, [36, 10, 18]),
];

/// One hue group from light to dark.
const SEQUENTIAL: [(f32, Rgb); 4] =
    [(0.0, [250, 244, 226]), (0.35, [236, 176, 84]), (0.7, [176, 70, 24]), (1.0, [36, 10, 18])];

/// From values to colours, with the axis marks of its legend.
#[derive(Debug, Clone, PartialEq)]
pub struct Ramp {
    /// Control points by rising value; in a stepped ramp each is the low end of its class.
    stops: Vec<(f32, Rgb)>,
    ticks: Vec<f32>,
    stepped: bool,
    high: f32,
}

impl Ramp {
    /// dNBR without steps, -0.5 to 1.0, marked at the USGS class limits.
    pub fn dnbr() -> Self {
        let ticks = std::iter::once(-0.5).chain(DNBR_LIMITS).chain([1.0]).collect();
        Self { stops: DNBR.to_vec(), ticks, stepped: false, high: 1.0 }
    }

    /// dNBR in the seven USGS classes.
    pub fn dnbr_classes() -> Self {
        let middles = [-0.375, -0.175, 0.0, 0.185, 0.355, 0.55, 0.83];
        let smooth = Self::dnbr();
        let lows = std::iter::once(-0.5).chain(DNBR_LIMITS);
        let stops = lows.zip(middles.map(|middle| smooth.blended(middle))).collect();
        Self { stops, ticks: DNBR_LIMITS.to_vec(), stepped: true, high: 1.0 }
    }

    /// A ramp around zero (or another `centre`): blue below, orange to dark above.
    ///
    /// # Errors
    /// `Usage` unless `low < centre < high` and all are finite.
    pub fn diverging(low: f32, centre: f32, high: f32) -> Result<Self> {
        let place = |at: f32| {
            if at < 0.5 { low + (centre - low) * at * 2.0 } else { centre + (high - centre) * (at * 2.0 - 1.0) }
        };
        let ticks = vec![low, (low + centre) / 2.0, centre, (centre + high) / 2.0, high];
        Self::placed(&DIVERGING, place, ticks, high)
    }

    /// A ramp from light (`low`) to dark (`high`).
    ///
    /// # Errors
    /// `Usage` unless `low < high` and both are finite.
    pub fn sequential(low: f32, high: f32) -> Result<Self> {
        let place = |at: f32| low + (high - low) * at;
        Self::placed(&SEQUENTIAL, place, (0..=4).map(|quarter| place(quarter as f32 / 4.0)).collect(), high)
    }

    fn placed(points: &[(f32, Rgb)], place: impl Fn(f32) -> f32, ticks: Vec<f32>, high: f32) -> Result<Self> {
        let stops: Vec<(f32, Rgb)> = points.iter().map(|&(at, colour)| (place(at), colour)).collect();
        let rising = stops.is_sorted_by(|a, b| a.0 < b.0) && stops.iter().all(|stop| stop.0.is_finite());
        if !rising {
            return Err(Error::usage("the ends of a colour ramp must be finite and rise"));
        }
        Ok(Self { stops, ticks, stepped: false, high })
    }

    /// The colour of `value`, that of the nearest end beyond the ends; none for NaN.
    pub fn colour(&self, value: f32) -> Option<[u8; 3]> {
        if value.is_nan() {
            return None;
        }
        Some(if self.stepped { self.class_colour(value) } else { self.blended(value) })
    }

    /// Lowest and highest value of the axis.
    pub fn range(&self) -> (f32, f32) {
        (self.stops.first().map_or(0.0, |stop| stop.0), self.high)
    }

    /// The values marked on the axis, rising.
    pub fn ticks(&self) -> &[f32] {
        &self.ticks
    }

    /// The colours of the classes from low to high; empty for a ramp without steps.
    pub fn classes(&self) -> Vec<[u8; 3]> {
        if self.stepped { self.stops.iter().map(|stop| stop.1).collect() } else { Vec::new() }
    }

    fn class_colour(&self, value: f32) -> Rgb {
        let above = self.stops.partition_point(|stop| stop.0 <= value);
        self.stops.get(above.saturating_sub(1)).map_or([0; 3], |stop| stop.1)
    }

    fn blended(&self, value: f32) -> Rgb {
        let above = self.stops.partition_point(|stop| stop.0 <= value);
        let low = self.stops.get(above.saturating_sub(1));
        let high = self.stops.get(above).or(self.stops.last());
        match (low, high) {
            (Some(low), Some(high)) if high.0 > low.0 => {
                let share = ((value - low.0) / (high.0 - low.0)).clamp(0.0, 1.0);
                std::array::from_fn(|band| mix(low.1[band], high.1[band], share))
            }
            (_, Some(end)) => end.1,
            _ => [0; 3],
        }
    }
}

fn mix(low: u8, high: u8, share: f32) -> u8 {
    (f32::from(low) + (f32::from(high) - f32::from(low)) * share).round() as u8
}

/// What grows in the area, as far as the reader of a legend must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// Forest, for which the USGS classes were made.
    Forest,
    /// Everything else, cropland and steppe above all: the classes are those of an index.
    Other,
}

/// The words and marks beside a colour bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Legend {
    /// What the bar shows.
    pub label: String,
    /// Its unit; empty for a number without one.
    pub unit: String,
    /// Names of the classes of a stepped ramp, low to high, or none.
    pub names: Vec<String>,
    /// What the outlines drawn on top enclose, if there are any.
    pub outlined: Option<String>,
}

impl Legend {
    /// A bar labelled `label`, without class names or outlines.
    pub fn new(label: impl Into<String>, unit: impl Into<String>) -> Self {
        Self { label: label.into(), unit: unit.into(), names: Vec::new(), outlined: None }
    }

    /// The words for dNBR. Only of a forest may the classes be called severity.
    pub fn dnbr(cover: Cover) -> Self {
        match cover {
            Cover::Other => Self::new("dNBR, index class (USGS class limits)", ""),
            Cover::Forest => Self {
                names: ["regrowth high", "regrowth low", "unburned", "low", "moderate low", "moderate high", "high"]
                    .map(str::to_owned)
                    .to_vec(),
                ..Self::new("dNBR, burn severity class (USGS, made for forest)", "")
            },
        }
    }

    /// The same with outlines around what `text` names.
    #[must_use]
    pub fn outlined(mut self, text: impl Into<String>) -> Self {
        self.outlined = Some(text.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::canvas::HATCH;

    fn values() -> impl Iterator<Item = f32> {
        (-200..=300).map(|step| step as f32 / 100.0)
    }

    fn ramps() -> Vec<Ramp> {
        vec![
            Ramp::dnbr(),
            Ramp::dnbr_classes(),
            Ramp::diverging(-1.0, 0.0, 1.0).unwrap(),
            Ramp::sequential(0.0, 2.0).unwrap(),
        ]
    }

    fn grey([r, g, b]: [u8; 3]) -> f32 {
        0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b)
    }

    /// What a person without the green cone sees, roughly (Vienot 1999, linear samples).
    fn deutan(colour: [u8; 3]) -> [f32; 3] {
        let [r, g, b] = colour.map(|sample| (f32::from(sample) / 255.0).powf(2.2));
        let both = 0.29275 * r + 0.70725 * g;
        [both, both, -0.02234 * r + 0.02234 * g + b].map(|light: f32| light.max(0.0))
    }

    #[test]
    fn no_value_takes_the_colour_of_missing() {
        for ramp in ramps() {
            assert_eq!(ramp.colour(f32::NAN), None);
            for value in values().chain([f32::INFINITY, f32::NEG_INFINITY]) {
                let colour = ramp.colour(value).unwrap();
                assert!(!HATCH.contains(&colour), "{value}");
                let [r, g, b] = colour.map(i32::from);
                let coloured = (r - g).abs().max((g - b).abs()) > 12;
                assert!(coloured || r.min(g).min(b) > 216, "{value}: {colour:?} is as grey as the hatch");
            }
        }
    }

    #[test]
    fn a_grey_print_keeps_burned_darker_than_the_rest() {
        for ramp in [Ramp::dnbr(), Ramp::dnbr_classes()] {
            let lightness = |value| grey(ramp.colour(value).unwrap());
            let rest = values().filter(|value| *value < 0.1).map(lightness).fold(f32::MAX, f32::min);
            let burned = values().filter(|value| *value > 0.27).map(lightness).fold(0.0, f32::max);
            assert!(rest > burned, "{rest} {burned}");
        }
    }

    #[test]
    fn classes_stay_apart_without_the_green_cone() {
        let classes = Ramp::dnbr_classes().classes();
        assert_eq!(classes.len(), 7);
        for (at, one) in classes.iter().enumerate() {
            for other in classes.iter().skip(at + 1) {
                let distance: f32 =
                    deutan(*one).iter().zip(deutan(*other)).map(|(a, b)| (a.sqrt() - b.sqrt()).abs()).sum();
                assert!(distance > 0.12, "{one:?} {other:?} {distance}");
            }
        }
    }

    #[test]
    fn classes_change_at_the_usgs_limits() {
        let ramp = Ramp::dnbr_classes();
        for limit in DNBR_LIMITS {
            assert_ne!(ramp.colour(limit - 1e-4), ramp.colour(limit));
            assert_eq!(ramp.colour(limit + 1e-4), ramp.colour(limit));
        }
    }

    #[test]
    fn ends_that_do_not_rise_are_refused() {
        assert!(Ramp::diverging(0.0, 0.0, 1.0).is_err());
        assert!(Ramp::sequential(1.0, f32::NAN).is_err());
        assert!(Ramp::sequential(1.0, f32::INFINITY).is_err());
    }

    #[test]
    fn cropland_is_never_called_severity() {
        let legend = Legend::dnbr(Cover::Other);
        assert!(legend.label.contains("index class") && !format!("{legend:?}").contains("severity"));
        assert!(Legend::dnbr(Cover::Forest).label.contains("severity"));
    }
}

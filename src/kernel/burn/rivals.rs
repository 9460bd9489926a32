//! What else might explain an object: each rival scored 0..1 from what the object itself shows. The scores are
//! ours; they order explanations and prove none.

use super::Settings;
use super::objects::Marks;
use super::shape::Shape;
use super::signs::Sign;

/// Rival explanations of an object, each 0 (nothing speaks for it) to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rivals {
    /// A field of dry straw was burned off: shaped like a field, not green before, charred.
    pub stubble_burning: f64,
    /// Soil was laid bare: bright where it had been green, or brighter and shaped like a field.
    pub harvest_or_ploughing: f64,
    /// Green faded without char: leaf fall, drying, mowing.
    pub leaf_fall_or_drying: f64,
    /// Snow lies in the object.
    pub snow: f64,
    /// Water stands in the object.
    pub flood: f64,
}

/// An object as its rivals see it.
#[derive(Debug, Clone, Copy)]
pub struct Sight<'a> {
    /// What its pixels show.
    pub marks: &'a Marks,
    /// What it looks like.
    pub shape: &'a Shape,
    /// Its area in hectares.
    pub area_ha: f64,
    /// Median of MIRBI's rise in the control, where SWIR1 is known.
    pub control_char: Option<f64>,
}

/// 0 up to `low`, 1 from `high`, straight between.
fn ramp(value: f64, low: f64, high: f64) -> f64 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}

impl Rivals {
    /// The rivals of an object.
    pub fn of(sight: &Sight<'_>, settings: &Settings) -> Self {
        let marks = sight.marks;
        let of_grown = |count: u64| count as f64 / marks.grown.max(1) as f64;
        let of_seen = |count: u64| count as f64 / marks.seen().max(1) as f64;
        let (green, bare) = (of_grown(marks.green), 1.0 - of_grown(marks.green));
        // Fields end in straight edges and have a size; beyond 250 ha hardly one is a single field.
        let field = ramp(sight.shape.rectangularity, 0.85, 0.95) * (1.0 - ramp(sight.area_ha, 50.0, 250.0));
        let rise = sight.control_char.map(|control| marks.mean_sign(Sign::Char) - control);
        let charred = rise.map(|rise| ramp(rise, 0.5 * settings.char_rise, 2.0 * settings.char_rise));
        let uncharred = 1.0 - charred.unwrap_or(0.0);
        Self {
            stubble_burning: field * bare * charred.unwrap_or(1.0),
            harvest_or_ploughing: ramp(of_seen(marks.soil), 0.05, 0.30)
                .max(field * bare * uncharred * of_grown(marks.brighter)),
            leaf_fall_or_drying: green * charred.map_or(of_grown(marks.still_green), |charred| 1.0 - charred),
            snow: of_seen(marks.snow),
            flood: of_seen(marks.water),
        }
    }

    /// Names and scores, in a fixed order.
    pub fn named(&self) -> [(&'static str, f64); 5] {
        [
            ("stubble_burning", self.stubble_burning),
            ("harvest_or_ploughing", self.harvest_or_ploughing),
            ("leaf_fall_or_drying", self.leaf_fall_or_drying),
            ("snow", self.snow),
            ("flood", self.flood),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::signs::{BRIGHTER, GREEN, SOIL, STILL_GREEN};
    use super::*;

    const FIELD: Shape = Shape { perimeter_m: 1000.0, elongation: 1.5, rectangularity: 1.0, compactness: 0.7 };
    const RAGGED: Shape = Shape { perimeter_m: 9000.0, elongation: 3.0, rectangularity: 0.8, compactness: 0.1 };

    fn marks(flags: u8, char: i8) -> Marks {
        let mut marks = Marks::default();
        for _ in 0..100 {
            marks.add_grown(flags, 1500, true);
            marks.add_sign(Sign::Char, char);
        }
        marks
    }

    fn rivals(marks: &Marks, shape: &Shape, area_ha: f64, control_char: Option<f64>) -> Rivals {
        Rivals::of(&Sight { marks, shape, area_ha, control_char }, &Settings::default())
    }

    #[test]
    fn each_rival_has_its_sign() {
        let straw = rivals(&marks(0, 40), &FIELD, 20.0, Some(0.0));
        assert_eq!((straw.stubble_burning, straw.harvest_or_ploughing, straw.leaf_fall_or_drying), (1.0, 0.0, 0.0));
        let ploughed = rivals(&marks(BRIGHTER, 0), &FIELD, 20.0, Some(0.0));
        assert_eq!((ploughed.stubble_burning, ploughed.harvest_or_ploughing), (0.0, 1.0));
        let steppe = rivals(&marks(BRIGHTER, 40), &RAGGED, 400.0, None);
        assert_eq!(
            (steppe.stubble_burning, steppe.harvest_or_ploughing),
            (0.0, 0.0),
            "neither shape nor size of a field"
        );
        let faded = rivals(&marks(GREEN, 0), &RAGGED, 400.0, Some(0.0));
        assert_eq!(faded.leaf_fall_or_drying, 1.0);
        let canopy = rivals(&marks(GREEN | STILL_GREEN, 0), &RAGGED, 70.0, None);
        assert_eq!(canopy.leaf_fall_or_drying, 1.0, "still green, and no SWIR1 to tell");
        let forest = rivals(&marks(GREEN, 40), &RAGGED, 400.0, Some(0.0));
        assert!(forest.named().iter().all(|(_, score)| *score == 0.0), "{forest:?}");
    }

    #[test]
    fn what_lies_in_the_object_counts() {
        let mut wet = marks(0, 40);
        for _ in 0..100 {
            wet.add_other(SOIL);
        }
        (wet.water, wet.snow) = (50, 20);
        let found = rivals(&wet, &RAGGED, 10.0, Some(0.0));
        assert_eq!((found.flood, found.snow, found.harvest_or_ploughing), (0.25, 0.1, 1.0));
    }
}

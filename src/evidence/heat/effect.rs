//! How much more heat there was than is usual, with its interval.

use super::season::{Count, Season};
use crate::evidence::draw::Draw;
use crate::evidence::measurement::Interval;
use crate::evidence::test::quantile;
use crate::hotspot::day::Stretch;
use crate::hotspot::series::Series;
use crate::recipe::{EvidenceRecipe, HeatRecipe};

/// The stream of draws, apart from those of places.
const STREAM: u64 = 0x6465_7461_0000_0000;

/// Seen less usual. What was seen is a census of the passes; what is uncertain is what would have been there without
/// the event. Its law is a block bootstrap over days (Kuensch 1989, doi 10.1214/aos/1176347265): a control year is
/// drawn, then blocks of days of its season until they are as many as the window has, so that days of one fire stay
/// together and years stay apart.
pub(super) fn excess(
    count: Count,
    season: &Season<'_>,
    series: &Series,
    window: Stretch,
    (heat, recipe): (&HeatRecipe, &EvidenceRecipe),
) -> Interval {
    let (seen, value) = (count.seen as f64, count.seen as f64 - count.usual);
    let drawn: Vec<f64> = (0..recipe.resamples as u64)
        .filter_map(|number| drawn(&mut Draw::new(recipe.seed, STREAM + number), season, series, window, heat))
        .collect();
    if drawn.is_empty() {
        return Interval { value, low: value.min(0.0), high: value.max(seen) };
    }
    Interval {
        value,
        low: (seen - quantile(&drawn, 0.975)).min(value),
        high: (seen - quantile(&drawn, 0.025)).max(value),
    }
}

/// Detections of as many days as the window has, of one control year's season.
fn drawn(draw: &mut Draw, season: &Season<'_>, series: &Series, window: Stretch, heat: &HeatRecipe) -> Option<f64> {
    let year = *season.years().get(draw.below(season.years().len()))?;
    let days = season.days(window, year);
    let (mut left, mut sum) = (window.days(), 0);
    while left > 0 {
        let block = left.min(heat.block_days).min(days.days().max(1));
        let from = days.from + draw.below((days.days() - block + 1).max(1) as usize) as i32;
        sum += series.count(Stretch { from, to: from + block - 1 });
        left -= block;
    }
    Some(sum as f64)
}

/// The same in hectares of ground under the pixels: as many as the footprints of what was seen are to detections.
pub(super) fn hectares(excess: Interval, footprints: u64, seen: u64, footprint_ha: f64) -> Interval {
    let each = if seen == 0 { footprint_ha } else { footprint_ha * footprints as f64 / seen as f64 };
    Interval { value: excess.value * each, low: excess.low * each, high: excess.high * each }
}

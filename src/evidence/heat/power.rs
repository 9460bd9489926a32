//! Whether heat would have been seen: by month, from places where there was fire, and by the number of detections,
//! from implants in windows of other years.

use super::season::Count;
use crate::evidence::measurement::{Interval, Power, PowerPoint, Rate};
use crate::evidence::test::{exact, rank};
use crate::hotspot::day::Stretch;
use crate::recipe::HeatRecipe;
use crate::time::month_name;

/// Power at the smallest effect: the chance that a front-line half-month of the season shows at all (cloud, thrift of
/// fuel and passes at the wrong hour are in it), times the chance that so many detections stand out at this place.
/// Of several months the poorest counts.
pub(super) fn power(
    temporal: &[Count],
    spatial: &[f64],
    (window, smallest, alpha): (Stretch, f64, f64),
    recipe: &HeatRecipe,
) -> Option<Power> {
    let (month, shown) = poorest(window, recipe)?;
    let point = |size: u64| PowerPoint { size: size as f64, found: found(temporal, spatial, size, alpha) };
    let least = smallest.max(1.0).ceil() as u64;
    let mut sizes: Vec<u64> = recipe.implant_detections.iter().copied().chain([least]).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let curve: Vec<PowerPoint> = sizes.into_iter().map(point).collect();
    let there = found(temporal, spatial, least, alpha);
    let both =
        |a: Interval, b: Interval| Interval { value: a.value * b.value, low: a.low * b.low, high: a.high * b.high };
    let detectable = |point: &&PowerPoint| point.found.share.value * shown.share.value >= 0.8;
    Some(Power {
        detectable_at_80: curve.iter().find(detectable).map(|point| point.size),
        curve,
        smallest_effect: smallest,
        at_smallest: both(shown.share, there.share),
        statistics: Vec::new(),
        closed_form: None,
        words: words(month, shown),
    })
}

fn words(month: i8, shown: Rate) -> String {
    let name = month_name(month);
    let share = match shown.trials {
        0 => format!("no half-month of {name} at a front line was measured, so no power is claimed for it"),
        trials => format!("in {name} {} of {trials} half-months at the front line of 2022 showed", shown.hits),
    };
    format!(
        "{share} (12 places of 20 km radius); the curve says how often so many detections, once seen, stand out at \
this place, from implants in other years, and power is the product of both"
    )
}

/// The month of the window in which least shows.
fn poorest(window: Stretch, recipe: &HeatRecipe) -> Option<(i8, Rate)> {
    let rate = |month: i8| {
        let [shown, tried] = *recipe.shown_by_month.get(usize::try_from(month - 1).ok()?)?;
        Some((month, exact(shown, tried)))
    };
    let rates = window.months().into_iter().filter_map(rate);
    rates.min_by(|a, b| a.1.share.value.total_cmp(&b.1.share.value))
}

/// How often `more` detections in a window of another year stand out from all other placebos.
fn found(temporal: &[Count], spatial: &[f64], more: u64, alpha: f64) -> Rate {
    let values: Vec<f64> = temporal.iter().map(Count::statistic).collect();
    let stands_out = |(place, count): &(usize, &Count)| {
        let raised = count.with(more).statistic();
        let others: Vec<f64> =
            values.iter().enumerate().filter(|(own, _)| own != place).map(|(_, value)| *value).collect();
        rank(raised, &others).1 <= alpha && rank(raised, spatial).1 <= alpha
    };
    let hits = temporal.iter().enumerate().filter(stands_out).count();
    exact(hits as u64, temporal.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_november_has_no_power() {
        let window = Stretch { from: 19_311, to: 19_326 };
        let quiet = vec![Count { seen: 0, usual: 1.0 }; 54];
        let power = power(&quiet, &[-1.0; 99], (window, 10.0, 0.05), &HeatRecipe::default()).unwrap();
        assert_eq!((power.at_smallest.value, power.detectable_at_80), (0.0, None));
        assert!(power.at_smallest.high < 0.2 && power.words.contains("November"), "{power:?}");
        assert_eq!(power.curve.last().unwrap().found.share.value, 1.0);
    }

    #[test]
    fn the_poorest_month_counts() {
        let months = |from: &str, to: &str| {
            let day = |text: &str| crate::hotspot::day::number(text.parse().unwrap());
            poorest(Stretch { from: day(from), to: day(to) }, &HeatRecipe::default()).unwrap().0
        };
        assert_eq!(months("2022-05-10", "2022-05-20"), 5);
        assert_eq!(months("2022-08-25", "2022-09-02"), 9);
    }
}

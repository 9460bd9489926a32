//! The power curve: how often an event of each size was found when it was put where there was none.

use super::super::figures::{number, percent, quantity};
use super::super::markup::Html;
use super::drawing::{Anchor, Drawing};
use super::scale::Scale;
use crate::evidence::measurement::{Power, PowerPoint};

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 262.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 404.0;
const TOP: f64 = 52.0;
const BASE: f64 = 218.0;
/// The power that a detectable size must reach.
const ENOUGH: f64 = 0.8;
/// Sizes spread wider than this factor are drawn by their logarithm.
const WIDE: f64 = 15.0;

/// The axis of sizes.
struct Sizes {
    scale: Scale,
    logarithmic: bool,
}

impl Sizes {
    fn of(power: &Power) -> Self {
        let sizes =
            power.curve.iter().map(|point| point.size).chain([power.smallest_effect]).chain(power.detectable_at_80);
        let sizes: Vec<f64> = sizes.filter(|size| size.is_finite() && *size >= 0.0).collect();
        let high = sizes.iter().copied().fold(0.0, f64::max).max(1e-6);
        let least = sizes.iter().copied().filter(|size| *size > 0.0).fold(high, f64::min);
        let logarithmic = high / least > WIDE;
        let (low, high) = if logarithmic { (least.log10(), high.log10()) } else { (0.0, high * 1.04) };
        Self { scale: Scale { low, high, from: LEFT + 12.0, to: RIGHT - 12.0 }, logarithmic }
    }

    fn at(&self, size: f64) -> f64 {
        self.scale.at(if self.logarithmic { size.max(1e-12).log10() } else { size })
    }

    fn ticks(&self) -> Vec<f64> {
        if !self.logarithmic {
            return self.scale.ticks(6);
        }
        let powers = self.scale.low.floor() as i32..=self.scale.high.ceil() as i32;
        let dense = self.scale.high - self.scale.low < 2.2;
        let digits: &[f64] = if dense { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let all = powers.flat_map(|power| digits.iter().map(move |digit| digit * 10f64.powi(power)));
        all.filter(|size| (self.scale.low - 1e-9..=self.scale.high + 1e-9).contains(&size.log10())).collect()
    }
}

/// Draws the curve with its intervals, the line of 80 %, the claim's smallest effect and the least detectable size.
pub(in crate::report::html) fn draw(power: &Power, unit: &str) -> Html {
    let sizes = Sizes::of(power);
    let up = Scale { low: 0.0, high: 1.0, from: BASE, to: TOP };
    let mut drawing = Drawing::new(WIDTH, HEIGHT, words(power, unit));
    grid(&mut drawing, &sizes, &up);
    smallest(&mut drawing, sizes.at(power.smallest_effect), power, unit);
    curve(&mut drawing, &sizes, &up, &power.curve);
    if let Some(size) = power.detectable_at_80 {
        drawing.dot("mark-dot", (sizes.at(size), up.at(ENOUGH)), 6.0);
    }
    drawing.label("label", Anchor::Start, (4.0, 14.0), "share of events found");
    let axis = if sizes.logarithmic { "logarithmic" } else { "linear" };
    drawing.label(
        "label",
        Anchor::Middle,
        ((LEFT + RIGHT) / 2.0, HEIGHT - 8.0),
        format!("size of the event in {unit} ({axis})"),
    );
    drawing.finish()
}

fn grid(drawing: &mut Drawing, sizes: &Sizes, up: &Scale) {
    for share in [0.0, 0.2, 0.4, 0.6, ENOUGH, 1.0] {
        let class = match share {
            ENOUGH => "limit",
            0.0 => "axis",
            _ => "grid",
        };
        drawing.line(class, (LEFT, up.at(share)), (RIGHT, up.at(share)));
        drawing.label("tick", Anchor::End, (LEFT - 6.0, up.at(share) + 4.0), percent(share));
    }
    for size in sizes.ticks() {
        drawing.label("tick", Anchor::Middle, (sizes.at(size), BASE + 18.0), number(size));
    }
}

fn smallest(drawing: &mut Drawing, x: f64, power: &Power, unit: &str) {
    drawing.line("mark", (x, TOP - 12.0), (x, BASE));
    let anchor = if x > (LEFT + RIGHT) / 2.0 { Anchor::End } else { Anchor::Start };
    drawing.label(
        "label strong",
        anchor,
        (x, TOP - 16.0),
        format!("the claim: {}", quantity(power.smallest_effect, unit)),
    );
}

fn curve(drawing: &mut Drawing, sizes: &Sizes, up: &Scale, points: &[PowerPoint]) {
    let line: Vec<(f64, f64)> =
        points.iter().map(|point| (sizes.at(point.size), up.at(point.found.share.value))).collect();
    for (point, (x, _)) in points.iter().zip(&line) {
        drawing.line("whisker", (*x, up.at(point.found.share.low)), (*x, up.at(point.found.share.high)));
    }
    drawing.polyline("line", &line);
    for at in line {
        drawing.dot("dot", at, 3.5);
    }
}

/// The drawing in words.
fn words(power: &Power, unit: &str) -> String {
    let points = power
        .curve
        .iter()
        .map(|point| format!("{}: {} of {} found", quantity(point.size, unit), point.found.hits, point.found.trials));
    let points = points.collect::<Vec<_>>().join("; ");
    let least = power.detectable_at_80.map_or_else(
        || "No size tried is found 80 % of the time.".to_owned(),
        |size| format!("80 % are found from {} on.", quantity(size, unit)),
    );
    format!(
        "Power curve. {points}. {least} At the claim's smallest effect {}: {}.",
        quantity(power.smallest_effect, unit),
        percent(power.at_smallest.value)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::measurement::Interval;
    use crate::evidence::test::exact;

    fn power(sizes: &[f64]) -> Power {
        let point = |size: &f64| PowerPoint { size: *size, found: exact(15, 20) };
        Power {
            curve: sizes.iter().map(point).collect(),
            statistics: Vec::new(),
            detectable_at_80: None,
            smallest_effect: 5.0,
            at_smallest: Interval { value: 0.75, low: 0.5, high: 0.9 },
            closed_form: None,
            words: String::new(),
        }
    }

    #[test]
    fn wide_ranges_are_logarithmic() {
        assert!(Sizes::of(&power(&[0.5, 50.0])).logarithmic);
        assert!(!Sizes::of(&power(&[2.0, 8.0])).logarithmic);
    }

    #[test]
    fn sizes_stay_on_the_sheet_in_order() {
        let sizes = Sizes::of(&power(&[0.5, 5.0, 50.0]));
        let places = [0.5, 5.0, 50.0].map(|size| sizes.at(size));
        assert!(places[0] < places[1] && places[1] < places[2] && (LEFT..=RIGHT).contains(&places[0]));
        assert!(sizes.ticks().iter().all(|tick| (0.49..50.1).contains(tick)), "{:?}", sizes.ticks());
    }

    #[test]
    fn the_words_give_every_point() {
        let text = draw(&power(&[2.0, 8.0]), "ha").finish();
        assert!(text.contains("2\u{a0}ha: 15 of 20 found; 8\u{a0}ha: 15 of 20 found."), "{text}");
        assert!(text.contains("No size tried"));
    }

    #[test]
    fn nothing_tried_draws() {
        assert!(!draw(&power(&[]), "ha").finish().contains("NaN"));
    }
}

//! The placebo histogram: how much places or years without the claimed event show, and where the area stands.

use super::super::figures::number;
use super::super::markup::Html;
use super::drawing::{Anchor, Drawing};
use super::scale::{Scale, round_step};
use crate::evidence::measurement::{Movement, Placebos};

const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 262.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 404.0;
const TOP: f64 = 52.0;
const BASE: f64 = 218.0;
/// Bars aimed at; round edges make it a few more or less.
const BARS: f64 = 22.0;

/// Bars of equal width from a round edge on.
struct Bins {
    first: f64,
    step: f64,
    /// Placebos below the area's value, and at or above it.
    counts: Vec<(u64, u64)>,
}

impl Bins {
    fn of(values: &[f64], area: f64) -> Self {
        let finite = || values.iter().copied().chain([area]).filter(|value| value.is_finite());
        let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        let step = if high > low { round_step((high - low) / BARS) } else { 1.0 };
        let first = (low / step).floor() * step;
        let bars = (((high - first) / step).floor() + 1.0).clamp(1.0, 200.0) as usize;
        let mut counts = vec![(0, 0); bars];
        for value in values.iter().filter(|value| value.is_finite()) {
            let at = (((value - first) / step + 1e-9).max(0.0) as usize).min(bars - 1);
            if let Some((below, above)) = counts.get_mut(at) {
                *(if *value >= area { above } else { below }) += 1;
            }
        }
        Self { first, step, counts }
    }

    fn edge(&self, bar: usize) -> f64 {
        self.first + bar as f64 * self.step
    }

    fn highest(&self) -> u64 {
        self.counts.iter().map(|(below, above)| below + above).max().unwrap_or(0).max(1)
    }
}

/// Draws the placebos of one movement with the area's own value `area`.
pub(in crate::report::html) fn draw(placebos: &Placebos, area: f64) -> Html {
    let bins = Bins::of(&placebos.values, area);
    let across = Scale { low: bins.first, high: bins.edge(bins.counts.len()), from: LEFT, to: RIGHT };
    let up = Scale { low: 0.0, high: bins.highest() as f64, from: BASE, to: TOP };
    let mut drawing = Drawing::new(WIDTH, HEIGHT, words(placebos, area));
    grid(&mut drawing, &across, &up);
    for (bar, (below, above)) in bins.counts.iter().enumerate() {
        let (left, right) = (across.at(bins.edge(bar)) + 0.5, across.at(bins.edge(bar + 1)) - 0.5);
        let (middle, top) = (up.at(*below as f64), up.at((below + above) as f64));
        if *below > 0 {
            drawing.area("bar", (left, BASE), (right, middle));
        }
        if *above > 0 {
            drawing.area("bar over", (left, middle), (right, top));
        }
    }
    drawing.line("axis", (LEFT, BASE), (RIGHT, BASE));
    mark(&mut drawing, across.at(area), area);
    drawing.label("label", Anchor::Middle, ((LEFT + RIGHT) / 2.0, HEIGHT - 8.0), "statistic");
    drawing.label("label", Anchor::Start, (4.0, 14.0), counted(placebos.movement));
    drawing.finish()
}

fn counted(movement: Movement) -> &'static str {
    match movement {
        Movement::Spatial => "number of other places",
        Movement::Temporal => "number of other times",
    }
}

fn grid(drawing: &mut Drawing, across: &Scale, up: &Scale) {
    for tick in up.ticks(4).into_iter().filter(|tick| tick.fract() == 0.0) {
        drawing.line("grid", (LEFT, up.at(tick)), (RIGHT, up.at(tick)));
        drawing.label("tick", Anchor::End, (LEFT - 6.0, up.at(tick) + 4.0), number(tick));
    }
    for tick in across.ticks(6) {
        drawing.label("tick", Anchor::Middle, (across.at(tick), BASE + 18.0), number(rounded(tick)));
    }
}

/// Without the last bits that adding steps leaves behind.
fn rounded(tick: f64) -> f64 {
    (tick * 1e9).round() / 1e9
}

fn mark(drawing: &mut Drawing, x: f64, area: f64) {
    drawing.line("mark", (x, TOP - 12.0), (x, BASE));
    drawing.area("mark-foot", (x - 3.0, BASE - 3.0), (x + 3.0, BASE + 3.0));
    let anchor = match (x - LEFT) / (RIGHT - LEFT) {
        share if share > 0.7 => Anchor::End,
        share if share < 0.3 => Anchor::Start,
        _ => Anchor::Middle,
    };
    drawing.label("label strong", anchor, (x, TOP - 16.0), format!("this area: {}", number(area)));
}

/// The drawing in words.
fn words(placebos: &Placebos, area: f64) -> String {
    let count = placebos.values.len();
    let what = match placebos.movement {
        Movement::Spatial => "other places",
        Movement::Temporal => "other times at the same place",
    };
    format!(
        "Histogram of {count} {what}. This area stands at {}; {} of them show as much or more.",
        number(area),
        placebos.exceeding
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::test::ranked;

    fn placebos(values: &[f64], area: f64) -> Placebos {
        ranked(Movement::Spatial, area, values.to_vec(), Vec::new(), String::new())
    }

    #[test]
    fn every_placebo_is_in_one_bar() {
        let values: Vec<f64> = (0..199).map(|n| f64::from(n % 37) / 37.0).collect();
        let bins = Bins::of(&values, 0.5);
        let (below, above) = bins.counts.iter().fold((0, 0), |sum, bar| (sum.0 + bar.0, sum.1 + bar.1));
        assert_eq!(below + above, 199);
        assert_eq!(above, placebos(&values, 0.5).exceeding);
    }

    #[test]
    fn an_area_that_stands_out_is_the_highest_edge() {
        let bins = Bins::of(&[0.0, 0.1, 0.2], 9.0);
        assert!(bins.edge(bins.counts.len()) >= 9.0 && bins.first <= 0.0);
    }

    #[test]
    fn equal_placebos_and_broken_numbers_draw() {
        for (values, area) in [(vec![0.0; 40], 0.0), (vec![], 1.0), (vec![f64::NAN, 1e300, -1e300], 0.0)] {
            let text = draw(&placebos(&values, area), area).finish();
            assert!(text.starts_with("<svg") && !text.contains("NaN") && !text.contains("inf"), "{text}");
        }
    }

    #[test]
    fn what_reaches_the_area_has_a_class_of_its_own() {
        assert!(draw(&placebos(&[1.0, 3.0], 2.0), 2.0).finish().contains("bar over"));
        assert!(!draw(&placebos(&[1.0, 1.5], 2.0), 2.0).finish().contains("bar over"));
    }
}

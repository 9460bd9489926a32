//! Heat by day: detections of this year as bars, the mean of the other years as a line, the claimed window behind.

use jiff::civil::Date;

use super::super::figures::{day, number};
use super::super::markup::Html;
use super::calendar::Calendar;
use super::drawing::{Anchor, Drawing};
use super::scale::Scale;
use crate::claim::Window;
use crate::evidence::measurement::DayCount;

const WIDTH: f64 = 840.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 826.0;
const TOP: f64 = 30.0;
const BASE: f64 = 188.0;

/// Draws the days; None without one.
pub(in crate::report::html) fn draw(days: &[DayCount], window: Window) -> Option<Html> {
    let dates = || days.iter().map(|day| day.date);
    let (first, last): (Date, Date) = (dates().min()?, dates().max()?);
    let calendar = Calendar { first, last, left: LEFT, right: RIGHT };
    let highest = days.iter().map(|day| (day.count as f64).max(day.usual)).fold(1.0, f64::max);
    let up = Scale { low: 0.0, high: highest, from: BASE, to: TOP };
    let mut drawing = Drawing::new(WIDTH, HEIGHT, words(days, window));
    if window.to >= first && window.from <= last {
        drawing.area("band", (calendar.begin(window.from), TOP), (calendar.end(window.to), BASE));
    }
    for tick in up.ticks(4).into_iter().filter(|tick| tick.fract() == 0.0) {
        drawing.line("grid", (LEFT, up.at(tick)), (RIGHT, up.at(tick)));
        drawing.label("tick", Anchor::End, (LEFT - 6.0, up.at(tick) + 4.0), number(tick));
    }
    for day in days.iter().filter(|day| day.count > 0) {
        let (left, right) = (calendar.begin(day.date), calendar.end(day.date));
        let room = ((right - left) * 0.12).min(1.5);
        drawing.area("bar over", (left + room, BASE), (right - room, up.at(day.count as f64)));
    }
    usual(&mut drawing, &calendar, &up, days);
    calendar.draw(&mut drawing, BASE, BASE);
    drawing.label("label", Anchor::Start, (4.0, 14.0), "detections a day");
    Some(drawing.finish())
}

fn usual(drawing: &mut Drawing, calendar: &Calendar, up: &Scale, days: &[DayCount]) {
    let mut sorted: Vec<&DayCount> = days.iter().collect();
    sorted.sort_by_key(|day| day.date);
    let middle = |date: Date| (calendar.begin(date) + calendar.end(date)) / 2.0;
    let line: Vec<(f64, f64)> = sorted.iter().map(|day| (middle(day.date), up.at(day.usual))).collect();
    drawing.polyline("line", &line);
}

/// Detections in the window: this year's, and the other years' mean.
pub(in crate::report::html) fn in_window(days: &[DayCount], window: Window) -> (u64, f64) {
    let inside = days.iter().filter(|day| (window.from..=window.to).contains(&day.date));
    inside.fold((0, 0.0), |(count, usual), day| (count + day.count, usual + day.usual))
}

/// The drawing in words.
fn words(days: &[DayCount], window: Window) -> String {
    let (count, usual) = in_window(days, window);
    let most = days.iter().max_by_key(|day| (day.count, std::cmp::Reverse(day.date)));
    let most = most.filter(|day| day.count > 0);
    let most = most.map_or_else(String::new, |most| format!(" Most on {}: {}.", day(most.date), most.count));
    format!(
        "Thermal detections by day. In the claimed window {count}, in the other years on average {}.{most}",
        number(usual)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn days() -> Vec<DayCount> {
        (1..=30).map(|n| DayCount { date: date(2022, 6, n), count: u64::from(n == 7) * 9, usual: 0.5 }).collect()
    }

    const WINDOW: Window = Window { from: date(2022, 6, 5), to: date(2022, 6, 14) };

    #[test]
    fn only_days_with_detections_have_a_bar() {
        let text = draw(&days(), WINDOW).unwrap().finish();
        assert_eq!(text.matches("bar over").count(), 1);
        assert!(
            text.contains("In the claimed window 9, in the other years on average 5. Most on 7 Jun 2022: 9."),
            "{text}"
        );
    }

    #[test]
    fn no_day_is_no_drawing() {
        assert!(draw(&[], WINDOW).is_none());
    }

    #[test]
    fn a_window_elsewhere_has_no_band() {
        let elsewhere = Window { from: date(2021, 1, 1), to: date(2021, 1, 2) };
        assert!(!draw(&days(), elsewhere).unwrap().finish().contains("band"));
    }
}

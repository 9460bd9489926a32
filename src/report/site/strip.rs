//! The time line of an area: acquisitions by the share that was clear, and objects over the looks at them. What
//! differs differs by shape; colour only repeats it.

use jiff::Span;
use jiff::civil::Date;

use super::{Acquisition, Area, Object, Outcome, State};
use crate::report::html::chart::calendar::Calendar;
use crate::report::html::chart::drawing::{Anchor, Drawing};
use crate::report::html::figures::{day, percent};
use crate::report::html::markup::Html;

const WIDTH: f64 = 900.0;
const LEFT: f64 = 96.0;
const RIGHT: f64 = 886.0;
const KEY: f64 = 14.0;
const TOP: f64 = 46.0;
const BASE: f64 = 126.0;
const ROW: f64 = 28.0;
/// Days before the newest acquisition that are drawn.
const DAYS: i64 = 400;
/// Objects that are drawn.
const ROWS: usize = 40;
/// Half the size of a mark.
const MARK: f64 = 3.6;

/// The drawing, and in words what it leaves out; None without an acquisition.
pub(super) fn draw(area: &Area) -> Option<(Html, String)> {
    let newest = area.acquisitions.last()?.day;
    let from = newest.saturating_sub(Span::new().days(DAYS));
    let shown: Vec<&Acquisition> = area.acquisitions.iter().filter(|one| one.day >= from).collect();
    let last_look = |object: &Object| object.looks.last().map_or(object.bracket[1], |look| look.0);
    let mut objects: Vec<&Object> = area.objects.iter().filter(|object| last_look(object) >= from).collect();
    objects.drain(..objects.len().saturating_sub(ROWS));
    let ends: Vec<Date> =
        shown.iter().map(|one| one.day).chain(objects.iter().map(|one| one.bracket[0].max(from))).collect();
    let calendar = Calendar::around(&ends, LEFT, RIGHT)?;
    let base = BASE + 16.0 + objects.len() as f64 * ROW;
    let mut drawing = Drawing::new(WIDTH, base + 26.0, words(area, &shown, &objects));
    ground(&mut drawing, &calendar, base);
    shown.iter().for_each(|one| acquisition(&mut drawing, &calendar, one));
    for (row, object) in objects.iter().enumerate() {
        course(&mut drawing, &calendar, object, BASE + 26.0 + row as f64 * ROW);
    }
    key(&mut drawing);
    Some((drawing.finish(), left_out(area.acquisitions.len() - shown.len(), area.objects.len() - objects.len())))
}

fn left_out(acquisitions: usize, objects: usize) -> String {
    match (acquisitions, objects) {
        (0, 0) => String::new(),
        _ => format!(
            "The last {DAYS} days are drawn: {acquisitions} earlier acquisitions and {objects} earlier objects are \
            in the tables alone."
        ),
    }
}

/// Months and shares.
fn ground(drawing: &mut Drawing, calendar: &Calendar, base: f64) {
    for (date, _) in calendar.ticks(14) {
        drawing.line("grid", (calendar.begin(date), TOP - 8.0), (calendar.begin(date), base));
    }
    for (share, label) in [(0.0, "0\u{a0}%"), (0.5, "50\u{a0}%"), (1.0, "100\u{a0}% clear")] {
        drawing.line("grid", (LEFT, height(share)), (RIGHT, height(share)));
        drawing.label("tick", Anchor::End, (LEFT - 8.0, height(share) + 4.0), label);
    }
    calendar.draw(drawing, base, base);
}

fn height(share: f64) -> f64 {
    BASE - share.clamp(0.0, 1.0) * (BASE - TOP)
}

fn middle(calendar: &Calendar, date: Date) -> f64 {
    (calendar.begin(date) + calendar.end(date)) / 2.0
}

fn acquisition(drawing: &mut Drawing, calendar: &Calendar, one: &Acquisition) {
    let at = (middle(calendar, one.day), height(one.clear_share));
    let renewed = if one.renewed { "; processed anew" } else { "" };
    drawing.begin_group(format!(
        "{}: {} clear; {}{renewed}",
        day(one.day),
        percent(one.clear_share),
        kind(&one.outcome)
    ));
    drawing.line("stem", (at.0, BASE), at);
    mark(drawing, &one.outcome, at);
    if one.renewed {
        renewal(drawing, at);
    }
    drawing.end_group();
}

/// What came of an acquisition, in a few words.
pub(super) fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Unseen => "too little seen",
        Outcome::First => "nothing to hold it against yet",
        Outcome::Looked { doubts, .. } if doubts.is_empty() => "looked at",
        Outcome::Looked { .. } => "looked at, doubtful",
    }
}

fn mark(drawing: &mut Drawing, outcome: &Outcome, at: (f64, f64)) {
    match outcome {
        Outcome::Unseen => cross(drawing, "stroke", at),
        Outcome::First => drawing.area("hollow", (at.0 - MARK, at.1 - MARK), (at.0 + MARK, at.1 + MARK)),
        Outcome::Looked { doubts, .. } if doubts.is_empty() => drawing.dot("solid", at, MARK),
        Outcome::Looked { .. } => drawing.dot("hollow", at, MARK),
    }
}

fn cross(drawing: &mut Drawing, class: &'static str, (x, y): (f64, f64)) {
    drawing.line(class, (x - MARK, y - MARK), (x + MARK, y + MARK));
    drawing.line(class, (x - MARK, y + MARK), (x + MARK, y - MARK));
}

/// A triangle over the mark.
fn renewal(drawing: &mut Drawing, (x, y): (f64, f64)) {
    let (foot, tip) = (y - MARK - 3.0, y - MARK - 10.0);
    drawing.polyline("renewed", &[(x - 4.5, foot), (x, tip), (x + 4.5, foot), (x - 4.5, foot)]);
}

/// One object: its bracket, the looks at it, its states.
fn course(drawing: &mut Drawing, calendar: &Calendar, object: &Object, y: f64) {
    let [from, to] = object.bracket.map(|date| middle(calendar, date));
    let [first, last] = object.bracket;
    let words = format!("{}: appeared between {} and {}; {}", object.id, day(first), day(last), object.state.word());
    drawing.begin_group(words);
    drawing.label("label strong", Anchor::End, (LEFT - 8.0, y + 4.0), &object.id);
    drawing.area("bracket", (from, y - 5.0), (to.max(from + 1.0), y + 5.0));
    let end = object.looks.last().map_or(to, |look| middle(calendar, look.0));
    drawing.line("life", (to, y), (end, y));
    for (date, shows) in &object.looks {
        let class = if *shows { "solid" } else { "hollow" };
        drawing.dot(class, (middle(calendar, *date), y), MARK - 0.6);
    }
    for (date, state) in &object.changes {
        change(drawing, (middle(calendar, *date), y), *state);
    }
    drawing.end_group();
}

/// A change of state: a letter over the look that brought it, a bar at the end.
fn change(drawing: &mut Drawing, (x, y): (f64, f64), state: State) {
    let letter = match state {
        State::First => return,
        State::Provisional => "P",
        State::Confirmed => "C",
        State::Finished => {
            drawing.line("stroke", (x + 6.0, y - 6.0), (x + 6.0, y + 6.0));
            return;
        }
    };
    drawing.label("label strong", Anchor::Middle, (x, y - 6.0), letter);
}

/// What the marks mean.
fn key(drawing: &mut Drawing) {
    let looked = |doubts: &[&str]| Outcome::Looked {
        objects: 0,
        baseline: Vec::new(),
        doubts: doubts.iter().map(|doubt| (*doubt).to_owned()).collect(),
    };
    let y = KEY - 4.0;
    let mut x = LEFT;
    for (outcome, words, room) in [
        (looked(&[]), "looked at", 92.0),
        (looked(&["doubt"]), "doubtful", 92.0),
        (Outcome::Unseen, "too little seen", 124.0),
        (Outcome::First, "first: nothing to compare", 186.0),
    ] {
        mark(drawing, &outcome, (x, y));
        drawing.label("label", Anchor::Start, (x + 9.0, KEY), words);
        x += room;
    }
    renewal(drawing, (x, y + 10.0));
    drawing.label("label", Anchor::Start, (x + 9.0, KEY), "processed anew");
}

/// The drawing in words.
fn words(area: &Area, shown: &[&Acquisition], objects: &[&Object]) -> String {
    let count = |wanted: &dyn Fn(&&&Acquisition) -> bool| shown.iter().filter(|one| wanted(one)).count();
    let looked = count(&|one| matches!(one.outcome, Outcome::Looked { .. }));
    let unseen = count(&|one| one.outcome == Outcome::Unseen);
    let mut words = format!(
        "Time line of {}: {} acquisitions, {looked} looked at, {unseen} with too little seen.",
        area.id,
        shown.len()
    );
    for object in objects {
        let [from, to] = object.bracket.map(day);
        words.push_str(&format!(" Object {} appeared between {from} and {to}", object.id));
        for (date, state) in object.changes.iter().filter(|(_, state)| *state != State::First) {
            words.push_str(&format!(", {} on {}", state.word(), day(*date)));
        }
        words.push('.');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::tests::area;
    use super::*;
    use jiff::civil::date;

    #[test]
    fn outcomes_differ_by_shape() {
        let (chart, left) = draw(&area()).unwrap();
        let chart = chart.finish();
        let marks = chart.split("<g>").skip(1).map(|group| group.split("</g>").next().unwrap()).collect::<Vec<_>>();
        let of = |words: &str| *marks.iter().find(|mark| mark.contains(words)).unwrap_or_else(|| panic!("{words}"));
        assert!(of("; looked at</title>").contains("<circle class=\"solid\""));
        assert!(of("; looked at, doubtful").contains("<circle class=\"hollow\""));
        assert_eq!(of("; too little seen").matches("class=\"stroke\"").count(), 2);
        assert!(of("; nothing to hold").contains("<rect class=\"hollow\""));
        assert!(of("; processed anew").contains("<polyline class=\"renewed\""));
        assert_eq!(chart.matches("class=\"renewed\"").count(), 2, "one mark and the key");
        assert!(of("20250612-1").contains(">P</text>") && of("20250612-1").contains(">C</text>"));
        assert_eq!(left, "");
    }

    #[test]
    fn the_clear_share_is_the_height() {
        assert_eq!([0.0, 0.5, 1.0, 7.0].map(height), [BASE, (BASE + TOP) / 2.0, TOP, TOP]);
    }

    #[test]
    fn what_is_older_is_said_to_be_left_out() {
        let mut old = area();
        let mut past = old.acquisitions[0].clone();
        past.day = date(2020, 1, 1);
        old.acquisitions.insert(0, past);
        let (chart, left) = draw(&old).unwrap();
        assert!(left.contains("1 earlier acquisitions and 0 earlier objects"), "{left}");
        assert!(!chart.finish().contains("2020"));
        old.acquisitions.clear();
        assert!(draw(&old).is_none());
    }
}

//! The dating timeline: the claimed window, the pictures, and between which dates each layer saw its mark appear.

use jiff::civil::Date;

use super::super::Look;
use super::super::figures::{day, percent};
use super::super::markup::Html;
use super::calendar::Calendar;
use super::drawing::{Anchor, Drawing};
use crate::claim::Claim;
use crate::evidence::measurement::{Bracket, Measurement};

const WIDTH: f64 = 840.0;
const LEFT: f64 = 128.0;
const RIGHT: f64 = 826.0;
const TOP: f64 = 26.0;
const ROW: f64 = 34.0;

/// Draws the timeline; None where there is nothing beside the window to compare it with.
pub(in crate::report::html) fn draw(claim: &Claim, layers: &[&Measurement], looks: &[Look]) -> Option<Html> {
    let dated: Vec<(&Measurement, Bracket)> =
        layers.iter().filter_map(|layer| layer.bracket.map(|bracket| (*layer, bracket))).collect();
    if dated.is_empty() && looks.is_empty() {
        return None;
    }
    let calendar = Calendar::around(&dates(claim, &dated, looks), LEFT, RIGHT)?;
    let rows = 1 + usize::from(!looks.is_empty()) + dated.len();
    let base = TOP + rows as f64 * ROW + 4.0;
    let mut drawing = Drawing::new(WIDTH, base + 30.0, words(claim, &dated, looks));
    window(&mut drawing, &calendar, claim, base);
    let mut row = TOP + ROW;
    if !looks.is_empty() {
        pictures(&mut drawing, &calendar, looks, row);
        row += ROW;
    }
    for (layer, bracket) in dated {
        appearance(&mut drawing, &calendar, layer, bracket, row);
        row += ROW;
    }
    said(&mut drawing, &calendar, claim.made_at, base);
    Some(drawing.finish())
}

fn dates(claim: &Claim, dated: &[(&Measurement, Bracket)], looks: &[Look]) -> Vec<Date> {
    let ends = dated.iter().flat_map(|(_, bracket)| [bracket.after, bracket.until]).flatten();
    let looked = looks.iter().map(|look| look.date);
    [claim.window.from, claim.window.to].into_iter().chain(claim.made_at).chain(ends).chain(looked).collect()
}

fn window(drawing: &mut Drawing, calendar: &Calendar, claim: &Claim, base: f64) {
    let (from, to) = (calendar.begin(claim.window.from), calendar.end(claim.window.to));
    drawing.area("band", (from, TOP), (to, base));
    calendar.draw(drawing, TOP, base);
    drawing.area("window", (from, TOP + 9.0), (to, TOP + 25.0));
    drawing.label("label strong", Anchor::End, (LEFT - 10.0, TOP + 21.0), "claimed window");
}

fn pictures(drawing: &mut Drawing, calendar: &Calendar, looks: &[Look], row: f64) {
    drawing.label("label", Anchor::End, (LEFT - 10.0, row + 21.0), "looks");
    for look in looks {
        let x = (calendar.begin(look.date) + calendar.end(look.date)) / 2.0;
        drawing.dot("look", (x, row + 17.0), 5.0);
    }
}

fn appearance(drawing: &mut Drawing, calendar: &Calendar, layer: &Measurement, bracket: Bracket, row: f64) {
    drawing.label("label", Anchor::End, (LEFT - 10.0, row + 21.0), layer.layer.words());
    let from = bracket.after.map_or(calendar.left, |date| calendar.end(date));
    let to = bracket.until.map_or(calendar.right, |date| calendar.end(date));
    let class = if bracket.after.is_some() && bracket.until.is_some() { "bracket" } else { "bracket open" };
    drawing.area(class, (from, row + 9.0), (to, row + 25.0));
}

fn said(drawing: &mut Drawing, calendar: &Calendar, made_at: Option<Date>, base: f64) {
    let Some(made_at) = made_at else { return };
    let x = calendar.begin(made_at);
    drawing.line("said", (x, TOP), (x, base));
    let anchor = if x > (LEFT + RIGHT) / 2.0 { Anchor::End } else { Anchor::Start };
    drawing.label("label", anchor, (x, TOP - 8.0), "claim made");
}

/// When a bracket begins and ends, in words.
pub(in crate::report::html) fn bracket_words(bracket: &Bracket) -> String {
    let appeared = match (bracket.after, bracket.until) {
        (Some(after), Some(until)) => format!("after {} and by {}", day(after), day(until)),
        (Some(after), None) => format!("after {}", day(after)),
        (None, Some(until)) => format!("by {}; what was there before is not known", day(until)),
        (None, None) => "at a date that is not known".to_owned(),
    };
    let early = if bracket.before_window { "; it was there before the window opened" } else { "" };
    format!("the mark appeared {appeared}; {} of that span lies in the window{early}", percent(bracket.overlap))
}

/// The drawing in words.
fn words(claim: &Claim, dated: &[(&Measurement, Bracket)], looks: &[Look]) -> String {
    let mut words = format!("Timeline. Claimed window: {} to {}.", day(claim.window.from), day(claim.window.to));
    let looked: Vec<String> = looks.iter().map(|look| format!("{} ({})", day(look.date), look.words)).collect();
    if !looked.is_empty() {
        words.push_str(&format!(" Looks: {}.", looked.join(", ")));
    }
    for (layer, bracket) in dated {
        words.push_str(&format!(" {}: {}.", layer.layer.words(), bracket_words(bracket)));
    }
    words
}

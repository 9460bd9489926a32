//! The table of layers: outcome, tests, effect, false alarms, power, strength, one layer a row.

use super::Page;
use super::figures::{interval, p, quantity, rate, share};
use super::markup::Html;
use super::opening::outcome;
use crate::evidence::measurement::{Measurement, Power};
use crate::evidence::verdict::LayerVerdict;

/// What stands where a layer has no such figure.
const NONE: &str = "\u{2013}";

const HEADS: [&str; 8] = [
    "Layer",
    "Outcome",
    "Effect (95\u{a0}%)",
    "p, after Holm",
    "False alarms (95\u{a0}%)",
    "Power at the claim\u{2019}s size",
    "Found 80\u{a0}% from",
    "Strength",
];

/// The section with the table.
pub(super) fn section(page: &Page<'_>) -> Html {
    let mut html = Html::new();
    html.markup("<section aria-labelledby=\"table-title\"><h2 id=\"table-title\">The layers of evidence</h2>");
    html.markup("<table class=\"layers\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">");
    for head in HEADS {
        html.markup("<th scope=\"col\" role=\"columnheader\">").markup(head).markup("</th>");
    }
    html.markup("</tr></thead><tbody role=\"rowgroup\">");
    for layer in &page.judgement.layers {
        row(&mut html, layer);
    }
    html.markup("</tbody></table>");
    html.markup(
        "<p class=\"note\">Effect: what was seen less what is usual. p: how often other places or years \
        show as much, the larger of both tests. False alarms: how often places without the event show as much as \
        counts. Power: how often an event of that size would have been seen.</p></section>",
    );
    html
}

fn row(html: &mut Html, layer: &LayerVerdict) {
    let measured = &layer.measured;
    html.markup("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">").markup(measured.layer.words());
    html.markup("</th>").markup("<td role=\"cell\" data-label=\"Outcome\">");
    outcome(html, layer.outcome);
    html.markup("</td>");
    let figures =
        [effect(measured), tests(layer), alarms(measured), power(measured), detectable(measured), strength(layer)];
    for (head, figure) in HEADS.iter().skip(2).zip(figures) {
        html.markup("<td role=\"cell\" data-label=\"").markup(head).around("\">", figure, "</td>");
    }
    html.markup("</tr>");
}

fn effect(measured: &Measurement) -> String {
    measured.value.map_or_else(|| NONE.to_owned(), |_| interval(&measured.effect, measured.unit))
}

fn tests(layer: &LayerVerdict) -> String {
    match (layer.p, layer.p_holm) {
        (Some(plain), Some(holm)) => format!("{}, {}", p(plain), p(holm)),
        (Some(plain), None) => p(plain),
        _ => NONE.to_owned(),
    }
}

fn alarms(measured: &Measurement) -> String {
    measured.false_alarms.as_ref().map_or_else(|| NONE.to_owned(), rate)
}

fn power(measured: &Measurement) -> String {
    let figure =
        |power: &Power| format!("{} at {}", share(&power.at_smallest), quantity(power.smallest_effect, measured.unit));
    measured.power.as_ref().map_or_else(|| NONE.to_owned(), figure)
}

fn detectable(measured: &Measurement) -> String {
    let size = |power: &Power| match power.detectable_at_80 {
        Some(size) => quantity(size, measured.unit),
        None => "none of the sizes tried".to_owned(),
    };
    measured.power.as_ref().map_or_else(|| NONE.to_owned(), size)
}

fn strength(layer: &LayerVerdict) -> String {
    layer.strength.as_ref().map_or_else(|| NONE.to_owned(), |strength| strength.words.clone())
}

//! One layer in detail: why it says what it says, its placebo histograms, its power curve, its doubts.

use super::Page;
use super::chart::{histogram, power};
use super::figures::{interval, number, p, percent, quantity};
use super::map::simulated;
use super::markup::Html;
use super::opening::outcome;
use crate::evidence::measurement::{Balance, Measurement, Movement, Placebos, Power};
use crate::evidence::verdict::LayerVerdict;

/// The sections of all layers.
pub(super) fn sections(page: &Page<'_>) -> Html {
    let mut html = Html::new();
    for layer in &page.judgement.layers {
        section(&mut html, page, layer);
    }
    html
}

fn section(html: &mut Html, page: &Page<'_>, layer: &LayerVerdict) {
    let measured = &layer.measured;
    html.markup("<section class=\"layer\"><h3><span class=\"name\">").markup(measured.layer.words()).markup("</span> ");
    outcome(html, layer.outcome);
    html.around("</h3><p>", &layer.because, "</p>");
    seen(html, measured);
    html.markup("<div class=\"pair\">");
    if let Some(area) = measured.value {
        for placebos in measured.placebos.iter().filter(|placebos| !placebos.values.is_empty()) {
            placebo(html, page, measured, placebos, area);
        }
    }
    if let Some(power) = measured.power.as_ref().filter(|power| !power.curve.is_empty()) {
        powers(html, page, measured, power);
    }
    html.markup("<div>");
    balances(html, &measured.placebos);
    let observed = &measured.observability;
    warned(html, "Could not be observed because", &observed.blockers);
    warned(html, "Doubts", &observed.doubts);
    warned(html, "Notes", &measured.notes);
    html.markup("</div></div></section>");
}

fn seen(html: &mut Html, measured: &Measurement) {
    let observed = &measured.observability;
    html.around("<p>Observed: ", percent(observed.share), " of the area.");
    if measured.value.is_some() && observed.window_share < 1.0 {
        html.around(" The looks span ", percent(observed.window_share), " of the window\u{2019}s days.");
    }
    if measured.value.is_some() {
        html.around(" Seen: ", quantity(measured.seen, measured.unit), "; usual: ");
        html.text(quantity(measured.usual, measured.unit)).around(
            "; effect: ",
            interval(&measured.effect, measured.unit),
            ".",
        );
        if measured.unit != "ha" {
            html.around(" On the ground: ", interval(&measured.effect_ha, "ha"), ", by footprints.");
        }
        html.around(" Less than ", quantity(measured.least, measured.unit), " would not count.");
    }
    if let Some(days) = measured.looked_after_days {
        html.around(" First look after the window: ", days, " days.");
    }
    html.markup("</p>");
}

fn placebo(html: &mut Html, page: &Page<'_>, measured: &Measurement, placebos: &Placebos, area: f64) {
    let others = match placebos.movement {
        Movement::Spatial => "other places",
        Movement::Temporal => "other times at the same place",
    };
    let count = placebos.values.len();
    html.markup("<figure>").add(&histogram::draw(placebos, area)).markup("<figcaption>").markup(simulated(page));
    html.around("<strong>", count, " ").text(others).around("</strong>, by ", &measured.statistic, ": ");
    html.text(placebos.exceeding).markup(" reach this area");
    html.markup(if placebos.exceeding > 0 { " (orange). p = (1 + " } else { ". p = (1 + " })
        .text(placebos.exceeding)
        .markup(") / (");
    html.text(count).around(" + 1) = ", p(placebos.p), ". ");
    sentence(html, &placebos.words);
    html.markup("</figcaption></figure>");
}

fn powers(html: &mut Html, page: &Page<'_>, measured: &Measurement, power: &Power) {
    html.markup("<figure>").add(&power::draw(power, measured.unit)).markup("<figcaption>").markup(simulated(page));
    html.markup("<strong>Would it have been seen?</strong> ");
    match power.detectable_at_80 {
        Some(size) => html.around("Events of ", quantity(size, measured.unit), " are found 80 % of the time (ring). "),
        None => html.markup("No size that was tried is found 80 % of the time. "),
    };
    if let Some(size) = power.closed_form {
        html.around("By the closed formula it would be ", quantity(size, measured.unit), ". ");
    }
    html.markup("Bars: 95 % intervals. ");
    sentence(html, &power.words);
    html.markup("</figcaption></figure>");
}

/// Words with one full stop behind them; nothing of nothing.
fn sentence(html: &mut Html, words: &str) {
    let words = words.trim().trim_end_matches('.');
    if !words.is_empty() {
        html.text(words).markup(".");
    }
}

fn balances(html: &mut Html, placebos: &[Placebos]) {
    let all: Vec<&Balance> = placebos.iter().flat_map(|placebos| &placebos.balance).collect();
    if all.is_empty() {
        return;
    }
    html.markup("<p class=\"note\">Area against placebos: ");
    for (place, balance) in all.iter().enumerate() {
        html.markup(if place == 0 { "" } else { "; " }).text(&balance.covariate).around(
            " ",
            number(balance.area),
            " against ",
        );
        html.text(number(balance.placebos)).around(
            " (",
            number(balance.standardised_difference),
            " standard deviations apart",
        );
        html.markup(if balance.balanced { ")" } else { ", <strong>not alike</strong>)" });
    }
    html.markup(". Below 0.25 they count as alike.</p>");
}

fn warned(html: &mut Html, label: &'static str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    html.around("<p class=\"note\"><strong>", label, ":</strong> ");
    sentence(html, &lines.join("; "));
    html.markup("</p>");
}

//! When: the dating timeline, and heat by day against other years.

use super::Page;
use super::chart::{days, timeline};
use super::figures::number;
use super::map::simulated;
use super::markup::Html;
use crate::evidence::measurement::Measurement;

/// The section; empty where no layer dates anything.
pub(super) fn section(page: &Page<'_>) -> Html {
    let layers: Vec<&Measurement> = page.judgement.layers.iter().map(|layer| &layer.measured).collect();
    let mut body = Html::new();
    if let Some(chart) = timeline::draw(page.claim, &layers, &page.looks) {
        wide(&mut body, page, &chart);
        dated(&mut body, page, &layers);
        body.markup("</figcaption></figure>");
    }
    for layer in layers {
        if let Some(chart) = days::draw(&layer.days, page.claim.window) {
            wide(&mut body, page, &chart);
            heat(&mut body, page, layer);
            body.markup("</figcaption></figure>");
        }
    }
    let mut html = Html::new();
    if !body.is_empty() {
        html.markup("<section aria-labelledby=\"when-title\"><h2 id=\"when-title\">When</h2>")
            .add(&body)
            .markup("</section>");
    }
    html
}

/// A figure that may be scrolled where the page is narrow, up to its caption's words.
fn wide(html: &mut Html, page: &Page<'_>, chart: &Html) {
    html.markup(
        "<figure class=\"wide\"><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Chart over time\">",
    );
    html.add(chart).markup("</div><figcaption>").markup(simulated(page));
}

fn dated(html: &mut Html, page: &Page<'_>, layers: &[&Measurement]) {
    html.markup(
        "<strong>Window against bracket.</strong> A mark appeared between the last clear look without it \
        and the first with it. ",
    );
    for layer in layers {
        if let Some(bracket) = &layer.bracket {
            html.around("By ", layer.layer.words(), " ").text(timeline::bracket_words(bracket)).markup(". ");
        }
    }
    for (place, look) in page.looks.iter().enumerate() {
        html.markup(if place == 0 { "Looks: " } else { ", " }).text(super::figures::day(look.date)).around(
            " (",
            &look.words,
            ")",
        );
    }
    html.markup(if page.looks.is_empty() { "" } else { "." });
}

fn heat(html: &mut Html, page: &Page<'_>, layer: &Measurement) {
    let (count, usual) = days::in_window(&layer.days, page.claim.window);
    html.around(
        "<strong>Heat by day.</strong> Bars: detections; line: mean of the same days in other years; \
        shaded: the claimed window, with ",
        count,
        " detections against ",
    );
    html.text(number(usual)).markup(" on average.");
}

//! The end of the page: rival explanations, methods, what the sensors cannot resolve, provenance, credits.

use super::figures::percent;
use super::markup::Html;
use super::{Fact, Page};

/// Explanations other than the claim's, by layer, the best first.
pub(super) fn rivals(page: &Page<'_>) -> Html {
    let mut rows: Vec<_> = Vec::new();
    for layer in &page.judgement.layers {
        let mut rivals: Vec<_> = layer.measured.rivals.iter().collect();
        rivals.sort_by(|a, b| b.score.total_cmp(&a.score));
        rows.extend(rivals.into_iter().map(|rival| (layer.measured.layer, rival)));
    }
    let mut html = Html::new();
    html.markup("<section aria-labelledby=\"rivals-title\"><h2 id=\"rivals-title\">Other explanations</h2>");
    if rows.is_empty() {
        return std::mem::take(html.markup("<p>None was scored: no layer saw anything to explain.</p></section>"));
    }
    html.markup(
        "<table class=\"rivals\"><thead><tr><th scope=\"col\">Explanation</th><th \
        scope=\"col\">Fit</th><th scope=\"col\">Why</th></tr></thead><tbody>",
    );
    for (layer, rival) in rows {
        html.around("<tr><th scope=\"row\">", &rival.name, "<span class=\"of\">")
            .text(layer.words())
            .markup("</span></th><td>");
        html.markup(
            "<svg class=\"fit\" viewBox=\"0 0 60 8\" aria-hidden=\"true\"><rect class=\"fit-all\" \
            width=\"60\" height=\"8\"/><rect class=\"fit-part\" height=\"8\" width=\"",
        );
        html.coordinate(60.0 * rival.score.clamp(0.0, 1.0)).around("\"/></svg> ", percent(rival.score), "</td><td>");
        html.text(&rival.words).markup("</td></tr>");
    }
    html.markup(
        "</tbody></table><p class=\"note\">Fit: 0 % does not explain what was seen, 100 % explains it as \
        well as the claim.</p></section>",
    );
    html
}

/// Methods, formulas, sources, and the settings of the run.
pub(super) fn methods(page: &Page<'_>) -> Html {
    let mut html = Html::new();
    html.markup(
        "<section aria-labelledby=\"methods-title\"><h2 id=\"methods-title\">Methods</h2><dl class=\"methods\">",
    );
    for method in &page.methods {
        html.around("<div><dt>", &method.name, "</dt><dd>").text(&method.words);
        if !method.formula.is_empty() {
            html.around(" <code>", &method.formula, "</code>");
        }
        html.around(" <span class=\"of\">", &method.source, "</span></dd></div>");
    }
    html.markup("</dl>");
    table(&mut html, "Settings", &page.settings);
    html.markup("</section>");
    html
}

/// What ten metres and 375 metres do not show.
pub(super) fn unresolved() -> Html {
    let mut html = Html::new();
    html.markup(
        "<section aria-labelledby=\"unresolved-title\"><h2 id=\"unresolved-title\">What these sensors \
        cannot resolve</h2><ul>",
    );
    for line in UNRESOLVED {
        html.markup("<li>").markup(line).markup("</li>");
    }
    html.markup("</ul></section>");
    html
}

const UNRESOLVED: [&str; 5] = [
    "Single shell craters: one of a 152 mm shell is metres wide, a pixel of Sentinel-2 covers 10 by 10 m, and 20 \
        by 20 m in the bands that show burns.",
    "People, vehicles, guns and their positions, and who fired at whom.",
    "What happened between two looks and left no mark, or one that was ploughed, overgrown or snowed over before \
        the next look.",
    "Flashes and short fires: thermal sensors pass a few times a day, see a spot of 375 m (VIIRS) or 1 km \
        (MODIS), and nothing through cloud. No detection does not mean no fire.",
    "What imagery of 0.3 m shows. A claim that rests on such imagery is not contradicted by its absence here.",
];

/// Inputs and checksums.
pub(super) fn provenance(page: &Page<'_>) -> Html {
    let mut html = Html::new();
    html.markup("<section aria-labelledby=\"provenance-title\"><h2 id=\"provenance-title\">Provenance</h2>");
    html.markup(
        "<p>Claim and recipe were fixed, with these checksums, before any pixel was read. Whoever holds \
        the same files gets the same page.</p>",
    );
    table(&mut html, "", &page.provenance);
    html.markup("</section>");
    html
}

fn table(html: &mut Html, title: &'static str, facts: &[Fact]) {
    if facts.is_empty() {
        return;
    }
    html.markup("<table class=\"hashes\">");
    if !title.is_empty() {
        html.markup("<caption>").markup(title).markup("</caption>");
    }
    html.markup("<tbody>");
    for fact in facts {
        html.around("<tr><th scope=\"row\"><bdi>", &fact.label, "</bdi></th><td class=\"hash\"><bdi>")
            .text(&fact.value)
            .markup("</bdi></td></tr>");
    }
    html.markup("</tbody></table>");
}

/// Credits and licences.
pub(super) fn footer(page: &Page<'_>) -> Html {
    let mut html = Html::new();
    html.markup("<footer><p>");
    for credit in &page.credits {
        html.text(credit.trim_end_matches('.')).markup(". ");
    }
    html.around(
        "</p><p>Made with ",
        &page.program,
        ". This page is complete in itself: it loads nothing and sends nothing.</p>",
    );
    html.markup("<details><summary>Licence of the map script (Leaflet 1.9.4)</summary><pre>");
    html.markup(include_str!("leaflet/LICENSE")).markup("</pre></details></footer>");
    html
}

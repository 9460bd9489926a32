//! Sightings below the bar: what they are, and how many.

use super::{Area, Site};
use crate::report::html::figures::{day, number, quantity};
use crate::report::html::markup::Html;

/// The newest ones that are listed.
const SHOWN: usize = 12;

/// The section.
pub(super) fn section(site: &Site, area: &Area) -> Html {
    let mut html = Html::new();
    html.markup("<section aria-labelledby=\"below-title\"><h2 id=\"below-title\">Below the bar</h2><p>");
    let count = match area.below.len() {
        0 => "No sighting was below the bar so far.".to_owned(),
        1 => "One sighting was below the bar so far.".to_owned(),
        count => format!("{count} sightings were below the bar so far."),
    };
    html.around("<strong>", count, "</strong> ");
    html.around(
        "Ground that did not change looks burned now and then by chance. The area may give ",
        number(site.false_alerts_per_year),
        " false alerts a year; each look has its share of that, and with it a bar for z, the strength of a mark \
        against what unchanged ground shows. A new mark that a look maps below its bar is not followed and raises no \
        alert. It is in the look\u{2019}s own change.geojson.</p>",
    );
    if !area.below.is_empty() {
        html.markup("<ul class=\"weak\">");
        for weak in area.below.iter().rev().take(SHOWN) {
            html.around("<li>", day(weak.day), ": ").text(quantity(weak.area_ha, "ha"));
            html.around(", z ", number(weak.z), "</li>");
        }
        html.markup("</ul>");
    }
    if area.below.len() > SHOWN {
        html.around("<p class=\"note\">The newest ", SHOWN, " are listed.</p>");
    }
    html.markup("</section>");
    html
}

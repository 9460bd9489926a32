//! The tables of an area: its objects, and every acquisition with its files.

use jiff::civil::Date;

use super::frame::links;
use super::notices::{SIMULATED, tag};
use super::{Acquisition, Area, Object, Outcome, State, strip};
use crate::report::html::figures::{day, number, percent};
use crate::report::html::markup::Html;

const HEADS: [&str; 9] = [
    "Object",
    "State",
    "Appeared between",
    "Hectares",
    "z",
    "Confidence",
    "First look",
    "May also be",
    "Followed no longer, because",
];
/// What stands where there is nothing.
const NONE: &str = "\u{2013}";

/// The section with the objects, those first that are followed, then the newest.
pub(super) fn objects(area: &Area, up: &'static str) -> Html {
    let mut html = Html::new();
    html.markup("<section aria-labelledby=\"objects-title\"><h2 id=\"objects-title\">Objects</h2>");
    if area.objects.is_empty() {
        return std::mem::take(html.markup("<p>None was seen so far.</p></section>"));
    }
    html.markup("<table class=\"layers\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">");
    for head in HEADS {
        html.markup("<th scope=\"col\" role=\"columnheader\">").markup(head).markup("</th>");
    }
    html.markup("</tr></thead><tbody role=\"rowgroup\">");
    let (followed, finished): (Vec<&Object>, Vec<&Object>) =
        area.objects.iter().rev().partition(|object| object.state != State::Finished);
    followed.into_iter().chain(finished).for_each(|object| row(&mut html, object, up));
    html.markup(
        "</tbody></table><p class=\"note\">Appeared between: the last clear look without it and the first with it. \
        Hectares and z: of the look that shows it largest; z is the mean dNBR against what unchanged ground shows. \
        Confidence: the mean of z, at most 10 a look, times the square of the number of looks that show it; 22.5 \
        confirms.</p></section>",
    );
    html
}

fn row(html: &mut Html, object: &Object, up: &'static str) {
    html.around("<tr role=\"row\" id=\"object-", &object.id, "\"><th scope=\"row\" role=\"rowheader\">");
    html.text(&object.id).markup(if object.simulated { SIMULATED } else { "" }).markup("<span class=\"of\">");
    links(html, up, &object.files);
    html.markup("</span></th><td role=\"cell\" data-label=\"State\"><span>");
    tag(html, object.state.word());
    if object.state == State::Finished {
        html.markup(if object.was_confirmed { " was confirmed" } else { " was never confirmed" });
    }
    html.markup("</span></td>");
    let [from, to] = object.bracket.map(day);
    let rivals = object.rivals.join(", ").replace('_', " ");
    let cells = [
        format!("{from} and {to}"),
        number(object.area_ha),
        number(object.z),
        number(object.confidence),
        if object.doubtful { "doubtful" } else { "reliable" }.to_owned(),
        if rivals.is_empty() { NONE.to_owned() } else { rivals },
        object.ended.clone().unwrap_or_else(|| NONE.to_owned()),
    ];
    for (head, cell) in HEADS.iter().skip(2).zip(cells) {
        html.markup("<td role=\"cell\" data-label=\"").markup(head).around("\">", cell, "</td>");
    }
    html.markup("</tr>");
}

/// Every acquisition, folded, the newest first.
pub(super) fn acquisitions(area: &Area, up: &'static str) -> Html {
    let mut html = Html::new();
    html.markup("<section aria-labelledby=\"all-title\"><h2 id=\"all-title\">Acquisitions</h2>");
    if area.acquisitions.is_empty() {
        return std::mem::take(html.markup("<p>None so far.</p></section>"));
    }
    html.around("<details><summary>All ", area.acquisitions.len(), ", the newest first, with their files</summary>");
    html.markup(
        "<table class=\"layers acquisitions\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">\
        <th scope=\"col\" role=\"columnheader\">Day</th><th scope=\"col\" role=\"columnheader\">Clear</th>\
        <th scope=\"col\" role=\"columnheader\">What came of it</th>\
        <th scope=\"col\" role=\"columnheader\">Items</th></tr></thead><tbody role=\"rowgroup\">",
    );
    area.acquisitions.iter().rev().for_each(|one| acquisition(&mut html, one, up));
    html.markup("</tbody></table></details></section>");
    html
}

fn acquisition(html: &mut Html, one: &Acquisition, up: &'static str) {
    html.around("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">", day(one.day), "<span class=\"of\">");
    links(html, up, &one.files);
    html.around("</span></th><td role=\"cell\" data-label=\"Clear\">", percent(one.clear_share), "</td>");
    html.markup("<td role=\"cell\" data-label=\"What came of it\"><span>").markup(strip::kind(&one.outcome));
    if let Outcome::Looked { objects, baseline, .. } = &one.outcome {
        html.around(": ", looked(*objects, baseline), "");
    }
    html.markup(if one.renewed { " Processed anew." } else { "" });
    html.around(
        "</span></td><td role=\"cell\" data-label=\"Items\" class=\"hash\"><bdi>",
        &one.items,
        "</bdi></td></tr>",
    );
}

/// What a look came to, in a sentence.
pub(super) fn looked(objects: usize, baseline: &[Date]) -> String {
    let count = match objects {
        0 => "no object".to_owned(),
        1 => "one object".to_owned(),
        _ => format!("{objects} objects"),
    };
    let days: Vec<String> = baseline.iter().map(|date| day(*date)).collect();
    format!("{count} against {}.", days.join(", "))
}

//! The first page of a watch over several areas: one line an area, and what was told of any.

use super::frame::{Sheet, link, whole};
use super::notices::{self, SIMULATED};
use super::{Area, Site, page_of};
use crate::report::html::figures::{day, number};
use crate::report::html::markup::Html;

/// Alerts that the page shows.
const SHOWN: usize = 100;

const HEADS: [&str; 7] =
    ["Area", "Followed", "Of these confirmed", "Finished", "Newest acquisition", "Newest look", "Hectares watched"];

/// The page.
pub(super) fn page(site: &Site) -> String {
    let mut body = Html::new();
    let followed: usize = site.areas.iter().map(|area| area.followed().count()).sum();
    let areas = site.areas.len();
    body.markup(
        "<section class=\"verdict\" aria-labelledby=\"stands\"><h2 class=\"kicker\" id=\"stands\">Where it stands</h2>",
    );
    body.around(
        "<p class=\"headline\">",
        format!("{areas} areas are watched; {followed} objects are followed."),
        "</p>",
    );
    body.markup("</section><section aria-labelledby=\"areas-title\"><h2 id=\"areas-title\">Areas</h2>");
    body.markup("<table class=\"layers\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">");
    for head in HEADS {
        body.markup("<th scope=\"col\" role=\"columnheader\">").markup(head).markup("</th>");
    }
    body.markup("</tr></thead><tbody role=\"rowgroup\">");
    site.areas.iter().for_each(|area| row(&mut body, area));
    body.markup("</tbody></table></section>");
    let all: Vec<_> = site.notices.iter().collect();
    body.add(&notices::section(&all, SHOWN, "", &|notice| {
        let area = site.areas.iter().find(|area| area.id == notice.area)?;
        area.has(notice).then(|| page_of(&area.id))
    }));
    let mut credits: Vec<&str> = site.areas.iter().flat_map(|area| &area.credits).map(String::as_str).collect();
    credits.sort_unstable();
    credits.dedup();
    let simulated = site.areas.iter().any(|area| area.simulated);
    let title = format!("{followed} followed, watch {}", site.job);
    whole(&Sheet { site, up: "", title, heading: None, simulated, credits }, &body)
}

fn row(html: &mut Html, area: &Area) {
    html.markup("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">");
    link(html, "", "", &page_of(&area.id), &area.id);
    if let Some(name) = &area.name {
        html.around("<span class=\"of\"><bdi>", name, "</bdi></span>");
    }
    html.markup(if area.simulated { SIMULATED } else { "" }).markup("</th>");
    let confirmed = area.followed().filter(|object| object.was_confirmed).count();
    let newest = area.acquisitions.last().map_or("none yet".into(), |one| day(one.day));
    let look = area.newest_look().map_or("none yet".into(), |one| day(one.day));
    let followed = area.followed().count();
    let cells = [
        followed.to_string(),
        confirmed.to_string(),
        (area.objects.len() - followed).to_string(),
        newest,
        look,
        number(area.area_ha),
    ];
    for (head, cell) in HEADS.iter().skip(1).zip(cells) {
        html.markup("<td role=\"cell\" data-label=\"").markup(head).around("\">", cell, "</td>");
    }
    html.markup("</tr>");
}

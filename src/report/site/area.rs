//! The page of one area: where it stands, its time line, its objects, the newest look, what was told.

use super::frame::{Sheet, whole};
use super::{Area, Notice, Outcome, Picture, Site, notices, sightings, strip, table};
use crate::report::html::figures::{day, quantity};
use crate::report::html::markup::Html;

/// Alerts that the page shows.
const SHOWN: usize = 200;

/// The page, `up` from which the watch's folder lies.
pub(super) fn page(site: &Site, area: &Area, up: &'static str) -> String {
    let mut body = Html::new();
    let own: Vec<&Notice> = site.notices.iter().filter(|notice| notice.area == area.id).collect();
    let here = |notice: &Notice| area.has(notice).then(String::new);
    for section in [
        stands(area),
        strip_section(area),
        table::objects(area, up),
        pictures(area, up),
        notices::section(&own, SHOWN, up, &here),
        sightings::section(site, area),
        table::acquisitions(area, up),
    ] {
        body.add(&section).markup("\n");
    }
    if !up.is_empty() {
        body.markup("<p><a href=\"../index.html\">All areas of the watch</a></p>\n");
    }
    let followed = area.followed().count();
    let heading = match &area.name {
        Some(name) => format!("{name} ({})", area.id),
        None => area.id.clone(),
    };
    let title = format!("{followed} followed, {}, watch {}", area.id, site.job);
    let credits = area.credits.iter().map(String::as_str).collect();
    whole(&Sheet { site, up, title, heading: Some(heading), simulated: area.simulated, credits }, &body)
}

fn stands(area: &Area) -> Html {
    let mut html = Html::new();
    html.markup("<section class=\"verdict\" aria-labelledby=\"stands\">");
    html.markup("<h2 class=\"kicker\" id=\"stands\">Where it stands</h2><p class=\"headline\">");
    html.text(headline(area)).markup("</p><dl class=\"facts\">");
    let newest = area.acquisitions.last();
    let look = area.newest_look();
    let share = |words: &str, share: f64| format!("{words}, {:.0}\u{a0}% of the area clear", 100.0 * share);
    let none = || "none yet".to_owned();
    let facts = [
        ("Newest acquisition", newest.map_or_else(none, |one| share(&day(one.day), one.clear_share))),
        ("Newest look", look.map_or_else(none, |one| share(&day(one.day), one.clear_share))),
        ("Acquisitions", counted(area)),
        ("Watched", quantity(area.area_ha.round(), "ha")),
    ];
    for (label, fact) in facts {
        html.around("<div><dt>", label, "</dt><dd>").text(fact).markup("</dd></div>");
    }
    html.markup("</dl>");
    if area.followed().next().is_none() {
        html.markup(
            "<p class=\"note\">Nothing followed does not mean that nothing burned: what lay under cloud, was smaller \
            than the least object, or was gone before the next look is not here.</p>",
        );
    }
    html.markup("</section>");
    html
}

fn headline(area: &Area) -> String {
    let followed = area.followed().count();
    let confirmed = area.followed().filter(|object| object.was_confirmed).count();
    let finished = area.objects.len() - followed;
    let now = match followed {
        0 => "No object is followed now".to_owned(),
        1 => format!("One object is followed, {}", if confirmed == 1 { "confirmed" } else { "not confirmed yet" }),
        _ => format!("{followed} objects are followed, {confirmed} of them confirmed"),
    };
    let ended = area.objects.iter().filter(|object| object.was_confirmed).count() - confirmed;
    match finished {
        0 => format!("{now}."),
        1 => format!("{now}. One is finished; it was {}confirmed.", if ended == 1 { "" } else { "never " }),
        _ => format!("{now}. {finished} are finished; {ended} of them were confirmed."),
    }
}

fn counted(area: &Area) -> String {
    let count = |wanted: &dyn Fn(&Outcome) -> bool| area.acquisitions.iter().filter(|one| wanted(&one.outcome)).count();
    let looked = count(&|outcome| matches!(outcome, Outcome::Looked { .. }));
    let unseen = count(&|outcome| *outcome == Outcome::Unseen);
    format!("{}: {looked} looked at, {unseen} saw too little", area.acquisitions.len())
}

fn strip_section(area: &Area) -> Html {
    let mut html = Html::new();
    let Some((chart, earlier)) = strip::draw(area) else { return html };
    html.markup(
        "<section aria-labelledby=\"time-title\"><h2 id=\"time-title\">Acquisitions and objects over time</h2>",
    );
    html.markup("<figure class=\"wide\"><div class=\"scroll newest\" tabindex=\"0\" role=\"group\" ");
    html.markup("aria-label=\"Chart over time\">").add(&chart).markup("</div><figcaption>");
    html.markup(if area.simulated { "<strong class=\"simulated-word\">SIMULATED.</strong> " } else { "" });
    html.markup(
        "Above, one mark an acquisition; its height is the share of the area that was clear. Below, one row an \
        object: the box is the span in which it appeared; behind it clear looks, a full dot where the look shows \
        the object, an empty one where it does not; P: provisional from that look on, C: confirmed, bar at the end: \
        finished. ",
    );
    html.text(earlier).markup("</figcaption></figure></section>");
    html
}

fn pictures(area: &Area, up: &'static str) -> Html {
    let mut html = Html::new();
    let Some(look) = area.newest_look().filter(|_| !area.pictures.is_empty()) else { return html };
    html.markup("<section aria-labelledby=\"look-title\"><h2 id=\"look-title\">");
    html.around("The newest look, ", day(look.day), "</h2>");
    if let Outcome::Looked { objects, baseline, doubts } = &look.outcome {
        html.around("<p>", notices::sentence(&table::looked(*objects, baseline)), "</p>");
        if !doubts.is_empty() {
            html.around("<p><strong>Doubtful:</strong> ", doubts.join("; "), ".</p>");
        }
    }
    html.markup("<div class=\"panels\">");
    for picture in &area.pictures {
        panel(&mut html, area, picture, up);
    }
    html.markup("</div></section>");
    html
}

fn panel(html: &mut Html, area: &Area, picture: &Picture, up: &'static str) {
    html.markup("<figure class=\"panel\"><a href=\"").markup(up).text(&picture.file).markup("\"><img src=\"");
    html.markup(up).text(&picture.file).around("\" alt=\"", &picture.description, "\"></a><figcaption>");
    html.markup(if area.simulated { "<strong class=\"simulated-word\">SIMULATED.</strong> " } else { "" });
    html.text(&picture.caption).markup("</figcaption></figure>");
}

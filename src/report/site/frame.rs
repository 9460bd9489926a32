//! What every page of a watch has around it: policy, title, style, the word SIMULATED, what cannot be told, credits.

use super::Site;
use crate::report::html::STYLE;
use crate::report::html::markup::Html;

/// What these pages have besides.
const OWN_STYLE: &str = include_str!("style.css");
/// No script, no request but for the pictures beside the page.
const POLICY: &str = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; base-uri 'none'; \
    form-action 'none'";

/// A page about to be framed.
pub(super) struct Sheet<'a> {
    pub(super) site: &'a Site,
    /// The way from the page to the watch's folder.
    pub(super) up: &'static str,
    /// What the window is called.
    pub(super) title: String,
    /// The heading, after the job's label.
    pub(super) heading: Option<String>,
    /// Whether anything is simulated.
    pub(super) simulated: bool,
    pub(super) credits: Vec<&'a str>,
}

/// The page with `body` in it.
pub(super) fn whole(sheet: &Sheet<'_>, body: &Html) -> String {
    let mut html = Html::new();
    html.markup("<!DOCTYPE html>\n<html lang=\"en\"");
    html.markup(if sheet.simulated { " class=\"simulated watch\">\n" } else { " class=\"watch\">\n" });
    head(&mut html, sheet);
    html.markup("<body>\n<a class=\"skip\" href=\"#stands\">To where it stands</a>\n");
    if sheet.simulated {
        html.markup(
            "<p class=\"banner\" role=\"note\"><strong>SIMULATED</strong> Imagery behind this page \
            was made up to show how the program works. Nothing of it happened.</p>\n",
        );
    }
    html.around("<main>\n<h1><span class=\"kicker\">The watch</span> <bdi>", &sheet.site.job, "</bdi>");
    if let Some(heading) = &sheet.heading {
        html.around(": <bdi>", heading, "</bdi>");
    }
    html.markup("</h1>\n").add(body).markup("</main>\n");
    footer(&mut html, sheet);
    html.markup("</body>\n</html>\n");
    html.finish()
}

fn head(html: &mut Html, sheet: &Sheet<'_>) {
    html.markup("<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"");
    html.markup(POLICY).markup("\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.around("<meta name=\"generator\" content=\"", &sheet.site.program, "\">\n");
    html.markup(
        "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n",
    );
    html.markup("<link rel=\"icon\" href=\"data:,\">\n<title>");
    html.markup(if sheet.simulated { "SIMULATED: " } else { "" }).text(&sheet.title).markup("</title>\n<style>");
    html.markup(STYLE).markup(OWN_STYLE).markup("</style>\n</head>\n");
}

fn footer(html: &mut Html, sheet: &Sheet<'_>) {
    html.around(
        "<footer><p class=\"limits\">",
        sheet.site.limits,
        "</p><nav aria-label=\"Files\"><ul class=\"files\">",
    );
    let files = [
        ("alerts.geojson", "Objects as GeoJSON"),
        ("alerts.jsonl", "Alerts, one JSON document a line"),
        ("status.json", "Status"),
        ("catalog.json", "STAC catalogue"),
    ];
    for (file, words) in files {
        link(html, "<li>", sheet.up, file, words);
        html.markup("</li>");
    }
    html.markup("</ul></nav><p>");
    for credit in &sheet.credits {
        html.text(credit.trim_end_matches('.')).markup(". ");
    }
    html.around(
        "</p><p>Made with ",
        &sheet.site.program,
        ". This page runs no script, loads nothing but the pictures beside it, and sends nothing. It says what was \
        on record after the last pass; load it again to see the next.</p></footer>\n",
    );
}

/// A link to a file of the watch's folder.
pub(super) fn link(html: &mut Html, open: &'static str, up: &'static str, file: &str, words: &str) {
    html.markup(open).markup("<a href=\"").markup(up).text(file).around("\">", words, "</a>");
}

/// Links to files, one after the other.
pub(super) fn links(html: &mut Html, up: &'static str, files: &[(&'static str, String)]) {
    for (place, (words, file)) in files.iter().enumerate() {
        link(html, if place == 0 { "" } else { " " }, up, file, words);
    }
}

//! What was told, the newest first, and the words for a state.

use super::{Notice, State};
use crate::report::html::figures::day;
use crate::report::html::markup::Html;

/// Alerts that stand open.
const OPEN: usize = 10;
/// The mark beside whatever is simulated.
pub(super) const SIMULATED: &str = " <span class=\"state made-up\">SIMULATED</span>";

impl State {
    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Provisional => "provisional",
            Self::Confirmed => "confirmed",
            Self::Finished => "finished",
        }
    }
}

/// A state as a tag: a sign and a word, so that it does not hang on colour.
pub(super) fn tag(html: &mut Html, state: &str) {
    let sign = match state {
        "first" => "\u{25cb}",
        "provisional" => "\u{25d0}",
        "confirmed" => "\u{25cf}",
        "finished" => "\u{25a0}",
        _ => "\u{21bb}",
    };
    html.markup("<span class=\"state\"><span aria-hidden=\"true\">").markup(sign);
    html.around("</span> ", state, "</span>");
}

/// The section with at most `shown` of them; `page` is the page that the object of one is on, from the watch's folder
/// on: empty for this page, None where no page has it any longer.
pub(super) fn section(
    notices: &[&Notice],
    shown: usize,
    up: &'static str,
    page: &dyn Fn(&Notice) -> Option<String>,
) -> Html {
    let mut html = Html::new();
    html.markup("<section aria-labelledby=\"alerts-title\"><h2 id=\"alerts-title\">Alerts, the newest first</h2>");
    if notices.is_empty() {
        return std::mem::take(html.markup("<p>None so far.</p></section>"));
    }
    let newest: Vec<&Notice> = notices.iter().rev().take(shown).copied().collect();
    let (open, folded) = newest.split_at(newest.len().min(OPEN));
    list(&mut html, open, up, page);
    if !folded.is_empty() {
        html.around("<details><summary>", folded.len(), " earlier</summary>");
        list(&mut html, folded, up, page);
        html.markup("</details>");
    }
    if notices.len() > shown {
        let earlier = notices.len() - shown;
        html.around("<p class=\"note\">", format!("{earlier} earlier ones are in alerts.jsonl."), "</p>");
    }
    html.markup("</section>");
    html
}

fn list(html: &mut Html, notices: &[&Notice], up: &'static str, page: &dyn Fn(&Notice) -> Option<String>) {
    html.markup("<ol class=\"alerts\">");
    for notice in notices {
        one(html, notice, up, page(notice));
    }
    html.markup("</ol>");
}

fn one(html: &mut Html, notice: &Notice, up: &'static str, page: Option<String>) {
    html.around("<li><p class=\"when\"><time datetime=\"", notice.day, "\">").text(day(notice.day)).markup("</time> ");
    tag(html, &notice.state);
    if notice.withdrawn {
        html.markup(" <span class=\"state\">withdrawn</span>");
    }
    html.markup(" ");
    let about = notice.object.as_ref().map(|object| format!("{}, object {object}", notice.area));
    match (&notice.object, page) {
        (Some(object), Some(page)) => {
            html.markup("<a href=\"").markup(if page.is_empty() { "" } else { up }).text(page);
            html.around("#object-", object, "\">").text(about.unwrap_or_default()).markup("</a>");
        }
        _ => {
            html.text(about.unwrap_or_else(|| notice.area.clone()));
        }
    }
    html.around("</p><p>", sentence(&notice.words), "</p></li>");
}

/// The words with a capital letter first.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

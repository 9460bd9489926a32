//! The whole page: policy, title, style, sections in reading order, scripts.

use sha2::{Digest, Sha256};

use super::map::Map;
use super::markup::Html;
use super::{Page, STYLE, base64, closing, layer, opening, table, timing};
use crate::text::Foreign;

/// Leaflet 1.9.4 as published, without its reference to a source map.
const LEAFLET: &str = include_str!("leaflet/leaflet.js");
/// Its style, without the rules that name images: nothing here shows a marker or its own layer switch.
const LEAFLET_STYLE: &str = include_str!("leaflet/leaflet.css");
const SCRIPT: &str = include_str!("assets/map.js");

/// The document.
pub(super) fn whole(page: &Page<'_>, map: &Map) -> Html {
    let mut html = Html::new();
    html.markup("<!DOCTYPE html>\n<html lang=\"en\"");
    html.markup(if page.simulated { " class=\"simulated\">\n" } else { ">\n" });
    head(&mut html, page);
    html.markup("<body>\n<a class=\"skip\" href=\"#verdict-title\">To the verdict</a>\n");
    if page.simulated {
        html.markup(
            "<p class=\"banner\" role=\"note\"><strong>SIMULATED</strong> The imagery behind this page \
            was made up to show how the program works. Nothing here happened.</p>\n",
        );
    }
    html.around(
        "<main>\n<h1><span class=\"kicker\">What the ground tells</span> of the claim <bdi>",
        Foreign::new(&page.claim.id),
        "</bdi></h1>\n",
    );
    let sections = [
        opening::claim(page),
        opening::verdict(page),
        map.section(page),
        table::section(page),
        layer::sections(page),
        timing::section(page),
        closing::rivals(page),
        closing::unresolved(),
        closing::methods(page),
        closing::provenance(page),
    ];
    for section in sections {
        html.add(&section).markup("\n");
    }
    html.markup("</main>\n").add(&closing::footer(page)).markup("\n");
    html.markup("<script>")
        .markup(LEAFLET)
        .markup("</script>\n<script>")
        .markup(SCRIPT)
        .markup("</script>\n</body>\n</html>\n");
    html
}

fn head(html: &mut Html, page: &Page<'_>) {
    html.markup("<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"");
    html.text(policy()).markup("\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.markup(
        "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n",
    );
    html.markup("<link rel=\"icon\" href=\"data:,\">\n<title>").markup(if page.simulated { "SIMULATED: " } else { "" });
    html.text(Foreign::new(&page.claim.id)).markup(": public imagery: ").markup(page.judgement.outcome.words());
    html.markup("</title>\n<style>").markup(LEAFLET_STYLE).markup(STYLE).markup("</style>\n</head>\n");
}

/// What the page may do: show pictures that it holds, style itself, and run two scripts that are known byte for byte.
fn policy() -> String {
    format!(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {} {}; base-uri 'none'; \
            form-action 'none'",
        hash(LEAFLET),
        hash(SCRIPT)
    )
}

fn hash(script: &str) -> String {
    format!("'sha256-{}'", base64::encoded(&Sha256::digest(script)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_in_names_nothing_to_load() {
        for text in [LEAFLET_STYLE, STYLE] {
            assert!(!text.contains("url(") && !text.contains("@import"));
        }
        assert!(!LEAFLET.contains("sourceMappingURL") && !LEAFLET.contains("</script") && !LEAFLET.contains('\r'));
        assert!(!SCRIPT.contains("</script") && !SCRIPT.contains("http") && !SCRIPT.contains("innerHTML"));
    }

    #[test]
    fn the_policy_names_two_hashes_and_no_host() {
        let policy = policy();
        assert_eq!(policy.matches("'sha256-").count(), 2);
        assert!(
            policy.starts_with("default-src 'none'")
                && !policy.contains("http")
                && !policy.contains("script-src 'unsafe")
        );
    }
}

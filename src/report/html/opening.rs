//! The head of the page: the claim as it was made, the verdict in one line, why, and what could not be seen.

use super::Page;
use super::figures::{day, number, percent, quantity};
use super::markup::Html;
use crate::claim::{Asserts, Claim, Kind};
use crate::evidence::Outcome;

/// Characters of a claim that are quoted; what is longer is no sentence of an article.
const QUOTED: usize = 3000;

/// A kind of claim in a sentence's words.
fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::BurnedFields => "burned fields",
        Kind::ImpactArea => "torn-up ground",
        Kind::BuiltDamage => "damaged buildings",
        Kind::Thermal => "fire or explosions seen as heat",
        Kind::FirePosition => "who stands or fires where",
    }
}

/// Class of an outcome; its colours are the page's.
pub(super) fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Corroborates => "outcome corroborates",
        Outcome::Contradicts => "outcome contradicts",
        Outcome::Inconclusive => "outcome inconclusive",
        Outcome::NotObservable => "outcome not-observable",
    }
}

/// An outcome as a tag: a word and a sign, so that it does not hang on colour.
pub(super) fn outcome(html: &mut Html, outcome: Outcome) {
    let sign = match outcome {
        Outcome::Corroborates => "\u{2714}",
        Outcome::Contradicts => "\u{2716}",
        Outcome::Inconclusive => "~",
        Outcome::NotObservable => "\u{2298}",
    };
    html.markup("<span class=\"").markup(outcome_class(outcome)).markup("\"><span aria-hidden=\"true\">");
    html.markup(sign).markup("</span> ").markup(outcome.words()).markup("</span>");
}

/// The claim, quoted.
pub(super) fn claim(page: &Page<'_>) -> Html {
    let claim = page.claim;
    let mut html = Html::new();
    html.markup(
        "<section class=\"claim\" aria-labelledby=\"claim-title\"><h2 id=\"claim-title\" \
        class=\"kicker\">The claim</h2>",
    );
    quotation(&mut html, &claim.text);
    html.markup("<p class=\"source\"><cite><bdi>").text(&claim.source).markup("</bdi></cite>");
    if let Some(made_at) = claim.made_at {
        html.around(", <span>", day(made_at), "</span>");
    }
    html.markup("</p>");
    facts(&mut html, page);
    html.markup("</section>");
    html
}

/// The words of the claim; its lines are kept, everything else that is no letter is inert.
fn quotation(html: &mut Html, text: &str) {
    let kept: String = text.chars().take(QUOTED).collect();
    html.markup("<blockquote lang=\"\" dir=\"auto\">");
    for line in kept.lines().filter(|line| !line.trim().is_empty()) {
        html.around("<p dir=\"auto\">", line, "</p>");
    }
    html.markup("</blockquote>");
    if text.chars().nth(QUOTED).is_some() {
        html.around("<p class=\"note\">The first ", QUOTED, " characters; verdict.json holds the whole text.</p>");
    }
}

fn facts(html: &mut Html, page: &Page<'_>) {
    let claim = page.claim;
    let asserts = match claim.asserts {
        Asserts::Occurred => "that it happened",
        Asserts::DidNotOccur => "that it did not happen",
    };
    let window = format!("{} to {} ({} days)", day(claim.window.from), day(claim.window.to), claim.window.days());
    let place = format!("{}, known to {}", quantity(page.area_ha, "ha"), quantity(claim.location_error_m, "m"));
    let kinds = claim.kinds.iter().map(|kind| kind_words(*kind)).collect::<Vec<_>>().join(", ");
    html.markup("<dl class=\"facts\">");
    fact(html, "Label", &claim.id);
    fact(html, "Says", asserts);
    fact(html, "Of what", &kinds);
    fact(html, "When", &window);
    fact(html, "Where", &place);
    if let Some(smallest) = smallest(claim) {
        fact(html, "Counts from", &smallest);
    }
    html.markup("<div><dt>Source, SHA-256</dt><dd class=\"hash\">");
    html.text(claim.source_sha256.as_deref().unwrap_or("not archived")).markup("</dd></div></dl>");
}

fn fact(html: &mut Html, label: &'static str, value: &str) {
    html.around("<div><dt>", label, "</dt><dd><bdi>").text(value).markup("</bdi></dd></div>");
}

fn smallest(claim: &Claim) -> Option<String> {
    let unit = |kind: Kind| if kind == Kind::Thermal { "detections" } else { "ha" };
    let sizes = claim.smallest_effect.iter();
    let sizes = sizes.map(|(kind, size)| format!("{} of {}", quantity(*size, unit(*kind)), kind_words(*kind)));
    let sizes = sizes.collect::<Vec<_>>().join("; ");
    (!sizes.is_empty()).then_some(sizes)
}

/// What follows for the claim.
pub(super) fn verdict(page: &Page<'_>) -> Html {
    let judgement = page.judgement;
    let mut html = Html::new();
    html.markup(
        "<section class=\"verdict\" aria-labelledby=\"verdict-title\"><h2 id=\"verdict-title\" \
        class=\"kicker\">What public imagery says of it</h2><p>",
    );
    outcome(&mut html, judgement.outcome);
    html.around("</p><p class=\"headline\">", &judgement.headline, "</p>");
    if !judgement.why.is_empty() {
        html.markup("<h3>Why</h3><ol class=\"why\">");
        listed(&mut html, &judgement.why);
        html.markup("</ol>");
    }
    html.markup("<h3>What could not be seen</h3>");
    if judgement.unseen.is_empty() {
        html.markup("<p>Nothing that these layers look for was hidden over the area.</p>");
    } else {
        html.markup("<ul>");
        listed(&mut html, &judgement.unseen);
        html.markup("</ul>");
    }
    strength(&mut html, page);
    html.around("<p class=\"limits\">", &judgement.limits, "</p></section>");
    html
}

fn listed(html: &mut Html, lines: &[String]) {
    for line in lines {
        html.around("<li>", line, "</li>");
    }
}

fn strength(html: &mut Html, page: &Page<'_>) {
    let judgement = page.judgement;
    if let Some(strength) = &judgement.strength {
        html.around("<p><strong>Strength:</strong> ", &strength.words, "");
        html.around(" (likelihood ratio ", number(strength.ratio), "; with so many placebos it could be ");
        html.text(number(strength.cap[0])).around(" to ", number(strength.cap[1]), ").</p>");
    }
    if let Some(posterior) = &judgement.posterior {
        html.around("<p><strong>With the reader's own prior</strong> of ", percent(posterior.prior), " this makes ");
        html.text(percent(posterior.probability)).around(": ", &posterior.words, ".</p>");
    }
}

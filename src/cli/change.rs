//! `groundtell change`: the main job.

use std::fmt::Write;

use super::args::{Change, Outcome};
use super::progress::Progress;
use super::request;
use super::talk::Talk;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::pipeline::summary::Summary;
use crate::pipeline::{self, Prepared};
use crate::text::shown_path;

/// Exit code of a run in which some blocks failed.
pub(super) const PARTIAL: u8 = 3;

pub(super) fn run(asked: &Change, talk: &Talk) -> Result<u8> {
    let limits = Limits::default();
    if !asked.radar.sar.is_empty() && !asked.print_recipe {
        return super::radar::run(asked, talk, &limits);
    }
    let request = request::change(asked, &limits)?;
    if asked.print_recipe {
        return talk.data(request.recipe.to_toml()?.as_bytes());
    }
    let prepared = Prepared::new(request, asked.block.map(|side| side as usize), &limits)?;
    if asked.plan {
        return talk.answer(&prepared.plan_document(), || prepared.plan_text());
    }
    let out = asked.out.as_deref().ok_or_else(|| Error::usage("--out is missing"))?;
    let progress = Progress::new(talk)?;
    let ended = pipeline::run(&prepared, out, asked.overwrite, &progress);
    progress.done();
    let summary = ended?;
    talk.answer(&summary, || text(&summary, &shown_path(out).to_string()))?;
    for failure in &summary.failed_blocks {
        talk.note(&format!("warning: block ({}) failed: {}", failure.window, failure.error));
    }
    Ok(exit_code(&summary, asked.fail_on))
}

fn exit_code(summary: &Summary, fail_on: Option<Outcome>) -> u8 {
    if !summary.failed_blocks.is_empty() {
        return PARTIAL;
    }
    u8::from(fail_on == Some(Outcome::Found) && summary.objects > 0)
}

/// The summary for people.
pub(super) fn text(summary: &Summary, out: &str) -> String {
    let mut page = String::new();
    let date = |date: &Option<String>| date.clone().unwrap_or_else(|| "date unknown".into());
    if summary.simulated {
        page.push_str("SIMULATED data: nothing here was seen by a satellite\n");
    }
    let _ = writeln!(page, "{} -> {}", date(&summary.dates.before), date(&summary.dates.after));
    let _ = writeln!(
        page,
        "area      {:>12.1} ha, {:.1} % of it seen on both dates",
        summary.aoi_ha,
        100.0 * summary.valid_share
    );
    for (reason, hectares) in &summary.not_seen_ha {
        let _ = writeln!(page, "  not seen {:>11.1} ha: {reason}", hectares.as_f64().unwrap_or(f64::NAN));
    }
    let _ = writeln!(page, "burned    {:>12.1} ha in {} objects", summary.burned_ha, summary.objects);
    if let Some(hectares) = summary.changed_ha {
        let _ = writeln!(page, "changed   {hectares:>12.1} ha by any cause (change vector)");
    }
    let threshold = summary.threshold.map_or("none found".into(), |value| format!("{value:.4}"));
    let _ = writeln!(page, "threshold {threshold:>12} on dNBR ({})", summary.threshold_strategy);
    let _ = writeln!(page, "reliable  {:>12}", summary.reliability.state);
    for reason in &summary.reliability.reasons {
        let _ = writeln!(page, "  because {reason}");
    }
    for warning in &summary.warnings {
        let _ = writeln!(page, "  note: {warning}");
    }
    let _ = writeln!(page, "{}\nwritten to {out}", summary.limits);
    page
}

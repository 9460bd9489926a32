//! `groundtell change`: the main job.

use std::fmt::Write;

use super::args::{Change, Outcome};
use super::network::tell;
use super::progress::Progress;
use super::request;
use super::talk::Talk;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::pipeline::summary::{Dates, FailedBlock, Reliability, Summary};
use crate::pipeline::unsupervised::{self, ChangeSummary, Details};
use crate::pipeline::{self, Prepared};
use crate::recipe::Method;
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
    let shown = shown_path(out).to_string();
    if prepared.request.recipe.change.method != Method::Burn {
        let ended = unsupervised::run(&prepared, out, asked.overwrite, &progress);
        progress.done();
        tell(&prepared.request.access, talk);
        let summary = ended?;
        talk.answer(&summary, || any_change(&summary, &shown))?;
        return Ok(exit_code(talk, &summary.failed_blocks, summary.objects, asked.fail_on));
    }
    let ended = pipeline::run(&prepared, out, asked.overwrite, &progress);
    progress.done();
    tell(&prepared.request.access, talk);
    let summary = ended?;
    talk.answer(&summary, || text(&summary, &shown))?;
    Ok(exit_code(talk, &summary.failed_blocks, summary.objects, asked.fail_on))
}

fn exit_code(talk: &Talk, failed: &[FailedBlock], objects: u64, fail_on: Option<Outcome>) -> u8 {
    for failure in failed {
        talk.note(&format!("warning: block ({}) failed: {}", failure.window, failure.error));
    }
    if !failed.is_empty() {
        return PARTIAL;
    }
    u8::from(fail_on == Some(Outcome::Found) && objects > 0)
}

/// The summary for people.
pub(super) fn text(summary: &Summary, out: &str) -> String {
    let mut page = head(summary.simulated, &summary.dates);
    seen(&mut page, summary.aoi_ha, summary.valid_share, &summary.not_seen_ha);
    let _ = writeln!(page, "burned    {:>12.1} ha in {} objects", summary.burned_ha, summary.objects);
    if let Some(hectares) = summary.changed_ha {
        let _ = writeln!(page, "changed   {hectares:>12.1} ha by any cause (change vector)");
    }
    let threshold = summary.threshold.map_or("none found".into(), |value| format!("{value:.4}"));
    let _ = writeln!(page, "threshold {threshold:>12} on dNBR ({})", summary.threshold_strategy);
    tail(&mut page, &summary.reliability, &summary.warnings, summary.limits, out);
    page
}

/// The summary of a run without a model, for people.
fn any_change(summary: &ChangeSummary, out: &str) -> String {
    let mut page = head(summary.simulated, &summary.dates);
    seen(&mut page, summary.aoi_ha, summary.valid_share, &summary.not_seen_ha);
    let _ = writeln!(page, "changed   {:>12.1} ha in {} objects, by any cause", summary.changed_ha, summary.objects);
    let threshold = &summary.threshold;
    let statistic = threshold.statistic.map_or("none".into(), |value| format!("{value:.3}"));
    let share = 100.0 * threshold.share;
    let _ = writeln!(page, "threshold {statistic:>12} ({}): {share:.1} % of what was tested", threshold.rule);
    let _ = writeln!(
        page,
        "method    {:>12} of {}; {}",
        summary.method,
        summary.bands.join(", "),
        course(&summary.details)
    );
    tail(&mut page, &summary.reliability, &summary.warnings, summary.limits, out);
    page
}

/// How a method went, in words.
fn course(details: &Details) -> String {
    let settled = |converged: &bool| if *converged { "settled" } else { "not settled" };
    match details {
        Details::Irmad { iterations, converged, no_change_share, .. } => format!(
            "{} after {iterations} iterations, weights of no change {:.1} %",
            settled(converged),
            100.0 * no_change_share
        ),
        Details::Cva { control_pixels, .. } => format!("control of {control_pixels} pixels"),
        Details::PcaKmeans { rounds, converged, .. } => format!("{} after {rounds} rounds", settled(converged)),
    }
}

fn head(simulated: bool, dates: &Dates) -> String {
    let date = |date: &Option<String>| date.clone().unwrap_or_else(|| "date unknown".into());
    let warning = if simulated { "SIMULATED data: nothing here was seen by a satellite\n" } else { "" };
    format!("{warning}{} -> {}\n", date(&dates.before), date(&dates.after))
}

fn seen(page: &mut String, aoi_ha: f64, valid_share: f64, not_seen_ha: &serde_json::Map<String, serde_json::Value>) {
    let _ = writeln!(page, "area      {aoi_ha:>12.1} ha, {:.1} % of it seen on both dates", 100.0 * valid_share);
    for (reason, hectares) in not_seen_ha {
        let _ = writeln!(page, "  not seen {:>11.1} ha: {reason}", hectares.as_f64().unwrap_or(f64::NAN));
    }
}

fn tail(page: &mut String, reliability: &Reliability, warnings: &[String], limits: &str, out: &str) {
    let _ = writeln!(page, "reliable  {:>12}", reliability.state);
    for reason in &reliability.reasons {
        let _ = writeln!(page, "  because {reason}");
    }
    for warning in warnings {
        let _ = writeln!(page, "  note: {warning}");
    }
    let _ = writeln!(page, "{limits}\nwritten to {out}");
}

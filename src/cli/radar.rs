//! `groundtell change --sar`: change over a radar stack.

use std::fmt::Write;

use super::args::{Change, Outcome};
use super::change::PARTIAL;
use super::progress::Progress;
use super::request;
use super::talk::Talk;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::pipeline::radar::summary::RadarSummary;
use crate::pipeline::radar::{self, RadarPrepared};
use crate::text::shown_path;

pub(super) fn run(asked: &Change, talk: &Talk, limits: &Limits) -> Result<u8> {
    let request = request::radar(asked, limits)?;
    let prepared = RadarPrepared::new(request, asked.block.map(|side| side as usize), limits)?;
    if asked.plan {
        return talk.answer(&prepared.plan_document(), || prepared.plan_text());
    }
    let out = asked.out.as_deref().ok_or_else(|| Error::usage("--out is missing"))?;
    let progress = Progress::new(talk)?;
    let ended = radar::run(&prepared, out, asked.overwrite, &progress);
    progress.done();
    let summary = ended?;
    talk.answer(&summary, || text(&summary, &shown_path(out).to_string()))?;
    for failure in &summary.failed_blocks {
        talk.note(&format!("warning: block ({}) failed: {}", failure.window, failure.error));
    }
    let found = asked.fail_on == Some(Outcome::Found) && summary.objects > 0;
    Ok(if summary.failed_blocks.is_empty() { u8::from(found) } else { PARTIAL })
}

/// The summary for people.
fn text(summary: &RadarSummary, out: &str) -> String {
    let mut page = String::new();
    if summary.simulated {
        page.push_str("SIMULATED data: nothing here was seen by a satellite\n");
    }
    for orbit in summary.orbits.iter().filter(|orbit| orbit.used) {
        let name = orbit.orbit.map_or_else(|| "unknown".into(), |number| number.to_string());
        let _ = writeln!(page, "orbit     {name}: {} dates before, {} after", orbit.before.len(), orbit.after.len());
    }
    let test = &summary.test;
    let _ = writeln!(page, "method    {}", test.method);
    let _ = writeln!(
        page,
        "area      {:>12.1} ha, {:.1} % of it could be tested",
        summary.aoi_ha,
        100.0 * summary.valid_share
    );
    for (reason, hectares) in &summary.not_seen_ha {
        let _ = writeln!(page, "  not seen {:>11.1} ha: {reason}", hectares.as_f64().unwrap_or(f64::NAN));
    }
    let _ = writeln!(page, "rise      {:>12.1} ha", summary.rise_ha);
    let _ = writeln!(page, "fall      {:>12.1} ha", summary.fall_ha);
    let _ = writeln!(page, "objects   {:>12}", summary.objects);
    let _ = writeln!(
        page,
        "pixels    {:>12.2} % at p < {} ({:.2} % were dates independent), {:.2} % at a false discovery rate of {}",
        100.0 * test.share_nominal,
        test.level,
        100.0 * test.share_theory,
        100.0 * test.share_discovered,
        test.fdr
    );
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

//! The documents of a run without a model, and the moment it becomes visible.

use serde_json::{Map, Value, json};

use super::bands::left_out;
use super::found::Found;
use super::gather::Gathered;
use super::scored::{Details, Law, Scored, Threshold};
use super::summary::{ChangeSummary, LIMITS};
use crate::error::Result;
use crate::io::cog::Stats;
use crate::io::store::Stage;
use crate::kernel::mask::{self, Reason};
use crate::pipeline::grid_facts;
use crate::pipeline::item::{self, About};
use crate::pipeline::prepared::Prepared;
use crate::pipeline::publish::{Run, date, release, rounded, scene_offsets, write_summary};
use crate::pipeline::summary::{Dates, Reliability};
use crate::plan::Side;
use crate::recipe::{OutputRecipe, Recipe};
use crate::scene::scale::Confidence;

/// Share of the AOI that both dates must have seen before the figures stand for it.
const ENOUGH_SEEN: f64 = 0.5;

/// The summary of what was read, scored and found.
pub(super) fn summarised(
    prepared: &Prepared,
    gathered: &Gathered,
    scored: &Scored<'_>,
    threshold: Threshold,
    found: &Found,
) -> ChangeSummary {
    let areas = &gathered.areas;
    let aoi_ha = areas.hectares(|code| code != Reason::Outside.code());
    let valid_share = if aoi_ha > 0.0 { areas.hectares(mask::code_is_valid) / aoi_ha } else { 0.0 };
    let by_reason = |wanted: &dyn Fn(Reason) -> bool| -> Map<String, Value> {
        let reasons = areas.codes().filter_map(Reason::from_code).filter(|reason| wanted(*reason));
        let hectares = |reason: Reason| json!(rounded(areas.hectares(|code| code == reason.code())));
        reasons.map(|reason| (reason.label().to_owned(), hectares(reason))).collect()
    };
    let (blocks_read, bytes_read) = prepared.touched();
    ChangeSummary {
        groundtell: env!("CARGO_PKG_VERSION"),
        method: prepared.request.recipe.change.method.name(),
        simulated: prepared.simulated(),
        dates: Dates { before: date(prepared, Side::Before), after: date(prepared, Side::After) },
        grid: grid_facts(&prepared.plan.grid),
        aoi_ha: rounded(aoi_ha),
        valid_share: rounded(valid_share),
        not_seen_ha: by_reason(&|reason| !reason.is_valid() && reason != Reason::Outside),
        flagged_ha: by_reason(&|reason| reason.is_valid() && reason != Reason::Clear),
        bands: prepared.pair.roles.iter().map(|(_, band)| band.name()).collect(),
        tested_pixels: scored.sizes.total(),
        changed_ha: rounded(found.changed_ha),
        specks_ha: rounded(found.specks_ha),
        objects: found.objects.len() as u64,
        reliability: Reliability::from_reasons(doubts(prepared, gathered, scored, &threshold, valid_share)),
        threshold,
        details: scored.details.clone(),
        offsets: scene_offsets(prepared),
        warnings: warnings(prepared, scored),
        blocks_read,
        bytes_read,
        failed_blocks: gathered.failed.clone(),
        limits: LIMITS,
    }
}

fn doubts(
    prepared: &Prepared,
    gathered: &Gathered,
    scored: &Scored<'_>,
    threshold: &Threshold,
    valid_share: f64,
) -> Vec<String> {
    let mut doubts = Vec::new();
    if !gathered.failed.is_empty() {
        doubts.push(format!("{} blocks could not be read", gathered.failed.len()));
    }
    if valid_share < ENOUGH_SEEN {
        doubts.push(format!("both dates saw only {:.0} % of the area", 100.0 * valid_share));
    }
    doubts.extend(scored.doubts.clone());
    let unsettled = prepared.pair.scenes.iter().filter(|scene| scene.decision.confidence == Confidence::Low);
    doubts.extend(unsettled.map(|scene| {
        format!("nothing settles whether the numbers of {} carry an offset: state it with --offset", scene.product.name)
    }));
    doubts.extend(doubts_of_threshold(prepared, scored, threshold));
    doubts
}

fn doubts_of_threshold(prepared: &Prepared, scored: &Scored<'_>, threshold: &Threshold) -> Vec<String> {
    const HARDLY_A_REST: f64 = 0.5;
    const APART: f64 = 0.6;
    let mut doubts = Vec::new();
    if threshold.share > HARDLY_A_REST {
        doubts.push(format!(
            "{:.0} % of what was tested counts as changed: hardly a rest is left to tell it from",
            100.0 * threshold.share
        ));
    }
    if let Some(eta) = threshold.separability.filter(|eta| *eta < APART) {
        doubts.push(format!("changed and unchanged do not stand apart (separability {eta:.2}, below {APART:.2})"));
    }
    let alpha = prepared.request.recipe.change.alpha;
    if let (Law::ChiSquare(_), Some(statistic)) = (&scored.law, scored.quantile(alpha)) {
        let share = scored.sizes.count_from(statistic) as f64 / scored.sizes.total().max(1) as f64;
        if share > HARDLY_A_REST {
            doubts.push(format!(
                "the probability of no change is below {alpha} on {:.0} % of what was tested: the iteration kept a narrow core \
                 of no change, so that a small probability alone means little",
                100.0 * share
            ));
        }
    }
    doubts
}

fn warnings(prepared: &Prepared, scored: &Scored<'_>) -> Vec<String> {
    let mut warnings = prepared.request.aoi_notes.clone();
    warnings.extend(prepared.pair.warnings.clone());
    warnings.extend(left_out(&prepared.pair, &prepared.request.recipe));
    if prepared.request.recipe.output.layers != OutputRecipe::default().layers {
        warnings.push("output.layers is for the method burn; this one writes layers of its own".into());
    }
    if let Details::Irmad { normalisation, .. } = &scored.details {
        warnings.extend(normalisation.refused.clone());
        let apart = |fit: &&crate::kernel::pif::Fit| fit.t_p < 0.01 || fit.f_p < 0.01;
        let bands: Vec<&str> = normalisation.fits.iter().filter(apart).map(|fit| &*fit.band).collect();
        if !bands.is_empty() {
            warnings.push(format!("the normalisation fails its tests (p < 0.01) in {}", bands.join(", ")));
        }
    }
    warnings
}

/// Writes the documents and makes the stage visible, manifest last.
///
/// # Errors
/// As writing and publishing.
pub(super) fn publish(
    prepared: &Prepared,
    stage: Stage,
    summary: &ChangeSummary,
    found: &Found,
    statistic: &str,
    layers: &[(String, Stats)],
) -> Result<()> {
    let recipe: &Recipe = &prepared.request.recipe;
    let note = if summary.simulated { "SIMULATED: nothing here was seen by a satellite" } else { summary.limits };
    let about = json!({
        "groundtell": summary.groundtell, "method": summary.method, "dates": summary.dates, "threshold": summary.threshold,
        "reliability": summary.reliability, "simulated": summary.simulated, "note": note,
    });
    found.write(&stage, &prepared.plan, &about, (statistic, &shared(summary)), recipe.output.gpkg)?;
    write_summary(&stage, summary)?;
    if let Some(item) = item::item(prepared, &stage, about_item(summary), layers)? {
        stage.write("item.json", &item)?;
    }
    let (request, inputs) = (prepared.request.record()?, prepared.pair.files());
    let access = &prepared.request.access;
    release(stage, Run { command: "change", simulated: summary.simulated, request, recipe, inputs: &inputs, access })
}

/// What every object of a run shares.
fn shared(summary: &ChangeSummary) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("kind".into(), json!("changed"));
    map.insert("method".into(), json!(summary.method));
    map.insert("date_before".into(), json!(summary.dates.before));
    map.insert("date_after".into(), json!(summary.dates.after));
    map.insert("clear_share".into(), json!(summary.valid_share));
    map.insert("reliability".into(), json!(summary.reliability.state));
    map.insert("simulated".into(), json!(summary.simulated));
    map
}

fn about_item(summary: &ChangeSummary) -> About<'_> {
    About {
        simulated: summary.simulated,
        limits: summary.limits,
        grid: &summary.grid,
        lineage: format!(
            "{} of {}, threshold by {}, objects",
            summary.method,
            summary.bands.join(", "),
            summary.threshold.rule
        ),
        properties: vec![
            ("groundtell:simulated".into(), json!(summary.simulated)),
            ("groundtell:method".into(), json!(summary.method)),
            ("groundtell:valid_share".into(), json!(summary.valid_share)),
            ("groundtell:changed_ha".into(), json!(summary.changed_ha)),
            ("groundtell:reliability".into(), json!(summary.reliability.state)),
        ],
    }
}

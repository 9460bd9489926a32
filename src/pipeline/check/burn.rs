//! The layer of burned ground.

use super::field::{Ground, Masks};
use super::implants::Trials;
use super::weighing::{Known, Laid, Layer, between, bracket, days_after, event, spanned};
use crate::claim::Claim;
use crate::error::Result;
use crate::evidence::LayerKind;
use crate::evidence::measurement::{Bracket, Measurement, Observability, Rival};
use crate::evidence::placement::Place;
use crate::geom::bits::Bits;
use crate::pipeline::Examined;
use crate::pipeline::publish::rounded;
use crate::plan::Side;
use crate::recipe::EvidenceRecipe;
use crate::scene::gate::Consequence;

const STATISTIC: &str = "share of the observed area that is mapped as burned";
const IMPLANTS: &str = "burns as light as those of real grass and shrub fires, implanted in placebo areas and sought by the same \
detector; found is one of which it maps half at least";

/// Measures a claim on a run's burn map; none for an area off the grid. `temporal` are shares of other years.
///
/// # Errors
/// As trying the implants.
pub(super) fn measure<'a>(
    run: &'a Examined<'_>,
    masks: &'a Masks,
    claim: &Claim,
    ground: &Ground,
    temporal: Option<(Vec<f64>, String)>,
    recipe: &'a EvidenceRecipe,
) -> Result<Option<(Measurement, Laid<'a>)>> {
    let grid = &run.memory.plan.grid;
    let least_ha = run.prepared.request.recipe.burn.min_area_ha;
    let layer = Layer { kind: LayerKind::Burn, hit: &masks.burned, statistic: STATISTIC, least_ha };
    let found = run.found;
    let event = event(&ground.mask, &found.mask, &found.labels.of_run, found.labels.count);
    let Some(laid) = Laid::out(layer, (&masks.seen, &masks.green), grid, ground, &event, recipe) else {
        return Ok(None);
    };
    let trials = trials(run, masks, claim, &laid, recipe)?;
    let objects = touched(run, &Bits::of(&ground.mask));
    let known = Known {
        observability: observability(run, masks, claim, laid.own(), recipe),
        bracket: dated(run, claim, &objects),
        rivals: rivals(run, laid.own(), &objects),
        looked_after_days: days_after(&claim.window, run.prepared.pair.date(Side::After)),
        notes: notes(run, claim),
        temporal,
        power_words: IMPLANTS,
    };
    let measured = laid.measured(claim, &trials, known);
    Ok(Some((measured, laid)))
}

fn trials(
    run: &Examined<'_>,
    masks: &Masks,
    claim: &Claim,
    laid: &Laid<'_>,
    recipe: &EvidenceRecipe,
) -> Result<Vec<crate::evidence::implant::Trial>> {
    if !run.prepared.request.recipe.burn.is_seeded() {
        return Ok(Vec::new());
    }
    let sizes = laid.sizes(claim);
    let (burned, spread) = (&masks.burned, &laid.spread);
    let (interest, pixel_ha) = (laid.interest(claim), laid.pixel_ha);
    let least_ha = laid.layer.least_ha;
    Trials { run, burned, spread, sizes: &sizes, interest, pixel_ha, least_ha, recipe }.run()
}

/// Why nothing could be seen, and why figures are doubtful.
pub(super) fn observability(
    run: &Examined<'_>,
    masks: &Masks,
    claim: &Claim,
    own: &Place,
    recipe: &EvidenceRecipe,
) -> Observability {
    let dates = |side| run.prepared.pair.date(side);
    let mut blockers: Vec<String> =
        spanned(dates(Side::Before), dates(Side::After), &claim.window).err().into_iter().collect();
    let failed = run.summary.gates.iter().filter(|gate| gate.consequence == Consequence::NotObservable);
    blockers.extend(failed.map(|gate| gate.words.clone()));
    let snow = own.stencil.count(&masks.snow, own.corner) as f64 / own.seen.max(1) as f64;
    if snow > recipe.max_snow {
        blockers.push(format!("{:.0} % of what was seen lies under snow", 100.0 * snow));
    }
    let window_share = between(dates(Side::Before), dates(Side::After), &claim.window);
    Observability { share: 0.0, window_share, blockers, doubts: run.summary.reliability.reasons.clone() }
}

/// What readers should know of the dates.
pub(super) fn notes(run: &Examined<'_>, claim: &Claim) -> Vec<String> {
    let (before, after) = (run.prepared.pair.date(Side::Before), run.prepared.pair.date(Side::After));
    let late = before.filter(|before| *before >= claim.window.from).map(|before| {
        format!(
            "the window opens on {}, but the scene before is of {before}: what changed earlier is in both",
            claim.window.from
        )
    });
    let early = after.filter(|after| *after < claim.window.to).map(|after| {
        format!(
            "the window closes on {}, but the scene after is of {after}: what changed later is in neither",
            claim.window.to
        )
    });
    let undated = (before.is_none() || after.is_none()).then(|| "a scene has no date: nothing can be dated".to_owned());
    late.into_iter().chain(early).chain(undated).collect()
}

/// Objects that reach into the area, with the pixels of each inside it.
pub(super) fn touched(run: &Examined<'_>, area: &Bits) -> Vec<(usize, u64)> {
    let mut pixels = vec![0; run.found.labels.count];
    for (run, label) in run.found.mask.as_slice().iter().zip(&run.found.labels.of_run) {
        if let Some(pixels) = pixels.get_mut(*label as usize) {
            *pixels += area.count(*run);
        }
    }
    pixels.into_iter().enumerate().filter(|(_, pixels)| *pixels > 0).collect()
}

/// The bracket of the largest part of what burned in the area; that of the scenes where nothing did.
fn dated(run: &Examined<'_>, claim: &Claim, objects: &[(usize, u64)]) -> Option<Bracket> {
    let largest = objects.iter().max_by_key(|(_, pixels)| *pixels);
    let dating = largest.and_then(|(object, _)| run.found.datings.get(*object));
    match dating {
        Some(dating) => bracket(dating.last_without, dating.first_with, &claim.window),
        None => {
            let date = |side| run.prepared.pair.date(side);
            bracket(date(Side::Before), date(Side::After), &claim.window)
        }
    }
}

/// Rivals of the objects in the area, weighted by the pixels that each has there.
fn rivals(run: &Examined<'_>, own: &Place, objects: &[(usize, u64)]) -> Vec<Rival> {
    let mut sums: Vec<(&'static str, f64)> = Vec::new();
    let total: u64 = objects.iter().map(|(_, pixels)| pixels).sum();
    for (object, pixels) in objects {
        let (Some(judged), Some(found)) = (run.found.judged.get(*object), run.found.objects.get(*object)) else {
            continue;
        };
        for (place, (name, score)) in judged.rivals(found.area_ha).named().into_iter().enumerate() {
            if sums.len() <= place {
                sums.push((name, 0.0));
            }
            sums[place].1 += score * *pixels as f64 / total.max(1) as f64;
        }
    }
    let share = |score: f64| format!("{:.0} % of what is mapped in the area looks like it", 100.0 * score);
    let mut rivals: Vec<Rival> = sums
        .into_iter()
        .map(|(name, score)| Rival { name: name.replace('_', " "), score: rounded(score), words: share(score) })
        .collect();
    if own.hit > 0 {
        let words = "what set the ground alight cannot be told: a wildfire burns it as well";
        rivals.push(Rival { name: "wildfire".into(), score: 0.0, words: words.into() });
    }
    rivals
}

//! The layer of optical change: surface reflectance that changed by any cause.

use super::burn::{notes, observability};
use super::field::{Ground, Masks};
use super::weighing::{Known, Laid, Layer, bracket, days_after, event};
use crate::claim::Claim;
use crate::evidence::LayerKind;
use crate::evidence::draw::Draw;
use crate::evidence::implant::{Trial, is_found, normal, size_of};
use crate::evidence::measurement::{Measurement, Rival};
use crate::evidence::placement::Place;
use crate::geom::bits::Bits;
use crate::geom::runs::Run;
use crate::kernel::index::Role;
use crate::pipeline::Examined;
use crate::pipeline::publish::rounded;
use crate::plan::Side;
use crate::recipe::EvidenceRecipe;

const STATISTIC: &str =
    "share of the observed area whose change vector (red, near and shortwave infrared) is longer than chance explains";
const IMPLANTS: &str = "freshly bared soil over a fifth to three fifths of each pixel, implanted in placebo areas; a pixel is found as often \
as its vector with the scene's noise is longer than chance explains";
/// Reflectance of freshly turned loam: red, near infrared, shortwave infrared 2 (typical of tilled dark soils).
const SOIL: [f32; 3] = [0.13, 0.19, 0.22];
/// Share of a pixel that an implant lays bare.
const SHARE: [f64; 2] = [0.2, 0.6];

/// Measures a claim on a run's change vectors; none for an area off the grid or a run without such vectors. `temporal` are
/// shares of other years.
pub(super) fn measure(
    run: &Examined<'_>,
    masks: &Masks,
    claim: &Claim,
    ground: &Ground,
    temporal: Option<(Vec<f64>, String)>,
    recipe: &EvidenceRecipe,
) -> Option<Measurement> {
    if run.sigmas.is_empty() {
        return None;
    }
    let least_ha = run.prepared.request.recipe.burn.min_area_ha;
    let layer = Layer { kind: LayerKind::OpticalChange, hit: &masks.changed, statistic: STATISTIC, least_ha };
    let found = run.found;
    let event = event(&ground.mask, &found.mask, &found.labels.of_run, found.labels.count);
    let laid = Laid::out(layer, (&masks.seen, &masks.green), &run.memory.plan.grid, ground, &event, recipe)?;
    let date = |side| run.prepared.pair.date(side);
    let known = Known {
        observability: observability(run, masks, claim, laid.own(), recipe),
        bracket: bracket(date(Side::Before), date(Side::After), &claim.window),
        rivals: rivals(masks, laid.own()),
        looked_after_days: days_after(&claim.window, date(Side::After)),
        notes: notes(run, claim),
        temporal,
        power_words: IMPLANTS,
    };
    let trials = trials(run, claim, &laid, recipe);
    Some(laid.measured(claim, &trials, known))
}

/// Implants by number; each belongs to the size and the placebo that its number gives it.
fn trials(run: &Examined<'_>, claim: &Claim, laid: &Laid<'_>, recipe: &EvidenceRecipe) -> Vec<Trial> {
    let (sizes, places) = (laid.sizes(claim), &laid.spread.places);
    if places.is_empty() || sizes.is_empty() {
        return Vec::new();
    }
    let interest = laid.interest(claim);
    let trial = |number: usize| {
        let (size, chosen) = (size_of(number, sizes.len(), interest), number / 2 % places.len());
        let (place, pixels) = (&places[chosen], sizes[size] / laid.pixel_ha);
        let mut draw = Draw::new(recipe.seed ^ 0x6f70_7469, number as u64);
        let chance = chance_of(run, place, &mut draw);
        // Only what was seen and had not changed anyway can be found.
        let open = (place.seen.saturating_sub(place.hit)) as f64 / place.pixels.max(1) as f64;
        let tried = (pixels.round() as u64).min(place.pixels);
        let found = (0..tried).filter(|_| draw.unit() < chance * open).count() as u64;
        let statistic = (place.hit + found) as f64 / place.seen.max(1) as f64;
        let recovered = found as f64 * laid.pixel_ha;
        let found = is_found(recovered, sizes[size], laid.layer.least_ha);
        Trial { size, statistic, recovered, found }
    };
    (0..recipe.implants).map(trial).collect()
}

/// The chance that a pixel of a place is found changed when part of it is laid bare, from fifty draws of the noise.
fn chance_of(run: &Examined<'_>, place: &Place, draw: &mut Draw) -> f64 {
    const DRAWS: u32 = 50;
    let Some(survey) = run.survey else { return 0.0 };
    let grid = &run.memory.plan.grid;
    let (width, height) = place.stencil.size();
    let centre = grid.to_map(
        f64::from(place.corner.0) + f64::from(width) / 2.0,
        f64::from(place.corner.1) + f64::from(height) / 2.0,
    );
    let (col, row) = survey.grid.to_pixel(centre.0, centre.1);
    let share = draw.between(SHARE[0], SHARE[1]);
    let signal = |role: Role, sigma: f32| {
        let before = survey.views[0].plane(role)?.get((row.max(0.0) as usize, col.max(0.0) as usize))?;
        let place = [Role::Red, run.prepared.pair.nir, Role::Swir2].iter().position(|own| *own == role)?;
        before.is_finite().then(|| share * f64::from((SOIL[place] - before) / sigma))
    };
    let signals: Vec<f64> = run.sigmas.iter().filter_map(|(role, sigma)| signal(*role, *sigma)).collect();
    if signals.len() < run.sigmas.len() {
        return 0.0;
    }
    let long = f64::from(super::super::long_vector(&run.prepared.request.recipe, signals.len()));
    let longer = (0..DRAWS).filter(|_| {
        let squares: f64 = signals.iter().map(|signal| (signal + normal(draw)).powi(2)).sum();
        squares.sqrt() >= long
    });
    longer.count() as f64 / f64::from(DRAWS)
}

/// What else explains the change, by shares of the changed pixels.
fn rivals(masks: &Masks, own: &Place) -> Vec<Rival> {
    let changed = |bits: &Bits| -> u64 {
        let runs = own.stencil.at(own.corner);
        runs.map(|run| (run.start..run.end).filter(|col| both(&masks.changed, bits, *col, run)).count() as u64).sum()
    };
    let share = |pixels: u64| pixels as f64 / own.hit.max(1) as f64;
    let (snow, water, burned, wooded) =
        (changed(&masks.snow), changed(&masks.water), changed(&masks.burned), changed(&masks.still_green));
    let green = changed(&masks.green);
    let soil = share(changed(&masks.soil));
    // On open ground nothing tells a torn field from a worked one.
    let worked = soil.max(1.0 - share(snow) - share(water) - share(burned) - share(wooded)).max(0.0);
    let rival = |name: &str, score: f64, words: &str| Rival {
        name: name.into(),
        score: rounded(score),
        words: format!("{:.0} % of what changed {words}", 100.0 * score),
    };
    vec![
        rival("farm work", worked, "is open ground, where ploughing, harvest and sowing do the same"),
        rival("leaf fall or drying", share(green.saturating_sub(wooded)), "lost its green"),
        rival("growth", share(wooded), "is green on both dates"),
        rival("burning", share(burned), "is mapped as burned"),
        rival("snow", share(snow), "lay under snow on one of the dates"),
        rival("flood", share(water), "is water on one of the dates"),
    ]
}

fn both(one: &Bits, other: &Bits, col: u32, run: Run) -> bool {
    one.contains(col, run.row) && other.contains(col, run.row)
}

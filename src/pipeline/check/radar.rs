//! The layer of radar change: the stack is tested once, and every claim on it is laid out over what was found.

use jiff::civil::Date;

use super::field::Ground;
use super::request::{Asked, CheckRequest};
use super::scenes::{blocked, outside};
use super::weighing::{Known, Laid, Layer, between, bracket, days_after, event};
use super::{Gathered, Shelf, field};
use crate::claim::{Claim, Kind, Window};
use crate::error::{Kind as Failure, Result};
use crate::evidence::LayerKind;
use crate::evidence::draw::Draw;
use crate::evidence::implant::{Trial, is_found, size_of};
use crate::evidence::judge::bears;
use crate::evidence::measurement::{Measurement, Observability, Rival};
use crate::evidence::placement::Place;
use crate::evidence::test::quantile;
use crate::geom::bits::Bits;
use crate::geom::runs::Run;
use crate::kernel::label::{Connectivity, label};
use crate::kernel::sar::discovery::key_of;
use crate::limits::Limits;
use crate::pipeline::crew::Watch;
use crate::pipeline::radar::request::{RadarRequest, Span, Split};
use crate::pipeline::radar::{Examined, RadarPrepared, run_examined};
use crate::recipe::EvidenceRecipe;

const STATISTIC: &str = "share of the observed area that lies in objects of significant backscatter change";
const IMPLANTS: &str = "backscatter lowered by 3 dB, as where walls no longer reflect, implanted in placebo areas and held against the same \
null and rate of false discoveries";
/// What an implant does to backscatter, in decibels.
const LOSS_DB: f64 = -3.0;

/// Tests the stack of a claim into a folder, and measures the claim on it.
///
/// # Errors
/// As the line over a stack; one with too few dates on a side is no failure but blocks the layer.
pub(super) fn measure(
    request: &CheckRequest,
    (asked, gathered): (&Asked, &mut Gathered),
    (shelf, folder): (Shelf<'_>, &str),
    watch: &dyn Watch,
    limits: &Limits,
) -> Result<()> {
    let claim = &asked.claim;
    if !bears(LayerKind::Radar, claim) {
        return Ok(());
    }
    let asked_of = RadarRequest {
        paths: request.stack(asked),
        split: split(claim, &request.recipe.evidence)?,
        scale: None,
        orbit: None,
        aoi: None,
        aoi_notes: Vec::new(),
        recipe: request.recipe.clone(),
    };
    let prepared = match RadarPrepared::new(asked_of, None, limits) {
        Err(error) if error.kind() == Failure::Mismatch => {
            gathered.layers.push(blocked(LayerKind::Radar, error.problem()));
            return Ok(());
        }
        ready => ready?,
    };
    gathered.files.extend(prepared.files().iter().cloned());
    let area = asked.aoi(limits)?;
    run_examined(&prepared, (&shelf.place(folder)?, false), watch, &mut |run| {
        let ground = Ground::of(&area, claim.location_error_m, &run.memory.plan.grid)?;
        gathered.radar(run);
        gathered.layers.push(on(run, claim, &ground, &request.recipe.evidence)?);
        Ok(())
    })?;
    Ok(())
}

/// Dates before the window, and those from its end for as long as the mark lasts.
fn split(claim: &Claim, recipe: &EvidenceRecipe) -> Result<Split> {
    let Window { from, to } = claim.window;
    let lasts = if claim.kinds.contains(&Kind::BuiltDamage) { recipe.fade_built_days } else { recipe.fade_open_days };
    let end = to.checked_add(jiff::Span::new().days(lasts)).unwrap_or(Date::MAX);
    let before = Span { first: None, last: from.yesterday().ok() };
    Split::spans(before, Span { first: Some(to), last: Some(end) })
}

/// One claim on a run.
fn on(run: &Examined<'_>, claim: &Claim, ground: &Ground, recipe: &EvidenceRecipe) -> Result<Measurement> {
    let plan = run.memory.plan;
    let grid = &plan.grid;
    let seen = seen(run)?;
    let hit = field::within(&run.found.mask, &seen);
    let unknown = Bits::new(grid.width() as u32, grid.height() as u32);
    let least_ha = run.prepared.request.recipe.radar.min_area_ha;
    let layer = Layer { kind: LayerKind::Radar, hit: &hit, statistic: STATISTIC, least_ha };
    let labels = label(&run.found.mask, Connectivity::Eight);
    let event = event(&ground.mask, &run.found.mask, &labels.of_run, labels.count);
    let Some(laid) = Laid::out(layer, (&seen, &unknown), grid, ground, &event, recipe) else {
        return Ok(outside(LayerKind::Radar));
    };
    let (before, after) = (run.prepared.reach(0), run.prepared.reach(1));
    let (last, first) = (before.map(|(_, last)| last), after.map(|(first, _)| first));
    let trials = trials(run, claim, &laid, recipe)?;
    let known = Known {
        observability: Observability {
            share: 0.0,
            window_share: between(last, after.map(|(_, last)| last), &claim.window),
            blockers: Vec::new(),
            doubts: run.summary.reliability.reasons.clone(),
        },
        bracket: bracket(last, first, &claim.window),
        rivals: rivals(laid.own()),
        looked_after_days: days_after(&claim.window, first),
        notes: vec!["cover is not known to radar: placebos are not matched on it".into()],
        temporal: None,
        power_words: IMPLANTS,
    };
    Ok(laid.measured(claim, &trials, known))
}

/// The pixels that were tested.
fn seen(run: &Examined<'_>) -> Result<Bits> {
    let grid = &run.memory.plan.grid;
    let bits = Bits::new(grid.width() as u32, grid.height() as u32);
    run.memory.visit(
        "evidence",
        || (),
        |(), window, record| {
            for (row, codes) in (window.row as u32..).zip(record.code.rows()) {
                let tested = (window.col as u32..).zip(codes).filter(|(_, code)| run.is_tested(**code));
                tested.for_each(|(col, _)| bits.set(Run { row, start: col, end: col + 1 }));
            }
            Ok(())
        },
    )?;
    Ok(bits)
}

/// Deviates and changes in decibels of the pixels under a placebo's shape.
fn pixels(run: &Examined<'_>, place: &Place) -> Result<Vec<(f32, f64)>> {
    let mask = place.mask(&run.memory.plan.grid);
    let mut all = Vec::new();
    for (index, window) in run.memory.plan.blocks.iter().enumerate() {
        if mask.in_window(*window).next().is_none() {
            continue;
        }
        let record = run.memory.fetch(index)?;
        for part in mask.in_window(*window) {
            let row = part.row as usize - window.row;
            let columns = part.start as usize - window.col..part.end as usize - window.col;
            let tested = columns.filter(|col| run.is_tested(record.code[(row, *col)]));
            all.extend(tested.map(|col| (run.z(record.key[(row, col)]), run.decibels(record.change[(row, col)]))));
        }
    }
    Ok(all)
}

/// Implants by number; each belongs to the size and the placebo that its number gives it. A pixel with the loss in it
/// has its own deviate moved by the loss over the spread of change around it.
fn trials(run: &Examined<'_>, claim: &Claim, laid: &Laid<'_>, recipe: &EvidenceRecipe) -> Result<Vec<Trial>> {
    let (sizes, interest) = (laid.sizes(claim), laid.interest(claim));
    if sizes.is_empty() {
        return Ok(Vec::new());
    }
    let mut trials = Vec::new();
    let each = recipe.implants.div_ceil(laid.spread.places.len().max(1));
    for (chosen, place) in laid.spread.places.iter().enumerate() {
        let pixels = pixels(run, place)?;
        let changes: Vec<f64> = pixels.iter().map(|(_, change)| *change).collect();
        let spread = (quantile(&changes, 0.841) - quantile(&changes, 0.159)) / 2.0;
        for turn in (0..each).take(recipe.implants.saturating_sub(chosen * each)) {
            let number = chosen * each + turn;
            let size = size_of(number, sizes.len(), interest);
            let mut draw = Draw::new(recipe.seed ^ 0x7261_6461, number as u64);
            let tried = ((sizes[size] / laid.pixel_ha).round() as usize).min(place.pixels as usize);
            let open = place.seen as f64 / place.pixels.max(1) as f64;
            let found = (0..tried).filter(|_| draw.unit() < open && lost(run, &pixels, spread, &mut draw)).count();
            let recovered = found as f64 * laid.pixel_ha;
            let statistic = (place.hit as f64 + found as f64) / place.seen.max(1) as f64;
            let found = is_found(recovered, sizes[size], laid.layer.least_ha);
            trials.push(Trial { size, statistic, recovered, found });
        }
    }
    Ok(trials)
}

/// Whether a random pixel of a place is found to have fallen once the loss is in it.
fn lost(run: &Examined<'_>, pixels: &[(f32, f64)], spread: f64, draw: &mut Draw) -> bool {
    let Some((z, _)) = pixels.get(draw.below(pixels.len())) else { return false };
    let moved = z + (LOSS_DB / spread.max(0.1)) as f32;
    run.is_discovered(key_of(run.uncalibrated(moved)))
}

/// What else changes backscatter: nothing in the layer tells these apart, so they are named and not scored.
fn rivals(own: &Place) -> Vec<Rival> {
    let names: &[(&str, &str)] = if own.hit == 0 {
        &[]
    } else {
        &[
            (
                "moisture, harvest or ploughing",
                "they change backscatter too; placebos on the same dates share the weather",
            ),
            ("flood or snow", "both lower backscatter over whole areas, placebos included"),
        ]
    };
    names.iter().map(|(name, words)| Rival { name: (*name).into(), score: 0.0, words: (*words).into() }).collect()
}

impl Gathered {
    /// Notes the dates and names of a stack.
    fn radar(&mut self, run: &Examined<'_>) {
        let dates = run.summary.orbits.iter().filter(|orbit| orbit.used);
        self.sources.names.extend(
            dates.map(|orbit| format!("radar: {} dates before and {} after", orbit.before.len(), orbit.after.len())),
        );
        self.sources.credits.push("Contains modified Copernicus Sentinel data".into());
        self.simulated |= run.summary.simulated;
        if self.sources.before.is_none() {
            self.sources.before = run.prepared.reach(0).map(|(_, last)| last);
            self.sources.after = run.prepared.reach(1).map(|(first, _)| first);
        }
    }
}

//! The optical layers of claims: the line is run once over a pair of scenes, and every claim on that pair is laid out
//! over it while the run still remembers its blocks.

use std::path::PathBuf;

use super::field::{Ground, Masks};
use super::request::{Asked, CheckRequest, Pair};
use super::{Gathered, Shelf, burn, optical};
use crate::error::Result;
use crate::evidence::LayerKind;
use crate::evidence::judge::bears;
use crate::evidence::measurement::{Interval, Measurement, Observability};
use crate::geom::aoi::Aoi;
use crate::limits::Limits;
use crate::pipeline::crew::Watch;
use crate::pipeline::{Examined, Prepared, run_examined};
use crate::plan::Side;

/// Ground around the area that the line sees on pairs of other years, in degrees: room for a control.
const AROUND_DEG: f64 = 0.04;

/// Runs the line over `pair` into a folder, and measures those of the claims that name it.
///
/// # Errors
/// As the line; `examine`d claims fail as reading scratch files does.
pub(super) fn measure(
    request: &CheckRequest,
    (pair, folder): (&Pair, &str),
    claims: &mut [(&Asked, &mut Gathered)],
    shelf: Shelf<'_>,
    watch: &dyn Watch,
    limits: &Limits,
) -> Result<()> {
    let mut others = Vec::new();
    for (asked, gathered) in claims.iter_mut() {
        others.push(temporal(request, asked, (&mut gathered.files, shelf, folder), watch, limits)?);
    }
    let prepared = Prepared::new(pair.request(None, request), None, limits)?;
    let out = shelf.place(folder)?;
    run_examined(&prepared, (&out, false), watch, &mut |run| {
        let masks = Masks::gather(run)?;
        for ((asked, gathered), temporal) in claims.iter_mut().zip(&others) {
            claim(run, &masks, asked, gathered, temporal.as_ref(), request, limits)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// One claim on a run.
fn claim(
    run: &Examined<'_>,
    masks: &Masks,
    asked: &Asked,
    gathered: &mut Gathered,
    temporal: Option<&Years>,
    request: &CheckRequest,
    limits: &Limits,
) -> Result<()> {
    let (claim, recipe) = (&asked.claim, &request.recipe.evidence);
    let area = asked.aoi(limits)?;
    let ground = Ground::of(&area, claim.location_error_m, &run.memory.plan.grid)?;
    gathered.scenes(run);
    if bears(LayerKind::Burn, claim) {
        let temporal = temporal.map(|years| (years.burned.clone(), years.words.clone()));
        match burn::measure(run, masks, claim, &ground, temporal, recipe)? {
            Some((measured, laid)) => {
                gathered.placebos(&laid.spread, run)?;
                gathered.layers.push(measured);
            }
            None => gathered.layers.push(outside(LayerKind::Burn)),
        }
    }
    if bears(LayerKind::OpticalChange, claim) {
        let measured = if ground.mask.is_empty() {
            Some(outside(LayerKind::OpticalChange))
        } else {
            let temporal = temporal.map(|years| (years.changed.clone(), years.words.clone()));
            optical::measure(run, masks, claim, &ground, temporal, recipe)
        };
        gathered.layers.extend(measured);
    }
    gathered.objects(run, &ground)?;
    gathered.pictures(run, &area)
}

/// A layer whose scenes do not reach the area.
pub(super) fn outside(layer: LayerKind) -> Measurement {
    blocked(layer, "the scenes do not reach the area")
}

/// A layer that nothing could be measured by.
pub(super) fn blocked(layer: LayerKind, why: &str) -> Measurement {
    let none = Interval { value: 0.0, low: 0.0, high: 0.0 };
    Measurement {
        layer,
        unit: if layer == LayerKind::Heat { "detections" } else { "ha" },
        statistic: String::new(),
        value: None,
        seen: 0.0,
        usual: 0.0,
        effect: none,
        effect_ha: none,
        least: 0.0,
        observability: Observability {
            share: 0.0,
            window_share: 0.0,
            blockers: vec![why.to_owned()],
            doubts: Vec::new(),
        },
        placebos: Vec::new(),
        false_alarms: None,
        power: None,
        bracket: None,
        rivals: Vec::new(),
        looked_after_days: None,
        notes: Vec::new(),
        days: Vec::new(),
    }
}

/// The same area on pairs of other years.
#[derive(Debug, Clone, Default)]
struct Years {
    /// Share of it that burned, of those that saw enough of it.
    burned: Vec<f64>,
    /// Share of it that changed.
    changed: Vec<f64>,
    /// How many there are, in words.
    words: String,
}

/// What pairs of other years show of an area; none without such pairs.
fn temporal(
    request: &CheckRequest,
    asked: &Asked,
    (files, shelf, folder): (&mut Vec<PathBuf>, Shelf<'_>, &str),
    watch: &dyn Watch,
    limits: &Limits,
) -> Result<Option<Years>> {
    let controls = request.controls(asked);
    let area = asked.aoi(limits)?;
    let mut years = Years::default();
    for (number, pair) in controls.iter().enumerate() {
        let folder = format!("{folder}-{}-other-{:02}", asked.number, number + 1);
        let prepared = Prepared::new(pair.request(Some(around(&area)), request), None, limits)?;
        files.extend(prepared.pair.files());
        run_examined(&prepared, (&shelf.place(&folder)?, false), watch, &mut |run| {
            let masks = Masks::gather(run)?;
            let ground = Ground::of(&area, asked.claim.location_error_m, &run.memory.plan.grid)?;
            let count = |bits: &crate::geom::bits::Bits| -> u64 {
                ground.mask.as_slice().iter().map(|run| bits.count(*run)).sum()
            };
            let seen = count(&masks.seen);
            let share = |bits| count(bits) as f64 / seen.max(1) as f64;
            if seen > 0 && seen as f64 >= request.recipe.evidence.min_observed * ground.mask.pixels() as f64 {
                years.burned.push(share(&masks.burned));
                years.changed.push(share(&masks.changed));
            }
            Ok(())
        })?;
    }
    let (given, seen) = (controls.len(), years.burned.len());
    years.words = format!("the same area on {given} pairs of other years, {seen} of them clear enough");
    Ok((!controls.is_empty()).then_some(years))
}

/// A box around the area with room for a control, as GeoJSON.
fn around(area: &Aoi) -> String {
    let polygons: Vec<serde_json::Value> = area
        .bounds()
        .iter()
        .map(|own| {
            let (west, east) = ((own.west - AROUND_DEG).max(-180.0), (own.east + AROUND_DEG).min(180.0));
            let (south, north) = ((own.south - AROUND_DEG).max(-90.0), (own.north + AROUND_DEG).min(90.0));
            serde_json::json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]])
        })
        .collect();
    serde_json::json!({ "type": "MultiPolygon", "coordinates": polygons }).to_string()
}

impl Gathered {
    /// Notes the dates and names of the scenes.
    fn scenes(&mut self, run: &Examined<'_>) {
        let pair = &run.prepared.pair;
        (self.sources.before, self.sources.after) = (pair.date(Side::Before), pair.date(Side::After));
        self.sources.names.extend(
            pair.scenes
                .iter()
                .map(|scene| format!("{}: {}", scene.side.word(), crate::text::inert_line(scene.product.name.raw()))),
        );
        self.sources.credits.extend(crate::pipeline::publish::credits(run.prepared, &run.summary.dates));
        self.simulated |= run.summary.simulated;
        self.files.extend(pair.files());
    }
}

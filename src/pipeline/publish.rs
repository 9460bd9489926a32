//! The documents of a run, and the moment it becomes visible.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::detect::Decision;
use super::manifest::{Entry, Manifest};
use super::measured::Measured;
use super::objects::{Found, shared_properties};
use super::pictures::Captions;
use super::prepared::Prepared;
use super::sink::BURN_CLASSES;
use super::summary::{Dates, LIMITS, Offsets, Reliability, SceneOffset, Seeding, Summary};
use super::unsupervised::sheet::CHANGED_CLASSES;
use super::{grid_facts, item, unserialised};
use crate::error::Result;
use crate::geom::aoi::Aoi;
use crate::geom::crs::{Crs, Transform};
use crate::geom::grid::Grid;
use crate::io::access::Access;
use crate::io::cog::Stats;
use crate::io::store::{self, Published, Stage};
use crate::kernel::mask::{self, Reason};
use crate::plan::Side;
use crate::recipe::Recipe;
use crate::scene::gate::Gate;
use crate::scene::scale::Confidence;
use crate::scene::sensor::Sensor;

/// Share of the AOI that both dates must have seen before the figures stand for it.
const ENOUGH_SEEN: f64 = 0.5;

/// What a summary tells besides.
pub(super) struct Told {
    pub(super) gates: Vec<Gate>,
    pub(super) notes: Vec<String>,
    pub(super) seeding: Option<Seeding>,
}

/// The summary of what was measured, decided and found.
pub(super) fn summarised(
    prepared: &Prepared,
    Told { gates, notes, seeding }: Told,
    measured: &Measured,
    decision: &Decision,
    found: &Found,
) -> Summary {
    let areas = &measured.areas;
    let aoi_ha = areas.hectares(|code| code != Reason::Outside.code());
    let valid_share = if aoi_ha > 0.0 { areas.hectares(mask::code_is_valid) / aoi_ha } else { 0.0 };
    let by_reason = |wanted: &dyn Fn(Reason) -> bool| {
        let reasons = areas.codes().filter_map(Reason::from_code).filter(|reason| wanted(*reason));
        reasons
            .map(|reason| (reason.label().to_owned(), json!(rounded(areas.hectares(|code| code == reason.code())))))
            .collect::<Map<_, _>>()
    };
    let mut warnings = prepared.request.aoi_notes.clone();
    warnings.extend(prepared.pair.warnings.clone());
    warnings.extend(notes);
    warnings.extend(gates.iter().filter_map(|gate| gate.warning().map(str::to_owned)));
    let (blocks_read, bytes_read) = prepared.touched();
    Summary {
        groundtell: env!("CARGO_PKG_VERSION"),
        simulated: prepared.simulated(),
        dates: Dates { before: date(prepared, Side::Before), after: date(prepared, Side::After) },
        grid: grid_facts(&prepared.plan.grid),
        aoi_ha: rounded(aoi_ha),
        valid_share: rounded(valid_share),
        not_seen_ha: by_reason(&|reason| !reason.is_valid() && reason != Reason::Outside),
        flagged_ha: by_reason(&|reason| reason.is_valid() && reason != Reason::Clear),
        changed_ha: (measured.changed.pixels(|_| true) > 0)
            .then(|| rounded(measured.changed.hectares(|code| code == 1))),
        burned_ha: rounded(found.burned_ha),
        specks_ha: rounded(found.specks_ha),
        objects: found.objects.len() as u64,
        threshold: decision.threshold,
        threshold_strategy: decision.strategy.clone(),
        separability: decision.separability.map(rounded),
        seeding,
        offsets: Offsets {
            control: decision.offset,
            control_pixels: decision.control_pixels,
            scenes: scene_offsets(prepared),
        },
        reliability: Reliability::from_reasons(doubts(prepared, &gates, measured, decision, valid_share)),
        gates,
        warnings,
        blocks_read,
        bytes_read,
        failed_blocks: measured.failed.clone(),
        limits: LIMITS,
    }
}

fn doubts(
    prepared: &Prepared,
    gates: &[Gate],
    measured: &Measured,
    decision: &Decision,
    valid_share: f64,
) -> Vec<String> {
    let mut doubts = decision.doubts.clone();
    doubts.extend(gates.iter().filter_map(|gate| gate.doubt().map(str::to_owned)));
    let unsettled = prepared.pair.scenes.iter().filter(|scene| scene.decision.confidence == Confidence::Low);
    doubts.extend(unsettled.map(|scene| {
        format!("nothing settles whether the numbers of {} carry an offset: state it with --offset", scene.product.name)
    }));
    if valid_share < ENOUGH_SEEN {
        doubts.insert(0, format!("both dates saw only {:.0} % of the area", 100.0 * valid_share));
    }
    if !measured.failed.is_empty() {
        doubts.insert(0, format!("{} blocks could not be read", measured.failed.len()));
    }
    doubts
}

/// How each scene's numbers became reflectance.
pub(super) fn scene_offsets(prepared: &Prepared) -> Vec<SceneOffset> {
    let scenes = prepared.pair.scenes.iter();
    scenes
        .map(|scene| SceneOffset {
            scene: scene.product.name.to_string(),
            side: scene.side.word(),
            scale: scene.scale().gain,
            offset: scene.scale().gain * scene.scale().offset_dn,
            declared: scene.decision.declared.clone(),
            measured: scene.decision.measured.clone(),
            used: scene.decision.used.clone(),
        })
        .collect()
}

/// The date that matters of a side, in words.
pub(super) fn date(prepared: &Prepared, side: Side) -> Option<String> {
    prepared.pair.date(side).map(|date| date.to_string())
}

/// To four decimals: no figure here is better than that.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// What pictures say around themselves.
pub(super) fn captions(prepared: &Prepared, simulated: bool, dates: &Dates, reliability: &Reliability) -> Captions {
    let caption = |side: Side, date: &Option<String>| {
        let sensor = prepared.pair.side(side).next().map_or("", |scene| sensor_name(scene.product.sensor));
        format!("{} {sensor}", date.clone().unwrap_or_else(|| format!("{}, date unknown", side.word())))
            .trim_end()
            .to_owned()
    };
    let mut notes: Vec<String> = Vec::new();
    if simulated {
        notes.push("SIMULATED: nothing here was seen by a satellite".into());
    }
    notes.extend(reliability.reasons.iter().map(|reason| format!("doubtful: {reason}")));
    Captions {
        dates: [caption(Side::Before, &dates.before), caption(Side::After, &dates.after)],
        notes,
        simulated,
        credit: if simulated { String::new() } else { credit(prepared, dates) },
        outline: outline(prepared.area.as_ref(), &prepared.plan.grid),
    }
}

fn sensor_name(sensor: Sensor) -> &'static str {
    match sensor {
        Sensor::Sentinel2 => "Sentinel-2",
        Sensor::Landsat4to7 => "Landsat 4-7",
        Sensor::Landsat8to9 => "Landsat 8/9",
        Sensor::Generic => "",
    }
}

/// The credit line.
fn credit(prepared: &Prepared, dates: &Dates) -> String {
    credits(prepared, dates).join("; ")
}

/// The credit that the Copernicus licence asks for, with the years; USGS asks for its own.
pub(super) fn credits(prepared: &Prepared, dates: &Dates) -> Vec<String> {
    let mut years: Vec<&str> =
        [&dates.before, &dates.after].into_iter().flatten().filter_map(|date| date.get(..4)).collect();
    years.dedup();
    let sensors =
        |wanted: &dyn Fn(Sensor) -> bool| prepared.pair.scenes.iter().any(|scene| wanted(scene.product.sensor));
    let mut credits = Vec::new();
    if sensors(&|sensor| sensor == Sensor::Sentinel2) {
        credits.push(format!("Contains modified Copernicus Sentinel data {}", years.join(", ")).trim_end().to_owned());
    }
    if sensors(&|sensor| sensor.is_landsat()) {
        credits.push("Landsat data courtesy of the U.S. Geological Survey".to_owned());
    }
    credits
}

/// The AOI's rings in map coordinates, for drawing.
pub(super) fn outline(area: Option<&Aoi>, grid: &Grid) -> Vec<Vec<(f64, f64)>> {
    let Some(area) = area else { return Vec::new() };
    let Ok(transform) = Transform::new(Crs::WGS84, grid.crs()) else { return Vec::new() };
    let rings =
        area.polygons().iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
    rings.map(|ring| ring.coords().filter_map(|at| transform.point(at.x, at.y)).collect()).collect()
}

/// Writes the documents and makes the stage visible, manifest last.
///
/// # Errors
/// As writing and publishing.
pub(super) fn publish(
    prepared: &Prepared,
    stage: Stage,
    summary: &Summary,
    found: &Found,
    layers: &[(String, Stats)],
) -> Result<()> {
    let about = json!({
        "groundtell": summary.groundtell, "dates": summary.dates, "threshold": summary.threshold,
        "threshold_strategy": summary.threshold_strategy, "control_offset": summary.offsets.control,
        "reliability": summary.reliability, "simulated": summary.simulated,
        "note": if summary.simulated { "SIMULATED: nothing here was seen by a satellite" } else { summary.limits },
    });
    let dates = (summary.dates.before.as_deref(), summary.dates.after.as_deref());
    let shared = shared_properties(dates.0, dates.1, summary.valid_share, summary.simulated, summary.reliability.state);
    found.write(&stage, &prepared.plan.grid, &about, &shared, prepared.request.recipe.output.gpkg)?;
    write_summary(&stage, summary)?;
    if let Some(item) = item::item(prepared, &stage, summary.into(), layers)? {
        stage.write("item.json", &item)?;
    }
    let recipe = &prepared.request.recipe;
    let request = prepared.request.record()?;
    release(
        stage,
        Run {
            command: "change",
            simulated: summary.simulated,
            request,
            recipe,
            inputs: &prepared.pair.files(),
            access: &prepared.request.access,
        },
    )
}

/// Writes `summary.json`.
///
/// # Errors
/// As writing.
pub(super) fn write_summary(stage: &Stage, summary: &impl Serialize) -> Result<()> {
    let mut document = serde_json::to_vec_pretty(summary).map_err(|error| unserialised(&error))?;
    document.push(b'\n');
    stage.write("summary.json", &document)
}

/// What a manifest says of a run, beside its files.
pub(crate) struct Run<'a> {
    /// The command, in the words of the command line.
    pub(crate) command: &'a str,
    /// Whether any input was simulated.
    pub(crate) simulated: bool,
    /// The request, for a replay.
    pub(crate) request: Value,
    /// The recipe.
    pub(crate) recipe: &'a Recipe,
    /// The files that were opened.
    pub(crate) inputs: &'a [PathBuf],
    /// The way to those of them that lie on servers.
    pub(crate) access: &'a Access,
}

/// Makes the stage visible, with the manifest of the run last.
///
/// # Errors
/// As reading the inputs once more and publishing; `Environment` when a part of an input could not be fetched, which
/// would pass for ground that nobody saw.
pub(crate) fn release(stage: Stage, run: Run<'_>) -> Result<()> {
    run.access.sound()?;
    let hash = run.recipe.output.hash_inputs;
    let inputs = run.inputs.iter().map(|path| input(path, hash, run.access)).collect::<Result<Vec<_>>>()?;
    let recipe = serde_json::to_value(run.recipe).map_err(|error| unserialised(&error))?;
    stage.publish(|files: &[Published]| {
        let manifest = Manifest {
            groundtell: env!("CARGO_PKG_VERSION").to_owned(),
            command: run.command.to_owned(),
            simulated: run.simulated,
            request: run.request,
            recipe,
            inputs,
            files: files.iter().map(Entry::from).collect(),
        };
        manifest.to_json()
    })?;
    Ok(())
}

/// An input file as the manifest records it.
fn input(path: &Path, hash: bool, access: &Access) -> Result<Entry> {
    if let Some(record) = access.record(path)? {
        return Ok(Entry::of_remote(path, record));
    }
    let sha256 = if hash { store::sha256_of(path)? } else { "not taken".to_owned() };
    Ok(Entry { path: path.to_string_lossy().into_owned(), bytes: store::size_of(path)?, sha256, remote: None })
}

/// Classes of a layer, if it is one of classes.
pub(super) fn classes_of(layer: &str) -> Vec<(u8, String)> {
    match layer {
        "validity" => Reason::ALL.iter().map(|reason| (reason.code(), reason.label().to_owned())).collect(),
        "changed" => CHANGED_CLASSES.iter().map(|(code, label, _)| (*code, (*label).to_owned())).collect(),
        "burn" => BURN_CLASSES.iter().map(|(code, label, _)| (*code, (*label).to_owned())).collect(),
        _ => Vec::new(),
    }
}

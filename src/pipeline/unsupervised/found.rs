//! From scores to what is written of them: layers, the mask of changed ground, and its objects.

use serde_json::{Map, Value, json};

use super::super::cut::stamp;
use super::scored::{Scored, Threshold};
use super::sheet::Sheet;
use super::tiles::{BARRED, TESTED, Tile};
use crate::error::Result;
use crate::geom::crs::{Crs, Transform};
use crate::geom::runs::{Run, Runs};
use crate::geom::window::Window;
use crate::io::geojson::lonlat::{LonLat, Projection};
use crate::io::geojson::{Feature, Writer};
use crate::io::gpkg;
use crate::io::store::Stage;
use crate::kernel::label::{self, Connectivity, Labels};
use crate::plan::{Plan, area_ha};
use crate::recipe::BurnRecipe;
use crate::vector::object::{Naming, Numbers, Object, objects};
use crate::vector::trace::trace;
use crate::vector::zonal::{STEP, Zones};

/// Codes of the decision.
const CHANGED: u8 = 1;
const SPECK: u8 = 2;
const NOT_TESTED: u8 = 3;
const NOT_SEEN: u8 = 255;
/// Steps per unit of a statistic in the numbers of objects.
const STEPS: f32 = 100.0;

/// What was found.
pub(super) struct Found {
    /// The objects, in raster order of their first pixels.
    pub objects: Vec<Object>,
    outlines: Vec<LonLat>,
    /// Ground hectares of all objects together.
    pub changed_ha: f64,
    /// Hectares above the threshold in objects below the mapping unit.
    pub specks_ha: f64,
}

/// What objects are called and of which statistic they tell.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    /// The statistic's layer.
    pub statistic: &'static str,
    /// The bracket of dates.
    pub dates: &'a str,
}

/// Writes statistic and probability, and gives the pixels above the threshold.
///
/// # Errors
/// As reading the spool and writing.
pub(super) fn layers(
    scored: &Scored<'_>,
    threshold: &Threshold,
    statistic: &Sheet,
    probability: Option<&Sheet>,
) -> Result<Runs> {
    let lattice = scored.store.lattice;
    let parts = scored.store.each("decide", |number, tile| {
        let window = lattice.window(number);
        let values = tile.variable(0);
        statistic.put(window, tile.spread(window, &values, f32::NAN)?.view())?;
        if let (Some(sheet), Some(values)) = (probability, scored.law.probabilities(&values)) {
            sheet.put(window, tile.spread(window, &values, f32::NAN)?.view())?;
        }
        runs(&tile, threshold, window)
    })?;
    let whole = lattice.whole();
    Ok(Runs::from_unsorted(whole.width as u32, whole.height as u32, parts.concat()))
}

fn runs(tile: &Tile, threshold: &Threshold, window: Window) -> Result<Vec<Run>> {
    let above = tile.spread(window, &threshold.takes(tile), false)?;
    let mut runs = Vec::new();
    for (row, above) in above.rows().into_iter().enumerate() {
        let mut start = None;
        for (col, above) in above.iter().copied().chain([false]).enumerate() {
            match (above, start) {
                (true, None) => start = Some(col),
                (false, Some(from)) => {
                    let at = |col: usize| (window.col + col) as u32;
                    runs.push(Run { row: (window.row + row) as u32, start: at(from), end: at(col) });
                    start = None;
                }
                _ => {}
            }
        }
    }
    Ok(runs)
}

/// Generalises the mask, writes the decision and measures the objects.
///
/// # Errors
/// As reading the spool and writing.
pub(super) fn find(
    scored: &Scored<'_>,
    plan: &Plan,
    above: &Runs,
    recipe: &BurnRecipe,
    decision: &Sheet,
    words: Words<'_>,
) -> Result<Found> {
    let (mask, connectivity) = generalised(above, recipe, &|row| plan.grid.pixel_hectares(row as usize));
    // Filled holes belong to the polygons, not to the decision per pixel.
    let kept = mask.intersect(above);
    let labels = label::label(&mask, connectivity);
    let lattice = scored.store.lattice;
    let parts = scored.store.each("objects", |number, tile| {
        let window = lattice.window(number);
        let mut codes = states(&tile, window)?;
        stamp(&mut codes, window, above, SPECK);
        stamp(&mut codes, window, &kept, CHANGED);
        decision.put_codes(window, codes.view())?;
        if mask.in_window(window).next().is_none() {
            return Ok(None);
        }
        let steps: Vec<i32> = tile.values.row(0).iter().map(|value| (value * STEPS).round() as i32).collect();
        let mut zones = Zones::new(labels.count);
        let steps = tile.spread(window, &steps, 0)?;
        zones.feed((&mask, &labels), window, |at| (codes[at] == CHANGED).then(|| steps[at]))?;
        Ok(Some(zones))
    })?;
    let mut zones = Zones::new(labels.count);
    parts.iter().flatten().for_each(|part| zones.merge(part));
    let specks_ha = area_ha(&plan.grid, &above.subtract(&kept));
    Ok(Found { specks_ha, ..measured(plan, &mask, &labels, &zones, words)? })
}

/// The code of every pixel before the threshold.
fn states(tile: &Tile, window: Window) -> Result<ndarray::Array2<u8>> {
    let code = |state: &u8| match *state {
        TESTED => 0,
        BARRED => NOT_TESTED,
        _ => NOT_SEEN,
    };
    let codes = tile.state.iter().map(code).collect();
    ndarray::Array2::from_shape_vec(window.shape(), codes).map_err(|error| crate::Error::bug(error.to_string()))
}

/// The objects of a mask: sieved, freed of what is below the mapping unit, small holes filled.
fn generalised(mask: &Runs, recipe: &BurnRecipe, pixel_ha: &dyn Fn(u32) -> f64) -> (Runs, Connectivity) {
    let connectivity = if recipe.connectivity == 4 { Connectivity::Four } else { Connectivity::Eight };
    let sieved = if recipe.sieve_px > 1 { label::sieve(mask, recipe.sieve_px, connectivity) } else { mask.clone() };
    let large = label::remove_small(&sieved, recipe.min_area_ha, pixel_ha, connectivity);
    (label::fill_holes(&large, recipe.fill_ha, pixel_ha, connectivity), connectivity)
}

/// Objects with outline, area and name.
fn measured(plan: &Plan, mask: &Runs, labels: &Labels, zones: &Zones, words: Words<'_>) -> Result<Found> {
    let transform = Transform::new(plan.grid.crs(), Crs::WGS84)?;
    let to_lonlat = |x: f64, y: f64| transform.point(x, y);
    let projection = Projection { grid: &plan.grid, to_lonlat: &to_lonlat };
    let traced = trace(mask, labels);
    let outlines = traced.iter().map(|polygons| projection.outline(polygons)).collect::<Result<Vec<_>>>()?;
    let naming = Naming { layer: words.statistic, dates: words.dates };
    // The statistic takes the first place; the second stays empty and is not told.
    let none = Zones::new(labels.count);
    let numbers = Numbers { dnbr: zones, rbr: &none, classes: None };
    let mut found = objects((mask, labels, traced), &plan.grid, naming, numbers, &|_| 0.0);
    for (object, outline) in found.iter_mut().zip(&outlines) {
        object.area_ha = outline.area_ha();
    }
    // From +0: the empty sum of floats is -0.
    let changed_ha = found.iter().fold(0.0, |sum, object| sum + object.area_ha);
    Ok(Found { objects: found, outlines, changed_ha, specks_ha: 0.0 })
}

impl Found {
    /// Writes `change.geojson`, and `change.gpkg` when asked.
    ///
    /// # Errors
    /// As writing.
    pub(super) fn write(
        &self,
        stage: &Stage,
        plan: &Plan,
        about: &Value,
        (statistic, shared): (&str, &Map<String, Value>),
        with_gpkg: bool,
    ) -> Result<()> {
        let properties: Vec<Map<String, Value>> =
            self.objects.iter().map(|object| told(object, statistic, shared)).collect();
        let mut writer = Writer::new(stage.create("change.geojson")?, Some(about))?;
        for ((object, outline), properties) in self.objects.iter().zip(&self.outlines).zip(&properties) {
            writer.feature(&Feature { id: &object.id, outline, properties })?;
        }
        writer.finish()?.finish()?;
        if !with_gpkg {
            return Ok(());
        }
        let rows = self.objects.iter().zip(&properties);
        let rows: Vec<gpkg::Row<'_>> = rows
            .map(|(object, properties)| gpkg::Row { id: &object.id, outline: &object.outline, properties })
            .collect();
        let description = about.get("note").and_then(Value::as_str).unwrap_or_default();
        // No clock: the same run writes the same bytes.
        let changed = jiff::Timestamp::UNIX_EPOCH;
        let layer = gpkg::Layer { name: "change", title: "change", description, grid: &plan.grid, changed };
        gpkg::write(&stage.path_of("change.gpkg")?, &layer, &rows)
    }
}

/// What an object says of itself.
fn told(object: &Object, statistic: &str, shared: &Map<String, Value>) -> Map<String, Value> {
    let unit = |value: f64| (value / STEP / f64::from(STEPS) * 1e4).round() / 1e4;
    let mut map = Map::new();
    map.insert("area_ha".into(), json!((object.area_ha * 1e4).round() / 1e4));
    map.insert("pixels".into(), json!(object.pixels));
    map.insert(format!("{statistic}_mean"), json!(object.dnbr.mean().map(unit)));
    map.insert(format!("{statistic}_max"), json!(object.dnbr.max().map(unit)));
    map.extend(shared.clone());
    map
}

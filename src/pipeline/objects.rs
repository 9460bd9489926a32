//! The last pass: the burn layer, numbers per object, and the vector files.

use ndarray::Array2;
use serde_json::{Map, Value, json};

use super::cut::stamp;
use super::detect::{Memory, Outline};
use super::record::{ELIGIBLE, SEEN};
use super::seeded::Judged;
use super::sink::Sink;
use crate::error::Result;
use crate::geom::crs::{Crs, Transform};
use crate::geom::grid::Grid;
use crate::geom::runs::Runs;
use crate::io::geojson::lonlat::{LonLat, Projection};
use crate::io::geojson::{Feature, Writer};
use crate::io::gpkg;
use crate::io::store::Stage;
use crate::kernel::change::class_of;
use crate::kernel::label::{Labels, label};
use crate::plan::{Plan, area_ha};
use crate::vector::dating::Dating;
use crate::vector::object::{Naming, Numbers, Object, objects};
use crate::vector::trace::trace;
use crate::vector::zonal::{ClassCounts, Zones};

/// Codes of the burn layer.
const BURNED: u8 = 1;
const SPECK: u8 = 2;
const UNSEEN: u8 = 255;
/// USGS classes of dNBR, 1 to 7, and 0 for none.
const CLASSES: u8 = 8;

/// What was found.
pub(crate) struct Found {
    /// The objects, in raster order of their first pixels.
    pub objects: Vec<Object>,
    /// Their outlines in longitude and latitude.
    pub outlines: Vec<LonLat>,
    /// Ground hectares of all objects together.
    pub burned_ha: f64,
    /// Hectares above the threshold in objects below the mapping unit.
    pub(super) specks_ha: f64,
    /// The objects as a mask.
    pub mask: Runs,
    /// What seed and grow knows of each; empty for other strategies.
    pub(crate) judged: Vec<Judged>,
    /// The object of each run of the mask.
    pub(crate) labels: Labels,
    /// When each object appeared; empty until that was asked.
    pub(super) datings: Vec<Dating>,
}

/// Numbers per object, of one worker.
struct Part {
    dnbr: Zones,
    rbr: Zones,
    classes: ClassCounts,
}

/// Decides every pixel, writes the burn layer and measures the objects.
///
/// # Errors
/// As reading the spool and writing the layer.
pub(super) fn find(memory: Memory<'_>, outline: Outline, burn: &Sink, dates: &str) -> Result<Found> {
    let plan = memory.plan;
    let Outline { mask, connectivity, counted, burned, specks } = outline;
    let labels = label(&mask, connectivity);
    let parts = memory.visit(
        "objects",
        || Part::new(labels.count),
        |part, index, record| {
            let window = plan.blocks[index];
            burn.put_codes(window, burn_codes(record.flags(), &specks, &burned, window).view())?;
            let mut taken = Array2::from_elem(window.shape(), false);
            if mask.in_window(window).next().is_none() || !stamp(&mut taken, window, &counted, true) {
                return Ok(());
            }
            let (dnbr, rbr, flags) = (record.dnbr()?, record.rbr()?, record.flags());
            let taken = |at: (usize, usize)| taken[at] && flags[at] & ELIGIBLE != 0;
            part.dnbr.feed((&mask, &labels), window, |at| taken(at).then(|| dnbr[at].into()))?;
            part.rbr.feed((&mask, &labels), window, |at| taken(at).then(|| rbr[at].into()))?;
            let class = |at| taken(at).then(|| class_of(f32::from(dnbr[at]) * 1e-4));
            part.classes.feed((&mask, &labels), window, class)
        },
    )?;
    let mut sum = Part::new(labels.count);
    parts.iter().for_each(|part| sum.merge(part));
    let specks_ha = area_ha(&plan.grid, &specks);
    Ok(Found { specks_ha, ..measured(plan, mask, labels, sum, dates)? })
}

/// The burn code of every pixel of a block.
fn burn_codes(
    flags: ndarray::ArrayView2<'_, u8>,
    specks: &Runs,
    burned: &Runs,
    window: crate::geom::window::Window,
) -> ndarray::Array2<u8> {
    let mut codes = ndarray::Array2::zeros(flags.raw_dim());
    for (runs, code) in [(specks, SPECK), (burned, BURNED)] {
        stamp(&mut codes, window, runs, code);
    }
    // What nobody saw is not burned, wherever an object closes over it.
    ndarray::Zip::from(&mut codes).and(flags).for_each(|code, flags| {
        *code = if flags & SEEN != 0 { *code } else { UNSEEN };
    });
    codes
}

/// Objects with outline, area and name.
fn measured(plan: &Plan, mask: Runs, labels: Labels, part: Part, dates: &str) -> Result<Found> {
    let transform = Transform::new(plan.grid.crs(), Crs::WGS84)?;
    let to_lonlat = |x: f64, y: f64| transform.point(x, y);
    let projection = Projection { grid: &plan.grid, to_lonlat: &to_lonlat };
    let traced = trace(&mask, &labels);
    let outlines = traced.iter().map(|polygons| projection.outline(polygons)).collect::<Result<Vec<_>>>()?;
    let naming = Naming { layer: "burn", dates };
    let numbers = Numbers { dnbr: &part.dnbr, rbr: &part.rbr, classes: Some(&part.classes) };
    let mut found = objects((&mask, &labels, traced), &plan.grid, naming, numbers, &|_| 0.0);
    for (object, outline) in found.iter_mut().zip(&outlines) {
        object.area_ha = outline.area_ha();
    }
    // From +0: the empty sum of floats is -0, and nobody wants to read "-0.0 ha".
    let burned_ha = found.iter().fold(0.0, |sum, object| sum + object.area_ha);
    let (judged, datings) = (Vec::new(), Vec::new());
    Ok(Found { objects: found, outlines, burned_ha, specks_ha: 0.0, mask, judged, labels, datings })
}

impl Part {
    fn new(count: usize) -> Self {
        Self { dnbr: Zones::new(count), rbr: Zones::new(count), classes: ClassCounts::new(count, CLASSES) }
    }

    fn merge(&mut self, other: &Self) {
        self.dnbr.merge(&other.dnbr);
        self.rbr.merge(&other.rbr);
        self.classes.merge(&other.classes);
    }
}

impl Found {
    /// Properties of every object: its numbers and what all share.
    fn properties(&self, shared: &Map<String, Value>) -> Vec<Map<String, Value>> {
        let own = |(number, object): (usize, &Object)| {
            let mut properties = object.properties();
            let dating = self.datings.get(number).copied().unwrap_or_default();
            properties.insert("bracket".into(), json!(dating.bracket()));
            properties.insert("persistence".into(), json!(dating.persistence.map(|share| (share * 1e4).round() / 1e4)));
            let judged = self.judged.get(number).map(|judged| judged.properties(object.area_ha));
            properties.extend(judged.unwrap_or_default());
            properties.extend(shared.clone());
            properties
        };
        self.objects.iter().enumerate().map(own).collect()
    }

    /// Writes `change.geojson`, and `change.gpkg` when asked.
    ///
    /// # Errors
    /// As writing.
    pub(super) fn write(
        &self,
        stage: &Stage,
        grid: &Grid,
        about: &Value,
        shared: &Map<String, Value>,
        with_gpkg: bool,
    ) -> Result<()> {
        let properties = self.properties(shared);
        let mut writer = Writer::new(stage.create("change.geojson")?, Some(about))?;
        for ((object, outline), properties) in self.objects.iter().zip(&self.outlines).zip(&properties) {
            writer.feature(&Feature { id: &object.id, outline, properties })?;
        }
        writer.finish()?.finish()?;
        if !with_gpkg {
            return Ok(());
        }
        let rows: Vec<gpkg::Row<'_>> = self
            .objects
            .iter()
            .zip(&properties)
            .map(|(object, properties)| gpkg::Row { id: &object.id, outline: &object.outline, properties })
            .collect();
        let description = about.get("note").and_then(Value::as_str).unwrap_or_default();
        // No clock: the same run writes the same bytes.
        let layer =
            gpkg::Layer { name: "change", title: "change", description, grid, changed: jiff::Timestamp::UNIX_EPOCH };
        gpkg::write(&stage.path_of("change.gpkg")?, &layer, &rows)
    }
}

/// What every object of a run shares.
pub(super) fn shared_properties(
    before: Option<&str>,
    after: Option<&str>,
    valid_share: f64,
    simulated: bool,
    reliability: &str,
) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("kind".into(), json!("burned"));
    map.insert("date_before".into(), json!(before));
    map.insert("date_after".into(), json!(after));
    map.insert("clear_share".into(), json!((valid_share * 1e4).round() / 1e4));
    map.insert("reliability".into(), json!(reliability));
    map.insert("simulated".into(), json!(simulated));
    map
}

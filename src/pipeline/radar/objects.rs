//! The last pass: classes per pixel, objects of rise and of fall with their numbers.

use ndarray::{Array2, Zip};
use serde_json::{Map, Value, json};

use super::decision::Decision;
use super::layers::Layers;
use super::prepared::RadarPrepared;
use super::record::{Memory, Record, class};
use crate::error::Result;
use crate::geom::crs::{Crs, Transform};
use crate::geom::runs::{Run, Runs};
use crate::geom::window::Window;
use crate::io::geojson::lonlat::{LonLat, Projection};
use crate::io::geojson::{Feature, Writer};
use crate::io::store::Stage;
use crate::kernel::label::{Connectivity, Labels, label, remove_small};
use crate::pipeline::cut::stamp;
use crate::pipeline::publish::rounded;
use crate::pipeline::tally::Areas;
use crate::plan::Plan;
use crate::vector::object::Naming;
use crate::vector::trace::trace;
use crate::vector::zonal::{Tally, Zones};

/// Steps of [`Zones`] in a step of deviates, and in one of change.
const PER_KEY: i32 = 10;
const PER_CHANGE: i32 = 100;

/// One object.
pub(super) struct Object {
    pub(super) id: String,
    /// Whether backscatter rose in it.
    pub(super) rise: bool,
    pub(super) pixels: u64,
    pub(super) area_ha: f64,
    /// Deviate against the null in use, and change in decibels.
    pub(super) z: Tally,
    pub(super) change: Tally,
    pub(super) outline: LonLat,
}

/// What was found.
pub(in crate::pipeline) struct Found {
    /// Rises first, each in raster order.
    pub(super) objects: Vec<Object>,
    /// Ground area by class.
    pub(super) areas: Areas,
    /// All objects as a mask.
    pub(in crate::pipeline) mask: Runs,
    /// Sum of change and count of pixels by coarse pixel, for the picture.
    pub(super) coarse: Coarse,
}

/// Sums of change in steps over squares of pixels; whole numbers, so that no order changes them.
#[derive(Clone)]
pub(super) struct Coarse {
    /// Pixels in the side of a square.
    pub(super) factor: usize,
    pub(super) sums: Array2<(i64, u32)>,
}

/// The pixels of one sign.
struct Signed {
    rise: bool,
    mask: Runs,
    labels: Labels,
}

/// Numbers of one worker.
struct Part {
    zones: [[Zones; 2]; 2],
    areas: Areas,
    coarse: Coarse,
}

/// Decides every pixel, writes the last layers and measures the objects.
///
/// # Errors
/// As reading the spool and writing the layers.
pub(super) fn find(
    prepared: &RadarPrepared,
    memory: Memory<'_>,
    decision: &Decision,
    layers: &Layers,
) -> Result<Found> {
    let plan = memory.plan;
    let recipe = &prepared.request.recipe;
    let connectivity = if recipe.radar.connectivity == 4 { Connectivity::Four } else { Connectivity::Eight };
    let signed = masks(memory, decision)?.map(|(rise, mask)| {
        let pixel_ha = |row: u32| plan.grid.pixel_hectares(row as usize);
        let mask = remove_small(&mask, recipe.radar.min_area_ha, &pixel_ha, connectivity);
        Signed { rise, labels: label(&mask, connectivity), mask }
    });
    let coarse = Coarse::new(plan, recipe.output.preview_px);
    let parts = memory.visit(
        "objects",
        || Part::new(&signed, &coarse),
        |part, window, record| {
            let codes = classes(&record, decision, &signed, window);
            layers.change.put_classes(window, codes.view())?;
            layers.decided.put(window, record.key.mapv(|key| decision.z(key)).view())?;
            layers.q.put(window, record.key.mapv(|key| decision.q(key)).view())?;
            part.areas.add(codes.view(), &plan.grid, window);
            part.coarse.add(window, &record);
            part.measure(&signed, window, &record, decision)
        },
    )?;
    let mut sum = Part::new(&signed, &coarse);
    parts.iter().for_each(|part| sum.merge(part));
    let mut objects = Vec::new();
    for (signed, zones) in signed.iter().zip(&sum.zones) {
        objects.extend(described(plan, signed, zones, &prepared.bracket())?);
    }
    let mask = signed[0].mask.union(&signed[1].mask);
    Ok(Found { objects, areas: sum.areas, mask, coarse: sum.coarse })
}

/// The pixels that rose, and those that fell.
fn masks(memory: Memory<'_>, decision: &Decision) -> Result<[(bool, Runs); 2]> {
    let (width, height) = (memory.plan.grid.width() as u32, memory.plan.grid.height() as u32);
    let parts = memory.visit("decide", Default::default, |runs: &mut [Vec<Run>; 2], window, record| {
        let signs = Zip::from(&record.key).and(&record.change).map_collect(|key, change| decision.sign(*key, *change));
        for (runs, wanted) in runs.iter_mut().zip([1, -1]) {
            for (row, line) in signs.rows().into_iter().enumerate() {
                runs_of(line.iter().map(|sign| *sign == wanted), |from, to| runs.push(run(window, row, from, to)));
            }
        }
        Ok(())
    })?;
    let joined = |at: usize| {
        let runs = parts.iter().flat_map(|part: &[Vec<Run>; 2]| part[at].iter().copied()).collect();
        Runs::from_unsorted(width, height, runs)
    };
    Ok([(true, joined(0)), (false, joined(1))])
}

/// Calls `found` with start and end of every stretch of `true`.
fn runs_of(line: impl ExactSizeIterator<Item = bool>, mut found: impl FnMut(usize, usize)) {
    let length = line.len();
    let mut start = None;
    for (col, set) in line.enumerate() {
        match (set, start) {
            (true, None) => start = Some(col),
            (false, Some(from)) => {
                found(from, col);
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        found(from, length);
    }
}

fn run(window: Window, row: usize, from: usize, to: usize) -> Run {
    Run { row: (window.row + row) as u32, start: (window.col + from) as u32, end: (window.col + to) as u32 }
}

/// The class of every pixel of a block.
fn classes(record: &Record, decision: &Decision, signed: &[Signed; 2], window: Window) -> Array2<u8> {
    let mut codes = Zip::from(&record.code).and(&record.key).and(&record.change).map_collect(|code, key, change| {
        if class::is_seen(*code) && decision.sign(*key, *change) != 0 { class::SPECK } else { *code }
    });
    for signed in signed {
        stamp(&mut codes, window, &signed.mask, if signed.rise { class::RISE } else { class::FALL });
    }
    codes
}

/// Objects with outline, area and name.
fn described(plan: &Plan, signed: &Signed, zones: &[Zones; 2], dates: &str) -> Result<Vec<Object>> {
    let transform = Transform::new(plan.grid.crs(), Crs::WGS84)?;
    let to_lonlat = |x: f64, y: f64| transform.point(x, y);
    let projection = Projection { grid: &plan.grid, to_lonlat: &to_lonlat };
    let naming = Naming { layer: if signed.rise { "radar rise" } else { "radar fall" }, dates };
    let mut firsts: Vec<Option<(u32, u32)>> = vec![None; signed.labels.count];
    for (run, label) in signed.mask.as_slice().iter().zip(&signed.labels.of_run) {
        if let Some(first) = firsts.get_mut(*label as usize) {
            first.get_or_insert((run.start, run.row));
        }
    }
    let tally = |zones: &Zones, at: usize| zones.tallies().get(at).copied().unwrap_or_default();
    let traced = trace(&signed.mask, &signed.labels);
    let objects = traced.iter().zip(firsts).enumerate().map(|(at, (polygons, first))| {
        let outline = projection.outline(polygons)?;
        Ok(Object {
            id: naming.id(&plan.grid, first.unwrap_or_default()),
            rise: signed.rise,
            pixels: signed.labels.sizes.get(at).copied().unwrap_or(0),
            area_ha: outline.area_ha(),
            z: tally(&zones[0], at),
            change: tally(&zones[1], at),
            outline,
        })
    });
    objects.collect()
}

impl Part {
    fn new(signed: &[Signed; 2], coarse: &Coarse) -> Self {
        let zones = signed.each_ref().map(|signed| std::array::from_fn(|_| Zones::new(signed.labels.count)));
        Self { zones, areas: Areas::default(), coarse: coarse.clone() }
    }

    fn merge(&mut self, other: &Self) {
        self.zones.as_flattened_mut().iter_mut().zip(other.zones.as_flattened()).for_each(|(a, b)| a.merge(b));
        self.areas.merge(&other.areas);
        self.coarse.sums.zip_mut_with(&other.coarse.sums, |(sum, count), (more, pixels)| {
            *sum += more;
            *count += pixels;
        });
    }

    fn measure(&mut self, signed: &[Signed; 2], window: Window, record: &Record, decision: &Decision) -> Result<()> {
        if signed.iter().all(|signed| signed.mask.in_window(window).next().is_none()) {
            return Ok(());
        }
        let seen = |at: (usize, usize)| record.code.get(at).is_some_and(|code| class::is_seen(*code));
        let z = |at: (usize, usize)| {
            let key = record.key.get(at).filter(|_| seen(at))?;
            Some((decision.z(*key) * 1000.0).round() as i32 * PER_KEY)
        };
        let change = |at: (usize, usize)| {
            record.change.get(at).filter(|_| seen(at)).map(|change| i32::from(*change) * PER_CHANGE)
        };
        for (signed, zones) in signed.iter().zip(&mut self.zones) {
            zones[0].feed((&signed.mask, &signed.labels), window, z)?;
            zones[1].feed((&signed.mask, &signed.labels), window, change)?;
        }
        Ok(())
    }
}

impl Coarse {
    fn new(plan: &Plan, preview_px: usize) -> Self {
        let (width, height) = (plan.grid.width(), plan.grid.height());
        let factor = width.max(height).div_ceil(preview_px).max(1);
        Self { factor, sums: Array2::from_elem((height.div_ceil(factor), width.div_ceil(factor)), (0, 0)) }
    }

    fn add(&mut self, window: Window, record: &Record) {
        for (((row, col), code), change) in record.code.indexed_iter().zip(&record.change) {
            let at = ((window.row + row) / self.factor, (window.col + col) / self.factor);
            if let (true, Some((sum, count))) = (class::is_seen(*code), self.sums.get_mut(at)) {
                *sum += i64::from(*change);
                *count += 1;
            }
        }
    }
}

impl Object {
    /// What the object says of itself, in a fixed order.
    fn properties(&self, shared: &Map<String, Value>) -> Map<String, Value> {
        let mut map = Map::new();
        map.insert("area_ha".into(), json!(rounded(self.area_ha)));
        map.insert("pixels".into(), json!(self.pixels));
        map.insert("direction".into(), json!(if self.rise { "rise" } else { "fall" }));
        map.insert("ratio_db_mean".into(), json!(self.change.mean().map(rounded)));
        map.insert("z_mean".into(), json!(self.z.mean().map(rounded)));
        let peak = if self.rise { self.z.max() } else { self.z.min() };
        map.insert("z_peak".into(), json!(peak.map(rounded)));
        map.extend(shared.clone());
        map
    }
}

impl Found {
    /// Hectares of all objects of one sign.
    pub(super) fn hectares(&self, rise: bool) -> f64 {
        self.objects.iter().filter(|object| object.rise == rise).fold(0.0, |sum, object| sum + object.area_ha)
    }

    /// Writes `change.geojson`.
    ///
    /// # Errors
    /// As writing.
    pub(super) fn write(&self, stage: &Stage, about: &Value, shared: &Map<String, Value>) -> Result<()> {
        let mut writer = Writer::new(stage.create("change.geojson")?, Some(about))?;
        for object in &self.objects {
            let properties = object.properties(shared);
            writer.feature(&Feature { id: &object.id, outline: &object.outline, properties: &properties })?;
        }
        writer.finish()?.finish()
    }
}

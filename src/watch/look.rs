//! One look: the line walked for one acquisition against its baseline, and its record.

use serde_json::{Value, json};

use super::Desk;
use super::record::{FILE, FORM, Lattice, Look, Outcome, Record, Sighting, Taken};
use crate::error::{Error, Result};
use crate::io::access::Access;
use crate::io::geojson::lonlat::LonLat;
use crate::io::store::{Stage, make_folder};
use crate::pipeline::publish::{Run, release, rounded};
use crate::pipeline::request::{Request, SideRequest};
use crate::pipeline::summary::Summary;
use crate::pipeline::{Examined, Prepared, run_examined};

/// The run's own folder inside that of its acquisition.
pub(super) const RUN: &str = "change";
/// The command as manifests name it.
pub(super) const COMMAND: &str = "watch";

/// An acquisition about to be looked at.
pub(super) struct Due<'a> {
    /// Place of its area in [`Desk::areas`].
    pub(super) area: usize,
    /// The acquisition.
    pub(super) taken: Taken,
    /// What it is held against.
    pub(super) baseline: Vec<&'a Record>,
    /// Its place in the order of coming in.
    pub(super) sequence: u64,
    /// Share of the area that it saw clearly.
    pub(super) clear_share: f64,
    /// The way to servers of this look alone: what failed for another is not held against it.
    pub(super) access: Access,
}

impl Desk<'_> {
    /// Looks, or says why there is nothing to look at, and publishes the folder of the acquisition.
    ///
    /// # Errors
    /// As walking the line; `Environment` when blocks could not be read: then nothing is published, and the next
    /// pass tries again.
    pub(super) fn look(&self, due: &Due<'_>) -> Result<Record> {
        let watched = self.area(due.area)?;
        let baseline: Vec<Taken> = due.baseline.iter().map(|record| record.acquisition.clone()).collect();
        let folder = Record::folder(&due.taken, &baseline, &self.recipe_hash);
        make_folder(&self.shelf.acquisitions(&watched.area.id))?;
        let stage = Stage::begin(&self.shelf.acquisition(&watched.area.id, &folder), true, &[])?;
        let mut record = Record {
            form: FORM,
            area: watched.area.id.clone(),
            acquisition: due.taken.clone(),
            baseline,
            recipe: self.recipe_hash.clone(),
            sequence: due.sequence,
            clear_share: rounded(due.clear_share),
            simulated: due.taken.items.iter().any(|id| id.contains("SIMULATED")),
            outcome: Outcome::Unseen,
        };
        if due.clear_share >= self.job.least_clear {
            record.outcome = if due.baseline.is_empty() { Outcome::First } else { self.walked(due, &stage)? };
        }
        if let (Outcome::Looked(_), false) = (&record.outcome, record.simulated) {
            record.simulated = due.baseline.iter().any(|before| before.simulated);
        }
        stage.write(FILE, &record.to_bytes()?)?;
        let request = json!({ "job": self.job.id, "area": watched.area.id, "aoi": watched.digest });
        let simulated = record.simulated;
        release(
            stage,
            Run { command: COMMAND, simulated, request, recipe: &self.recipe, inputs: &[], access: &self.access },
        )?;
        Ok(record)
    }

    /// Walks the line into the stage.
    fn walked(&self, due: &Due<'_>, stage: &Stage) -> Result<Outcome> {
        let prepared = Prepared::new(self.request(due)?, None, &self.limits)?;
        let out = stage.path_of(RUN)?;
        let mut look = None;
        run_examined(&prepared, (&out, false), self.watch, &mut |run| {
            if let Some(block) = run.summary.failed_blocks.first() {
                let problem = format!("block ({}) could not be read: {}", block.window, block.error);
                return Err(Error::new(crate::Kind::Environment, problem).hint("the next pass tries again"));
            }
            look = Some(seen(run)?);
            Ok(())
        })?;
        look.map(|look| Outcome::Looked(Box::new(look))).ok_or_else(|| Error::bug("a run was not examined"))
    }

    fn request(&self, due: &Due<'_>) -> Result<Request> {
        let watched = self.area(due.area)?;
        let side = |sources: Vec<&String>| SideRequest {
            paths: sources.into_iter().map(|source| self.shelf.source(source)).collect(),
            bands: None,
            sensor: None,
            date: None,
        };
        let before = due.baseline.iter().flat_map(|record| &record.acquisition.sources).collect();
        let mut recipe = self.recipe.clone();
        if due.baseline.len() > 1 {
            recipe.grid.composite = "median".into();
        }
        Ok(Request {
            before: side(before),
            after: side(due.taken.sources.iter().collect()),
            scale: None,
            offset: None,
            aoi: Some(watched.aoi.to_geojson()),
            aoi_notes: Vec::new(),
            recipe,
            access: due.access.clone(),
        })
    }
}

/// What a run showed.
fn seen(run: &Examined<'_>) -> Result<Look> {
    let summary: &Summary = run.summary;
    let Some(seeding) = &summary.seeding else {
        return Err(Error::usage("a watch weighs objects by their z, which only seed and grow tells")
            .hint("let burn.threshold of the recipe be auto"));
    };
    let (shift, sigma) = background(&seeding.background);
    Ok(Look {
        valid_share: summary.valid_share,
        seen_ha: rounded(summary.aoi_ha * summary.valid_share),
        reliability: summary.reliability.state.to_owned(),
        reasons: summary.reliability.reasons.clone(),
        shift,
        sigma,
        grid: Lattice {
            crs: summary.grid.crs.clone(),
            geotransform: summary.grid.geotransform,
            size: summary.grid.size.map(|side| side as u32),
        },
        sightings: sightings(run),
    })
}

/// Mean and standard deviation of unburned ground's dNBR, over bare and green ground by their pixels.
fn background(by_cover: &serde_json::Map<String, Value>) -> (f64, f64) {
    let of = |cover: &Value, key: &str| cover[key].as_f64().unwrap_or(0.0);
    let sum = |key: &str| by_cover.values().map(|cover| of(cover, "pixels") * of(cover, key)).sum::<f64>();
    let pixels: f64 = by_cover.values().map(|cover| of(cover, "pixels")).sum();
    let mean = |key: &str| sum(key) / pixels.max(1.0);
    (mean("shift"), mean("sigma"))
}

fn sightings(run: &Examined<'_>) -> Vec<Sighting> {
    let found = run.found;
    let mut runs: Vec<Vec<[u32; 3]>> = vec![Vec::new(); found.objects.len()];
    for (own, label) in found.mask.as_slice().iter().zip(&found.labels.of_run) {
        if let Some(runs) = runs.get_mut(*label as usize) {
            runs.push([own.row, own.start, own.end]);
        }
    }
    let objects = found.objects.iter().zip(&found.judged).zip(&found.outlines).zip(runs);
    objects
        .map(|(((object, judged), outline), runs)| {
            let properties = judged.properties(object.area_ha);
            Sighting {
                id: object.id.clone(),
                area_ha: rounded(object.area_ha),
                z: properties.get("z").and_then(Value::as_f64).unwrap_or(0.0),
                middle: middle(outline),
                rivals: rivals(properties.get("rivals")),
                runs,
                outline: geometry(outline),
            }
        })
        .collect()
}

/// Rivals of which more speaks than not, the strongest first.
fn rivals(scores: Option<&Value>) -> Vec<String> {
    let Some(Value::Object(scores)) = scores else { return Vec::new() };
    let mut named: Vec<(&String, f64)> = scores
        .iter()
        .filter_map(|(name, score)| Some((name, score.as_f64()?)))
        .filter(|(_, score)| *score >= 0.5)
        .collect();
    named.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    named.into_iter().map(|(name, _)| name.clone()).collect()
}

/// The middle of the box around an outline, degrees.
fn middle(outline: &LonLat) -> [f64; 2] {
    let Some([west, south, east, north]) = outline.extent().bbox() else { return [0.0, 0.0] };
    [(west, east), (south, north)].map(|(low, high)| (f64::from(low) + f64::from(high)) / 2e7)
}

/// An outline as GeoJSON.
fn geometry(outline: &LonLat) -> Value {
    let ring = |ring: &Vec<[i32; 2]>| {
        let places = ring.iter().chain(ring.first());
        places.map(|place| place.map(|unit| f64::from(unit) / 1e7)).collect::<Vec<_>>()
    };
    let polygons: Vec<Vec<Vec<[f64; 2]>>> =
        outline.polygons.iter().map(|rings| rings.iter().map(ring).collect()).collect();
    match polygons.as_slice() {
        [only] => json!({ "type": "Polygon", "coordinates": only }),
        _ => json!({ "type": "MultiPolygon", "coordinates": polygons }),
    }
}

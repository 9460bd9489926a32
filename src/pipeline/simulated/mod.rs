//! Simulated scenes on disk, in the forms of the real thing: a folder a date with one COG a band, as Earth
//! Search has them, and a STAC Item that declares baseline and offset; the truth beside them.

pub mod series;

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::ArrayView2;
use serde_json::{Value, json};

use super::crew::{Watch, work_off};
use super::manifest::{Entry, Manifest};
use super::unserialised;
use crate::error::{Error, Result};
use crate::geom::crs::{Crs, Transform};
use crate::geom::grid::Grid;
use crate::geom::window::Window;
use crate::io::cog::{Cell, Cells, Codec, CogWriter, Reduce, Spec, z_order};
use crate::io::spool::Spool;
use crate::io::store::Stage;
use crate::simulate::{Bundle, Date, Scenario, SimBand, Truth, World};

/// Side of a block in pixels of 20 m.
const BLOCK20: usize = 256;
/// Side of a tile of the files, as Sentinel-2 COGs have it.
const TILE: usize = 512;

/// How the scenes are written.
pub struct Style<'a> {
    /// The processing baseline that they declare.
    pub baseline: &'a str,
    /// Compression.
    pub codec: Codec,
    /// Bands besides SCL.
    pub bands: &'a [SimBand],
}

/// What was made.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Made {
    /// Says SIMULATED first, then the scenario.
    pub scenario: BTreeMap<String, String>,
    /// Files written.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// The writers of one date.
struct Files {
    bands: Vec<(SimBand, CogWriter)>,
    scl: CogWriter,
}

/// Writes both dates and the truth of a scenario into `out`.
///
/// # Errors
/// As publishing a folder; `Usage` for a scenario that makes no sense.
pub fn write(
    scenario: &Scenario,
    style: &Style<'_>,
    (out, overwrite): (&Path, bool),
    watch: &dyn Watch,
) -> Result<Made> {
    let stage = Stage::begin(out, overwrite, &[])?;
    let world = scenario.build()?;
    let grid20 = scenario.grid10.coarsened(2)?;
    let plain = plain_items(scenario);
    for date in [Date::Before, Date::After] {
        let sheet = Sheet { folder: folder(date), day: scenario.season.day(date) };
        rasters(&stage, &world, (date, sheet), style, &plain, watch)?;
        let item = item(scenario, date, style)?;
        stage.write(&format!("{}/item.json", folder(date)), format!("{item:#}\n").as_bytes())?;
    }
    truth(&stage, &world, &grid20, style.codec, &plain, watch)?;
    let scenario_text: BTreeMap<String, String> =
        scenario.describe().into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    stage.write("scenario.json", &serde_json::to_vec_pretty(&scenario_text).map_err(|error| unserialised(&error))?)?;
    publish(stage, scenario_text)
}

/// Makes a stage visible whose files were made from a scenario, described by name.
fn publish(stage: Stage, scenario: BTreeMap<String, String>) -> Result<Made> {
    let request = serde_json::to_value(&scenario).map_err(|error| unserialised(&error))?;
    let files = stage.publish(|files| {
        Manifest {
            groundtell: env!("CARGO_PKG_VERSION").into(),
            command: "simulate".into(),
            simulated: true,
            request,
            recipe: Value::Null,
            inputs: Vec::new(),
            files: files.iter().map(Entry::from).collect(),
        }
        .to_json()
    })?;
    Ok(Made { scenario, files: files.len(), bytes: files.iter().map(|file| file.bytes).sum() })
}

/// Where an acquisition's files go, and the day that they carry.
#[derive(Clone, Copy)]
struct Sheet<'a> {
    folder: &'a str,
    day: &'a str,
}

/// Writes one file a band of an acquisition.
fn rasters(
    stage: &Stage,
    world: &World,
    (date, sheet): (Date, Sheet<'_>),
    style: &Style<'_>,
    items: &[(String, String)],
    watch: &dyn Watch,
) -> Result<()> {
    let files = Files::new(stage, world.scenario(), sheet, style, items)?;
    let grid20 = world.scenario().grid10.coarsened(2)?;
    let blocks = z_order(grid20.width(), grid20.height(), BLOCK20);
    watch.stage(folder(date), blocks.len());
    work_off(blocks.len(), watch, Bundle::new, |bundle, index| {
        world.dn_all(date, blocks[index], bundle)?;
        files.put(blocks[index], bundle)?;
        watch.step((blocks[index].len() * 37) as u64);
        Ok(())
    })?;
    files.finish(stage, sheet.folder)
}

/// The folder of a date.
pub fn folder(date: Date) -> &'static str {
    match date {
        Date::Before => "before",
        Date::After => "after",
    }
}

/// Items of every file: SIMULATED, the scenario.
fn plain_items(scenario: &Scenario) -> Vec<(String, String)> {
    let described = scenario.describe().into_iter();
    let items = described
        .map(|(key, value)| (if key == "SIMULATED" { key.to_owned() } else { format!("SCENARIO_{key}") }, value));
    items
        .chain([("TIFFTAG_SOFTWARE".to_owned(), format!("groundtell {} simulate", env!("CARGO_PKG_VERSION")))])
        .collect()
}

impl Files {
    fn new(
        stage: &Stage,
        scenario: &Scenario,
        sheet: Sheet<'_>,
        style: &Style<'_>,
        items: &[(String, String)],
    ) -> Result<Self> {
        let mut items = items.to_vec();
        items.push(("TIFFTAG_DATETIME".into(), format!("{} 08:30:00", sheet.day.replace('-', ":"))));
        let writer = |name: &str, metres: usize, cell: Cell, scaled: bool| {
            let grid = if metres == 10 { scenario.grid10 } else { scenario.grid10.coarsened(2)? };
            let mut spec = Spec::new(grid, cell, format!("{name} SIMULATED"));
            spec.nodata = Some(0.0);
            spec.codec = style.codec;
            spec.tile = TILE;
            spec.metadata.clone_from(&items);
            if scaled {
                spec.scale = 1e-4;
                spec.offset = -f64::from(scenario.offset_dn) * 1e-4;
            } else {
                spec.overviews = Reduce::Mode;
            }
            CogWriter::new(spec, Spool::new(stage.temporary(&format!("{}-{name}", sheet.folder.replace('/', "-")))?))
        };
        let bands = style.bands.iter().map(|band| Ok((*band, writer(band.name(), band.metres(), Cell::U16, true)?)));
        Ok(Self { bands: bands.collect::<Result<_>>()?, scl: writer("SCL", 20, Cell::U8, false)? })
    }

    fn put(&self, window20: Window, bundle: &Bundle) -> Result<()> {
        let twice = Window::new(window20.col * 2, window20.row * 2, window20.width * 2, window20.height * 2);
        for (band, writer) in &self.bands {
            let window = if band.metres() == 10 { twice } else { window20 };
            writer.put(window, Cells::U16(plane(window, bundle.band(*band))?))?;
        }
        self.scl.put(window20, Cells::U8(plane(window20, bundle.scl())?))
    }

    fn finish(self, stage: &Stage, folder: &str) -> Result<()> {
        for (band, writer) in self.bands {
            writer.finish(stage.create(&format!("{folder}/{}.tif", band.name()))?)?;
        }
        self.scl.finish(stage.create(&format!("{folder}/SCL.tif"))?).map(|_| ())
    }
}

fn plane<T>(window: Window, values: &[T]) -> Result<ArrayView2<'_, T>> {
    ArrayView2::from_shape(window.shape(), values).map_err(|error| Error::bug(error.to_string()))
}

/// The truth at 20 m: what happened to the ground, and the burned part alone for scoring.
fn truth(
    stage: &Stage,
    world: &World,
    grid: &Grid,
    codec: Codec,
    items: &[(String, String)],
    watch: &dyn Watch,
) -> Result<()> {
    let writer = |name: &str, words: &str, categories: Vec<(u8, String)>| {
        let mut spec = Spec::new(*grid, Cell::U8, format!("{words} SIMULATED"));
        spec.codec = codec;
        spec.overviews = Reduce::Mode;
        spec.metadata = items.to_vec();
        spec.categories = categories;
        CogWriter::new(spec, Spool::new(stage.temporary(&format!("truth-{name}"))?))
    };
    let classes = Truth::ALL.iter().map(|truth| (truth.code(), truth.name().to_owned())).collect();
    let (all, burned) = (
        writer("all", "what happened", classes)?,
        writer("burned", "burned", vec![(0, "not burned".into()), (1, "burned".into())])?,
    );
    let blocks = z_order(grid.width(), grid.height(), BLOCK20);
    watch.stage("truth", blocks.len());
    work_off(blocks.len(), watch, Vec::new, |codes: &mut Vec<u8>, index| {
        let window = blocks[index];
        codes.clear();
        codes.resize(window.len(), 0);
        world.truth20(window, codes)?;
        all.put(window, Cells::U8(plane(window, codes)?))?;
        let only: Vec<u8> = codes.iter().map(|code| u8::from(*code == Truth::Burned.code())).collect();
        burned.put(window, Cells::U8(plane(window, &only)?))?;
        watch.step(window.len() as u64);
        Ok(())
    })?;
    all.finish(stage.create("truth/what_happened.tif")?)?;
    burned.finish(stage.create("truth/burned.tif")?).map(|_| ())
}

/// A STAC Item for one date, declaring what Earth Search declares.
fn item(scenario: &Scenario, date: Date, style: &Style<'_>) -> Result<Value> {
    let grid = &scenario.grid10;
    let transform = Transform::new(grid.crs(), Crs::WGS84)?;
    let (width, height) = (grid.width() as f64, grid.height() as f64);
    let ring: Option<Vec<[f64; 2]>> = [(0.0, height), (width, height), (width, 0.0), (0.0, 0.0), (0.0, height)]
        .iter()
        .map(|(col, row)| {
            let (x, y) = grid.to_map(*col, *row);
            transform.point(x, y).map(|(lon, lat)| [lon, lat].map(|degrees| (degrees * 1e7).round() / 1e7))
        })
        .collect();
    let ring = ring.ok_or_else(|| Error::bug("the simulated tile has no place on the globe"))?;
    let of = |axis: usize, pick: fn(f64, f64) -> f64, start: f64| ring.iter().map(|at| at[axis]).fold(start, pick);
    let bbox = [of(0, f64::min, 180.0), of(1, f64::min, 90.0), of(0, f64::max, -180.0), of(1, f64::max, -90.0)];
    let mut assets = serde_json::Map::new();
    for band in style.bands {
        assets.insert(band.name().into(), json!({
            "href": format!("./{}.tif", band.name()), "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "title": format!("{} SIMULATED", band.name()), "roles": ["data", "reflectance"],
            "raster:bands": [{ "nodata": 0, "data_type": "uint16", "spatial_resolution": band.metres(), "scale": 0.0001,
                               "offset": -f64::from(scenario.offset_dn) * 1e-4 }],
        }));
    }
    assets.insert("SCL".into(), json!({ "href": "./SCL.tif", "type": "image/tiff; application=geotiff; profile=cloud-optimized", "roles": ["data"] }));
    Ok(json!({
        "type": "Feature", "stac_version": "1.0.0",
        "stac_extensions": ["https://stac-extensions.github.io/raster/v1.1.0/schema.json"],
        "id": format!("SIMULATED_{}_{}", scenario.seed, folder(date)),
        "geometry": { "type": "Polygon", "coordinates": [ring] }, "bbox": bbox,
        "properties": {
            "datetime": format!("{}T08:30:00Z", scenario.season.day(date)), "platform": "sentinel-2a", "constellation": "sentinel-2",
            "instruments": ["msi"], "s2:processing_baseline": style.baseline, "earthsearch:boa_offset_applied": false,
            "view:sun_elevation": scenario.season.sun_height(), "groundtell:simulated": true,
            "description": "SIMULATED: nothing here was seen by a satellite",
        },
        "links": [], "assets": assets,
    }))
}

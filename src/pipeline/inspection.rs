//! What a product is: told from its directory and metadata, and on request from its pixels.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::reading::read_codes;
use super::scenes::{measured_bands, open_any, placed};
use super::tap::{Classes, Tap};
use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;
use crate::geom::window::Window;
use crate::io::product::{Ask, Product};
use crate::io::raster::{Raster, RasterInfo, Samples, with_samples};
use crate::io::store::Sums;
use crate::kernel::mask::{self, Reason};
use crate::kernel::reflectance::Encoding;
use crate::limits::Limits;
use crate::recipe::Upsample;
use crate::scene::scale;
use crate::scene::sensor::Band;

/// What was found out about one path.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// As the user wrote it.
    pub name: String,
    /// Sensor, date, tile and the like, in a fixed order; null where nothing is known.
    pub facts: Map<String, Value>,
    /// Its rasters.
    pub rasters: Vec<RasterFacts>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// One raster of a product.
#[derive(Debug, Clone, Serialize)]
pub struct RasterFacts {
    /// Bands by meaning, with their index from 1.
    pub bands: Vec<(String, usize)>,
    /// What the file says of itself.
    #[serde(flatten)]
    pub info: RasterInfo,
    /// SHA-256 of the samples of every band (little-endian, band after band), on request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

/// Opens `path` and says what it is; reads pixels only to measure (`.0`) or to sum up (`.1`).
///
/// # Errors
/// As opening it; a file that is a raster but no scene is described all the same.
pub fn inspect(
    path: &Path,
    ask: &Ask,
    area: Option<&Aoi>,
    (measure, checksum): (bool, bool),
    limits: &Limits,
) -> Result<Inspection> {
    let name = crate::text::shown_path(path).to_string();
    let product = open_any(path, ask, limits);
    let (facts, rasters, mut notes) = match &product {
        Ok(product) => (facts(product), product.rasters.clone(), product.notes.clone()),
        // A raster without band names is worth describing; anything else is refused.
        Err(error) => {
            let raster = crate::io::opening::open_tiff(path, limits).map_err(|_| error.clone_words())?;
            (Map::new(), vec![raster], vec![format!("not usable as a scene as it is: {}", error.problem())])
        }
    };
    let mut found = Inspection { name, facts, rasters: Vec::new(), notes: Vec::new() };
    for (number, raster) in rasters.iter().enumerate() {
        let located = product.as_ref().map(|product| located(product, number)).unwrap_or_default();
        let checksum = checksum.then(|| sum(raster)).transpose().map_err(|error| placed(error, path))?;
        found.rasters.push(RasterFacts { bands: located, info: raster.info().clone(), checksum });
    }
    if let (Ok(product), true) = (&product, measure) {
        found.facts.extend(measured(product, area, &mut notes)?);
    }
    found.notes = notes;
    Ok(found)
}

fn facts(product: &Product) -> Map<String, Value> {
    let mut facts = Map::new();
    let mut say = |name: &str, value: Value| facts.insert(name.to_owned(), value);
    say("product", json!(product.name));
    say("sensor", json!(product.sensor));
    say("platform", json!(product.platform));
    say("date", json!(product.date));
    say("datetime", json!(product.datetime));
    say("tile", json!(product.tile));
    say("orbit", json!(product.relative_orbit));
    say("sun_zenith", json!(product.sun_zenith));
    say("sun_azimuth", json!(product.sun_azimuth));
    say("declared", json!(product.declared.source));
    say("files", json!(product.files.len()));
    facts
}

fn located(product: &Product, raster: usize) -> Vec<(String, usize)> {
    let all = product.bands.iter().chain(&product.coarser).filter(|located| located.raster == raster);
    all.map(|located| (located.band.name().to_owned(), located.index + 1)).collect()
}

/// The offset as declared, measured and used, and the clear share.
fn measured(product: &Product, area: Option<&Aoi>, notes: &mut Vec<String>) -> Result<Map<String, Value>> {
    let (bands, float) = measured_bands(product, &|band: Band| band.is_reflectance());
    let mut facts = Map::new();
    match scale::decide(product.sensor, float, &product.declared, &bands, None, None) {
        Ok(decision) => {
            facts.insert("declared".into(), json!(decision.declared));
            facts.insert("measured".into(), json!(decision.measured));
            facts.insert("used".into(), json!(decision.used));
            notes.extend(decision.warnings);
        }
        Err(error) => notes.push(format!("the scale could not be decided: {}", error.problem())),
    }
    facts.insert("clear_share".into(), json!(clear_share(product, area)?));
    Ok(facts)
}

/// Share of the area (or of all pixels) that the class band shows clear; none without a class band.
fn clear_share(product: &Product, area: Option<&Aoi>) -> Result<Option<f64>> {
    let kinds = [(Band::Scl, Classes::Scl), (Band::QaPixel, Classes::QaPixel)];
    let Some((located, kind)) =
        kinds.iter().find_map(|(band, kind)| product.locate(*band).map(|located| (located, *kind)))
    else {
        return Ok(None);
    };
    let raster = &product.rasters[located.raster];
    let grid = *raster.info().grid.as_ref().map_err(|reason| Error::unsupported(reason.clone()))?;
    let tap = Tap::new(raster, located.index, Encoding::PLAIN, &grid, Upsample::Nearest)?;
    let inside = area.map(|area| area.runs_on(&grid)).transpose()?;
    let (mut clear, mut all) = (0u64, 0u64);
    for window in stripes(raster) {
        let codes = read_codes(&tap, kind, window)?;
        for ((row, col), code) in codes.indexed_iter() {
            let place = ((window.col + col) as u32, (window.row + row) as u32);
            if inside.as_ref().is_none_or(|runs| runs.contains(place.0, place.1)) {
                all += 1;
                clear += u64::from(mask::code_is_valid(*code) && *code != Reason::Snow.code());
            }
        }
    }
    Ok((all > 0).then(|| clear as f64 / all as f64))
}

/// Stretches of rows that keep memory small.
fn stripes(raster: &Arc<dyn Raster>) -> Vec<Window> {
    const PIXELS: usize = 1 << 20;
    let info = raster.info();
    let rows = (PIXELS / info.width.max(1)).max(1).next_multiple_of(info.chunk.1.clamp(1, 1024));
    let starts = (0..info.height).step_by(rows);
    starts.map(|row| Window::new(0, row, info.width, rows.min(info.height - row))).collect()
}

/// SHA-256 over all bands.
fn sum(raster: &Arc<dyn Raster>) -> Result<String> {
    let mut sums = Sums::new();
    for band in 0..raster.info().bands.len() {
        for window in stripes(raster) {
            for samples in raster.read(0, &[band], window)? {
                sums.add(&bytes(&samples));
            }
        }
    }
    Ok(sums.finish())
}

fn bytes(samples: &Samples) -> Vec<u8> {
    with_samples!(samples, values => values.iter().flat_map(|value| value.to_le_bytes()).collect())
}

impl RasterFacts {
    /// One line for people.
    pub fn words(&self) -> String {
        let info = &self.info;
        let bands: Vec<String> = self.bands.iter().map(|(band, index)| format!("{band}={index}")).collect();
        let grid = match &info.grid {
            Ok(grid) => grid.to_string(),
            Err(reason) => format!("no grid: {reason}"),
        };
        let dtype = info.bands.first().map_or("no band".into(), |band| format!("{:?}", band.dtype).to_lowercase());
        let sum = self.checksum.as_ref().map_or(String::new(), |sum| format!(", sha256 {sum}"));
        format!(
            "{}, {} by {}, {} x {dtype} ({}), {grid}{sum}",
            info.format,
            info.width,
            info.height,
            info.bands.len(),
            bands.join(" ")
        )
    }
}

//! How much of an area an acquisition saw, by the classes that its own items carry: read from an overview, because a
//! share needs no single pixel. What a catalogue declares of a whole tile says little of an area in it.

use std::sync::Arc;

use serde::Serialize;

use super::OpenClasses;
use crate::error::{Error, Kind, Result};
use crate::geom::aoi::Aoi;
use crate::geom::grid::Grid;
use crate::geom::runs::Runs;
use crate::geom::window::Window;
use crate::io::raster::{Raster, RasterInfo};
use crate::kernel::mask::Reason;
use crate::kernel::reflectance::Encoding;
use crate::limits::Limits;
use crate::pipeline::reading::read_codes;
use crate::pipeline::tap::{Classes, Tap};
use crate::plan::area_on;
use crate::recipe::Upsample;
use crate::stac::entry::{Acquisition, Entry};

/// Metres of a pixel that is fine enough to tell a share.
const METRES: f64 = 160.0;
/// Pixels below which a finer level is read: the share of fewer is told in steps of more than a percent.
const LEAST_PIXELS: u64 = 100;
/// Rows that are read together.
const ROWS: usize = 256;

/// What an acquisition saw of an area, as shares of the area's pixels that together are 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Shares {
    /// Seen clearly: land and water, dark and unclassified ground.
    pub clear: f64,
    /// Cloud, thin cloud and the neighbourhood of cloud.
    pub cloud: f64,
    /// Shadow of cloud.
    pub shadow: f64,
    /// Snow and ice.
    pub snow: f64,
    /// Not covered, or without a class.
    pub nodata: f64,
    /// Pixels that were counted.
    pub pixels: u64,
    /// Metres of such a pixel, rounded.
    pub pixel_m: f64,
}

/// The shares of an acquisition over an area. Where parts overlap, a pixel counts as the first part has it that
/// covers it. None when no part carries classes.
///
/// # Errors
/// As opening and reading the class bands; `Usage` for an area without a pixel.
pub fn shares(acquisition: &Acquisition, area: &Aoi, open: OpenClasses<'_>, limits: &Limits) -> Result<Option<Shares>> {
    let mut bands = Vec::new();
    for part in &acquisition.parts {
        bands.extend(class_band(part, open).map_err(|error| error.at(format!("item {}", part.id)))?);
    }
    let Some((first, _)) = bands.first() else { return Ok(None) };
    let (grid, inside) = work(first.info(), area, limits)?;
    let taps = bands.iter().map(|(raster, classes)| Ok((tap(raster, &grid)?, *classes)));
    let taps = taps.collect::<Result<Vec<_>>>()?;
    let mut counts = [0; 256];
    for start in (0..grid.height()).step_by(ROWS) {
        let window = Window::new(0, start, grid.width(), ROWS.min(grid.height() - start));
        count(&taps, window, &inside, &mut counts)?;
    }
    Ok(Some(Shares::of(&counts, &grid)))
}

/// The class band of an item: Sentinel-2's SCL or Landsat's QA_PIXEL. An asset that is gone counts as an error, an
/// item that never had one does not.
fn class_band(part: &Entry, open: OpenClasses<'_>) -> Result<Option<(Arc<dyn Raster>, Classes)>> {
    let scl = part.asset_href(&["SCL", "scl", "SCL_20m"]).map(|href| (href, Classes::Scl));
    let found = scl.or_else(|| part.asset_href(&["qa_pixel"]).map(|href| (href, Classes::QaPixel)));
    let Some((href, classes)) = found else { return Ok(None) };
    let raster = open(&part.place.reference(href)?)?;
    if let Err(reason) = &raster.info().grid {
        return Err(Error::new(Kind::Unsupported, format!("the classes have no usable grid: {reason}")));
    }
    Ok(Some((raster, classes)))
}

/// The level whose pixels are nearest to so many metres. Levels of means are none for classes.
fn level_near(info: &RasterInfo, metres: f64) -> usize {
    let deepest = if info.means().len() > 1 { 0 } else { info.overviews.len() };
    let off = |level: &usize| {
        let pixel = info.level_grid(*level).map(|grid| grid.pixel_metres().0).filter(|pixel| *pixel > 0.0);
        pixel.map_or(f64::INFINITY, |pixel| (pixel / metres).ln().abs())
    };
    (0..=deepest).min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(0)
}

/// The area's pixels at the level nearest to [`METRES`], or at a finer one when they are few.
fn work(info: &RasterInfo, area: &Aoi, limits: &Limits) -> Result<(Grid, Runs)> {
    let mut level = level_near(info, METRES);
    loop {
        let grid = info.level_grid(level).ok_or_else(|| Error::bug("a level without a grid"))?;
        let placed = area_on(area, &grid, limits);
        let many = placed.as_ref().is_ok_and(|(_, runs)| runs.pixels() >= LEAST_PIXELS);
        if many || level == 0 {
            return placed;
        }
        level -= 1;
    }
}

fn tap(raster: &Arc<dyn Raster>, work: &Grid) -> Result<Tap> {
    let level = level_near(raster.info(), work.pixel_metres().0);
    Tap::at_level(raster, level, 0, Encoding::PLAIN, work, Upsample::Nearest)
}

/// Counts the codes of the area's pixels in a window.
fn count(taps: &[(Tap, Classes)], window: Window, inside: &Runs, counts: &mut [u64; 256]) -> Result<()> {
    let mut planes = Vec::new();
    for (tap, classes) in taps {
        planes.push(read_codes(tap, *classes, window)?);
    }
    let uncovered = Reason::Uncovered.code();
    for run in inside.in_window(window) {
        let row = run.row as usize - window.row;
        for col in run.start as usize - window.col..run.end as usize - window.col {
            let codes = planes.iter().filter_map(|plane| plane.get((row, col)).copied());
            let code = codes.into_iter().find(|code| *code != uncovered).unwrap_or(uncovered);
            counts[usize::from(code)] += 1;
        }
    }
    Ok(())
}

impl Shares {
    fn of(counts: &[u64; 256], grid: &Grid) -> Self {
        let pixels: u64 = counts.iter().sum();
        let share = |wanted: fn(Reason) -> bool| {
            let reasons = Reason::ALL.into_iter().filter(|reason| wanted(*reason));
            let sum: u64 = reasons.map(|reason| counts[usize::from(reason.code())]).sum();
            sum as f64 / pixels.max(1) as f64
        };
        let cloud = share(|reason| matches!(reason, Reason::Cloud | Reason::Cirrus | Reason::NearCloud));
        let shadow = share(|reason| matches!(reason, Reason::Shadow));
        let snow = share(|reason| matches!(reason, Reason::Snow));
        let clear = share(|reason| reason.is_valid() && reason != Reason::Snow);
        let nodata = share(|reason| matches!(reason, Reason::Uncovered | Reason::Defective));
        Self { clear, cloud, shadow, snow, nodata, pixels, pixel_m: grid.pixel_metres().0.round() }
    }
}

//! Accuracy of a mask against a reference, block by block on the mask's own grid.

use std::path::Path;
use std::sync::Arc;

use ndarray::Array2;
use serde::Serialize;

use super::crew::{Watch, work_off};
use super::cut::stamp;
use super::reading::Reading;
use super::tap::Tap;
use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;
use crate::geom::grid::Grid;
use crate::geom::runs::Runs;
use crate::geom::window::Window;
use crate::io::opening::open_tiff;
use crate::io::raster::{Dtype, Raster};
use crate::io::store;
use crate::kernel::accuracy::{Confusion, Measures, Ranks};
use crate::kernel::reflectance::{Encoding, Plane};
use crate::limits::Limits;
use crate::recipe::Upsample;
use crate::text::shown_path;

/// What is scored.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Mask under test (non-zero is positive), or a continuous layer.
    pub mask: &'a Path,
    /// Raster on any grid (non-zero is positive) or GeoJSON polygons.
    pub reference: &'a Path,
    /// Continuous layer for the AUC.
    pub layer: Option<&'a Path>,
    /// From this value on a continuous mask is positive.
    pub at_least: Option<f64>,
}

/// The answer; null where a figure is not defined.
#[derive(Debug, Clone, Serialize)]
pub struct Scores {
    /// Commission error.
    pub ce: Option<f64>,
    /// Omission error.
    pub oe: Option<f64>,
    /// F1, or Dice.
    pub f1: Option<f64>,
    /// Intersection over union.
    pub iou: Option<f64>,
    /// Cohen's kappa.
    pub kappa: Option<f64>,
    /// Area under the ROC curve of the continuous layer.
    pub auc: Option<f64>,
    /// Pixels that both have a value for.
    pub pixels: u64,
    /// The same measures with counts and 95 % intervals.
    pub details: Measures,
}

/// Side of a block.
const BLOCK: usize = 512;

/// The reference on the mask's grid.
enum Reference {
    Raster(Tap),
    Area(Runs),
}

/// Scores a mask.
///
/// # Errors
/// As opening the files; `Mismatch` when reference and mask do not meet.
pub fn score(question: Question<'_>, watch: &dyn Watch, limits: &Limits) -> Result<Scores> {
    let raster = opened(question.mask, limits)?;
    let grid = grid_of(&raster, question.mask)?;
    let mask = tap(&raster, &grid)?;
    let continuous = is_continuous(&raster);
    let reference = reference(question.reference, &grid, limits)?;
    let layer = match question.layer {
        Some(path) => Some(tap(&opened(path, limits)?, &grid).map_err(|error| error.at(shown_path(path)))?),
        None => continuous.then(|| mask.clone()),
    };
    let scale = |raster: &Arc<dyn Raster>| raster.info().bands.first().and_then(|band| band.scale).unwrap_or(1.0);
    let mask_scale = scale(&raster);
    let positive = |value: f32| match question.at_least {
        Some(least) => f64::from(value) * mask_scale >= least,
        None => value != 0.0,
    };
    let layer_scale = match question.layer {
        Some(path) => scale(&opened(path, limits)?),
        None => mask_scale,
    };
    let blocks = blocks(&grid);
    watch.stage("score", blocks.len());
    let parts = work_off(
        blocks.len(),
        watch,
        || (Confusion::default(), Ranks::default()),
        |(confusion, ranks), index| {
            let window = blocks[index];
            let mask = one(&mask, window)?;
            let truth = reference.read(window)?;
            let valid = &mask.valid & &truth.valid;
            let set = truth.values.mapv(|value| value != 0.0);
            if !continuous || question.at_least.is_some() {
                confusion.add(mask.values.mapv(positive).view(), set.view(), valid.view())?;
            }
            if let Some(layer) = &layer {
                let layer = one(layer, window)?;
                let steps = layer
                    .values
                    .mapv(|value| (f64::from(value) * layer_scale * 1e4).floor().clamp(-32768.0, 32767.0) as i16);
                ranks.add(steps.view(), set.view(), (&layer.valid & &truth.valid).view())?;
            }
            watch.step(0);
            Ok(())
        },
    )?;
    let (mut confusion, mut ranks) = (Confusion::default(), Ranks::default());
    for (more, other) in &parts {
        confusion.merge(more);
        ranks.merge(other);
    }
    Ok(Scores::new(&confusion, layer.and_then(|_| ranks.auc())))
}

impl Scores {
    fn new(confusion: &Confusion, auc: Option<f64>) -> Self {
        let details = confusion.measures();
        let value = |share: &Option<crate::kernel::accuracy::Share>| share.as_ref().map(|share| share.value);
        Self {
            ce: value(&details.commission),
            oe: value(&details.omission),
            f1: value(&details.f1),
            iou: value(&details.iou),
            kappa: details.kappa,
            auc,
            pixels: confusion.total(),
            details,
        }
    }
}

impl Reference {
    fn read(&self, window: Window) -> Result<Plane> {
        match self {
            Self::Raster(tap) => one(tap, window),
            Self::Area(runs) => {
                let mut inside = Array2::from_elem(window.shape(), 0.0);
                stamp(&mut inside, window, runs, 1.0);
                Ok(Plane::from_values(inside))
            }
        }
    }
}

fn reference(path: &Path, grid: &Grid, limits: &Limits) -> Result<Reference> {
    let is_json =
        path.extension().is_some_and(|end| end.eq_ignore_ascii_case("geojson") || end.eq_ignore_ascii_case("json"));
    if is_json {
        let area = Aoi::from_geojson(&store::read_text(path, limits.text_bytes)?, limits)
            .map_err(|error| error.at(shown_path(path)))?;
        return Ok(Reference::Area(area.runs_on(grid)?));
    }
    let tap = tap(&opened(path, limits)?, grid).map_err(|error| error.at(shown_path(path)))?;
    if tap.is_disjoint() {
        return Err(Error::mismatch("lies elsewhere than the mask").at(shown_path(path)));
    }
    Ok(Reference::Raster(tap))
}

fn opened(path: &Path, limits: &Limits) -> Result<Arc<dyn Raster>> {
    open_tiff(path, limits)
}

fn grid_of(raster: &Arc<dyn Raster>, path: &Path) -> Result<Grid> {
    raster
        .info()
        .grid
        .clone()
        .map_err(|reason| Error::unsupported(format!("has no usable grid: {reason}")).at(shown_path(path)))
}

fn tap(raster: &Arc<dyn Raster>, grid: &Grid) -> Result<Tap> {
    let nodata = raster.info().bands.first().and_then(|band| band.nodata);
    Tap::new(raster, 0, Encoding { nodata, ..Encoding::PLAIN }, grid, Upsample::Nearest)
}

/// Whether the values are measurements, not classes.
fn is_continuous(raster: &Arc<dyn Raster>) -> bool {
    let band = raster.info().bands.first();
    band.is_some_and(|band| {
        matches!(band.dtype, Dtype::F32 | Dtype::F64) || band.scale.is_some_and(|scale| scale != 1.0)
    })
}

fn one(tap: &Tap, window: Window) -> Result<Plane> {
    let values = Reading::new(vec![tap], window)?.planes(window)?.pop();
    values.map(Plane::from_values).ok_or_else(|| Error::bug("a plane was not read"))
}

fn blocks(grid: &Grid) -> Vec<Window> {
    let corners =
        (0..grid.height()).step_by(BLOCK).flat_map(|row| (0..grid.width()).step_by(BLOCK).map(move |col| (col, row)));
    corners.map(|(col, row)| Window::new(col, row, BLOCK, BLOCK).intersect(&grid.window())).collect()
}

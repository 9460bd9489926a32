//! A band of a scene on its way to a grid: which pixels of which file, and how they come over.

use std::sync::Arc;

use ndarray::Array2;

use super::cut::cut;
use crate::error::{Error, Result};
use crate::geom::grid::Grid;
use crate::geom::position::Positions;
use crate::geom::relation::Relation;
use crate::geom::window::Window;
use crate::io::raster::{Dtype, Raster, Samples};
use crate::kernel::mask::Reason;
use crate::kernel::reflectance::{Encoding, Plane, counts};
use crate::kernel::resample::{self, Factor, Patch};
use crate::recipe::Upsample;

/// One band of one raster at one resolution, tied to a work grid.
#[derive(Clone)]
pub(super) struct Tap {
    raster: Arc<dyn Raster>,
    level: usize,
    index: usize,
    source: Grid,
    work: Grid,
    relation: Relation,
    encoding: Encoding,
    upsample: Upsample,
}

/// How a class plane is to be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Classes {
    /// Sentinel-2 scene classification.
    Scl,
    /// Landsat Collection 2 QA_PIXEL.
    QaPixel,
}

impl Tap {
    /// Band `index` of `raster` at full resolution.
    ///
    /// # Errors
    /// `Unsupported` when the raster has no grid.
    pub(super) fn new(
        raster: &Arc<dyn Raster>,
        index: usize,
        encoding: Encoding,
        work: &Grid,
        upsample: Upsample,
    ) -> Result<Self> {
        Self::at_level(raster, 0, index, encoding, work, upsample)
    }

    /// Band `index` of `raster` at the coarsest level whose pixels are not larger than the work grid's.
    ///
    /// # Errors
    /// `Unsupported` when the raster has no grid.
    pub(super) fn coarse(raster: &Arc<dyn Raster>, index: usize, encoding: Encoding, work: &Grid) -> Result<Self> {
        const SLACK: f64 = 1.01;
        let full = source_grid(raster, 0)?;
        let mut level = 0;
        if full.crs() == work.crs() {
            let fits = |level: usize| {
                let (width, _) = raster.info().overviews[level - 1];
                full.pixel().0 * full.width() as f64 / width as f64 <= work.pixel().0 * SLACK
            };
            level = (1..=raster.info().overviews.len()).filter(|level| fits(*level)).last().unwrap_or(0);
        }
        Self::at_level(raster, level, index, encoding, work, Upsample::Bilinear)
    }

    fn at_level(
        raster: &Arc<dyn Raster>,
        level: usize,
        index: usize,
        encoding: Encoding,
        work: &Grid,
        upsample: Upsample,
    ) -> Result<Self> {
        let source = source_grid(raster, level)?;
        let relation = Relation::between(work, &source)?;
        Ok(Self { raster: Arc::clone(raster), level, index, source, work: *work, relation, encoding, upsample })
    }

    /// Whether the source lies elsewhere.
    pub(super) fn is_disjoint(&self) -> bool {
        matches!(self.relation, Relation::Disjoint)
    }

    /// Whether `other` reads the same pixels of the same file, so that one reading serves both.
    pub(super) fn shares_reading(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.raster, &other.raster) && self.level == other.level && self.upsample == other.upsample
    }

    /// Whether every count is a whole number.
    fn whole(&self) -> bool {
        let dtype = self.raster.info().bands.get(self.index).map(|band| band.dtype);
        !matches!(dtype, None | Some(Dtype::F32 | Dtype::F64)) && self.encoding.offset_counts.fract() == 0.0
    }

    /// The source pixels that `window` of the work grid draws on: uncut for whole-pixel relations, so
    /// that kernels see where the source ends, and the part of them that exists.
    fn reach(&self, window: Window) -> Option<(Canvas, Window)> {
        let part = self.relation.source_window(&self.work, &self.source, window)?;
        let canvas = match self.relation {
            Relation::Copy { col, row } => Canvas::new(window, (1, 1), col, row),
            Relation::Average { factor_x, factor_y, col, row } => Canvas::new(window, (factor_x, factor_y), col, row),
            _ => Canvas::exactly(part),
        };
        Some((canvas, part))
    }

    /// Fractional source positions of the window's pixel centres, counted from the canvas' corner.
    fn positions(&self, window: Window, canvas: Canvas) -> Result<Array2<(f64, f64)>> {
        let Positions { width, height, cols, rows } = self.relation.source_position(&self.work, &self.source, window);
        let pairs = cols.iter().zip(&rows).map(|(x, y)| (x - canvas.col as f64, y - canvas.row as f64));
        Array2::from_shape_vec((height, width), pairs.collect()).map_err(|error| Error::bug(error.to_string()))
    }
}

/// A stretch of source pixels that may reach beyond the source.
#[derive(Debug, Clone, Copy)]
struct Canvas {
    col: i64,
    row: i64,
    width: usize,
    height: usize,
}

impl Canvas {
    fn new(window: Window, (fx, fy): (usize, usize), col: i64, row: i64) -> Self {
        Self {
            col: col + (window.col * fx) as i64,
            row: row + (window.row * fy) as i64,
            width: window.width * fx,
            height: window.height * fy,
        }
    }

    fn exactly(window: Window) -> Self {
        Self { col: window.col as i64, row: window.row as i64, width: window.width, height: window.height }
    }

    /// Where `part` lies on the canvas.
    fn place(&self, part: Window) -> Window {
        let (row, col) = ((part.row as i64 - self.row) as usize, (part.col as i64 - self.col) as usize);
        Window::new(col, row, part.width, part.height)
    }

    fn window(&self) -> Window {
        Window::whole(self.width, self.height)
    }
}

fn source_grid(raster: &Arc<dyn Raster>, level: usize) -> Result<Grid> {
    let info = raster.info();
    let full = info.grid.as_ref().map_err(|reason| {
        Error::unsupported(format!("has no usable grid: {reason}"))
            .hint("give it a north-up grid with gdalwarp, or name a scene that has one")
    })?;
    let Some((width, height)) = level.checked_sub(1).and_then(|n| info.overviews.get(n)).copied() else {
        return Ok(*full);
    };
    let (dx, dy) = full.pixel();
    let pixel = (dx * full.width() as f64 / width as f64, dy * full.height() as f64 / height as f64);
    Grid::new(full.crs(), full.origin(), pixel, (width, height))
}

/// Planes of counts over `window` of the work grid, one for each of `taps`, which share their reading.
///
/// # Errors
/// As [`Raster::read`].
pub(super) fn read_planes(taps: &[&Tap], window: Window) -> Result<Vec<Plane>> {
    let Some(first) = taps.first() else { return Ok(Vec::new()) };
    let Some((canvas, part)) = first.reach(window) else {
        return Ok(taps.iter().map(|_| Plane::nothing(window.shape())).collect());
    };
    let indices: Vec<usize> = taps.iter().map(|tap| tap.index).collect();
    let bands = first.raster.read(first.level, &indices, part)?;
    taps.iter()
        .zip(&bands)
        .map(|(tap, samples)| brought(tap, on_canvas(samples, tap.encoding, canvas, part)?, canvas, window))
        .collect()
}

/// Typed samples as counts on a canvas; what lies beyond the source is invalid.
fn on_canvas(samples: &Samples, encoding: Encoding, canvas: Canvas, part: Window) -> Result<Plane> {
    let mut plane = Plane::nothing((canvas.height, canvas.width));
    let values = cut(&mut plane.values, canvas.place(part));
    let valid = cut(&mut plane.valid, canvas.place(part));
    match samples {
        Samples::U8(samples) => counts(samples, encoding, values, valid),
        Samples::I8(samples) => counts(samples, encoding, values, valid),
        Samples::U16(samples) => counts(samples, encoding, values, valid),
        Samples::I16(samples) => counts(samples, encoding, values, valid),
        Samples::U32(samples) => counts(samples, encoding, values, valid),
        Samples::I32(samples) => counts(samples, encoding, values, valid),
        Samples::U64(samples) => counts(samples, encoding, values, valid),
        Samples::I64(samples) => counts(samples, encoding, values, valid),
        Samples::F32(samples) => counts(samples, encoding, values, valid),
        Samples::F64(samples) => counts(samples, encoding, values, valid),
    }?;
    Ok(plane)
}

/// A plane of source pixels as a plane of work pixels.
fn brought(tap: &Tap, plane: Plane, canvas: Canvas, window: Window) -> Result<Plane> {
    match tap.relation {
        Relation::Copy { .. } => Ok(plane),
        Relation::Average { factor_x, factor_y, .. } => {
            let mut mean = resample::average(plane.view(), Factor::new(factor_x, factor_y)?);
            if tap.whole() {
                // As GDAL averages integers: to whole numbers, halves up. What is lost is far below the noise.
                mean.values.mapv_inplace(|count| (count + 0.5).floor());
            }
            Ok(mean)
        }
        _ => {
            let patch = Patch::plane(plane.view(), canvas.window())?;
            let positions = tap.positions(window, canvas)?;
            Ok(match tap.upsample {
                Upsample::Bilinear => resample::bilinear_at(&patch, positions.view()),
                Upsample::Nearest => resample::nearest_at(&patch, positions.view()),
            })
        }
    }
}

/// Reason codes over `window` of the work grid from a class band; [`Reason::Uncovered`] beyond the source.
///
/// # Errors
/// As [`Raster::read`]; `Mismatch` when the samples are no classes.
pub(super) fn read_codes(tap: &Tap, classes: Classes, window: Window) -> Result<Array2<u8>> {
    let uncovered = Reason::Uncovered.code();
    let Some((canvas, part)) = tap.reach(window) else { return Ok(Array2::from_elem(window.shape(), uncovered)) };
    let samples = tap.raster.read(tap.level, &[tap.index], part)?;
    let codes: Vec<u8> = match (&samples[..], classes) {
        ([Samples::U8(scl)], Classes::Scl) => scl.iter().map(|class| Reason::from_scl(*class).code()).collect(),
        ([Samples::U16(scl)], Classes::Scl) => {
            scl.iter().map(|class| Reason::from_scl((*class).min(255) as u8).code()).collect()
        }
        ([Samples::F64(scl)], Classes::Scl) => scl.iter().map(|class| Reason::from_scl(*class as u8).code()).collect(),
        ([Samples::F32(scl)], Classes::Scl) => scl.iter().map(|class| Reason::from_scl(*class as u8).code()).collect(),
        ([Samples::I16(scl)], Classes::Scl) => {
            scl.iter().map(|class| Reason::from_scl((*class).clamp(0, 255) as u8).code()).collect()
        }
        ([Samples::U16(qa)], Classes::QaPixel) => qa.iter().map(|bits| Reason::from_qa_pixel(*bits).code()).collect(),
        _ => {
            return Err(Error::mismatch("the class band (SCL, QA_PIXEL) holds no classes")
                .hint("leave it out with --set mask.classes=false"));
        }
    };
    let mut plane = Array2::from_elem((canvas.height, canvas.width), uncovered);
    let codes = Array2::from_shape_vec(part.shape(), codes).map_err(|error| Error::bug(error.to_string()))?;
    cut(&mut plane, canvas.place(part)).assign(&codes);
    if matches!(tap.relation, Relation::Copy { .. }) {
        return Ok(plane);
    }
    let patch = Patch::classes(plane.view(), canvas.window())?;
    Ok(resample::classes_at(&patch, tap.positions(window, canvas)?.view(), uncovered))
}

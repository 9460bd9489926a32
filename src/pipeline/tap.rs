//! A band of a scene on its way to a grid: which pixels of which file, and how they come over.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::geom::grid::Grid;
use crate::geom::relation::Relation;
use crate::geom::window::Window;
use crate::io::raster::{Dtype, Raster};
use crate::kernel::reflectance::Encoding;
use crate::recipe::Upsample;

/// One band of one raster at one resolution, tied to a work grid.
#[derive(Clone)]
pub(super) struct Tap {
    pub(super) raster: Arc<dyn Raster>,
    pub(super) level: usize,
    pub(super) index: usize,
    pub(super) source: Grid,
    pub(super) work: Grid,
    pub(super) relation: Relation,
    pub(super) encoding: Encoding,
    pub(super) upsample: Upsample,
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
    /// Band `index` of `raster` at full resolution, or at the level of means that stands for it.
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
        source_grid(raster, 0)?;
        let (level, source, relation) = standing_for(raster.as_ref(), work)?;
        Ok(Self { raster: Arc::clone(raster), level, index, source, work: *work, relation, encoding, upsample })
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
            level = (1..=raster.info().overviews.len()).rfind(|level| fits(*level)).unwrap_or(0);
        }
        Self::at_level(raster, level, index, encoding, work, Upsample::Bilinear)
    }

    /// Band `index` of `raster` at this level and no other.
    ///
    /// # Errors
    /// `Unsupported` when the raster has no grid.
    pub(super) fn at_level(
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

    /// The type of the band's samples.
    pub(super) fn dtype(&self) -> Dtype {
        self.raster.info().bands.get(self.index).map_or(Dtype::F64, |band| band.dtype)
    }

    /// Whether every count is a whole number.
    pub(super) fn whole(&self) -> bool {
        !matches!(self.dtype(), Dtype::F32 | Dtype::F64) && self.encoding.offset_counts.fract() == 0.0
    }

    /// The source pixels that `window` of the work grid draws on: uncut for whole-pixel relations, so
    /// that kernels see where the source ends, and the part of them that exists.
    pub(super) fn reach(&self, window: Window) -> Option<(Canvas, Window)> {
        let part = self.relation.source_window(&self.work, &self.source, window)?;
        let canvas = match self.relation {
            Relation::Copy { col, row } => Canvas::new(window, (1, 1), col, row),
            Relation::Average { factor_x, factor_y, col, row } => Canvas::new(window, (factor_x, factor_y), col, row),
            _ => Canvas::exactly(part),
        };
        Some((canvas, part))
    }
}

/// A stretch of source pixels that may reach beyond the source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Canvas {
    pub(super) col: i64,
    pub(super) row: i64,
    pub(super) width: usize,
    pub(super) height: usize,
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

    /// The canvas of just these source pixels.
    pub(super) fn exactly(window: Window) -> Self {
        Self { col: window.col as i64, row: window.row as i64, width: window.width, height: window.height }
    }

    /// Where `part` lies on the canvas.
    pub(super) fn place(&self, part: Window) -> Window {
        let (row, col) = ((part.row as i64 - self.row) as usize, (part.col as i64 - self.col) as usize);
        Window::new(col, row, part.width, part.height)
    }

    /// Whether it is `part` and nothing else.
    pub(super) fn is(&self, part: Window) -> bool {
        self.place_of(part) == Some(Window::whole(self.width, self.height))
    }

    fn place_of(&self, part: Window) -> Option<Window> {
        let inside = part.row as i64 >= self.row && part.col as i64 >= self.col;
        inside.then(|| self.place(part))
    }

    /// The canvas as a window of its own.
    pub(super) fn window(&self) -> Window {
        Window::whole(self.width, self.height)
    }
}

/// The level of a raster that full resolution is read from: itself, or one of means that stands for it; its grid,
/// and how that comes to `work`.
///
/// # Errors
/// As [`Relation::from_means`], so `Bug` for a raster without a grid.
pub(super) fn standing_for(raster: &dyn Raster, work: &Grid) -> Result<(usize, Grid, Relation)> {
    let (levels, grids): (Vec<usize>, Vec<Grid>) = raster.info().means().into_iter().unzip();
    let (place, relation) = Relation::from_means(work, &grids)?;
    match (levels.get(place), grids.get(place)) {
        (Some(level), Some(grid)) => Ok((*level, *grid, relation)),
        _ => Err(Error::bug("a level of means that is none")),
    }
}

fn source_grid(raster: &Arc<dyn Raster>, level: usize) -> Result<Grid> {
    let info = raster.info();
    info.grid.as_ref().map_err(|reason| {
        Error::unsupported(format!("has no usable grid: {reason}"))
            .hint("give it a north-up grid with gdalwarp, or name a scene that has one")
    })?;
    info.level_grid(level).ok_or_else(|| Error::bug(format!("a raster without level {level}")))
}

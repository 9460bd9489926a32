//! Where a scene's clouds may cast their shadows: a coarse map, made once, that every block looks up.

use ndarray::{Array2, ArrayViewMut2};

use super::reading::read_codes;
use super::tap::{Classes, Tap};
use crate::error::Result;
use crate::geom::grid::Grid;
use crate::geom::window::Window;
use crate::kernel::mask::{self, Reason};

/// Side of a cell in metres where the sun's azimuth is known, and where any direction must be searched.
const CELL_M: [f64; 2] = [80.0, 160.0];

/// Most cells on a side.
const MOST: usize = 2048;

/// Rows of cells that are read together.
const ROWS: usize = 256;

/// Ground that a cloud may have shaded.
pub(super) struct Sky {
    shaded: Array2<bool>,
    /// Pixels of a cell on a side.
    cell: usize,
    /// Pixels of margin before the first one of the work grid.
    margin: usize,
}

impl Sky {
    /// The sky over `work` by the coarsest level of the class band `coarse` (a raster tied to a grid) that will do.
    ///
    /// # Errors
    /// As reading the class band.
    pub(super) fn new(
        work: &Grid,
        tie: impl Fn(&Grid) -> Result<Tap>,
        classes: Classes,
        azimuth: Option<f64>,
        reach_m: f64,
    ) -> Result<Self> {
        let (width, height) = work.pixel_metres();
        let margin = (reach_m / width.min(height)).ceil() as usize + 1;
        let wide = work.pad(margin);
        let fine = CELL_M[usize::from(azimuth.is_none())] / width.max(height);
        let cell = (fine as usize).max(wide.width().max(wide.height()).div_ceil(MOST)).max(1);
        let grid = wide.coarsened(cell)?;
        let tap = tie(&grid)?;
        let mut cloud = Array2::from_elem((grid.height(), grid.width()), false);
        for start in (0..grid.height()).step_by(ROWS) {
            let part = Window::new(0, start, grid.width(), ROWS.min(grid.height() - start));
            let codes = read_codes(&tap, classes, part)?;
            let is_cloud = |code: &u8| *code == Reason::Cloud.code() || *code == Reason::Cirrus.code();
            super::cut::cut(&mut cloud, part).assign(&codes.map(is_cloud));
        }
        let metres = (width * cell as f64, height * cell as f64);
        Ok(Self { shaded: mask::shaded(cloud.view(), metres, azimuth, reach_m)?, cell, margin })
    }

    /// Whether a cloud may have shaded a pixel of the work grid, or one before its first by the halo of dilation.
    fn shades(&self, col: isize, row: isize) -> bool {
        let cell = |at: isize| (at + self.margin as isize).max(0) as usize / self.cell;
        // Beyond the map nothing is known: shadow stays shadow.
        self.shaded.get((cell(row), cell(col))).copied().unwrap_or(true)
    }

    /// Adds to `near` (rows by columns, over `window` of the work grid) where a cloud may have cast a shadow.
    pub(super) fn add_shaded(&self, window: Window, near: &mut Array2<bool>) {
        for ((row, col), near) in near.indexed_iter_mut() {
            *near |= self.shades((window.col + col) as isize, (window.row + row) as isize);
        }
    }

    /// Keeps dark ground in `codes`, whose first pixel lies at `corner` (column, row) of the work grid, which may
    /// be before its first by the halo of dilation.
    ///
    /// # Errors
    /// As [`mask::keep_dark`].
    pub(super) fn keep_dark(&self, corner: (isize, isize), codes: ArrayViewMut2<'_, u8>) -> Result<()> {
        if !codes.iter().any(|code| *code == Reason::Shadow.code()) {
            return Ok(());
        }
        let shaded = |(row, col): (usize, usize)| self.shades(corner.0 + col as isize, corner.1 + row as isize);
        mask::keep_dark(Array2::from_shape_fn(codes.raw_dim(), shaded).view(), codes)
    }
}

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

/// The clouds of one scene over a work grid and the margin that shadows may reach in from.
pub(super) struct Clouds {
    cloud: Array2<bool>,
    /// Pixels of a cell on a side.
    cell: usize,
    /// Width and height of a cell.
    metres: (f64, f64),
    /// Pixels of margin before the first one of the work grid.
    margin: usize,
}

/// Ground that a cloud may have shaded.
pub(super) struct Sky {
    shaded: Array2<bool>,
    cell: usize,
    margin: usize,
}

impl Clouds {
    /// Reads a class band, which `tie` ties to a grid, at a coarse level; `directed`: the sun's azimuth is known.
    ///
    /// # Errors
    /// As reading the class band.
    pub(super) fn read(
        work: &Grid,
        tie: impl Fn(&Grid) -> Result<Tap>,
        classes: Classes,
        directed: bool,
        reach_m: f64,
    ) -> Result<Self> {
        let (width, height) = work.pixel_metres();
        let (grid, cell, margin) = coarse(work, directed, reach_m)?;
        let tap = tie(&grid)?;
        let mut cloud = Array2::from_elem((grid.height(), grid.width()), false);
        for start in (0..grid.height()).step_by(ROWS) {
            let part = Window::new(0, start, grid.width(), ROWS.min(grid.height() - start));
            let codes = read_codes(&tap, classes, part)?;
            let is_cloud = |code: &u8| *code == Reason::Cloud.code() || *code == Reason::Cirrus.code();
            super::cut::cut(&mut cloud, part).assign(&codes.map(is_cloud));
        }
        Ok(Self { cloud, cell, metres: (width * cell as f64, height * cell as f64), margin })
    }
}

/// The grid of cells over a work grid and its margin, the pixels of a cell on a side, and those of the margin.
///
/// # Errors
/// As coarsening a grid.
pub(super) fn coarse(work: &Grid, directed: bool, reach_m: f64) -> Result<(Grid, usize, usize)> {
    let (width, height) = work.pixel_metres();
    let margin = (reach_m / width.min(height)).ceil() as usize + 1;
    let wide = work.pad(margin);
    let fine = CELL_M[usize::from(!directed)] / width.max(height);
    let cell = (fine as usize).max(wide.width().max(wide.height()).div_ceil(MOST)).max(1);
    Ok((wide.coarsened(cell)?, cell, margin))
}

impl Sky {
    /// The sky of a scene by the `clouds` of all scenes of its day, which lie on one grid; none without any.
    ///
    /// # Errors
    /// As [`mask::shaded`].
    pub(super) fn cast(clouds: &[&Clouds], azimuth: Option<f64>, reach_m: f64) -> Result<Option<Self>> {
        let Some((first, others)) = clouds.split_first() else { return Ok(None) };
        let mut all = first.cloud.clone();
        for other in others {
            all.zip_mut_with(&other.cloud, |all, other| *all |= *other);
        }
        let shaded = mask::shaded(all.view(), first.metres, azimuth, reach_m)?;
        Ok(Some(Self { shaded, cell: first.cell, margin: first.margin }))
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
    pub(super) fn keep_dark(&self, corner: (isize, isize), codes: ArrayViewMut2<'_, u8>) {
        mask::keep_dark(codes, |(row, col)| self.shades(corner.0 + col as isize, corner.1 + row as isize));
    }
}

//! Where on a source each work pixel lies, in fractional source pixels.

use super::grid::Grid;
use super::relation::Relation;
use super::window::Window;

/// Side of a lattice cell in work pixels. Cells count from the work grid's corner, so a pixel's
/// position does not depend on the window that asks for it.
const CELL: usize = 16;
/// Source pixels by which interpolation may miss where it is checked.
const TOLERANCE: f64 = 0.04;

/// Source positions of the pixel centres of a window, row by row; NaN where there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Positions {
    /// Columns of the window.
    pub width: usize,
    /// Rows of the window.
    pub height: usize,
    /// Source columns: 0.5 is the centre of the first.
    pub cols: Vec<f64>,
    /// Source rows: 0.5 is the centre of the first.
    pub rows: Vec<f64>,
}

impl Relation {
    /// The source position of each work pixel centre in `window`. Exact within one reference
    /// system. A reprojection is computed exactly every 16 pixels and interpolated between; a
    /// cell where that misses by more than 0.04 source pixels in its middle or halfway along its
    /// sides is computed pixel by pixel. The outcome is the same for any window.
    pub fn source_position(&self, work: &Grid, source: &Grid, window: Window) -> Positions {
        let mut positions = Positions {
            width: window.width,
            height: window.height,
            cols: vec![f64::NAN; window.len()],
            rows: vec![f64::NAN; window.len()],
        };
        let exact = |col: usize, row: usize| {
            self.position(work, source, col as f64 + 0.5, row as f64 + 0.5).unwrap_or((f64::NAN, f64::NAN))
        };
        if window.is_empty() {
            return positions;
        }
        let reprojected = matches!(self, Self::Reproject { .. });
        for top in (window.row / CELL * CELL..window.bottom()).step_by(CELL) {
            for left in (window.col / CELL * CELL..window.right()).step_by(CELL) {
                let cell = if reprojected { Cell::new(left, top, exact) } else { None };
                positions.fill(window, (left, top), |col, row| match &cell {
                    Some(cell) => cell.at(col - left, row - top),
                    None => exact(col, row),
                });
            }
        }
        positions
    }
}

impl Positions {
    /// Writes the pixels that the cell at `corner` and the window share.
    fn fill(&mut self, window: Window, corner: (usize, usize), position: impl Fn(usize, usize) -> (f64, f64)) {
        let shared = window.intersect(&Window::new(corner.0, corner.1, CELL, CELL));
        for row in shared.row..shared.bottom() {
            let start = (row - window.row) * window.width + shared.col - window.col;
            let line = start..start + shared.width;
            let (cols, rows) = (self.cols.get_mut(line.clone()), self.rows.get_mut(line));
            let (Some(cols), Some(rows)) = (cols, rows) else { continue };
            for (col, (x, y)) in (shared.col..).zip(cols.iter_mut().zip(rows)) {
                (*x, *y) = position(col, row);
            }
        }
    }
}

/// Exact positions at the corners of a cell: north-west, north-east, south-west, south-east.
struct Cell([(f64, f64); 4]);

impl Cell {
    /// The cell at (`left`, `top`), unless interpolation is not good enough in it.
    fn new(left: usize, top: usize, exact: impl Fn(usize, usize) -> (f64, f64)) -> Option<Self> {
        let corners = [(0, 0), (CELL, 0), (0, CELL), (CELL, CELL)];
        let cell = Self(corners.map(|(col, row)| exact(left + col, top + row)));
        let half = CELL / 2;
        let checks = [(half, half), (half, 0), (0, half), (half, CELL), (CELL, half)];
        let good = checks.iter().all(|&(col, row)| {
            let (near, far) = (cell.at(col, row), exact(left + col, top + row));
            // NaN compares as false: a cell without an image is computed pixel by pixel.
            (near.0 - far.0).abs() <= TOLERANCE && (near.1 - far.1).abs() <= TOLERANCE
        });
        good.then_some(cell)
    }

    /// The interpolated position `col`, `row` pixels from the cell's corner.
    fn at(&self, col: usize, row: usize) -> (f64, f64) {
        let (s, t) = (col as f64 / CELL as f64, row as f64 / CELL as f64);
        let [nw, ne, sw, se] = self.0;
        let mix = |nw: f64, ne: f64, sw: f64, se: f64| {
            let (north, south) = (nw + (ne - nw) * s, sw + (se - sw) * s);
            north + (south - north) * t
        };
        (mix(nw.0, ne.0, sw.0, se.0), mix(nw.1, ne.1, sw.1, se.1))
    }
}

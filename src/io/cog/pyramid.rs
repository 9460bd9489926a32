//! The streaming pyramid: cells of any window gather into tiles; a complete tile is encoded, spooled and halved into
//! the level above at once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ndarray::{Array2, ArrayView2, Slice};

use super::cell::Sample;
use super::encode::encode;
use super::layout::{Level, levels};
use super::moments::Moments;
use super::reduce::halve;
use super::spec::Spec;
use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::io::spool::Spool;

/// All levels of a layer in the making.
pub(super) struct Pyramid<T> {
    levels: Vec<Level>,
    spec: Spec,
    nodata: Option<T>,
    spool: Spool,
    /// Tiles that wait for more cells, by their index in the spool.
    pending: Mutex<HashMap<usize, Arc<Mutex<Pending<T>>>>>,
    /// Moments of each full-resolution tile.
    moments: Mutex<Vec<Moments>>,
}

/// A tile that is not complete yet.
struct Pending<T> {
    cells: Array2<T>,
    /// Windows that came in, in pixels of the level.
    seen: Vec<Window>,
    /// Cells that are still missing.
    missing: usize,
}

/// A pyramid with every tile in the spool.
pub(super) struct Closed {
    pub(super) spec: Spec,
    pub(super) levels: Vec<Level>,
    pub(super) spool: Spool,
    pub(super) moments: Moments,
}

impl<T: Sample> Pyramid<T> {
    pub(super) fn new(spec: Spec, spool: Spool) -> Result<Self> {
        let nodata = match spec.nodata {
            Some(value) => Some(T::exactly(value).ok_or_else(|| {
                Error::usage(format!("nodata {value} is no value of {:?}", T::CELL))
                    .at(format!("layer \"{}\"", spec.description))
            })?),
            None => None,
        };
        let levels = levels(spec.grid.width(), spec.grid.height(), spec.tile, spec.overviews);
        let tiles = levels.first().map_or(0, Level::tiles);
        let moments = Mutex::new(vec![Moments::EMPTY; tiles]);
        Ok(Self { levels, spec, nodata, spool, pending: Mutex::default(), moments })
    }

    /// Takes the cells of a full-resolution window.
    pub(super) fn put(&self, window: Window, cells: ArrayView2<T>) -> Result<()> {
        if cells.dim() != window.shape() || window.intersect(&self.spec.grid.window()) != window {
            return Err(Error::bug(format!("{:?} cells for {window} of a layer", cells.dim())));
        }
        self.put_level(0, window, cells)
    }

    /// Takes the cells of a window of a level, tile by tile.
    fn put_level(&self, number: usize, window: Window, cells: ArrayView2<T>) -> Result<()> {
        let Some(level) = self.levels.get(number).filter(|_| !window.is_empty()) else { return Ok(()) };
        for (across, down) in level.touched(&window) {
            let tile = level.window(across, down);
            let part = tile.intersect(&window);
            let local = part.within(&window);
            let view = cells.slice_each_axis(|axis| along(&local, axis.axis.index()));
            let index = level.first + level.index(across, down);
            if part == tile && !lock(&self.pending).contains_key(&index) {
                self.complete(number, tile, index, view)?;
            } else if let Some(whole) = self.gather(tile, part, index, view)? {
                self.complete(number, tile, index, whole.view())?;
            }
        }
        Ok(())
    }

    /// Adds a part to a pending tile; the tile itself once nothing is missing.
    fn gather(&self, tile: Window, part: Window, index: usize, cells: ArrayView2<T>) -> Result<Option<Array2<T>>> {
        let pending = match lock(&self.pending).entry(index) {
            Entry::Occupied(there) => Arc::clone(there.get()),
            Entry::Vacant(free) => Arc::clone(free.insert(Arc::new(Mutex::new(Pending::of(tile))))),
        };
        let mut pending = lock(&pending);
        pending.add(tile, part, cells)?;
        if pending.missing > 0 {
            return Ok(None);
        }
        lock(&self.pending).remove(&index);
        Ok(Some(std::mem::take(&mut pending.cells)))
    }

    /// Encodes and spools a complete tile and hands its half to the level above.
    fn complete(&self, number: usize, tile: Window, index: usize, cells: ArrayView2<T>) -> Result<()> {
        if self.nodata.is_some_and(|nodata| cells.iter().all(|cell| cell.is(nodata))) {
            self.spool.put(index, &[])?;
        } else {
            encode(cells, self.spec.tile, self.spec.codec, |bytes| self.spool.put(index, bytes))?;
        }
        // The mean of classes means nothing.
        if number == 0 && self.spec.categories.is_empty() {
            let moments = Moments::of(cells, self.nodata);
            if let Some(slot) = lock(&self.moments).get_mut(index) {
                *slot = moments;
            }
        }
        if number + 1 >= self.levels.len() {
            return Ok(());
        }
        let half = halve(cells, self.spec.overviews, self.nodata);
        let window = Window::new(tile.col / 2, tile.row / 2, half.ncols(), half.nrows());
        self.put_level(number + 1, window, half.view())
    }

    /// Makes sure that nothing is missing.
    pub(super) fn close(self) -> Result<Closed> {
        let tiles: usize = self.levels.iter().map(Level::tiles).sum();
        let missing = (0..tiles).filter(|index| self.spool.stored(*index).is_none()).count();
        if missing > 0 {
            return Err(Error::bug(format!("{missing} of {tiles} tiles were never written"))
                .at(format!("layer \"{}\"", self.spec.description)));
        }
        let moments = self.moments.into_inner().unwrap_or_else(PoisonError::into_inner);
        let moments = moments.into_iter().fold(Moments::EMPTY, Moments::and);
        Ok(Closed { spec: self.spec, levels: self.levels, spool: self.spool, moments })
    }
}

impl<T: Sample> Pending<T> {
    fn of(tile: Window) -> Self {
        Self { cells: Array2::from_elem(tile.shape(), T::default()), seen: Vec::new(), missing: tile.len() }
    }

    /// Copies a part in, once.
    fn add(&mut self, tile: Window, part: Window, cells: ArrayView2<T>) -> Result<()> {
        if self.missing == 0 || self.seen.iter().any(|seen| !seen.intersect(&part).is_empty()) {
            return Err(Error::bug(format!("{part} of a layer was written twice")));
        }
        let local = part.within(&tile);
        self.cells.slice_each_axis_mut(|axis| along(&local, axis.axis.index())).assign(&cells);
        self.seen.push(part);
        self.missing -= part.len();
        Ok(())
    }
}

/// The window's rows (axis 0) or columns (axis 1).
fn along(window: &Window, axis: usize) -> Slice {
    match axis {
        0 => Slice::from(window.row..window.bottom()),
        _ => Slice::from(window.col..window.right()),
    }
}

/// A failed thread ends the run; what it held is not used again.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::crs::Crs;
    use crate::geom::grid::Grid;
    use crate::io::cog::Cell;

    fn pyramid(width: usize, height: usize) -> Pyramid<i16> {
        let grid = Grid::new(Crs::WGS84, (0.0, 0.0), (1.0, 1.0), (width, height)).unwrap();
        let spec = Spec { tile: 64, ..Spec::new(grid, Cell::I16, "test") };
        Pyramid::new(spec, Spool::new(tempfile::tempfile().unwrap())).unwrap()
    }

    #[test]
    fn z_order_keeps_one_open_tile_a_level() {
        let pyramid = pyramid(2048, 2048);
        for window in crate::io::cog::z_order(2048, 2048, 64) {
            pyramid.put(window, Array2::zeros(window.shape()).view()).unwrap();
            assert!(lock(&pyramid.pending).len() < pyramid.levels.len());
        }
        assert!(lock(&pyramid.pending).is_empty());
        pyramid.close().map(|_| ()).unwrap();
    }

    #[test]
    fn rows_keep_a_row_of_tiles_a_level() {
        let pyramid = pyramid(2048, 1024);
        for row in 0..1024 {
            pyramid.put(Window::new(0, row, 2048, 1), Array2::zeros((1, 2048)).view()).unwrap();
            assert!(lock(&pyramid.pending).len() <= 32 + 16 + 8 + 4);
        }
        assert!(lock(&pyramid.pending).is_empty());
    }

    #[test]
    fn twice_outside_and_missing_are_refused() {
        let pyramid = pyramid(100, 100);
        let cells = Array2::zeros((100, 100));
        let put = |window: Window| {
            let origin = Window::new(0, 0, window.width, window.height);
            pyramid.put(window, cells.slice_each_axis(|axis| along(&origin, axis.axis.index())))
        };
        assert!(put(Window::new(1, 0, 100, 1)).is_err(), "outside");
        put(Window::new(0, 0, 10, 10)).unwrap();
        assert!(put(Window::new(9, 9, 5, 5)).is_err(), "overlap inside a tile");
        assert!(put(Window::new(0, 0, 64, 64)).is_err(), "overlap with a whole tile");
        put(Window::new(64, 0, 36, 64)).unwrap();
        assert!(put(Window::new(64, 0, 36, 64)).is_err(), "a finished tile");
        assert!(pyramid.close().map(|_| ()).unwrap_err().to_string().contains("never written"));
    }
}

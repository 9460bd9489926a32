//! The work grid as fixed tiles, whatever the blocks of reading are: what is summed up by tiles and merged in their
//! order is the same for any blocks and threads.

use ndarray::{Array2, ArrayView2, Axis, Slice};

use super::super::crew::{Watch, work_off};
use crate::error::{Error, Result};
use crate::geom::grid::Grid;
use crate::geom::window::Window;
use crate::io::spool::Spool;

/// Side of a tile in pixels; a multiple of the blocks of PCA-k-means.
const SIDE: usize = 256;

/// A pixel that a date did not see.
pub(super) const UNSEEN: u8 = 0;
/// A pixel that both dates saw, but of a class that is not tested.
pub(super) const BARRED: u8 = 1;
/// A pixel with values.
pub(super) const TESTED: u8 = 2;

/// Where the tiles lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lattice {
    whole: Window,
    cols: usize,
}

impl Lattice {
    /// The tiles of a grid, row by row from its corner.
    pub(super) fn new(grid: &Grid) -> Self {
        Self { whole: grid.window(), cols: grid.width().div_ceil(SIDE) }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.cols * self.whole.height.div_ceil(SIDE)
    }

    /// All pixels.
    pub(super) fn whole(&self) -> Window {
        self.whole
    }

    /// The pixels of a tile.
    pub(super) fn window(&self, tile: usize) -> Window {
        Window::new(tile % self.cols * SIDE, tile / self.cols * SIDE, SIDE, SIDE).intersect(&self.whole)
    }

    /// The tiles that share a pixel with a window.
    pub(super) fn over(&self, window: Window) -> impl Iterator<Item = usize> + use<> {
        let rows = window.row / SIDE..window.bottom().div_ceil(SIDE);
        let (cols, from, to) = (self.cols, window.col / SIDE, window.right().div_ceil(SIDE));
        rows.flat_map(move |row| (from..to).map(move |col| row * cols + col))
    }
}

/// One tile: what became of every pixel, and the values of the tested ones.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tile {
    /// [`UNSEEN`], [`BARRED`] or [`TESTED`], row by row.
    pub(super) state: Vec<u8>,
    /// Variables by tested pixels, in the order of `state`.
    pub(super) values: Array2<f32>,
}

impl Tile {
    /// The tested pixels of whole planes.
    pub(super) fn packed(state: Vec<u8>, planes: &[Vec<f32>]) -> Result<Self> {
        let count = state.iter().filter(|state| **state == TESTED).count();
        let mut values = Vec::with_capacity(count * planes.len());
        for plane in planes {
            let tested = plane.iter().zip(&state).filter(|(_, state)| **state == TESTED);
            values.extend(tested.map(|(value, _)| *value));
        }
        let values = Array2::from_shape_vec((planes.len(), count), values);
        Ok(Self { state, values: values.map_err(|error| Error::bug(error.to_string()))? })
    }

    /// The same pixels with other values.
    pub(super) fn with(self, variables: Vec<Vec<f32>>) -> Result<Self> {
        let count = self.values.ncols();
        let values = Array2::from_shape_vec((variables.len(), count), variables.concat());
        Ok(Self { state: self.state, values: values.map_err(|error| Error::bug(error.to_string()))? })
    }

    /// Values of one variable.
    pub(super) fn variable(&self, variable: usize) -> Vec<f32> {
        self.values.row(variable).to_vec()
    }

    /// Places of the tested pixels in the tile.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.state.iter().enumerate().filter(|(_, state)| **state == TESTED).map(|(place, _)| place)
    }

    /// Values of tested pixels as a plane, `rest` elsewhere.
    pub(super) fn spread<T: Copy>(&self, window: Window, values: &[T], rest: T) -> Result<Array2<T>> {
        let mut plane = vec![rest; self.state.len()];
        for (place, value) in self.places().zip(values) {
            plane[place] = *value;
        }
        Array2::from_shape_vec(window.shape(), plane).map_err(|error| Error::bug(error.to_string()))
    }

    fn encoded(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.state.len() + 4 * self.values.len() + self.values.nrows());
        bytes.extend_from_slice(&self.state);
        for row in self.values.rows() {
            let row = row.to_vec();
            // Counts of most sensors are whole: two bytes hold them.
            if row.iter().all(|value| f32::from(*value as i16) == *value) {
                bytes.push(2);
                bytes.extend(row.iter().flat_map(|value| (*value as i16).to_le_bytes()));
            } else {
                bytes.push(4);
                bytes.extend(row.iter().flat_map(|value| value.to_le_bytes()));
            }
        }
        bytes
    }

    fn decoded(bytes: &[u8], pixels: usize, variables: usize) -> Option<Self> {
        let (state, mut rest) = bytes.split_at_checked(pixels)?;
        let count = state.iter().filter(|state| **state == TESTED).count();
        let mut values = Vec::with_capacity(count * variables);
        for _ in 0..variables {
            let (width, behind) = rest.split_first()?;
            let (row, next) = behind.split_at_checked(usize::from(*width) * count)?;
            match width {
                2 => values.extend(row.as_chunks().0.iter().map(|two| f32::from(i16::from_le_bytes(*two)))),
                _ => values.extend(row.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four))),
            }
            rest = next;
        }
        let values = Array2::from_shape_vec((variables, count), values).ok()?;
        Some(Self { state: state.to_vec(), values })
    }
}

/// Tiles on disk.
pub(super) struct Store<'a> {
    /// Where they lie.
    pub(super) lattice: Lattice,
    /// The file.
    pub(super) spool: Spool,
    /// Values of a pixel.
    pub(super) variables: usize,
    /// Who watches.
    pub(super) watch: &'a dyn Watch,
}

impl Store<'_> {
    /// Keeps a tile.
    ///
    /// # Errors
    /// As [`Spool::put`].
    pub(super) fn put(&self, tile: usize, content: &Tile) -> Result<()> {
        self.spool.put(tile, &content.encoded())
    }

    /// A tile.
    ///
    /// # Errors
    /// As [`Spool::read`]; `Bug` when it was never kept.
    pub(super) fn fetch(&self, tile: usize, bytes: &mut Vec<u8>) -> Result<Tile> {
        let found = self.spool.read(tile, bytes)?;
        let content = Tile::decoded(bytes, self.lattice.window(tile).len(), self.variables);
        content.filter(|_| found).ok_or_else(|| Error::bug(format!("tile {tile} is not in the spool")))
    }

    /// What `work` makes of every tile, in the order of the tiles.
    ///
    /// # Errors
    /// As [`work_off`] and [`Store::fetch`].
    pub(super) fn each<T: Send>(
        &self,
        stage: &'static str,
        work: impl Fn(usize, Tile) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        self.watch.stage(stage, self.lattice.count());
        let made = work_off(
            self.lattice.count(),
            self.watch,
            || (Vec::new(), Vec::new()),
            |(bytes, made), tile| {
                made.push((tile, work(tile, self.fetch(tile, bytes)?)?));
                self.watch.step(0);
                Ok(())
            },
        )?;
        Ok(in_order(made.into_iter().flat_map(|(_, made)| made).collect()))
    }
}

/// Results by rising tile.
pub(super) fn in_order<T>(mut made: Vec<(usize, T)>) -> Vec<T> {
    made.sort_by_key(|(tile, _)| *tile);
    made.into_iter().map(|(_, result)| result).collect()
}

/// The cells of `window` within a plane that covers `of`.
pub(super) fn cells<'v, T>(plane: &'v Array2<T>, of: Window, window: Window) -> ArrayView2<'v, T> {
    let mut part = plane.view();
    part.slice_axis_inplace(Axis(0), Slice::from(window.row - of.row..window.bottom() - of.row));
    part.slice_axis_inplace(Axis(1), Slice::from(window.col - of.col..window.right() - of.col));
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_comes_back() {
        let state = vec![TESTED, UNSEEN, TESTED, BARRED, TESTED];
        let planes = [vec![1.0, 9.0, -300.0, 9.0, 32767.0], vec![0.5, 9.0, 7.0, 9.0, 40000.0]];
        let tile = Tile::packed(state, &planes).unwrap();
        assert_eq!(tile.variable(0), [1.0, -300.0, 32767.0]);
        let bytes = tile.encoded();
        assert_eq!(bytes.len(), 5 + 1 + 3 * 2 + 1 + 3 * 4);
        assert_eq!(Tile::decoded(&bytes, 5, 2), Some(tile.clone()));
        assert_eq!(Tile::decoded(&bytes[..bytes.len() - 1], 5, 2), None);
        let plane = tile.spread(Window::whole(5, 1), &tile.variable(1), f32::INFINITY).unwrap();
        assert_eq!(plane.into_raw_vec_and_offset().0, [0.5, f32::INFINITY, 7.0, f32::INFINITY, 40000.0]);
    }

    #[test]
    fn minus_zero_and_the_ends_are_kept_as_values() {
        let values = vec![vec![-0.0f32, 32768.0, -32768.0, f32::NAN]];
        let tile = Tile::packed(vec![TESTED; 4], &values).unwrap();
        let back = Tile::decoded(&tile.encoded(), 4, 1).unwrap();
        assert_eq!(back.values[(0, 1)], 32768.0);
        assert!(back.values[(0, 3)].is_nan());
    }
}

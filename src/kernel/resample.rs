//! Between grids: averaging to coarser cells, refining to finer ones, and reading at any position.
//!
//! Positions count pixels of the whole raster from its north-western corner, so that 0.5 is the
//! centre of the first pixel. What a cell becomes depends on the raster alone, not on the block it
//! was computed in, as long as the block's patch holds the neighbours it asks for.

use ndarray::{Array2, ArrayView2};

use super::reflectance::{Plane, PlaneView};
use super::rows;
use crate::error::{Error, Result};
use crate::geom::window::Window;

mod bilinear;
mod coarsen;

pub use bilinear::{bilinear_at, refine_bilinear};
pub use coarsen::{average, mode};

/// Columns and rows of fine cells in one coarse cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Factor {
    x: usize,
    y: usize,
}

impl Factor {
    /// `x` columns and `y` rows.
    ///
    /// # Errors
    /// `Usage` unless both are between 1 and 1024.
    pub fn new(x: usize, y: usize) -> Result<Self> {
        if (1..=1024).contains(&x) && (1..=1024).contains(&y) {
            return Ok(Self { x, y });
        }
        Err(Error::usage(format!("a factor of {x} by {y} between grids is not between 1 and 1024")))
    }

    /// Columns.
    pub fn x(&self) -> usize {
        self.x
    }

    /// Rows.
    pub fn y(&self) -> usize {
        self.y
    }

    /// The coarse cells that the fine cells of `fine` lie in.
    pub fn coarse(&self, fine: Window) -> Window {
        let (col, row) = (fine.col / self.x, fine.row / self.y);
        let (right, bottom) = (fine.right().div_ceil(self.x), fine.bottom().div_ceil(self.y));
        Window::new(col, row, right - col, bottom - row)
    }
}

/// The part of a raster that a block was given: `window` says which pixels of the raster they are.
#[derive(Debug, Clone, Copy)]
pub struct Patch<T> {
    data: T,
    window: Window,
}

impl<'a> Patch<PlaneView<'a>> {
    /// The values of `window`.
    ///
    /// # Errors
    /// `Mismatch` when a shape is not the window's.
    pub fn plane(plane: PlaneView<'a>, window: Window) -> Result<Self> {
        rows::same_shape(window.shape(), plane.values.dim(), "the plane")?;
        rows::same_shape(window.shape(), plane.valid.dim(), "the validity plane")?;
        Ok(Self { data: plane, window })
    }
}

impl<'a, T> Patch<ArrayView2<'a, T>> {
    /// The classes or codes of `window`.
    ///
    /// # Errors
    /// `Mismatch` when the shape is not the window's.
    pub fn classes(classes: ArrayView2<'a, T>, window: Window) -> Result<Self> {
        rows::same_shape(window.shape(), classes.dim(), "the class plane")?;
        Ok(Self { data: classes, window })
    }
}

impl<T> Patch<T> {
    /// Row and column within the patch of the raster's pixel (`col`, `row`), where it holds it.
    fn cell(&self, col: i64, row: i64) -> Option<(usize, usize)> {
        let col = usize::try_from(col).ok()?.checked_sub(self.window.col)?;
        let row = usize::try_from(row).ok()?.checked_sub(self.window.row)?;
        (col < self.window.width && row < self.window.height).then_some((row, col))
    }

    /// The cell that holds a position; none for NaN.
    fn cell_at(&self, (col, row): (f64, f64)) -> Option<(usize, usize)> {
        if col.is_nan() || row.is_nan() {
            return None;
        }
        // The casts saturate, far outside every patch.
        self.cell(col.floor() as i64, row.floor() as i64)
    }

    /// Refuses a window of coarse cells that the patch does not hold.
    fn holds(&self, coarse: Window) -> Result<()> {
        if coarse.intersect(&self.window) == coarse || coarse.is_empty() {
            return Ok(());
        }
        Err(Error::mismatch(format!("{coarse} are needed, and only {} are there", self.window)))
    }
}

/// Every fine cell of `fine` gets the value of the coarse cell it lies in. `patch` is of the coarse
/// raster, `fine` counts cells of the fine one, whose north-western corner is the same.
///
/// # Errors
/// `Mismatch` when the patch does not hold a cell that is needed.
pub fn refine_nearest(patch: &Patch<PlaneView<'_>>, factor: Factor, fine: Window) -> Result<Plane> {
    let PlaneView { values, valid } = patch.data;
    let values = refine_classes(&Patch { data: values, window: patch.window }, factor, fine)?;
    let valid = refine_classes(&Patch { data: valid, window: patch.window }, factor, fine)?;
    Ok(Plane { values, valid })
}

/// [`refine_nearest`] for classes or codes.
///
/// # Errors
/// `Mismatch` when the patch does not hold a cell that is needed.
pub fn refine_classes<T: Copy>(patch: &Patch<ArrayView2<'_, T>>, factor: Factor, fine: Window) -> Result<Array2<T>> {
    patch.holds(factor.coarse(fine))?;
    let own: Vec<usize> = (fine.col..fine.right()).map(|col| col / factor.x - patch.window.col).collect();
    let mut cells = Vec::with_capacity(fine.len());
    for row in fine.row..fine.bottom() {
        if row > fine.row && row % factor.y != 0 {
            cells.extend_from_within(cells.len() - fine.width..);
        } else {
            let coarse = rows::slice(&patch.data, row / factor.y - patch.window.row);
            cells.extend(own.iter().map(|&col| coarse[col]));
        }
    }
    filled(fine, cells)
}

/// The value of the cell that holds each position; invalid outside the patch and for NaN.
/// `positions` are (column, row) in pixels of the raster.
pub fn nearest_at(patch: &Patch<PlaneView<'_>>, positions: ArrayView2<'_, (f64, f64)>) -> Plane {
    let PlaneView { values, valid } = patch.data;
    Plane::from_values(positions.map(|&at| {
        let cell = patch.cell_at(at).filter(|&cell| valid[cell]);
        cell.map_or(f32::NAN, |cell| values[cell])
    }))
}

/// [`nearest_at`] for classes or codes; `outside` where the patch holds nothing.
pub fn classes_at<T: Copy>(
    patch: &Patch<ArrayView2<'_, T>>,
    positions: ArrayView2<'_, (f64, f64)>,
    outside: T,
) -> Array2<T> {
    positions.map(|&at| patch.cell_at(at).map_or(outside, |cell| patch.data[cell]))
}

/// An array of the window's shape.
fn filled<T>(window: Window, cells: Vec<T>) -> Result<Array2<T>> {
    Array2::from_shape_vec(window.shape(), cells).map_err(|_| Error::bug(format!("{window} were not filled")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    /// A raster with holes.
    pub(super) fn any_plane() -> impl Strategy<Value = Plane> {
        let value = prop_oneof![5 => (0i32..10_000).prop_map(|value| value as f32), 1 => Just(f32::NAN)];
        (1usize..12, 1usize..12).prop_flat_map(move |(height, width)| {
            prop::collection::vec(value.clone(), height * width)
                .prop_map(move |values| Plane::from_values(Array2::from_shape_vec((height, width), values).unwrap()))
        })
    }

    /// The part of `plane` in `window`.
    pub(super) fn patch(plane: &Plane, window: Window) -> Patch<PlaneView<'_>> {
        let values = rows::crop(plane.values.view(), window);
        let valid = rows::crop(plane.valid.view(), window);
        Patch::plane(PlaneView { values, valid }, window).unwrap()
    }

    pub(super) fn whole(plane: &Plane) -> Patch<PlaneView<'_>> {
        patch(plane, Window::whole(plane.values.ncols(), plane.values.nrows()))
    }

    fn bits(values: ArrayView2<'_, f32>) -> Vec<u32> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    #[test]
    fn positions_count_from_the_corner() {
        let plane = Plane::from_values(array![[1.0, 2.0], [3.0, f32::NAN]]);
        let positions = array![[(0.0, 0.0), (1.999, 0.5), (1.5, 1.5), (-0.001, 0.5), (2.0, 0.5), (f64::NAN, 0.5)]];
        let read = nearest_at(&whole(&plane), positions.view());
        assert_eq!(read.valid, array![[true, true, false, false, false, false]]);
        assert_eq!(read.values[(0, 1)], 2.0);
        let codes = array![[1u8, 2], [3, 4]];
        let patch = Patch::classes(codes.view(), Window::new(10, 20, 2, 2)).unwrap();
        let positions = array![[(10.5, 20.5), (11.5, 21.5), (0.5, 0.5), (f64::INFINITY, 20.5)]];
        assert_eq!(classes_at(&patch, positions.view(), 255), array![[1, 4, 255, 255]]);
    }

    #[test]
    fn a_patch_that_is_too_small_is_refused() {
        let plane = Plane::nothing((4, 4));
        let patch = patch(&plane, Window::new(1, 1, 2, 2));
        let factor = Factor::new(2, 2).unwrap();
        assert!(refine_nearest(&patch, factor, Window::new(2, 2, 4, 4)).is_ok());
        assert!(refine_nearest(&patch, factor, Window::new(1, 2, 4, 4)).is_err());
        assert!(refine_bilinear(&patch, factor, Window::new(2, 2, 5, 4)).is_err());
        assert!(Factor::new(0, 1).is_err());
    }

    proptest! {
        #[test]
        fn refining_does_not_depend_on_the_block(plane in any_plane(), x in 1usize..5, y in 1usize..5, side in 1usize..9) {
            let factor = Factor::new(x, y).unwrap();
            let (height, width) = (plane.values.nrows(), plane.values.ncols());
            let fine = Window::whole(width * x, height * y);
            let nearest = refine_nearest(&whole(&plane), factor, fine).unwrap();
            let smooth = refine_bilinear(&whole(&plane), factor, fine).unwrap();
            for row in (0..fine.height).step_by(side) {
                for col in (0..fine.width).step_by(side) {
                    let block = Window::new(col, row, side, side).intersect(&fine);
                    let near = patch(&plane, factor.coarse(block));
                    let wide = patch(&plane, factor.coarse(block).grown(1, width, height));
                    let due = |plane: &Plane| bits(rows::crop(plane.values.view(), block));
                    prop_assert_eq!(bits(refine_nearest(&near, factor, block).unwrap().values.view()), due(&nearest));
                    prop_assert_eq!(bits(refine_bilinear(&wide, factor, block).unwrap().values.view()), due(&smooth));
                }
            }
        }

        #[test]
        fn refining_and_averaging_gives_the_values_back(plane in any_plane(), x in 1usize..5, y in 1usize..5) {
            let factor = Factor::new(x, y).unwrap();
            let fine = Window::whole(plane.values.ncols() * x, plane.values.nrows() * y);
            let back = average(refine_nearest(&whole(&plane), factor, fine).unwrap().view(), factor);
            prop_assert_eq!(bits(back.values.view()), bits(plane.values.view()));
            prop_assert_eq!(back.valid, plane.valid);
        }

        #[test]
        fn positions_do_not_depend_on_the_patch(plane in any_plane(), at in prop::collection::vec((-2.0f64..14.0, -2.0f64..14.0), 20)) {
            let (height, width) = (plane.values.nrows(), plane.values.ncols());
            let all = Array2::from_shape_vec((4, 5), at.clone()).unwrap();
            let due = (nearest_at(&whole(&plane), all.view()), bilinear_at(&whole(&plane), all.view()));
            for (number, &(col, row)) in at.iter().enumerate() {
                let (col_in, row_in) = ((col.max(0.0) as usize).min(width - 1), (row.max(0.0) as usize).min(height - 1));
                let near = Window::new(col_in, row_in, 1, 1).grown(1, width, height);
                let one = array![[(col, row)]];
                let place = (number / 5, number % 5);
                let patch = patch(&plane, near);
                prop_assert_eq!(nearest_at(&patch, one.view()).values[(0, 0)].to_bits(), due.0.values[place].to_bits());
                prop_assert_eq!(bilinear_at(&patch, one.view()).values[(0, 0)].to_bits(), due.1.values[place].to_bits());
            }
        }
    }
}

//! Bilinear values that know what is missing: weights of invalid neighbours are dropped and the rest
//! scaled up to one; a place whose own cell is invalid stays invalid.

use ndarray::{Array2, ArrayView2};

use super::{Factor, Patch};
use crate::error::Result;
use crate::geom::window::Window;
use crate::kernel::reflectance::{Plane, PlaneView};
use crate::kernel::rows;

/// Fine cells between the centres of coarse ones, by linear weights along both axes.
///
/// `patch` is of the coarse raster, `fine` counts cells of the fine one with the same corner. The
/// centre of fine cell `i` lies at `(i + 0.5) / factor` coarse pixels, so the weights follow the
/// phase of the cell. Neighbours that the patch does not hold count as invalid: it must reach one
/// cell beyond [`Factor::coarse`] of `fine`, except where the raster ends. Sums are taken in `f64`
/// and rounded once.
///
/// # Errors
/// `Mismatch` when the patch does not hold a coarse cell under `fine`.
pub fn refine_bilinear(patch: &Patch<PlaneView<'_>>, factor: Factor, fine: Window) -> Result<Plane> {
    patch.holds(factor.coarse(fine))?;
    let mut plane = Plane::nothing(fine.shape());
    let columns: Vec<Tap> =
        (fine.col..fine.right()).map(|col| Tap::new(col, factor.x, patch.window.col, patch.window.width)).collect();
    let mut mixed = Mixed::new(patch.window.width);
    for row in 0..fine.height {
        let tap = Tap::new(fine.row + row, factor.y, patch.window.row, patch.window.height);
        mixed.fill(&patch.data, &tap);
        let own = rows::slice(&patch.data.valid, tap.own);
        rows::fill(plane.values.row_mut(row), |values| {
            for (value, tap) in values.iter_mut().zip(&columns) {
                *value = if own[tap.own] { mixed.at(tap) } else { f32::NAN };
            }
        });
    }
    rows::map([plane.values.view()], plane.valid.view_mut(), |[value]: [f32; 1]| !value.is_nan());
    Ok(plane)
}

/// The two coarse cells along one axis between whose centres a fine cell lies, as indices into the
/// patch, with their weights; and the coarse cell that it lies in. A cell that the patch lacks
/// stands as the own cell with weight zero.
#[derive(Debug, Clone, Copy)]
struct Tap {
    own: usize,
    first: usize,
    second: usize,
    first_weight: f64,
    second_weight: f64,
}

impl Tap {
    /// For fine cell `cell`; the patch holds `length` coarse cells from `start`.
    fn new(cell: usize, factor: usize, start: usize, length: usize) -> Self {
        let own = cell / factor - start;
        // Twice the distance from the own centre, in fine cells: odd or even as the factor is not.
        let phase = 2 * (cell % factor) + 1;
        let away = phase.abs_diff(factor) as f64 / (2 * factor) as f64;
        let before = phase < factor;
        let other = if before { own.checked_sub(1) } else { Some(own + 1).filter(|&other| other < length) };
        let (other, weight) = other.map_or((own, 0.0), |other| (other, away));
        // In order of columns, so that the sum is the same from either side.
        if before {
            Self { own, first: other, second: own, first_weight: weight, second_weight: 1.0 - away }
        } else {
            Self { own, first: own, second: other, first_weight: 1.0 - away, second_weight: weight }
        }
    }
}

/// Two coarse rows mixed into one: sums of weighted values and of weights, zero where invalid.
struct Mixed {
    sums: Vec<f64>,
    weights: Vec<f64>,
}

impl Mixed {
    fn new(width: usize) -> Self {
        Self { sums: vec![0.0; width], weights: vec![0.0; width] }
    }

    fn fill(&mut self, plane: &PlaneView<'_>, tap: &Tap) {
        self.sums.fill(0.0);
        self.weights.fill(0.0);
        for (row, weight) in [(tap.first, tap.first_weight), (tap.second, tap.second_weight)] {
            let (values, valid) = (rows::slice(&plane.values, row), rows::slice(&plane.valid, row));
            let into = self.sums.iter_mut().zip(&mut self.weights);
            for ((sum, total), (&value, &valid)) in into.zip(values.iter().zip(&*valid)) {
                *sum += if valid { weight * f64::from(value) } else { 0.0 };
                *total += if valid { weight } else { 0.0 };
            }
        }
    }

    /// The value at a column, whose own cell must be valid.
    fn at(&self, tap: &Tap) -> f32 {
        let mix = |cells: &[f64]| tap.first_weight * cells[tap.first] + tap.second_weight * cells[tap.second];
        (mix(&self.sums) / mix(&self.weights)) as f32
    }
}

/// The bilinear value at each position (column, row) in pixels of the raster, 0.5 being the centre of
/// the first. Invalid outside the patch, for NaN, and where the cell that holds the position is
/// invalid. The patch must reach one cell beyond the positions, except where the raster ends.
pub fn bilinear_at(patch: &Patch<PlaneView<'_>>, positions: ArrayView2<'_, (f64, f64)>) -> Plane {
    let values: Array2<f32> = positions.map(|&at| bilinear(patch, at).unwrap_or(f32::NAN));
    Plane::from_values(values)
}

fn bilinear(patch: &Patch<PlaneView<'_>>, at: (f64, f64)) -> Option<f32> {
    let PlaneView { values, valid } = patch.data;
    patch.cell_at(at).filter(|&cell| valid[cell])?;
    let (left, top) = ((at.0 - 0.5).floor(), (at.1 - 0.5).floor());
    let (right, down) = (at.0 - 0.5 - left, at.1 - 0.5 - top);
    let (mut sum, mut weights) = (0.0, 0.0);
    for (row, vertical) in [(0, 1.0 - down), (1, down)] {
        for (col, horizontal) in [(0, 1.0 - right), (1, right)] {
            let cell = patch.cell(left as i64 + col, top as i64 + row).filter(|&cell| valid[cell]);
            let Some(cell) = cell else { continue };
            sum += vertical * horizontal * f64::from(values[cell]);
            weights += vertical * horizontal;
        }
    }
    Some((sum / weights) as f32)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{any_plane, whole};
    use super::*;
    use ndarray::array;
    use proptest::prelude::*;

    #[test]
    fn a_ramp_stays_a_ramp() {
        let ramp = Plane::from_values(Array2::from_shape_fn((4, 4), |(row, col)| (col * 4 + row * 16) as f32));
        let fine = refine_bilinear(&whole(&ramp), Factor::new(2, 2).unwrap(), Window::new(1, 1, 6, 6)).unwrap();
        let due = Array2::from_shape_fn((6, 6), |(row, col)| (1 + col * 2) as f32 + (4 + row * 8) as f32);
        assert_eq!(fine.values, due);
    }

    #[test]
    fn missing_neighbours_are_left_out() {
        let plane = Plane::from_values(array![[8.0, f32::NAN, 2.0]]);
        let fine = refine_bilinear(&whole(&plane), Factor::new(2, 1).unwrap(), Window::whole(6, 1)).unwrap();
        assert_eq!(fine.valid, array![[true, true, false, false, true, true]]);
        assert_eq!(fine.values[(0, 1)], 8.0);
        assert_eq!(fine.values[(0, 4)], 2.0);
    }

    proptest! {
        #[test]
        fn refining_is_reading_at_the_centres(plane in any_plane(), x in 1usize..6, y in 1usize..6) {
            let factor = Factor::new(x, y).unwrap();
            let fine = Window::whole(plane.values.ncols() * x, plane.values.nrows() * y);
            let centre = |(row, col)| ((col as f64 + 0.5) / x as f64, (row as f64 + 0.5) / y as f64);
            let read = bilinear_at(&whole(&plane), Array2::from_shape_fn(fine.shape(), centre).view());
            let refined = refine_bilinear(&whole(&plane), factor, fine).unwrap();
            prop_assert_eq!(&read.valid, &refined.valid);
            for (one, other) in read.values.iter().zip(&refined.values) {
                prop_assert!(one.is_nan() || (one - other).abs() <= 1e-6 * one.abs().max(1.0));
            }
        }

        #[test]
        fn values_stay_between_their_neighbours(plane in any_plane(), x in 1usize..6) {
            let fine = Window::whole(plane.values.ncols() * x, plane.values.nrows() * x);
            let refined = refine_bilinear(&whole(&plane), Factor::new(x, x).unwrap(), fine).unwrap();
            let valid = || plane.values.iter().filter(|value| !value.is_nan());
            let (least, most) = valid().fold((f32::MAX, f32::MIN), |(a, b), &v| (a.min(v), b.max(v)));
            prop_assert!(refined.values.iter().all(|&value| value.is_nan() || (least..=most).contains(&value)));
        }
    }
}

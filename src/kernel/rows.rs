//! Planes row by row, as plain slices: the one form of loop that the compiler vectorises reliably.

use std::borrow::Cow;

use ndarray::{ArrayView1, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, Slice};

use crate::error::{Error, Result};
use crate::geom::window::Window;

/// One row as a slice; copied only when the plane's columns are not adjacent in memory.
pub(super) fn slice<'a, T: Copy>(plane: &'a ArrayView2<'_, T>, row: usize) -> Cow<'a, [T]> {
    match plane.row(row).to_slice() {
        Some(slice) => Cow::Borrowed(slice),
        None => Cow::Owned(plane.row(row).to_vec()),
    }
}

/// Runs `fill` on the row as a slice, through a copy when its columns are not adjacent in memory.
pub(super) fn fill<T: Copy>(mut row: ArrayViewMut1<'_, T>, fill: impl FnOnce(&mut [T])) {
    if let Some(slice) = row.as_slice_mut() {
        return fill(slice);
    }
    let mut copy = row.to_vec();
    fill(&mut copy);
    row.assign(&ArrayView1::from(&copy));
}

/// `out[i] = formula([inputs[0][i], inputs[1][i], ...])` over planes of one shape.
#[inline]
pub(super) fn map<const N: usize, T: Copy, U: Copy>(
    inputs: [ArrayView2<'_, T>; N],
    mut out: ArrayViewMut2<'_, U>,
    formula: impl Fn([T; N]) -> U,
) {
    for (number, target) in out.rows_mut().into_iter().enumerate() {
        let sources: [Cow<'_, [T]>; N] = std::array::from_fn(|band| slice(&inputs[band], number));
        fill(target, |target| map_row(std::array::from_fn(|band| &*sources[band]), target, &formula));
    }
}

/// Runs a loop with the widest vector instructions that the processor has. What it computes is the same, bit
/// for bit: every lane does what one value alone would do.
#[inline]
pub(super) fn wide<T>(work: impl FnOnce() -> T) -> T {
    pulp::Arch::new().dispatch(work)
}

/// [`map`] over one row. Every slice is cut to one length first, so that the loop checks no bound.
#[inline]
pub(super) fn map_row<const N: usize, T: Copy, U>(sources: [&[T]; N], target: &mut [U], formula: impl Fn([T; N]) -> U) {
    let length = sources.iter().fold(target.len(), |least, source| least.min(source.len()));
    debug_assert_eq!(length, target.len(), "planes of one shape");
    let sources: [&[T]; N] = std::array::from_fn(|band| &sources[band][..length]);
    let target = &mut target[..length];
    wide(
        #[inline(always)]
        move || map_slices(sources, target, formula),
    );
}

/// The loop of [`map_row`]: as a function of its own it tells the compiler that the slices do not overlap.
#[inline(always)]
fn map_slices<const N: usize, T: Copy, U>(sources: [&[T]; N], target: &mut [U], formula: impl Fn([T; N]) -> U) {
    let sources = sources.map(|source| &source[..target.len()]);
    for (column, value) in target.iter_mut().enumerate() {
        *value = formula(std::array::from_fn(|band| sources[band][column]));
    }
}

/// `out[i] = formula(out[i], [inputs[0][i], inputs[1][i], ...])` over one row, as [`map_row`].
#[inline]
pub(super) fn change_row<const N: usize, T: Copy, U: Copy>(
    sources: [&[T]; N],
    target: &mut [U],
    formula: impl Fn(U, [T; N]) -> U,
) {
    let length = sources.iter().fold(target.len(), |least, source| least.min(source.len()));
    let sources: [&[T]; N] = std::array::from_fn(|band| &sources[band][..length]);
    let target = &mut target[..length];
    wide(
        #[inline(always)]
        move || change_slices(sources, target, formula),
    );
}

#[inline(always)]
fn change_slices<const N: usize, T: Copy, U: Copy>(
    sources: [&[T]; N],
    target: &mut [U],
    formula: impl Fn(U, [T; N]) -> U,
) {
    let sources = sources.map(|source| &source[..target.len()]);
    for (column, value) in target.iter_mut().enumerate() {
        *value = formula(*value, std::array::from_fn(|band| sources[band][column]));
    }
}

/// The cells of `window`, which must lie within the plane. (`ndarray::s!` holds an `allow(unsafe_code)`,
/// which a crate that forbids unsafe code cannot use.)
pub(super) fn crop<T>(mut plane: ArrayView2<'_, T>, window: Window) -> ArrayView2<'_, T> {
    plane.slice_axis_inplace(Axis(0), Slice::from(window.row..window.bottom()));
    plane.slice_axis_inplace(Axis(1), Slice::from(window.col..window.right()));
    plane
}

/// Refuses planes of unequal shapes; `what` names the plane that differs.
pub(super) fn same_shape(expected: (usize, usize), found: (usize, usize), what: &str) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::mismatch(format!(
        "{what} has {} rows by {} columns where {} by {} are due",
        found.0, found.1, expected.0, expected.1
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn strided_planes_give_the_same() {
        let plane = array![[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let mut out = Array2::<f32>::zeros((2, 3));
        // A transposed plane and target: neither has adjacent columns.
        let mut turned = Array2::<f32>::zeros((3, 2));
        map([plane.view()], out.view_mut(), |[x]| 2.0 * x);
        map([plane.t()], turned.view_mut(), |[x]| 2.0 * x);
        assert_eq!(out.t(), turned);
        let mut back = Array2::<f32>::zeros((3, 2));
        map([plane.view()], back.view_mut().reversed_axes(), |[x]| 2.0 * x);
        assert_eq!(back.t(), out);
    }
}

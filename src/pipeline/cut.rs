//! Part of an array by a window (ndarray's own slicing macro is not available where unsafe code is forbidden).

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Slice, Zip};

use crate::geom::runs::Runs;
use crate::geom::window::Window;
use crate::kernel::mask::Reason;

/// The cells of `window`, to be written.
pub(super) fn cut<T>(array: &mut Array2<T>, window: Window) -> ArrayViewMut2<'_, T> {
    let mut part = array.view_mut();
    part.slice_axis_inplace(Axis(0), Slice::from(window.row..window.bottom()));
    part.slice_axis_inplace(Axis(1), Slice::from(window.col..window.right()));
    part
}

/// Writes `value` into the cells of a block of `window` that `runs` hold; whether there was one.
pub(super) fn stamp<T: Copy>(block: &mut Array2<T>, window: Window, runs: &Runs, value: T) -> bool {
    let mut any = false;
    for run in runs.in_window(window) {
        let (row, col) = (run.row as usize - window.row, run.start as usize - window.col);
        cut(block, Window::new(col, row, run.len() as usize, 1)).fill(value);
        any = true;
    }
    any
}

/// Gives the cells that are not inside the code of what lies beyond the AOI.
pub(super) fn leave_outside(codes: &mut Array2<u8>, inside: ArrayView2<'_, bool>) {
    let outside = Reason::Outside.code();
    Zip::from(codes).and(inside).for_each(|code, inside| *code = if *inside { *code } else { outside });
}

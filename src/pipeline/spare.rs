//! Memory between one use and the next, kept by every thread for itself: what the system gives anew it has
//! cleared first, and blocks come and go by the thousand.

use std::cell::RefCell;

use ndarray::Array2;

use crate::io::raster::{Dtype, Samples};

/// Buffers that a thread keeps of each kind; more than this are let go.
const KEPT: usize = 32;

thread_local! {
    static PLANES: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
    static SAMPLES: RefCell<Vec<Samples>> = const { RefCell::new(Vec::new()) };
}

/// A plane of `shape` (rows, columns); what it holds is left open.
pub(super) fn plane(shape: (usize, usize)) -> Array2<f32> {
    let mut values = PLANES.with_borrow_mut(Vec::pop).unwrap_or_default();
    values.resize(shape.0 * shape.1, f32::NAN);
    Array2::from_shape_vec(shape, values).unwrap_or_else(|_| Array2::from_elem(shape, f32::NAN))
}

/// Gives a plane back.
pub(super) fn give_plane(plane: Array2<f32>) {
    let (values, offset) = plane.into_raw_vec_and_offset();
    PLANES.with_borrow_mut(|planes| {
        if planes.len() < KEPT && offset == Some(0) {
            planes.push(values);
        }
    });
}

/// Samples of a type, of any size and content.
pub(super) fn samples(dtype: Dtype) -> Samples {
    SAMPLES.with_borrow_mut(|kept| {
        let fitting = kept.iter().rposition(|samples| samples.dtype() == dtype);
        fitting.map_or_else(|| Samples::empty(dtype), |place| kept.swap_remove(place))
    })
}

/// Gives samples back.
pub(super) fn give_samples(samples: Samples) {
    SAMPLES.with_borrow_mut(|kept| {
        if kept.len() < KEPT {
            kept.push(samples);
        }
    });
}

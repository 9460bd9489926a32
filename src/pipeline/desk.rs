//! One block in the making: what is computed of it, stripe by stripe, until it is written.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, Slice};

use super::cut::leave_outside;
use super::record::Record;
use crate::geom::window::Window;
use crate::kernel::mask::Reason;

/// One block in the making; its memory serves for the next one.
#[derive(Default)]
pub(super) struct Desk {
    /// The reason of every pixel.
    pub(super) codes: Array2<u8>,
    /// Values of the layers, in the order of the sinks.
    pub(super) values: Vec<Array2<f32>>,
    /// Where the change vector is long; only where there is one.
    pub(super) changed: Array2<u8>,
    /// Days of the sides with several, in the order of their sinks.
    pub(super) days: Vec<Array2<u16>>,
    /// What detection will want to know.
    pub(super) record: Record,
    /// Pixels that may be found burned, before a known threshold is asked.
    pub(super) considered: u64,
}

/// Which pixels of a block lie in the AOI; None: all of them.
pub(super) type Inside = Option<Array2<bool>>;

impl Desk {
    /// Makes room for a block of so many layers and layers of days, with a change vector or without.
    pub(super) fn clear(&mut self, window: Window, layers: usize, days: usize, vector: bool) {
        reshape(&mut self.codes, window.shape());
        self.values.resize_with(layers, || Array2::default((0, 0)));
        self.values.iter_mut().for_each(|values| reshape(values, window.shape()));
        if vector {
            reshape(&mut self.changed, window.shape());
        }
        self.days.resize_with(days, || Array2::default((0, 0)));
        for days in &mut self.days {
            reshape(days, window.shape());
            days.fill(0);
        }
        self.record.clear();
        self.considered = 0;
    }

    /// Rows in which no pixel was seen on both dates.
    pub(super) fn skip(&mut self, rows: &Range<usize>, codes: ArrayView2<'_, u8>) {
        rows_of(&mut self.codes, rows).assign(&codes);
        self.values.iter_mut().for_each(|values| rows_of(values, rows).fill(f32::NAN));
        if !self.changed.is_empty() {
            rows_of(&mut self.changed, rows).fill(0);
        }
        self.record.extend_blank(0, codes.len());
    }

    /// A block of which nothing is known but the reason.
    pub(super) fn blank(&mut self, reason: Reason, inside: &Inside) {
        self.codes.fill(reason.code());
        if let Some(inside) = inside {
            leave_outside(&mut self.codes, inside.view());
        }
        self.record.extend_blank(0, self.codes.len());
    }
}

/// Some rows of a block, to be written.
pub(super) fn rows_of<'v, T>(block: &'v mut Array2<T>, rows: &Range<usize>) -> ArrayViewMut2<'v, T> {
    block.slice_axis_mut(Axis(0), Slice::from(rows.clone()))
}

/// Brings an array to a shape; what it holds is left open.
fn reshape<T: Clone + Default>(array: &mut Array2<T>, shape: (usize, usize)) {
    if array.dim() != shape {
        *array = Array2::default(shape);
    }
}

//! What detection remembers of a block between the passes: dNBR and RBR in steps, the reason code and flags,
//! six bytes a pixel in a spool.

use ndarray::{Array2, ArrayView2};

use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::io::spool::Spool;
use crate::kernel::mask::Reason;

/// Steps per unit: dNBR is remembered in whole multiples of 1e-4, rounded down, so that `steps >= t` decides
/// exactly as `dNBR >= t / 10000` does for any whole `t`.
pub(super) const STEPS: f64 = 1e4;

/// May be found burned: seen, and of no barred class.
pub(super) const ELIGIBLE: u8 = 1;
/// Green before: NDVI at least 0.3.
pub(super) const GREEN: u8 = 2;

/// One block between the passes; rows by columns.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// dNBR in steps, rounded down.
    pub dnbr: Array2<i16>,
    /// RBR in steps, rounded down.
    pub rbr: Array2<i16>,
    /// The [`Reason`] of every pixel.
    pub code: Array2<u8>,
    /// [`ELIGIBLE`] and [`GREEN`].
    pub flags: Array2<u8>,
}

impl Record {
    /// A block in which every pixel has the same reason and nothing is eligible.
    pub(super) fn blank(window: Window, reason: Reason) -> Self {
        Self::coded(Array2::from_elem(window.shape(), reason as u8))
    }

    /// A block of reasons in which nothing is eligible.
    pub(super) fn coded(code: Array2<u8>) -> Self {
        let shape = code.raw_dim();
        Self { dnbr: Array2::zeros(shape), rbr: Array2::zeros(shape), code, flags: Array2::zeros(shape) }
    }

    /// Values in steps, rounded down; NaN becomes 0 (it is never eligible).
    pub(super) fn steps(values: ArrayView2<'_, f32>) -> Array2<i16> {
        values.mapv(
            |value| if value.is_nan() { 0 } else { (f64::from(value) * STEPS).floor().clamp(-32767.0, 32767.0) as i16 },
        )
    }

    /// Puts the block into a spool.
    ///
    /// # Errors
    /// As [`Spool::put`].
    pub(super) fn store(&self, spool: &Spool, index: usize) -> Result<()> {
        let mut bytes = Vec::with_capacity(self.code.len() * 6);
        for steps in [&self.dnbr, &self.rbr] {
            // Low and high bytes apart compress better.
            bytes.extend(steps.iter().map(|step| step.to_le_bytes()[0]));
            bytes.extend(steps.iter().map(|step| step.to_le_bytes()[1]));
        }
        bytes.extend(self.code.iter());
        bytes.extend(self.flags.iter());
        spool.put(index, &bytes)
    }

    /// Takes the block of `window` out of a spool.
    ///
    /// # Errors
    /// As [`Spool::read`]; `Bug` when the block was never stored or has another size.
    pub(super) fn fetch(spool: &Spool, index: usize, window: Window) -> Result<Self> {
        let mut bytes = Vec::new();
        let lost = || Error::bug(format!("block {index} is not in the spool"));
        if !spool.read(index, &mut bytes)? || bytes.len() != window.len() * 6 {
            return Err(lost());
        }
        let n = window.len();
        let part = |from: usize| &bytes[from * n..(from + 1) * n];
        let steps = |from: usize| {
            let pairs = part(from).iter().zip(part(from + 1)).map(|(low, high)| i16::from_le_bytes([*low, *high]));
            Array2::from_shape_vec(window.shape(), pairs.collect()).map_err(|_| lost())
        };
        let plane = |from: usize| Array2::from_shape_vec(window.shape(), part(from).to_vec()).map_err(|_| lost());
        Ok(Self { dnbr: steps(0)?, rbr: steps(2)?, code: plane(4)?, flags: plane(5)? })
    }
}

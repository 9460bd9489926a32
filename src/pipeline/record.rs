//! What detection remembers of a block between the passes: a reason code and flags for every pixel, dNBR and
//! RBR in steps for the pixels that may still matter.

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

/// One block between the passes; rows by columns. Steps mean something only where [`ELIGIBLE`].
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// dNBR in steps, rounded down.
    pub(super) dnbr: Array2<i16>,
    /// RBR in steps, rounded down.
    pub(super) rbr: Array2<i16>,
    /// The [`Reason`] of every pixel.
    pub(super) code: Array2<u8>,
    /// [`ELIGIBLE`] and [`GREEN`].
    pub(super) flags: Array2<u8>,
}

/// The least value of a layer in steps, rounded down without a call, so that loops stay vectorised.
#[inline]
fn step(value: f32) -> i16 {
    let steps = f64::from(value) * STEPS;
    let near = steps as i32;
    let down = near - i32::from(f64::from(near) > steps);
    down.clamp(-32767, 32767) as i16
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
        values.mapv(step)
    }

    /// Takes back the eligibility of pixels below `key`, which nothing will ever find.
    pub(super) fn forget_below(&mut self, key: i32) {
        ndarray::Zip::from(&mut self.flags).and(&self.dnbr).for_each(|flags, step| {
            *flags = if i32::from(*step) < key { *flags & !ELIGIBLE } else { *flags };
        });
    }

    /// Puts the block into a spool.
    ///
    /// # Errors
    /// As [`Spool::put`].
    pub(super) fn store(&self, spool: &Spool, index: usize) -> Result<()> {
        let (Some(code), Some(flags), Some(dnbr), Some(rbr)) =
            (self.code.as_slice(), self.flags.as_slice(), self.dnbr.as_slice(), self.rbr.as_slice())
        else {
            return Err(Error::bug("a block is not in one piece"));
        };
        let mut bytes = Vec::with_capacity(flags.len() * 2);
        bytes.extend_from_slice(code);
        bytes.extend_from_slice(flags);
        let mut kept: [Vec<u8>; 4] = Default::default();
        for (flags, (dnbr, rbr)) in flags.iter().zip(dnbr.iter().zip(rbr)) {
            if flags & ELIGIBLE != 0 {
                let four = [dnbr.to_le_bytes(), rbr.to_le_bytes()];
                // Low and high bytes apart compress better.
                kept.iter_mut().zip(four.as_flattened()).for_each(|(kept, byte)| kept.push(*byte));
            }
        }
        kept.iter().for_each(|part| bytes.extend_from_slice(part));
        spool.put(index, &bytes)
    }

    /// Takes the block of `window` out of a spool.
    ///
    /// # Errors
    /// As [`Spool::read`]; `Bug` when the block was never stored or has another size.
    pub(super) fn fetch(spool: &Spool, index: usize, window: Window) -> Result<Self> {
        let mut bytes = Vec::new();
        let lost = || Error::bug(format!("block {index} is not in the spool"));
        if !spool.read(index, &mut bytes)? {
            return Err(lost());
        }
        let planes = bytes
            .split_at_checked(window.len())
            .and_then(|(code, rest)| Some((code, rest.split_at_checked(window.len())?)));
        let (code, (flags, values)) = planes.ok_or_else(lost)?;
        let count = flags.iter().filter(|flags| **flags & ELIGIBLE != 0).count();
        if values.len() != 4 * count {
            return Err(lost());
        }
        let (dnbr, rbr) = values.split_at(2 * count);
        let plane = |bytes: &[u8]| Array2::from_shape_vec(window.shape(), bytes.to_vec()).map_err(|_| lost());
        let spread = |bytes: &[u8]| Array2::from_shape_vec(window.shape(), spread(flags, bytes)).map_err(|_| lost());
        Ok(Self { dnbr: spread(dnbr)?, rbr: spread(rbr)?, code: plane(code)?, flags: plane(flags)? })
    }
}

/// Low and high bytes of the eligible pixels' steps as steps of all pixels, 0 elsewhere.
fn spread(flags: &[u8], bytes: &[u8]) -> Vec<i16> {
    let (low, high) = bytes.split_at(bytes.len() / 2);
    let mut steps = low.iter().zip(high).map(|(low, high)| i16::from_le_bytes([*low, *high]));
    let next = |flags: &u8| if flags & ELIGIBLE != 0 { steps.next().unwrap_or(0) } else { 0 };
    flags.iter().map(next).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::store::Scratch;
    use ndarray::array;

    #[test]
    fn steps_round_down() {
        let steps = Record::steps(array![[0.27f32, 0.269_999_9, -0.000_01, f32::NAN, 9.0, -9.0]].view());
        assert_eq!(steps, array![[2700, 2699, -1, 0, 32767, -32767]]);
    }

    #[test]
    fn what_is_eligible_comes_back() {
        let record = Record {
            dnbr: array![[5, -6], [700, 8]],
            rbr: array![[1, 2], [-3, 4]],
            code: array![[0, 3], [18, 0]],
            flags: array![[ELIGIBLE, 0], [ELIGIBLE | GREEN, ELIGIBLE]],
        };
        let folder = Scratch::new().unwrap();
        let stage = crate::io::store::Stage::begin(&folder.path().join("out"), false, &[]).unwrap();
        let spool = Spool::compressed(stage.temporary("memory").unwrap());
        record.store(&spool, 0).unwrap();
        let back = Record::fetch(&spool, 0, Window::whole(2, 2)).unwrap();
        assert_eq!((back.code, back.flags), (record.code, record.flags));
        assert_eq!(back.dnbr, array![[5, 0], [700, 8]]);
        assert_eq!(back.rbr, array![[1, 0], [-3, 4]]);
        assert!(Record::fetch(&spool, 1, Window::whole(2, 2)).is_err());
    }
}

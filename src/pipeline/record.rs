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
}

/// A block as it comes out of the spool; steps are unpacked only when asked for.
pub(super) struct Stored {
    bytes: Vec<u8>,
    shape: (usize, usize),
}

impl Stored {
    /// Takes the block of `window` out of a spool.
    ///
    /// # Errors
    /// As [`Spool::read`]; `Bug` when the block was never stored or has another size.
    pub(super) fn fetch(spool: &Spool, index: usize, window: Window) -> Result<Self> {
        let mut bytes = Vec::new();
        let found = spool.read(index, &mut bytes)?;
        let stored = Self { bytes, shape: window.shape() };
        let pixels = window.len();
        let sound = found && stored.bytes.len() >= 2 * pixels && stored.bytes.len() == 2 * pixels + 4 * stored.count();
        if sound { Ok(stored) } else { Err(Error::bug(format!("block {index} is not in the spool"))) }
    }

    fn pixels(&self) -> usize {
        self.shape.0 * self.shape.1
    }

    fn flag_bytes(&self) -> &[u8] {
        self.bytes.get(self.pixels()..2 * self.pixels()).unwrap_or_default()
    }

    /// Eligible pixels.
    pub(super) fn count(&self) -> usize {
        self.flag_bytes().iter().map(|flags| usize::from(flags & ELIGIBLE)).sum()
    }

    /// The [`Reason`] of every pixel.
    ///
    /// # Errors
    /// `Bug`, which a fetched block never gives.
    pub(super) fn code(&self) -> Result<ArrayView2<'_, u8>> {
        view(self.shape, self.bytes.get(..self.pixels()).unwrap_or_default())
    }

    /// [`ELIGIBLE`] and [`GREEN`].
    ///
    /// # Errors
    /// `Bug`, which a fetched block never gives.
    pub(super) fn flags(&self) -> Result<ArrayView2<'_, u8>> {
        view(self.shape, self.flag_bytes())
    }

    /// dNBR in steps, 0 where not eligible.
    ///
    /// # Errors
    /// `Bug`, which a fetched block never gives.
    pub(super) fn dnbr(&self) -> Result<Array2<i16>> {
        self.spread(0)
    }

    /// RBR in steps, 0 where not eligible.
    ///
    /// # Errors
    /// `Bug`, which a fetched block never gives.
    pub(super) fn rbr(&self) -> Result<Array2<i16>> {
        self.spread(1)
    }

    /// The steps of one layer, from its low and high bytes.
    fn spread(&self, layer: usize) -> Result<Array2<i16>> {
        let count = self.count();
        let start = 2 * self.pixels() + 2 * count * layer;
        let (low, high) = self.bytes.get(start..start + 2 * count).unwrap_or_default().split_at(count);
        let mut steps = low.iter().zip(high).map(|(low, high)| i16::from_le_bytes([*low, *high]));
        let next = |flags: &u8| if flags & ELIGIBLE != 0 { steps.next().unwrap_or(0) } else { 0 };
        let all = self.flag_bytes().iter().map(next).collect();
        Array2::from_shape_vec(self.shape, all).map_err(|error| Error::bug(error.to_string()))
    }
}

fn view(shape: (usize, usize), bytes: &[u8]) -> Result<ArrayView2<'_, u8>> {
    ArrayView2::from_shape(shape, bytes).map_err(|error| Error::bug(error.to_string()))
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
        let back = Stored::fetch(&spool, 0, Window::whole(2, 2)).unwrap();
        assert_eq!((back.code().unwrap(), back.flags().unwrap()), (record.code.view(), record.flags.view()));
        assert_eq!(back.dnbr().unwrap(), array![[5, 0], [700, 8]]);
        assert_eq!(back.rbr().unwrap(), array![[1, 0], [-3, 4]]);
        assert!(Stored::fetch(&spool, 1, Window::whole(2, 2)).is_err());
    }
}

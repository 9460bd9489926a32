//! Undoing the predictors of TIFF in place: horizontal differences (2) and the floating point
//! predictor (3), as Adobe's TIFF 6 specification and Technical Note 3 define them.

use super::codec::{Codec, sized};
use super::layout::Encoding;
use crate::error::{Error, Result};
use crate::io::raster::Dtype;

/// What was done to the samples before compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Predictor {
    None,
    /// Differences to the sample to the left.
    Horizontal,
    /// Byte planes of a row, most significant first, as differences of bytes.
    Float,
}

impl Predictor {
    /// The predictor with TIFF's number `code`; only LZW, DEFLATE and ZSTD heed it.
    ///
    /// # Errors
    /// `Unsupported` for a number or a sample type that has no predictor.
    pub(super) fn new(code: u64, codec: Codec, encoding: Encoding) -> Result<Self> {
        let float = matches!(encoding.dtype, Dtype::F32 | Dtype::F64);
        match (code, encoding.bits) {
            (1, _) => Ok(Self::None),
            _ if !codec.predicts() => Ok(Self::None),
            (2, 8 | 16 | 32 | 64) => Ok(Self::Horizontal),
            (3, _) if float => Ok(Self::Float),
            (_, bits) => {
                Err(Error::unsupported(format!("predictor {code} of {bits}-bit {:?} is not read", encoding.dtype)))
            }
        }
    }

    /// Undoes it in `rows`, each `row_bytes` long, of samples of `size` bytes in little-endian
    /// order (after `Float` too), `stride` to a pixel. `spare` is room for a row.
    pub(super) fn undo(self, rows: &mut [u8], row_bytes: usize, (size, stride): (usize, usize), spare: &mut Vec<u8>) {
        if row_bytes == 0 {
            return;
        }
        for row in rows.chunks_exact_mut(row_bytes) {
            match self {
                Self::None => {}
                Self::Horizontal => sum(row, size, stride),
                Self::Float => unplane(row, size, stride, sized(spare, row_bytes)),
            }
        }
    }
}

/// Running sums along a row for each of `stride` interleaved bands.
fn sum(row: &mut [u8], size: usize, stride: usize) {
    match size {
        1 => sum_of(row.as_chunks_mut().0, stride, u8::from_le_bytes, u8::to_le_bytes, u8::wrapping_add),
        2 => sum_of(row.as_chunks_mut().0, stride, u16::from_le_bytes, u16::to_le_bytes, u16::wrapping_add),
        4 => sum_of(row.as_chunks_mut().0, stride, u32::from_le_bytes, u32::to_le_bytes, u32::wrapping_add),
        _ => sum_of(row.as_chunks_mut().0, stride, u64::from_le_bytes, u64::to_le_bytes, u64::wrapping_add),
    }
}

/// The running sums of samples of `N` bytes. One, three and four bands keep their sums in
/// registers.
#[inline]
fn sum_of<T: Copy + Default, const N: usize>(
    row: &mut [[u8; N]],
    stride: usize,
    from: impl Fn([u8; N]) -> T + Copy,
    to: impl Fn(T) -> [u8; N] + Copy,
    add: impl Fn(T, T) -> T + Copy,
) {
    match stride {
        1 => sum_pixels::<T, N, 1>(row, from, to, add),
        2 => sum_pixels::<T, N, 2>(row, from, to, add),
        3 => sum_pixels::<T, N, 3>(row, from, to, add),
        4 => sum_pixels::<T, N, 4>(row, from, to, add),
        _ => {
            for band in 0..stride {
                let mut total = T::default();
                for sample in row.iter_mut().skip(band).step_by(stride) {
                    total = add(total, from(*sample));
                    *sample = to(total);
                }
            }
        }
    }
}

#[inline]
fn sum_pixels<T: Copy + Default, const N: usize, const BANDS: usize>(
    row: &mut [[u8; N]],
    from: impl Fn([u8; N]) -> T,
    to: impl Fn(T) -> [u8; N],
    add: impl Fn(T, T) -> T,
) {
    let mut totals = [T::default(); BANDS];
    for pixel in row.as_chunks_mut::<BANDS>().0 {
        for (total, sample) in totals.iter_mut().zip(pixel) {
            *total = add(*total, from(*sample));
            *sample = to(*total);
        }
    }
}

/// Sums the bytes of a row, then gathers each sample from its byte planes.
fn unplane(row: &mut [u8], size: usize, stride: usize, planes: &mut [u8]) {
    sum(row, 1, stride);
    planes.copy_from_slice(row);
    let samples = row.len() / size;
    match size {
        2 => gather::<2>(row, planes, samples),
        3 => gather::<3>(row, planes, samples),
        4 => gather::<4>(row, planes, samples),
        _ => gather::<8>(row, planes, samples),
    }
}

/// Little-endian samples of `N` bytes from `N` planes, the most significant plane first.
fn gather<const N: usize>(row: &mut [u8], planes: &[u8], samples: usize) {
    for (byte, plane) in planes.chunks_exact(samples.max(1)).take(N).enumerate() {
        let at = N - 1 - byte;
        for (sample, value) in row.as_chunks_mut::<N>().0.iter_mut().zip(plane) {
            sample[at] = *value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undone(predictor: Predictor, mut rows: Vec<u8>, row_bytes: usize, form: (usize, usize)) -> Vec<u8> {
        predictor.undo(&mut rows, row_bytes, form, &mut Vec::new());
        rows
    }

    #[test]
    fn each_row_and_band_is_summed_alone() {
        assert_eq!(undone(Predictor::Horizontal, vec![1, 1, 1, 5, 255, 0], 3, (1, 1)), [1, 2, 3, 5, 4, 4]);
        assert_eq!(undone(Predictor::Horizontal, vec![1, 10, 1, 10], 4, (1, 2)), [1, 10, 2, 20]);
        let seven: Vec<u8> = (0..14).collect();
        assert_eq!(undone(Predictor::Horizontal, seven, 14, (1, 7))[7..], [7, 9, 11, 13, 15, 17, 19]);
    }

    #[test]
    fn sums_carry_across_bytes_and_wrap() {
        let row = [0xff, 0x00, 0x01, 0x00, 0x00, 0xff];
        assert_eq!(undone(Predictor::Horizontal, row.to_vec(), 6, (2, 1)), [0xff, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn float_planes_are_gathered() {
        // 1.0 is 3f 80 00 00, 2.0 is 40 00 00 00: planes 3f 40, 80 00, 00 00, 00 00 as differences.
        let row = vec![0x3f, 0x01, 0x40, 0x80, 0x00, 0x00, 0x00, 0x00];
        let bytes = undone(Predictor::Float, row, 8, (4, 1));
        assert_eq!(bytes, [1.0f32.to_le_bytes(), 2.0f32.to_le_bytes()].concat());
    }
}

//! Typed samples of a window: made at the right size, filled from the rows of chunks.

use crate::error::{Error, Result};
use crate::io::raster::{Dtype, Samples, with_samples};

/// `size` samples of `value` (cast; the callers checked that it fits).
///
/// # Errors
/// `Limit` when the memory is not there.
pub(super) fn filled(dtype: Dtype, size: usize, value: f64) -> Result<Samples> {
    let mut samples = match dtype {
        Dtype::U8 => Samples::U8(Vec::new()),
        Dtype::I8 => Samples::I8(Vec::new()),
        Dtype::U16 => Samples::U16(Vec::new()),
        Dtype::I16 => Samples::I16(Vec::new()),
        Dtype::U32 => Samples::U32(Vec::new()),
        Dtype::I32 => Samples::I32(Vec::new()),
        Dtype::U64 => Samples::U64(Vec::new()),
        Dtype::I64 => Samples::I64(Vec::new()),
        Dtype::F32 => Samples::F32(Vec::new()),
        Dtype::F64 => Samples::F64(Vec::new()),
    };
    with_samples!(&mut samples, values => {
        values.try_reserve_exact(size).map_err(|_| Error::limit(format!("no memory for {size} samples")))?;
        values.resize(size, value as _);
    });
    Ok(samples)
}

/// Where the pixels of one row go: columns `from` of the chunk's row (`stride` samples to a
/// pixel, `band` of them wanted) to `into` of the samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pub(super) from: usize,
    pub(super) into: usize,
    pub(super) width: usize,
    pub(super) band: usize,
    pub(super) stride: usize,
}

/// Copies the pixels of `cut` from a row of little-endian samples.
pub(super) fn put(samples: &mut Samples, row: &[u8], cut: Cut) {
    with_samples!(samples, values => {
        if let Some(values) = values.get_mut(cut.into..cut.into + cut.width) {
            copy(values, row, cut);
        }
    });
}

fn copy<T: FromLittle<N>, const N: usize>(values: &mut [T], row: &[u8], cut: Cut) {
    let stored = row.as_chunks::<N>().0.get(cut.from * cut.stride..).unwrap_or_default();
    if cut.stride == 1 {
        values.iter_mut().zip(stored).for_each(|(value, bytes)| *value = T::from_little(*bytes));
    } else {
        let stored = stored.iter().skip(cut.band).step_by(cut.stride);
        values.iter_mut().zip(stored).for_each(|(value, bytes)| *value = T::from_little(*bytes));
    }
}

/// A number from its little-endian bytes.
trait FromLittle<const N: usize> {
    fn from_little(bytes: [u8; N]) -> Self;
}

macro_rules! from_little {
    ($($number:ty: $size:literal),*) => {
        $(impl FromLittle<$size> for $number {
            fn from_little(bytes: [u8; $size]) -> Self {
                Self::from_le_bytes(bytes)
            }
        })*
    };
}

from_little!(u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, u64: 8, i64: 8, f32: 4, f64: 8);

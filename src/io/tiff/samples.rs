//! Typed samples of a window: brought to size, filled from the rows of chunks.

use crate::error::{Error, Result};
use crate::io::raster::{Dtype, Samples, with_samples};

/// Makes `samples` hold `size` samples of type `dtype`, in the memory that it has where the type is the
/// same; what they are is left open.
///
/// # Errors
/// `Limit` when the memory is not there.
pub(super) fn resize(samples: &mut Samples, dtype: Dtype, size: usize) -> Result<()> {
    if samples.dtype() != dtype {
        *samples = Samples::empty(dtype);
    }
    with_samples!(samples, values => {
        let more = size.saturating_sub(values.len());
        values.try_reserve_exact(more).map_err(|_| Error::limit(format!("no memory for {size} samples")))?;
        values.resize(size, Default::default());
    });
    Ok(())
}

/// The memory of the samples as bytes.
pub(super) fn bytes(samples: &mut Samples) -> &mut [u8] {
    with_samples!(samples, values => bytemuck::cast_slice_mut(values))
}

/// Writes `value` (cast; the callers checked that it fits) into the pixels of a row.
pub(super) fn fill(samples: &mut Samples, into: std::ops::Range<usize>, value: f64) {
    with_samples!(samples, values => {
        if let Some(values) = values.get_mut(into) {
            values.fill(value as _);
        }
    });
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

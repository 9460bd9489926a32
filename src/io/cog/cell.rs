//! The cell types: bytes on disk with and without predictor, what counts as a value, how four become one.

use std::borrow::Cow;

use ndarray::ArrayView1;

use super::spec::Cell;

/// A type of cell that a layer can have.
pub(super) trait Sample: Copy + Default + PartialOrd + Send + Sync + Into<f64> + 'static {
    /// The type's name.
    const CELL: Cell;
    /// Bits of a cell.
    const WIDTH: u16;
    /// TIFF's SampleFormat: 1 unsigned, 2 signed, 3 floating point.
    const FORMAT: u16;
    /// TIFF's Predictor for compressed tiles.
    const PREDICTOR: u16;
    /// What stands for "nothing" in a layer without nodata: NaN, or zero where there is none.
    const VOID: Self;

    /// The cell that is exactly `value`, if there is one.
    fn exactly(value: f64) -> Option<Self>;

    /// Whether the cell is NaN.
    fn is_nan(self) -> bool;

    /// Whether the cell is neither NaN nor infinite.
    fn is_finite(self) -> bool;

    /// Writes a row in the byte order of the file; `bytes` has just the room.
    fn lay(row: &[Self], bytes: &mut [u8]);

    /// Writes a row behind the predictor; `bytes` has just the room, `scratch` is any buffer.
    fn lay_predicted(row: &[Self], bytes: &mut [u8], scratch: &mut Vec<u8>);

    /// The mean of `count` (1 to 4) cells, given as four with zeros for those that do not count.
    fn mean(cells: [Self; 4], count: u8) -> Self;

    /// Whether the cell is the nodata value: equal, or both NaN.
    fn is(self, nodata: Self) -> bool {
        self == nodata || (self.is_nan() && nodata.is_nan())
    }

    /// Whether the cell is a value: no NaN and not nodata.
    fn counts(self, nodata: Option<Self>) -> bool {
        !self.is_nan() && nodata.is_none_or(|nodata| self != nodata)
    }
}

/// Adding and subtracting this rounds a smaller float (below 2^22) half to even, and the
/// compiler can do it for many at once.
const ROUNDER: f32 = 12_582_912.0;

macro_rules! integer_sample {
    ($type:ty, $cell:expr, $format:expr) => {
        impl Sample for $type {
            const CELL: Cell = $cell;
            const WIDTH: u16 = <$type>::BITS as u16;
            const FORMAT: u16 = $format;
            const PREDICTOR: u16 = 2;
            const VOID: Self = 0;

            fn exactly(value: f64) -> Option<Self> {
                let cell = value as $type;
                (f64::from(cell) == value).then_some(cell)
            }

            fn is_nan(self) -> bool {
                false
            }

            fn is_finite(self) -> bool {
                true
            }

            fn lay(row: &[Self], bytes: &mut [u8]) {
                let places = bytes.as_chunks_mut().0;
                places.iter_mut().zip(row).for_each(|(place, cell)| *place = cell.to_le_bytes());
            }

            fn lay_predicted(row: &[Self], bytes: &mut [u8], _: &mut Vec<u8>) {
                let places = bytes.as_chunks_mut().0;
                let (Some((first, rest)), Some((start, places))) = (row.split_first(), places.split_first_mut()) else {
                    return;
                };
                *start = first.to_le_bytes();
                let cells = rest.iter().zip(row).zip(places);
                wide(
                    #[inline(always)]
                    move || {
                        cells.for_each(|((cell, before), place)| *place = cell.wrapping_sub(*before).to_le_bytes());
                    },
                );
            }

            /// Exact: sums stay below 2^18, and no third lies so near to a half that a float misses it.
            fn mean([a, b, c, d]: [Self; 4], count: u8) -> Self {
                let sum = (i32::from(a) + i32::from(b)) + (i32::from(c) + i32::from(d));
                ((sum as f32 / f32::from(count.max(1)) + ROUNDER) - ROUNDER) as Self
            }
        }
    };
}

integer_sample!(u8, Cell::U8, 1);
integer_sample!(u16, Cell::U16, 1);
integer_sample!(i16, Cell::I16, 2);

impl Sample for f32 {
    const CELL: Cell = Cell::F32;
    const WIDTH: u16 = 32;
    const FORMAT: u16 = 3;
    const PREDICTOR: u16 = 3;
    const VOID: Self = Self::NAN;

    fn exactly(value: f64) -> Option<Self> {
        let cell = value as Self;
        (value.is_nan() || f64::from(cell) == value).then_some(cell)
    }

    fn is_nan(self) -> bool {
        self.is_nan()
    }

    fn is_finite(self) -> bool {
        self.is_finite()
    }

    fn lay(row: &[Self], bytes: &mut [u8]) {
        let places = bytes.as_chunks_mut().0;
        places.iter_mut().zip(row).for_each(|(place, cell)| *place = cell.to_le_bytes());
    }

    /// The row's bytes from the most significant plane to the least, then differenced byte by byte.
    fn lay_predicted(row: &[Self], bytes: &mut [u8], scratch: &mut Vec<u8>) {
        scratch.resize(row.len() * 4, 0);
        let (upper, lower) = scratch.split_at_mut(row.len() * 2);
        let ((p0, p1), (p2, p3)) = (upper.split_at_mut(row.len()), lower.split_at_mut(row.len()));
        let cells = row.iter().zip(p0).zip(p1).zip(p2).zip(p3);
        wide(
            #[inline(always)]
            move || {
                cells.for_each(|((((cell, b0), b1), b2), b3)| [*b0, *b1, *b2, *b3] = cell.to_bits().to_be_bytes());
            },
        );
        u8::lay_predicted(scratch, bytes, &mut Vec::new());
    }

    fn mean([a, b, c, d]: [Self; 4], count: u8) -> Self {
        let sum = (f64::from(a) + f64::from(b)) + (f64::from(c) + f64::from(d));
        (sum / f64::from(count.max(1))) as Self
    }
}

/// Runs a loop with the widest vector instructions that the processor has; the outcome is the same.
#[inline]
pub(super) fn wide<T>(work: impl FnOnce() -> T) -> T {
    pulp::Arch::new().dispatch(work)
}

/// A row as one stretch of memory, copied only if it is strided.
pub(super) fn contiguous<T: Sample>(row: ArrayView1<'_, T>) -> Cow<'_, [T]> {
    row.to_slice().map_or_else(|| Cow::Owned(row.to_vec()), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_means_round_half_to_even_everywhere() {
        // Parts that sum up to `sum` and differ by one at most.
        let part = |sum: i32, of: i32, number: i32| (sum + number).div_euclid(of) as i16;
        for sum in -131_072i32..=131_068 {
            let cells = [0, 1, 2, 3].map(|number| part(sum, 4, number));
            assert_eq!(i16::mean(cells, 4), (f64::from(sum) / 4.0).round_ties_even() as i16, "{sum} / 4");
        }
        for sum in -98_304i32..=98_301 {
            let cells = [part(sum, 3, 0), 0, part(sum, 3, 1), part(sum, 3, 2)];
            assert_eq!(i16::mean(cells, 3), (f64::from(sum) / 3.0).round_ties_even() as i16, "{sum} / 3");
        }
        assert_eq!([i16::mean([1, 2, 0, 0], 2), i16::mean([3, 2, 0, 0], 2), i16::mean([-1, -2, 0, 0], 2)], [2, 2, -2]);
        assert_eq!([u8::mean([255; 4], 4), u8::mean([0, 0, 255, 0], 1), u8::mean([7, 0, 0, 0], 2)], [255, 255, 4]);
    }

    #[test]
    fn predictors_undo() {
        let row = [5i16, -32_768, 32_767, 0, 7];
        let mut bytes = [0; 10];
        i16::lay_predicted(&row, &mut bytes, &mut Vec::new());
        let mut sum = 0i16;
        let undone: Vec<i16> = bytes
            .chunks_exact(2)
            .map(|pair| {
                sum = sum.wrapping_add(i16::from_le_bytes([pair[0], pair[1]]));
                sum
            })
            .collect();
        assert_eq!(undone, row);

        let floats = [1.5f32, -0.0, f32::NAN, 1e-30];
        let mut bytes = [0; 16];
        f32::lay_predicted(&floats, &mut bytes, &mut Vec::new());
        for at in 1..bytes.len() {
            bytes[at] = bytes[at].wrapping_add(bytes[at - 1]);
        }
        let undone = (0..4).map(|at| u32::from_be_bytes([bytes[at], bytes[at + 4], bytes[at + 8], bytes[at + 12]]));
        assert!(undone.eq(floats.iter().map(|cell| cell.to_bits())));
    }

    #[test]
    fn nodata_must_be_a_value_of_the_type() {
        assert_eq!((u8::exactly(255.0), u8::exactly(256.0), u8::exactly(0.5)), (Some(255), None, None));
        assert_eq!((i16::exactly(-32_768.0), i16::exactly(f64::NAN)), (Some(-32_768), None));
        assert!(f32::exactly(f64::NAN).is_some() && f32::exactly(0.1).is_none());
    }
}

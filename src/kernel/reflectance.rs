//! From typed samples to planes of counts: offset undone, nodata and non-finite values told apart.
//!
//! Counts are `c = DN + offset / gain`, so that reflectance is `gain * c`. For Sentinel-2 and
//! Landsat-like integers counts stay whole numbers, exact in `f32`, and every ratio of them is
//! the ratio of the reflectances.

use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::rows;
use crate::error::Result;

/// Values of one band over one block, and whether each of them means anything.
///
/// The kernels that make planes write NaN wherever `valid` is false, so that an invalid cell can
/// never pass for a value; `valid` is what counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// Values, rows by columns.
    pub values: Array2<f32>,
    /// Whether the value means anything; the shape of `values`.
    pub valid: Array2<bool>,
}

impl Plane {
    /// A plane of `shape` (rows, columns) without a valid cell.
    pub fn nothing(shape: (usize, usize)) -> Self {
        Self { values: Array2::from_elem(shape, f32::NAN), valid: Array2::from_elem(shape, false) }
    }

    /// The plane of `values` whose cells are valid where they are finite.
    pub fn from_values(values: Array2<f32>) -> Self {
        let valid = values.mapv(f32::is_finite);
        Self { values, valid }
    }

    /// Both arrays as views.
    pub fn view(&self) -> PlaneView<'_> {
        PlaneView { values: self.values.view(), valid: self.valid.view() }
    }
}

/// A [`Plane`] that somebody else keeps.
#[derive(Debug, Clone, Copy)]
pub struct PlaneView<'a> {
    /// Values, rows by columns.
    pub values: ArrayView2<'a, f32>,
    /// Whether the value means anything; the shape of `values`.
    pub valid: ArrayView2<'a, bool>,
}

/// How samples stand for counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Encoding {
    /// The sample that means "nothing here", if any. NaN adds nothing, since no non-finite sample
    /// is valid; a value that the sample's type cannot hold matches nothing.
    pub nodata: Option<f64>,
    /// Whether a sample of 0 means "nothing here" too (Sentinel-2 DN, Landsat fill).
    pub zero_is_nodata: bool,
    /// Added to every sample, in counts: [`offset_counts`].
    pub offset_counts: f64,
}

impl Encoding {
    /// Samples that are counts already.
    pub const PLAIN: Self = Self { nodata: None, zero_is_nodata: false, offset_counts: 0.0 };
}

/// The offset in counts, `offset / gain`, for reflectance = gain * DN + offset. A quotient within
/// 1e-9 of a whole number is that number (-0.1 / 0.0001 is -1000).
pub fn offset_counts(gain: f64, offset: f64) -> f64 {
    let quotient = offset / gain;
    let whole = quotient.round();
    if (quotient - whole).abs() <= 1e-9 * whole.abs() { whole } else { quotient }
}

/// A numeric type that rasters hold.
pub trait Sample: Copy + PartialEq {
    /// Whether every value is a whole number below 2^16 in magnitude, so that a sum with a whole
    /// offset below 2^22 is exact in `f32`.
    const SHORT: bool;
    /// Zero.
    const ZERO: Self;

    /// The value; 64-bit integers beyond 2^53 are rounded.
    fn to_f64(self) -> f64;

    /// The value as `f32`, rounded once.
    fn to_f32(self) -> f32;

    /// The sample that `nodata` names, or `None` when the type cannot hold it.
    fn from_nodata(nodata: f64) -> Option<Self>;
}

macro_rules! integer_sample {
    ($($kind:ty: $short:literal),*) => {$(
        impl Sample for $kind {
            const SHORT: bool = $short;
            const ZERO: Self = 0;

            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }

            #[inline]
            fn to_f32(self) -> f32 {
                self as f32
            }

            fn from_nodata(nodata: f64) -> Option<Self> {
                // The cast saturates, and turns NaN into 0: only a value that comes back is held.
                let held = nodata as Self;
                let top = Self::MAX as f64;
                (held as f64 == nodata && (nodata < top || top as i128 == Self::MAX as i128)).then_some(held)
            }
        }
    )*};
}

integer_sample!(u8: true, i8: true, u16: true, i16: true, u32: false, i32: false, u64: false, i64: false);

macro_rules! float_sample {
    ($($kind:ty),*) => {$(
        impl Sample for $kind {
            const SHORT: bool = false;
            const ZERO: Self = 0.0;

            #[inline]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }

            #[inline]
            fn to_f32(self) -> f32 {
                self as f32
            }

            // Files write nodata in decimal or from a wider type, so the nearest value is meant.
            fn from_nodata(nodata: f64) -> Option<Self> {
                nodata.is_finite().then_some(nodata as Self)
            }
        }
    )*};
}

float_sample!(f32, f64);

/// Counts and validity of `samples`, row by row, into planes of one shape.
///
/// The offset is added in `f64` and the sum rounded once to `f32` (the short integer types take
/// an equal and exact shortcut). Invalid are nodata, zero where the encoding says so, and every
/// value that is not finite; they become NaN.
///
/// # Errors
/// `Mismatch` when the two planes or the number of samples do not fit each other.
pub fn counts<T: Sample>(
    samples: &[T],
    encoding: Encoding,
    values: ArrayViewMut2<'_, f32>,
    valid: ArrayViewMut2<'_, bool>,
) -> Result<()> {
    let samples = ArrayView2::from_shape(values.dim(), samples)
        .map_err(|_| crate::error::Error::mismatch(format!("{} samples do not fill the block", samples.len())))?;
    rows::same_shape(values.dim(), valid.dim(), "the validity plane")?;
    let present = Present::new(encoding);
    let offset = encoding.offset_counts;
    let exact = T::SHORT && offset.fract() == 0.0 && offset.abs() <= f64::from(1 << 22);
    if exact {
        let offset = offset as f32;
        convert(samples, values, valid, |sample: T| present.keep(sample, sample.to_f32() + offset));
    } else if offset == 0.0 {
        convert(samples, values, valid, |sample: T| present.keep(sample, sample.to_f32()));
    } else {
        convert(samples, values, valid, |sample: T| present.keep(sample, (sample.to_f64() + offset) as f32));
    }
    Ok(())
}

/// Counts of one row of samples into `out`; what is not there becomes NaN. As [`counts`], without a
/// validity plane: NaN says it.
pub fn counts_row<T: Sample>(samples: &[T], encoding: Encoding, out: &mut [f32]) {
    let present = Present::new(encoding);
    let offset = encoding.offset_counts;
    let exact = T::SHORT && offset.fract() == 0.0 && offset.abs() <= f64::from(1 << 22);
    if exact {
        let offset = offset as f32;
        // Whole numbers are finite; and most files have one value for "nothing", zero or another.
        if present.has_nodata {
            rows::map_row([samples], out, move |[sample]| absent(present.lacks(sample), sample.to_f32() + offset));
        } else {
            let zero = present.zero_is_nodata;
            rows::map_row([samples], out, move |[sample]| absent(zero & (sample == T::ZERO), sample.to_f32() + offset));
        }
    } else if offset == 0.0 {
        rows::map_row([samples], out, |[sample]| present.keep(sample, sample.to_f32()));
    } else {
        rows::map_row([samples], out, |[sample]| present.keep(sample, (sample.to_f64() + offset) as f32));
    }
}

/// Two rows of samples to one row of counts, two columns to one: the mean of the samples that are there,
/// to a whole number with halves up (as GDAL averages integers), where at least two of the four are. Else
/// NaN. For short integers and whole offsets; `upper`, `lower` hold twice the samples of `out`.
pub fn halved_row<T: Sample>((upper, lower): (&[T], &[T]), encoding: Encoding, out: &mut [f32]) {
    let present = Present::new(encoding);
    let offset = encoding.offset_counts as f32;
    let (upper, lower) = (upper.as_chunks::<2>().0, lower.as_chunks::<2>().0);
    rows::map_row([upper, lower], out, |[upper, lower]| {
        let four = [upper[0], upper[1], lower[0], lower[1]];
        let there = four.map(|sample| if present.lacks(sample) { 0.0f32 } else { 1.0 });
        let values: [f32; 4] = std::array::from_fn(|at| four[at].to_f32() * there[at]);
        let count = (there[0] + there[1]) + (there[2] + there[3]);
        let mean = ((values[0] + values[1]) + (values[2] + values[3])) / count;
        if count >= 2.0 { rounded_half_up(mean) + offset } else { f32::NAN }
    });
}

/// To the nearest whole number, halves up, for magnitudes below 2^22: without a call, so that loops stay
/// vectorised.
#[inline]
fn rounded_half_up(value: f32) -> f32 {
    const ROUNDER: f32 = 12_582_912.0;
    let near = (value + ROUNDER) - ROUNDER;
    // Half to even went down where half up must not.
    if value - near == 0.5 { near + 1.0 } else { near }
}

/// NaN where there is nothing.
#[inline]
fn absent(nothing: bool, count: f32) -> f32 {
    if nothing { f32::NAN } else { count }
}

/// Which samples are there, ready for the inner loop.
struct Present<T> {
    nodata: T,
    has_nodata: bool,
    zero_is_nodata: bool,
}

impl<T: Sample> Present<T> {
    fn new(encoding: Encoding) -> Self {
        let nodata = encoding.nodata.and_then(T::from_nodata);
        Self {
            nodata: nodata.unwrap_or(T::ZERO),
            has_nodata: nodata.is_some_and(|nodata| !(encoding.zero_is_nodata && nodata == T::ZERO)),
            zero_is_nodata: encoding.zero_is_nodata,
        }
    }

    /// The count where the sample is there, else NaN. The tests are joined without a branch.
    #[inline]
    fn keep(&self, sample: T, count: f32) -> f32 {
        if self.lacks(sample) | !count.is_finite() { f32::NAN } else { count }
    }

    /// Whether the sample means "nothing here".
    #[inline]
    fn lacks(&self, sample: T) -> bool {
        let nodata = self.has_nodata & (sample == self.nodata);
        let zero = self.zero_is_nodata & (sample == T::ZERO);
        nodata | zero
    }
}

fn convert<T: Sample>(
    samples: ArrayView2<'_, T>,
    mut values: ArrayViewMut2<'_, f32>,
    valid: ArrayViewMut2<'_, bool>,
    count: impl Fn(T) -> f32,
) {
    rows::map([samples], values.view_mut(), |[sample]| count(sample));
    rows::map([values.view()], valid, |[value]: [f32; 1]| !value.is_nan());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane<T: Sample>(samples: &[T], encoding: Encoding) -> (Vec<f32>, Vec<bool>) {
        let mut plane = Plane::nothing((1, samples.len()));
        counts(samples, encoding, plane.values.view_mut(), plane.valid.view_mut()).unwrap();
        (plane.values.into_raw_vec_and_offset().0, plane.valid.into_raw_vec_and_offset().0)
    }

    #[test]
    fn halving_is_gdals_average_of_integers() {
        let encoding = Encoding { nodata: Some(65535.0), zero_is_nodata: true, offset_counts: -10.0 };
        let mut out = [0.0; 5];
        halved_row((&[1u16, 2, 1, 2, 0, 7, 0, 0, 65535, 3], &[3, 4, 2, 2, 0, 8, 9, 0, 4, 65535]), encoding, &mut out);
        // 2.5 -> 3, 1.75 -> 2, (7, 8) -> 7.5 -> 8, one of four is too few, (3, 4) -> 4.
        assert_eq!([out[0], out[1], out[2], out[4]], [-7.0, -8.0, -2.0, -6.0]);
        assert!(out[3].is_nan());
    }

    #[test]
    fn sentinel_counts_are_whole_and_zero_is_nothing() {
        let encoding = Encoding { nodata: Some(65535.0), zero_is_nodata: true, offset_counts: -1000.0 };
        let (values, valid) = plane(&[0u16, 1, 1000, 11_000, 65535], encoding);
        assert_eq!(values[1..4], [-999.0, 0.0, 10_000.0]);
        assert_eq!(valid, [false, true, true, true, false]);
        assert!(values[0].is_nan() && values[4].is_nan());
    }

    #[test]
    fn landsat_offset_is_added_in_f64_and_rounded_once() {
        let offset_counts = offset_counts(2.75e-5, -0.2);
        let (values, _) = plane(&[20_000u16, 43_636], Encoding { offset_counts, ..Encoding::PLAIN });
        let due = |dn: f64| (dn + -0.2 / 2.75e-5) as f32;
        assert_eq!(values, [due(20_000.0), due(43_636.0)]);
    }

    #[test]
    fn nothing_that_is_not_finite_is_valid() {
        let encoding = Encoding { nodata: Some(f64::NAN), ..Encoding::PLAIN };
        let (_, valid) = plane(&[f64::NAN, f64::INFINITY, 1e300, 0.25], encoding);
        assert_eq!(valid, [false, false, false, true]);
        let nodata = Some(-3.402_823_466_385_288_6e38);
        assert_eq!(plane(&[f32::MIN, 0.0], Encoding { nodata, ..Encoding::PLAIN }).1, [false, true]);
    }

    #[test]
    fn nodata_outside_the_type_matches_nothing() {
        for nodata in [-9999.0, 256.0, 0.5, f64::NAN, f64::INFINITY] {
            assert_eq!(u8::from_nodata(nodata), None, "{nodata}");
        }
        assert_eq!(u8::from_nodata(255.0), Some(255));
        assert_eq!(i16::from_nodata(-32768.0), Some(i16::MIN));
        assert_eq!(i64::from_nodata(-9_223_372_036_854_775_808.0), Some(i64::MIN));
        assert_eq!(u64::from_nodata(18_446_744_073_709_551_616.0), None);
    }

    #[test]
    fn offsets_in_counts_snap_to_whole_numbers() {
        assert_eq!(offset_counts(1e-4, -0.1), -1000.0);
        assert_eq!(offset_counts(1.0, 0.0), 0.0);
        assert!(offset_counts(2.75e-5, -0.2).fract() != 0.0);
    }

    #[test]
    fn unequal_sizes_are_refused() {
        let mut plane = Plane::nothing((2, 2));
        let done = counts(&[1u8; 3], Encoding::PLAIN, plane.values.view_mut(), plane.valid.view_mut());
        assert_eq!(done.unwrap_err().kind(), crate::Kind::Mismatch);
    }
}

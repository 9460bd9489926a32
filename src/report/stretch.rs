//! The stretch: from reflectance to display colours, shared between dates so that eyes can compare.

use super::canvas::Rgb;
use crate::error::{Error, Result};
use ndarray::{ArrayView2, Zip};

/// Three bands of one date and where they were not seen. All four have the grid's shape.
#[derive(Debug, Clone, Copy)]
pub struct Composite<'a> {
    /// Reflectance for red, green and blue of the picture; NaN is missing.
    pub bands: [ArrayView2<'a, f32>; 3],
    /// 0 where the ground was seen, else why it was not.
    pub mask: ArrayView2<'a, u8>,
}

impl Composite<'_> {
    /// Rows and columns.
    ///
    /// # Errors
    /// `Mismatch` when the four arrays differ in shape.
    pub(super) fn shape(&self) -> Result<(usize, usize)> {
        let shape = self.mask.dim();
        if self.bands.iter().any(|band| band.dim() != shape) {
            return Err(Error::mismatch("the bands and the mask of a picture differ in shape"));
        }
        Ok(shape)
    }

    /// The three reflectances of every pixel; none where one is missing.
    fn triples(&self) -> Vec<Option<[f32; 3]>> {
        let mut seen = Vec::with_capacity(self.mask.len());
        let [red, green, blue] = self.bands;
        Zip::from(red).and(green).and(blue).and(self.mask).for_each(|&r, &g, &b, &why| {
            let values = [r, g, b];
            seen.push((why == 0 && values.iter().all(|value| value.is_finite())).then_some(values));
        });
        seen
    }
}

/// Per band a low and a high reflectance that become black and full, and a gamma between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    limits: [(f32, f32); 3],
    gamma: f32,
}

impl Stretch {
    /// Shares of the pixels that are drawn full black and full bright.
    const TAILS: (f64, f64) = (0.02, 0.98);
    /// Display values are the stretched ones to this power.
    const GAMMA: f32 = 1.0 / 1.6;
    /// Least distance of the two limits: flat ground stays flat instead of turning into noise.
    const LEAST_SPAN: f32 = 0.02;

    /// Fixed limits (low, high) for red, green and blue, and a gamma.
    ///
    /// # Errors
    /// `Usage` unless every `low < high`, `gamma > 0` and all are finite.
    pub fn fixed(limits: [(f32, f32); 3], gamma: f32) -> Result<Self> {
        let sound = limits.iter().all(|(low, high)| low.is_finite() && high.is_finite() && low < high);
        if !sound || !gamma.is_finite() || gamma <= 0.0 {
            return Err(Error::usage("a stretch needs finite limits that rise and a positive gamma"));
        }
        Ok(Self { limits, gamma })
    }

    /// The 2nd and 98th percentile over all `dates` together, over pixels that were seen, with
    /// gamma 1/1.6. The limits of a band lie midway between its own and those of the three bands
    /// together: own limits alone turn soil pink and crops black, common ones leave haze and an
    /// orange cast (compared on four real pairs). Without any seen pixel they are 0 and 0.3.
    ///
    /// # Errors
    /// `Mismatch` when the arrays of a date differ in shape.
    pub fn shared(dates: &[Composite<'_>]) -> Result<Self> {
        let mut seen: Vec<[f32; 3]> = Vec::new();
        for date in dates {
            date.shape()?;
            seen.extend(date.triples().into_iter().flatten());
        }
        let ends = |mut values: Vec<f32>| (quantile(&mut values, Self::TAILS.0), quantile(&mut values, Self::TAILS.1));
        let (low, high) = ends(seen.iter().flatten().copied().collect());
        let limits = std::array::from_fn(|band| {
            let (own_low, own_high) = ends(seen.iter().filter_map(|pixel| pixel.get(band).copied()).collect());
            let between = |own: Option<f32>, all: Option<f32>| own.zip(all).map(|(own, all)| f32::midpoint(own, all));
            Self::widened(between(own_low, low), between(own_high, high))
        });
        Ok(Self { limits, gamma: Self::GAMMA })
    }

    fn widened(low: Option<f32>, high: Option<f32>) -> (f32, f32) {
        let (low, high) = (low.unwrap_or(0.0), high.unwrap_or(0.3));
        if high - low >= Self::LEAST_SPAN {
            return (low, high);
        }
        let middle = f32::midpoint(low, high);
        let half = (Self::LEAST_SPAN / 2.0).max(middle.abs() * 1e-3);
        (middle - half, middle + half)
    }

    /// The limits in use, for red, green and blue.
    pub fn limits(&self) -> [(f32, f32); 3] {
        self.limits
    }

    /// The display colour of three reflectances.
    fn colour(&self, values: [f32; 3]) -> Rgb {
        let mut colour = [0; 3];
        for ((sample, value), (low, high)) in colour.iter_mut().zip(values).zip(self.limits) {
            let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
            *sample = (share.powf(self.gamma) * 255.0).round() as u8;
        }
        colour
    }

    /// The display colours of a date with their opacity, row by row: grey and half clear where it was not seen.
    pub fn rgba(&self, date: &Composite<'_>) -> Vec<[u8; 4]> {
        const UNSEEN: [u8; 4] = [128, 128, 128, 110];
        let opaque = |[red, green, blue]: Rgb| [red, green, blue, 255];
        self.colours(date).into_iter().map(|colour| colour.map_or(UNSEEN, opaque)).collect()
    }

    /// The display colours of a date, row by row; none where it was not seen.
    pub(super) fn colours(&self, date: &Composite<'_>) -> Vec<Option<Rgb>> {
        date.triples().into_iter().map(|pixel| pixel.map(|values| self.colour(values))).collect()
    }
}

/// The value with `share` of the others below it (nearest rank); none of an empty list.
fn quantile(values: &mut [f32], share: f64) -> Option<f32> {
    let rank = (values.len().checked_sub(1)? as f64 * share).round() as usize;
    Some(*values.select_nth_unstable_by(rank, f32::total_cmp).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn date<'a>(band: &'a Array2<f32>, mask: &'a Array2<u8>) -> Composite<'a> {
        Composite { bands: [band.view(); 3], mask: mask.view() }
    }

    #[test]
    fn both_dates_share_the_percentiles() {
        let before = Array2::from_shape_fn((10, 101), |(_, col)| col as f32 / 1000.0);
        let after = &before + 0.1;
        let mask = Array2::zeros((10, 101));
        let stretch = Stretch::shared(&[date(&before, &mask), date(&after, &mask)]).unwrap();
        for (low, high) in stretch.limits() {
            assert!((low - 0.004).abs() < 1e-6 && (high - 0.196).abs() < 1e-6, "{low} {high}");
        }
    }

    #[test]
    fn limits_lie_between_the_bands_own_and_the_common_ones() {
        let dark = Array2::from_shape_fn((10, 101), |(_, col)| col as f32 / 1000.0);
        let (bright, mask) = (&dark + 0.2, Array2::zeros((10, 101)));
        let date = Composite { bands: [dark.view(), dark.view(), bright.view()], mask: mask.view() };
        let limits = Stretch::shared(&[date]).unwrap().limits();
        assert_eq!(limits[0], limits[1]);
        // own 0.002 and 0.202, common 0.003 (rank 61 of 3030): midway.
        assert!((limits[0].0 - 0.0025).abs() < 6e-4 && (limits[2].0 - 0.1025).abs() < 6e-4, "{limits:?}");
    }

    #[test]
    fn missing_pixels_do_not_move_the_stretch() {
        let mut band = Array2::from_shape_fn((10, 101), |(_, col)| col as f32 / 1000.0);
        let mut mask = Array2::zeros((10, 101));
        let plain = Stretch::shared(&[date(&band, &mask)]).unwrap();
        let grown = ndarray::concatenate![ndarray::Axis(0), band, Array2::from_elem((3, 101), 9.0)];
        band = grown;
        band.row_mut(10).fill(f32::NAN);
        band.row_mut(11).fill(f32::INFINITY);
        mask = ndarray::concatenate![ndarray::Axis(0), mask, Array2::from_elem((3, 101), 4)];
        mask.row_mut(10).fill(0);
        mask.row_mut(11).fill(0);
        let stretch = Stretch::shared(&[date(&band, &mask)]).unwrap();
        assert_eq!(stretch, plain);
        let colours = stretch.colours(&date(&band, &mask));
        assert_eq!(colours.iter().filter(|colour| colour.is_none()).count(), 303);
    }

    #[test]
    fn flat_or_empty_ground_has_a_stretch_too() {
        let flat = Array2::from_elem((4, 4), 0.2);
        let (seen, unseen) = (Array2::zeros((4, 4)), Array2::ones((4, 4)));
        assert!(Stretch::shared(&[date(&flat, &seen)]).unwrap().colours(&date(&flat, &seen))[0].is_some());
        assert_eq!(Stretch::shared(&[date(&flat, &unseen)]).unwrap().limits(), [(0.0, 0.3); 3]);
        assert!(Stretch::shared(&[date(&flat, &Array2::zeros((4, 5)))]).is_err());
    }

    #[test]
    fn the_gamma_lifts_the_middle() {
        let stretch = Stretch::fixed([(0.0, 1.0); 3], 1.0 / 1.6).unwrap();
        assert_eq!(stretch.colour([0.0, 0.5, 2.0]), [0, 165, 255]);
        assert!(Stretch::fixed([(0.0, 0.0); 3], 1.0).is_err());
    }
}

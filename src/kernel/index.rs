//! The catalogue of spectral indices as data, and one fused loop for each.
//!
//! Formulas name bands as usual: B, G, R, RE2, RE3, N (near infrared), N2 (its narrow band),
//! S1 and S2 (shortwave infrared). Reflectance is 0..1; a scale-invariant index is computed
//! straight from counts.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::rows;
use crate::error::{Error, Result};

mod catalogue;

use catalogue::{CATALOGUE, Entry};

/// What a band is for, whatever a sensor calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Blue, about 490 nm.
    Blue,
    /// Green, about 560 nm.
    Green,
    /// Red, about 665 nm.
    Red,
    /// First red-edge band, about 705 nm.
    RedEdge1,
    /// Second red-edge band, about 740 nm.
    RedEdge2,
    /// Third red-edge band, about 783 nm.
    RedEdge3,
    /// Near infrared, about 840 nm. At 20 m a caller gives Sentinel-2's B8A here too.
    Nir,
    /// Narrow near infrared, about 865 nm.
    NirNarrow,
    /// Shortwave infrared, about 1610 nm.
    Swir1,
    /// Shortwave infrared, about 2200 nm.
    Swir2,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 10] = [
        Self::Blue,
        Self::Green,
        Self::Red,
        Self::RedEdge1,
        Self::RedEdge2,
        Self::RedEdge3,
        Self::Nir,
        Self::NirNarrow,
        Self::Swir1,
        Self::Swir2,
    ];

    /// The name in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Red => "red",
            Self::RedEdge1 => "red edge 1",
            Self::RedEdge2 => "red edge 2",
            Self::RedEdge3 => "red edge 3",
            Self::Nir => "near infrared",
            Self::NirNarrow => "narrow near infrared",
            Self::Swir1 => "shortwave infrared 1",
            Self::Swir2 => "shortwave infrared 2",
        }
    }
}

/// The counts of some bands over one block, each under its role; NaN where there is no value.
#[derive(Debug, Clone, Default)]
pub struct Planes<'a> {
    views: [Option<ArrayView2<'a, f32>>; Role::ALL.len()],
}

impl<'a> Planes<'a> {
    /// No band.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with `plane` (rows by columns, counts) as `role`.
    #[must_use]
    pub fn with(mut self, role: Role, plane: ArrayView2<'a, f32>) -> Self {
        self.views[role as usize] = Some(plane);
        self
    }

    /// The plane of a role, if there is one.
    pub fn plane(&self, role: Role) -> Option<ArrayView2<'a, f32>> {
        self.views[role as usize]
    }

    /// The plane of a role that must be there with `shape`.
    ///
    /// # Errors
    /// `Mismatch` when the band is missing or of another shape.
    pub fn require(&self, role: Role, shape: (usize, usize)) -> Result<ArrayView2<'a, f32>> {
        let plane = self.plane(role).ok_or_else(|| Error::mismatch(format!("no {} band", role.name())))?;
        rows::same_shape(shape, plane.dim(), role.name())?;
        Ok(plane)
    }
}

/// A spectral index of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "name, formula and source are in the table below")]
pub enum Index {
    Nbr,
    Nbr2,
    Mirbi,
    Csi,
    Bai,
    Baim,
    Bais2,
    NbrPlus,
    NbrSwir,
    Ndvi,
    Kndvi,
    Ndmi,
    Bsi,
    Ndwi,
    Mndwi,
    Ndsi,
}

impl Index {
    /// Every index, in the order of the catalogue.
    #[rustfmt::skip]
    pub const ALL: [Self; 16] = [
        Self::Nbr, Self::Nbr2, Self::Mirbi, Self::Csi, Self::Bai, Self::Baim, Self::Bais2, Self::NbrPlus,
        Self::NbrSwir, Self::Ndvi, Self::Kndvi, Self::Ndmi, Self::Bsi, Self::Ndwi, Self::Mndwi, Self::Ndsi,
    ];

    fn entry(self) -> &'static Entry {
        &CATALOGUE[self as usize]
    }

    /// The name, as the literature writes it.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The index of a name, upper or lower case alike.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|index| index.name().eq_ignore_ascii_case(name))
    }

    /// The formula over reflectances.
    pub fn formula(self) -> &'static str {
        self.entry().formula
    }

    /// The bands that it needs.
    pub fn bands(self) -> &'static [Role] {
        self.entry().bands
    }

    /// Where the formula comes from.
    pub fn source(self) -> &'static str {
        self.entry().source
    }

    /// Whether a common factor of all bands leaves the value as it is.
    pub fn is_scale_invariant(self) -> bool {
        self.entry().scale_invariant
    }

    /// The index over `planes` (counts) into `out` (rows by columns, no unit). `gain` makes
    /// reflectance of counts; scale-invariant indices do without it.
    ///
    /// NaN where a band has no value, a denominator is zero or negative, a root would be
    /// imaginary, or the value is past the range of `f32`; never infinite.
    ///
    /// # Errors
    /// `Mismatch` when a band is missing or its shape is not that of `out`.
    pub fn evaluate(self, planes: &Planes<'_>, gain: f32, out: ArrayViewMut2<'_, f32>) -> Result<()> {
        let gain = if self.is_scale_invariant() { 1.0 } else { gain };
        match self {
            Self::Nbr | Self::Nbr2 | Self::Ndvi | Self::Ndmi | Self::Ndwi | Self::Mndwi | Self::Ndsi => {
                self.apply(planes, out, |[a, b]| normalized_difference(a, b))
            }
            Self::Mirbi => self.apply(planes, out, |[s1, s2]| finite(10.0 * (gain * s2) - 9.8 * (gain * s1) + 2.0)),
            Self::Csi => self.apply(planes, out, |[n, s2]| ratio(n, s2)),
            Self::Bai => self.apply(planes, out, |[r, n]| ratio(1.0, square(0.1 - gain * r) + square(0.06 - gain * n))),
            Self::Baim => {
                self.apply(planes, out, |[n, s2]| ratio(1.0, square(gain * n - 0.05) + square(gain * s2 - 0.2)))
            }
            Self::Bais2 => self.apply(planes, out, |bands: [f32; 5]| bais2(bands.map(|band| gain * band))),
            Self::NbrPlus => self.apply(planes, out, |[b, g, n2, s2]| ratio(s2 - n2 - g - b, s2 + n2 + g + b)),
            Self::NbrSwir => self.apply(planes, out, |[s1, s2]| {
                let (s1, s2) = (gain * s1, gain * s2);
                ratio(s2 - s1 - 0.02, s2 + s1 + 0.1)
            }),
            Self::Kndvi => self.apply(planes, out, |[n, r]| square(normalized_difference(n, r)).tanh()),
            Self::Bsi => self.apply(planes, out, |[b, r, n, s1]| normalized_difference(s1 + r, n + b)),
        }
    }

    /// One pass of `formula` over the bands of the catalogue, in its order.
    #[inline]
    fn apply<const N: usize>(
        self,
        planes: &Planes<'_>,
        out: ArrayViewMut2<'_, f32>,
        formula: impl Fn([f32; N]) -> f32,
    ) -> Result<()> {
        debug_assert_eq!(self.bands().len(), N, "{}", self.name());
        let mut found = Vec::with_capacity(N);
        for &role in self.bands() {
            found.push(planes.require(role, out.dim()).map_err(|error| error.at(self.name()))?);
        }
        let inputs: [ArrayView2<'_, f32>; N] =
            found.try_into().map_err(|_| Error::bug(format!("{} has another number of bands", self.name())))?;
        rows::map(inputs, out, formula);
        Ok(())
    }
}

/// `a / b` where `b` is positive and the quotient finite, else NaN.
#[inline]
pub(super) fn ratio(a: f32, b: f32) -> f32 {
    let quotient = a / b;
    if (b > 0.0) & quotient.is_finite() { quotient } else { f32::NAN }
}

#[inline]
fn finite(value: f32) -> f32 {
    if value.is_finite() { value } else { f32::NAN }
}

#[inline]
fn square(value: f32) -> f32 {
    value * value
}

/// `(a - b) / (a + b)`, or NaN where the sum is zero or negative. Of whole counts it is equal, bit
/// for bit, to numpy's float32.
#[inline]
pub fn normalized_difference(a: f32, b: f32) -> f32 {
    ratio(a - b, a + b)
}

/// [`normalized_difference`] over planes of one shape.
///
/// # Errors
/// `Mismatch` when the shapes differ.
pub fn normalized_difference_plane(
    a: ArrayView2<'_, f32>,
    b: ArrayView2<'_, f32>,
    out: ArrayViewMut2<'_, f32>,
) -> Result<()> {
    rows::same_shape(out.dim(), a.dim(), "the first plane")?;
    rows::same_shape(out.dim(), b.dim(), "the second plane")?;
    rows::map([a, b], out, |[a, b]| normalized_difference(a, b));
    Ok(())
}

/// BAIS2 of reflectances. A root of a negative number is NaN by itself; a red band of zero or
/// less is caught by [`ratio`].
#[inline]
fn bais2([r, re2, re3, n2, s2]: [f32; 5]) -> f32 {
    let edge = ratio(re2 * re3 * n2, r).sqrt();
    finite((1.0 - edge) * (ratio(s2 - n2, (s2 + n2).sqrt()) + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use proptest::prelude::*;

    fn value(index: Index, bands: &[f32], gain: f32) -> f32 {
        let cells: Vec<Array2<f32>> = bands.iter().map(|&band| Array2::from_elem((1, 1), band)).collect();
        let planes = index.bands().iter().zip(&cells).fold(Planes::new(), |p, (&role, cell)| p.with(role, cell.view()));
        let mut out = Array2::zeros((1, 1));
        index.evaluate(&planes, gain, out.view_mut()).unwrap();
        out[(0, 0)]
    }

    fn any_count() -> impl Strategy<Value = f32> {
        prop_oneof![
            (-2000i32..20_000).prop_map(|count| count as f32),
            -1.0f32..2.0,
            any::<f32>(),
            Just(0.0f32),
            Just(f32::MIN_POSITIVE),
            Just(f32::MAX)
        ]
    }

    #[test]
    fn the_catalogue_is_in_order_and_names_are_unique() {
        for (at, index) in Index::ALL.into_iter().enumerate() {
            assert_eq!(index as usize, at);
            assert_eq!(Index::from_name(&index.name().to_lowercase()), Some(index));
            assert!(!index.formula().is_empty() && !index.source().is_empty() && !index.bands().is_empty());
        }
        for (at, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, at);
        }
        assert_eq!(Index::from_name("no such index"), None);
    }

    #[test]
    fn a_missing_band_or_another_shape_is_refused() {
        let (nir, swir2) = (Array2::zeros((2, 3)), Array2::zeros((3, 2)));
        let mut out = Array2::zeros((2, 3));
        let planes = Planes::new().with(Role::Nir, nir.view());
        let error = Index::Nbr.evaluate(&planes, 1.0, out.view_mut()).unwrap_err();
        assert_eq!(error.to_string(), "NBR: no shortwave infrared 2 band");
        let planes = planes.with(Role::Swir2, swir2.view());
        assert!(Index::Nbr.evaluate(&planes, 1.0, out.view_mut()).is_err());
    }

    #[test]
    fn denominators_without_sense_give_nan() {
        assert!(normalized_difference(0.0, 0.0).is_nan());
        assert!(normalized_difference(-3.0, 1.0).is_nan());
        assert!(value(Index::Csi, &[1.0, 0.0], 1.0).is_nan());
        assert!(value(Index::Bai, &[0.1, 0.06], 1.0).is_nan());
        assert!(value(Index::Bais2, &[0.1, 0.2, -0.2, 0.2, 0.1], 1.0).is_nan(), "root of a negative number");
        assert!(value(Index::Bais2, &[0.0, 0.2, 0.2, 0.2, 0.1], 1.0).is_nan());
    }

    #[test]
    fn no_claim_of_scale_invariance_is_missing() {
        let bands = [500.0, 900.0, 1300.0, 2100.0, 1700.0];
        for index in Index::ALL.into_iter().filter(|index| !index.is_scale_invariant()) {
            let bands = &bands[..index.bands().len()];
            assert_ne!(value(index, bands, 1e-4), value(index, bands, 2e-4), "{}", index.name());
        }
    }

    proptest! {
        #[test]
        fn no_index_is_infinite(bands in prop::collection::vec(any_count(), 5), gain in prop_oneof![Just(1.0f32), Just(1e-4)]) {
            for index in Index::ALL {
                prop_assert!(!value(index, &bands[..index.bands().len()], gain).is_infinite(), "{}", index.name());
            }
        }

        #[test]
        fn normalised_differences_stay_within_one(a in 0.0f32..70_000.0, b in 0.0f32..70_000.0) {
            let nd = normalized_difference(a, b);
            prop_assert!(nd.abs() <= 1.0 || a + b == 0.0);
        }

        #[test]
        fn scale_invariance_where_claimed(bands in prop::collection::vec(1i32..20_000, 5), shift in -14i32..5) {
            let counts: Vec<f32> = bands.iter().map(|&count| count as f32).collect();
            let scaled: Vec<f32> = counts.iter().map(|count| count * 2f32.powi(shift)).collect();
            for index in Index::ALL {
                let n = index.bands().len();
                let (one, other) = (value(index, &counts[..n], 1.0), value(index, &scaled[..n], 1.0));
                if index.is_scale_invariant() {
                    prop_assert_eq!(one.to_bits(), other.to_bits(), "{}", index.name());
                    prop_assert_eq!(one.to_bits(), value(index, &counts[..n], 1e-4).to_bits());
                }
            }
        }
    }
}

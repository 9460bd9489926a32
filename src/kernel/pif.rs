//! Relative radiometric normalisation by pseudo-invariant features: pixels that IR-MAD calls unchanged (Canty &
//! Nielsen 2008, doi 10.1016/j.rse.2007.07.013).

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, FisherSnedecor, StudentsT};

use super::irmad::Moments;
use crate::error::{Error, Result};

/// A pixel whose probability of no change is above this is taken for invariant.
pub const INVARIANT_FROM: f64 = 0.95;
/// Fewer invariant pixels carry no regression.
pub const LEAST_PIXELS: u64 = 1000;
/// A weaker correlation carries no regression.
pub const LEAST_R: f64 = 0.9;

/// How one band of the date after comes to the date before, and how well.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fit {
    /// The band.
    pub band: String,
    /// before = intercept + slope * after, by orthogonal regression.
    pub slope: f64,
    /// In the unit of the bands.
    pub intercept: f64,
    /// Correlation of the training pixels.
    pub r: f64,
    /// Paired t of the test pixels: normalised and before have one mean.
    pub t: f64,
    /// Its two-sided p.
    pub t_p: f64,
    /// Greater over lesser variance of the test pixels, normalised and before.
    pub f: f64,
    /// Its two-sided p.
    pub f_p: f64,
}

/// Whether the pixel at this place is one of the two thirds that train; the rest test. A hash of the place
/// (splitmix64; Steele, Lea & Flood 2014, doi 10.1145/2660193.2660195), so that no order of work can change it.
pub fn trains(seed: u64, row: usize, col: usize) -> bool {
    let place = (row as u64) << 32 | col as u64;
    let x = (place ^ seed).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    !(x ^ (x >> 31)).is_multiple_of(3)
}

/// The regression of every band from the moments of the invariant pixels: N bands before, then N after.
///
/// # Errors
/// `Usage` for fewer than [`LEAST_PIXELS`] pixels or, naming the band, a correlation below [`LEAST_R`].
pub fn regressions(train: &Moments, test: &Moments, names: &[&str]) -> Result<Vec<Fit>> {
    let pixels = train.pixels + test.pixels;
    if pixels < LEAST_PIXELS {
        return Err(Error::usage(format!(
            "no normalisation: {pixels} pixels are without change (probability above {INVARIANT_FROM}), {LEAST_PIXELS} are needed"
        )));
    }
    names.iter().enumerate().map(|(band, name)| fit(train, test, (band, band + names.len()), name)).collect()
}

fn fit(train: &Moments, test: &Moments, (before, after): (usize, usize), name: &str) -> Result<Fit> {
    let s = |i: usize, j: usize| train.scatter[(i, j)];
    let r = s(before, after) / (s(before, before) * s(after, after)).sqrt();
    if r.is_nan() || r < LEAST_R {
        return Err(Error::usage(format!(
            "no normalisation: in {name} the pixels without change correlate by {r:.3} only, {LEAST_R} is needed"
        )));
    }
    let apart = s(before, before) - s(after, after);
    let slope = (apart + apart.hypot(2.0 * s(before, after))) / (2.0 * s(before, after));
    let intercept = train.mean[before] - slope * train.mean[after];
    let (t, t_p) = paired_t(test, (before, after), slope, intercept);
    let (f, f_p) = variance_ratio(test, (before, after), slope);
    Ok(Fit { band: name.to_owned(), slope, intercept, r, t, t_p, f, f_p })
}

/// Student's paired t of before against normalised.
fn paired_t(test: &Moments, (before, after): (usize, usize), slope: f64, intercept: f64) -> (f64, f64) {
    let n = test.pixels as f64;
    let difference = test.mean[before] - intercept - slope * test.mean[after];
    let s = |i: usize, j: usize| test.scatter[(i, j)];
    let squares = s(before, before) - 2.0 * slope * s(before, after) + slope * slope * s(after, after);
    let t = difference / (squares / (n - 1.0) / n).sqrt();
    (t, StudentsT::new(0.0, 1.0, n - 1.0).map_or(f64::NAN, |law| 2.0 * law.sf(t.abs())))
}

/// The F test of the variances of before and normalised.
fn variance_ratio(test: &Moments, (before, after): (usize, usize), slope: f64) -> (f64, f64) {
    let freedom = test.pixels as f64 - 1.0;
    let (own, normalised) = (test.scatter[(before, before)], slope * slope * test.scatter[(after, after)]);
    let f = own.max(normalised) / own.min(normalised);
    (f, FisherSnedecor::new(freedom, freedom).map_or(f64::NAN, |law| (2.0 * law.sf(f)).min(1.0)))
}

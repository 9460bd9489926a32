//! The canonical correlation of two dates from their joint covariance, and the frame of variates that it spans.

use ndarray::{Array2, ArrayView2, Axis, Slice};

use super::Moments;
use crate::error::{Error, Result};
use crate::kernel::linear::{cholesky, solve_lower, solve_upper, svd};

/// A pivot must keep this share of its band's variance, or the bands depend on each other.
const LEAST_PIVOT: f64 = 1e-10;
/// A correlation this near to one leaves the variates no difference whose variance could be told.
const MOST_RHO: f64 = 1.0 - 1e-9;

/// Canonical variates U = A (x - mean x) of the date before and V = B (y - mean y) of the date after: each of unit
/// variance, uncorrelated among themselves, U_i and V_i correlated by `rho[i]` >= 0, in falling order.
#[derive(Debug, Clone, PartialEq)]
pub struct Canonical {
    /// Canonical correlations.
    pub rho: Vec<f64>,
    /// Rows of A.
    pub before: Array2<f64>,
    /// Rows of B.
    pub after: Array2<f64>,
    /// Means of the 2N variables.
    pub mean: Vec<f64>,
}

impl Canonical {
    /// Solves the two generalised eigenproblems S12 S22^-1 S21 a = rho^2 S11 a and S21 S11^-1 S12 b = rho^2 S22 b
    /// (Hotelling 1936; Nielsen 2007, doi 10.1109/TIP.2006.888195) as one singular value decomposition of
    /// L1^-1 S12 L2^-T with S11 = L1 L1' and S22 = L2 L2' (Bjorck & Golub 1973), which keeps the signs of U and V
    /// together. `moments` are of 2N variables, the N bands before first.
    ///
    /// # Errors
    /// `Usage` for fewer than 10 pixels (or weights) per variable, for bands that are constant or depend on each
    /// other, and for dates that are the same but for a linear change.
    pub fn solve(moments: &Moments) -> Result<Self> {
        const PER_VARIABLE: f64 = 10.0;
        let variables = moments.mean.len();
        let bands = variables / 2;
        let least = PER_VARIABLE * variables as f64;
        if moments.weight.is_nan() || moments.weight < least {
            return Err(Error::usage(format!(
                "too few pixels without change: their weights add up to {:.1}, {least} are needed for the moments of {variables} bands",
                moments.weight
            ))
            .hint("give a larger area or fewer bands (change.bands); where little stayed as it was, this method has no ground"));
        }
        let covariance = moments.covariance();
        let part = |rows, columns| part(&covariance, bands, rows, columns);
        let (one, two) = (triangle(&part(0, 0), "before")?, triangle(&part(1, 1), "after")?);
        let whitened = solve_lower(&two, &solve_lower(&one, &part(0, 1)).reversed_axes()).reversed_axes();
        let (rho, left, right) = svd(&whitened);
        if !rho.iter().all(|rho| *rho < MOST_RHO) {
            return Err(Error::usage(
                "the pixels without change are the same on both dates but for a linear change: their difference has no variance",
            )
            .hint("a copy of one date in other units is no second date; if these are two, give a larger area or fewer bands (change.bands)"));
        }
        let (before, after) = (solve_upper(&one, &left).reversed_axes(), solve_upper(&two, &right).reversed_axes());
        Ok(Self { rho, before, after, mean: moments.mean.clone() })
    }
}

fn part(covariance: &Array2<f64>, bands: usize, rows: usize, columns: usize) -> Array2<f64> {
    let mut part: ArrayView2<'_, f64> = covariance.view();
    part.slice_axis_inplace(Axis(0), Slice::from(rows * bands..(rows + 1) * bands));
    part.slice_axis_inplace(Axis(1), Slice::from(columns * bands..(columns + 1) * bands));
    part.to_owned()
}

fn triangle(covariance: &Array2<f64>, side: &str) -> Result<Array2<f64>> {
    cholesky(covariance, LEAST_PIVOT).ok_or_else(|| {
        Error::usage(format!(
            "the covariance of the bands {side} is singular: a band is constant, or the same as others together"
        ))
        .hint("leave the band out (change.bands), or give an area that is not all of one colour")
    })
}

//! Both polarisations at once: Hotelling's T^2 of the logarithms, before against after.

use ndarray::{Array2, ArrayView2};

use super::contrast::slices;
use super::logarithm::ln;
use super::normal::deviate_of_log_tail;
use crate::error::{Error, Result};

/// The two polarisations of one side, date by date: VV and VH planes of linear power.
pub type Pairs<'a> = (&'a [ArrayView2<'a, f32>], &'a [ArrayView2<'a, f32>]);

/// The normal deviate with both tails together those of Hotelling's T^2 for two variates, signed by the change of
/// the sum of both logarithms; NaN where a side has fewer than two dates with both polarisations, all have fewer than four,
/// or the covariance is singular.
///
/// With pooled covariance S and d the difference of means, T^2 = n1 n2/(n1+n2) d' S^-1 d and
/// F = (n1+n2-p-1) / (p (n1+n2-2)) T^2 on (p, n1+n2-p-1) degrees (METHODS 7); for p = 2 its tail is
/// (1 + 2F/v)^(-v/2), v = n1+n2-3. Under the null the sign is a fair coin, so that the deviate is normal.
///
/// # Errors
/// `Bug` when planes differ in shape or number.
pub fn hotelling(before: Pairs<'_>, after: Pairs<'_>) -> Result<Array2<f32>> {
    let shape = before.0.first().map(|plane| plane.dim()).ok_or_else(|| Error::bug("a side without a date"))?;
    let vv = slices(before.0.iter().chain(after.0), shape)?;
    let vh = slices(before.1.iter().chain(after.1), shape)?;
    if vv.len() != vh.len() || before.0.len() != before.1.len() {
        return Err(Error::bug("a date lacks a polarisation"));
    }
    let mut z = Array2::from_elem(shape, f32::NAN);
    let mut pairs = vec![[f32::NAN; 2]; vv.len()];
    for (at, z) in z.iter_mut().enumerate() {
        for (pair, (vv, vh)) in pairs.iter_mut().zip(vv.iter().zip(&vh)) {
            *pair = [ln(vv[at]), ln(vh[at])];
        }
        let (first, second) = pairs.split_at(before.0.len());
        *z = signed(&Side::of(first), &Side::of(second)) as f32;
    }
    Ok(z)
}

/// Means and the scatter matrix of one side.
struct Side {
    n: f64,
    mean: [f64; 2],
    /// Sums of squares of VV, of VH, and of their products.
    scatter: [f64; 3],
}

impl Side {
    fn of(pairs: &[[f32; 2]]) -> Self {
        let seen = || pairs.iter().map(|pair| pair.map(f64::from)).filter(|[a, b]| !a.is_nan() && !b.is_nan());
        let (n, sum) = seen().fold((0.0, [0.0; 2]), |(n, sum), [a, b]| (n + 1.0, [sum[0] + a, sum[1] + b]));
        let mean = sum.map(|sum| sum / f64::max(n, 1.0));
        let scatter = seen().fold([0.0; 3], |sum, [a, b]| {
            let (a, b) = (a - mean[0], b - mean[1]);
            [sum[0] + a * a, sum[1] + b * b, sum[2] + a * b]
        });
        Self { n, mean, scatter }
    }
}

fn signed(one: &Side, two: &Side) -> f64 {
    let n = one.n + two.n;
    let scatter: [f64; 3] = std::array::from_fn(|at| (one.scatter[at] + two.scatter[at]) / (n - 2.0));
    let [vv, vh, both] = scatter;
    let determinant = vv * vh - both * both;
    // A correlation within 1e-6 of one is none that could be inverted.
    if one.n < 2.0 || two.n < 2.0 || n < 4.0 || determinant.is_nan() || determinant <= 1e-6 * vv * vh {
        return f64::NAN;
    }
    let [a, b] = [two.mean[0] - one.mean[0], two.mean[1] - one.mean[1]];
    let distance = (vh * a * a - 2.0 * both * a * b + vv * b * b) / determinant;
    let t2 = one.n * two.n / n * distance;
    let freedom = n - 3.0;
    let f = freedom / (2.0 * (n - 2.0)) * t2;
    let log_tail = -freedom / 2.0 * (2.0 * f / freedom).ln_1p() - std::f64::consts::LN_2;
    deviate_of_log_tail(log_tail).copysign(a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_without_a_polarisation_does_not_count() {
        let plane = |value: f32| Array2::from_elem((1, 1), value);
        let vv = [0.1, 0.12, 0.3, 0.09].map(plane);
        let vh = [0.02, 0.03, f32::NAN, 0.021].map(plane);
        let (vv, vh) = (vv.each_ref().map(|plane| plane.view()), vh.each_ref().map(|plane| plane.view()));
        assert!(hotelling((&vv[..2], &vh[..2]), (&vv[2..], &vh[2..])).unwrap()[(0, 0)].is_nan());
    }

    #[test]
    fn a_singular_covariance_has_no_answer() {
        let pairs = [[0.0f32, 0.0], [1.0, 1.0], [2.0, 2.0]];
        assert!(signed(&Side::of(&pairs), &Side::of(&pairs)).is_nan());
    }
}

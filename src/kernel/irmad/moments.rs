//! Weighted first and second moments of many variables, gathered tile by tile and merged in a fixed order.

use ndarray::{Array2, ArrayView2};

/// Weights, means and scatter (weighted sums of products of deviations from the means) of some pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Pixels, whatever their weight.
    pub pixels: u64,
    /// Sum of the weights.
    pub weight: f64,
    /// Weighted mean of each variable.
    pub mean: Vec<f64>,
    /// Scatter about the means, symmetric.
    pub scatter: Array2<f64>,
}

impl Moments {
    /// Of no pixel, for so many variables.
    pub fn empty(variables: usize) -> Self {
        Self { pixels: 0, weight: 0.0, mean: vec![0.0; variables], scatter: Array2::zeros((variables, variables)) }
    }

    /// Of pixels that all weigh one: `pixels` has a row for each variable and a column for each pixel. Two passes
    /// in `f64`: first the means, then the deviations from them.
    pub fn plain(pixels: ArrayView2<'_, f32>) -> Self {
        let (variables, count) = pixels.dim();
        let mut moments = Self::empty(variables);
        if count == 0 {
            return moments;
        }
        (moments.pixels, moments.weight) = (count as u64, count as f64);
        for (mean, row) in moments.mean.iter_mut().zip(pixels.rows()) {
            *mean = row.iter().map(|value| f64::from(*value)).sum::<f64>() / count as f64;
        }
        let centred: Vec<Vec<f64>> = pixels
            .rows()
            .into_iter()
            .zip(&moments.mean)
            .map(|(row, mean)| row.iter().map(|value| f64::from(*value) - mean).collect())
            .collect();
        for (i, one) in centred.iter().enumerate() {
            for (j, other) in centred.iter().enumerate().take(i + 1) {
                let sum = product(one, other);
                (moments.scatter[(i, j)], moments.scatter[(j, i)]) = (sum, sum);
            }
        }
        moments
    }

    /// From plain sums about zero: the weights' own, of w x and of w x x' (lower half).
    pub(super) fn from_sums(pixels: u64, weight: f64, sums: &[f64], products: &Array2<f64>) -> Self {
        let mut moments = Self::empty(sums.len());
        moments.pixels = pixels;
        if weight > 0.0 {
            moments.weight = weight;
            moments.mean = sums.iter().map(|sum| sum / weight).collect();
            moments.scatter = Array2::from_shape_fn(products.raw_dim(), |(i, j)| {
                products[(i.max(j), i.min(j))] - weight * moments.mean[i] * moments.mean[j]
            });
        }
        moments
    }

    /// Takes in the moments of other pixels (Chan, Golub & LeVeque 1979). Floats: merge in a fixed order.
    pub fn merge(&mut self, other: &Self) {
        self.pixels += other.pixels;
        if other.weight <= 0.0 {
            return;
        }
        let together = self.weight + other.weight;
        let apart: Vec<f64> = other.mean.iter().zip(&self.mean).map(|(new, old)| new - old).collect();
        let (share, factor) = (other.weight / together, self.weight * other.weight / together);
        for ((i, j), sum) in self.scatter.indexed_iter_mut() {
            *sum += other.scatter[(i, j)] + factor * apart[i] * apart[j];
        }
        self.mean.iter_mut().zip(&apart).for_each(|(mean, apart)| *mean += share * apart);
        self.weight = together;
    }

    /// Covariance: scatter over the sum of the weights.
    pub fn covariance(&self) -> Array2<f64> {
        &self.scatter / self.weight
    }
}

/// Lanes of a sum; they are added up in a fixed order at the end.
const LANES: usize = 8;

/// The sum of products in [`LANES`] lanes.
fn product(one: &[f64], other: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (ones, others) = (one.chunks_exact(LANES), other.chunks_exact(LANES));
    let rest: f64 = ones.remainder().iter().zip(others.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in ones.zip(others) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum::<f64>() + rest
}

//! Change by principal components and two clusters (Celik 2009, doi 10.1109/LGRS.2009.2025059): the surroundings of
//! every pixel of a difference image, projected on the components of its blocks, fall into two classes.

use ndarray::{Array2, ArrayView2};

use super::irmad::Moments;
use super::linear::eigen;
use crate::error::{Error, Result};

/// Side of a block (Celik's h).
pub const SIDE: usize = 4;
/// Components that are kept (Celik's S).
pub const COMPONENTS: usize = 3;
/// Rows and columns of the surroundings before a pixel; behind it lie [`SIDE`] - 1 - [`BEFORE`].
pub const BEFORE: usize = SIDE / 2 - 1;
/// Rounds after which the search for clusters ends.
pub const MOST_ROUNDS: usize = 100;
/// Cells of a block.
const CELLS: usize = SIDE * SIDE;

/// A pixel's surroundings on the components.
pub type Feature = [f32; COMPONENTS];

/// Moments of the whole [`SIDE`] by [`SIDE`] blocks of a difference image (NaN: not seen), which begins at a corner of
/// the lattice of blocks.
pub fn block_moments(image: ArrayView2<'_, f32>) -> Moments {
    let (rows, cols) = (image.nrows() / SIDE, image.ncols() / SIDE);
    let cell =
        |block: usize, cell: usize| image[(block / cols * SIDE + cell / SIDE, block % cols * SIDE + cell % SIDE)];
    let whole = (0..rows * cols).filter(|block| (0..CELLS).all(|at| cell(*block, at).is_finite()));
    let whole: Vec<usize> = whole.collect();
    Moments::plain(Array2::from_shape_fn((CELLS, whole.len()), |(at, block)| cell(whole[block], at)).view())
}

/// Mean block and components.
#[derive(Debug, Clone, PartialEq)]
pub struct Components {
    /// The mean block, row by row.
    pub mean: Vec<f64>,
    /// Unit vectors by falling variance, the greatest component of each positive.
    pub vectors: Vec<Vec<f64>>,
    /// Variances along them.
    pub values: Vec<f64>,
}

impl Components {
    /// The components of a difference image.
    ///
    /// # Errors
    /// `Usage` for fewer than 100 whole blocks, or blocks that are all alike.
    pub fn of(blocks: &Moments) -> Result<Self> {
        const ENOUGH: u64 = 100;
        if blocks.pixels < ENOUGH {
            return Err(Error::usage(format!(
                "only {} whole blocks of {SIDE} by {SIDE} pixels were seen, {ENOUGH} are needed",
                blocks.pixels
            ))
            .hint("give a larger area, or another method"));
        }
        let (values, vectors) = eigen(&blocks.covariance());
        if !values.first().is_some_and(|value| *value > 0.0 && value.is_finite()) {
            return Err(Error::usage("the difference of the dates is the same everywhere: there are no two classes")
                .hint("check that before and after are two scenes of one place"));
        }
        let vectors = (0..COMPONENTS).map(|column| vectors.column(column).to_vec()).collect();
        Ok(Self { mean: blocks.mean.clone(), vectors, values: values[..COMPONENTS].to_vec() })
    }

    /// Features of the seen pixels of `image` without its border, row by row. The border is [`BEFORE`] cells above and
    /// left, [`SIDE`] - 1 - [`BEFORE`] below and right. What was not seen takes the pixel's own value.
    pub fn features(&self, image: ArrayView2<'_, f32>) -> Vec<Feature> {
        let (rows, cols) = (image.nrows().saturating_sub(SIDE - 1), image.ncols().saturating_sub(SIDE - 1));
        let mut features = Vec::with_capacity(rows * cols);
        for row in 0..rows {
            for col in 0..cols {
                let own = image[(row + BEFORE, col + BEFORE)];
                if own.is_finite() {
                    features.push(self.feature(image, (row, col), own));
                }
            }
        }
        features
    }

    fn feature(&self, image: ArrayView2<'_, f32>, (row, col): (usize, usize), own: f32) -> Feature {
        let mut sums = [0.0; COMPONENTS];
        for at in 0..CELLS {
            let value = image[(row + at / SIDE, col + at % SIDE)];
            let away = f64::from(if value.is_finite() { value } else { own }) - self.mean[at];
            sums.iter_mut().zip(&self.vectors).for_each(|(sum, vector)| *sum += vector[at] * away);
        }
        sums.map(|sum| sum as f32)
    }
}

/// The two centres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clusters(pub [[f64; COMPONENTS]; 2]);

/// Members of the clusters, for the next centres.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Members {
    /// How many.
    pub count: [u64; 2],
    /// Sums of their features.
    pub sums: [[f64; COMPONENTS]; 2],
    /// Sums of their own differences.
    pub values: [f64; 2],
}

impl Clusters {
    /// One standard deviation of the first component to both sides of the mean.
    pub fn start(components: &Components) -> Self {
        let spread = components.values[0].sqrt();
        let mut centres = [[0.0; COMPONENTS]; 2];
        (centres[0][0], centres[1][0]) = (-spread, spread);
        Self(centres)
    }

    /// The nearer centre, the first of two as near.
    pub fn nearest(&self, feature: &Feature) -> usize {
        let [first, second] = self.0.map(|centre| {
            centre.iter().zip(feature).map(|(centre, value)| (f64::from(*value) - centre).powi(2)).sum::<f64>()
        });
        usize::from(second < first)
    }

    /// Members among `features`, whose pixels have these `values` in the difference image.
    pub fn members(&self, features: &[Feature], values: &[f32]) -> Members {
        let mut members = Members::default();
        for (feature, value) in features.iter().zip(values) {
            let own = self.nearest(feature);
            members.count[own] += 1;
            members.values[own] += f64::from(*value);
            members.sums[own].iter_mut().zip(feature).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        members
    }

    /// The centres of the members; a centre without members stays.
    #[must_use]
    pub fn moved(&self, members: &Members) -> Self {
        let mut centres = self.0;
        for (own, centre) in centres.iter_mut().enumerate().filter(|(own, _)| members.count[*own] > 0) {
            *centre = members.sums[own].map(|sum| sum / members.count[own] as f64);
        }
        Self(centres)
    }
}

impl Members {
    /// Takes in the members of other pixels. Floats: merge in a fixed order.
    pub fn merge(&mut self, other: &Self) {
        for own in 0..2 {
            self.count[own] += other.count[own];
            self.values[own] += other.values[own];
            self.sums[own].iter_mut().zip(other.sums[own]).for_each(|(sum, more)| *sum += more);
        }
    }

    /// The cluster of change: that of the greater mean difference. None while one of them is empty.
    pub fn changed(&self) -> Option<usize> {
        let [first, second] = [0, 1].map(|own| self.values[own] / self.count[own] as f64);
        (self.count.iter().all(|count| *count > 0)).then_some(usize::from(second > first))
    }
}

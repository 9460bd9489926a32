//! Count, extremes, mean and spread of a tile's values, and their sum over tiles in a fixed order.

use ndarray::ArrayView2;

use super::cell::{Sample, contiguous};

/// What a finished layer holds, over its valid cells (stored values, before scale and offset).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Stats {
    /// Cells of the grid.
    pub cells: u64,
    /// Cells that are neither nodata nor NaN nor infinite.
    pub valid: u64,
    /// Least value; 0 when none is valid, as for the three below.
    pub min: f64,
    /// Greatest value.
    pub max: f64,
    /// Mean.
    pub mean: f64,
    /// Standard deviation of the population (divided by the count).
    pub stddev: f64,
}

/// Moments of a set of values. `m2` is the sum of squared distances from the mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moments {
    count: u64,
    min: f64,
    max: f64,
    mean: f64,
    m2: f64,
}

impl Moments {
    /// The moments of no value.
    pub(super) const EMPTY: Self = Self { count: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, mean: 0.0, m2: 0.0 };

    /// Moments of the finite cells that are not nodata. The order of the additions depends on
    /// the shape alone: the same tile gives the same bits.
    pub(super) fn of<T: Sample>(cells: ArrayView2<T>, nodata: Option<T>) -> Self {
        let finite = |cell: &&T| cell.counts(nodata) && Into::<f64>::into(**cell).is_finite();
        // Sums of distances from some value of the tile cancel less than sums of the values.
        let Some(shift) = cells.iter().find(finite).map(|cell| (*cell).into()) else { return Self::EMPTY };
        let mut lanes = [Lane::EMPTY; LANES];
        for row in cells.rows() {
            add_row(&mut lanes, &contiguous(row), shift, nodata);
        }
        lanes.into_iter().fold(Self::EMPTY, |sum, lane| sum.and(lane.moments(shift)))
    }

    /// The moments of both sets together (Chan, Golub & LeVeque 1983).
    pub(super) fn and(self, other: Self) -> Self {
        let count = self.count + other.count;
        if count == 0 {
            return self;
        }
        let (n, a, b) = (count as f64, self.count as f64, other.count as f64);
        let apart = other.mean - self.mean;
        Self {
            count,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            mean: self.mean + apart * (b / n),
            m2: self.m2 + other.m2 + apart * apart * (a * b / n),
        }
    }

    /// As statistics of a grid of `cells` cells.
    pub(super) fn stats(self, cells: u64) -> Stats {
        if self.count == 0 {
            return Stats { cells, valid: 0, min: 0.0, max: 0.0, mean: 0.0, stddev: 0.0 };
        }
        let stddev = (self.m2 / self.count as f64).sqrt();
        Stats { cells, valid: self.count, min: self.min, max: self.max, mean: self.mean, stddev }
    }
}

/// Independent sums, so that the processor need not wait for one addition before the next.
const LANES: usize = 8;

#[derive(Clone, Copy)]
struct Lane {
    count: u64,
    min: f64,
    max: f64,
    sum: f64,
    squares: f64,
}

impl Lane {
    const EMPTY: Self = Self { count: 0, min: f64::INFINITY, max: f64::NEG_INFINITY, sum: 0.0, squares: 0.0 };

    fn add<T: Sample>(&mut self, cell: T, shift: f64, nodata: Option<T>) {
        let value: f64 = cell.into();
        let counts = cell.counts(nodata) && value.is_finite();
        let apart = if counts { value - shift } else { 0.0 };
        self.count += u64::from(counts);
        self.min = if counts && value < self.min { value } else { self.min };
        self.max = if counts && value > self.max { value } else { self.max };
        self.sum += apart;
        self.squares += apart * apart;
    }

    fn moments(self, shift: f64) -> Moments {
        let count = self.count.max(1) as f64;
        let m2 = (self.squares - self.sum * (self.sum / count)).max(0.0);
        Moments { count: self.count, min: self.min, max: self.max, mean: shift + self.sum / count, m2 }
    }
}

fn add_row<T: Sample>(lanes: &mut [Lane; LANES], row: &[T], shift: f64, nodata: Option<T>) {
    let (chunks, rest) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, cell) in lanes.iter_mut().zip(chunk) {
            lane.add(*cell, shift, nodata);
        }
    }
    for (lane, cell) in lanes.iter_mut().zip(rest) {
        lane.add(*cell, shift, nodata);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn a_large_mean_keeps_the_spread() {
        let cells = Array2::from_shape_fn((64, 64), |(row, col)| 1.0e6 + ((row * 64 + col) % 5) as f32);
        let stats = Moments::of(cells.view(), None).stats(4096);
        let values: Vec<f64> = cells.iter().map(|cell| f64::from(*cell)).collect();
        let mean = values.iter().sum::<f64>() / 4096.0;
        let stddev = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 4096.0).sqrt();
        assert!((stats.mean - mean).abs() < 1e-8 && (stats.stddev - stddev).abs() < 1e-9, "{stats:?}");
        assert_eq!((stats.min, stats.max, stats.valid), (1.0e6, 1.0e6 + 4.0, 4096));
    }

    #[test]
    fn what_is_no_value_does_not_count() {
        let cells = Array2::from_shape_vec((2, 3), vec![f32::NAN, -9.0, 2.0, 4.0, f32::INFINITY, -9.0]).unwrap();
        let stats = Moments::of(cells.view(), Some(-9.0)).stats(6);
        assert_eq!((stats.valid, stats.min, stats.max, stats.mean, stats.stddev), (2, 2.0, 4.0, 3.0, 1.0));
        assert_eq!(Moments::of(Array2::<f32>::zeros((2, 0)).view(), None).stats(0).valid, 0);
    }

    #[test]
    fn a_strided_view_gives_the_same_bits() {
        let cells = Array2::from_shape_fn((30, 41), |(row, col)| (row as f32 * 0.37).sin() + col as f32);
        let turned = cells.t().as_standard_layout().into_owned();
        assert_eq!(Moments::of(cells.view(), None), Moments::of(turned.t(), None));
    }
}

//! Count, extremes, mean and spread of a tile's values, and their sum over tiles in a fixed order.

use ndarray::ArrayView2;

use super::cell::{Sample, contiguous, wide};

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
        // Sums of distances from some value of the tile cancel less than sums of the values.
        let first = cells.iter().find(|cell| cell.counts(nodata) && cell.is_finite());
        let Some(first) = first.copied() else { return Self::EMPTY };
        let mut lanes = Lanes::new(first);
        for row in cells.rows() {
            let row = contiguous(row);
            let (chunks, rest) = row.as_chunks::<LANES>();
            let sums = &mut lanes;
            wide(
                #[inline(always)]
                move || add_all(sums, chunks, nodata),
            );
            rest.iter().enumerate().for_each(|(lane, cell)| lanes.add_one(lane, *cell, nodata));
        }
        lanes.moments()
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

/// The sums of each lane, side by side so that they can be added to all at once.
#[derive(Clone, Copy)]
struct Lanes<T> {
    /// A value of the tile; sums are of distances from it.
    first: T,
    count: [u32; LANES],
    min: [T; LANES],
    max: [T; LANES],
    sum: [f64; LANES],
    squares: [f64; LANES],
}

/// The lanes are copied, so that they stay in registers.
#[inline(always)]
fn add_all<T: Sample>(lanes: &mut Lanes<T>, chunks: &[[T; LANES]], nodata: Option<T>) {
    let mut sums = *lanes;
    for chunk in chunks {
        sums.add(chunk, nodata);
    }
    *lanes = sums;
}

impl<T: Sample> Lanes<T> {
    fn new(first: T) -> Self {
        let (sum, squares) = ([0.0; LANES], [0.0; LANES]);
        Self { first, count: [0; LANES], min: [first; LANES], max: [first; LANES], sum, squares }
    }

    /// Adds a cell to each lane. Every figure in a loop of its own, so that each becomes one or two
    /// instructions for all lanes.
    #[inline(always)]
    fn add(&mut self, cells: &[T; LANES], nodata: Option<T>) {
        let first: f64 = self.first.into();
        // By indices: `map` over arrays is a call of its own, which stops the vector instructions.
        let (mut counts, mut kept, mut apart) = ([false; LANES], [self.first; LANES], [0.0; LANES]);
        for lane in 0..LANES {
            counts[lane] = cells[lane].counts(nodata) & cells[lane].is_finite();
        }
        for lane in 0..LANES {
            kept[lane] = if counts[lane] { cells[lane] } else { self.first };
        }
        for lane in 0..LANES {
            apart[lane] = kept[lane].into() - first;
        }
        self.count.iter_mut().zip(counts).for_each(|(count, counts)| *count += u32::from(counts));
        self.min.iter_mut().zip(kept).for_each(|(min, cell)| *min = if cell < *min { cell } else { *min });
        self.max.iter_mut().zip(kept).for_each(|(max, cell)| *max = if cell > *max { cell } else { *max });
        self.sum.iter_mut().zip(apart).for_each(|(sum, apart)| *sum += apart);
        self.squares.iter_mut().zip(apart).for_each(|(squares, apart)| *squares += apart * apart);
    }

    /// Adds a cell to one lane.
    fn add_one(&mut self, lane: usize, cell: T, nodata: Option<T>) {
        if cell.counts(nodata) && cell.is_finite() && lane < LANES {
            let apart = cell.into() - self.first.into();
            self.count[lane] += 1;
            self.min[lane] = if cell < self.min[lane] { cell } else { self.min[lane] };
            self.max[lane] = if cell > self.max[lane] { cell } else { self.max[lane] };
            self.sum[lane] += apart;
            self.squares[lane] += apart * apart;
        }
    }

    /// The lanes together, in their order.
    fn moments(&self) -> Moments {
        (0..LANES).fold(Moments::EMPTY, |sum, lane| {
            let (count, apart) = (u64::from(self.count[lane]), self.sum[lane]);
            let offset = apart / count.max(1) as f64;
            let (mean, m2) = (self.first.into() + offset, (self.squares[lane] - apart * offset).max(0.0));
            sum.and(Moments { count, min: self.min[lane].into(), max: self.max[lane].into(), mean, m2 })
        })
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

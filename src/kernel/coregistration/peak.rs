//! The peak of a correlation surface: its place, the fraction of a pixel beside it, and how far it stands out.

use ndarray::Array2;

/// The peak of a correlation surface that wraps around.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Peak {
    /// Whole columns and rows from the origin.
    pub(super) offset: (i64, i64),
    /// What the neighbours add, columns and rows, -0.5 to 0.5.
    pub(super) fraction: (f64, f64),
    /// 100 - 100 (mean + 2 sd of the surface without the peak) / (mean of the peak), 0 to 100; the peak is
    /// its 3 by 3 cells (AROSICS).
    pub(super) reliability: f64,
}

impl Peak {
    /// The highest cell; of equals the first in raster order.
    pub(super) fn of(surface: Array2<f32>) -> Self {
        let (rows, cols) = surface.dim();
        let highest = surface
            .indexed_iter()
            .fold(((0, 0), f32::NEG_INFINITY), |best, (at, value)| if *value > best.1 { (at, *value) } else { best });
        let (row, col) = highest.0;
        let near = |dy: i64, dx: i64| {
            let wrapped = |at: usize, by: i64, length: usize| (at as i64 + by).rem_euclid(length as i64) as usize;
            f64::from(surface[(wrapped(row, dy, rows), wrapped(col, dx, cols))])
        };
        let top = near(0, 0);
        Self {
            offset: (signed(col, cols), signed(row, rows)),
            fraction: (fraction(top, near(0, -1), near(0, 1)), fraction(top, near(-1, 0), near(1, 0))),
            reliability: reliability(&surface, near),
        }
    }
}

/// A place on a circle of `length` cells as a distance from 0.
fn signed(at: usize, length: usize) -> i64 {
    if at > length / 2 { at as i64 - length as i64 } else { at as i64 }
}

/// `side / (peak + side)` towards the larger neighbour; nothing towards one that is not positive.
fn fraction(peak: f64, lower: f64, upper: f64) -> f64 {
    let (side, sign) = if upper >= lower { (upper, 1.0) } else { (lower, -1.0) };
    if side > 0.0 && peak > 0.0 { sign * side / (peak + side) } else { 0.0 }
}

fn reliability(surface: &Array2<f32>, near: impl Fn(i64, i64) -> f64) -> f64 {
    let (mut sum, mut squares) = (0.0, 0.0);
    for value in surface.iter().map(|value| f64::from(*value)) {
        sum += value;
        squares += value * value;
    }
    let (mut peak, mut peak_squares) = (0.0, 0.0);
    for (dy, dx) in (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (dy, dx))) {
        peak += near(dy, dx);
        peak_squares += near(dy, dx).powi(2);
    }
    let others = surface.len() as f64 - 9.0;
    let mean = (sum - peak) / others;
    let spread = ((squares - peak_squares) / others - mean * mean).max(0.0).sqrt();
    let height = peak / 9.0;
    if height > 0.0 { (100.0 - 100.0 * (mean + 2.0 * spread) / height).clamp(0.0, 100.0) } else { 0.0 }
}

//! Neighbourhoods: the multilook that a test works on, and the Lee filter for pictures.

use ndarray::{Array2, ArrayView2};

/// The mean power of the pixels seen within a square of `side` (odd) pixels; what was not seen stays so, and pixels
/// beyond the plane do not count. Sums run in a fixed order, so that a pixel's value does not depend on the block
/// that it was computed in.
pub fn multilook(power: ArrayView2<'_, f32>, side: usize) -> Array2<f32> {
    if side < 2 {
        return power.to_owned();
    }
    let reach = side / 2;
    let (rows, cols) = power.dim();
    let mut out = power.to_owned();
    let (mut sums, mut counts) = (vec![0.0f32; cols], vec![0.0f32; cols]);
    for row in 0..rows {
        sums.fill(0.0);
        counts.fill(0.0);
        for line in power.rows().into_iter().take((row + reach + 1).min(rows)).skip(row.saturating_sub(reach)) {
            for ((sum, count), value) in sums.iter_mut().zip(&mut counts).zip(line) {
                *sum += if value.is_nan() { 0.0 } else { *value };
                *count += if value.is_nan() { 0.0 } else { 1.0 };
            }
        }
        for (col, value) in out.row_mut(row).iter_mut().enumerate().filter(|(_, value)| !value.is_nan()) {
            let span = col.saturating_sub(reach)..(col + reach + 1).min(cols);
            let total = |of: &[f32]| of.get(span.clone()).unwrap_or_default().iter().sum::<f32>();
            *value = total(&sums) / total(&counts);
        }
    }
    out
}

/// The Lee filter over 3 by 3 pixels for speckle of `looks` equivalent looks, for display only: the local mean, with as
/// much of the pixel's own value as the local variance exceeds that of speckle. With Cu^2 = 1/looks and Ci^2 the
/// local variance over the squared mean, W = max(0, 1 - Cu^2/Ci^2) (Lee 1980).
pub fn lee(power: ArrayView2<'_, f32>, looks: f32) -> Array2<f32> {
    Array2::from_shape_fn(power.dim(), |(row, col)| {
        let own = power[(row, col)];
        if own.is_nan() {
            return f32::NAN;
        }
        let near = || around(power, (row, col), 1);
        let count = near().count() as f32;
        let mean = near().sum::<f32>() / count;
        let variance = near().map(|value| (value - mean).powi(2)).sum::<f32>() / count;
        let relative = variance / (mean * mean);
        let weight = if relative > 0.0 { (1.0 - 1.0 / (looks * relative)).max(0.0) } else { 0.0 };
        mean + weight * (own - mean)
    })
}

/// The values seen within `reach` pixels, row by row.
fn around<'a>(power: ArrayView2<'a, f32>, (row, col): (usize, usize), reach: usize) -> impl Iterator<Item = f32> + 'a {
    let (rows, cols) = power.dim();
    let rows = row.saturating_sub(reach)..(row + reach + 1).min(rows);
    let cols = col.saturating_sub(reach)..(col + reach + 1).min(cols);
    rows.flat_map(move |row| cols.clone().map(move |col| (row, col))).map(move |at| power[at]).filter(|v| !v.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_multilook_is_the_mean_of_what_was_seen() {
        let plane = array![[1.0, 2.0, f32::NAN], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]];
        let made = multilook(plane.view(), 3);
        assert_eq!(made[(1, 1)], 42.0 / 8.0);
        assert_eq!(made[(0, 0)], 12.0 / 4.0);
        assert!(made[(0, 2)].is_nan());
        assert_eq!(multilook(plane.view(), 1)[(2, 2)], 9.0);
    }

    #[test]
    fn lee_smooths_speckle_and_keeps_edges() {
        let flat = array![[1.0f32, 1.1, 0.9], [1.05, 1.2, 0.95], [1.0, 0.9, 1.0]];
        let mean = flat.sum() / 9.0;
        assert!((lee(flat.view(), 5.0)[(1, 1)] - mean).abs() < 1e-6);
        let mut bright = flat;
        bright[(1, 1)] = 40.0;
        assert!(lee(bright.view(), 5.0)[(1, 1)] > 35.0);
    }
}

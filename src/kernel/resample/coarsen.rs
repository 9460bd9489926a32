//! Coarser cells out of finer ones: the mean of values, the commonest of classes.

use ndarray::{Array2, ArrayView2};

use super::Factor;
use crate::kernel::reflectance::{Plane, PlaneView};
use crate::kernel::rows;

/// The mean of the valid fine cells of each coarse cell, valid where at least half of the coarse
/// cell's `x * y` fine cells are.
///
/// The plane must begin at a coarse cell's corner. Rows and columns that do not fill a last coarse
/// cell still make one; the fine cells it lacks count as invalid. Sums are taken in `f64`, row by row
/// of the coarse cell, and the mean is rounded once.
pub fn average(plane: PlaneView<'_>, factor: Factor) -> Plane {
    let (height, width) = plane.values.dim();
    let mut coarse = Plane::nothing((height.div_ceil(factor.y), width.div_ceil(factor.x)));
    let columns = coarse.values.ncols();
    let (mut sums, mut counts) = (vec![0.0; columns], vec![0; columns]);
    for row in 0..coarse.values.nrows() {
        sums.fill(0.0);
        counts.fill(0);
        for fine in row * factor.y..((row + 1) * factor.y).min(height) {
            let (values, valid) = (rows::slice(&plane.values, fine), rows::slice(&plane.valid, fine));
            add_row(&values, &valid, factor.x, &mut sums, &mut counts);
        }
        let half = (factor.x * factor.y).div_ceil(2) as u32;
        let means = sums.iter().zip(&counts).map(|(&sum, &count)| (sum / f64::from(count)) as f32);
        for (col, (mean, &count)) in means.zip(&counts).enumerate() {
            if count >= half {
                coarse.values[(row, col)] = mean;
                coarse.valid[(row, col)] = true;
            }
        }
    }
    coarse
}

/// Adds one fine row to the coarse sums. Two columns a cell is the common case (10 m to 20 m) and
/// has a loop of its own that the compiler unrolls.
fn add_row(values: &[f32], valid: &[bool], x: usize, sums: &mut [f64], counts: &mut [u32]) {
    match x {
        1 => add_chunks(values.chunks(1), valid.chunks(1), sums, counts),
        2 => {
            let whole = values.len() / 2;
            let ((pairs, rest), (flags, rest_flags)) = (values.as_chunks::<2>(), valid.as_chunks::<2>());
            add_chunks(pairs.iter().map(|pair| &pair[..]), flags.iter().map(|pair| &pair[..]), sums, counts);
            let (sums, counts) = (&mut sums[whole..], &mut counts[whole..]);
            add_chunks(rest.chunks(1), rest_flags.chunks(1), sums, counts);
        }
        _ => add_chunks(values.chunks(x), valid.chunks(x), sums, counts),
    }
}

#[inline]
fn add_chunks<'a>(
    values: impl Iterator<Item = &'a [f32]>,
    valid: impl Iterator<Item = &'a [bool]>,
    sums: &mut [f64],
    counts: &mut [u32],
) {
    for (((values, valid), sum), count) in values.zip(valid).zip(sums).zip(counts) {
        for (&value, &valid) in values.iter().zip(valid) {
            *sum += if valid { f64::from(value) } else { 0.0 };
            *count += u32::from(valid);
        }
    }
}

/// The commonest class of each coarse cell; of equally common ones the greatest number, which keeps
/// cloud before clear in SCL and in code planes alike. The plane must begin at a coarse cell's corner;
/// cells at the far edges go by the fine cells they have.
pub fn mode(classes: ArrayView2<'_, u8>, factor: Factor) -> Array2<u8> {
    let (height, width) = classes.dim();
    let mut coarse = Array2::zeros((height.div_ceil(factor.y), width.div_ceil(factor.x)));
    let mut counts = [0u32; 256];
    for (row, mut out) in coarse.rows_mut().into_iter().enumerate() {
        let lines: Vec<_> =
            (row * factor.y..((row + 1) * factor.y).min(height)).map(|fine| rows::slice(&classes, fine)).collect();
        for (col, commonest) in out.iter_mut().enumerate() {
            let (from, to) = (col * factor.x, ((col + 1) * factor.x).min(width));
            *commonest = commonest_of(lines.iter().flat_map(|line| &line[from..to]), &mut counts);
        }
    }
    coarse
}

/// The commonest class, the greatest of equally common ones; `counts` is all zero before and after.
fn commonest_of<'a>(cells: impl Iterator<Item = &'a u8> + Clone, counts: &mut [u32; 256]) -> u8 {
    let mut best = (0, 0);
    for &class in cells.clone() {
        counts[usize::from(class)] += 1;
        best = best.max((counts[usize::from(class)], class));
    }
    cells.for_each(|&class| counts[usize::from(class)] = 0);
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn half_of_a_cell_is_enough() {
        let nan = f32::NAN;
        let plane = Plane::from_values(array![[1.0, 2.0, nan, 4.0, 9.0], [3.0, 4.0, nan, nan, 7.0]]);
        let coarse = average(plane.view(), Factor::new(2, 2).unwrap());
        assert_eq!(
            coarse.valid,
            array![[true, false, true]],
            "one of four is less than half; two at the edge are half"
        );
        assert_eq!((coarse.values[(0, 0)], coarse.values[(0, 2)]), (2.5, 8.0));
        let third = average(plane.view(), Factor::new(3, 1).unwrap());
        assert_eq!(third.valid, array![[true, true], [true, false]]);
        assert_eq!(third.values[(0, 0)], 1.5);
    }

    #[test]
    fn the_commonest_class_wins_and_ties_go_up() {
        let classes = array![[4u8, 4, 8, 4, 3], [4, 9, 4, 8, 5]];
        assert_eq!(mode(classes.view(), Factor::new(2, 2).unwrap()), array![[4u8, 8, 5]]);
    }
}

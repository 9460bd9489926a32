//! The ring around candidates: cells between an inner and an outer distance, where the unburned control is taken.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use crate::error::{Error, Result};

/// Cells whose distance to the nearest marked cell is at least `inner` and at most `outer`.
///
/// Distances are between cell centres, in the unit of `cell` (width, height of a cell). `marked` and the
/// result are rows by columns. Exact; costs cells times outer / cell height.
///
/// # Errors
/// `Usage` when the distances or the cell size make no ring.
pub fn ring(marked: ArrayView2<'_, bool>, cell: (f64, f64), inner: f64, outer: f64) -> Result<Array2<bool>> {
    let sound = cell.0 > 0.0 && cell.1 > 0.0 && inner >= 0.0 && outer.is_finite() && inner <= outer;
    if !sound {
        return Err(Error::usage(format!("no ring from {inner} to {outer} over cells of {} by {}", cell.0, cell.1)));
    }
    let mut across = Array2::from_elem(marked.raw_dim(), f64::INFINITY);
    for (marks, mut distances) in marked.rows().into_iter().zip(across.rows_mut()) {
        distances.assign(&along(marks, cell.0));
    }
    let reach = (outer / cell.1).floor() as usize;
    let rows = marked.nrows();
    Ok(Array2::from_shape_fn(marked.raw_dim(), |(row, col)| {
        let near = row.saturating_sub(reach)..rows.min(row + reach + 1);
        let squared = |other: usize| across[(other, col)].powi(2) + (row.abs_diff(other) as f64 * cell.1).powi(2);
        let nearest = near.map(squared).fold(f64::INFINITY, f64::min);
        nearest >= inner * inner && nearest <= outer * outer
    }))
}

/// Distance of each cell of a row to the nearest marked one of the same row.
fn along(marks: ArrayView1<'_, bool>, cell: f64) -> Array1<f64> {
    let mut distances = Array1::from_elem(marks.len(), f64::INFINITY);
    let mut last = f64::INFINITY;
    for (distance, marked) in distances.iter_mut().zip(marks) {
        last = if *marked { 0.0 } else { last + cell };
        *distance = last;
    }
    last = f64::INFINITY;
    for (distance, marked) in distances.iter_mut().rev().zip(marks.iter().rev()) {
        last = if *marked { 0.0 } else { last + cell };
        *distance = distance.min(last);
    }
    distances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_is_the_brute_force_one() {
        let marked = Array2::from_shape_fn((23, 31), |(row, col)| (row * 7 + col * 13) % 97 == 0);
        let (cell, inner, outer) = ((2.0, 3.0), 5.0, 14.0);
        let found = ring(marked.view(), cell, inner, outer).unwrap();
        for ((row, col), inside) in found.indexed_iter() {
            let distance = |((r, c), _): ((usize, usize), &bool)| {
                ((row.abs_diff(r) as f64 * cell.1).powi(2) + (col.abs_diff(c) as f64 * cell.0).powi(2)).sqrt()
            };
            let nearest =
                marked.indexed_iter().filter(|(_, marked)| **marked).map(distance).fold(f64::INFINITY, f64::min);
            assert_eq!(*inside, nearest >= inner && nearest <= outer, "{row} {col}");
        }
    }

    #[test]
    fn without_a_mark_there_is_no_ring() {
        let none = Array2::from_elem((4, 4), false);
        assert!(ring(none.view(), (1.0, 1.0), 0.0, 10.0).unwrap().iter().all(|inside| !inside));
        assert!(ring(none.view(), (0.0, 1.0), 0.0, 10.0).is_err());
    }
}

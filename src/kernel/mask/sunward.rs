//! Is there a cloud that could have cast this shadow? A dark pixel without one is dark ground.

use ndarray::{Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2};

use super::Reason;
use crate::error::{Error, Result};

/// Cells that have a cloud towards the sun within `reach`: their shadow may be that cloud's.
///
/// `cloud` and the result are rows by columns, north up; `cell` is the width and height of a cell and `reach` a
/// distance in the same unit; `azimuth` is the sun's, in degrees clockwise from north. The line towards the sun
/// is three cells wide, for the azimuth is a mean of the scene. Without an azimuth any direction will do: a cloud
/// within `reach` across and down.
///
/// # Errors
/// `Usage` for cells or a reach that are no lengths.
pub fn shaded(cloud: ArrayView2<'_, bool>, cell: (f64, f64), azimuth: Option<f64>, reach: f64) -> Result<Array2<bool>> {
    let sound = cell.0 > 0.0 && cell.1 > 0.0 && reach >= 0.0 && reach.is_finite();
    if !sound {
        return Err(Error::usage(format!("no shadow of {reach} over cells of {} by {}", cell.0, cell.1)));
    }
    if !cloud.iter().any(|cloud| *cloud) {
        return Ok(Array2::from_elem(cloud.raw_dim(), false));
    }
    let Some(azimuth) = azimuth.filter(|azimuth| azimuth.is_finite()) else {
        let near = ((reach / cell.0).floor() as usize, (reach / cell.1).floor() as usize);
        return Ok(around(cloud, near));
    };
    let wide = widened(cloud);
    let steps = towards(cell, azimuth, reach);
    let mut shaded = Array2::from_elem(cloud.raw_dim(), false);
    // From the clouds away from the sun: there are fewer of them than of other cells.
    for ((row, col), _) in wide.indexed_iter().filter(|(_, cloud)| **cloud) {
        for (dx, dy) in &steps {
            let (Some(row), Some(col)) = (row.checked_add_signed(-dy), col.checked_add_signed(-dx)) else { break };
            match shaded.get_mut((row, col)) {
                Some(cell) => *cell = true,
                None => break,
            }
        }
    }
    Ok(shaded)
}

/// Cells with a marked one within `near` columns and rows: along the rows first, then along the columns.
fn around(marks: ArrayView2<'_, bool>, (across, down): (usize, usize)) -> Array2<bool> {
    let mut near = marks.to_owned();
    near.rows_mut().into_iter().for_each(|row| spread(row, across));
    near.columns_mut().into_iter().for_each(|column| spread(column, down));
    near
}

/// Marks every cell of a line that has a marked one within `reach`.
fn spread(mut line: ArrayViewMut1<'_, bool>, reach: usize) {
    let marked: Vec<usize> = line.iter().enumerate().filter(|(_, mark)| **mark).map(|(at, _)| at).collect();
    let mut done = 0;
    for at in marked {
        let end = (at + reach + 1).min(line.len());
        (done.max(at.saturating_sub(reach))..end).for_each(|cell| line[cell] = true);
        done = end;
    }
}

/// Steps of about a cell towards the sun, columns and rows, the cell itself first.
fn towards(cell: (f64, f64), azimuth: f64, reach: f64) -> Vec<(isize, isize)> {
    let (east, north) = azimuth.to_radians().sin_cos();
    let pace = cell.0.min(cell.1);
    let count = (reach / pace).floor() as usize;
    let mut steps: Vec<(isize, isize)> = (0..=count)
        .map(|step| step as f64 * pace)
        .map(|far| ((far * east / cell.0).round() as isize, (-far * north / cell.1).round() as isize))
        .collect();
    steps.dedup();
    steps
}

/// Cells that are marked or touch a marked one.
fn widened(marks: ArrayView2<'_, bool>) -> Array2<bool> {
    let mut wide = marks.to_owned();
    for ((row, col), _) in marks.indexed_iter().filter(|(_, mark)| **mark) {
        for near_row in row.saturating_sub(1)..(row + 2).min(marks.nrows()) {
            for near_col in col.saturating_sub(1)..(col + 2).min(marks.ncols()) {
                wide[(near_row, near_col)] = true;
            }
        }
    }
    wide
}

/// Turns cloud shadow (class 3 of SCL) that no cloud can have cast into [`Reason::DarkKept`]: it counts, and is
/// flagged (METHODS section 3: a burn must not be masked as shadow). `shaded` is asked for shadow alone, by row and
/// column.
pub fn keep_dark(mut codes: ArrayViewMut2<'_, u8>, shaded: impl Fn((usize, usize)) -> bool) {
    for (row, codes) in codes.rows_mut().into_iter().enumerate() {
        for (col, code) in codes.into_iter().enumerate() {
            if *code == Reason::Shadow.code() && !shaded((row, col)) {
                *code = Reason::DarkKept.code();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn shadow_falls_away_from_the_sun() {
        let mut cloud = Array2::from_elem((41, 41), false);
        cloud[(20, 20)] = true;
        // The sun stands in the south-east: shadow falls to the north-west.
        let shaded = shaded(cloud.view(), (100.0, 100.0), Some(135.0), 1000.0).unwrap();
        assert!(shaded[(14, 14)] && shaded[(20, 20)] && shaded[(17, 18)]);
        assert!(!shaded[(26, 26)] && !shaded[(14, 26)] && !shaded[(26, 14)] && !shaded[(10, 10)]);
    }

    #[test]
    fn every_shaded_cell_sees_a_cloud_towards_the_sun() {
        let cloud = Array2::from_shape_fn((30, 40), |(row, col)| (row * 31 + col * 17) % 211 == 0);
        for azimuth in [0.0, 90.0, 163.5, 200.0, 359.0] {
            let found = shaded(cloud.view(), (60.0, 90.0), Some(azimuth), 700.0).unwrap();
            let (wide, steps) = (widened(cloud.view()), towards((60.0, 90.0), azimuth, 700.0));
            for ((row, col), shaded) in found.indexed_iter() {
                let seen = steps.iter().any(|(dx, dy)| {
                    let at = row.checked_add_signed(*dy).zip(col.checked_add_signed(*dx));
                    at.and_then(|at| wide.get(at)).is_some_and(|cloud| *cloud)
                });
                assert_eq!(*shaded, seen, "{azimuth}: {row}, {col}");
            }
        }
    }

    #[test]
    fn without_an_azimuth_any_direction_counts() {
        let mut cloud = Array2::from_elem((9, 9), false);
        cloud[(4, 4)] = true;
        let found = shaded(cloud.view(), (100.0, 100.0), None, 250.0).unwrap();
        for ((row, col), near) in found.indexed_iter() {
            assert_eq!(*near, row.abs_diff(4) <= 2 && col.abs_diff(4) <= 2, "{row}, {col}");
        }
        let clear = Array2::from_elem((3, 3), false);
        assert!(!shaded(clear.view(), (1.0, 1.0), None, 9.0).unwrap().iter().any(|shaded| *shaded));
        assert!(shaded(clear.view(), (0.0, 1.0), None, 9.0).is_err());
    }

    #[test]
    fn dark_ground_is_kept_and_flagged() {
        let mut codes = array![[Reason::Shadow.code(), Reason::Shadow.code(), Reason::Cloud.code(), 0]];
        keep_dark(codes.view_mut(), |(_, col)| col == 0);
        assert_eq!(codes, array![[5, Reason::DarkKept.code(), 3, 0]]);
    }
}

//! Morphology of run masks: neighbour counts, closing by a disk, opening by reconstruction, growing from
//! seeds. Time and memory go with the number of runs, not of pixels; no raster exists.

use super::label::{Connectivity, label};
use crate::geom::runs::{Run, Runs};
use crate::geom::window::Window;

/// The pixels around which at least `least` of the 3 x 3 pixels are set, the pixel itself included; what lies
/// beyond the mask's edge is not set. With 5 this is the median filter of the mask.
#[must_use]
pub fn neighbours_at_least(mask: &Runs, least: u32) -> Runs {
    let mut found = Vec::new();
    let mut edges = Vec::new();
    for row in rows_near(mask) {
        edges.clear();
        for near in row.saturating_sub(1)..=row + 1 {
            mask.row(near).iter().for_each(|run| shifted_edges(run, &mut edges));
        }
        edges.sort_unstable();
        stretches(row, &edges, least.max(1), &mut found);
    }
    Runs::from_unsorted(mask.width(), mask.height(), found)
}

/// Rows of the mask that hold a run or adjoin one that does, in order.
fn rows_near(mask: &Runs) -> impl Iterator<Item = u32> + '_ {
    let mut next = 0;
    mask.as_slice().chunk_by(|a, b| a.row == b.row).filter_map(|line| line.first()).flat_map(move |run| {
        let rows = next.max(run.row.saturating_sub(1))..(run.row + 2).min(mask.height());
        next = rows.end;
        rows
    })
}

/// Where a run moved by -1, 0 and 1 columns begins (+1) and ends (-1).
fn shifted_edges(run: &Run, edges: &mut Vec<(u32, i32)>) {
    for (start, end) in [(run.start.saturating_sub(1), run.end - 1), (run.start, run.end), (run.start + 1, run.end + 1)]
    {
        edges.extend([(start, 1), (end, -1)]);
    }
}

/// The stretches of a row in which at least `least` of the edges' intervals lie over each other.
fn stretches(row: u32, edges: &[(u32, i32)], least: u32, found: &mut Vec<Run>) {
    let (mut depth, mut open) = (0, None);
    for same in edges.chunk_by(|a, b| a.0 == b.0) {
        let Some(&(column, _)) = same.first() else { continue };
        depth += same.iter().map(|(_, step)| step).sum::<i32>();
        match (i64::from(depth) >= i64::from(least), open) {
            (true, None) => open = Some(column),
            (false, Some(start)) => {
                found.push(Run { row, start, end: column });
                open = None;
            }
            _ => {}
        }
    }
}

/// The mask closed by a disk of `radius` pixels (x^2 + y^2 <= radius^2 + 1/2): gaps that no such disk fits
/// into are set. The mask's edge closes nothing: beyond it the ground goes on, unset.
#[must_use]
pub fn close(mask: &Runs, radius: u32) -> Runs {
    if radius == 0 || mask.is_empty() {
        return mask.clone();
    }
    let margin = radius + 1;
    let wide = moved(mask, margin);
    let eroded = complement(&dilate(&complement(&dilate(&wide, radius)), radius));
    let margin = margin as usize;
    eroded.crop(Window::new(margin, margin, mask.width() as usize, mask.height() as usize))
}

/// The mask on a canvas with `margin` pixels more on every side.
fn moved(mask: &Runs, margin: u32) -> Runs {
    let runs = mask.as_slice().iter();
    let runs = runs.map(|run| Run { row: run.row + margin, start: run.start + margin, end: run.end + margin });
    Runs::from_unsorted(mask.width() + 2 * margin, mask.height() + 2 * margin, runs.collect())
}

/// The mask grown by a disk.
fn dilate(mask: &Runs, radius: u32) -> Runs {
    let reach = half_widths(radius);
    let grown = mask.as_slice().iter().flat_map(|run| {
        reach.iter().filter_map(|&(down, half)| {
            let row = u32::try_from(i64::from(run.row) + down).ok()?;
            Some(Run { row, start: run.start.saturating_sub(half), end: run.end.saturating_add(half) })
        })
    });
    Runs::from_unsorted(mask.width(), mask.height(), grown.collect())
}

/// Row offsets of a disk with its half width there.
fn half_widths(radius: u32) -> Vec<(i64, u32)> {
    let far = i64::from(radius);
    let half = |down: i64| ((far * far - down * down) as f64 + 0.5).sqrt() as u32;
    (-far..=far).map(|down| (down, half(down))).collect()
}

/// The pixels that are not set.
fn complement(mask: &Runs) -> Runs {
    Runs::full(mask.width(), mask.height()).subtract(mask)
}

/// The objects of `mask` that hold a pixel of `seeds`, whole.
#[must_use]
pub fn grow(mask: &Runs, seeds: &Runs, connectivity: Connectivity) -> Runs {
    let objects = label(mask, connectivity);
    let mut seeded = vec![false; objects.count];
    let mut rest = seeds.as_slice();
    for (run, &object) in mask.as_slice().iter().zip(&objects.of_run) {
        let passed = |seed: &Run| (seed.row, seed.end) <= (run.row, run.start);
        rest = rest.split_at(rest.partition_point(passed)).1;
        let meets = rest.first().is_some_and(|seed| seed.row == run.row && seed.start < run.end);
        seeded[object as usize] |= meets;
    }
    let kept = mask.as_slice().iter().zip(&objects.of_run).filter(|(_, object)| seeded[**object as usize]);
    Runs::from_unsorted(mask.width(), mask.height(), kept.map(|(run, _)| *run).collect())
}

/// The objects of `mask` that a cross of five pixels fits into, whole: an opening by reconstruction, which
/// drops threads and specks and leaves the outline of the others as it is.
#[must_use]
pub fn open_by_reconstruction(mask: &Runs, connectivity: Connectivity) -> Runs {
    grow(mask, &cross_fits(mask), connectivity)
}

/// The pixels that are set together with their four neighbours.
fn cross_fits(mask: &Runs) -> Runs {
    let size = (mask.width(), mask.height());
    let shifted = |step: fn(u32) -> Option<u32>| {
        let runs = mask.as_slice().iter().filter_map(|run| Some(Run { row: step(run.row)?, ..*run }));
        Runs::from_unsorted(size.0, size.1, runs.collect())
    };
    let inner = mask.as_slice().iter().map(|run| Run { start: run.start + 1, end: run.end - 1, ..*run });
    let inner = Runs::from_unsorted(size.0, size.1, inner.collect());
    inner.intersect(&shifted(|row| row.checked_sub(1))).intersect(&shifted(|row| row.checked_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDTH: u32 = 19;

    fn runs_of(rows: &[u32]) -> Runs {
        let pixels = rows.iter().enumerate().flat_map(|(row, bits)| {
            let set = (0..WIDTH).filter(move |bit| bits >> bit & 1 == 1);
            set.map(move |start| Run { row: row as u32, start, end: start + 1 })
        });
        Runs::from_unsorted(WIDTH, rows.len() as u32, pixels.collect())
    }

    fn dense(mask: &Runs) -> Vec<Vec<bool>> {
        let row = |row| (0..mask.width()).map(|col| mask.contains(col, row)).collect();
        (0..mask.height()).map(row).collect()
    }

    fn set(raster: &[Vec<bool>], row: i64, col: i64) -> bool {
        let line = usize::try_from(row).ok().and_then(|row| raster.get(row));
        line.zip(usize::try_from(col).ok()).and_then(|(line, col)| line.get(col)).copied().unwrap_or(false)
    }

    /// Whether some (`any`) or all pixels of a disk are set, with whatever `raster` says beyond its edge.
    fn disk(radius: i64, raster: impl Fn(i64, i64) -> bool, (row, col): (i64, i64), any: bool) -> bool {
        let mut cells = (-radius..=radius)
            .flat_map(|y| (-radius..=radius).map(move |x| (y, x)))
            .filter(|(y, x)| y * y + x * x <= radius * radius);
        if any { cells.any(|(y, x)| raster(row + y, col + x)) } else { cells.all(|(y, x)| raster(row + y, col + x)) }
    }

    proptest! {
        #[test]
        fn neighbours_are_counted(rows in prop::collection::vec(any::<u32>(), 1..9), least in 1u32..10) {
            let mask = runs_of(&rows);
            let raster = dense(&mask);
            let found = dense(&neighbours_at_least(&mask, least));
            for (row, line) in found.iter().enumerate() {
                for (col, &found) in line.iter().enumerate() {
                    let near = (-1..2).flat_map(|y| (-1..2).map(move |x| (y, x)));
                    let count = near.filter(|(y, x)| set(&raster, row as i64 + y, col as i64 + x)).count();
                    prop_assert_eq!(found, count >= least as usize, "{} {}", row, col);
                }
            }
        }

        #[test]
        fn closing_is_dilation_then_erosion(rows in prop::collection::vec(any::<u32>(), 1..9), radius in 0u32..4) {
            let mask = runs_of(&rows);
            let raster = dense(&mask);
            let reach = i64::from(radius);
            let dilated = |row, col| disk(reach, |row, col| set(&raster, row, col), (row, col), true);
            let closed = dense(&close(&mask, radius));
            for (row, line) in closed.iter().enumerate() {
                for (col, &closed) in line.iter().enumerate() {
                    prop_assert_eq!(closed, disk(reach, dilated, (row as i64, col as i64), false), "{} {}", row, col);
                }
            }
        }

        #[test]
        fn reconstruction_keeps_objects_with_a_cross(rows in prop::collection::vec(any::<u32>(), 1..9)) {
            let mask = runs_of(&rows);
            let raster = dense(&mask);
            let cross = |row: i64, col: i64| disk(1, |row, col| set(&raster, row, col), (row, col), false);
            let opened = open_by_reconstruction(&mask, Connectivity::Eight);
            let objects = label(&mask, Connectivity::Eight);
            for object in 0..objects.count as u32 {
                let own = || mask.as_slice().iter().zip(&objects.of_run).filter(|(_, label)| **label == object);
                let fits = own().any(|(run, _)| (run.start..run.end).any(|col| cross(run.row.into(), col.into())));
                for (run, _) in own() {
                    prop_assert_eq!(opened.contains(run.start, run.row), fits);
                }
            }
            prop_assert_eq!(&opened.subtract(&mask), &Runs::empty(WIDTH, rows.len() as u32));
        }
    }

    #[test]
    fn only_seeded_objects_stay() {
        let mask = runs_of(&[0b1100_1110, 0b0000_0001, 0b1100_0000]);
        let seeds = runs_of(&[0b0000_0100, 0b0011_0000, 0]);
        assert_eq!(grow(&mask, &seeds, Connectivity::Eight), runs_of(&[0b0000_1110, 0b0000_0001, 0]));
        assert_eq!(grow(&mask, &seeds, Connectivity::Four), runs_of(&[0b0000_1110, 0, 0]));
        assert!(grow(&mask, &runs_of(&[0, 0, 0]), Connectivity::Eight).is_empty());
    }
}

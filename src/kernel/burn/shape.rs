//! What an object looks like from above: perimeter, elongation, how well a rectangle or a circle fits it.

use std::f64::consts::PI;

use crate::geom::runs::{Run, Runs};
use crate::kernel::label::Labels;

/// The shape of an object. Lengths are in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Length of the outline along pixel edges, holes included.
    pub perimeter_m: f64,
    /// Long over short axis of the ellipse with the same second moments.
    pub elongation: f64,
    /// Area over that of the rectangle with the same second moments: 1 for a rectangle, pi/3 for an ellipse's
    /// own 0.955, less for anything ragged.
    pub rectangularity: f64,
    /// 4 pi area / perimeter^2: pi/4 for a square along the grid, less for anything ragged.
    pub compactness: f64,
}

/// Whole-number sums over an object's pixels; positions are pixel centres, doubled.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    pixels: i128,
    across: i128,
    down: i128,
    across2: i128,
    down2: i128,
    mixed: i128,
    runs: u64,
    /// Pixels whose upper neighbour is set too.
    covered: u64,
}

/// The shapes of the objects of a mask, by label. `pixel` is the width and height of a pixel in metres.
pub fn shapes(mask: &Runs, labels: &Labels, pixel: (f64, f64)) -> Vec<Shape> {
    let mut sums = vec![Sums::default(); labels.count];
    let mut above: &[Run] = &[];
    let mut rest = mask.as_slice().iter().zip(&labels.of_run).peekable();
    for line in mask.as_slice().chunk_by(|a, b| a.row == b.row) {
        let row = line.first().map_or(0, |run| run.row);
        above = if above.first().is_some_and(|run| run.row + 1 == row) { above } else { &[] };
        for run in line {
            if let Some((_, label)) = rest.next() {
                sums[*label as usize].add(run, above);
            }
        }
        above = line;
    }
    sums.iter().map(|sums| sums.shape(pixel)).collect()
}

impl Sums {
    fn add(&mut self, run: &Run, above: &[Run]) {
        let [start, end, row, len] = [run.start, run.end, run.row, run.len()].map(i128::from);
        let down = 2 * row + 1;
        // Sum of (2c + 1) and of its square over start..end.
        let across = (start + end) * len;
        let square = |end: i128| end * (4 * end * end - 1) / 3;
        self.pixels += len;
        self.across += across;
        self.down += down * len;
        self.across2 += square(end) - square(start);
        self.down2 += down * down * len;
        self.mixed += down * across;
        self.runs += 1;
        let first = above.partition_point(|over| over.end <= run.start);
        let meets = above.iter().skip(first).take_while(|over| over.start < run.end);
        self.covered += meets.map(|over| u64::from(over.end.min(run.end) - over.start.max(run.start))).sum::<u64>();
    }

    fn shape(&self, (width, height): (f64, f64)) -> Shape {
        let n = self.pixels.max(1);
        // Central moments in squared pixels: exact sums, and the twelfth that a pixel has of its own.
        let central =
            |squares: i128, one: i128, other: i128| (squares * n - one * other) as f64 / (4.0 * (n * n) as f64);
        let xx = (central(self.across2, self.across, self.across) + 1.0 / 12.0) * width * width;
        let yy = (central(self.down2, self.down, self.down) + 1.0 / 12.0) * height * height;
        let xy = central(self.mixed, self.across, self.down) * width * height;
        let area = n as f64 * width * height;
        let perimeter_m = 2.0 * (self.runs as f64 * height + (n as f64 - self.covered as f64) * width);
        let (mean, apart) = (f64::midpoint(xx, yy), (0.25 * (xx - yy).powi(2) + xy * xy).sqrt());
        let (long, short) = (mean + apart, (mean - apart).max(f64::MIN_POSITIVE));
        Shape {
            perimeter_m,
            elongation: (long / short).sqrt(),
            rectangularity: area / (12.0 * (long * short).sqrt()),
            compactness: 4.0 * PI * area / (perimeter_m * perimeter_m),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::label::{Connectivity, label};

    fn shape(width: u32, height: u32, runs: Vec<Run>) -> Shape {
        let mask = Runs::from_unsorted(width, height, runs);
        let found = shapes(&mask, &label(&mask, Connectivity::Eight), (20.0, 10.0));
        assert_eq!(found.len(), 1);
        found[0]
    }

    #[test]
    fn a_rectangle_is_one() {
        let found = shape(9, 9, (2..6).map(|row| Run { row, start: 1, end: 7 }).collect());
        assert_eq!(found.perimeter_m, 2.0 * (120.0 + 40.0));
        assert!((found.rectangularity - 1.0).abs() < 1e-12 && (found.elongation - 3.0).abs() < 1e-12, "{found:?}");
        assert!((found.compactness - 4.0 * PI * 4800.0 / 320.0f64.powi(2)).abs() < 1e-12);
    }

    #[test]
    fn a_ring_has_an_inner_outline_and_fits_no_rectangle() {
        let mut runs: Vec<Run> = [1, 5].into_iter().map(|row| Run { row, start: 1, end: 6 }).collect();
        runs.extend((2..5).flat_map(|row| [(1, 2), (5, 6)].map(|(start, end)| Run { row, start, end })));
        let found = shape(7, 7, runs);
        assert_eq!(found.perimeter_m, 2.0 * (100.0 + 50.0) + 2.0 * (60.0 + 30.0));
        assert!(found.rectangularity < 0.6, "{found:?}");
    }

    #[test]
    fn a_diagonal_is_long() {
        let found = shape(9, 9, (0..9).map(|row| Run { row, start: row, end: row + 1 }).collect());
        assert!(found.elongation > 5.0 && found.perimeter_m == 9.0 * 60.0, "{found:?}");
    }
}

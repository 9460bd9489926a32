//! Lines on a map: the dashed edge of the area of interest, and edges of a mask.

use super::canvas::{Area, Canvas, INK, PAPER, Rgb};
use crate::geom::grid::Grid;
use ndarray::ArrayView2;

/// The colour of the edges of a mask, on a light seam.
pub(super) const EDGE: Rgb = [0, 92, 96];

/// Pixels of the sheet from one dash to the next.
const DASH: usize = 12;

/// Where a grid's picture lies on the sheet: integer factors and the area that it fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) zoom: (usize, usize),
    pub(super) area: Area,
}

impl Placed {
    /// Position on the sheet of map coordinates.
    fn at(&self, grid: &Grid, (x, y): (f64, f64)) -> (f64, f64) {
        let (col, row) = grid.to_pixel(x, y);
        (self.area.left as f64 + col * self.zoom.0 as f64, self.area.top as f64 + row * self.zoom.1 as f64)
    }
}

/// Draws rings (map coordinates of `grid`) as dashes of ink between dashes of paper.
pub(super) fn rings(sheet: &mut Canvas, placed: &Placed, grid: &Grid, rings: &[Vec<(f64, f64)>]) {
    for ring in rings {
        let closing = ring.first().filter(|first| ring.last() != Some(first));
        let mut travelled = 0.0;
        let corners: Vec<(f64, f64)> = ring.iter().chain(closing).map(|&corner| placed.at(grid, corner)).collect();
        for (from, to) in corners.iter().zip(corners.iter().skip(1)) {
            travelled = dashes(sheet, &placed.area, *from, *to, travelled);
        }
    }
}

/// One side of a ring; returns the length drawn so far, which keeps the dashes in step.
fn dashes(sheet: &mut Canvas, area: &Area, from: (f64, f64), to: (f64, f64), travelled: f64) -> f64 {
    let length = (to.0 - from.0).hypot(to.1 - from.1);
    if !length.is_finite() {
        return travelled;
    }
    let Some((first, last)) = inside(area, from, to) else { return (travelled + length) % DASH as f64 };
    let steps = ((last - first) * length).ceil().max(1.0) as usize;
    for step in 0..=steps {
        let share = first + (last - first) * step as f64 / steps as f64;
        let (x, y) = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
        let phase = (travelled + length * share) as usize % DASH;
        dot(sheet, area, (x.floor() as i64, y.floor() as i64), if phase < DASH / 2 { INK } else { PAPER });
    }
    (travelled + length) % DASH as f64
}

/// Three pixels wide, cut at the picture's edge.
fn dot(sheet: &mut Canvas, area: &Area, (x, y): (i64, i64), colour: Rgb) {
    for (right, down) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        if area.holds(x + right, y + down) {
            sheet.put(x + right, y + down, colour);
        }
    }
}

/// The shares of the way between which a line is inside the area (Liang and Barsky 1984).
fn inside(area: &Area, from: (f64, f64), to: (f64, f64)) -> Option<(f64, f64)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut first, mut last) = (0.0f64, 1.0f64);
    for (way, room) in [
        (-dx, from.0 - area.left as f64),
        (dx, area.right() as f64 - from.0),
        (-dy, from.1 - area.top as f64),
        (dy, area.bottom() as f64 - from.1),
    ] {
        if way == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if way < 0.0 {
            first = first.max(room / way);
        } else {
            last = last.min(room / way);
        }
    }
    (first <= last).then_some((first, last))
}

/// Draws the edges between pixels that are set in `mask` and pixels that are not: a dark line
/// on the inner side and a seam of paper on the outer, so that it shows on every ground.
pub(super) fn edges(sheet: &mut Canvas, placed: &Placed, mask: ArrayView2<'_, u8>) {
    let (rows, cols) = mask.dim();
    let set = |row: i64, col: i64| {
        let inside = usize::try_from(row).ok().zip(usize::try_from(col).ok());
        inside.and_then(|at| mask.get(at)).is_some_and(|&value| value != 0)
    };
    for row in 0..rows as i64 {
        for col in 0..cols as i64 {
            let own = set(row, col);
            for (down, right) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
                let (row_beside, col_beside) = (row + down, col + right);
                let beyond = row_beside < 0 || col_beside < 0 || row_beside >= rows as i64 || col_beside >= cols as i64;
                if !beyond && set(row_beside, col_beside) != own {
                    side(sheet, placed, (row as usize, col as usize), (down, right), own);
                }
            }
        }
    }
}

/// One side of one pixel, drawn on the pixel's own ground.
fn side(sheet: &mut Canvas, placed: &Placed, (row, col): (usize, usize), (down, right): (i64, i64), own: bool) {
    let (wide, high) = placed.zoom;
    let (colour, thick) = if own { (EDGE, 2) } else { (PAPER, 1) };
    let (left, top) = (placed.area.left + col * wide, placed.area.top + row * high);
    let (across, along) = (thick.min(wide.div_ceil(2)), thick.min(high.div_ceil(2)));
    sheet.fill(
        match (down, right) {
            (-1, _) => Area { left, top, width: wide, height: along },
            (1, _) => Area { left, top: top + high - along, width: wide, height: along },
            (_, -1) => Area { left, top, width: across, height: high },
            _ => Area { left: left + wide - across, top, width: across, height: high },
        },
        colour,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::crs::Crs;
    use ndarray::Array2;

    fn placed() -> Placed {
        Placed { zoom: (4, 4), area: Area { left: 10, top: 10, width: 40, height: 40 } }
    }

    fn grid() -> Grid {
        Grid::new(Crs::from_epsg(32637).unwrap(), (1000.0, 2000.0), (10.0, 10.0), (10, 10)).unwrap()
    }

    #[test]
    fn a_ring_is_drawn_where_it_lies_and_nowhere_else() {
        let mut sheet = Canvas::new(60, 60).unwrap();
        sheet.fill(Area { left: 0, top: 0, width: 60, height: 60 }, [9, 9, 200]);
        let ring = vec![(1020.0, 1980.0), (1080.0, 1980.0), (1080.0, 1920.0), (1020.0, 1920.0)];
        rings(&mut sheet, &placed(), &grid(), &[ring]);
        let touched = |x: usize, y: usize| sheet.colour(x, y) != Some([9, 9, 200]);
        assert!(touched(18, 30) && touched(42, 30) && touched(30, 18) && touched(30, 42));
        assert!(!touched(30, 30) && !touched(14, 30));
    }

    #[test]
    fn hostile_rings_stay_in_the_picture_and_end() {
        let mut sheet = Canvas::new(60, 60).unwrap();
        let wild = [f64::NAN, f64::INFINITY, -1e308, 1e308, 1e18, 1050.0, 0.0];
        let ring = wild.iter().flat_map(|&x| wild.iter().map(move |&y| (x, y))).collect();
        rings(&mut sheet, &placed(), &grid(), &[ring, vec![], vec![(1e9, 1e9)]]);
        let beyond = (0..60).flat_map(|y| (0..60).map(move |x| (x, y))).filter(|&(x, y)| !placed().area.holds(x, y));
        assert!(beyond.map(|(x, y)| sheet.colour(x as usize, y as usize)).all(|colour| colour == Some(PAPER)));
    }

    #[test]
    fn edges_follow_the_mask() {
        let mut sheet = Canvas::new(60, 60).unwrap();
        let mut mask = Array2::zeros((10, 10));
        mask[(2, 3)] = 1;
        mask[(0, 0)] = 1;
        sheet.fill(placed().area, [9, 9, 200]);
        edges(&mut sheet, &placed(), mask.view());
        let colour = |x, y| sheet.colour(x, y).unwrap();
        assert_eq!(colour(22, 20), EDGE, "top side of the set pixel, inside it");
        assert_eq!(colour(22, 17), PAPER, "seam beyond it");
        assert_eq!(colour(10, 10), [9, 9, 200], "the picture's border is no edge");
        assert_eq!(colour(40, 40), [9, 9, 200]);
    }
}

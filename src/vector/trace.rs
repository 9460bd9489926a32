//! From runs to polygons: corners are linked while the rows are swept once, then rings are read off.
//!
//! Along each line between two rows the corners are where the outline turns. The vertical edges
//! of a run are open ends that are carried from line to line. At a saddle, where two pixels of the
//! mask meet only at their corner, four edges meet: pixels of different objects each keep to
//! their own corner; for pixels of one object the arms are paired crosswise, so that each ring
//! goes around the background pixel there. An edge-connected object has the two background
//! pixels in different regions, so no ring passes through a point twice, and hole and exterior
//! meet there in one point, which is valid.

use std::ops::Range;

use crate::geom::runs::{Run, Runs};
use crate::kernel::label::{Connectivity, Labels, label};

/// A corner of pixels: column and row of the pixel whose north-western corner it is.
pub type Corner = [u32; 2];

/// One polygon along pixel edges. Rings do not repeat their first corner; no three corners in a row
/// lie on one line. Seen with north up, the exterior runs counter-clockwise and holes clockwise
/// (RFC 7946). Each ring begins at its first corner in raster order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PixelPolygon {
    /// The outer ring.
    pub exterior: Vec<Corner>,
    /// The rings of the holes, in raster order of their first corners.
    pub holes: Vec<Vec<Corner>>,
}

impl PixelPolygon {
    /// Pixels inside.
    pub fn pixels(&self) -> u64 {
        let doubled: i64 = self.rings().map(doubled_area).sum();
        doubled.unsigned_abs() / 2
    }

    /// The exterior, then the holes.
    pub fn rings(&self) -> impl Iterator<Item = &[Corner]> {
        std::iter::once(&self.exterior[..]).chain(self.holes.iter().map(Vec::as_slice))
    }
}

/// The polygons of each object of `objects`, by label. An object of edge-connected pixels is one
/// polygon; one that hangs together at corners only has a polygon for each edge-connected part
/// (in raster order of their first pixels), since a polygon's interior must not be cut.
/// Every polygon is valid in the sense of OGC Simple Features. Time grows with the number of runs.
pub fn trace(mask: &Runs, objects: &Labels) -> Vec<Vec<PixelPolygon>> {
    let mut outlines = vec![Vec::new(); objects.count];
    if objects.connectivity == Connectivity::Four {
        for (outline, polygon) in outlines.iter_mut().zip(trace_parts(mask, objects)) {
            outline.push(polygon);
        }
        return outlines;
    }
    let parts = label(mask, Connectivity::Four);
    let mut owner = vec![0; parts.count];
    for (&part, &object) in parts.of_run.iter().zip(&objects.of_run) {
        owner[part as usize] = object as usize;
    }
    for (polygon, object) in trace_parts(mask, &parts).into_iter().zip(owner) {
        outlines[object].push(polygon);
    }
    outlines
}

/// The polygon of each edge-connected part.
fn trace_parts(mask: &Runs, parts: &Labels) -> Vec<PixelPolygon> {
    let mut sweep = Sweep::new(mask.as_slice(), &parts.of_run);
    sweep.all_lines();
    let mut polygons = vec![PixelPolygon::default(); parts.count];
    for (part, ring) in rings(sweep.turns) {
        let polygon = &mut polygons[part as usize];
        if doubled_area(&ring) > 0 {
            debug_assert!(polygon.exterior.is_empty(), "one exterior for each part");
            polygon.exterior = ring;
        } else {
            polygon.holes.push(ring);
        }
    }
    polygons
}

/// Twice the area of a ring in pixels; positive when it runs counter-clockwise with north up.
fn doubled_area(ring: &[Corner]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    let cross = |(a, b): (&Corner, &Corner)| {
        let [ax, ay, bx, by] = [a[0], a[1], b[0], b[1]].map(i64::from);
        bx * ay - ax * by
    };
    ring.iter().zip(next).map(cross).sum()
}

/// A corner where an outline turns.
#[derive(Debug, Clone, Copy)]
struct Turn {
    corner: Corner,
    part: u32,
    /// The turn that follows; `READ` once its ring was read off.
    next: u32,
}

const READ: u32 = u32::MAX;

/// The sweep over the lines between rows, with the turns found so far.
struct Sweep<'a> {
    runs: &'a [Run],
    labels: &'a [u32],
    turns: Vec<Turn>,
    /// The turns at the tops of the two vertical edges of each run, as far as the sweep came.
    tops: Vec<[u32; 2]>,
}

/// A vertical edge that meets the line.
#[derive(Debug, Clone, Copy)]
struct Edge {
    column: u32,
    run: usize,
    /// 0 where the run starts, 1 where it ends.
    side: usize,
}

/// A horizontal edge on the line whose right end is not met yet.
#[derive(Debug, Clone, Copy)]
struct Open {
    turn: u32,
    /// Whether the pixels above it are set (and those below are not).
    above: bool,
}

impl<'a> Sweep<'a> {
    fn new(runs: &'a [Run], labels: &'a [u32]) -> Self {
        debug_assert_eq!(runs.len(), labels.len(), "labels of this mask");
        Self { runs, labels, turns: Vec::new(), tops: vec![[READ; 2]; runs.len()] }
    }

    fn all_lines(&mut self) {
        let mut above = 0..0;
        while let Some(first) = self.runs.get(above.end) {
            let count = self.runs[above.end..].iter().take_while(|run| run.row == first.row).count();
            let below = above.end..above.end + count;
            if self.runs[above.clone()].first().is_some_and(|run| run.row + 1 < first.row) {
                self.line(self.runs[above.start].row + 1, above.clone(), 0..0);
                above = 0..0;
            }
            self.line(first.row, above, below.clone());
            above = below;
        }
        if let Some(last) = self.runs.last() {
            self.line(last.row + 1, above, 0..0);
        }
    }

    /// Links the turns on the line above `row`, between the runs `above` it and those `below`.
    fn line(&mut self, row: u32, above: Range<usize>, below: Range<usize>) {
        let mut over = edges(self.runs, above).peekable();
        let mut under = edges(self.runs, below).peekable();
        let mut open = None;
        loop {
            let (over_at, under_at) = (column(over.peek()), column(under.peek()));
            let a = if over_at <= under_at { over.next() } else { None };
            let b = if under_at <= over_at { under.next() } else { None };
            open = match (a, b) {
                (None, None) => return,
                (Some(a), Some(b)) if a.side == b.side => {
                    self.tops[b.run][b.side] = self.tops[a.run][a.side];
                    open
                }
                (Some(a), Some(b)) => self.saddle(row, a, b, open),
                (Some(a), None) => {
                    let turn = self.turn(row, a);
                    self.end_vertical(a, turn);
                    self.along_line(open, turn, a.side == 0)
                }
                (None, Some(b)) => {
                    let turn = self.turn(row, b);
                    self.tops[b.run][b.side] = turn;
                    self.along_line(open, turn, b.side == 1)
                }
            };
        }
    }

    /// Links the two turns where a run ends and another starts at one point. The left one takes
    /// the horizontal edge to the left; which vertical edge it takes decides the pairing.
    fn saddle(&mut self, row: u32, a: Edge, b: Edge, open: Option<Open>) -> Option<Open> {
        let same = self.labels[a.run] == self.labels[b.run];
        let (upper, lower) = (self.turn(row, a), self.turn(row, b));
        self.end_vertical(a, upper);
        self.tops[b.run][b.side] = lower;
        let left_is_upper = (a.side == 1) != same;
        let (left, right) = if left_is_upper { (upper, lower) } else { (lower, upper) };
        self.along_line(open, left, false);
        self.along_line(None, right, a.side == 0)
    }

    /// A new turn of the outline around `edge`'s run.
    fn turn(&mut self, row: u32, edge: Edge) -> u32 {
        self.turns.push(Turn { corner: [edge.column, row], part: self.labels[edge.run], next: READ });
        (self.turns.len() - 1) as u32
    }

    /// A vertical edge ends at `turn`: outlines go down where a run starts, and up where it ends.
    fn end_vertical(&mut self, edge: Edge, turn: u32) {
        let top = self.tops[edge.run][edge.side];
        if edge.side == 0 { self.link(top, turn) } else { self.link(turn, top) }
    }

    /// A horizontal edge ends at `turn`, or else begins there, with pixels `above` it or below:
    /// outlines go right below a run and left above it.
    fn along_line(&mut self, open: Option<Open>, turn: u32, above: bool) -> Option<Open> {
        let Some(open) = open else { return Some(Open { turn, above }) };
        if open.above {
            self.link(open.turn, turn)
        } else {
            self.link(turn, open.turn)
        }
        None
    }

    fn link(&mut self, from: u32, to: u32) {
        self.turns[from as usize].next = to;
    }
}

/// The vertical edges of `runs[range]`, from left to right.
fn edges(runs: &[Run], range: Range<usize>) -> impl Iterator<Item = Edge> {
    let both = move |run: usize| {
        [Edge { column: runs[run].start, run, side: 0 }, Edge { column: runs[run].end, run, side: 1 }]
    };
    range.flat_map(both)
}

/// The column of an edge; behind every column when there is none.
fn column(edge: Option<&Edge>) -> u64 {
    edge.map_or(u64::MAX, |edge| u64::from(edge.column))
}

/// Follows the links: each ring with the part it bounds, in raster order of their first corners.
fn rings(mut turns: Vec<Turn>) -> impl Iterator<Item = (u32, Vec<Corner>)> {
    (0..turns.len()).filter_map(move |first| {
        let (mut ring, mut at) = (Vec::new(), first);
        while turns[at].next != READ {
            ring.push(turns[at].corner);
            at = std::mem::replace(&mut turns[at].next, READ) as usize;
        }
        (!ring.is_empty()).then(|| (turns[first].part, ring))
    })
}

#[cfg(test)]
mod tests;

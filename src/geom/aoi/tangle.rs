//! How often edges meet that are not neighbours, counted within a bound: the guard before any
//! polygon arithmetic, whose cost grows with the crossings and not with the vertices.

use super::walk::Position;
use crate::error::{Error, Result};

/// Edges compared and moved about before it is too much (a second or so).
const WORK: u64 = 300_000_000;
/// Edges of a cell that are compared pair by pair.
const LEAF: usize = 24;
/// Edges of a cell that are compared pair by pair once halving hardly parts them any more.
const STUBBORN: usize = 1024;
/// Halvings of the extent.
const DEPTH: u32 = 48;

struct Edge {
    a: Position,
    b: Position,
    /// Numbers of the ring, of the edge in it, and of the edges in it.
    ring: (u32, u32, u32),
}

/// Counts the meetings of edges that do not follow each other; meetings near a cell's border may
/// count twice. Rings are closed.
///
/// # Errors
/// `Limit` when there are many more meetings than edges, or finding them takes too long.
pub(super) fn meetings<'a>(rings: impl Iterator<Item = &'a [Position]>) -> Result<u64> {
    let mut edges = Vec::new();
    for (ring, positions) in rings.enumerate() {
        let count = positions.len().saturating_sub(1) as u32;
        for (i, (a, b)) in positions.iter().zip(positions.iter().skip(1)).enumerate() {
            edges.push(Edge { a: *a, b: *b, ring: (ring as u32, i as u32, count) });
        }
    }
    let most = edges.len() as u64 * 8 + 100_000;
    let mut search = Search { edges: &edges, left: WORK, found: 0, most };
    let frame = edges.iter().fold(EMPTY, |frame, edge| join(frame, frame_of(edge)));
    search.cell((0..edges.len() as u32).collect(), frame, 0)?;
    Ok(search.found)
}

/// West, south, east, north.
type Frame = [f64; 4];
const EMPTY: Frame = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];

fn frame_of(edge: &Edge) -> Frame {
    let ((x0, y0), (x1, y1)) = (edge.a, edge.b);
    [x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1)]
}

fn join(a: Frame, b: Frame) -> Frame {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

fn touch(a: &Frame, b: &Frame) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

struct Search<'a> {
    edges: &'a [Edge],
    left: u64,
    found: u64,
    most: u64,
}

impl Search<'_> {
    /// Halves the cell until few edges are left in it, or halving no longer parts them.
    fn cell(&mut self, ids: Vec<u32>, frame: Frame, depth: u32) -> Result<()> {
        self.spend(ids.len() as u64)?;
        if ids.len() <= LEAF || depth >= DEPTH {
            return self.pairs(&ids);
        }
        let [low, high] = halves(frame);
        let within = |half: &Frame| -> Vec<u32> { ids.iter().copied().filter(|id| self.lies_in(*id, half)).collect() };
        let (first, second) = (within(&low), within(&high));
        let (now, then) = (ids.len(), first.len() + second.len());
        if then == 2 * now || (now <= STUBBORN && 4 * then > 7 * now) {
            return self.pairs(&ids);
        }
        drop(ids);
        self.cell(first, low, depth + 1)?;
        self.cell(second, high, depth + 1)
    }

    fn lies_in(&self, id: u32, frame: &Frame) -> bool {
        self.edges.get(id as usize).is_some_and(|edge| touch(&frame_of(edge), frame) && !misses(edge, frame))
    }

    fn pairs(&mut self, ids: &[u32]) -> Result<()> {
        self.spend((ids.len() * ids.len() / 2) as u64)?;
        let edges: Vec<&Edge> = ids.iter().filter_map(|id| self.edges.get(*id as usize)).collect();
        for (i, one) in edges.iter().enumerate() {
            let met = edges.iter().skip(i + 1).filter(|other| !neighbours(one, other) && meet(one, other)).count();
            self.found += met as u64;
            if self.found > self.most {
                return Err(entangled());
            }
        }
        Ok(())
    }

    fn spend(&mut self, work: u64) -> Result<()> {
        self.left = self.left.checked_sub(work).ok_or_else(entangled)?;
        Ok(())
    }
}

fn entangled() -> Error {
    Error::limit("the AOI's outline is too entangled: its edges cross, or all but cross, too often")
        .hint("repair and simplify it first, for example with ogr2ogr -makevalid -simplify 0.0001")
}

/// The frame cut across its longer side.
fn halves([west, south, east, north]: Frame) -> [Frame; 2] {
    if east - west > north - south {
        let middle = west + (east - west) / 2.0;
        [[west, south, middle, north], [middle, south, east, north]]
    } else {
        let middle = south + (north - south) / 2.0;
        [[west, south, east, middle], [west, middle, east, north]]
    }
}

/// Whether one edge follows the other in a ring.
fn neighbours(one: &Edge, other: &Edge) -> bool {
    let ((ring, a, count), (other_ring, b, _)) = (one.ring, other.ring);
    let apart = a.abs_diff(b);
    ring == other_ring && (apart <= 1 || apart + 1 == count)
}

/// Whether a whole frame lies on one side of the line through an edge.
fn misses(edge: &Edge, [west, south, east, north]: &Frame) -> bool {
    let sides = [(*west, *south), (*east, *south), (*west, *north), (*east, *north)].map(|corner| side(edge, corner));
    sides.iter().all(|side| *side > 0.0) || sides.iter().all(|side| *side < 0.0)
}

/// Twice the signed area of the triangle of an edge and a point.
fn side(edge: &Edge, p: Position) -> f64 {
    let (a, b) = (edge.a, edge.b);
    (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0)
}

/// Whether the edges share a point, by the signs of four triangles.
fn meet(one: &Edge, other: &Edge) -> bool {
    touch(&frame_of(one), &frame_of(other))
        && side(one, other.a) * side(one, other.b) <= 0.0
        && side(other, one.a) * side(other, one.b) <= 0.0
}

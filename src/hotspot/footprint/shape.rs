//! A shape on the plane with its edges in bands from south to north, so that a point meets only those near it.

use super::Offset;

/// From one vertex to the next.
pub(super) type Edge = [Offset; 2];

/// Bands of a shape.
const BANDS: usize = 256;
/// Vertices of a ring up to which it is kept as it is.
const PLAIN: usize = 500;
/// Kilometres between the vertices of a longer one.
const SPACING_KM: f64 = 0.025;

/// Edges of rings, and how far around them still counts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    edges: Vec<Edge>,
    /// Places of the edges that a point of each band may meet.
    bands: Vec<Vec<u32>>,
    error_km: f64,
    /// Half the extent, east and north, the error among it.
    pub(super) half: Offset,
    /// From the centre to the farthest point, the error among it.
    pub(super) radius: f64,
}

impl Shape {
    pub(super) fn new(edges: Vec<Edge>, error_km: f64) -> Self {
        let greatest = |of: fn(&Offset) -> f64| edges.iter().flatten().map(of).fold(0.0, f64::max) + error_km;
        let half = (greatest(|at| at.0.abs()), greatest(|at| at.1.abs()));
        let radius = greatest(|at| at.0.hypot(at.1));
        let mut shape = Self { edges, bands: vec![Vec::new(); BANDS], error_km, half, radius };
        for (place, edge) in shape.edges.iter().enumerate() {
            let [a, b] = edge.map(|end| end.1);
            let (south, north) = (band(half, a.min(b) - error_km), band(half, a.max(b) + error_km));
            shape.bands[south..=north].iter_mut().for_each(|own| own.push(place as u32));
        }
        shape
    }

    /// Whether a point lies inside (even-odd rule) or within the error of an edge.
    pub(super) fn contains(&self, at: Offset) -> bool {
        if at.0.abs() > self.half.0 || at.1.abs() > self.half.1 {
            return false;
        }
        let near = || self.bands[band(self.half, at.1)].iter().map(|place| self.edges[*place as usize]);
        let crossed = near().filter(|[a, b]| crosses(*a, *b, at)).count();
        crossed % 2 == 1 || near().any(|[a, b]| distance(a, b, at) <= self.error_km)
    }
}

/// The band of a point so many kilometres north of the centre of a shape of half such an extent.
fn band(half: Offset, north: f64) -> usize {
    let height = (2.0 * half.1).max(f64::MIN_POSITIVE);
    let place = (north + half.1) / height * BANDS as f64;
    (place.max(0.0) as usize).min(BANDS - 1)
}

/// A ring with fewer vertices where it has many.
pub(super) fn thinned(ring: Vec<Offset>) -> Vec<Offset> {
    if ring.len() <= PLAIN {
        return ring;
    }
    let mut kept: Vec<Offset> = Vec::new();
    for at in &ring {
        if kept.last().is_none_or(|last| (at.0 - last.0).hypot(at.1 - last.1) >= SPACING_KM) {
            kept.push(*at);
        }
    }
    // A ring ends where it began.
    kept.extend(ring.first());
    kept
}

/// The edges of a closed ring.
pub(super) fn edges(ring: &[Offset]) -> Vec<Edge> {
    ring.windows(2).map(|pair| [pair[0], pair[1]]).collect()
}

/// Whether the ray from `at` eastwards crosses an edge (even-odd rule).
fn crosses(a: Offset, b: Offset, at: Offset) -> bool {
    (a.1 > at.1) != (b.1 > at.1) && at.0 < a.0 + (at.1 - a.1) / (b.1 - a.1) * (b.0 - a.0)
}

/// Distance of `at` from an edge.
fn distance(a: Offset, b: Offset, at: Offset) -> f64 {
    let (east, north) = (b.0 - a.0, b.1 - a.1);
    let length = east * east + north * north;
    let along = if length > 0.0 { ((at.0 - a.0) * east + (at.1 - a.1) * north) / length } else { 0.0 };
    let along = along.clamp(0.0, 1.0);
    (at.0 - a.0 - along * east).hypot(at.1 - a.1 - along * north)
}

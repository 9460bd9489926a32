//! One way to write an area: order and direction of rings, GeoJSON text, boxes.

use std::fmt::Write;

use geo::geometry::{Coord, LineString, MultiPolygon, Polygon};

use super::repair;
use crate::geom::grid::Bounds;

/// Degrees that an edge may span: beyond 180 a reader would take it for a crossing of the
/// antimeridian.
const LONGEST: f64 = 120.0;
/// Parts of a degree that coordinates are rounded to: a tenth of a millimetre, and few enough
/// digits for any reader to get the same number back.
const DIGITS: f64 = 1e9;

/// The polygons in canonical form: exteriors counter-clockwise, holes clockwise, no repeated
/// positions, rings from their least vertex, holes and polygons in order; without slivers.
pub(super) fn polygons(polygons: Vec<Polygon<f64>>) -> MultiPolygon<f64> {
    let mut all: Vec<Polygon<f64>> = polygons.into_iter().filter_map(canonical).collect();
    all.sort_by(|a, b| order(a.exterior(), b.exterior()));
    MultiPolygon::new(all)
}

fn canonical(polygon: Polygon<f64>) -> Option<Polygon<f64>> {
    let (exterior, holes) = oriented(polygon).into_inner();
    let mut holes: Vec<_> = holes.iter().filter_map(rotated).filter(repair::has_area).collect();
    holes.sort_by(order);
    let polygon = Polygon::new(rotated(&exterior)?, holes);
    repair::is_sound(&polygon).then_some(polygon)
}

/// The polygon with its exterior counter-clockwise and its holes clockwise.
pub(super) fn oriented(polygon: Polygon<f64>) -> Polygon<f64> {
    let (exterior, holes) = polygon.into_inner();
    let turned = |mut ring: LineString<f64>, ccw: bool| {
        if (signed_area(&ring) > 0.0) != ccw {
            ring.0.reverse();
        }
        ring
    };
    let holes = holes.into_iter().map(|hole| turned(hole, false)).collect();
    Polygon::new(turned(exterior, true), holes)
}

fn signed_area(ring: &LineString<f64>) -> f64 {
    let Some(o) = ring.0.first().copied() else { return 0.0 };
    ring.lines().map(|e| (e.start.x - o.x) * (e.end.y - o.y) - (e.end.x - o.x) * (e.start.y - o.y)).sum()
}

/// The ring cleaned and begun at its least vertex; None when less than a triangle is left.
fn rotated(ring: &LineString<f64>) -> Option<LineString<f64>> {
    // Adding 0.0 turns -0.0 into 0.0.
    let rounded = |degrees: f64, most: f64| (degrees.clamp(-most, most) * DIGITS).round() / DIGITS + 0.0;
    let clean = |c: &Coord<f64>| Coord { x: rounded(c.x, 180.0), y: rounded(c.y, 90.0) };
    let mut open: Vec<_> = dense(ring, LONGEST).0.iter().map(clean).collect();
    open.dedup();
    if open.len() > 1 && open.first() == open.last() {
        open.pop();
    }
    if open.len() < 3 {
        return None;
    }
    let next = |i: usize| open.get(i + 1).or(open.first());
    let start = (0..open.len()).min_by(|&i, &j| {
        let (a, b) = (open.get(i).zip(next(i)), open.get(j).zip(next(j)));
        let key = |pair: Option<(&Coord<f64>, &Coord<f64>)>| pair.map(|(p, q)| [p.x, p.y, q.x, q.y]);
        key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal)
    })?;
    open.rotate_left(start);
    open.extend(open.first().copied());
    Some(LineString::new(open))
}

fn order(a: &LineString<f64>, b: &LineString<f64>) -> std::cmp::Ordering {
    let key = |c: &Coord<f64>| [c.x, c.y];
    a.0.iter().map(key).partial_cmp(b.0.iter().map(key)).unwrap_or(std::cmp::Ordering::Equal)
}

/// The ring with vertices set on its edges, so that none spans more than `step` degrees.
fn dense(ring: &LineString<f64>, step: f64) -> LineString<f64> {
    let mut coords = Vec::with_capacity(ring.0.len());
    for edge in ring.lines() {
        let pieces = (edge.dx().abs().max(edge.dy().abs()) / step).ceil().max(1.0);
        coords.extend((0..pieces as usize).map(|i| edge.start + edge.delta() * (i as f64 / pieces)));
    }
    coords.extend(ring.0.last().copied());
    LineString::new(coords)
}

/// A box around everything, or two where the widest gap lies in the middle of the map.
pub(super) fn boxes(polygons: &MultiPolygon<f64>) -> Vec<Bounds> {
    let corners = |polygon: &Polygon<f64>| Bounds::around(polygon.exterior().coords().map(|c| (c.x, c.y)));
    let mut boxes: Vec<Bounds> = polygons.iter().filter_map(corners).collect();
    boxes.sort_by(|a, b| a.west.total_cmp(&b.west));
    let (mut reach, mut widest, mut at) = (f64::INFINITY, 0.0, None);
    for (i, next) in boxes.iter().enumerate() {
        if next.west - reach > widest {
            (widest, at) = (next.west - reach, Some(i));
        }
        reach = if i == 0 { next.east } else { reach.max(next.east) };
    }
    let outside = boxes.first().map_or(0.0, |first| first.west + 360.0 - reach);
    let parts = match at {
        Some(at) if widest > outside => boxes.split_at(at),
        _ => (boxes.as_slice(), [].as_slice()),
    };
    [parts.0, parts.1].into_iter().filter_map(around).collect()
}

fn around(boxes: &[Bounds]) -> Option<Bounds> {
    Bounds::around(boxes.iter().flat_map(|b| [(b.west, b.south), (b.east, b.north)]))
}

/// The geometry as GeoJSON. Rust writes the shortest digits that give the number again, and
/// never an exponent.
pub(super) fn geojson(polygons: &MultiPolygon<f64>) -> String {
    let mut text = String::new();
    let single = polygons.0.len() == 1;
    text.push_str(if single {
        r#"{"type":"Polygon","coordinates":"#
    } else {
        r#"{"type":"MultiPolygon","coordinates":["#
    });
    for (i, polygon) in polygons.iter().enumerate() {
        text.push_str(if i > 0 { ",[" } else { "[" });
        write_ring(&mut text, polygon.exterior());
        for hole in polygon.interiors() {
            text.push(',');
            write_ring(&mut text, hole);
        }
        text.push(']');
    }
    text.push_str(if single { "}" } else { "]}" });
    text
}

fn write_ring(text: &mut String, ring: &LineString<f64>) {
    let mut lead = '[';
    for Coord { x, y } in ring.coords() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{lead}[{x},{y}]");
        lead = ',';
    }
    text.push(']');
}

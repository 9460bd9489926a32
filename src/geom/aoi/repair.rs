//! Rings that cross, holes outside, parts that overlap, and the cut at the antimeridian.

use std::panic::{AssertUnwindSafe, catch_unwind};

use geo::geometry::{Coord, LineString, MultiPolygon, Polygon};
use geo::{BooleanOps, unary_union};

use super::outline::Outline;
use super::rectangle;
use super::tangle::meetings;
use super::walk::Position;
use crate::error::{Error, Result};

/// Part of an extent's square below which an area is none at all.
const NO_AREA: f64 = 1e-12;
/// Parts of an extent to which polygon arithmetic rounds, with room to spare.
const ROUNDING: f64 = 1.0 / (1 << 28) as f64;

/// The area that an outline encloses: the outline itself where it is simple, otherwise what the
/// even-odd rule makes of its exterior, less what it makes of its holes.
pub(super) fn even_odd(outline: Outline, notes: &mut Vec<String>) -> Result<MultiPolygon<f64>> {
    let Outline { place, exterior, mut holes } = outline;
    holes.retain(|hole| {
        let kept = twice_area(hole).abs() > NO_AREA * extent(hole).powi(2) || !flat(hole);
        if !kept {
            notes.push(format!("{place}: a hole without area was left out"));
        }
        kept
    });
    let without_area = || Error::malformed("the polygon has no area").at(format!("{place}, ring 0"));
    if flat(&exterior) {
        return Err(without_area());
    }
    let rings = || std::iter::once(&exterior).chain(&holes).map(Vec::as_slice);
    let met = meetings(rings()).map_err(|error| error.at(&place))?;
    let whole = Polygon::new(line(&exterior), holes.iter().map(|hole| line(hole)).collect());
    let outcome = if met == 0 && holes.is_empty() {
        MultiPolygon::new(vec![whole])
    } else {
        let claimed = twice_area(&exterior).abs() - holes.iter().map(|hole| twice_area(hole).abs()).sum::<f64>();
        let clean = unbroken(|| arithmetic(&exterior, &holes)).map_err(|error| error.at(&place))?;
        let slack = rings().map(slack).sum::<f64>();
        if (claimed - area_of(&clean)).abs() <= slack {
            MultiPolygon::new(vec![whole])
        } else {
            notes.push(format!("{place}: rings cross; repaired by the even-odd rule into {} part(s)", clean.0.len()));
            clean
        }
    };
    if area_of(&outcome) <= NO_AREA * extent(&exterior).powi(2) {
        return Err(without_area());
    }
    Ok(outcome)
}

/// Whether the positions lie on a line.
fn flat(ring: &[Position]) -> bool {
    let Some(a) = ring.first() else { return true };
    let far = ring.iter().max_by(|p, q| distance(a, p).total_cmp(&distance(a, q))).unwrap_or(a);
    let off = |p: &Position| ((far.0 - a.0) * (p.1 - a.1) - (far.1 - a.1) * (p.0 - a.0)).abs();
    ring.iter().all(|p| off(p) <= NO_AREA * extent(ring).powi(2))
}

fn distance(a: &Position, b: &Position) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// What polygon arithmetic yields. On a few rings whose edges all but coincide the crate `geo` 0.33 breaks
/// one of its own assumptions and panics.
fn unbroken<T>(work: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        Error::limit("the AOI's rings cross in a way that polygon arithmetic cannot follow")
            .hint("repair them first, for example with ogr2ogr -makevalid")
    })
}

fn arithmetic(exterior: &[Position], holes: &[Vec<Position>]) -> MultiPolygon<f64> {
    let clean = |ring: &[Position]| Polygon::new(line(ring), Vec::new()).union(&MultiPolygon::new(Vec::new()));
    let outer = clean(exterior);
    if holes.is_empty() {
        return outer;
    }
    let holes: Vec<_> = holes.iter().map(|hole| clean(hole)).collect();
    outer.difference(&unary_union(&holes))
}

/// Whether a ring encloses anything.
pub(super) fn has_area(ring: &LineString<f64>) -> bool {
    is_sound(&Polygon::new(ring.clone(), Vec::new()))
}

/// Whether a polygon has more area than rounding leaves.
pub(super) fn is_sound(polygon: &Polygon<f64>) -> bool {
    let exterior: Vec<Position> = polygon.exterior().coords().map(|c| (c.x, c.y)).collect();
    polygon_area(polygon) > NO_AREA * extent(&exterior).powi(2)
}

/// Cuts what reaches beyond -180..180 and brings the pieces back.
pub(super) fn cut_at_antimeridian(whole: MultiPolygon<f64>) -> Result<Vec<Polygon<f64>>> {
    let mut pieces = Vec::with_capacity(whole.0.len());
    for polygon in whole {
        let lons = || polygon.exterior().coords().map(|coord| coord.x);
        if lons().all(|lon| lon.abs() <= 180.0) {
            pieces.push(polygon);
            continue;
        }
        for turn in [-1.0, 0.0, 1.0] {
            let frame = rectangle(360.0 * turn - 180.0, -90.0, 360.0 * turn + 180.0, 90.0);
            let cut = unbroken(|| polygon.intersection(&frame))?;
            pieces.extend(cut.into_iter().map(|piece| brought_back(&piece, 360.0 * turn)));
        }
    }
    Ok(pieces)
}

/// The piece moved by a turn; rounding at the antimeridian is undone.
fn brought_back(piece: &Polygon<f64>, turn: f64) -> Polygon<f64> {
    let snap = |lon: f64| if 180.0 - lon.abs() < 720.0 * ROUNDING { 180.0_f64.copysign(lon) } else { lon };
    let ring = |ring: &LineString<f64>| {
        let moved = ring.coords().map(|c| Coord { x: snap(c.x - turn), y: c.y.clamp(-90.0, 90.0) });
        moved.collect::<LineString<f64>>()
    };
    Polygon::new(ring(piece.exterior()), piece.interiors().iter().map(ring).collect())
}

/// Joins polygons that overlap; those that do not are left as they are.
pub(super) fn without_overlap(polygons: Vec<Polygon<f64>>, notes: &mut Vec<String>) -> Result<Vec<Polygon<f64>>> {
    if polygons.len() < 2 {
        return Ok(polygons);
    }
    let rings: Vec<Vec<Position>> =
        polygons.iter().flat_map(rings_of).map(|ring| ring.coords().map(|c| (c.x, c.y)).collect()).collect();
    meetings(rings.iter().map(Vec::as_slice))?;
    let oriented: Vec<_> = polygons.iter().cloned().map(super::canonical::oriented).collect();
    let joined = unbroken(|| unary_union(&oriented))?;
    let claimed: f64 = polygons.iter().map(polygon_area).sum();
    let frame: Vec<Position> = rings.concat();
    let slack = rings.iter().map(|ring| slack(ring)).sum::<f64>().max(perimeter(&rings) * extent(&frame) * ROUNDING);
    if (claimed - area_of(&joined)).abs() <= slack {
        return Ok(polygons);
    }
    notes.push(format!("{} parts overlap; joined into {}", polygons.len(), joined.0.len()));
    Ok(joined.0.iter().map(|piece| brought_back(piece, 0.0)).collect())
}

fn rings_of(polygon: &Polygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

fn line(ring: &[Position]) -> LineString<f64> {
    ring.iter().map(|&(x, y)| Coord { x, y }).collect()
}

/// Twice the signed area in square degrees, positive counter-clockwise; computed from the first
/// vertex, so that no digits are lost far from 0, 0.
fn twice_area(ring: &[Position]) -> f64 {
    let Some(&(x0, y0)) = ring.first() else { return 0.0 };
    let edges = ring.iter().zip(ring.iter().skip(1));
    edges.map(|(a, b)| (a.0 - x0) * (b.1 - y0) - (b.0 - x0) * (a.1 - y0)).sum()
}

fn polygon_area(polygon: &Polygon<f64>) -> f64 {
    let twice = |ring: &LineString<f64>| twice_area(&ring.coords().map(|c| (c.x, c.y)).collect::<Vec<_>>()).abs();
    twice(polygon.exterior()) - polygon.interiors().iter().map(twice).sum::<f64>()
}

/// Twice the area in square degrees.
fn area_of(polygons: &MultiPolygon<f64>) -> f64 {
    polygons.iter().map(polygon_area).sum()
}

/// By how much twice an area may change when each vertex is rounded.
fn slack(ring: &[Position]) -> f64 {
    let length: f64 = ring.iter().zip(ring.iter().skip(1)).map(|(a, b)| distance(a, b)).sum();
    2.0 * length * extent(ring) * ROUNDING
}

fn perimeter(rings: &[Vec<Position>]) -> f64 {
    rings.iter().flat_map(|ring| ring.iter().zip(ring.iter().skip(1))).map(|(a, b)| distance(a, b)).sum()
}

/// The longer side of the box around a ring.
fn extent(ring: &[Position]) -> f64 {
    let side = |axis: fn(&Position) -> f64| {
        let (least, most) =
            ring.iter().map(axis).fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        most - least
    };
    if ring.is_empty() { 0.0 } else { side(|p| p.0).max(side(|p| p.1)) }
}

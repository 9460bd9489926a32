//! From polygons in longitude and latitude to runs of pixels on a grid: projected finely
//! enough, then filled row by row with the even-odd rule at pixel centres.

use geo::geometry::{MultiPolygon, Polygon};

use super::walk::Position;
use crate::error::{Error, Result};
use crate::geom::crs::{Crs, Transform};
use crate::geom::grid::{Bounds, Grid};
use crate::geom::runs::{Run, Runs};

/// Pixels by which a projected edge may leave its chord.
const CHORD: f64 = 0.02;
/// Halvings of an edge.
const DEPTH: u32 = 20;
/// Vertices after densifying (256 MiB).
const VERTICES: usize = 1 << 24;
/// Crossings of edges and rows (128 MiB).
const CROSSINGS: usize = 1 << 25;
/// Rows of a grid.
const ROWS: usize = 1 << 24;

/// The pixels of `grid` whose centre lies in `polygons`, which do not overlap.
pub(super) fn runs(polygons: &MultiPolygon<f64>, grid: &Grid) -> Result<Runs> {
    let (width, height) = match (u32::try_from(grid.width()), u32::try_from(grid.height())) {
        (Ok(width), Ok(height)) if grid.height() <= ROWS => (width, height),
        _ => return Err(Error::limit(format!("the grid is too large for a mask: {grid}"))),
    };
    let frame = footprint(grid)?;
    let mut trace =
        Trace { forth: Transform::new(Crs::WGS84, grid.crs())?, grid, points: Vec::new(), ends: Vec::new() };
    for polygon in polygons {
        for turn in [-360.0, 0.0, 360.0] {
            trace.polygon(polygon, turn, &frame)?;
        }
    }
    Ok(Runs::from_unsorted(width, height, fill(&trace, width, height)?))
}

/// A box in degrees that holds the grid with a margin. Its longitudes surround that of the
/// grid's middle, so they may pass 180.
fn footprint(grid: &Grid) -> Result<Bounds> {
    let nowhere = || {
        Error::mismatch(format!("the grid ({grid}) lies where its reference system has no places"))
            .hint("check the file's origin and reference system with: groundtell inspect")
    };
    let back = Transform::new(grid.crs(), Crs::WGS84)?;
    let turned =
        |x: f64| if grid.crs() == Crs::WEB_MERCATOR { x / Crs::WEB_MERCATOR.turn().unwrap_or(1.0) * 360.0 } else { x };
    let (x, y) = grid.centre();
    let (lon, lat) = back.point(x, y).ok_or_else(nowhere)?;
    if lat.abs() > 90.0 {
        return Err(nowhere());
    }
    let middle = if grid.crs().turn().is_some() { turned(x) } else { lon };
    let wide = grid.pad(2 + grid.width().max(grid.height()) / 50);
    let steps = 32;
    let lattice =
        (0..=steps).flat_map(|i| (0..=steps).map(move |j| (i as f64 / steps as f64, j as f64 / steps as f64)));
    let place = |(s, t): (f64, f64)| {
        let (x, y) = wide.to_map(s * wide.width() as f64, t * wide.height() as f64);
        let (lon, lat) = back.point(x, y)?;
        Some((if grid.crs().turn().is_some() { turned(x) } else { Crs::WGS84.turned_towards(lon, middle) }, lat))
    };
    let places: Option<Vec<_>> = lattice.map(place).collect();
    let everywhere = Bounds { west: middle - 180.0, south: -90.0, east: middle + 180.0, north: 90.0 };
    let Some(found) = places.and_then(Bounds::around) else { return Ok(everywhere) };
    let (dx, dy) = ((found.east - found.west) / 20.0, (found.north - found.south) / 20.0);
    let pole = found.north + dy >= 89.0 || found.south - dy <= -89.0;
    if pole && grid.crs().turn().is_none() {
        return Ok(Bounds { south: (found.south - dy).max(-90.0), north: (found.north + dy).min(90.0), ..everywhere });
    }
    // Mercator's poles are infinitely far away.
    let top = if grid.crs() == Crs::WEB_MERCATOR { 89.999_99 } else { 90.0 };
    let (south, north) = ((found.south - dy).max(-top), (found.north + dy).min(top));
    Ok(Bounds { west: found.west - dx, south, east: found.east + dx, north })
}

/// Rings in pixel positions, one behind the other.
struct Trace<'a> {
    forth: Transform,
    grid: &'a Grid,
    points: Vec<Position>,
    /// Where each ring ends in `points`.
    ends: Vec<usize>,
}

impl Trace<'_> {
    /// Adds what of a polygon, moved by `turn` degrees, lies in `frame`.
    fn polygon(&mut self, polygon: &Polygon<f64>, turn: f64, frame: &Bounds) -> Result<()> {
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            let moved: Vec<Position> = ring.coords().map(|c| (c.x + turn, c.y)).collect();
            if !Bounds::around(moved.iter().copied()).is_some_and(|bounds| bounds.meets(frame)) {
                continue;
            }
            self.ring(&clipped(moved, frame))?;
        }
        Ok(())
    }

    fn ring(&mut self, ring: &[Position]) -> Result<()> {
        let Some(&first) = ring.first() else { return Ok(()) };
        let start = self.project(first)?;
        let (mut a, mut pixel_a) = (first, start);
        self.points.push(start);
        for &b in ring.iter().skip(1).chain([&first]) {
            let pixel_b = self.project(b)?;
            self.edge((a, pixel_a), (b, pixel_b), 0)?;
            (a, pixel_a) = (b, pixel_b);
        }
        self.ends.push(self.points.len());
        Ok(())
    }

    /// Pushes the image of an edge without its first point, halved until it keeps to its chord
    /// at a quarter, half and three quarters. Edges shorter than a pixel and a degree are not looked at:
    /// to leave its chord, a parallel would have to be a pixel in radius.
    fn edge(
        &mut self,
        (a, pixel_a): (Position, Position),
        (b, pixel_b): (Position, Position),
        depth: u32,
    ) -> Result<()> {
        let (dx, dy) = (pixel_b.0 - pixel_a.0, pixel_b.1 - pixel_a.1);
        let length = dx.hypot(dy);
        let span = (b.0 - a.0).abs().max((b.1 - a.1).abs());
        let straight = self.grid.crs().is_geographic() || (length < 1.0 && span < 1.0) || depth >= DEPTH;
        let mid = (f64::midpoint(a.0, b.0), f64::midpoint(a.1, b.1));
        if straight || self.keeps_to_chord((a, pixel_a), (b, pixel_b), length)? {
            if self.points.len() >= VERTICES {
                return Err(Error::limit(format!("the AOI's outline needs more than {VERTICES} vertices on the grid"))
                    .hint("simplify the AOI, or use a coarser grid"));
            }
            self.points.push(pixel_b);
            return Ok(());
        }
        let pixel_mid = self.project(mid)?;
        self.edge((a, pixel_a), (mid, pixel_mid), depth + 1)?;
        self.edge((mid, pixel_mid), (b, pixel_b), depth + 1)
    }

    fn keeps_to_chord(
        &self,
        (a, pixel_a): (Position, Position),
        (b, pixel_b): (Position, Position),
        length: f64,
    ) -> Result<bool> {
        let (dx, dy) = (pixel_b.0 - pixel_a.0, pixel_b.1 - pixel_a.1);
        for t in [0.25, 0.5, 0.75] {
            let p = self.project((a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t))?;
            let (px, py) = (p.0 - pixel_a.0, p.1 - pixel_a.1);
            let off = if length > 1e-6 { (dx * py - dy * px).abs() / length } else { px.hypot(py) };
            if off > CHORD {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn project(&self, (lon, lat): Position) -> Result<Position> {
        let crs = self.grid.crs();
        let image = match crs {
            Crs::WGS84 => Some((lon, lat)),
            // Turns are kept: a grid over the antimeridian goes on behind the map's edge.
            Crs::WEB_MERCATOR => {
                let home = Crs::WGS84.turned_towards(lon, 0.0);
                let turns = (lon - home) / 360.0;
                self.forth.point(home, lat).map(|(x, y)| (x + turns * crs.turn().unwrap_or(0.0), y))
            }
            _ => self.forth.point(lon, lat),
        };
        let (x, y) = image.ok_or_else(|| {
            Error::mismatch(format!("the AOI reaches {lon:.6}, {lat:.6}, which has no place in {crs}"))
                .hint("the scene's grid and the AOI do not fit each other")
        })?;
        Ok(self.grid.to_pixel(x, y))
    }
}

/// A ring cut at a box, side by side (Sutherland and Hodgman 1974). Where a ring falls into
/// pieces they stay joined along the box, outside of the grid, where the two ways cancel.
fn clipped(ring: Vec<Position>, frame: &Bounds) -> Vec<Position> {
    let ring = cut(ring, |p| p.0 - frame.west);
    let ring = cut(ring, |p| frame.east - p.0);
    let ring = cut(ring, |p| p.1 - frame.south);
    cut(ring, |p| frame.north - p.1)
}

/// What of a ring lies where `inside` is not negative.
fn cut(ring: Vec<Position>, inside: impl Fn(Position) -> f64) -> Vec<Position> {
    if ring.iter().all(|p| inside(*p) >= 0.0) {
        return ring;
    }
    let mut kept = Vec::with_capacity(ring.len() + 8);
    for (&a, &b) in ring.iter().zip(ring.iter().skip(1).chain(ring.first())) {
        let (in_a, in_b) = (inside(a), inside(b));
        if in_a >= 0.0 {
            kept.push(a);
        }
        if (in_a >= 0.0) != (in_b >= 0.0) {
            let t = in_a / (in_a - in_b);
            kept.push((a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t));
        }
    }
    kept
}

/// An edge from its upper to its lower end, so that both neighbours of an edge see one line.
#[derive(Clone, Copy)]
struct Edge {
    top: Position,
    bottom: Position,
    /// Rows whose centres it passes.
    first: usize,
    end: usize,
}

impl Edge {
    fn new(a: Position, b: Position, height: u32) -> Self {
        let (top, bottom) = if (a.1, a.0) <= (b.1, b.0) { (a, b) } else { (b, a) };
        // Casts saturate: what lies beyond the grid is cut at it.
        let row = |y: f64| ((y - 0.5).ceil().max(0.0) as usize).min(height as usize);
        Self { top, bottom, first: row(top.1), end: row(bottom.1) }
    }

    /// The first column whose centre lies right of the edge in this row.
    fn column(&self, row: usize, width: u32) -> u32 {
        let t = (row as f64 + 0.5 - self.top.1) / (self.bottom.1 - self.top.1);
        let x = self.top.0 + (self.bottom.0 - self.top.0) * t;
        ((x - 0.5).ceil().max(0.0) as u32).min(width)
    }
}

/// All edges of all rings.
fn edges<'a>(trace: &'a Trace<'_>, height: u32) -> impl Iterator<Item = Edge> + 'a {
    let starts = std::iter::once(0).chain(trace.ends.iter().copied());
    let rings = starts.zip(&trace.ends).filter_map(|(start, end)| trace.points.get(start..*end));
    rings.flat_map(move |ring| ring.iter().zip(ring.iter().skip(1)).map(move |(a, b)| Edge::new(*a, *b, height)))
}

/// Counts the crossings of each row, lays them out row by row, and pairs them.
fn fill(trace: &Trace<'_>, width: u32, height: u32) -> Result<Vec<Run>> {
    let mut starts = vec![0_usize; height as usize + 1];
    let mut total = 0_usize;
    for edge in edges(trace, height) {
        total += edge.end - edge.first;
        if total > CROSSINGS {
            return Err(Error::limit(format!("the AOI's outline crosses the grid's rows more than {CROSSINGS} times"))
                .hint("simplify the AOI, or use a coarser grid"));
        }
        starts.get_mut(edge.first..edge.end).unwrap_or_default().iter_mut().for_each(|count| *count += 1);
    }
    let mut before = 0;
    for start in &mut starts {
        before += std::mem::replace(start, before);
    }
    let mut columns = vec![0_u32; total];
    let mut next = starts.clone();
    for edge in edges(trace, height) {
        for row in edge.first..edge.end {
            let Some(slot) = next.get_mut(row) else { continue };
            if let Some(column) = columns.get_mut(*slot) {
                *column = edge.column(row, width);
            }
            *slot += 1;
        }
    }
    let mut runs = Vec::new();
    for (row, (start, end)) in starts.iter().zip(starts.iter().skip(1)).enumerate() {
        let Some(line) = columns.get_mut(*start..*end) else { continue };
        line.sort_unstable();
        let (pairs, _) = line.as_chunks::<2>();
        runs.extend(pairs.iter().filter(|[a, b]| a < b).map(|&[start, end]| Run { row: row as u32, start, end }));
    }
    Ok(runs)
}

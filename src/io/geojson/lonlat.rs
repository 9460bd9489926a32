//! Outlines on the ground: pixel corners as longitude and latitude in whole 1e-7 degrees, with
//! long edges bent, rings cut at the antimeridian, and the box and the area of the result.

use geo::{
    BooleanOps, BoundingRect, Coord, GeodesicArea, LineString, MultiPolygon, Orient, Polygon, Rect, orient::Direction,
};

use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;
use crate::geom::ellipsoid::ring_area;
use crate::geom::grid::Grid;
use crate::vector::trace::{Corner, PixelPolygon};

/// Units in a degree: RFC 7946 asks for no more than about a centimetre.
const UNITS: f64 = 1e7;
/// Half a turn, in units.
const HALF: i64 = 1_800_000_000;
/// Edges of up to so many pixels are not looked at: on a map of 1 km pixels at 80 degrees north
/// an edge of 30 pixels strays by a tenth of a pixel.
const SHORT: u32 = 16;
/// Pixels by which an edge may stray from its straight image at the places that are looked at;
/// half of what is promised.
const STRAY: f64 = 0.05;

/// A place as longitude and latitude, in units of 1e-7 degrees.
pub type Place = [i32; 2];

/// A ring that does not repeat its first place.
pub type Ring = Vec<Place>;

/// How pixel positions become longitude and latitude on WGS 84.
#[derive(Clone, Copy)]
pub struct Projection<'a> {
    /// The grid that the pixels are counted on.
    pub grid: &'a Grid,
    /// Map coordinates of the grid's reference system to longitude and latitude in degrees.
    pub to_lonlat: &'a dyn Fn(f64, f64) -> Option<(f64, f64)>,
}

/// An object's outline on the ground.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LonLat {
    /// For each polygon its exterior (counter-clockwise), then its holes (clockwise). Nothing crosses
    /// the antimeridian.
    pub polygons: Vec<Vec<Ring>>,
}

impl Projection<'_> {
    /// Brings an outline to the ground. An edge of more than 16 pixels gets more places where
    /// it would else stray from its image by 0.1 pixels; equal neighbours after rounding are
    /// dropped, and so is a ring that is left with fewer than three places. A polygon across the antimeridian is cut
    /// in two. Polygons are taken to be narrower than 180 degrees and off the poles.
    ///
    /// # Errors
    /// `Unsupported` when a corner has no longitude and latitude.
    pub fn outline(&self, polygons: &[PixelPolygon]) -> Result<LonLat> {
        let mut outline = LonLat { polygons: Vec::with_capacity(polygons.len()) };
        for polygon in polygons {
            let mut rings: Vec<Vec<[i64; 2]>> = Vec::with_capacity(1 + polygon.holes.len());
            for corners in polygon.rings() {
                let near = rings.first().and_then(|exterior| exterior.first()).map(|place| place[0]);
                let ring = self.ring(corners, near)?;
                if ring.len() >= 3 {
                    rings.push(ring);
                } else if near.is_none() {
                    break;
                }
            }
            outline.push_cut(rings);
        }
        Ok(outline)
    }

    /// One ring, whose longitudes may leave -180..180 to stay next to each other and to `near`.
    fn ring(&self, corners: &[Corner], near: Option<i64>) -> Result<Vec<[i64; 2]>> {
        let mut places = Vec::with_capacity(corners.len());
        let first = *corners.first().ok_or_else(|| Error::bug("a ring without corners"))?;
        let start = self.place(first)?;
        let mut from = (first, start);
        for &corner in corners.iter().skip(1).chain([&first]) {
            places.push(from.1);
            let to = (corner, self.place(corner)?);
            self.bend(from, to, &mut places)?;
            from = to;
        }
        let mut ring: Vec<[i64; 2]> = Vec::with_capacity(places.len());
        for (lon, lat) in places {
            let beside = ring.last().map(|place| place[0]).or(near);
            let place = [unwrap((lon * UNITS).round() as i64, beside), (lat * UNITS).round() as i64];
            if ring.last() != Some(&place) {
                ring.push(place);
            }
        }
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        Ok(ring)
    }

    /// Longitude and latitude of a corner, in degrees.
    fn place(&self, [column, row]: Corner) -> Result<(f64, f64)> {
        let (x, y) = self.grid.to_map(f64::from(column), f64::from(row));
        let sound = |(lon, lat): &(f64, f64)| lon.is_finite() && lat.abs() <= 90.0;
        let place = (self.to_lonlat)(x, y).filter(sound);
        let (lon, lat) = place.ok_or_else(|| {
            Error::unsupported(format!("{} ({x}, {y}) has no longitude and latitude", self.grid.crs()))
        })?;
        Ok((if lon.abs() <= 180.0 { lon } else { (lon + 180.0).rem_euclid(360.0) - 180.0 }, lat))
    }

    /// Adds places between the ends of an edge where its image is not straight. What is added is
    /// the same in both directions.
    fn bend(&self, from: (Corner, (f64, f64)), to: (Corner, (f64, f64)), places: &mut Vec<(f64, f64)>) -> Result<()> {
        let (a, b) = (from.0, to.0);
        let length = a[0].abs_diff(b[0]) + a[1].abs_diff(b[1]);
        if length <= SHORT {
            return Ok(());
        }
        let part = |quarters: u32| [0, 1].map(|axis| between(a[axis], b[axis], quarters));
        let mut bent = false;
        for quarters in 1..=3 {
            bent |= stray(from.1, to.1, self.place(part(quarters))?) * f64::from(length) > STRAY;
        }
        if bent {
            let middle = (part(2), self.place(part(2))?);
            self.bend(from, middle, places)?;
            places.push(middle.1);
            self.bend(middle, to, places)?;
        }
        Ok(())
    }
}

/// The whole pixel at one to three quarters between two, the same from either end.
fn between(a: u32, b: u32, quarters: u32) -> u32 {
    let (low, quarters) = if a <= b { (a, quarters) } else { (b, 4 - quarters) };
    low + (u64::from(a.abs_diff(b)) * u64::from(quarters) / 4) as u32
}

/// How far `place` lies off the line from `from` to `to`, as a share of the line's length.
fn stray(from: (f64, f64), to: (f64, f64), place: (f64, f64)) -> f64 {
    let shrink = from.1.to_radians().cos();
    let flat = |(lon, lat): (f64, f64)| {
        let east = (lon - from.0 + 180.0).rem_euclid(360.0) - 180.0;
        (east * shrink, lat - from.1)
    };
    let ((x, y), (u, v)) = (flat(to), flat(place));
    (x * v - y * u).abs() / (x * x + y * y)
}

/// The longitude, whole turns away, that is next to `beside`.
fn unwrap(lon: i64, beside: Option<i64>) -> i64 {
    let Some(beside) = beside else { return lon };
    let turns = (lon - beside + HALF).div_euclid(2 * HALF);
    lon - turns * 2 * HALF
}

impl LonLat {
    /// The outline of an area, as it was drawn.
    pub fn of(area: &Aoi) -> Self {
        let units = |degrees: f64| (degrees * UNITS).round() as i32;
        let ring = |ring: &LineString<f64>| {
            let mut places: Ring = ring.coords().map(|at| [units(at.x), units(at.y)]).collect();
            // The closing vertex is written with the ring.
            if places.len() > 1 && places.first() == places.last() {
                places.pop();
            }
            places
        };
        let polygon =
            |polygon: &Polygon<f64>| std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect();
        Self { polygons: area.polygons().iter().map(polygon).collect() }
    }

    /// Adds a polygon whose longitudes may pass 180 degrees.
    fn push_cut(&mut self, mut rings: Vec<Vec<[i64; 2]>>) {
        let Some(west) = rings.first().and_then(|ring| ring.iter().map(|place| place[0]).min()) else { return };
        let turns = (west + HALF).div_euclid(2 * HALF);
        rings.iter_mut().flatten().for_each(|place| place[0] -= turns * 2 * HALF);
        if rings.iter().flatten().all(|place| place[0] <= HALF) {
            self.polygons
                .push(rings.iter().map(|ring| ring.iter().map(|place| place.map(|c| c as i32)).collect()).collect());
            return;
        }
        // Clipping works on a raster of 2^30 steps over all it is given: the frames are kept as
        // small as the polygon, and longitudes are counted from the antimeridian.
        let whole = polygon(rings.iter().map(|ring| ring.iter().map(|[lon, lat]| [(lon - HALF) as f64, *lat as f64])));
        let Some(bounds) = whole.bounding_rect() else { return };
        let (low, high) = (bounds.min(), bounds.max());
        for (left, right, meridian) in [(low.x, 0.0, HALF), (0.0, high.x, -HALF)] {
            let frame = Rect::new((left, low.y), (right, high.y)).to_polygon();
            let place = |c: &Coord<f64>| [c.x.clamp(left, right).round() as i64 + meridian, c.y.round() as i64];
            self.push_part(&whole.intersection(&frame), place);
        }
    }

    /// Adds the polygons of one side of the cut, whose coordinates `place` turns into places.
    fn push_part(&mut self, part: &MultiPolygon<f64>, place: impl Fn(&Coord<f64>) -> [i64; 2]) {
        for polygon in part.orient(Direction::Default) {
            let ring = |line: &LineString<f64>| {
                let mut ring: Ring = line.coords().map(|c| place(c).map(|side| side as i32)).collect();
                ring.dedup();
                ring.pop();
                ring
            };
            let rings: Vec<Ring> = std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect();
            if rings.first().is_some_and(|exterior| exterior.len() >= 3) {
                self.polygons.push(rings.into_iter().filter(|ring| ring.len() >= 3).collect());
            }
        }
    }

    /// Hectares on the ellipsoid: geodesic area (Karney 2013) between these places. Where no edge is longer than
    /// 0.005 degrees, edges straight in longitude and latitude give the same to 1e-5 in a tenth of the time.
    pub fn area_ha(&self) -> f64 {
        self.polygons.iter().map(|rings| polygon_area(rings).abs() / 1e4).sum()
    }

    /// The box of the outline.
    pub fn extent(&self) -> Extent {
        let mut extent = Extent::default();
        for exterior in self.polygons.iter().filter_map(|rings| rings.first()) {
            let bounds = exterior.iter().fold([i32::MAX, i32::MAX, i32::MIN, i32::MIN], |[w, s, e, n], [lon, lat]| {
                [w.min(*lon), s.min(*lat), e.max(*lon), n.max(*lat)]
            });
            extent.parts.push((bounds[0], bounds[2]));
            extent.latitudes = Some(
                extent
                    .latitudes
                    .map_or((bounds[1], bounds[3]), |(south, north)| (south.min(bounds[1]), north.max(bounds[3]))),
            );
        }
        extent
    }
}

/// Square metres of a polygon; holes wind the other way.
fn polygon_area(rings: &[Ring]) -> f64 {
    const SHORT: u32 = 50_000;
    let degrees = |place: &Place| place.map(|c| f64::from(c) / UNITS);
    let long = |a: &Place, b: &Place| a[0].abs_diff(b[0]).max(a[1].abs_diff(b[1])) > SHORT;
    if rings.iter().any(|ring| ring.iter().zip(ring.iter().cycle().skip(1)).any(|(a, b)| long(a, b))) {
        return polygon(rings.iter().map(|ring| ring.iter().map(degrees))).geodesic_area_signed();
    }
    let closed = |ring: &Ring| ring_area(ring.iter().chain(ring.first()).map(degrees).map(|[lon, lat]| (lon, lat)));
    rings.iter().map(closed).sum()
}

/// A `geo` polygon from the exterior and holes.
fn polygon<R: Iterator<Item = [f64; 2]>>(rings: impl Iterator<Item = R>) -> Polygon<f64> {
    let mut lines = rings.map(|ring| LineString::new(ring.map(|[x, y]| Coord { x, y }).collect()));
    let exterior = lines.next().unwrap_or_else(|| LineString::new(Vec::new()));
    Polygon::new(exterior, lines.collect())
}

/// Where things lie on the globe, for a bounding box that may cross the antimeridian.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// Western and eastern end of each part.
    parts: Vec<(i32, i32)>,
    latitudes: Option<(i32, i32)>,
}

impl Extent {
    /// Takes in another extent.
    pub fn merge(&mut self, other: &Self) {
        self.parts.extend_from_slice(&other.parts);
        self.latitudes = match (self.latitudes, other.latitudes) {
            (Some((s, n)), Some((t, m))) => Some((s.min(t), n.max(m))),
            (own, other) => own.or(other),
        };
    }

    /// West, south, east, north in units of 1e-7 degrees; the box leaves out the widest stretch of
    /// longitude without a part, and its west is greater than its east when it crosses the
    /// antimeridian (RFC 7946, 5.2). None when there is nothing.
    pub fn bbox(&self) -> Option<[i32; 4]> {
        let (south, north) = self.latitudes?;
        let mut parts = self.parts.clone();
        parts.sort_unstable();
        let (west, mut reached) = (parts.first()?.0, parts.first()?.1);
        let (mut widest, mut sides) = (0, None);
        for (from, to) in parts {
            let gap = i64::from(from) - i64::from(reached);
            if gap > widest {
                (widest, sides) = (gap, Some((from, reached)));
            }
            reached = reached.max(to);
        }
        let outside = i64::from(west) + 2 * HALF - i64::from(reached);
        let (west, east) = sides.filter(|_| widest > outside).unwrap_or((west, reached));
        Some([west, south, east, north])
    }
}

#[cfg(test)]
mod tests;

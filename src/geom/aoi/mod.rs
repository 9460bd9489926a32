//! The area of interest: polygons in longitude and latitude, checked once when they are parsed.
//! Edges are straight in longitude and latitude, as RFC 7946 has them.

mod canonical;
mod json;
mod outline;
mod repair;
mod scan;
mod tangle;
#[cfg(test)]
mod tests;
mod walk;

use geo::geometry::{Coord, LineString, MultiPolygon, Polygon};

use super::ellipsoid;
use super::grid::{Bounds, Grid};
use super::runs::Runs;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::text::Foreign;

/// Where the work is done. Longitudes are in -180..=180, polygons do not overlap and do not
/// cross the antimeridian (they are cut there).
#[derive(Debug, Clone, PartialEq)]
pub struct Aoi {
    polygons: MultiPolygon<f64>,
    notes: Vec<String>,
}

impl Aoi {
    /// Parses GeoJSON: a Polygon, MultiPolygon, Feature, FeatureCollection or a
    /// GeometryCollection of polygons. Indices in errors and notes count from 0.
    ///
    /// Repaired, and said in [`Aoi::notes`]: rings that are not closed or cross themselves
    /// (even-odd rule), holes beyond their polygon, parts that overlap, and neighbouring
    /// longitudes more than 180 degrees apart, which are taken as crossing the antimeridian.
    ///
    /// # Errors
    /// `Malformed` for what is not GeoJSON or not a place on earth, placed at the vertex;
    /// `Unsupported` for other geometries and reference systems; `Limit` for too much of it.
    pub fn from_geojson(text: &str, limits: &Limits) -> Result<Self> {
        if text.len() as u64 > limits.text_bytes {
            return Err(Error::limit(format!(
                "the AOI has {} bytes, more than {} are not read",
                text.len(),
                limits.text_bytes
            )));
        }
        let parts = walk::parts(text.strip_prefix('\u{feff}').unwrap_or(text), limits)?;
        if parts.is_empty() {
            return Err(Error::malformed("the AOI holds no polygon"));
        }
        let mut notes = Vec::new();
        let mut polygons = Vec::with_capacity(parts.len());
        for part in parts {
            let outline = outline::checked(part, &mut notes)?;
            let whole = repair::even_odd(outline, &mut notes)?;
            polygons.extend(repair::cut_at_antimeridian(whole)?);
        }
        Self::of(repair::without_overlap(polygons, &mut notes)?, notes)
    }

    /// As [`Aoi::from_geojson`], from the bytes of a file.
    ///
    /// # Errors
    /// As there, and `Malformed` when the bytes are not UTF-8.
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Self> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            Error::malformed(format!("byte {} is not UTF-8", error.valid_up_to()))
                .hint("GeoJSON is UTF-8; convert the file with iconv -t UTF-8")
        })?;
        Self::from_geojson(text, limits)
    }

    /// Parses `west,south,east,north` in degrees. With `west` greater than `east` the box crosses
    /// the antimeridian.
    ///
    /// # Errors
    /// `Usage` when these are not four numbers, not on earth, or enclose nothing.
    pub fn from_bbox(text: &str) -> Result<Self> {
        let refused = |why: String| {
            Error::usage(format!("the box \"{}\" {why}", Foreign::new(text)))
                .hint("a box is west,south,east,north in degrees, such as 37.5,49.6,37.8,49.8")
        };
        let numbers: Vec<f64> = text.split(',').filter_map(|number| number.trim().parse().ok()).collect();
        let &[west, south, east, north] = numbers.as_slice() else {
            return Err(refused("is not four numbers".to_owned()));
        };
        if text.split(',').count() != 4 {
            return Err(refused("is not four numbers".to_owned()));
        }
        for (lon, lat) in [(west, south), (east, north)] {
            outline::on_earth(lon, lat).map_err(|why| refused(format!("is not on earth: {why}")))?;
        }
        if south >= north || west == east {
            return Err(refused("encloses nothing".to_owned()));
        }
        let halves = if west > east { vec![(west, 180.0), (-180.0, east)] } else { vec![(west, east)] };
        let boxes = halves.into_iter().filter(|(west, east)| west < east);
        Self::of(boxes.map(|(west, east)| rectangle(west, south, east, north)).collect(), Vec::new())
    }

    fn of(polygons: Vec<Polygon<f64>>, notes: Vec<String>) -> Result<Self> {
        let polygons = canonical::polygons(polygons);
        if polygons.0.is_empty() {
            return Err(Error::malformed("the AOI encloses nothing"));
        }
        Ok(Self { polygons, notes })
    }

    /// What was repaired, in words.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The polygons in longitude and latitude (degrees, to 1e-9, a tenth of a millimetre): exterior rings counter-clockwise, holes
    /// clockwise, each ring from its least vertex, in a fixed order.
    pub fn polygons(&self) -> &MultiPolygon<f64> {
        &self.polygons
    }

    /// Area on the ellipsoid in hectares. It is exact for edges that are straight in longitude
    /// and latitude, the same that [`Aoi::runs_on`] follows; geodesics (Karney 2013) between
    /// vertices set densely on them agree to a millionth, without the risk that a sliver
    /// counts as the earth less the sliver.
    pub fn area_ha(&self) -> f64 {
        let ring = |ring: &LineString<f64>| ellipsoid::ring_area(ring.0.iter().map(|c| (c.x, c.y))).abs();
        let holes = |polygon: &Polygon<f64>| polygon.interiors().iter().map(ring).sum::<f64>();
        let area = |polygon: &Polygon<f64>| ring(polygon.exterior()) - holes(polygon);
        self.polygons.iter().map(area).sum::<f64>() / 1e4
    }

    /// Boxes around all polygons in degrees: one, or two when less is enclosed by going over the
    /// antimeridian (first the one in the west of the map).
    pub fn bounds(&self) -> Vec<Bounds> {
        canonical::boxes(&self.polygons)
    }

    /// Longitude and latitude of the middle of [`Aoi::bounds`], taken together.
    pub fn centre(&self) -> (f64, f64) {
        let boxes = self.bounds();
        let (Some(first), Some(last)) = (boxes.first(), boxes.last()) else { return (0.0, 0.0) };
        let (south, north) = (first.south.min(last.south), first.north.max(last.north));
        let middle = match boxes.len() {
            1 => (first.west + first.east) / 2.0,
            _ => (first.east + 360.0 + last.west) / 2.0,
        };
        (if middle > 180.0 { middle - 360.0 } else { middle }, (south + north) / 2.0)
    }

    /// The geometry alone as GeoJSON (RFC 7946, right-hand rule, no white space). The same area
    /// drawn from another vertex or in another direction gives the same text, and parsing it
    /// gives the same AOI.
    pub fn to_geojson(&self) -> String {
        canonical::geojson(&self.polygons)
    }

    /// The same geometry as a value.
    pub fn geometry(&self) -> geojson::Geometry {
        geojson::Geometry::from(&self.polygons)
    }

    /// The pixels of `grid` whose centre lies in the AOI; none when it covers no centre. Edges
    /// are followed to a few hundredths of a pixel. An AOI half outside the grid is cut at it.
    ///
    /// # Errors
    /// `Mismatch` when the grid lies where its reference system has no places; `Limit` when the
    /// outline crosses more rows than can be held, or the grid is too large.
    pub fn runs_on(&self, grid: &Grid) -> Result<Runs> {
        scan::runs(&self.polygons, grid)
    }
}

/// A box as a polygon.
fn rectangle(west: f64, south: f64, east: f64, north: f64) -> Polygon<f64> {
    let corners = [(west, south), (east, south), (east, north), (west, north), (west, south)];
    Polygon::new(corners.into_iter().map(|(x, y)| Coord { x, y }).collect(), Vec::new())
}

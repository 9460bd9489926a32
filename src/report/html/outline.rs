//! Outlines on a still map: GeoJSON to paths and dots, in Web Mercator.

use std::f64::consts::{FRAC_PI_4, PI};

use geojson::{GeoJson, GeometryValue, Position};

use super::markup::Html;
use crate::error::{Error, Result};
use crate::text::Foreign;

/// Units of a drawing per turn of the earth, so that a tenth is less than a metre.
const TURN: f64 = 1e8;
const EQUATOR_METRES: f64 = 40_075_016.7;

/// A place on the map, in units of [`TURN`]: x to the east, y to the south.
pub(super) fn place(lon: f64, lat: f64) -> (f64, f64) {
    let lat = lat.clamp(-super::REACH, super::REACH).to_radians();
    (lon / 360.0 * TURN, -(FRAC_PI_4 + lat / 2.0).tan().ln() / (2.0 * PI) * TURN)
}

/// Metres on the ground in one unit at a latitude (on the sphere; right to 0.3 %).
pub(super) fn metres_per_unit(lat: f64) -> f64 {
    EQUATOR_METRES / TURN * lat.to_radians().cos()
}

/// A box of the map, in its units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Frame {
    /// The box of west, south, east, north in degrees.
    pub(super) fn of([west, south, east, north]: [f64; 4]) -> Self {
        let ((left, top), (right, bottom)) = (place(west, north), place(east, south));
        Self { left, top, right, bottom }
    }

    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// Parsed outlines.
#[derive(Debug, Default)]
pub(super) struct Outlines {
    lines: Vec<Vec<(f64, f64)>>,
    points: Vec<(f64, f64)>,
    /// West, south, east, north in degrees, once there is a position.
    bounds: Option<[f64; 4]>,
}

impl Outlines {
    /// Reads GeoJSON.
    ///
    /// # Errors
    /// `Malformed` when it is none.
    pub(super) fn of(text: &str) -> Result<Self> {
        let document: GeoJson = text.parse().map_err(|error: geojson::Error| {
            Error::malformed(format!("the outlines of the report are not GeoJSON: {}", Foreign::new(error.to_string())))
        })?;
        let mut outlines = Self::default();
        match &document {
            GeoJson::Geometry(geometry) => outlines.geometry(&geometry.value),
            GeoJson::Feature(feature) => outlines.feature(feature),
            GeoJson::FeatureCollection(all) => all.features.iter().for_each(|feature| outlines.feature(feature)),
        }
        Ok(outlines)
    }

    /// West, south, east, north in degrees; None without a position.
    pub(super) fn bounds(&self) -> Option<[f64; 4]> {
        self.bounds
    }

    fn feature(&mut self, feature: &geojson::Feature) {
        if let Some(geometry) = &feature.geometry {
            self.geometry(&geometry.value);
        }
    }

    fn geometry(&mut self, value: &GeometryValue) {
        match value {
            GeometryValue::Point { coordinates } => self.point(coordinates),
            GeometryValue::MultiPoint { coordinates } => coordinates.iter().for_each(|point| self.point(point)),
            GeometryValue::LineString { coordinates } => self.line(coordinates),
            GeometryValue::MultiLineString { coordinates } | GeometryValue::Polygon { coordinates } => {
                coordinates.iter().for_each(|line| self.line(line));
            }
            GeometryValue::MultiPolygon { coordinates } => {
                coordinates.iter().flatten().for_each(|ring| self.line(ring));
            }
            GeometryValue::GeometryCollection { geometries } => {
                geometries.iter().for_each(|geometry| self.geometry(&geometry.value));
            }
        }
    }

    fn point(&mut self, position: &Position) {
        let placed = self.placed(position);
        self.points.extend(placed);
    }

    fn line(&mut self, positions: &[Position]) {
        let placed = positions.iter().filter_map(|position| self.placed(position)).collect();
        self.lines.push(placed);
    }

    fn placed(&mut self, position: &Position) -> Option<(f64, f64)> {
        let (lon, lat) = (*position.as_slice().first()?, *position.as_slice().get(1)?);
        if !(lon.abs() <= 540.0 && lat.abs() <= 90.0) {
            return None;
        }
        let [west, south, east, north] = self.bounds.unwrap_or([lon, lat, lon, lat]);
        self.bounds = Some([west.min(lon), south.min(lat), east.max(lon), north.max(lat)]);
        Some(place(lon, lat))
    }

    /// Paths and dots relative to `frame`; `dot` is the radius of a point in units of the map.
    pub(super) fn draw(&self, html: &mut Html, class: &'static str, frame: &Frame, dot: f64) {
        if !self.lines.is_empty() {
            html.around("<path class=\"", class, "\" d=\"");
            for line in &self.lines {
                path(html, line, frame);
            }
            html.markup("\"/>");
        }
        for (x, y) in &self.points {
            html.around("<circle class=\"", class, "\" cx=\"").coordinate(x - frame.left);
            html.markup("\" cy=\"").coordinate(y - frame.top).markup("\" r=\"").coordinate(dot).markup("\"/>");
        }
    }
}

fn path(html: &mut Html, line: &[(f64, f64)], frame: &Frame) {
    for (vertex, (x, y)) in line.iter().enumerate() {
        html.markup(if vertex == 0 { "M" } else { "L" });
        html.coordinate(x - frame.left).markup(" ").coordinate(y - frame.top);
    }
    html.markup("Z");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_equal_web_mercator() {
        // rasterio 1.4.4: 37.61 E 49.71 N is (4186726.0487, 6396203.6028) in EPSG:3857.
        let (x, y) = place(37.61, 49.71);
        let (x, y) = (x / TURN * EQUATOR_METRES, -y / TURN * EQUATOR_METRES);
        assert!((x - 4_186_726.049).abs() < 1.0 && (y - 6_396_203.603).abs() < 1.0, "{x} {y}");
    }

    #[test]
    fn every_geometry_has_a_place() {
        let text = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":null,"geometry":{"type":"Point","coordinates":[37.5,49.5]}},
            {"type":"Feature","properties":null,"geometry":null},
            {"type":"Feature","properties":null,"geometry":
                {"type":"MultiPolygon","coordinates":[[[[37,49],[38,49],[38,50],[37,49]]]]}}]}"#;
        let outlines = Outlines::of(text).unwrap();
        assert_eq!((outlines.points.len(), outlines.lines.len()), (1, 1));
        assert_eq!(outlines.bounds(), Some([37.0, 49.0, 38.0, 50.0]));
    }

    #[test]
    fn what_is_no_geojson_is_an_error() {
        assert!(Outlines::of("<script>").is_err());
    }
}

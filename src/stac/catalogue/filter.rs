//! Whether an item answers a query: judged here, whatever the catalogue holds for an answer.

use geo::Intersects;
use geo::geometry::{Coord, MultiPolygon, Rect};

use super::Query;
use crate::geom::aoi::Aoi;
use crate::limits::Limits;
use crate::scene::sensor::Sensor;
use crate::stac::entry::Entry;

/// Vertices of a footprint that are looked at; with more its box counts. Real ones have 5 to about 40.
const FOOTPRINT_VERTICES: usize = 2000;
/// Vertices of an area beyond which its boxes are held against footprints.
const AREA_VERTICES: usize = 2000;

/// What is thought of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It answers.
    Answers,
    /// It is of another place, time, collection or satellite: nothing to speak of.
    Other,
    /// It would answer, but is not used.
    Aside(&'static str),
}

/// A query, made ready.
pub(super) struct Filter<'a> {
    query: &'a Query,
    area: Option<MultiPolygon<f64>>,
    platform: Option<String>,
}

impl<'a> Filter<'a> {
    pub(super) fn new(query: &'a Query) -> Self {
        let platform = query.platform.as_ref().map(|name| name.trim().to_lowercase().replace([' ', '_'], "-"));
        Self { query, area: query.area.as_ref().map(simple), platform }
    }

    pub(super) fn judge(&self, entry: &Entry) -> Verdict {
        let asked = self.is_of_collection(entry) && self.is_in_time(entry) && self.is_of_platform(entry);
        if !asked {
            return Verdict::Other;
        }
        match self.meets(entry) {
            None => return Verdict::Aside("the item does not say where it is"),
            Some(false) => return Verdict::Other,
            Some(true) => {}
        }
        if entry.platform.as_ref().is_some_and(|name| Sensor::parse(name.raw()).is_none()) {
            return Verdict::Aside("not of Sentinel-2 or Landsat");
        }
        if entry.top_of_atmosphere {
            return Verdict::Aside("Level-1C, which has no classes of cloud");
        }
        Verdict::Answers
    }

    fn is_of_collection(&self, entry: &Entry) -> bool {
        let asked = &self.query.collections;
        let own = entry.collection.as_ref().map(|collection| collection.raw());
        asked.is_empty() || own.is_none_or(|own| asked.iter().any(|collection| collection == own))
    }

    fn is_in_time(&self, entry: &Entry) -> bool {
        let query = self.query;
        let after = query.from.is_none_or(|from| entry.datetime >= from);
        let before = query.to.is_none_or(|to| entry.datetime <= to);
        let changed = query.updated_since.is_none_or(|since| entry.updated.is_none_or(|updated| updated >= since));
        after && before && changed
    }

    /// `sentinel-2` means all of its satellites.
    fn is_of_platform(&self, entry: &Entry) -> bool {
        let own = entry.platform.as_ref().map(|platform| platform.raw());
        self.platform.as_ref().is_none_or(|asked| own.is_some_and(|own| own.starts_with(asked.as_str())))
    }

    /// Whether the footprint meets the area; nothing for an item without any.
    fn meets(&self, entry: &Entry) -> Option<bool> {
        let Some(area) = &self.area else { return Some(true) };
        if let Some(footprint) = footprint(entry) {
            return Some(footprint.polygons().intersects(area));
        }
        let boxes = entry.bbox.map(rectangles)?;
        Some(boxes.iter().any(|rectangle| area.intersects(rectangle)))
    }
}

/// The footprint, where it is polygons that can be trusted to be compared.
fn footprint(entry: &Entry) -> Option<Aoi> {
    let geometry = entry.document.get("geometry").filter(|geometry| geometry.is_object())?;
    let limits = Limits { vertices: FOOTPRINT_VERTICES, ..Limits::default() };
    Aoi::from_geojson(&geometry.to_string(), &limits).ok()
}

/// An item's box, as two where it goes over the antimeridian.
fn rectangles([west, south, east, north]: [f64; 4]) -> Vec<Rect<f64>> {
    let rectangle = |west: f64, east: f64| Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north });
    if west <= east { vec![rectangle(west, east)] } else { vec![rectangle(west, 180.0), rectangle(-180.0, east)] }
}

/// The area's outline, or its boxes where it has too many vertices to be held against every item.
fn simple(area: &Aoi) -> MultiPolygon<f64> {
    let vertices: usize = area.polygons().iter().map(|polygon| polygon.exterior().0.len()).sum();
    if vertices <= AREA_VERTICES {
        return area.polygons().clone();
    }
    let boxes = area.bounds();
    boxes
        .iter()
        .flat_map(|b| rectangles([b.west, b.south, b.east, b.north]))
        .map(|rectangle| rectangle.to_polygon())
        .collect()
}

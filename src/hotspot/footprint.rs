//! The shape that detections are counted in: an area with its location error around it, and the same shape
//! elsewhere. Distances are taken on a plane through its centre, good to a percent over 100 km.

use std::sync::Arc;

use geo::geometry::LineString;

use self::shape::{Edge, Shape, edges, thinned};
use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;

mod shape;

/// Kilometres of a degree of latitude on a sphere of 6371.0088 km (the mean radius of IUGG).
pub const KM_PER_DEGREE: f64 = 111.195;

/// Half the side of a VIIRS pixel at nadir in metres.
const HALF_PIXEL_M: f64 = 187.5;
/// Edges of an outline that are tried.
const EDGES: usize = 100_000;

/// Kilometres east and north of the centre.
type Offset = (f64, f64);

/// A shape at a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Footprint {
    centre: (f64, f64),
    shape: Arc<Shape>,
}

impl Footprint {
    /// An area, grown by how far from it the event may have been in metres, and by half a pixel of 375 m at least: a
    /// detection is the centre of a pixel, and the fire lies anywhere in it. Outlines with more than 500 vertices are
    /// followed to 25 m.
    ///
    /// # Errors
    /// `Limit` for an outline of more edges than can be tried against every detection.
    pub fn new(area: &Aoi, error_m: f64) -> Result<Self> {
        let centre = area.centre();
        let ring = |ring: &LineString<f64>| thinned(ring.0.iter().map(|at| offset(centre, (at.x, at.y))).collect());
        let polygons = area.polygons().0.iter();
        let rings = polygons.flat_map(|own| std::iter::once(own.exterior()).chain(own.interiors()).map(ring));
        let edges: Vec<Edge> = rings.flat_map(|ring| edges(&ring)).collect();
        if edges.len() > EDGES {
            return Err(Error::limit(format!(
                "the area has {} edges, and {EDGES} are compared with hotspots",
                edges.len()
            ))
            .hint("simplify the outline; a hotspot is 375 m wide"));
        }
        Ok(Self { centre, shape: Arc::new(Shape::new(edges, error_m.max(HALF_PIXEL_M) / 1000.0)) })
    }

    /// All within `km` of a place.
    pub fn circle(centre: (f64, f64), km: f64) -> Self {
        Self { centre, shape: Arc::new(Shape::new(vec![[(0.0, 0.0); 2]], km)) }
    }

    /// The same shape around another centre.
    #[must_use]
    pub fn moved_to(&self, centre: (f64, f64)) -> Self {
        Self { centre, shape: Arc::clone(&self.shape) }
    }

    /// Longitude and latitude of the centre.
    pub fn centre(&self) -> (f64, f64) {
        self.centre
    }

    /// The place so many kilometres east and north of the centre.
    pub fn place(&self, (east, north): Offset) -> (f64, f64) {
        let (lon, lat) = self.centre;
        let lon = lon + east / (KM_PER_DEGREE * narrowing(lat));
        ((lon + 180.0).rem_euclid(360.0) - 180.0, lat + north / KM_PER_DEGREE)
    }

    /// Half its extent in kilometres, east and north.
    pub fn half(&self) -> Offset {
        self.shape.half
    }

    /// Half its extent in degrees of longitude.
    pub fn half_longitude(&self) -> f64 {
        self.shape.half.0 / (KM_PER_DEGREE * narrowing(self.centre.1))
    }

    /// Kilometres from the centre beyond which nothing of it lies.
    pub fn radius_km(&self) -> f64 {
        self.shape.radius
    }

    /// Kilometres east and north of the centre.
    pub fn offset(&self, place: (f64, f64)) -> Offset {
        offset(self.centre, place)
    }

    /// Whether a place lies in it.
    pub fn contains(&self, place: (f64, f64)) -> bool {
        self.shape.contains(self.offset(place))
    }
}

/// How much shorter a degree of longitude is than one of latitude.
fn narrowing(lat: f64) -> f64 {
    lat.to_radians().cos().max(1e-3)
}

fn offset((lon0, lat0): (f64, f64), (lon, lat): (f64, f64)) -> Offset {
    let east = (lon - lon0 + 180.0).rem_euclid(360.0) - 180.0;
    (east * KM_PER_DEGREE * narrowing(lat0), (lat - lat0) * KM_PER_DEGREE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_grown_and_moved() {
        let area = Aoi::from_bbox("37,49,38,50").unwrap();
        let own = Footprint::new(&area, 0.0).unwrap();
        assert!(
            own.contains((37.01, 49.01))
                && own.contains((36.998, 49.5))
                && !own.contains((36.99, 49.5))
                && !own.contains((37.5, 50.01))
        );
        let grown = Footprint::new(&area, 2000.0).unwrap();
        assert!(grown.contains((36.99, 49.5)) && !grown.contains((36.96, 49.5)));
        let moved = own.moved_to((179.9, 49.5));
        assert!(moved.contains((-179.8, 49.5)) && !moved.contains((37.5, 49.5)));
        assert!((own.radius_km() - 66.0).abs() < 1.0, "{}", own.radius_km());
    }

    #[test]
    fn a_circle_has_its_radius() {
        let circle = Footprint::circle((37.0, 49.0), 20.0);
        for (offset, inside) in
            [((19.9, 0.0), true), ((0.0, -20.1), false), ((14.1, 14.1), true), ((14.2, 14.2), false)]
        {
            assert_eq!(circle.contains(circle.place(offset)), inside, "{offset:?}");
        }
    }

    #[test]
    fn a_hole_is_outside() {
        let text =
            r#"{"type":"Polygon","coordinates":[[[0,0],[3,0],[3,3],[0,3],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]}"#;
        let own = Footprint::new(&Aoi::from_geojson(text, &crate::limits::Limits::default()).unwrap(), 0.0).unwrap();
        assert!(own.contains((0.5, 0.5)) && !own.contains((1.5, 1.5)));
    }

    /// A wavy ring of 100,000 vertices: thinned and banded it holds what the plain circle holds, and is quick.
    #[test]
    fn a_rich_outline_is_followed() {
        let at = |number: u32| {
            let turn = f64::from(number) / 1e5 * std::f64::consts::TAU;
            format!("[{:.7},{:.7}]", 37.0 + 0.2 * turn.cos(), 49.0 + 0.1 * turn.sin())
        };
        let ring = (0..100_000).chain([0]).map(at).collect::<Vec<_>>().join(",");
        let text = format!(r#"{{"type":"Polygon","coordinates":[[{ring}]]}}"#);
        let own = Footprint::new(&Aoi::from_geojson(&text, &crate::limits::Limits::default()).unwrap(), 0.0).unwrap();
        for step in 0..200 {
            let turn = f64::from(step);
            let place = |size: f64| (37.0 + 0.2 * size * turn.cos(), 49.0 + 0.1 * size * turn.sin());
            assert!(own.contains(place(0.99)) && own.contains(place(0.3)) && !own.contains(place(1.03)), "{step}");
        }
    }
}

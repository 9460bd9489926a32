//! Coordinate reference systems that are read without a database (UTM on WGS 84, 4326, 3857,
//! 3035), and the way from one to another.

use std::sync::Arc;

use crate::error::{Error, Result};

/// A supported reference system, named by its EPSG code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Crs(u32);

impl Crs {
    /// Longitude and latitude on WGS 84, in degrees.
    pub const WGS84: Self = Self(4326);
    /// Spherical Mercator of web maps, in "metres" that only hold at the equator.
    pub const WEB_MERCATOR: Self = Self(3857);
    /// Lambert's equal-area projection of Europe (ETRS89), in metres.
    pub const EUROPE: Self = Self(3035);

    /// The system with this EPSG code: 326xx, 327xx (zones 1 to 60), 4326, 3857 or 3035.
    ///
    /// # Errors
    /// `Unsupported` for every other code.
    pub fn from_epsg(code: u32) -> Result<Self> {
        match code {
            4326 | 3857 | 3035 | 32601..=32660 | 32701..=32760 => Ok(Self(code)),
            _ => Err(Error::unsupported(format!("EPSG:{code} is not among the reference systems that are read")).hint(
                "supported are UTM on WGS 84 (EPSG:326xx, 327xx), 4326, 3857 and 3035; reproject with gdalwarp -t_srs",
            )),
        }
    }

    /// The UTM zone of a place (degrees), by plain six-degree zones: the exceptions of Norway
    /// and Svalbard are map sheets, not reference systems. Longitudes are taken modulo 360; a
    /// number that is not finite counts as 0.
    pub fn utm_of(lon: f64, lat: f64) -> Self {
        let lon = if lon.is_finite() { lon } else { 0.0 };
        let turned = (lon + 180.0).rem_euclid(360.0);
        let zone = ((turned / 6.0).floor() as u32).min(59) + 1;
        Self(if lat < 0.0 { 32700 + zone } else { 32600 + zone })
    }

    /// The EPSG code.
    pub fn epsg(self) -> u32 {
        self.0
    }

    /// Whether coordinates are degrees of longitude and latitude.
    pub fn is_geographic(self) -> bool {
        self.0 == 4326
    }

    /// The UTM zone (1 to 60), if it is one.
    pub fn utm_zone(self) -> Option<u32> {
        matches!(self.0, 32601..=32660 | 32701..=32760).then_some(self.0 % 100)
    }

    /// Nominal metres in a unit of the coordinates; none for degrees. EPSG:3857 counts as 1,
    /// although a unit is only cos(latitude) metres on the ground: see `Grid::pixel_metres`.
    pub fn metres_per_unit(self) -> Option<f64> {
        (!self.is_geographic()).then_some(1.0)
    }

    /// Units after which the x axis returns to the same meridian: 360 degrees, or the length of
    /// the equator in EPSG:3857. None where the plane does not close.
    pub fn turn(self) -> Option<f64> {
        match self.0 {
            4326 => Some(360.0),
            3857 => Some(std::f64::consts::TAU * 6_378_137.0),
            _ => None,
        }
    }

    /// Moves `x` by whole turns of the earth to where it lies nearest to `centre`.
    pub fn turned_towards(self, x: f64, centre: f64) -> f64 {
        match self.turn() {
            Some(turn) => x + turn * ((centre - x) / turn).round(),
            None => x,
        }
    }

    /// The definition in the words of PROJ. No datum is named: ETRS89 and WGS 84 count as the
    /// same, as in EPSG's null transformation 1149 (true to a metre; plate motion is ignored).
    fn definition(self) -> String {
        match self.0 {
            4326 => "+proj=longlat +ellps=WGS84 +no_defs".to_owned(),
            3857 => {
                "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +no_defs".to_owned()
            }
            3035 => {
                "+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80 +units=m +no_defs".to_owned()
            }
            code => {
                let south = if code >= 32700 { " +south" } else { "" };
                format!("+proj=utm +zone={}{south} +ellps=WGS84 +units=m +no_defs", code % 100)
            }
        }
    }

    fn projection(self) -> Result<proj4rs::Proj> {
        proj4rs::Proj::from_proj_string(&self.definition())
            .map_err(|error| Error::bug(format!("{self} has no usable definition: {error}")))
    }
}

impl std::fmt::Display for Crs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EPSG:{}", self.0)
    }
}

/// The way from one reference system to another. Cheap to clone, usable from any thread.
#[derive(Clone)]
pub struct Transform {
    from: Crs,
    to: Crs,
    /// None between a system and itself.
    steps: Option<Arc<(proj4rs::Proj, proj4rs::Proj)>>,
}

impl Transform {
    /// Prepares the way `from` one system `to` another.
    ///
    /// # Errors
    /// `Bug` when a definition of ours is not accepted.
    pub fn new(from: Crs, to: Crs) -> Result<Self> {
        let steps = if from == to { None } else { Some(Arc::new((from.projection()?, to.projection()?))) };
        Ok(Self { from, to, steps })
    }

    /// The system of what goes in.
    pub fn from(&self) -> Crs {
        self.from
    }

    /// The system of what comes out.
    pub fn to(&self) -> Crs {
        self.to
    }

    /// The place (`x`, `y`) in the other system; geographic coordinates are degrees, x being the
    /// longitude. None where the projection is not defined. Between a system and itself the
    /// numbers come back untouched; otherwise longitudes come out in -180..=180.
    pub fn point(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        if !(x.is_finite() && y.is_finite()) {
            return None;
        }
        let Some(steps) = &self.steps else { return Some((x, y)) };
        let (x, y) = if self.from.is_geographic() { on_earth(x, y)? } else { (x, y) };
        let (x, y) = proj4rs::adaptors::transform_xy(&steps.0, &steps.1, x, y).ok()?;
        let (x, y) = if self.to.is_geographic() { (x.to_degrees(), y.to_degrees()) } else { (x, y) };
        (x.is_finite() && y.is_finite()).then_some((x, y))
    }
}

impl std::fmt::Debug for Transform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transform({} -> {})", self.from, self.to)
    }
}

impl PartialEq for Transform {
    fn eq(&self, other: &Self) -> bool {
        (self.from, self.to) == (other.from, other.to)
    }
}

/// Degrees to radians, if the latitude exists and the longitude is at most a few turns away.
fn on_earth(lon: f64, lat: f64) -> Option<(f64, f64)> {
    (lat.abs() <= 90.0 && lon.abs() <= 540.0).then(|| (lon.to_radians(), lat.to_radians()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_may_share_a_transform() {
        fn shared<T: Send + Sync + Clone>() {}
        shared::<Transform>();
    }

    #[test]
    fn zones_follow_the_longitude() {
        assert_eq!(Crs::utm_of(37.61, 49.71).epsg(), 32637);
        assert_eq!(Crs::utm_of(-180.0, -1.0).epsg(), 32701);
        assert_eq!(Crs::utm_of(180.0, 0.0).epsg(), 32601);
        assert_eq!(Crs::utm_of(179.999_999, 0.0).epsg(), 32660);
        assert_eq!(Crs::utm_of(f64::NAN, 0.0).epsg(), 32631);
        assert_eq!(Crs::utm_of(1e308, 0.0).utm_zone().map(|zone| (1..=60).contains(&zone)), Some(true));
    }

    #[test]
    fn what_has_no_image_is_none() {
        let forth = Transform::new(Crs::WGS84, Crs::WEB_MERCATOR).unwrap();
        for (lon, lat) in [(0.0, 91.0), (f64::NAN, 0.0), (1e300, 0.0), (0.0, f64::INFINITY)] {
            assert_eq!(forth.point(lon, lat), None, "{lon} {lat}");
        }
        let back = Transform::new(Crs::utm_of(37.0, 49.0), Crs::WGS84).unwrap();
        assert_eq!(back.point(1e12, 1e12), None);
    }

    #[test]
    fn the_same_system_is_left_alone() {
        let same = Transform::new(Crs::WGS84, Crs::WGS84).unwrap();
        assert_eq!(same.point(200.1, 95.3), Some((200.1, 95.3)));
    }

    #[test]
    fn turns_go_to_the_nearest_meridian() {
        assert_eq!(Crs::WGS84.turned_towards(-179.0, 180.0), 181.0);
        assert_eq!(Crs::WGS84.turned_towards(-179.0, 0.0), -179.0);
        assert_eq!(Crs::EUROPE.turned_towards(5.0, 1e9), 5.0);
    }
}

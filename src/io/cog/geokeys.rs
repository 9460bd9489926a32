//! The GeoTIFF keys of the reference systems that are supported.

use super::tags::{Field, Value};
use crate::geom::crs::Crs;
use crate::geom::grid::Grid;

/// GeoTIFF key numbers and values (OGC 19-008r4).
mod key {
    pub(super) const MODEL_TYPE: u16 = 1024;
    pub(super) const RASTER_TYPE: u16 = 1025;
    pub(super) const CITATION: u16 = 1026;
    pub(super) const GEODETIC_CRS: u16 = 2048;
    pub(super) const GEODETIC_CITATION: u16 = 2049;
    pub(super) const ANGULAR_UNITS: u16 = 2054;
    pub(super) const PROJECTED_CRS: u16 = 3072;
    pub(super) const LINEAR_UNITS: u16 = 3076;
    pub(super) const PROJECTED: u16 = 1;
    pub(super) const GEOGRAPHIC: u16 = 2;
    pub(super) const PIXEL_IS_AREA: u16 = 1;
    pub(super) const DEGREE: u16 = 9102;
    pub(super) const METRE: u16 = 9001;
    /// Where a citation is kept: the tag GeoAsciiParams.
    pub(super) const IN_ASCII: u16 = 34737;
}

/// Pixel scale, tie point and keys of a grid.
pub(super) fn fields(grid: &Grid) -> Vec<Field> {
    let ((x, y), (dx, dy)) = (grid.origin(), grid.pixel());
    let (names, keys) = directory(grid.crs());
    vec![
        Field::new(33550, Value::Double(vec![dx, dy, 0.0])),
        Field::new(33922, Value::Double(vec![0.0, 0.0, 0.0, x, y, 0.0])),
        Field::new(34735, Value::Short(keys)),
        Field::new(34737, Value::Ascii(names)),
    ]
}

/// The citations, each ended by a bar, and the key directory.
fn directory(crs: Crs) -> (String, Vec<u16>) {
    // Every supported code has five digits at most and passes 16 bits.
    let code = u16::try_from(crs.epsg()).unwrap_or(0);
    let (name, base) = names(crs);
    let base_start = if crs.is_geographic() { 0 } else { name.len() as u16 + 1 };
    let base_citation = (key::GEODETIC_CITATION, key::IN_ASCII, base.len() as u16 + 1, base_start);
    let mut keys = vec![(key::RASTER_TYPE, 0, 1, key::PIXEL_IS_AREA)];
    if crs.is_geographic() {
        keys.extend([(key::MODEL_TYPE, 0, 1, key::GEOGRAPHIC), (key::GEODETIC_CRS, 0, 1, code), base_citation]);
    } else {
        keys.extend([
            (key::MODEL_TYPE, 0, 1, key::PROJECTED),
            (key::CITATION, key::IN_ASCII, name.len() as u16 + 1, 0),
            base_citation,
            (key::PROJECTED_CRS, 0, 1, code),
            (key::LINEAR_UNITS, 0, 1, key::METRE),
        ]);
    }
    keys.push((key::ANGULAR_UNITS, 0, 1, key::DEGREE));
    keys.sort_unstable();
    let mut words = vec![1, 1, 0, keys.len() as u16];
    words.extend(keys.into_iter().flat_map(|(key, place, count, value)| [key, place, count, value]));
    let text = if crs.is_geographic() { format!("{base}|") } else { format!("{name}|{base}|") };
    (text, words)
}

/// Names for people: of the system, and of the geographic one under it.
fn names(crs: Crs) -> (String, &'static str) {
    match crs.epsg() {
        3035 => ("ETRS89-extended / LAEA Europe".into(), "ETRS89"),
        3857 => ("WGS 84 / Pseudo-Mercator".into(), "WGS 84"),
        code @ 32601..=32660 => (format!("WGS 84 / UTM zone {}N", code - 32600), "WGS 84"),
        code @ 32701..=32760 => (format!("WGS 84 / UTM zone {}S", code - 32700), "WGS 84"),
        _ => (String::new(), "WGS 84"),
    }
}

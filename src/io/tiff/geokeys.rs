//! Where a TIFF lies on the ground: GeoKeys and affine tags of OGC GeoTIFF 1.1 (19-008r4).

use super::directory::Tags;
use crate::geom::crs::Crs;
use crate::geom::grid::Grid;

const PIXEL_SCALE: u16 = 33550;
const TIEPOINT: u16 = 33922;
const TRANSFORMATION: u16 = 34264;
const KEY_DIRECTORY: u16 = 34735;
const KEY_DOUBLES: u16 = 34736;
const KEY_TEXT: u16 = 34737;

const MODEL_TYPE: u16 = 1024;
const RASTER_TYPE: u16 = 1025;
const GEOGRAPHIC: u16 = 2048;
const DATUM: u16 = 2050;
const PRIME_MERIDIAN: u16 = 2051;
const ANGLE_UNIT: u16 = 2054;
const ELLIPSOID: u16 = 2056;
const SEMI_MAJOR: u16 = 2057;
const INVERSE_FLATTENING: u16 = 2059;
const TO_WGS84: u16 = 2062;
const PROJECTED: u16 = 3072;
const PROJECTION: u16 = 3074;
const METHOD: u16 = 3075;
const LENGTH_UNIT: u16 = 3076;
const ORIGIN_LONGITUDE: u16 = 3080;
const ORIGIN_LATITUDE: u16 = 3081;
const FALSE_EASTING: u16 = 3082;
const FALSE_NORTHING: u16 = 3083;
const CENTRE_LONGITUDE: u16 = 3088;
const CENTRE_LATITUDE: u16 = 3089;
const SCALE: u16 = 3092;

/// Says that a code is defined by the file itself.
const USER_DEFINED: u32 = 32767;

/// The reference system, and the grid or why there is none.
pub(super) fn place(tags: &Tags<'_>, shape: (usize, usize)) -> (Option<Crs>, Result<Grid, String>) {
    let keys = match Keys::read(tags) {
        Ok(keys) => keys,
        Err(reason) => return (None, Err(reason)),
    };
    let crs = keys.crs();
    let grid = affine(tags, keys.short(RASTER_TYPE) == Some(2)).and_then(|[x0, dx, y0, dy]| {
        let crs = crs.clone()?;
        Grid::new(crs, (x0, y0), (dx, dy), shape).map_err(|error| error.problem().to_owned())
    });
    (crs.ok(), grid)
}

/// x0, dx, y0, dy (positive, rows going south) of the outer north-western corner.
fn affine(tags: &Tags<'_>, at_centre: bool) -> Result<[f64; 4], String> {
    let read = |tag| tags.floats(tag).map_err(|error| error.to_string());
    let (scale, tie, matrix) = (read(PIXEL_SCALE)?, read(TIEPOINT)?, read(TRANSFORMATION)?);
    let [x0, dx, xr, y0, yr, dy] = match (scale.as_slice(), tie.as_slice(), matrix.as_slice()) {
        ([sx, sy, ..], [i, j, _, x, y, _, ..], _) => [x - i * sx, *sx, 0.0, y + j * sy, 0.0, *sy],
        (_, _, [a, b, _, d, e, f, _, h, _, _, _, _, _, _, _, _]) => [*d, *a, *b, *h, *e, -f],
        (_, [_, _, _, _, _, _, ..], _) => return Err("ground control points only, no affine".to_owned()),
        _ => return Err("no georeferencing".to_owned()),
    };
    if ![x0, dx, xr, y0, yr, dy].iter().all(|value| value.is_finite()) {
        return Err("the affine is not finite".to_owned());
    }
    if xr != 0.0 || yr != 0.0 {
        return Err("rotated: rows do not run east".to_owned());
    }
    if dx == 0.0 || dy == 0.0 {
        return Err("the pixel size is zero".to_owned());
    }
    if dx < 0.0 || dy < 0.0 {
        return Err("not north-up: rows run north or columns run west".to_owned());
    }
    let half = if at_centre { 0.5 } else { 0.0 };
    Ok([x0 - half * dx, dx, y0 + half * dy, dy])
}

/// The GeoKeys of one directory.
struct Keys {
    /// Key, tag of the value (0: in place), count, value or index.
    entries: Vec<[u16; 4]>,
    doubles: Vec<f64>,
    text: String,
}

impl Keys {
    fn read(tags: &Tags<'_>) -> Result<Self, String> {
        let tell = |error: crate::Error| error.to_string();
        let most = tags.limits.tag_bytes / 2;
        let shorts = tags.uints(KEY_DIRECTORY, most).map_err(tell)?.unwrap_or_default();
        let shorts: Vec<u16> = shorts.into_iter().map(|value| u16::try_from(value).unwrap_or(u16::MAX)).collect();
        let entries = shorts.as_chunks::<4>().0;
        let claimed = entries.first().map_or(0, |header| usize::from(header[3]));
        Ok(Self {
            entries: entries.iter().skip(1).take(claimed).copied().collect(),
            doubles: tags.floats(KEY_DOUBLES).map_err(tell)?,
            text: tags.text(KEY_TEXT).map_err(tell)?.unwrap_or_default(),
        })
    }

    fn entry(&self, key: u16) -> Option<[u16; 4]> {
        self.entries.iter().find(|entry| entry[0] == key).copied()
    }

    /// A code kept in the key itself.
    fn short(&self, key: u16) -> Option<u32> {
        self.entry(key).filter(|entry| entry[1] == 0).map(|entry| u32::from(entry[3]))
    }

    fn double(&self, key: u16) -> Option<f64> {
        let entry = self.entry(key).filter(|entry| entry[1] == KEY_DOUBLES)?;
        self.doubles.get(usize::from(entry[3])).copied()
    }

    /// A citation, without the closing bar.
    fn citation(&self, key: u16) -> Option<&str> {
        let entry = self.entry(key).filter(|entry| entry[1] == KEY_TEXT)?;
        let text = self.text.get(usize::from(entry[3])..)?;
        Some(text.get(..usize::from(entry[2])).unwrap_or(text).trim_end_matches(['|', '\0', ' ']))
    }

    /// The reference system, or why it is not known.
    fn crs(&self) -> Result<Crs, String> {
        if self.entries.is_empty() {
            return Err("no reference system".to_owned());
        }
        let projected = match (self.short(MODEL_TYPE), self.short(PROJECTED)) {
            (Some(1), _) | (None | Some(0), Some(_)) => true,
            (Some(2), _) | (None | Some(0), None) => false,
            (Some(3), _) => return Err("geocentric coordinates".to_owned()),
            _ => self.short(PROJECTED).is_some(),
        };
        let (unit, standard) = if projected { (LENGTH_UNIT, 9001) } else { (ANGLE_UNIT, 9102) };
        if self.short(unit).is_some_and(|code| code != standard) {
            return Err("units are neither metres nor degrees".to_owned());
        }
        let code = self.short(if projected { PROJECTED } else { GEOGRAPHIC }).filter(|code| *code != 0);
        let code = code.filter(|code| *code != USER_DEFINED).or_else(|| self.recognised(projected));
        let code = code.ok_or_else(|| self.nameless())?;
        Crs::from_epsg(code).map_err(|error| error.problem().to_owned())
    }

    fn nameless(&self) -> String {
        let citation = [1026, 3073, 2049].iter().find_map(|key| self.citation(*key)).filter(|text| !text.is_empty());
        match citation {
            Some(text) => format!("no EPSG code, but a definition named \"{}\"", crate::text::Foreign::new(text)),
            None => "no EPSG code".to_owned(),
        }
    }

    /// The code of a system that the file spells out, where its parameters leave no doubt.
    fn recognised(&self, projected: bool) -> Option<u32> {
        if !projected {
            return self.on_wgs84().then_some(4326);
        }
        self.utm_by_code()
            .or_else(|| self.utm_by_parameters())
            .or_else(|| self.laea_europe())
            .or_else(|| self.web_mercator())
    }

    /// Whether longitudes and latitudes are on WGS 84.
    fn on_wgs84(&self) -> bool {
        let greenwich = self.short(PRIME_MERIDIAN).is_none_or(|code| code == 8901);
        match self.short(GEOGRAPHIC) {
            Some(4326) => true,
            None | Some(USER_DEFINED) => self.short(DATUM) == Some(6326) && greenwich,
            _ => false,
        }
    }

    fn utm_by_code(&self) -> Option<u32> {
        let code = self.short(PROJECTION).filter(|_| self.on_wgs84())?;
        match code {
            16001..=16060 => Some(32600 + code - 16000),
            16101..=16160 => Some(32700 + code - 16100),
            _ => None,
        }
    }

    /// Transverse Mercator with the parameters of a UTM zone.
    fn utm_by_parameters(&self) -> Option<u32> {
        let sound = self.on_wgs84()
            && self.short(METHOD) == Some(1)
            && self.double(SCALE) == Some(0.9996)
            && self.double(FALSE_EASTING) == Some(500_000.0)
            && self.double(ORIGIN_LATITUDE) == Some(0.0);
        let zone = (self.double(ORIGIN_LONGITUDE).filter(|_| sound)? + 183.0) / 6.0;
        let zone = (1..=60).find(|number| f64::from(*number) == zone)?;
        match self.double(FALSE_NORTHING)? {
            0.0 => Some(32600 + zone),
            10_000_000.0 => Some(32700 + zone),
            _ => None,
        }
    }

    /// Lambert azimuthal equal-area of Europe, on ETRS89.
    fn laea_europe(&self) -> Option<u32> {
        let etrs89 = self.short(GEOGRAPHIC) == Some(4258) || self.short(DATUM) == Some(6258);
        let sound = (etrs89 || self.on_nameless_grs80())
            && self.short(METHOD) == Some(10)
            && self.double(CENTRE_LONGITUDE) == Some(10.0)
            && self.double(CENTRE_LATITUDE) == Some(52.0)
            && self.double(FALSE_EASTING) == Some(4_321_000.0)
            && self.double(FALSE_NORTHING) == Some(3_210_000.0);
        sound.then_some(3035)
    }

    /// Whether the datum has no name, but the ellipsoid GRS 1980 and no shift to WGS 84: products
    /// on the European grid are often written so.
    fn on_nameless_grs80(&self) -> bool {
        let nameless = |key| self.short(key).is_none_or(|code| code == USER_DEFINED);
        let spelled =
            self.double(SEMI_MAJOR) == Some(6_378_137.0) && self.double(INVERSE_FLATTENING) == Some(298.257_222_101);
        let shift = self.entry(TO_WGS84).and_then(|entry| {
            let start = usize::from(entry[3]);
            self.doubles.get(start..start + usize::from(entry[2]))
        });
        nameless(GEOGRAPHIC)
            && nameless(DATUM)
            && (self.short(ELLIPSOID) == Some(7019) || spelled)
            && shift.is_none_or(|shift| shift.iter().all(|value| *value == 0.0))
    }

    /// Web Mercator has no GeoTIFF method of its own: the citation must name it.
    fn web_mercator(&self) -> Option<u32> {
        let named = [1026, 3073].iter().filter_map(|key| self.citation(*key));
        let named = named.flat_map(|text| text.split('|')).map(|text| text.trim().trim_start_matches("PCS Name = "));
        let known = ["WGS 84 / Pseudo-Mercator", "WGS_1984_Web_Mercator_Auxiliary_Sphere", "EPSG:3857"];
        named.into_iter().any(|name| known.contains(&name)).then_some(3857)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(shorts: &[(u16, u16)], doubles: &[(u16, f64)], text: &str) -> Keys {
        let mut entries: Vec<[u16; 4]> = shorts.iter().map(|(key, value)| [*key, 0, 1, *value]).collect();
        entries.extend(doubles.iter().enumerate().map(|(at, (key, _))| [*key, KEY_DOUBLES, 1, at as u16]));
        entries.push([1026, KEY_TEXT, text.len() as u16, 0]);
        Keys { entries, doubles: doubles.iter().map(|(_, value)| *value).collect(), text: text.to_owned() }
    }

    fn code(keys: &Keys) -> Result<u32, String> {
        keys.crs().map(Crs::epsg)
    }

    #[test]
    fn codes_are_taken_as_they_are() {
        assert_eq!(code(&keys(&[(1024, 1), (3072, 32637)], &[], "")), Ok(32637));
        assert_eq!(code(&keys(&[(1024, 2), (2048, 4326)], &[], "")), Ok(4326));
        let reason = code(&keys(&[(1024, 1), (3072, 2154)], &[], "")).unwrap_err();
        assert!(reason.contains("EPSG:2154"), "{reason}");
    }

    const ZONE_37_SOUTH: [(u16, f64); 5] =
        [(3080, 39.0), (3081, 0.0), (3082, 500_000.0), (3083, 10_000_000.0), (3092, 0.9996)];

    #[test]
    fn a_spelled_out_zone_is_recognised_on_wgs84_only() {
        let spelled = [(1024, 1), (3072, 32767), (3075, 1), (2048, 4326)];
        assert_eq!(code(&keys(&spelled, &ZONE_37_SOUTH, "")), Ok(32737));
        let other = [(1024, 1), (3072, 32767), (3075, 1), (2048, 4284)];
        assert!(code(&keys(&other, &ZONE_37_SOUTH, "Pulkovo 1942")).unwrap_err().contains("Pulkovo"));
        let mut shifted = ZONE_37_SOUTH;
        shifted[0].1 = 38.0;
        assert!(code(&keys(&spelled, &shifted, "")).is_err());
    }

    #[test]
    fn zone_codes_and_citations_count() {
        assert_eq!(code(&keys(&[(1024, 1), (3072, 32767), (3074, 16036), (2048, 4326)], &[], "")), Ok(32636));
        assert_eq!(code(&keys(&[(1024, 1), (3072, 32767)], &[], "WGS 84 / Pseudo-Mercator|")), Ok(3857));
        assert_eq!(code(&keys(&[(1024, 2), (2048, 32767), (2050, 6326)], &[], "")), Ok(4326));
    }

    #[test]
    fn the_european_grid_is_recognised_on_etrs89_or_a_nameless_grs80() {
        let grid = [(3088, 10.0), (3089, 52.0), (3082, 4_321_000.0), (3083, 3_210_000.0)];
        let spelled = [(1024, 1), (3072, 32767), (3075, 10)];
        let with = |geographic: &[(u16, u16)]| code(&keys(&[&spelled, geographic].concat(), &grid, ""));
        assert_eq!(with(&[(2048, 4258)]), Ok(3035));
        assert_eq!(with(&[(2048, 32767), (2050, 32767), (2056, 7019)]), Ok(3035));
        assert!(with(&[(2048, 32767), (2050, 32767), (2056, 7030)]).is_err());
        assert!(with(&[(2048, 4326)]).is_err());
    }

    #[test]
    fn feet_are_refused() {
        let reason = code(&keys(&[(1024, 1), (3072, 32637), (3076, 9003)], &[], "")).unwrap_err();
        assert!(reason.contains("units"), "{reason}");
    }
}

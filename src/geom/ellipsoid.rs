//! The ellipsoid WGS 84: radii of curvature, areas of bands, and the scale of UTM.

/// Equatorial radius in metres.
pub(super) const A: f64 = 6_378_137.0;
/// Flattening.
const F: f64 = 1.0 / 298.257_223_563;
/// First eccentricity squared.
const E2: f64 = F * (2.0 - F);
/// Scale of UTM on its central meridian.
const UTM_K0: f64 = 0.9996;
/// Radius of the sphere with the ellipsoid's mean curvature, in metres.
const MEAN_RADIUS: f64 = 6_371_008.8;

/// Metres in a radian of longitude and in a radian of latitude at `lat` (degrees): N cos(lat)
/// and M (Snyder 1987, Map Projections - A Working Manual, equations 4-20 and 4-18).
pub(super) fn metres_per_radian(lat: f64) -> (f64, f64) {
    let (sin, cos) = lat.to_radians().sin_cos();
    let w2 = 1.0 - E2 * sin * sin;
    (A / w2.sqrt() * cos, A * (1.0 - E2) / (w2 * w2.sqrt()))
}

/// Area in square metres between the equator and `lat` (degrees) in one radian of longitude:
/// b^2/2 (sin/(1 - e^2 sin^2) + atanh(e sin)/e), which is a^2 q/2 of Snyder 1987, equation 3-12.
fn band_from_equator(lat: f64) -> f64 {
    let (sin, e) = (lat.to_radians().sin(), E2.sqrt());
    A * A * (1.0 - E2) / 2.0 * (sin / (1.0 - E2 * sin * sin) + (e * sin).atanh() / e)
}

/// Area in square metres between two parallels (degrees) over `width` degrees of longitude.
/// Latitudes are cut at the poles.
pub(super) fn band_area(south: f64, north: f64, width: f64) -> f64 {
    let (south, north) = (south.clamp(-90.0, 90.0), north.clamp(-90.0, 90.0));
    (band_from_equator(north) - band_from_equator(south)) * width.to_radians()
}

/// Latitude in degrees at `y` of EPSG:3857 (the sphere's inverse Mercator: EPSG method 1024).
pub(super) fn web_mercator_latitude(y: f64) -> f64 {
    (y / A).sinh().atan().to_degrees()
}

/// Ground area of a unit square of UTM, averaged between two eastings (metres): the mean of
/// 1/k^2 by Simpson's rule, with k = k0 (1 + x^2/2 + x^4/24), x the distance to the central
/// meridian in radii (Snyder 1987, equation 8-11, without the terms below 1e-5).
pub(super) fn utm_ground(west: f64, east: f64) -> f64 {
    let ground = |easting: f64| {
        let x2 = ((easting - 500_000.0) / UTM_K0 / MEAN_RADIUS).powi(2);
        (UTM_K0 * (1.0 + x2 / 2.0 + x2 * x2 / 24.0)).powi(-2)
    };
    (ground(west) + 4.0 * ground((west + east) / 2.0) + ground(east)) / 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_earth_has_its_area() {
        // 510 065 621.724 km2: Moritz 2000 gives it for GRS 80 and WGS 84 alike.
        let area = band_area(-90.0, 90.0, 360.0);
        assert!((area / 5.100_656_217_24e14 - 1.0).abs() < 1e-10, "{area}");
    }

    #[test]
    fn a_small_band_is_its_two_sides() {
        let (east, north) = metres_per_radian(49.7);
        let side = 1e-4_f64;
        let flat = east * north * side.to_radians().powi(2);
        assert!((band_area(49.7 - side / 2.0, 49.7 + side / 2.0, side) / flat - 1.0).abs() < 1e-8);
    }
}

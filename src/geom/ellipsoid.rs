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

/// Nodes and weights of Gauss and Legendre's rule of eight points on -1..1 (Abramowitz and
/// Stegun 1964, table 25.4); every node stands for itself and its mirror image.
const GAUSS: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_5),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_3),
];

/// Area in square metres within a closed ring of longitudes and latitudes (degrees) whose edges
/// are straight in them; positive counter-clockwise. By Green's theorem it is the integral of
/// the area down to a parallel over the longitude; on an edge that needs the mean of a smooth
/// function of latitude, which eight points give to the last digits over 60 degrees.
pub(crate) fn ring_area(ring: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let Some((_, lat0)) = ring.clone().next() else { return 0.0 };
    let base = band_from_equator(lat0);
    let edges = ring.clone().zip(ring.skip(1));
    let swept = |((lon_a, lat_a), (lon_b, lat_b)): ((f64, f64), (f64, f64))| {
        let width: f64 = lon_b - lon_a;
        if width == 0.0 { 0.0 } else { (mean_band(lat_a, lat_b) - base) * -width.to_radians() }
    };
    edges.map(swept).sum()
}

/// The mean of [`band_from_equator`] between two latitudes. On edges of up to a twentieth of a degree two points
/// of Gauss's rule give it to the last digits.
fn mean_band(from: f64, to: f64) -> f64 {
    const SHORT: f64 = 0.05;
    const NODE: f64 = 0.577_350_269_189_625_8;
    let (middle, half) = ((from + to) / 2.0, (to - from) / 2.0);
    if half.abs() <= SHORT / 2.0 {
        return (band_from_equator(middle - half * NODE) + band_from_equator(middle + half * NODE)) / 2.0;
    }
    let pieces = ((to - from).abs() / 60.0).ceil().max(1.0);
    let half = (to - from) / pieces / 2.0;
    let piece = |i: i32| {
        let middle = from + half * f64::from(2 * i + 1);
        let pair = |(node, weight): &(f64, f64)| {
            weight * (band_from_equator(middle + half * node) + band_from_equator(middle - half * node))
        };
        GAUSS.iter().map(pair).sum::<f64>() / 2.0
    };
    (0..pieces as i32).map(piece).sum::<f64>() / pieces
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
    fn a_ring_is_the_sum_of_its_bands() {
        let ring = |(w, s, e, n): (f64, f64, f64, f64)| [(w, s), (e, s), (e, n), (w, n), (w, s)].into_iter();
        for sides in [(-180.0, -90.0, 180.0, 90.0), (37.0, 49.0, 38.0, 50.0), (5.0, -30.0, 5.001, -29.0)] {
            let expected = band_area(sides.1, sides.3, sides.2 - sides.0);
            assert!((ring_area(ring(sides)) / expected - 1.0).abs() < 1e-9, "{sides:?}");
        }
        // Both triangles of a box together are the box.
        let low = ring_area([(0.0, -80.0), (50.0, -80.0), (50.0, 85.0), (0.0, -80.0)].into_iter());
        let high = ring_area([(0.0, -80.0), (50.0, 85.0), (0.0, 85.0), (0.0, -80.0)].into_iter());
        assert!(((low + high) / band_area(-80.0, 85.0, 50.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_small_band_is_its_two_sides() {
        let (east, north) = metres_per_radian(49.7);
        let side = 1e-4_f64;
        let flat = east * north * side.to_radians().powi(2);
        assert!((band_area(49.7 - side / 2.0, 49.7 + side / 2.0, side) / flat - 1.0).abs() < 1e-8);
    }
}

//! Tests of outlines on the ground.

use super::*;
use crate::geom::crs::Crs;
use geo::Validation;

fn grid(crs: u32, corner: (f64, f64), pixel: f64) -> Grid {
    Grid::new(Crs::from_epsg(crs).unwrap(), corner, (pixel, pixel), (20_000, 20_000)).unwrap()
}

/// Degrees from degrees, as they come.
fn same(x: f64, y: f64) -> Option<(f64, f64)> {
    Some((x, y))
}

fn square(side: u32) -> PixelPolygon {
    PixelPolygon { exterior: vec![[0, 0], [0, side], [side, side], [side, 0]], holes: vec![] }
}

fn valid(outline: &LonLat) -> bool {
    let shape = |rings: &Vec<Ring>| polygon(rings.iter().map(|ring| ring.iter().map(|place| place.map(f64::from))));
    outline.polygons.iter().all(|rings| shape(rings).is_valid())
}

/// Lambert's cone, spherical and rough: straight lines of the map are curved on the globe.
fn cone(x: f64, y: f64) -> Option<(f64, f64)> {
    let (apex, n) = (6_371_000.0, 0.766_f64);
    let (dx, dy) = (x, apex - y);
    Some((10.0 + (dx.atan2(dy) / n).to_degrees(), 50.0 + (apex - dx.hypot(dy)) / 111_195.0))
}

#[test]
fn long_edges_follow_the_ground() {
    let grid = grid(3035, (-300_000.0, 100_000.0), 20.0);
    let projection = Projection { grid: &grid, to_lonlat: &cone };
    let side = 10_000;
    let outline = projection.outline(&[square(side)]).unwrap();
    let ring = &outline.polygons[0][0];
    assert!((20..2000).contains(&ring.len()), "{} places", ring.len());
    // Every pixel corner of the edges lies within 0.1 pixels (2 m) of the ring.
    for along in (0..side).step_by(7) {
        for corner in [[0, along], [side, along], [along, 0], [along, side]] {
            let (lon, lat) = projection.place(corner).unwrap();
            let metres = |place: &Place| {
                let (east, north) = (f64::from(place[0]) / UNITS - lon, f64::from(place[1]) / UNITS - lat);
                (east * 111_195.0 * lat.to_radians().cos(), north * 111_195.0)
            };
            let sides = ring.iter().zip(ring.iter().cycle().skip(1));
            let nearest = sides.map(|(a, b)| segment(metres(a), metres(b))).fold(f64::MAX, f64::min);
            assert!(nearest < 2.0, "{nearest} m at {corner:?}");
        }
    }
}

/// Distance of the origin from a line segment.
fn segment((ax, ay): (f64, f64), (bx, by): (f64, f64)) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let t = (-(ax * dx + ay * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    (ax + t * dx).hypot(ay + t * dy)
}

#[test]
fn short_edges_get_no_place() {
    let grid = grid(4326, (10.0, 50.0), 0.0001);
    let outline = Projection { grid: &grid, to_lonlat: &same }.outline(&[square(10_000)]).unwrap();
    assert_eq!(
        outline.polygons,
        [[[
            [100_000_000, 500_000_000],
            [100_000_000, 490_000_000],
            [110_000_000, 490_000_000],
            [110_000_000, 500_000_000]
        ]]]
    );
}

#[test]
fn equal_places_are_dropped() {
    let grid = grid(4326, (10.0, 50.0), 1e-8);
    let projection = Projection { grid: &grid, to_lonlat: &same };
    assert!(projection.outline(&[square(1)]).unwrap().polygons.is_empty());
    let notched = PixelPolygon {
        exterior: vec![[0, 0], [0, 40], [1, 40], [1, 41], [40, 41], [40, 0]],
        holes: vec![vec![[5, 5], [6, 5], [6, 6], [5, 6]]],
    };
    let outline = projection.outline(&[notched]).unwrap();
    assert_eq!((outline.polygons[0].len(), outline.polygons[0][0].len()), (1, 4));
}

#[test]
fn the_cut_keeps_area_holes_and_turns() {
    let ring = PixelPolygon {
        exterior: vec![[0, 0], [0, 8], [8, 8], [8, 0]],
        holes: vec![
            vec![[1, 1], [2, 1], [2, 2], [1, 2]],
            vec![[3, 3], [5, 3], [5, 5], [3, 5]],
            vec![[6, 6], [7, 6], [7, 7], [6, 7]],
        ],
    };
    for x0 in [179.6, -180.4] {
        let grid = grid(4326, (x0, 10.0), 0.1);
        let outline = Projection { grid: &grid, to_lonlat: &same }.outline(std::slice::from_ref(&ring)).unwrap();
        assert_eq!(outline.polygons.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
        assert!(valid(&outline));
        assert_eq!(outline.extent().bbox(), Some([1_796_000_000, 92_000_000, -1_796_000_000, 100_000_000]));
        let there = self::grid(4326, (20.0, 10.0), 0.1);
        let uncut = Projection { grid: &there, to_lonlat: &same }.outline(std::slice::from_ref(&ring)).unwrap();
        assert!((outline.area_ha() / uncut.area_ha() - 1.0).abs() < 1e-4, "{} {}", outline.area_ha(), uncut.area_ha());
        let doubled = |ring: &Ring| -> i64 {
            let next = ring.iter().cycle().skip(1);
            ring.iter()
                .zip(next)
                .map(|(a, b)| i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1]))
                .sum()
        };
        for rings in &outline.polygons {
            assert!(doubled(&rings[0]) > 0 && rings[1..].iter().all(|hole| doubled(hole) < 0));
        }
    }
}

#[test]
fn the_cut_keeps_every_place() {
    let grid = grid(4326, (179.998_765_4, 12.345_678_9), 0.000_123_4);
    let outline = Projection { grid: &grid, to_lonlat: &same }.outline(&[square(16)]).unwrap();
    let (west, east, south, north) = (1_799_987_654, -1_799_992_602, 123_437_045, 123_456_789);
    let mut places: Vec<Place> = outline.polygons.concat().concat();
    places.sort_unstable();
    let half = HALF as i32;
    let mut expected = vec![[west, south], [west, north], [half, south], [half, north]];
    expected.extend([[-half, south], [-half, north], [east, south], [east, north]]);
    expected.sort_unstable();
    assert_eq!(places, expected);
}

#[test]
fn what_ends_at_the_antimeridian_is_not_cut() {
    for (x0, box_) in [(179.2, [1_792_000_000, 1_800_000_000]), (-180.0, [-1_800_000_000, -1_792_000_000])] {
        let grid = grid(4326, (x0, 10.0), 0.1);
        let outline = Projection { grid: &grid, to_lonlat: &same }.outline(&[square(8)]).unwrap();
        let bbox = outline.extent().bbox().unwrap();
        assert_eq!((outline.polygons.len(), [bbox[0], bbox[2]]), (1, box_));
    }
}

#[test]
fn the_box_leaves_out_the_widest_gap() {
    let extent = |parts: &[(i32, i32)]| Extent { parts: parts.to_vec(), latitudes: Some((1, 2)) }.bbox().unwrap();
    let degree = 10_000_000;
    assert_eq!(extent(&[(10 * degree, 20 * degree), (-5 * degree, 0)]), [-5 * degree, 1, 20 * degree, 2]);
    assert_eq!(
        extent(&[(-179 * degree, -178 * degree), (178 * degree, 179 * degree)]),
        [178 * degree, 1, -178 * degree, 2]
    );
    assert_eq!(Extent::default().bbox(), None);
}

#[test]
fn areas_are_geodesic() {
    // Oracle: pyproj 3.7, Geod(ellps="WGS84").polygon_area_perimeter([10, 10, 11, 11], [n, n-1, n-1, n])
    // for n = 1 and 61, and a square of 0.0003 by 0.0002 degrees at 37 east, 48 north; in m2.
    let area = |north, pixel, side, east| {
        let grid = grid(4326, (east, north), pixel);
        Projection { grid: &grid, to_lonlat: &same }.outline(&[square(side)]).unwrap().area_ha() * 1e4
    };
    assert!((area(1.0, 0.001, 1000, 10.0) / 12_308_778_361.469_452 - 1.0).abs() < 1e-9);
    assert!((area(61.0, 0.001, 1000, 10.0) / 6_122_943_163.071_411 - 1.0).abs() < 1e-9);
    assert!((area(48.0, 0.0001, 3, 37.0) / 3.0 * 2.0 / 497.857_981_652_021_4 - 1.0).abs() < 1e-4);
}

#[test]
fn short_edges_have_the_same_area() {
    // The same squares, their sides in one piece (geodesics) and in steps of at most 0.005 degrees.
    for (north, steps) in [(1, 4), (48, 4), (72, 4)] {
        let (east, side) = (370_000_000, 50_001);
        let corners = [[0, 0], [side, 0], [side, side], [0, side]].map(|[x, y]| [east + x, north * 10_000_000 + y]);
        let between = |a: Place, b: Place, step: i32| [0, 1].map(|axis| a[axis] + (b[axis] - a[axis]) / steps * step);
        let stepped: Ring = (0..4)
            .flat_map(|n| (0..steps).map(move |step| (n, step)))
            .map(|(n, step)| between(corners[n], corners[(n + 1) % 4], step))
            .collect();
        let [whole, stepped] = [corners.to_vec(), stepped].map(|ring| LonLat { polygons: vec![vec![ring]] }.area_ha());
        assert!((stepped / whole - 1.0).abs() < 1e-5, "{north}: {stepped} {whole}");
    }
}

#[test]
fn a_place_that_does_not_exist_is_refused() {
    let grid = grid(4326, (10.0, 95.0), 0.1);
    for to_lonlat in [&same as &dyn Fn(f64, f64) -> Option<(f64, f64)>, &|_, _| None, &|_, _| Some((f64::NAN, 0.0))] {
        let outcome = Projection { grid: &grid, to_lonlat }.outline(&[square(1)]);
        assert_eq!(outcome.unwrap_err().kind(), crate::Kind::Unsupported);
    }
}

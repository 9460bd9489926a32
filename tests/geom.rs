//! Shapes against foreign oracles (`tests/oracle/make_geom.py`), and the plan between grids.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "a test may read, print and fail"
)]

use groundtell::geom::aoi::Aoi;
use groundtell::geom::crs::{Crs, Transform};
use groundtell::geom::grid::{Bounds, Grid};
use groundtell::geom::relation::Relation;
use groundtell::geom::window::Window;
use groundtell::limits::Limits;
use serde_json::Value;

fn oracle(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/geom.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let list = all[name].as_array().unwrap().clone();
    assert!(!list.is_empty());
    list
}

fn number(case: &Value, name: &str) -> f64 {
    case[name].as_f64().unwrap_or_else(|| panic!("{name} in {case}"))
}

fn crs(code: u32) -> Crs {
    Crs::from_epsg(code).unwrap()
}

fn crs_of(case: &Value, name: &str) -> Crs {
    crs(case[name].as_u64().unwrap() as u32)
}

fn grid_of(case: &Value) -> Grid {
    let size = (number(case, "width") as usize, number(case, "height") as usize);
    let (corner, pixel) = ((number(case, "x0"), number(case, "y0")), (number(case, "dx"), number(case, "dy")));
    Grid::new(crs_of(case, "epsg"), corner, pixel, size).unwrap()
}

fn utm(x0: f64, y0: f64, pixel: f64, size: (usize, usize)) -> Grid {
    Grid::new(crs(32637), (x0, y0), (pixel, pixel), size).unwrap()
}

#[test]
fn places_are_those_of_proj() {
    for case in oracle("points") {
        let (forth, back) = (
            Transform::new(Crs::WGS84, crs_of(&case, "epsg")).unwrap(),
            Transform::new(crs_of(&case, "epsg"), Crs::WGS84).unwrap(),
        );
        let (x, y) = forth.point(number(&case, "lon"), number(&case, "lat")).unwrap();
        assert!((x - number(&case, "x")).abs() < 1e-6 && (y - number(&case, "y")).abs() < 1e-6, "{case}: {x} {y}");
        let (lon, lat) = back.point(number(&case, "x"), number(&case, "y")).unwrap();
        // PROJ's series for the latitude of 3035 does not bring its own forward value back: it
        // misses by up to 2e-9 degrees. There the place that went in is the oracle.
        let names = if crs_of(&case, "epsg") == Crs::EUROPE { ("lon", "lat") } else { ("lon_back", "lat_back") };
        let (lon0, lat0) = (number(&case, names.0), number(&case, names.1));
        assert!((lat - number(&case, "lat_back")).abs() < 1e-8);
        assert!((lon - lon0).abs() < 1e-11 && (lat - lat0).abs() < 1e-11, "{case}: {lon} {lat}");
    }
}

#[test]
fn one_projection_to_another_is_that_of_proj() {
    for case in oracle("across") {
        let across = Transform::new(crs_of(&case, "from"), crs_of(&case, "to")).unwrap();
        let (x, y) = across.point(number(&case, "x"), number(&case, "y")).unwrap();
        assert!((x - number(&case, "qx")).abs() < 1e-6 && (y - number(&case, "qy")).abs() < 1e-6, "{case}: {x} {y}");
    }
}

#[test]
fn pixels_have_their_ground_area() {
    for case in oracle("pixels") {
        let (grid, row) = (grid_of(&case), number(&case, "row") as usize);
        let (found, expected) = (grid.pixel_hectares(row), number(&case, "hectares"));
        let allowed = if grid.crs().utm_zone().is_some() { 2e-5 } else { 1e-6 };
        assert!((found / expected - 1.0).abs() < allowed, "{case}: {found}, {:e} off", found / expected - 1.0);
    }
}

#[test]
fn masks_are_those_of_rasterio_and_areas_those_of_geographiclib() {
    for case in oracle("masks") {
        let text = serde_json::json!({"type": "Polygon", "coordinates": case["rings"]}).to_string();
        let aoi = Aoi::from_geojson(&text, &Limits::default()).unwrap();
        assert!(aoi.notes().is_empty(), "{case}: {:?}", aoi.notes());
        let area = number(&case, "hectares");
        assert!((aoi.area_ha() / area - 1.0).abs() < 1e-6, "{}: {} {area}", case["name"], aoi.area_ha());
        let runs = aoi.runs_on(&grid_of(&case)).unwrap();
        let found: Vec<[u32; 3]> = runs.as_slice().iter().map(|run| [run.row, run.start, run.end]).collect();
        let expected: Vec<[u32; 3]> = serde_json::from_value(case["runs"].clone()).unwrap();
        assert!(expected.len() > 5);
        assert_eq!(found, expected, "{}", case["name"]);
    }
}

#[test]
fn boxes_snap_outwards_but_not_for_noise() {
    let grid = utm(399_960.0, 5_600_040.0, 10.0, (100, 80));
    assert_eq!(grid.window_of(&grid.bounds()), Some(grid.window()));
    let b = |west, south, east, north| Bounds { west, south, east, north };
    let noisy = b(400_000.000_001, 5_599_939.999_999, 400_099.999_999, 5_600_000.000_001);
    assert_eq!(grid.window_of(&noisy), Some(Window::new(4, 4, 10, 6)));
    assert_eq!(grid.window_of(&b(400_001.0, 5_599_999.0, 400_002.0, 5_599_999.5)), Some(Window::new(4, 4, 1, 1)));
    assert_eq!(grid.window_of(&b(-1e9, -1e9, 1e9, 1e9)), Some(grid.window()));
    assert_eq!(grid.window_of(&b(0.0, 0.0, 1.0, 1.0)), None);
    assert_eq!(grid.window_of(&b(f64::NAN, 0.0, 1.0, 1.0)), None);
    assert_eq!(Bounds::around([(0.0, 1.0), (f64::NAN, 2.0), (3.0, 4.0)]), None);
}

#[test]
fn grids_pad_coarsen_refine_and_intersect() {
    let grid = utm(400_000.0, 5_600_000.0, 10.0, (101, 80));
    assert_eq!(grid.pad(3).crop(Window::new(3, 3, 101, 80)), grid);
    let coarse = grid.coarsened(2).unwrap();
    assert_eq!((coarse.width(), coarse.height(), coarse.pixel()), (51, 40, (20.0, 20.0)));
    assert_eq!(coarse.refined(2).unwrap().pixel(), grid.pixel());
    assert!(grid.coarsened(0).is_err() && grid.refined(0).is_err() && grid.refined(usize::MAX).is_err());
    let other = utm(400_500.000_1, 5_599_900.0, 10.0, (100, 100));
    assert!(grid.is_aligned(&other) && other.is_aligned(&grid));
    assert_eq!(grid.intersect(&other).unwrap(), Some(grid.crop(Window::new(50, 10, 51, 70))));
    assert_eq!(grid.intersect(&utm(500_000.0, 5_600_000.0, 10.0, (9, 9))).unwrap(), None);
    let off = utm(400_005.0, 5_600_000.0, 10.0, (100, 100));
    assert!(!grid.is_aligned(&off) && grid.intersect(&off).is_err());
    assert!(!grid.is_aligned(&coarse));
}

#[test]
fn pixels_in_metres_follow_the_latitude() {
    let near =
        |(x, y): (f64, f64), (u, v): (f64, f64), part: f64| (x / u - 1.0).abs() < part && (y / v - 1.0).abs() < part;
    let degrees = Grid::new(Crs::WGS84, (37.0, 50.5), (0.001, 0.001), (1000, 1000)).unwrap();
    // At 50 N a degree is 71.69554 km long and 111.22894 km high on WGS 84 (tables of NGA).
    assert!(near(degrees.pixel_metres(), (71.695_54, 111.228_94), 2e-5), "{:?}", degrees.pixel_metres());
    let mercator = Grid::new(Crs::WEB_MERCATOR, (4_180_000.0, 6_446_275.84), (10.0, 10.0), (2, 2)).unwrap();
    let cos = 50.0_f64.to_radians().cos();
    assert!(near(mercator.pixel_metres(), (10.0 * cos, 10.0 * cos), 4e-3), "{:?}", mercator.pixel_metres());
    let (width, height) = mercator.pixel_metres();
    assert!((width * height / 1e4 / mercator.pixel_hectares(1) - 1.0).abs() < 1e-5);
}

fn said(work: &Grid, source: &Grid) -> String {
    Relation::between(work, source).unwrap().to_string()
}

#[test]
fn the_plan_between_grids_reads_well() {
    let tile = utm(399_960.0, 5_600_040.0, 10.0, (10_980, 10_980));
    let work = tile.crop(Window::new(12, 40, 500, 300));
    assert_eq!(said(&work, &tile), "copied, 12 columns in and 40 rows in");
    assert_eq!(said(&tile, &work), "copied, 12 columns before the edge and 40 rows before the edge");
    assert_eq!(said(&tile, &tile), "copied");
    let coarse = tile.coarsened(2).unwrap();
    assert_eq!(said(&work, &coarse), "refined 2 x 2");
    assert_eq!(said(&coarse, &tile), "averaged 2 x 2");
    let shifted = utm(399_955.0, 5_600_042.5, 10.0, (10_980, 10_980));
    assert_eq!(said(&tile, &shifted), "resampled bilinearly, shifted by 0.50, 0.25 px");
    assert_eq!(
        said(&utm(399_960.0, 5_600_040.0, 15.0, (9, 9)), &tile),
        "resampled bilinearly, 1.500 x 1.500 source pixels in a pixel"
    );
    let west = Grid::new(crs(32636), (800_000.0, 5_600_040.0), (10.0, 10.0), (9000, 9000)).unwrap();
    assert_eq!(said(&tile, &west), "reprojected EPSG:32636 -> EPSG:32637, bilinear");
    assert_eq!(said(&tile, &utm(600_000.0, 5_600_040.0, 10.0, (9, 9))), "not covered");
    let africa = Grid::new(crs(32736), (500_000.0, 9_000_000.0), (10.0, 10.0), (900, 900)).unwrap();
    assert_eq!(said(&tile, &africa), "not covered");
}

#[test]
fn noise_in_an_origin_does_not_resample() {
    let step = 0.000_179_663_056_823_9;
    let tile =
        Grid::new(Crs::WGS84, (36.999_999_999_999_94, 50.000_000_000_000_1), (step, step), (9000, 9000)).unwrap();
    let (x0, y0) = (37.0 + 1234.0 * step, 50.0 - 77.0 * step);
    let work = Grid::new(Crs::WGS84, (x0, y0), (step * (1.0 + 1e-12), step), (500, 500)).unwrap();
    assert_eq!(Relation::between(&work, &tile).unwrap(), Relation::Copy { col: 1234, row: 77 });
    let drifting = Grid::new(Crs::WGS84, (x0, y0), (step * (1.0 + 1e-5), step), (500, 500)).unwrap();
    assert!(matches!(Relation::between(&drifting, &tile).unwrap(), Relation::Shift { .. }));
}

#[test]
fn a_turn_of_the_earth_is_no_distance() {
    let east = Grid::new(Crs::WGS84, (170.0, 10.0), (0.1, 0.1), (200, 200)).unwrap();
    let west = Grid::new(Crs::WGS84, (-180.0, 10.0), (0.1, 0.1), (100, 200)).unwrap();
    assert_eq!(Relation::between(&west, &east).unwrap(), Relation::Copy { col: 100, row: 0 });
}

/// Every source pixel that bilinear weights (or a block, or a copy) of the window touch.
fn drawn_on(relation: &Relation, work: &Grid, source: &Grid, window: Window) -> Vec<(i64, i64)> {
    let mut pixels = Vec::new();
    for row in window.row..window.bottom() {
        for col in window.col..window.right() {
            let Some((x, y)) = relation.position(work, source, col as f64 + 0.5, row as f64 + 0.5) else { continue };
            let (c, r) = ((x - 0.5 + 1e-9).floor() as i64, (y - 0.5 + 1e-9).floor() as i64);
            let whole = matches!(relation, Relation::Copy { .. });
            let far = i64::from(!whole);
            pixels.extend([(c, r), (c + far, r), (c, r + far), (c + far, r + far)]);
        }
    }
    let inside =
        |&(c, r): &(i64, i64)| (0..source.width() as i64).contains(&c) && (0..source.height() as i64).contains(&r);
    pixels.retain(inside);
    pixels
}

#[test]
fn source_windows_hold_what_is_drawn_on() {
    let work = utm(700_003.0, 5_510_017.0, 20.0, (150, 120));
    let sources = [
        utm(699_960.0, 5_600_040.0, 10.0, (10_980, 10_980)),
        utm(700_003.0 + 400.0, 5_510_017.0 - 600.0, 20.0, (50, 50)),
        utm(700_003.0 - 800.0, 5_510_017.0 + 800.0, 40.0, (60, 50)),
        utm(700_003.0 + 400.0, 5_510_017.0 - 600.0, 10.0, (90, 80)),
        Grid::new(crs(32638), (265_000.0, 5_512_000.0), (10.0, 10.0), (500, 500)).unwrap(),
        Grid::new(Crs::WGS84, (41.75, 49.72), (0.0003, 0.0002), (80, 90)).unwrap(),
        Grid::new(Crs::EUROPE, (6_500_000.0, 3_200_000.0), (30.0, 30.0), (4000, 4000)).unwrap(),
    ];
    for source in &sources {
        let relation = Relation::between(&work, source).unwrap();
        for window in [work.window(), Window::new(0, 0, 1, 1), Window::new(70, 30, 31, 57), Window::new(149, 119, 1, 1)]
        {
            let drawn = drawn_on(&relation, &work, source, window);
            let found = relation.source_window(&work, source, window);
            let held = |(c, r): &(i64, i64)| {
                found.is_some_and(|w| {
                    (w.col as i64..w.right() as i64).contains(c) && (w.row as i64..w.bottom() as i64).contains(r)
                })
            };
            assert!(drawn.iter().all(held), "{relation} {window}: {found:?}");
            if let Some(found) = found {
                assert!(found.right() <= source.width() && found.bottom() <= source.height() && !found.is_empty());
                let needless = (found.len() as f64).sqrt() - (drawn.len() as f64).sqrt();
                assert!(needless < 60.0, "{relation} {window}: {found} is far too much");
            }
        }
    }
}

#[test]
fn positions_are_exact_to_a_twentieth_and_know_no_block() {
    let work = Grid::new(crs(32637), (300_000.0, 5_600_000.0), (10.0, 10.0), (1000, 900)).unwrap();
    let wide = Grid::new(crs(32637), (300_000.0, 7_600_000.0), (20_000.0, 20_000.0), (90, 70)).unwrap();
    let zone = Grid::new(crs(32636), (700_000.0, 5_610_000.0), (10.0, 10.0), (3000, 3000)).unwrap();
    let world = Grid::new(Crs::WGS84, (-180.0, 90.0), (0.25, 0.25), (1440, 720)).unwrap();
    for (work, source) in [(&work, &zone), (&wide, &world)] {
        let relation = Relation::between(work, source).unwrap();
        assert!(matches!(relation, Relation::Reproject { .. }));
        let whole = relation.source_position(work, source, Window::new(0, 0, 90, 70));
        let mut worst = 0.0_f64;
        for (i, (x, y)) in whole.cols.iter().zip(&whole.rows).enumerate() {
            let (col, row) = ((i % 90) as f64 + 0.5, (i / 90) as f64 + 0.5);
            let (u, v) = relation.position(work, source, col, row).unwrap();
            worst = worst.max((x - u).abs()).max((y - v).abs());
        }
        assert!(worst < 0.05, "{relation}: {worst} px");
        let part = relation.source_position(work, source, Window::new(37, 21, 20, 11));
        for row in 0..11 {
            for col in 0..20 {
                let (here, there) = (row * 20 + col, (row + 21) * 90 + col + 37);
                assert_eq!((part.cols[here], part.rows[here]), (whole.cols[there], whole.rows[there]));
            }
        }
    }
}

#[test]
fn a_shift_is_told_pixel_by_pixel() {
    let work = utm(400_000.0, 5_600_000.0, 10.0, (40, 40));
    let source = utm(399_995.0, 5_600_002.5, 10.0, (60, 60));
    let relation = Relation::between(&work, &source).unwrap();
    let found = relation.source_position(&work, &source, Window::new(5, 7, 2, 1));
    assert_eq!((found.cols, found.rows), (vec![6.0, 7.0], vec![7.75, 7.75]));
    let none = Relation::Disjoint.source_position(&work, &source, Window::new(0, 0, 1, 1));
    assert!(none.cols[0].is_nan() && none.rows[0].is_nan());
}

#[test]
fn the_area_of_kupiansk_is_sound() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/aoi/kupiansk/aoi.geojson")).unwrap();
    let aoi = Aoi::from_geojson(&text, &Limits::default()).unwrap();
    assert!(aoi.notes().is_empty());
    assert!((28_000.0..30_000.0).contains(&aoi.area_ha()), "{}", aoi.area_ha());
    let (lon, lat) = aoi.centre();
    assert_eq!(Crs::utm_of(lon, lat), crs(32637));
    let tile = utm(380_000.0, 5_530_000.0, 10.0, (4000, 4000));
    let runs = aoi.runs_on(&tile).unwrap();
    let hectares: f64 =
        runs.as_slice().iter().map(|run| f64::from(run.len()) * tile.pixel_hectares(run.row as usize)).sum();
    assert!((hectares / aoi.area_ha() - 1.0).abs() < 1e-3, "{hectares}");
}

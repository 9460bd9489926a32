//! GeoJSON and GeoPackage of the same objects, read back by GDAL (`tests/oracle/check_gpkg.py`).

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

use groundtell::geom::crs::Crs;
use groundtell::geom::grid::Grid;
use groundtell::geom::runs::{Run, Runs};
use groundtell::io::geojson::{Feature, Writer, lonlat::Projection};
use groundtell::io::gpkg;
use groundtell::kernel::label::{Connectivity, label, sieve};
use groundtell::vector::object::{Naming, Numbers, Object, objects};
use groundtell::vector::trace::trace;
use groundtell::vector::zonal::Zones;
use proj4rs::{Proj, transform::transform};
use serde_json::json;

/// Patches, specks and one frame whose edges are long.
fn mask() -> Runs {
    let mut seed = 7u64;
    let mut next = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ((seed >> 33) % below) as u32
    };
    let mut runs = Vec::new();
    for _ in 0..60 {
        let (row, column, size) = (next(400), next(400), 1 + next(20));
        runs.extend((row..row + size).map(|row| Run { row, start: column + next(3), end: column + 1 + size }));
    }
    for row in (0..500).filter(|row| *row < 2 || *row >= 498) {
        runs.push(Run { row, start: 0, end: 500 });
    }
    runs.extend((0..500).flat_map(|row| [(0, 2), (498, 500)].map(|(start, end)| Run { row, start, end })));
    Runs::from_unsorted(500, 500, runs)
}

fn found(grid: &Grid) -> Vec<Object> {
    let mask = sieve(&mask(), 3, Connectivity::Eight);
    let labels = label(&mask, Connectivity::Eight);
    let outlines = trace(&mask, &labels);
    let zones = Zones::new(labels.count);
    let numbers = Numbers { dnbr: &zones, rbr: &zones, classes: None };
    let naming = Naming { layer: "burn", dates: "2024-02-01/2024-02-11" };
    objects((&mask, &labels, outlines), grid, naming, numbers, &|_| 0.0)
}

/// Reference system, its PROJ string, north-western corner and pixel size.
const PLACES: [(u32, &str, (f64, f64), f64); 6] = [
    (4326, "+proj=longlat +datum=WGS84", (37.0, 48.0), 0.0002),
    (32637, "+proj=utm +zone=37 +datum=WGS84", (300_000.0, 5_400_000.0), 20.0),
    (32733, "+proj=utm +zone=33 +south +datum=WGS84", (700_000.0, 7_400_000.0), 500.0),
    (32660, "+proj=utm +zone=60 +datum=WGS84", (634_000.0, 7_200_000.0), 30.0),
    (3857, "+proj=webmerc +datum=WGS84", (4_000_000.0, 6_000_000.0), 20.0),
    (3035, "+proj=laea +lat_0=52 +lon_0=10 +x_0=4321000 +y_0=3210000 +ellps=GRS80", (5_500_000.0, 3_500_000.0), 100.0),
];

#[test]
fn gdal_reads_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for (code, proj, corner, pixel) in PLACES {
        let grid = Grid::new(Crs::from_epsg(code).unwrap(), corner, (pixel, pixel), (500, 500)).unwrap();
        let (from, to) =
            (Proj::from_proj_string(proj).unwrap(), Proj::from_proj_string("+proj=longlat +datum=WGS84").unwrap());
        let to_lonlat = |x: f64, y: f64| {
            let mut point = if code == 4326 { (x.to_radians(), y.to_radians(), 0.0) } else { (x, y, 0.0) };
            transform(&from, &to, &mut point).ok()?;
            Some((point.0.to_degrees(), point.1.to_degrees()))
        };
        let projection = Projection { grid: &grid, to_lonlat: &to_lonlat };
        let objects = found(&grid);
        let properties: Vec<_> = objects.iter().map(Object::properties).collect();
        let degrees = if code == 4326 { pixel } else { pixel / 111_320.0 };
        let mut writer = Writer::new(Vec::new(), Some(&json!({ "pixel_degrees": degrees }))).unwrap();
        for (object, properties) in objects.iter().zip(&properties) {
            let outline = projection.outline(&object.outline).unwrap();
            writer.feature(&Feature { id: &object.id, outline: &outline, properties }).unwrap();
        }
        let (json, package) =
            (folder.path().join(format!("{code}.geojson")), folder.path().join(format!("{code}.gpkg")));
        std::fs::write(&json, writer.finish().unwrap()).unwrap();
        let rows = objects.iter().zip(&properties);
        let rows: Vec<_> = rows
            .map(|(object, properties)| gpkg::Row { id: &object.id, outline: &object.outline, properties })
            .collect();
        let changed = "2024-02-12T08:30:00Z".parse().unwrap();
        let layer = gpkg::Layer { name: "objects", title: "Objects", description: "a test", grid: &grid, changed };
        gpkg::write(&package, &layer, &rows).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/check_gpkg.py");
        let done = std::process::Command::new("python3")
            .arg(script)
            .args([&package, &json])
            .args([code.to_string(), pixel.to_string()])
            .output();
        match done {
            Ok(done) if done.status.success() => print!("{}", String::from_utf8_lossy(&done.stdout)),
            Ok(done) if done.status.code() != Some(77) => panic!("{code}: {}", String::from_utf8_lossy(&done.stderr)),
            _ => return println!("skipped: no python3 with shapely, or no ogrinfo"),
        }
    }
}

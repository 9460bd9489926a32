//! Labels, sieve and polygons against rasterio, scipy and shapely (`tests/oracle/make_vector.py`).

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

use groundtell::geom::runs::{Run, Runs};
use groundtell::kernel::label::{Connectivity, label, sieve};
use groundtell::vector::trace::{PixelPolygon, trace};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn cases() -> Vec<Value> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/vector.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn mask(case: &Value) -> Runs {
    let width = case["width"].as_u64().unwrap() as u32;
    let rows = case["rows"].as_array().unwrap();
    let mut runs = Vec::new();
    for (row, bits) in rows.iter().enumerate() {
        let bits = u64::from_str_radix(bits.as_str().unwrap(), 16).unwrap();
        let set = (0..width).filter(|column| bits >> (width - 1 - column) & 1 == 1);
        runs.extend(set.map(|start| Run { row: row as u32, start, end: start + 1 }));
    }
    Runs::from_unsorted(width, rows.len() as u32, runs)
}

fn hexed(mask: &Runs) -> String {
    let row =
        |row| mask.row(row).iter().flat_map(|run| run.start..run.end).map(|column| 1u64 << (mask.width() - 1 - column));
    (0..mask.height()).map(|at| format!("{:x}", row(at).sum::<u64>())).collect::<Vec<_>>().join("\n")
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn connectivity(number: u64) -> Connectivity {
    if number == 8 { Connectivity::Eight } else { Connectivity::Four }
}

#[test]
fn labels_have_the_sizes_that_scipy_finds() {
    for case in cases() {
        for number in [4, 8] {
            let expected: Vec<u64> = serde_json::from_value(case["labels"][number.to_string()].clone()).unwrap();
            assert_eq!(label(&mask(&case), connectivity(number)).sizes, expected, "{}", case["name"]);
        }
    }
}

#[test]
fn the_sieve_equals_gdal_s() {
    let mut compared = 0;
    for case in cases() {
        for expected in case["sieves"].as_array().unwrap() {
            let (size, number) = (expected["size"].as_u64().unwrap(), expected["connectivity"].as_u64().unwrap());
            let ours = hexed(&sieve(&mask(&case), size, connectivity(number)));
            assert_eq!(sha256(&ours), expected["sha256"], "{} below {size}, {number}-connected:\n{ours}", case["name"]);
            compared += 1;
        }
    }
    assert!(compared > 300, "{compared} sieves");
}

#[test]
fn the_polygons_equal_gdal_s() {
    for case in cases() {
        let mask = mask(&case);
        let polygons: Vec<PixelPolygon> =
            trace(&mask, &label(&mask, Connectivity::Four)).into_iter().flatten().collect();
        let mut sizes: Vec<_> =
            polygons.iter().map(|polygon| [polygon.pixels(), polygon.rings().count() as u64]).collect();
        sizes.sort_unstable();
        assert_eq!(serde_json::json!(sizes), case["polygons"], "{}", case["name"]);
        let line = |ring: &[[u32; 2]]| ring.iter().map(|[x, y]| format!("{x},{y}")).collect::<Vec<_>>().join(" ");
        let mut lines: Vec<_> = polygons.iter().flat_map(PixelPolygon::rings).map(line).collect();
        lines.sort_unstable();
        assert_eq!(sha256(&lines.join("\n")), case["outline"], "{}", case["name"]);
    }
}

#[test]
fn corner_connected_objects_are_counted_alike() {
    for case in cases() {
        let mask = mask(&case);
        let objects = label(&mask, Connectivity::Eight);
        let outlines = trace(&mask, &objects);
        assert_eq!(outlines.len() as u64, case["eight_parts"].as_u64().unwrap(), "{}", case["name"]);
        let pixels: Vec<u64> = outlines.iter().map(|outline| outline.iter().map(PixelPolygon::pixels).sum()).collect();
        assert_eq!(pixels, objects.sizes, "{}", case["name"]);
    }
}

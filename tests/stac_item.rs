//! A written STAC Item, read back by pystac and rasterio (`tests/oracle/check_item.py`).

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
use groundtell::io::raster::Dtype;
use groundtell::report::preview::{Frame, index_map};
use groundtell::report::ramp::{Cover, Legend, Ramp};
use groundtell::stac::asset::{Asset, Band, Class, Media, Statistics};
use groundtell::stac::item::{Item, Source, When};
use ndarray::Array2;
use sha2::Digest;
use std::path::Path;
use std::process::Command;

/// Runs the script; false when python or one of its packages is not there.
fn script(verb: &str, folder: &Path) -> bool {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/check_item.py");
    let Ok(output) = Command::new("python3").arg(script).arg(verb).arg(folder).output() else { return false };
    println!("{}", String::from_utf8_lossy(&output.stdout));
    match output.status.code() {
        Some(77) => false,
        code => {
            assert_eq!(code, Some(0), "{}", String::from_utf8_lossy(&output.stderr));
            true
        }
    }
}

fn asset(folder: &Path, key: &str, path: &str, media: Media, roles: Vec<&'static str>) -> Asset {
    let content = std::fs::read(folder.join(path)).unwrap();
    Asset {
        key: key.to_owned(),
        path: path.to_owned(),
        title: key.to_owned(),
        media,
        roles,
        sha256: sha2::Sha256::digest(&content).into(),
        size: content.len() as u64,
        grid: None,
        bands: Vec::new(),
    }
}

fn bands() -> Vec<Band> {
    let class = |value, name: &str| Class {
        value,
        name: name.to_owned(),
        description: format!("{name} by the method"),
        colour: Some([200, 90, 20]),
    };
    vec![Band {
        name: "dnbr".to_owned(),
        description: "NBR before minus NBR after".to_owned(),
        dtype: Dtype::I16,
        nodata: Some(-32768.0),
        scale: Some(1e-4),
        offset: Some(0.0),
        unit: Some("1".to_owned()),
        statistics: Some(Statistics { minimum: 0.0, maximum: 34.0, mean: 17.0, stddev: 10.1, valid_percent: 100.0 }),
        classes: vec![class(0, "unchanged"), class(1, "burned")],
    }]
}

fn item(grid: Grid, mut assets: Vec<Asset>) -> Item {
    assets[0].grid = Some(grid);
    assets[0].bands = bands();
    let corners = [[37.5, 49.6], [37.7, 49.6], [37.7, 49.7], [37.5, 49.7], [37.5, 49.6]];
    let ring = corners.map(|corner| corner.to_vec()).to_vec();
    Item {
        id: "run-1".to_owned(),
        title: "Change over a field".to_owned(),
        description: "dNBR of two scenes, SIMULATED.".to_owned(),
        geometry: geojson::Geometry::new(geojson::GeometryValue::new_polygon([ring])),
        bbox: [37.5, 49.6, 37.7, 49.7],
        when: When::days(groundtell::time::date_in("20250501"), groundtell::time::date_in("20250511")).unwrap(),
        lineage: "dNBR, seed and grow".to_owned(),
        properties: vec![("gsd".to_owned(), 20.into()), ("groundtell:simulated".to_owned(), true.into())],
        assets,
        derived_from: vec![Source {
            href: "https://host/item.json?sig=x".to_owned(),
            title: Some("before".to_owned()),
        }],
    }
}

#[test]
fn pystac_and_rasterio_agree_with_the_item() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if !script("make", folder) {
        println!("skipped: no python with pystac, jsonschema and rasterio");
        return;
    }
    let grid = Grid::new(Crs::from_epsg(32637).unwrap(), (400_000.0, 5_500_000.0), (20.0, 10.0), (7, 5)).unwrap();
    let (values, mask) = (Array2::from_elem((5, 7), 0.3f32), Array2::zeros((5, 7)));
    let frame = Frame::new("dNBR", "2025-05-01 to 2025-05-11", grid);
    let legend = Legend::dnbr(Cover::Other);
    let picture = index_map(&frame, values.view(), mask.view(), &Ramp::dnbr(), &legend, None).unwrap();
    std::fs::create_dir(folder.join("preview")).unwrap();
    std::fs::write(folder.join("preview/dnbr.png"), picture).unwrap();
    let assets = vec![
        asset(folder, "dnbr", "layers/dnbr.tif", Media::Cog, vec!["data"]),
        asset(folder, "preview", "preview/dnbr.png", Media::Png, vec!["overview"]),
    ];
    std::fs::write(folder.join("item.json"), item(grid, assets).to_bytes().unwrap()).unwrap();
    assert!(script("check", folder));
}

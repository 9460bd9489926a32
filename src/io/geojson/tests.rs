//! Tests of the GeoJSON writer.

use super::*;
use lonlat::Projection;
use proptest::prelude::*;
use serde_json::json;

use crate::geom::crs::Crs;
use crate::geom::grid::Grid;
use crate::vector::trace::PixelPolygon;

/// A grid in degrees that needs no projection.
fn outline(x0: f64, polygons: &[PixelPolygon]) -> LonLat {
    let grid = Grid::new(Crs::WGS84, (x0, 48.0), (0.001, 0.001), (100, 100)).unwrap();
    Projection { grid: &grid, to_lonlat: &|x, y| Some((x, y)) }.outline(polygons).unwrap()
}

fn square() -> PixelPolygon {
    PixelPolygon { exterior: vec![[0, 0], [0, 4], [4, 4], [4, 0]], holes: vec![vec![[1, 1], [2, 1], [2, 2], [1, 2]]] }
}

#[test]
fn a_collection_has_one_feature_a_line() {
    let properties = json!({"area_ha": 1.5, "a": null});
    let properties = properties.as_object().unwrap();
    let (here, nowhere) = (outline(37.0, &[square()]), LonLat::default());
    let mut writer = Writer::new(Vec::new(), Some(&json!({"SIMULATED": true}))).unwrap();
    for (id, outline) in [("one", &here), ("\"two\"", &nowhere)] {
        writer.feature(&Feature { id, outline, properties }).unwrap();
    }
    let text = String::from_utf8(writer.finish().unwrap()).unwrap();
    let expected = [
        r#"{"type":"FeatureCollection","groundtell":{"SIMULATED":true},"features":["#,
        concat!(
            r#"{"type":"Feature","id":"one","bbox":[37,47.996,37.004,48],"geometry":{"type":"Polygon","coordinates":["#,
            r#"[[37,48],[37,47.996],[37.004,47.996],[37.004,48],[37,48]],"#,
            r#"[[37.001,47.999],[37.002,47.999],[37.002,47.998],[37.001,47.998],[37.001,47.999]]]},"#,
            r#""properties":{"area_ha":1.5,"a":null}},"#
        ),
        r#"{"type":"Feature","id":"\"two\"","geometry":null,"properties":{"area_ha":1.5,"a":null}}"#,
        r#"],"bbox":[37,47.996,37.004,48]}"#,
        "",
    ];
    assert_eq!(text, expected.join("\n"));
    let parsed: geojson::GeoJson = text.parse().unwrap();
    assert!(matches!(parsed, geojson::GeoJson::FeatureCollection(found) if found.features.len() == 2));
}

#[test]
fn an_empty_collection_is_valid() {
    let text = Writer::new(Vec::new(), None).unwrap().finish().unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), "{\"type\":\"FeatureCollection\",\"features\":[\n]}\n");
}

#[test]
fn an_object_across_the_antimeridian_is_cut() {
    let properties = Map::new();
    let outline = outline(179.998, &[square()]);
    let mut writer = Writer::new(Vec::new(), None).unwrap();
    writer.feature(&Feature { id: "x", outline: &outline, properties: &properties }).unwrap();
    let text: Value = serde_json::from_slice(&writer.finish().unwrap()).unwrap();
    assert_eq!(text["bbox"], json!([179.998, 47.996, -179.998, 48]));
    assert_eq!(text["features"][0]["geometry"]["type"], "MultiPolygon");
}

proptest! {
    #[test]
    fn degrees_are_read_back(units in -1_800_000_000i32..=1_800_000_000) {
        let mut line = Vec::new();
        degrees(&mut line, units);
        let text = std::str::from_utf8(&line).unwrap();
        prop_assert!(!text.contains('.') || !text.ends_with('0'));
        let number: f64 = text.parse().unwrap();
        prop_assert_eq!((number * 1e7).round() as i32, units);
        prop_assert_eq!(number, f64::from(units) / 1e7);
    }
}

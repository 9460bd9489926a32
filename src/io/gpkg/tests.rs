//! Tests of the GeoPackage writer; GDAL's view of it is in `tests/oracle/check_gpkg.py`.

use super::*;
use crate::geom::crs::Crs;
use serde_json::json;

fn grid() -> Grid {
    Grid::new(Crs::from_epsg(32637).unwrap(), (300_000.0, 5_000_040.0), (20.0, 20.0), (9, 9)).unwrap()
}

fn layer(grid: &Grid) -> Layer<'_> {
    let changed = "2024-02-12T08:30:00Z".parse().unwrap();
    Layer { name: "objects", title: "Objects", description: "SIMULATED", grid, changed }
}

fn write_two(path: &Path) -> Result<()> {
    let square = PixelPolygon { exterior: vec![[1, 1], [1, 2], [2, 2], [2, 1]], holes: vec![] };
    let one = json!({"area_ha": 1, "class": null, "geom": "taken", "Area_HA": true, "list": [1]});
    let two = json!({"area_ha": 1.5, "class": 3, "flags": "x\"; DROP TABLE objects; --"});
    let row = |id, properties: &'static str| (id, serde_json::from_str::<Map<String, Value>>(properties).unwrap());
    let rows =
        [row("a", Box::leak(one.to_string().into_boxed_str())), row("b", Box::leak(two.to_string().into_boxed_str()))];
    let rows: Vec<Row<'_>> =
        rows.iter().map(|(id, properties)| Row { id, outline: std::slice::from_ref(&square), properties }).collect();
    write(path, &layer(&grid()), &rows)
}

#[test]
fn columns_have_types_and_names_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gpkg");
    write_two(&path).unwrap();
    let file = Connection::open(&path).unwrap();
    let mut statement = file.prepare("SELECT name, type FROM pragma_table_info('objects')").unwrap();
    let columns =
        statement.query_map([], |row| Ok(format!("{} {}", row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    let columns: Vec<String> = columns.unwrap().map(|column| column.unwrap()).collect();
    assert_eq!(
        columns,
        [
            "fid INTEGER",
            "geom MULTIPOLYGON",
            "id TEXT",
            "area_ha REAL",
            "class INTEGER",
            "geom_ TEXT",
            "Area_HA_ BOOLEAN",
            "list TEXT",
            "flags TEXT"
        ]
    );
    let second: (String, f64, i64, String) = file
        .query_row("SELECT id, area_ha, class, flags FROM objects WHERE fid = 2", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .unwrap();
    assert_eq!(second, ("b".into(), 1.5, 3, "x\"; DROP TABLE objects; --".into()));
    let changed: String = file.query_row("SELECT last_change FROM gpkg_contents", [], |row| row.get(0)).unwrap();
    assert_eq!(changed, "2024-02-12T08:30:00.000Z");
}

#[test]
fn the_same_objects_give_the_same_bytes_and_no_other_file() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one.gpkg"), folder.path().join("two.gpkg"));
    std::fs::write(&two, "").unwrap();
    write_two(&one).unwrap();
    write_two(&two).unwrap();
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_file_that_holds_something_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("full.gpkg");
    std::fs::write(&path, "precious").unwrap();
    assert_eq!(write_two(&path).unwrap_err().kind(), Kind::Exists);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
}

#[test]
fn reserved_names_are_refused() {
    let grid = grid();
    for name in ["", "gpkg_contents", "SQLITE_x", "a\0b"] {
        let outcome = write(Path::new("/nowhere/x.gpkg"), &Layer { name, ..layer(&grid) }, &[]);
        assert_eq!(outcome.unwrap_err().kind(), Kind::Usage, "{name}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let error = write_two(Path::new("/nowhere/x.gpkg")).unwrap_err();
    assert_eq!((error.kind(), error.place()), (Kind::Environment, Some("/nowhere/x.gpkg")));
}

#[test]
fn an_empty_geometry_is_marked() {
    assert_eq!(geometry(&grid(), &[])[..8], [b'G', b'P', 0, 0b1_0001, 0x7d, 0x7f, 0, 0]);
}

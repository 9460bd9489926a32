//! GeoPackage 1.3 (OGC 12-128r17) out: one layer of objects in the raster's own reference system.
//!
//! The same objects and time give the same bytes; nothing is written beside the file.

mod srs;
mod table;

use std::path::Path;

use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OpenFlags, params, params_from_iter};
use serde_json::{Map, Value};

use crate::error::{Error, Kind, Result};
use crate::geom::grid::Grid;
use crate::text::shown_path;
use crate::vector::trace::{Corner, PixelPolygon};
use table::{Column, columns, quoted};

/// "GPKG".
const APPLICATION: i32 = 0x4750_4B47;
/// Version 1.3.0.
const VERSION: i32 = 10_300;

/// What the layer is called and where it lies.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'a> {
    /// Name of the table.
    pub name: &'a str,
    /// Title for people; unique in the file.
    pub title: &'a str,
    /// What it holds, with the word SIMULATED where that is so.
    pub description: &'a str,
    /// The grid that the outlines' pixels are counted on.
    pub grid: &'a Grid,
    /// Written as the time of the last change.
    pub changed: jiff::Timestamp,
}

/// One object.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Written to the column `id`.
    pub id: &'a str,
    /// Its polygons along pixel edges.
    pub outline: &'a [PixelPolygon],
    /// Its further columns. Types are found over all rows; lists and objects become JSON text.
    pub properties: &'a Map<String, Value>,
}

/// Writes a GeoPackage to `path`, which is new or an empty file. The file is closed, but not
/// synchronised with the disk.
///
/// # Errors
/// `Usage` for a table name that GeoPackage or SQLite keep for themselves; `Exists` when the file
/// holds something; `Environment` when SQLite cannot write.
pub fn write(path: &Path, layer: &Layer<'_>, rows: &[Row<'_>]) -> Result<()> {
    let reserved = ["gpkg_", "sqlite_", "rtree_"];
    let lower = layer.name.to_ascii_lowercase();
    if lower.is_empty() || lower.contains('\0') || reserved.iter().any(|prefix| lower.starts_with(prefix)) {
        return Err(Error::usage(
            "a GeoPackage table must have a name, and none that begins with gpkg_, sqlite_ or rtree_",
        ));
    }
    let holds = std::fs::metadata(path).is_ok_and(|found| found.len() > 0);
    if holds {
        return Err(Error::new(Kind::Exists, "the file is not empty").at(shown_path(path)));
    }
    fill(path, layer, rows).map_err(|error| Error::new(Kind::Environment, error.to_string()).at(shown_path(path)))
}

fn fill(path: &Path, layer: &Layer<'_>, rows: &[Row<'_>]) -> rusqlite::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut file = Connection::open_with_flags(path, flags)?;
    file.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;")?;
    file.pragma_update(None, "application_id", APPLICATION)?;
    file.pragma_update(None, "user_version", VERSION)?;
    let columns = columns(rows.iter().map(|row| row.properties));
    let work = file.transaction()?;
    work.execute_batch(table::SCHEMA)?;
    reference_systems(&work, layer.grid)?;
    work.execute_batch(&table::definition(layer.name, &columns))?;
    register(&work, layer, rows)?;
    insert(&work, layer, &columns, rows)?;
    work.commit()?;
    file.close().map_err(|(_, error)| error)
}

/// The two undefined systems that GeoPackage asks for, EPSG:4326, and the grid's own.
fn reference_systems(file: &Connection, grid: &Grid) -> rusqlite::Result<()> {
    let own = grid.crs().epsg();
    let mut statement = file.prepare("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, NULL)")?;
    for (code, name) in [(-1, "Undefined Cartesian"), (0, "Undefined geographic")] {
        statement.execute(params![name, code, "NONE", code, "undefined"])?;
    }
    for code in [4326, own].into_iter().take(if own == 4326 { 1 } else { 2 }) {
        let (name, definition) = srs::describe(code);
        statement.execute(params![name, code, "EPSG", code, definition])?;
    }
    Ok(())
}

/// Lists the table among the contents, with its box, and its geometry column.
fn register(file: &Connection, layer: &Layer<'_>, rows: &[Row<'_>]) -> rusqlite::Result<()> {
    let sides = bounds(layer.grid, rows.iter().flat_map(|row| row.outline));
    let [west, south, east, north] = sides.map_or([None; 4], |sides| sides.map(Some));
    let (srs, changed) = (layer.grid.crs().epsg(), layer.changed.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string());
    file.execute(
        "INSERT INTO gpkg_contents VALUES (?, 'features', ?, ?, ?, ?, ?, ?, ?, ?)",
        params![layer.name, layer.title, layer.description, changed, west, south, east, north, srs],
    )?;
    file.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'MULTIPOLYGON', ?, 0, 0)",
        params![layer.name, srs],
    )?;
    Ok(())
}

fn insert(file: &Connection, layer: &Layer<'_>, columns: &[Column], rows: &[Row<'_>]) -> rusqlite::Result<()> {
    let names: String = columns.iter().map(|column| format!(", {}", quoted(&column.name))).collect();
    let marks = ", ?".repeat(columns.len());
    let mut statement =
        file.prepare(&format!("INSERT INTO {} (geom, id{names}) VALUES (?, ?{marks})", quoted(layer.name)))?;
    for row in rows {
        let own = [Cell::Blob(geometry(layer.grid, row.outline)), Cell::Text(row.id.to_owned())];
        let cells = columns.iter().map(|column| column.cell(row.properties));
        statement.execute(params_from_iter(own.into_iter().chain(cells)))?;
    }
    Ok(())
}

/// West, south, east, north in units of the reference system.
fn bounds<'a>(grid: &Grid, polygons: impl Iterator<Item = &'a PixelPolygon>) -> Option<[f64; 4]> {
    let corners = polygons.flat_map(|polygon| &polygon.exterior);
    let sides = corners.fold(None, |sides: Option<[u32; 4]>, [x, y]| {
        let [left, top, right, bottom] = sides.unwrap_or([*x, *y, *x, *y]);
        Some([left.min(*x), top.min(*y), right.max(*x), bottom.max(*y)])
    })?;
    let [left, top, right, bottom] = sides.map(f64::from);
    let ((west, north), (east, south)) = (grid.to_map(left, top), grid.to_map(right, bottom));
    Some([west, south, east, north])
}

/// A GeoPackage blob: header with envelope, then a MultiPolygon as little-endian WKB.
fn geometry(grid: &Grid, outline: &[PixelPolygon]) -> Vec<u8> {
    let sides = bounds(grid, outline.iter());
    // Bit 0: little endian; bits 1 to 3: an envelope of x and y; bit 4: empty.
    let flags = if sides.is_some() { 0b0_0011 } else { 0b1_0001 };
    let mut blob = vec![b'G', b'P', 0, flags];
    blob.extend(grid.crs().epsg().to_le_bytes());
    if let Some([west, south, east, north]) = sides {
        [west, east, south, north].iter().for_each(|side| blob.extend(side.to_le_bytes()));
    }
    head(&mut blob, 6, outline.len());
    for polygon in outline {
        head(&mut blob, 3, 1 + polygon.holes.len());
        polygon.rings().for_each(|corners| ring(&mut blob, grid, corners));
    }
    blob
}

/// Byte order, type and number of parts of a WKB geometry.
fn head(blob: &mut Vec<u8>, kind: u32, parts: usize) {
    blob.push(1);
    blob.extend(kind.to_le_bytes());
    blob.extend((parts as u32).to_le_bytes());
}

/// A ring, closed.
fn ring(blob: &mut Vec<u8>, grid: &Grid, corners: &[Corner]) {
    blob.extend((corners.len() as u32 + 1).to_le_bytes());
    for [column, row] in corners.iter().chain(corners.first()) {
        let (x, y) = grid.to_map(f64::from(*column), f64::from(*row));
        blob.extend(x.to_le_bytes());
        blob.extend(y.to_le_bytes());
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test looks at the files that were written")]
mod tests;

//! The tables of a GeoPackage: those that the standard asks for, and the layer's own.

use std::collections::{HashMap, HashSet};

use rusqlite::types::Value as Cell;
use serde_json::{Map, Value};

/// The tables that every GeoPackage with features has.
pub(super) const SCHEMA: &str = "
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
";

/// What a column holds, from the narrowest to the widest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nothing,
    Boolean,
    Integer,
    Real,
    Text,
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_i64() => Self::Integer,
            Value::Number(_) => Self::Real,
            _ => Self::Text,
        }
    }

    /// What holds both.
    fn with(self, other: Self) -> Self {
        match (self, other) {
            (one, two) if one == two => one,
            (Self::Nothing, kind) | (kind, Self::Nothing) => kind,
            (Self::Integer, Self::Real) | (Self::Real, Self::Integer) => Self::Real,
            _ => Self::Text,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Nothing | Self::Text => "TEXT",
        }
    }
}

/// A column of the layer, made of one property.
#[derive(Debug, Clone)]
pub(super) struct Column {
    property: String,
    /// Its name in the table.
    pub(super) name: String,
    kind: Kind,
}

impl Column {
    /// The value of one row.
    pub(super) fn cell(&self, properties: &Map<String, Value>) -> Cell {
        match (self.kind, properties.get(&self.property)) {
            (_, None | Some(Value::Null)) => Cell::Null,
            (Kind::Boolean, Some(Value::Bool(value))) => Cell::Integer(i64::from(*value)),
            (Kind::Integer, Some(Value::Number(value))) => value.as_i64().map_or(Cell::Null, Cell::Integer),
            (Kind::Real, Some(Value::Number(value))) => value.as_f64().map_or(Cell::Null, Cell::Real),
            (_, Some(Value::String(text))) => Cell::Text(text.clone()),
            (_, Some(value)) => Cell::Text(value.to_string()),
        }
    }
}

/// The columns for these properties, in the order of first appearance. SQLite does not tell
/// cases apart, and `fid`, `geom` and `id` are taken: a name that is there already gets an underscore.
pub(super) fn columns<'a>(rows: impl Iterator<Item = &'a Map<String, Value>>) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    let mut at: HashMap<&str, usize> = HashMap::new();
    let mut taken: HashSet<String> = ["fid", "geom", "id"].map(str::to_owned).into();
    for (property, value) in rows.flatten() {
        let index = *at.entry(property).or_insert_with(|| {
            let mut name = property.replace('\0', "");
            while name.is_empty() || !taken.insert(name.to_ascii_lowercase()) {
                name.push('_');
            }
            columns.push(Column { property: property.clone(), name, kind: Kind::Nothing });
            columns.len() - 1
        });
        if let Some(column) = columns.get_mut(index) {
            column.kind = column.kind.with(Kind::of(value));
        }
    }
    columns
}

/// The statement that makes the layer's table.
pub(super) fn definition(name: &str, columns: &[Column]) -> String {
    let own: String =
        columns.iter().map(|column| format!(", {} {}", quoted(&column.name), column.kind.name())).collect();
    format!(
        "CREATE TABLE {} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom MULTIPOLYGON, id TEXT{own})",
        quoted(name)
    )
}

/// A name as SQL takes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

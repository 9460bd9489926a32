//! `groundtell inspect`: what a file, folder, SAFE or STAC item is, and how its numbers become reflectance.

use std::fmt::Write;

use serde_json::{Value, json};

use super::args::Inspect;
use super::request;
use super::talk::Talk;
use crate::error::Result;
use crate::io::access::Access;
use crate::limits::Limits;
use crate::pipeline::inspection::{Inspection, inspect};
use crate::text::inert_line;

pub(super) fn run(asked: &Inspect, talk: &Talk) -> Result<u8> {
    let limits = Limits::default();
    let ask = crate::io::product::Ask {
        bands: asked.reading.bands.clone(),
        sensor: request::sensor(&asked.reading),
        date: asked.reading.before_date.or(asked.reading.after_date),
        access: Access::default(),
    };
    let area = request::area(&asked.area, &limits)?;
    let mut seen = Vec::new();
    let mut worst = 0;
    for path in &asked.paths {
        match inspect(path, &ask, area.as_ref(), (asked.measure, asked.checksum), &limits) {
            Ok(found) => seen.push(found),
            // One bad file of many must not hide the others.
            Err(error) if asked.paths.len() > 1 => worst = worst.max(talk.complain(&error)),
            Err(error) => return Err(error),
        }
    }
    talk.answer(&seen, || seen.iter().map(text).collect())?;
    Ok(worst)
}

/// One inspection for people.
fn text(found: &Inspection) -> String {
    let mut page = format!("{}\n", found.name);
    let mut line = |name: &str, value: &Value| {
        let words = match value {
            Value::Null => return,
            Value::String(text) => inert_line(text),
            other => other.to_string(),
        };
        let _ = writeln!(page, "  {name:<10} {words}");
    };
    for (name, value) in &found.facts {
        line(name, value);
    }
    for raster in &found.rasters {
        line("raster", &json!(raster.words()));
    }
    for note in &found.notes {
        line("note", &json!(note));
    }
    page
}

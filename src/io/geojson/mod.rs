//! GeoJSON (RFC 7946) out: a feature collection of objects, streamed, one feature a line.

pub mod lonlat;

use std::io::Write;

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use lonlat::{Extent, LonLat, Ring};

/// What a feature consists of.
#[derive(Debug, Clone, Copy)]
pub struct Feature<'a> {
    /// The feature's identifier.
    pub id: &'a str,
    /// Where it lies; a feature without a polygon gets a null geometry.
    pub outline: &'a LonLat,
    /// Its properties, written in their order.
    pub properties: &'a Map<String, Value>,
}

/// Writes a collection while its features come. The collection's `bbox` closes the document,
/// since it is only known then.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    line: Vec<u8>,
    extent: Extent,
    features: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a collection. `about` becomes the foreign member `groundtell` in front of the features.
    ///
    /// # Errors
    /// `Environment` when writing fails.
    pub fn new(out: W, about: Option<&Value>) -> Result<Self> {
        let mut writer = Self { out, line: Vec::new(), extent: Extent::default(), features: 0 };
        writer.line.extend_from_slice(br#"{"type":"FeatureCollection","#);
        if let Some(about) = about {
            writer.line.extend_from_slice(br#""groundtell":"#);
            json(&mut writer.line, about)?;
            writer.line.push(b',');
        }
        writer.line.extend_from_slice(br#""features":["#);
        writer.flush_line()?;
        Ok(writer)
    }

    /// Writes one feature.
    ///
    /// # Errors
    /// `Environment` when writing fails.
    pub fn feature(&mut self, feature: &Feature<'_>) -> Result<()> {
        let line = &mut self.line;
        line.extend_from_slice(if self.features == 0 { b"\n" } else { b",\n" });
        line.extend_from_slice(br#"{"type":"Feature","id":"#);
        json(line, feature.id)?;
        let extent = feature.outline.extent();
        bbox(line, &extent);
        line.extend_from_slice(br#","geometry":"#);
        geometry(line, feature.outline);
        line.extend_from_slice(br#","properties":"#);
        json(line, feature.properties)?;
        line.push(b'}');
        self.extent.merge(&extent);
        self.features += 1;
        self.flush_line()
    }

    /// Closes the collection and hands the writer back, flushed.
    ///
    /// # Errors
    /// `Environment` when writing fails.
    pub fn finish(mut self) -> Result<W> {
        self.line.extend_from_slice(b"\n]");
        bbox(&mut self.line, &self.extent);
        self.line.extend_from_slice(b"}\n");
        self.flush_line()?;
        self.out.flush().map_err(|error| Error::system(&error, "GeoJSON"))?;
        Ok(self.out)
    }

    fn flush_line(&mut self) -> Result<()> {
        self.out.write_all(&self.line).map_err(|error| Error::system(&error, "GeoJSON"))?;
        self.line.clear();
        Ok(())
    }
}

/// Any value as JSON.
fn json<T: serde::Serialize + ?Sized>(line: &mut Vec<u8>, value: &T) -> Result<()> {
    serde_json::to_writer(line, value).map_err(|error| Error::bug(format!("a value has no JSON form: {error}")))
}

/// The member `bbox` with the comma before it, where there is one.
fn bbox(line: &mut Vec<u8>, extent: &Extent) {
    if let Some([west, south, east, north]) = extent.bbox() {
        line.extend_from_slice(br#","bbox":"#);
        list(line, &[west, south, east, north], |line, side| degrees(line, *side));
    }
}

/// A Polygon, a MultiPolygon or null.
fn geometry(line: &mut Vec<u8>, outline: &LonLat) {
    match &outline.polygons[..] {
        [] => return line.extend_from_slice(b"null"),
        [only] => {
            line.extend_from_slice(br#"{"type":"Polygon","coordinates":"#);
            list(line, only, ring);
        }
        several => {
            line.extend_from_slice(br#"{"type":"MultiPolygon","coordinates":"#);
            list(line, several, |line, polygon| list(line, polygon, ring));
        }
    }
    line.push(b'}');
}

/// A ring, closed.
fn ring(line: &mut Vec<u8>, ring: &Ring) {
    line.push(b'[');
    for place in ring {
        list(line, place, |line, side| degrees(line, *side));
        line.push(b',');
    }
    if let Some(first) = ring.first() {
        list(line, first, |line, side| degrees(line, *side));
    }
    line.push(b']');
}

/// A JSON array.
fn list<T>(line: &mut Vec<u8>, items: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    line.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            line.push(b',');
        }
        write(line, item);
    }
    line.push(b']');
}

/// Units of 1e-7 degrees as a decimal number without trailing zeros.
fn degrees(line: &mut Vec<u8>, units: i32) {
    if units < 0 {
        line.push(b'-');
    }
    let (whole, mut rest) = (units.unsigned_abs() / 10_000_000, units.unsigned_abs() % 10_000_000);
    let digit = |number: u32| b'0' + (number % 10) as u8;
    for power in [100, 10].into_iter().filter(|power| whole >= *power) {
        line.push(digit(whole / power));
    }
    line.push(digit(whole));
    let mut power = 1_000_000;
    while rest > 0 {
        line.extend((power == 1_000_000).then_some(b'.'));
        line.push(digit(rest / power));
        rest %= power;
        power /= 10;
    }
}

#[cfg(test)]
mod tests;

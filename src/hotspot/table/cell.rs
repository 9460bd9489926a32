//! Single fields of a table: what they mean, and what is wrong with those that mean nothing.

use std::fmt;

use jiff::civil::Date;

use super::{day, shown};
use crate::hotspot::{Confidence, Satellite};

/// First year of detections: Terra flew from December 1999.
const FIRST_YEAR: i16 = 2000;
/// Confidence of MODIS in percent from which it is nominal, and high (Giglio et al. 2020, MODIS Collection 6 active
/// fire product user's guide, table of confidence classes).
const MODIS: [u8; 2] = [30, 80];

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    /// A quote is never closed.
    Quote,
    /// The row ends before this column.
    Missing(&'static str),
    /// A field of this column, and what it is not.
    Field { column: &'static str, field: String, must: &'static str },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quote => f.write_str("a quote is never closed"),
            Self::Missing(column) => write!(f, "column {column}: missing"),
            Self::Field { column, field, must } => write!(f, "column {column}: {field} is not {must}"),
        }
    }
}

fn wrong(column: &'static str, field: &str, must: &'static str) -> Fault {
    Fault::Field { column, field: shown(field), must }
}

/// Parts a line at its commas, outside of quotes; quotes around a field go. False when one is never closed.
pub(super) fn split<'a>(line: &'a str, into: &mut Vec<&'a str>) -> bool {
    into.clear();
    let (mut quoted, mut start) = (false, 0);
    for (at, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                into.push(bare(line.get(start..at).unwrap_or_default()));
                start = at + 1;
            }
            _ => {}
        }
    }
    into.push(bare(line.get(start..).unwrap_or_default()));
    !quoted
}

fn bare(field: &str) -> &str {
    let field = field.trim();
    field.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).map_or(field, str::trim)
}

pub(super) fn degrees(column: &'static str, field: &str, most: f64) -> Result<f64, Fault> {
    let number = field.parse::<f64>().ok().filter(|number| number.abs() <= most);
    number.ok_or_else(|| wrong(column, field, "a place on earth in degrees"))
}

pub(super) fn day(field: &str) -> Result<i32, Fault> {
    let date = (field.len() == 10).then(|| field.parse::<Date>().ok()).flatten();
    let date = date.filter(|date| (FIRST_YEAR..=2100).contains(&date.year()));
    date.map(day::number).ok_or_else(|| wrong("acq_date", field, "a date such as 2022-05-01, from 2000 on"))
}

/// Minutes from HHMM, whose leading zeros the tables leave out, or HH:MM; none of an empty field.
pub(super) fn minute(field: &str) -> Result<Option<u16>, Fault> {
    if field.is_empty() {
        return Ok(None);
    }
    let clock = match field.split_once(':') {
        Some((hours, minutes)) => hours.parse().ok().zip(minutes.parse().ok()),
        None => field.parse::<u16>().ok().map(|clock| (clock / 100, clock % 100)),
    };
    let clock = clock.filter(|(hours, minutes): &(u16, u16)| *hours < 24 && *minutes < 60);
    let minute = clock.map(|(hours, minutes)| hours * 60 + minutes);
    minute.map(Some).ok_or_else(|| wrong("acq_time", field, "a time such as 1106"))
}

pub(super) fn satellite(field: &str) -> Satellite {
    match field.to_ascii_lowercase().as_str() {
        "" => Satellite::Unknown,
        "terra" | "t" => Satellite::Terra,
        "aqua" | "a" => Satellite::Aqua,
        "n" | "npp" | "suomi-npp" | "s-npp" => Satellite::SuomiNpp,
        "1" | "n20" | "noaa-20" | "j1" => Satellite::Noaa20,
        "2" | "n21" | "noaa-21" | "j2" => Satellite::Noaa21,
        _ => Satellite::Other,
    }
}

/// Words of VIIRS or percent of MODIS; unknown of an empty field.
pub(super) fn confidence(field: &str) -> Result<Confidence, Fault> {
    let [nominal, high] = MODIS;
    match (field.to_ascii_lowercase().as_str(), field.parse::<u8>()) {
        ("", _) => Ok(Confidence::Unknown),
        ("l" | "low", _) => Ok(Confidence::Low),
        ("n" | "nominal", _) => Ok(Confidence::Nominal),
        ("h" | "high", _) => Ok(Confidence::High),
        (_, Ok(percent)) if percent < nominal => Ok(Confidence::Low),
        (_, Ok(percent)) if percent < high => Ok(Confidence::Nominal),
        (_, Ok(percent)) if percent <= 100 => Ok(Confidence::High),
        _ => Err(wrong("confidence", field, "l, n, h or 0 to 100")),
    }
}

pub(super) fn night(field: &str) -> Option<bool> {
    match field {
        "D" | "d" => Some(false),
        "N" | "n" => Some(true),
        _ => None,
    }
}

/// Type 1 is a volcano, 2 another source on land that stays, 3 one at sea (FIRMS attribute table); 0 burns plants.
pub(super) fn lasting(field: &str) -> bool {
    matches!(field, "1" | "2" | "3")
}

//! Which column of a table holds what, and a row read by them.

use super::cell::{self, Fault};
use super::{Detection, shown};
use crate::error::{Error, Result};

/// Places of the columns.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Columns {
    latitude: usize,
    longitude: usize,
    date: usize,
    time: Option<usize>,
    satellite: Option<usize>,
    confidence: Option<usize>,
    light: Option<usize>,
    kind: Option<usize>,
}

impl Columns {
    /// From the first line.
    pub(super) fn of(head: &str) -> Result<Self> {
        let mut fields = Vec::new();
        if !cell::split(head.strip_suffix('\r').unwrap_or(head), &mut fields) {
            return Err(Error::malformed("a quote is never closed").hint("the first line names the columns"));
        }
        let names: Vec<String> = fields.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        Ok(Self {
            latitude: needed(&names, &["latitude", "lat"])?,
            longitude: needed(&names, &["longitude", "lon"])?,
            date: needed(&names, &["acq_date", "date"])?,
            time: place(&names, &["acq_time"])?,
            satellite: place(&names, &["satellite"])?,
            confidence: place(&names, &["confidence"])?,
            light: place(&names, &["daynight"])?,
            kind: place(&names, &["type"])?,
        })
    }

    /// The detection of a row; `fields` is room to work in.
    pub(super) fn detection<'a>(&self, line: &'a str, fields: &mut Vec<&'a str>) -> Result<Detection, Fault> {
        if !cell::split(line, fields) {
            return Err(Fault::Quote);
        }
        let field = |column: Option<usize>| column.and_then(|place| fields.get(place).copied());
        let must = |name, place| field(Some(place)).ok_or(Fault::Missing(name));
        let lat = cell::degrees("latitude", must("latitude", self.latitude)?, 90.0)?;
        let lon = cell::degrees("longitude", must("longitude", self.longitude)?, 180.0)?;
        Ok(Detection {
            lon,
            lat,
            day: cell::day(must("acq_date", self.date)?)?,
            minute: cell::minute(field(self.time).unwrap_or_default())?,
            satellite: cell::satellite(field(self.satellite).unwrap_or_default()),
            confidence: cell::confidence(field(self.confidence).unwrap_or_default())?,
            night: cell::night(field(self.light).unwrap_or_default()),
            lasting: cell::lasting(field(self.kind).unwrap_or_default()),
        })
    }
}

/// The only column with one of these names.
fn place(names: &[String], wanted: &[&str]) -> Result<Option<usize>> {
    let mut found = names.iter().enumerate().filter(|(_, name)| wanted.contains(&name.as_str()));
    let (first, second) = (found.next(), found.next());
    match second {
        None => Ok(first.map(|(place, _)| place)),
        Some((_, name)) => Err(Error::malformed(format!("the column {} is there twice", shown(name)))
            .hint("leave one column for each of latitude, longitude and acq_date")),
    }
}

fn needed(names: &[String], wanted: &[&str]) -> Result<usize> {
    place(names, wanted)?.ok_or_else(|| {
        Error::malformed(format!("there is no column {}", wanted.first().copied().unwrap_or_default()))
            .hint("the first line of a FIRMS table names latitude, longitude and acq_date")
    })
}

//! Thermal hotspots: detections of the NASA FIRMS tables, cleaned and indexed, and where and when they were seen.
//! Bytes in, values out; nothing here opens a file.

pub mod archive;
pub mod coverage;
pub mod day;
pub mod duplicate;
pub mod footprint;
pub mod persistent;
pub mod series;
pub mod table;

/// One detection: a pixel that was hot when a satellite passed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Longitude of the pixel's centre in degrees.
    pub lon: f64,
    /// Latitude of the pixel's centre in degrees.
    pub lat: f64,
    /// Day of the pass (UTC), as [`day::number`] counts.
    pub day: i32,
    /// Minute of that day; unknown in tables without times.
    pub minute: Option<u16>,
    /// Who saw it.
    pub satellite: Satellite,
    /// How sure the product is.
    pub confidence: Confidence,
    /// Whether it was night; unknown in tables that do not tell.
    pub night: Option<bool>,
    /// Whether the product itself calls it a volcano, an offshore flare or another source that stays.
    pub lasting: bool,
}

/// Satellites with fire products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Satellite {
    Unknown,
    Terra,
    Aqua,
    SuomiNpp,
    Noaa20,
    Noaa21,
    Other,
}

impl Satellite {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "an unnamed satellite",
            Self::Terra => "Terra",
            Self::Aqua => "Aqua",
            Self::SuomiNpp => "Suomi NPP",
            Self::Noaa20 => "NOAA-20",
            Self::Noaa21 => "NOAA-21",
            Self::Other => "another satellite",
        }
    }
}

/// How sure the product is of a detection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Confidence {
    Unknown,
    Low,
    Nominal,
    High,
}

/// A cell of 0.005 degrees, about the size of a VIIRS pixel: column eastwards, row northwards, from 0, 0.
pub type Cell = (i32, i32);

/// Degrees of a [`Cell`].
const CELL_DEGREES: f64 = 0.005;

impl Detection {
    /// The cell that it lies in.
    pub fn cell(&self) -> Cell {
        ((self.lon / CELL_DEGREES).floor() as i32, (self.lat / CELL_DEGREES).floor() as i32)
    }

    /// Minutes since the first of January 1970; unknown without a time.
    pub fn instant(&self) -> Option<i64> {
        self.minute.map(|minute| i64::from(self.day) * 1440 + i64::from(minute))
    }
}

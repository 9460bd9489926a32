//! Coordinate reference systems that are read without a database: UTM on WGS 84, 4326, 3857, 3035.

use crate::error::{Error, Result};

/// A supported reference system, named by its EPSG code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Crs(u32);

impl Crs {
    /// Longitude and latitude on WGS 84, in degrees.
    pub const WGS84: Self = Self(4326);

    /// The system with this EPSG code: 326xx, 327xx (zones 1 to 60), 4326, 3857 or 3035.
    ///
    /// # Errors
    /// `Unsupported` for every other code.
    pub fn from_epsg(code: u32) -> Result<Self> {
        match code {
            4326 | 3857 | 3035 | 32601..=32660 | 32701..=32760 => Ok(Self(code)),
            _ => Err(Error::unsupported(format!("EPSG:{code} is not among the reference systems that are read")).hint(
                "supported are UTM on WGS 84 (EPSG:326xx, 327xx), 4326, 3857 and 3035; reproject with gdalwarp -t_srs",
            )),
        }
    }

    /// The EPSG code.
    pub fn epsg(self) -> u32 {
        self.0
    }

    /// Whether coordinates are degrees of longitude and latitude.
    pub fn is_geographic(self) -> bool {
        self.0 == 4326
    }
}

impl std::fmt::Display for Crs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EPSG:{}", self.0)
    }
}

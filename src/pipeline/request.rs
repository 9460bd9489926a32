//! What a run is asked: arguments resolved, the area parsed, the recipe complete. Written into the
//! manifest, so that a run can be asked again.

use std::path::PathBuf;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;
use crate::io::access::Access;
use crate::io::product::Ask;
use crate::limits::Limits;
use crate::plan::Side;
use crate::recipe::Recipe;
use crate::scene::sensor::Sensor;

/// One `change` run, resolved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Request {
    /// The scenes before, in order of precedence where they overlap.
    pub before: SideRequest,
    /// The scenes after.
    pub after: SideRequest,
    /// Reflectance per unit of the files' numbers, over what the files say.
    pub scale: Option<f64>,
    /// Summand of reflectance, over what the files say.
    pub offset: Option<f64>,
    /// The area as canonical GeoJSON text; unset: all that both sides cover.
    pub aoi: Option<String>,
    /// What had to be repaired in the area.
    pub aoi_notes: Vec<String>,
    /// Every tunable.
    #[serde(skip)]
    pub recipe: Recipe,
    /// The way to servers, where one was given.
    #[serde(skip)]
    pub access: Access,
}

/// One side of the pair.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SideRequest {
    /// Paths as the user wrote them.
    pub paths: Vec<PathBuf>,
    /// Band names in file order, or NAME=INDEX pairs.
    pub bands: Option<Vec<String>>,
    /// The sensor, where the bands leave it open.
    pub sensor: Option<Sensor>,
    /// The date, where the files do not tell.
    pub date: Option<Date>,
}

impl SideRequest {
    /// How each path of this side is to be opened.
    pub fn ask(&self, access: &Access) -> Ask {
        Ask { bands: self.bands.clone(), sensor: self.sensor, date: self.date, access: access.clone() }
    }
}

impl Request {
    /// The request of one side.
    pub fn side(&self, side: Side) -> &SideRequest {
        match side {
            Side::Before => &self.before,
            Side::After => &self.after,
        }
    }

    /// The area, parsed again from its canonical text.
    ///
    /// # Errors
    /// As [`Aoi::from_geojson`].
    pub fn area(&self, limits: &Limits) -> Result<Option<Aoi>> {
        self.aoi.as_deref().map(|text| Aoi::from_geojson(text, limits)).transpose()
    }

    /// All paths that the user named.
    pub fn paths(&self) -> Vec<PathBuf> {
        [&self.before, &self.after].into_iter().flat_map(|side| side.paths.clone()).collect()
    }

    /// The request as a manifest records it.
    pub fn record(&self) -> Result<serde_json::Value> {
        serde_json::to_value(self).map_err(|error| Error::bug(error.to_string()))
    }
}

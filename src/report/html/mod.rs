//! `report.html`: one claim, what was seen, and why that is said, as a page that stands by itself. It asks the
//! network for nothing, runs only scripts whose hashes its own policy names, and says the same on paper and without
//! script.

mod base64;
pub(super) mod chart;
mod closing;
mod document;
pub(super) mod figures;
mod layer;
mod map;
pub(super) mod markup;
mod methods;
mod opening;
mod outline;
mod table;
mod timing;

use jiff::civil::Date;

use crate::claim::Claim;
use crate::error::{Error, Result};
use crate::evidence::verdict::Judgement;

pub use methods::standard as standard_methods;

/// How every page of this program looks.
pub(super) const STYLE: &str = include_str!("assets/style.css");

/// All that a page says.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// The claim.
    pub claim: &'a Claim,
    /// What follows for it.
    pub judgement: &'a Judgement,
    /// Whether any input is simulated; then title, head, map and every figure say so.
    pub simulated: bool,
    /// The area as GeoJSON (longitude, latitude).
    pub area: &'a str,
    /// Its size on the ground.
    pub area_ha: f64,
    /// What was found, as GeoJSON (longitude, latitude): outlines, or points of heat. Properties are shown.
    pub objects: &'a str,
    /// Pictures of the map, the lowest first. Without any the map shows outlines alone.
    pub overlays: Vec<Overlay>,
    /// When the ground was looked at.
    pub looks: Vec<Look>,
    /// How it was done, [`standard_methods`] first.
    pub methods: Vec<Method>,
    /// What the run was set to: recipe, seeds, numbers drawn.
    pub settings: Vec<Fact>,
    /// Where everything came from: inputs, claim and recipe with their checksums.
    pub provenance: Vec<Fact>,
    /// Whom the data is from.
    pub credits: Vec<String>,
    /// Name and version of the program.
    pub program: String,
}

/// A picture of the map.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// What it shows and when, in a few words.
    pub name: String,
    /// What it shows, for those who do not see it.
    pub description: String,
    /// Its part in the comparison.
    pub role: Role,
    /// Whether it is on when the page opens; pictures before and after should be.
    pub shown: bool,
    /// The picture, rows in Web Mercator (`report::mercator` brings a grid there).
    pub png: Vec<u8>,
    /// West, south, east and north edge in degrees.
    pub bounds: [f64; 4],
    /// What its colours mean.
    pub legend: Vec<Swatch>,
}

/// The part of a picture in the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Left of the slider.
    Before,
    /// Right of the slider.
    After,
    /// Over both.
    Layer,
}

/// A colour and its meaning.
#[derive(Debug, Clone)]
pub struct Swatch {
    /// Red, green, blue.
    pub colour: [u8; 3],
    /// What it means.
    pub words: String,
}

/// A day on which the ground was looked at.
#[derive(Debug, Clone)]
pub struct Look {
    /// The day.
    pub date: Date,
    /// By what.
    pub words: String,
}

/// A method: its formula, what it is for, and where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Its name.
    pub name: String,
    /// Its formula, as text.
    pub formula: String,
    /// What it tells, in words.
    pub words: String,
    /// Author and year, or a doi.
    pub source: String,
}

/// A fact under a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The label.
    pub label: String,
    /// The value: a date, a number, a checksum.
    pub value: String,
}

/// Latitudes that Web Mercator reaches.
const REACH: f64 = 85.06;

/// The page as text. The same page gives the same bytes.
///
/// # Errors
/// `Malformed` when area or objects are not GeoJSON; `Mismatch` when a picture has no place on the map.
pub fn render(page: &Page<'_>) -> Result<String> {
    for overlay in &page.overlays {
        let [west, south, east, north] = overlay.bounds;
        let sound = west < east && south < north && east - west <= 360.0 && south >= -REACH && north <= REACH;
        if !sound {
            return Err(Error::mismatch("a picture of the report has no place on the map").at(&overlay.name));
        }
    }
    Ok(document::whole(page, &map::Map::of(page)?).finish())
}

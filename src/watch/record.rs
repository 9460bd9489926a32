//! What is kept of one acquisition over one area: `watch.json` in its folder. The ledger and everything that is
//! told of the watch follow from these records alone.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::geom::runs::{Run, Runs};
use crate::io::store::sha256_hex;

/// The name of the file.
pub const FILE: &str = "watch.json";
/// The form that this program writes and reads.
pub const FORM: u32 = 1;
/// Hexadecimal digits of a hash in a folder's name.
const SHORT: usize = 10;

/// One acquisition over one area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`FORM`].
    pub form: u32,
    /// The area's id.
    pub area: String,
    /// What the acquisition is, whichever way it was processed.
    pub acquisition: Taken,
    /// The acquisitions that it was held against; empty when none was clear enough yet.
    pub baseline: Vec<Taken>,
    /// SHA-256 of the recipe.
    pub recipe: String,
    /// In which order the acquisitions of the area came in, from 1.
    pub sequence: u64,
    /// Share of the area that the acquisition saw clearly, by its own classes; 0 to 1.
    pub clear_share: f64,
    /// Whether an input says of itself that it is simulated.
    pub simulated: bool,
    /// What came of it.
    pub outcome: Outcome,
}

/// An acquisition by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The same for every processing of it.
    pub identity: String,
    /// Another for every processing of it.
    pub version: String,
    /// Time of acquisition.
    pub datetime: Timestamp,
    /// Ids of the items (untrusted).
    pub items: Vec<String>,
    /// Where each item was read: a path as the job has it, or a file of the watch's own folder.
    pub sources: Vec<String>,
    /// Ids of items that were left aside for these (untrusted).
    pub losers: Vec<String>,
    /// The satellite (untrusted).
    pub platform: Option<String>,
    /// The relative orbit.
    pub relative_orbit: Option<u32>,
}

impl Taken {
    /// The day in UTC.
    pub fn day(&self) -> Date {
        self.datetime.to_zoned(jiff::tz::TimeZone::UTC).date()
    }
}

/// What came of an acquisition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// Too little of the area was clear.
    Unseen,
    /// There was nothing yet to hold it against.
    First,
    /// It was held against its baseline.
    Looked(Box<Look>),
}

/// What a look showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Share of the area that both sides saw.
    pub valid_share: f64,
    /// Hectares of it.
    pub seen_ha: f64,
    /// `ok` or `doubtful`.
    pub reliability: String,
    /// Why doubtful.
    pub reasons: Vec<String>,
    /// What unchanged ground shows: its dNBR.
    pub shift: f64,
    /// Its standard deviation.
    pub sigma: f64,
    /// The grid of the layers.
    pub grid: Lattice,
    /// What was mapped.
    pub sightings: Vec<Sighting>,
}

/// A grid by its figures: equal ones have the same pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lattice {
    /// Reference system.
    pub crs: String,
    /// GDAL's six figures.
    pub geotransform: [f64; 6],
    /// Columns and rows.
    pub size: [u32; 2],
}

/// One object that a look mapped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// Its id in the look's `change.geojson`.
    pub id: String,
    /// Hectares.
    pub area_ha: f64,
    /// Mean dNBR over the background's standard deviation.
    pub z: f64,
    /// Longitude and latitude of its middle, degrees.
    pub middle: [f64; 2],
    /// Other explanations that its signs fit, strongest first.
    pub rivals: Vec<String>,
    /// Its pixels: row, first column, column behind the last.
    pub runs: Vec<[u32; 3]>,
    /// Its outline as GeoJSON.
    pub outline: Value,
}

impl Sighting {
    /// Its pixels as a mask.
    pub fn mask(&self, lattice: &Lattice) -> Runs {
        let [width, height] = lattice.size;
        let sound = |run: &&[u32; 3]| run[0] < height && run[1] < run[2] && run[2] <= width;
        let runs = self.runs.iter().filter(sound).map(|[row, start, end]| Run { row: *row, start: *start, end: *end });
        Runs::from_unsorted(width, height, runs.collect())
    }
}

impl Record {
    /// The look, if there was one.
    pub fn look(&self) -> Option<&Look> {
        match &self.outcome {
            Outcome::Looked(look) => Some(look),
            _ => None,
        }
    }

    /// The name of the folder of an acquisition that is held against this baseline with this recipe: another one
    /// for another processing of either, so that nothing is ever written over.
    pub fn folder(taken: &Taken, baseline: &[Taken], recipe: &str) -> String {
        let versions = baseline.iter().map(|one| one.version.as_str()).collect::<Vec<_>>().join("\n");
        let whole = sha256_hex(format!("{}\n{}\n{versions}\n{recipe}", taken.identity, taken.version).as_bytes());
        format!("{}-{}", taken.day().strftime("%Y%m%d"), whole.get(..SHORT).unwrap_or_default())
    }

    /// The name of this record's own folder.
    pub fn folder_name(&self) -> String {
        Self::folder(&self.acquisition, &self.baseline, &self.recipe)
    }

    /// The record as the bytes of its file.
    ///
    /// # Errors
    /// `Bug` when JSON cannot hold it.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::bug(error.to_string()))?;
        Ok(format!("{}\n", crate::text::inert_json(&text)).into_bytes())
    }

    /// A record from the text of its file.
    ///
    /// # Errors
    /// `Malformed` for what is none, `Unsupported` for the record of a newer program.
    pub fn parse(text: &str) -> Result<Self> {
        let broken = |error: serde_json::Error| Error::malformed(format!("this is no record of a watch: {error}"));
        let value: Value = serde_json::from_str(text).map_err(broken)?;
        match value.get("form").and_then(Value::as_u64) {
            Some(form) if form > u64::from(FORM) => {
                Err(Error::unsupported(format!("a record of form {form}, newer than this program"))
                    .hint("use the groundtell that wrote it, or a newer one"))
            }
            _ => serde_json::from_value(value).map_err(broken),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A clear acquisition without a look.
    pub(in crate::watch) fn record(day: Date) -> Record {
        let acquisition = Taken {
            identity: format!("s2 {day}"),
            version: format!("v {day}"),
            datetime: format!("{day}T08:30:00Z").parse().unwrap(),
            items: vec![day.to_string()],
            sources: vec![format!("{day}.json")],
            losers: Vec::new(),
            platform: None,
            relative_orbit: None,
        };
        Record {
            form: FORM,
            area: "a".into(),
            acquisition,
            baseline: Vec::new(),
            recipe: "r".into(),
            sequence: 1,
            clear_share: 1.0,
            simulated: true,
            outcome: Outcome::First,
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let mut whole = record(jiff::civil::date(2025, 5, 1));
        whole.acquisition.items.push("a\u{1b}]52\u{202e}b".into());
        let bytes = whole.to_bytes().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains('\u{1b}'));
        assert_eq!(Record::parse(&text).unwrap(), whole);
        assert!(Record::parse(&text.replace("\"form\": 1", "\"form\": 2")).unwrap_err().advice().is_some());
        assert!(Record::parse("{}").is_err());
    }

    #[test]
    fn runs_off_the_grid_are_left_out() {
        let lattice = Lattice { crs: "x".into(), geotransform: [0.0; 6], size: [10, 5] };
        let sighting = Sighting {
            id: "x".into(),
            area_ha: 1.0,
            z: 5.0,
            middle: [0.0, 0.0],
            rivals: Vec::new(),
            runs: vec![[0, 1, 3], [7, 0, 2], [1, 4, 4], [2, 8, 12]],
            outline: Value::Null,
        };
        assert_eq!(sighting.mask(&lattice).pixels(), 2);
    }

    #[test]
    fn another_processing_has_another_folder() {
        let one = record(jiff::civil::date(2025, 5, 1)).acquisition;
        let again = Taken { version: "other".into(), ..one.clone() };
        let names = [
            Record::folder(&one, &[], "r"),
            Record::folder(&again, &[], "r"),
            Record::folder(&one, &[again.clone()], "r"),
            Record::folder(&one, &[], "other recipe"),
        ];
        assert!(names.iter().all(|name| name.starts_with("20250501-")));
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    }
}

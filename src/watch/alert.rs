//! What is told: one document for every change of an object's state, and one when something that was told has to be
//! looked at again because an acquisition was processed anew.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Watched;
use super::record::{Record, Taken};
use super::track::{Change, Course, State, Track};
use crate::error::{Error, Result};
use crate::io::store::sha256_hex;
use crate::pipeline::summary::LIMITS;

/// The form of the document.
const FORM: u32 = 1;
/// Hexadecimal digits of an id.
const DIGITS: usize = 16;
/// The word for an alert about alerts.
pub const REVISED: &str = "revised";

/// An alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Version of this form.
    pub form: u32,
    /// The same for the same change of the same object, so that whoever is told twice can see it.
    pub id: String,
    /// SIMULATED, where an input says of itself that it is.
    pub simulated: bool,
    /// `first`, `provisional`, `confirmed`, `finished` or `revised`.
    pub state: String,
    /// The area's id.
    pub area: String,
    /// The object's id; none for a revision.
    pub object: Option<String>,
    /// The day of the acquisition that brought it.
    pub day: Date,
    /// Ids of its items (untrusted).
    pub items: Vec<String>,
    /// The last clear look before the object appeared, and the first that shows it.
    pub bracket: Option<[Date; 2]>,
    /// Hectares as it was seen largest so far.
    pub area_ha: Option<f64>,
    /// z of that look.
    pub z: Option<f64>,
    /// Confidence now; 22.5 confirms.
    pub confidence: Option<f64>,
    /// `ok` or `doubtful`: of the look that first showed it.
    pub reliability: Option<String>,
    /// Other explanations that its signs fit.
    pub rivals: Vec<String>,
    /// Ids of alerts that no longer follow from the records.
    pub withdrawn: Vec<String>,
    /// The same in a sentence.
    pub words: String,
    /// What such layers cannot tell.
    pub limits: String,
    /// The outline of that look (longitude and latitude); null for a revision.
    pub geometry: Value,
}

impl Alert {
    /// The document in one line.
    ///
    /// # Errors
    /// `Bug` when JSON cannot hold it.
    pub fn line(&self) -> Result<String> {
        let text = serde_json::to_string(self).map_err(|error| Error::bug(error.to_string()))?;
        Ok(crate::text::inert_json(&text))
    }

    /// An alert from its line.
    ///
    /// # Errors
    /// `Malformed` for what is none.
    pub fn parse(line: &str) -> Result<Self> {
        serde_json::from_str(line).map_err(|error| Error::malformed(format!("this is no alert: {error}")))
    }
}

/// Every alert that follows from a course, in its order.
pub fn of_course(watched: &Watched, records: &[Record], course: &Course) -> Vec<Alert> {
    let known = course
        .changes
        .iter()
        .filter_map(|change| Some((change, course.tracks.get(change.track)?, records.get(change.record)?)));
    known.map(|(change, track, record)| of_change(watched, change, track, record)).collect()
}

fn of_change(watched: &Watched, change: &Change, track: &Track, record: &Record) -> Alert {
    let [from, to] = track.bracket;
    let state = change.state.word();
    let sighting = &change.sighting;
    Alert {
        form: FORM,
        id: id(&[&watched.digest, &track.id, &format!("{from}/{to}"), state]),
        simulated: record.simulated,
        state: state.to_owned(),
        area: watched.area.id.clone(),
        object: Some(track.id.clone()),
        day: record.acquisition.day(),
        items: record.acquisition.items.clone(),
        bracket: Some(track.bracket),
        area_ha: Some(sighting.area_ha),
        z: Some(sighting.z),
        confidence: Some((change.confidence * 100.0).round() / 100.0),
        reliability: Some(track.reliability.clone()),
        rivals: sighting.rivals.clone(),
        withdrawn: Vec::new(),
        words: words(change, track, record),
        limits: LIMITS.to_owned(),
        geometry: sighting.outline.clone(),
    }
}

fn words(change: &Change, track: &Track, record: &Record) -> String {
    let [from, to] = track.bracket;
    let simulated = if record.simulated { "SIMULATED: " } else { "" };
    let what =
        format!("{simulated}{:.1} ha that look burned appeared between {from} and {to}", change.sighting.area_ha);
    let doubt = if track.reliability == "ok" { "" } else { "; the look that first showed it is doubtful" };
    let rivals = match change.sighting.rivals.as_slice() {
        [] => String::new(),
        named => format!("; it may also be {}", named.join(", ").replace('_', " ")),
    };
    let course = match change.state {
        State::First => "seen once so far".to_owned(),
        State::Provisional => "seen again, not confirmed yet".to_owned(),
        State::Confirmed => format!("confirmed by the look of {}", record.acquisition.day()),
        State::Finished => {
            let ever = if track.was_confirmed { "was confirmed" } else { "was never confirmed" };
            format!("{ever}, followed no longer: {}", track.ended.as_deref().unwrap_or("no reason is known"))
        }
    };
    format!("{what}: {course}{doubt}{rivals}.")
}

/// What is told of acquisitions that were processed anew, and of alerts that no longer follow. `raised` are the
/// area's alerts so far, `all` its records in the order in which they came in.
pub fn revisions(watched: &Watched, all: &[Record], course: &[Alert], raised: &[Alert]) -> Vec<Alert> {
    let standing: BTreeSet<&str> = course.iter().map(|alert| alert.id.as_str()).collect();
    let told: BTreeSet<&str> = raised.iter().flat_map(|alert| &alert.withdrawn).map(String::as_str).collect();
    let fallen = raised.iter().filter(|alert| alert.state != REVISED);
    let mut fallen: Vec<String> = fallen
        .map(|alert| alert.id.clone())
        .filter(|id| !standing.contains(id.as_str()) && !told.contains(id.as_str()))
        .collect();
    let mut revisions: Vec<Alert> = renewed(all).map(|record| revision(watched, record)).collect();
    revisions.retain(|revision| raised.iter().all(|alert| alert.id != revision.id));
    match revisions.last_mut() {
        Some(last) => last.withdraw(std::mem::take(&mut fallen)),
        None if fallen.is_empty() => {}
        // A late acquisition between two that were there changed what they come to.
        None => {
            if let Some(record) = all.last() {
                let mut own = revision(watched, record);
                own.id = id(&[&watched.digest, REVISED, &fallen.join(" ")]);
                let simulated = if record.simulated { "SIMULATED: " } else { "" };
                own.words = format!("{simulated}an acquisition that came late changed what earlier ones come to.");
                own.withdraw(fallen);
                revisions.push(own);
            }
        }
    }
    revisions
}

/// Records of acquisitions that were on record before in another processing.
fn renewed(all: &[Record]) -> impl Iterator<Item = &Record> {
    let before = |place: usize, record: &Record| {
        let own = &record.acquisition;
        all.iter()
            .take(place)
            .any(|earlier| earlier.acquisition.identity == own.identity && earlier.acquisition.version != own.version)
    };
    all.iter().enumerate().filter(move |(place, record)| before(*place, record)).map(|(_, record)| record)
}

/// Whether it was told that the acquisition of `record` was processed anew.
pub(super) fn tells_of_renewal(watched: &Watched, record: &Record, raised: &[Alert]) -> bool {
    let own = revision_id(watched, &record.acquisition);
    raised.iter().any(|alert| alert.id == own)
}

fn revision_id(watched: &Watched, taken: &Taken) -> String {
    id(&[&watched.digest, REVISED, &taken.identity, &taken.version])
}

fn revision(watched: &Watched, record: &Record) -> Alert {
    let Taken { items, .. } = &record.acquisition;
    let day = record.acquisition.day();
    let simulated = if record.simulated { "SIMULATED: " } else { "" };
    Alert {
        form: FORM,
        id: revision_id(watched, &record.acquisition),
        simulated: record.simulated,
        state: REVISED.to_owned(),
        area: watched.area.id.clone(),
        object: None,
        day,
        items: items.clone(),
        bracket: None,
        area_ha: None,
        z: None,
        confidence: None,
        reliability: None,
        rivals: Vec::new(),
        withdrawn: Vec::new(),
        words: format!(
            "{simulated}the acquisition of {day} was processed anew and was looked at again; nothing that was told changes."
        ),
        limits: LIMITS.to_owned(),
        geometry: Value::Null,
    }
}

impl Alert {
    fn withdraw(&mut self, fallen: Vec<String>) {
        if fallen.is_empty() {
            return;
        }
        self.words = format!(
            "{} {} alert(s) no longer follow: {}.",
            self.words.replace("; nothing that was told changes.", "."),
            fallen.len(),
            fallen.join(", ")
        );
        self.withdrawn = fallen;
    }
}

fn id(parts: &[&str]) -> String {
    sha256_hex(format!("groundtell alert\n{}", parts.join("\n")).as_bytes()).chars().take(DIGITS).collect()
}

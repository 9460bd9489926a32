//! What a watch shows of itself: alerts as lines and as GeoJSON, where everything stands, pages, catalogues. Files
//! are replaced only when they change, and none of them holds the time of the pass.

use serde_json::{Value, json};

use super::alert::Alert;
use super::record::{Outcome, Record};
use super::track::{Course, State, Track};
use super::{Desk, Watched};
use crate::error::Result;
use crate::io::store::replace;
use crate::pipeline::publish::rounded;
use crate::pipeline::summary::LIMITS;
use crate::text::inert_json;

/// Every alert, one JSON document a line.
pub const ALERTS: &str = "alerts.jsonl";
/// Every object, as it stands.
pub const OBJECTS: &str = "alerts.geojson";
/// Where the watch stands.
pub const STATUS: &str = "status.json";

/// One area with its records, which are in the order of acquisition, and what they come to.
pub type Standing<'a> = (&'a Watched, Vec<Record>, Course);

/// Writes the files of a watch; how many of them changed.
///
/// # Errors
/// `Environment` when the disk fails.
pub(super) fn write(desk: &Desk<'_>, areas: &[Standing<'_>], alerts: &[Alert]) -> Result<usize> {
    let lines = alerts.iter().map(|alert| Ok(alert.line()? + "\n")).collect::<Result<String>>()?;
    let files =
        [(ALERTS, lines), (OBJECTS, document(&objects(areas))), (STATUS, document(&status(desk, areas, alerts)))];
    let mut written = 0;
    for (name, text) in files {
        written += usize::from(replace(&desk.shelf.file(name), text.as_bytes())?);
    }
    Ok(written + super::site::write(desk, areas, alerts)?)
}

fn document(value: &Value) -> String {
    format!("{}\n", inert_json(&format!("{value:#}")))
}

/// Every object as a feature.
fn objects(areas: &[Standing<'_>]) -> Value {
    let features: Vec<Value> = areas
        .iter()
        .flat_map(|(watched, _, course)| course.tracks.iter().map(move |track| feature(watched, track)))
        .collect();
    json!({ "type": "FeatureCollection", "groundtell": { "limits": LIMITS }, "features": features })
}

fn feature(watched: &Watched, track: &Track) -> Value {
    json!({
        "type": "Feature", "id": format!("{}/{}", watched.area.id, track.id), "geometry": track.sighting.outline,
        "properties": {
            "area": watched.area.id, "object": track.id, "state": track.state, "was_confirmed": track.was_confirmed,
            "bracket": track.bracket, "area_ha": track.sighting.area_ha, "z": track.sighting.z,
            "confidence": (track.confidence * 100.0).round() / 100.0, "reliability": track.reliability,
            "rivals": track.sighting.rivals, "ended": track.ended, "observations": track.observations,
            "simulated": track.simulated,
        },
    })
}

/// Where everything stands.
///
/// # Errors
/// None; kept out of [`write`] for those who only ask.
pub fn status(desk: &Desk<'_>, areas: &[Standing<'_>], alerts: &[Alert]) -> Value {
    let areas: Vec<Value> = areas.iter().map(|standing| area_status(standing, alerts)).collect();
    json!({
        "groundtell": env!("CARGO_PKG_VERSION"), "job": desk.job.id, "recipe": desk.recipe_hash, "areas": areas,
        "limits": LIMITS,
    })
}

fn area_status((watched, records, course): &Standing<'_>, alerts: &[Alert]) -> Value {
    let count = |of: fn(&Outcome) -> bool| records.iter().filter(|record| of(&record.outcome)).count();
    let tracks = |of: &dyn Fn(&&Track) -> bool| course.tracks.iter().filter(of).count();
    let last_look = records.iter().rev().find(|record| record.look().is_some());
    json!({
        "area": watched.area.id, "area_ha": rounded(watched.aoi.area_ha()),
        "acquisitions": records.len(),
        "looks": count(|outcome| matches!(outcome, Outcome::Looked(_))),
        "unseen": count(|outcome| matches!(outcome, Outcome::Unseen)),
        "newest_acquisition": records.last().map(|record| record.acquisition.day()),
        "newest_look": last_look.map(|record| record.acquisition.day()),
        "followed": tracks(&|track| track.state != State::Finished),
        "confirmed": tracks(&|track| track.was_confirmed),
        "finished": tracks(&|track| track.state == State::Finished),
        "below_the_bar": course.below.len(),
        "alerts": alerts.iter().filter(|alert| alert.area == watched.area.id).count(),
        "simulated": records.iter().any(|record| record.simulated),
    })
}

//! What a watch shows to people and to catalogues: its pages, and the STAC catalogue over the runs that are current.
//! Pages of areas that the job no longer has stay as they were; nothing links to them any longer.

use std::collections::BTreeSet;

use super::alert::{self, Alert};
use super::look::RUN;
use super::publish::Standing;
use super::record::{FILE, Outcome, Record};
use super::track::{Change, State, Track};
use super::{Desk, Watched};
use crate::error::Result;
use crate::io::store::{replace, size_of};
use crate::pipeline::summary::LIMITS;
use crate::report::site;
use crate::stac::branch::{Branch, Leaf};
use crate::text::Foreign;

/// The first page.
const INDEX: &str = "index.html";
/// The catalogue above all.
const CATALOGUE: &str = "catalog.json";

/// Writes pages and catalogues; how many of them changed.
///
/// # Errors
/// `Environment` when the disk fails.
pub(super) fn write(desk: &Desk<'_>, areas: &[Standing<'_>], alerts: &[Alert]) -> Result<usize> {
    let shown = shown(desk, areas, alerts);
    let mut files = vec![
        (INDEX.to_owned(), site::index(&shown).into_bytes()),
        (CATALOGUE.to_owned(), catalogue(desk, areas).to_bytes()?),
    ];
    for (area, standing) in shown.areas.iter().zip(areas) {
        files.push((site::page_of(&area.id), site::area(&shown, area).into_bytes()));
        files.push((format!("areas/{}.json", area.id), branch(desk, standing).to_bytes()?));
    }
    let mut written = 0;
    for (name, bytes) in files {
        written += usize::from(replace(&desk.shelf.file(&name), &bytes)?);
    }
    Ok(written)
}

fn shown(desk: &Desk<'_>, areas: &[Standing<'_>], alerts: &[Alert]) -> site::Site {
    site::Site {
        job: desk.job.id.clone(),
        areas: areas.iter().map(|standing| area(desk, standing, alerts)).collect(),
        notices: notices(alerts),
        false_alerts_per_year: desk.job.alerts.false_alerts_per_year,
        limits: LIMITS,
        program: format!("groundtell {}", env!("CARGO_PKG_VERSION")),
    }
}

fn area(desk: &Desk<'_>, (watched, records, course): &Standing<'_>, alerts: &[Alert]) -> site::Area {
    let objects = course.tracks.iter().enumerate().map(|(place, track)| {
        let changes = course.changes.iter().filter(|change| change.track == place);
        object(desk, records, track, changes)
    });
    let weak = |(record, number): &(usize, usize)| {
        let record = records.get(*record)?;
        let sighting = record.look()?.sightings.get(*number)?;
        Some(site::Weak { day: record.acquisition.day(), area_ha: sighting.area_ha, z: sighting.z })
    };
    let newest = records.iter().rev().find(|record| record.look().is_some());
    site::Area {
        id: watched.area.id.clone(),
        name: watched.area.name.clone(),
        area_ha: watched.aoi.area_ha(),
        simulated: records.iter().any(|record| record.simulated),
        acquisitions: records.iter().map(|record| acquisition(desk, watched, record, alerts)).collect(),
        objects: objects.collect(),
        below: course.below.iter().filter_map(weak).collect(),
        pictures: newest.map_or_else(Vec::new, |record| pictures(desk, record)),
        credits: credits(records),
    }
}

fn acquisition(desk: &Desk<'_>, watched: &Watched, record: &Record, alerts: &[Alert]) -> site::Acquisition {
    let outcome = match &record.outcome {
        Outcome::Unseen => site::Outcome::Unseen,
        Outcome::First => site::Outcome::First,
        Outcome::Looked(look) => site::Outcome::Looked {
            objects: look.sightings.len(),
            baseline: record.baseline.iter().map(|one| one.day()).collect(),
            doubts: look.reasons.clone(),
        },
    };
    let mut files = vec![("record", format!("{}/{FILE}", folder(record)))];
    if record.look().is_some() {
        files.extend(run_files(desk, record, &[("summary", "summary.json"), ("item", "item.json")]));
    }
    site::Acquisition {
        day: record.acquisition.day(),
        clear_share: record.clear_share,
        outcome,
        renewed: alert::tells_of_renewal(watched, record, alerts),
        items: Foreign::new(record.acquisition.items.join(" ")),
        files,
    }
}

fn object<'a>(
    desk: &Desk<'_>,
    records: &[Record],
    track: &Track,
    changes: impl Iterator<Item = &'a Change>,
) -> site::Object {
    let first = records.iter().find(|record| record.acquisition.identity == track.acquisition);
    let day = |change: &Change| records.get(change.record).map(|record| record.acquisition.day());
    let files = [("pictures", "preview/false_colour.png"), ("outlines", "change.geojson"), ("summary", "summary.json")];
    site::Object {
        id: track.id.clone(),
        state: state(track.state),
        bracket: track.bracket,
        area_ha: track.sighting.area_ha,
        z: track.sighting.z,
        confidence: track.confidence,
        doubtful: track.reliability != "ok",
        rivals: track.sighting.rivals.clone(),
        was_confirmed: track.was_confirmed,
        ended: track.ended.clone(),
        simulated: track.simulated,
        looks: track.observations.iter().map(|one| (one.day, one.disturbed >= super::track::HALF)).collect(),
        changes: changes.filter_map(|change| Some((day(change)?, state(change.state)))).collect(),
        files: first.map_or_else(Vec::new, |record| run_files(desk, record, &files)),
    }
}

fn state(state: State) -> site::State {
    match state {
        State::First => site::State::First,
        State::Provisional => site::State::Provisional,
        State::Confirmed => site::State::Confirmed,
        State::Finished => site::State::Finished,
    }
}

/// Pictures of a look that were drawn.
fn pictures(desk: &Desk<'_>, record: &Record) -> Vec<site::Picture> {
    let day = record.acquisition.day();
    let baseline: Vec<String> = record.baseline.iter().map(|one| one.day().to_string()).collect();
    let baseline = baseline.join(", ");
    let false_colour =
        "shortwave infrared, near infrared and red as red, green and blue; burned ground is reddish brown";
    [
        (
            "false_colour_before.png",
            format!("Before: {baseline}"),
            format!("The area before, false colour: {false_colour}"),
        ),
        ("false_colour_after.png", format!("After: {day}"), format!("The area after, false colour: {false_colour}")),
        (
            "dnbr.png",
            "dNBR: how much more burned the ground looks than before".into(),
            "Map of dNBR; high where ground looks burned".into(),
        ),
    ]
    .into_iter()
    .filter_map(|(name, caption, description)| {
        let file = run_file(desk, record, &format!("preview/{name}"))?;
        Some(site::Picture { caption, description, file })
    })
    .collect()
}

/// The folder of a record from the watch's on.
fn folder(record: &Record) -> String {
    format!("acquisitions/{}/{}", record.area, record.folder_name())
}

/// A file of a record's run from the watch's folder on, where there is one.
fn run_file(desk: &Desk<'_>, record: &Record, name: &str) -> Option<String> {
    let path = desk.shelf.acquisition(&record.area, &record.folder_name()).join(RUN).join(name);
    size_of(&path).is_ok().then(|| format!("{}/{RUN}/{name}", folder(record)))
}

fn run_files(desk: &Desk<'_>, record: &Record, names: &[(&'static str, &'static str)]) -> Vec<(&'static str, String)> {
    names.iter().filter_map(|(words, name)| Some((*words, run_file(desk, record, name)?))).collect()
}

/// What the licences of the data ask to be said, with the years.
fn credits(records: &[Record]) -> Vec<String> {
    let real = records.iter().filter(|record| !record.simulated);
    let of = |record: &&Record, name: &str| {
        record.acquisition.platform.as_ref().is_some_and(|platform| platform.to_lowercase().starts_with(name))
    };
    let years: BTreeSet<String> = real
        .clone()
        .filter(|record| of(record, "sentinel"))
        .map(|record| record.acquisition.day().year().to_string())
        .collect();
    let mut credits = Vec::new();
    if !years.is_empty() {
        let years = years.into_iter().collect::<Vec<_>>().join(", ");
        credits.push(format!("Contains modified Copernicus Sentinel data {years}"));
    }
    if real.clone().any(|record| of(&record, "landsat")) {
        credits.push("Landsat data courtesy of the U.S. Geological Survey".into());
    }
    credits
}

fn notices(alerts: &[Alert]) -> Vec<site::Notice> {
    let withdrawn: BTreeSet<&str> = alerts.iter().flat_map(|alert| &alert.withdrawn).map(String::as_str).collect();
    let notice = |alert: &Alert| site::Notice {
        day: alert.day,
        state: alert.state.clone(),
        area: alert.area.clone(),
        object: alert.object.clone(),
        words: alert.words.clone(),
        withdrawn: withdrawn.contains(alert.id.as_str()),
    };
    alerts.iter().map(notice).collect()
}

/// The catalogue above all.
fn catalogue(desk: &Desk<'_>, areas: &[Standing<'_>]) -> Branch {
    let child = |(watched, ..): &Standing<'_>| Leaf {
        is_item: false,
        href: format!("./areas/{}.json", watched.area.id),
        title: title(watched),
    };
    let simulated = areas.iter().any(|(_, records, _)| records.iter().any(|record| record.simulated));
    Branch {
        id: format!("groundtell-watch-{}", desk.job.id),
        title: format!("{}Watch {}", marked(simulated), desk.job.id),
        description: format!(
            "{}The newest look of each acquisition over the areas that are watched. {LIMITS}",
            marked(simulated)
        ),
        simulated,
        above: None,
        file: CATALOGUE.into(),
        below: areas.iter().map(child).collect(),
        page: Some(format!("./{INDEX}")),
    }
}

/// The catalogue of an area.
fn branch(desk: &Desk<'_>, (watched, records, _): &Standing<'_>) -> Branch {
    let item = |record: &Record| {
        let look = record.look()?;
        let file = run_file(desk, record, "item.json")?;
        let day = record.acquisition.day();
        let title = format!("{}{day}: {} objects", marked(record.simulated), look.sightings.len());
        Some(Leaf { is_item: true, href: format!("../{file}"), title })
    };
    let simulated = records.iter().any(|record| record.simulated);
    let id = &watched.area.id;
    let credits = credits(records).iter().map(|credit| format!(" {credit}.")).collect::<String>();
    Branch {
        id: format!("groundtell-watch-{}-{id}", desk.job.id),
        title: format!("{}{}", marked(simulated), title(watched)),
        description: format!("{}Looks at the area {id}. {LIMITS}{credits}", marked(simulated)),
        simulated,
        above: Some([format!("../{CATALOGUE}"), format!("../{CATALOGUE}")]),
        file: format!("{id}.json"),
        below: records.iter().filter_map(item).collect(),
        page: Some(format!("./{id}.html")),
    }
}

fn title(watched: &Watched) -> String {
    watched.area.name.as_ref().map_or_else(|| watched.area.id.clone(), |name| format!("{name} ({})", watched.area.id))
}

fn marked(simulated: bool) -> &'static str {
    if simulated { "SIMULATED: " } else { "" }
}

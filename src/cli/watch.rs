//! `groundtell watch`: one pass over what is new, and what stands on record.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::{Action, Named, Watch as Asked};
use super::change::PARTIAL;
use super::network::{catalogue, tell};
use super::progress::Progress;
use super::request::{area_file, base_recipe};
use super::talk::Talk;
use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;
use crate::io::access::Access;
use crate::io::store;
use crate::limits::Limits;
use crate::pipeline::crew::{Silent, Watch};
use crate::pipeline::summary::LIMITS;
use crate::stac::catalogue::Source;
use crate::stac::entry;
use crate::text::{Foreign, inert_line, shown_path};
use crate::watch::book::Book;
use crate::watch::job::{Job, Place};
use crate::watch::listing::Catalogued;
use crate::watch::pass::{Channel, alerts};
use crate::watch::record::{Outcome, Record};
use crate::watch::report::Report;
use crate::watch::shelf::Shelf;
use crate::watch::{Desk, Watched, notice, publish};

pub(super) fn run(asked: &Asked, talk: &Talk) -> Result<u8> {
    match &asked.action {
        None => pass(asked, talk),
        Some(Action::Status(named)) => status(named, talk),
        Some(Action::History(named)) => history(named, talk),
        Some(Action::Unit { named, when }) => unit(named, when, talk),
        Some(Action::Rebuild(named)) => rebuild(named, talk),
    }
}

/// The job at a path.
fn job_at(path: &Path, limits: &Limits) -> Result<Job> {
    let text = store::read_text(path, limits.text_bytes)?;
    Job::from_toml(&text, limits).map_err(|error| error.at(shown_path(path)))
}

/// Everything that a pass works with; `path` is the job's file.
fn desk<'a>(
    (job, path): (&'a Job, &Path),
    out: Option<&Path>,
    watch: &'a dyn Watch,
    limits: Limits,
) -> Result<Desk<'a>> {
    let folder = Job::folder_of(path);
    let recipe = base_recipe(job.recipe.as_ref().map(|path| folder.join(path)).as_deref(), &job.set, &limits)?;
    let recipe_hash = store::sha256_hex(recipe.to_toml()?.as_bytes());
    let areas = job.areas.iter().map(|area| {
        let aoi = match &area.place {
            Place::Bbox([west, south, east, north]) => Aoi::from_bbox(&format!("{west},{south},{east},{north}")),
            Place::File(path) => Ok(area_file(&folder.join(path), &limits)?),
        };
        let aoi = aoi.map_err(|error| error.at(format!("area {}", area.id)))?;
        let digest = store::sha256_hex(aoi.to_geojson().as_bytes());
        Ok(Watched { area: area.clone(), aoi, digest })
    });
    let areas = areas.collect::<Result<_>>()?;
    let shelf = Shelf::at(&out.map_or_else(|| folder.join(&job.out), Path::to_owned))?;
    Ok(Desk { job, recipe, recipe_hash, areas, shelf, limits, access: Access::default(), watch })
}

fn pass(asked: &Asked, talk: &Talk) -> Result<u8> {
    let limits = Limits::default();
    let path = asked.job.as_deref().ok_or_else(|| Error::usage("no job is named"))?;
    let mut job = job_at(path, &limits)?;
    job.per_pass = asked.per_pass.map_or(job.per_pass, |most| most as usize);
    let progress = Progress::new(talk)?;
    let access = asked.network.access()?;
    let desk = Desk { access: access.clone(), ..desk((&job, path), asked.out.as_deref(), &progress, limits)? };
    let source = Source::parse(&job.catalogue)?;
    let place = match source.place {
        entry::Place::File(file) => entry::Place::File(Job::folder_of(path).join(file)),
        web => web,
    };
    let catalogue = catalogue(place, &access, limits)?;
    let own = || source.collection.iter().cloned().collect();
    let collections = if job.collections.is_empty() { own() } else { job.collections.clone() };
    let catalogued = Catalogued { catalogue, collections, access: access.clone() };
    let channels = notice::channels(&job, access.http(), |name| std::env::var(name).ok())?;
    let channels: Vec<&dyn Channel> = channels.iter().map(|channel| &**channel).collect();
    let ended = desk.pass(&catalogued, &channels, &format!("process {}", std::process::id()));
    progress.done();
    tell(&access, talk);
    let report = ended?;
    talk.answer(&report, || text(&report))?;
    Ok(code(&report, asked.fail_on_alert))
}

fn code(report: &Report, fail_on_alert: bool) -> u8 {
    match report {
        report if !report.failed.is_empty() => PARTIAL,
        report => u8::from(fail_on_alert && !report.alerts.is_empty()),
    }
}

/// A pass for people.
fn text(report: &Report) -> String {
    if let Some(holder) = &report.held_by {
        return format!("another pass is at work ({}); nothing was done\n", Foreign::new(holder.as_str()));
    }
    let mut page = String::new();
    let _ = writeln!(
        page,
        "listed    {} acquisitions: {} looked at, {} too cloudy, {} with nothing to be held against yet, {} left for the next pass",
        report.listed, report.looked, report.unseen, report.first, report.left
    );
    for alert in &report.alerts {
        let _ = writeln!(page, "alert     {} {}: {}", alert.area, alert.state, inert_line(&alert.words));
    }
    if report.alerts.is_empty() {
        let _ = writeln!(page, "alerts    none");
    }
    for failure in &report.failed {
        let _ = writeln!(page, "failed    {}, {}: {}", failure.area, failure.what, inert_line(&failure.error));
    }
    for note in &report.notes {
        let _ = writeln!(page, "note: {}", inert_line(note));
    }
    let _ = writeln!(page, "{LIMITS}");
    page
}

/// The desk for those who only ask.
fn asked_desk(named: &Named) -> Result<(Job, Limits)> {
    let limits = Limits::default();
    Ok((job_at(&named.job, &limits)?, limits))
}

fn status(named: &Named, talk: &Talk) -> Result<u8> {
    let (job, limits) = asked_desk(named)?;
    let desk = desk((&job, &named.job), named.out.as_deref(), &Silent, limits)?;
    let ledger = desk.ledger(&mut Report::default())?;
    let books = books(&desk, &ledger)?;
    let areas = desk.areas.iter().zip(&books).map(|(watched, book)| desk.standing(watched, book));
    let areas = areas.collect::<Result<Vec<_>>>()?;
    let document = publish::status(&desk, &areas, &alerts(&ledger)?);
    talk.answer(&document, || {
        let mut page = String::new();
        for (watched, records, course) in &areas {
            let looks = records.iter().filter(|record| record.look().is_some()).count();
            let newest = records.last().map_or("none".into(), |record| record.acquisition.day().to_string());
            let _ = writeln!(
                page,
                "{:<16} {} acquisitions, {looks} looks, newest {newest}",
                watched.area.id,
                records.len()
            );
            for track in &course.tracks {
                let [from, to] = track.bracket;
                let _ = writeln!(
                    page,
                    "  {:<14} {:<11} {:.1} ha, between {from} and {to}, confidence {:.1}",
                    track.id,
                    track.state.word(),
                    track.sighting.area_ha,
                    track.confidence
                );
            }
        }
        page
    })
}

fn books(desk: &Desk<'_>, ledger: &crate::io::ledger::Ledger) -> Result<Vec<Book>> {
    desk.areas.iter().map(|watched| desk.book(ledger, &watched.area.id)).collect()
}

fn history(named: &Named, talk: &Talk) -> Result<u8> {
    let (job, limits) = asked_desk(named)?;
    let desk = desk((&job, &named.job), named.out.as_deref(), &Silent, limits)?;
    let ledger = desk.ledger(&mut Report::default())?;
    let records: Vec<Record> = books(&desk, &ledger)?.into_iter().flat_map(|book| book.all).collect();
    let document: Vec<Value> = records.iter().map(line).collect();
    talk.answer(&json!({ "acquisitions": document, "alerts": alerts(&ledger)? }), || {
        let mut page = String::new();
        for record in &records {
            let _ = writeln!(
                page,
                "{:<16} {} {:>4.0} % clear  {:<40} {}",
                record.area,
                record.acquisition.day(),
                100.0 * record.clear_share,
                Foreign::new(record.acquisition.items.join(" ")).to_string(),
                told(record)
            );
        }
        page
    })
}

fn line(record: &Record) -> Value {
    json!({
        "area": record.area, "sequence": record.sequence, "day": record.acquisition.day(), "identity": record.acquisition.identity,
        "version": record.acquisition.version, "items": record.acquisition.items, "left_aside": record.acquisition.losers,
        "clear_share": record.clear_share, "outcome": told(record), "folder": record.folder_name(),
        "baseline": record.baseline.iter().map(|one| one.day()).collect::<Vec<_>>(),
        "objects": record.look().map(|look| look.sightings.len()),
    })
}

fn told(record: &Record) -> String {
    match &record.outcome {
        Outcome::Unseen => "too cloudy".into(),
        Outcome::First => "nothing to be held against yet".into(),
        Outcome::Looked(look) => {
            let days: Vec<String> = record.baseline.iter().map(|one| one.day().to_string()).collect();
            format!("{} objects against {} ({})", look.sightings.len(), days.join(", "), look.reliability)
        }
    }
}

fn rebuild(named: &Named, talk: &Talk) -> Result<u8> {
    let (job, limits) = asked_desk(named)?;
    let desk = desk((&job, &named.job), named.out.as_deref(), &Silent, limits)?;
    let _lock = match store::Lock::take(&desk.shelf.file("watch.lock"), &format!("process {}", std::process::id()))? {
        Ok(lock) => lock,
        Err(holder) => {
            return Err(Error::usage(format!("a pass is at work ({holder})")).hint("wait until it has ended"));
        }
    };
    let ledger = desk.rebuild()?;
    let records: usize = books(&desk, &ledger)?.iter().map(|book| book.all.len()).sum();
    let alerts = alerts(&ledger)?.len();
    talk.answer(&json!({ "records": records, "alerts": alerts }), || {
        format!("the ledger was made again: {records} acquisitions, {alerts} alerts\n")
    })
}

/// A service, its timer, and the line for cron.
fn unit(named: &Named, when: &str, talk: &Talk) -> Result<u8> {
    let (job, _) = asked_desk(named)?;
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("groundtell"));
    let path = whole(&named.job);
    let plain = |path: &Path| !path.to_string_lossy().contains(['"', '\\', '%', '\'', '\n', '$']);
    if !plain(&path) || !plain(&program) || when.contains('\n') {
        return Err(Error::usage("a path with quotes, percent signs or line ends does not go into a unit")
            .hint("move the job to a plainly named folder"));
    }
    let (program, path) = (program.display(), path.display());
    let id = &job.id;
    let page = format!(
        "# groundtell-{id}.service\n[Unit]\nDescription=groundtell watch {id}\nWants=network-online.target\nAfter=network-online.target\n\n\
[Service]\nType=oneshot\nExecStart=\"{program}\" watch \"{path}\" --quiet --json\n# 3: something failed and is tried again on the next pass\nSuccessExitStatus=3\nNice=10\n\n\
# groundtell-{id}.timer\n[Unit]\nDescription=groundtell watch {id}\n\n[Timer]\nOnCalendar={when}\nRandomizedDelaySec=900\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n\n\
# or, for cron, every six hours:\n20 */6 * * * \"{program}\" watch \"{path}\" --quiet --json\n"
    );
    talk.data(page.as_bytes())
}

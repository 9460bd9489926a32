//! One pass: what is new is listed, looked at in order and put on record, then everything that follows is written
//! and told. A pass may be killed anywhere; the next one ends where an undisturbed one would have.

use std::collections::BTreeSet;

use super::alert::{self, Alert};
use super::baseline;
use super::book::Book;
use super::layers::Shelved;
use super::look::Due;
use super::publish::Standing;
use super::record::{Record, Taken};
use super::report::Report;
use super::track::{Course, Rules, follow};
use super::{Desk, Watched};
use crate::error::{Error, Kind, Result};
use crate::io::ledger::{Entry, Ledger, Opened};
use crate::io::store::{self, Lock};
use crate::pipeline::search::{open_place, shares};
use crate::stac::entry::{self, Acquisition};
use crate::text::inert_json;
use jiff::civil::Date;

/// Where new acquisitions are listed.
pub trait Source {
    /// The acquisitions over an area from a day on, in the order of their time, and what there is to say of the list.
    ///
    /// # Errors
    /// As reading the catalogue.
    fn list(&self, watched: &Watched, from: Date) -> Result<(Vec<Acquisition>, Vec<String>)>;
}

/// Somebody who is told of alerts.
pub trait Channel {
    /// Its name in the ledger.
    fn name(&self) -> &str;

    /// Tells one alert; may be told the same again after a kill.
    ///
    /// # Errors
    /// `Environment` when nobody heard it: it is told again on the next pass.
    fn tell(&self, alert: &Alert, line: &str) -> Result<()>;
}

impl Desk<'_> {
    /// Makes one pass. `holder` is what another one would be told meanwhile.
    ///
    /// # Errors
    /// `Environment` when the folder or the ledger fails, `Interrupted` when the watch is asked to stop, `Unsupported`
    /// for a ledger of a newer program. What fails for one acquisition is in the report.
    pub fn pass(&self, source: &dyn Source, channels: &[&dyn Channel], holder: &str) -> Result<Report> {
        let mut report = Report::default();
        let _lock = match Lock::take(&self.shelf.file("watch.lock"), holder)? {
            Ok(lock) => lock,
            Err(other) => return Ok(Report { held_by: Some(other), ..report }),
        };
        self.shelf.sweep(&self.areas.iter().map(|watched| watched.area.id.as_str()).collect::<Vec<_>>())?;
        let ledger = self.ledger(&mut report)?;
        self.adopt(&ledger)?;
        let mut budget = self.job.per_pass;
        for place in 0..self.areas.len() {
            self.work_off(place, source, &ledger, &mut budget, &mut report)?;
        }
        let raised = self.conclude(&ledger, &mut report)?;
        self.tell(&raised, &ledger, channels, &mut report)?;
        Ok(report)
    }

    /// The ledger; one that is damaged is set aside and made again from the files.
    ///
    /// # Errors
    /// As opening and filling it.
    pub fn ledger(&self, report: &mut Report) -> Result<Ledger> {
        match Ledger::open(&self.shelf.ledger())? {
            Opened::Sound(ledger) => Ok(ledger),
            Opened::Damaged(error) => {
                report.notes.push(format!("{error}; it was set aside and made again from the records"));
                self.rebuild()
            }
        }
    }

    /// Makes the ledger again from the records and the alerts on file; alerts on file count as told.
    ///
    /// # Errors
    /// As reading the files and writing the ledger.
    pub fn rebuild(&self) -> Result<Ledger> {
        for ending in ["", "-wal", "-shm"] {
            let path = self.shelf.file(&format!("watch.sqlite{ending}"));
            store::set_aside(&path, &self.shelf.file(&format!("damaged.sqlite{ending}")))?;
        }
        let Opened::Sound(ledger) = Ledger::open(&self.shelf.ledger())? else {
            return Err(Error::bug("a new ledger is damaged"));
        };
        self.adopt(&ledger)?;
        let alerts = self.shelf.file(super::publish::ALERTS);
        if store::size_of(&alerts).is_ok() {
            for line in store::read_text(&alerts, u64::MAX - 1)?.lines() {
                let alert = Alert::parse(line)?;
                ledger.raise(&alert.id, &alert.area, line)?;
                let mut channels = vec![];
                channels.extend((!self.job.alerts.command.is_empty()).then_some("command"));
                channels.extend(self.job.alerts.webhook.as_ref().map(|_| "webhook"));
                channels.into_iter().try_for_each(|channel| ledger.told(&alert.id, channel))?;
            }
        }
        Ok(ledger)
    }

    /// Notes published folders that the ledger does not know: a kill came between the two.
    fn adopt(&self, ledger: &Ledger) -> Result<()> {
        for watched in &self.areas {
            let area = &watched.area.id;
            let known: BTreeSet<String> = self.book(ledger, area)?.all.iter().map(Record::folder_name).collect();
            let folders = store::names(&self.shelf.acquisitions(area))?;
            let mut found = Vec::new();
            for folder in folders.into_iter().filter(|folder| !known.contains(folder)) {
                found.extend(self.shelf.record(area, &folder)?.map(|record| (folder, record)));
            }
            found.sort_by_key(|(_, record)| record.sequence);
            for (folder, record) in found {
                note(ledger, &folder, &record)?;
            }
        }
        Ok(())
    }

    /// The records of an area.
    ///
    /// # Errors
    /// As reading the ledger; `Malformed` for a record that is none.
    pub fn book(&self, ledger: &Ledger, area: &str) -> Result<Book> {
        let all = ledger.records(area)?.iter().map(|text| Record::parse(text)).collect::<Result<_>>()?;
        Ok(Book { all })
    }

    /// Looks at what is new of one area, in the order of acquisition.
    fn work_off(
        &self,
        place: usize,
        source: &dyn Source,
        ledger: &Ledger,
        budget: &mut usize,
        report: &mut Report,
    ) -> Result<()> {
        let watched = self.area(place)?;
        let mut book = self.book(ledger, &watched.area.id)?;
        let from = book.from(self.job.since, self.job.look_back_days);
        let (acquisitions, notes) = match source.list(watched, from) {
            Ok(listing) => listing,
            Err(error) => return report.failed(&watched.area.id, "the list of acquisitions", error).map(|_| ()),
        };
        report.notes.extend(notes);
        report.listed += acquisitions.len();
        for acquisition in &acquisitions {
            let taken = self.taken(acquisition)?;
            if taken.day() < self.job.since || book.holds(&taken, &self.recipe_hash) {
                continue;
            }
            if *budget == 0 {
                report.left += 1;
                continue;
            }
            if self.watch.stopped() {
                return Err(Error::new(Kind::Interrupted, "stopped by a signal; what is on record stays"));
            }
            match self.put_on_record(place, acquisition, taken, &book) {
                Ok((folder, record)) => {
                    note(ledger, &folder, &record)?;
                    report.count(&record);
                    book.all.push(record);
                    *budget -= 1;
                }
                Err(error) => {
                    let name = acquisition.identity();
                    // What the environment refuses now may be there later: nothing newer is looked at before it.
                    if report.failed(&watched.area.id, &name, error)? {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Looks at one acquisition.
    fn put_on_record(
        &self,
        place: usize,
        acquisition: &Acquisition,
        taken: Taken,
        book: &Book,
    ) -> Result<(String, Record)> {
        let watched = self.area(place)?;
        self.keep_items(acquisition)?;
        let access = self.access.fresh();
        let open = |place: &entry::Place| open_place(place, &access, &self.limits);
        let shares = shares(acquisition, &watched.aoi, &open, &self.limits)?;
        let missing = || Error::missing("the acquisition has no classes of cloud (SCL, QA_PIXEL) over the area");
        let clear_share = shares.ok_or_else(missing)?.clear;
        let mut earlier = book.current();
        earlier.retain(|record| {
            record.acquisition.datetime < taken.datetime && record.acquisition.identity != taken.identity
        });
        let baseline = if clear_share < self.job.least_clear {
            Vec::new()
        } else {
            let followed = self.course(&earlier)?.followed_since();
            baseline::choose(&earlier, taken.day(), followed, &self.job.baseline)
        };
        let due = Due { area: place, taken, baseline, sequence: book.sequence(), clear_share, access };
        let record = self.look(&due)?;
        Ok((record.folder_name(), record))
    }

    /// An acquisition as a record names it.
    fn taken(&self, acquisition: &Acquisition) -> Result<Taken> {
        let sources = acquisition.parts.iter().map(|part| match &part.place {
            entry::Place::File(path) if part.addresses().is_empty() => Ok(path.to_string_lossy().into_owned()),
            _ => Ok(format!("items/{}", item_name(part)?)),
        });
        Ok(Taken {
            identity: acquisition.identity(),
            version: acquisition.version(),
            datetime: acquisition.datetime(),
            items: acquisition.parts.iter().map(|part| part.id.raw().to_owned()).collect(),
            sources: sources.collect::<Result<_>>()?,
            losers: acquisition.losers.iter().map(|loser| loser.id.raw().to_owned()).collect(),
            platform: acquisition.platform().map(str::to_owned),
            relative_orbit: acquisition.orbit(),
        })
    }

    /// Keeps items whose files lie on the web, without credentials.
    fn keep_items(&self, acquisition: &Acquisition) -> Result<()> {
        for part in &acquisition.parts {
            if !part.addresses().is_empty() {
                store::replace(&self.shelf.items().join(item_name(part)?), item_text(part).as_bytes())?;
            }
        }
        Ok(())
    }

    /// What records come to.
    ///
    /// # Errors
    /// As reading layers.
    pub fn course(&self, records: &[Record]) -> Result<Course> {
        let rules = Rules {
            false_alerts_per_year: self.job.alerts.false_alerts_per_year,
            least_ha: self.recipe.burn.min_area_ha,
        };
        follow(records, rules, &Shelved { shelf: &self.shelf, limits: &self.limits })
    }

    /// The newest records of an area and what they come to.
    ///
    /// # Errors
    /// As [`Desk::course`].
    pub fn standing<'a>(&self, watched: &'a Watched, book: &Book) -> Result<Standing<'a>> {
        let current = book.current();
        let course = self.course(&current)?;
        Ok((watched, current, course))
    }

    /// Raises what follows from the records and was not raised yet, and writes what is told of the watch; every alert
    /// that stands.
    fn conclude(&self, ledger: &Ledger, report: &mut Report) -> Result<Vec<Alert>> {
        let mut raised = alerts(ledger)?;
        let mut areas = Vec::new();
        for watched in &self.areas {
            let book = self.book(ledger, &watched.area.id)?;
            let standing = self.standing(watched, &book)?;
            let following = alert::of_course(watched, &standing.1, &standing.2);
            let own: Vec<Alert> = raised.iter().filter(|alert| alert.area == watched.area.id).cloned().collect();
            let revisions = alert::revisions(watched, &book.all, &following, &own);
            let fresh = following.into_iter().chain(revisions);
            for alert in fresh.filter(|alert| own.iter().all(|old| old.id != alert.id)) {
                raised.push(alert.clone());
                report.alerts.push(alert);
            }
            areas.push(standing);
        }
        let lines = report.alerts.iter().map(|alert| Ok((alert.id.clone(), alert.area.clone(), alert.line()?)));
        ledger.raise_all(&lines.collect::<Result<Vec<_>>>()?)?;
        report.written += super::publish::write(self, &areas, &raised)?;
        Ok(raised)
    }

    /// Tells every channel what it has not been told.
    fn tell(&self, raised: &[Alert], ledger: &Ledger, channels: &[&dyn Channel], report: &mut Report) -> Result<()> {
        for alert in raised {
            let wanted =
                alert.state == alert::REVISED || self.job.alerts.states.iter().any(|state| state.word() == alert.state);
            for channel in channels.iter().filter(|_| wanted) {
                if ledger.was_told(&alert.id, channel.name())? {
                    continue;
                }
                match channel.tell(alert, &alert.line()?) {
                    Ok(()) => ledger.told(&alert.id, channel.name())?,
                    Err(error) => {
                        report.untold += 1;
                        let _ = report.failed(&alert.area, &format!("telling {}", channel.name()), error)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Every alert on the ledger.
///
/// # Errors
/// As reading the ledger.
pub fn alerts(ledger: &Ledger) -> Result<Vec<Alert>> {
    ledger.alerts()?.iter().map(|(_, body)| Alert::parse(body)).collect()
}

fn note(ledger: &Ledger, folder: &str, record: &Record) -> Result<()> {
    let text = String::from_utf8(record.to_bytes()?).map_err(|error| Error::bug(error.to_string()))?;
    ledger.add(&Entry {
        area: &record.area,
        folder,
        identity: &record.acquisition.identity,
        version: &record.acquisition.version,
        recipe: &record.recipe,
        sequence: record.sequence,
        record: &text,
    })
}

/// An item without credentials, as text.
fn item_text(part: &entry::Entry) -> String {
    format!("{}\n", inert_json(&format!("{:#}", part.inert_document())))
}

fn item_name(part: &entry::Entry) -> Result<String> {
    let digest = store::sha256_hex(item_text(part).as_bytes());
    digest.get(..24).map(|name| format!("{name}.json")).ok_or_else(|| Error::bug("a short hash"))
}

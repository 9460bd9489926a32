//! The ledger of a watch: a SQLite file (WAL, every commit on the disk) that knows which acquisitions were worked off,
//! which alerts were raised and who was told. What it holds besides deliveries stands in files too, so that it
//! can be made again.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use crate::error::{Error, Kind, Result};
use crate::text::shown_path;

/// "GTLW".
const APPLICATION: i32 = 0x4754_4C57;
/// Version of the tables.
const VERSION: i32 = 1;
/// Milliseconds to wait for somebody who reads it.
const PATIENCE_MS: u64 = 10_000;

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS look (
    area TEXT NOT NULL, folder TEXT NOT NULL, identity TEXT NOT NULL, version TEXT NOT NULL, recipe TEXT NOT NULL,
    sequence INTEGER NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (area, folder)) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS look_order ON look (area, sequence);
CREATE TABLE IF NOT EXISTS alert (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, area TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS delivery (
    alert TEXT NOT NULL, channel TEXT NOT NULL, PRIMARY KEY (alert, channel)) STRICT;
";

/// An open ledger.
pub struct Ledger {
    file: Connection,
    place: String,
}

/// One acquisition that was worked off.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'a> {
    /// The area's id.
    pub area: &'a str,
    /// The folder's name.
    pub folder: &'a str,
    /// What the acquisition is.
    pub identity: &'a str,
    /// Which processing of it.
    pub version: &'a str,
    /// Hash of the recipe.
    pub recipe: &'a str,
    /// Its place in the order of coming in.
    pub sequence: u64,
    /// The record.
    pub record: &'a str,
}

/// What stood at the ledger's place.
pub enum Opened {
    /// A ledger, or none yet.
    Sound(Ledger),
    /// A file that is no ledger any more: cut, overwritten, damaged.
    Damaged(Error),
}

impl Ledger {
    /// Opens the ledger at `path`, or makes it, and looks it over.
    ///
    /// # Errors
    /// `Unsupported` for the ledger of a newer program, `Environment` when the disk fails or somebody holds it.
    pub fn open(path: &Path) -> Result<Opened> {
        let place = shown_path(path).to_string();
        match Self::checked(path) {
            Ok(file) => Ok(Opened::Sound(Self { file, place })),
            Err(Refusal::Newer(version)) => Err(Error::unsupported(format!(
                "the ledger has version {version}, newer than this program's {VERSION}"
            ))
            .at(place)
            .hint("use the groundtell that wrote it, or a newer one")),
            Err(Refusal::Sql(error)) if is_damage(&error) => {
                Ok(Opened::Damaged(Error::malformed(format!("the ledger is damaged: {error}")).at(place)))
            }
            Err(Refusal::Sql(error)) => Err(failed(&error, &place)),
        }
    }

    fn checked(path: &Path) -> std::result::Result<Connection, Refusal> {
        let file = Connection::open(path)?;
        file.busy_timeout(std::time::Duration::from_millis(PATIENCE_MS))?;
        let verdict: String = file.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        let application: i32 = file.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let version: i32 = file.pragma_query_value(None, "user_version", |row| row.get(0))?;
        let tables: i64 = file.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if verdict != "ok" || (tables > 0 && application != APPLICATION) {
            return Err(Refusal::Sql(damage(verdict)));
        }
        if version > VERSION {
            return Err(Refusal::Newer(version));
        }
        file.pragma_update(None, "journal_mode", "WAL")?;
        file.pragma_update(None, "synchronous", "FULL")?;
        let work = file.unchecked_transaction()?;
        work.execute_batch(TABLES)?;
        work.pragma_update(None, "application_id", APPLICATION)?;
        work.pragma_update(None, "user_version", VERSION)?;
        work.commit()?;
        Ok(file)
    }

    /// The records of an area in the order in which they came in.
    ///
    /// # Errors
    /// `Environment` when the ledger cannot be read.
    pub fn records(&self, area: &str) -> Result<Vec<String>> {
        self.list("SELECT record FROM look WHERE area = ?1 ORDER BY sequence", area)
    }

    /// Notes an acquisition as worked off; one that is noted already stays as it is.
    ///
    /// # Errors
    /// `Environment` when the ledger cannot be written.
    pub fn add(&self, entry: &Entry<'_>) -> Result<()> {
        let Entry { area, folder, identity, version, recipe, sequence, record } = entry;
        self.write(
            "INSERT OR IGNORE INTO look VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![area, folder, identity, version, recipe, *sequence as i64, record],
        )
    }

    /// Every alert in the order in which they were raised: id and body.
    ///
    /// # Errors
    /// `Environment` when the ledger cannot be read.
    pub fn alerts(&self) -> Result<Vec<(String, String)>> {
        let read = || {
            let mut question = self.file.prepare("SELECT id, body FROM alert ORDER BY number")?;
            let rows = question.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|error| failed(&error, &self.place))
    }

    /// Raises an alert; one with the same id stays as it was.
    ///
    /// # Errors
    /// `Environment` when the ledger cannot be written.
    pub fn raise(&self, id: &str, area: &str, body: &str) -> Result<()> {
        self.raise_all(&[(id.to_owned(), area.to_owned(), body.to_owned())])
    }

    /// Raises alerts (id, area, body) in their order, all or none of them.
    ///
    /// # Errors
    /// `Environment` when the ledger cannot be written.
    pub fn raise_all(&self, alerts: &[(String, String, String)]) -> Result<()> {
        let write = || {
            let work = self.file.unchecked_transaction()?;
            for (id, area, body) in alerts {
                work.execute(
                    "INSERT OR IGNORE INTO alert (id, area, body) VALUES (?1, ?2, ?3)",
                    params![id, area, body],
                )?;
            }
            work.commit()
        };
        write().map_err(|error| failed(&error, &self.place))
    }

    /// Whether a channel has been told of an alert.
    ///
    /// # Errors
    /// `Environment` when the ledger cannot be read.
    pub fn was_told(&self, alert: &str, channel: &str) -> Result<bool> {
        let question = "SELECT 1 FROM delivery WHERE alert = ?1 AND channel = ?2";
        let found = self.file.query_row(question, params![alert, channel], |_| Ok(())).optional();
        found.map(|found| found.is_some()).map_err(|error| failed(&error, &self.place))
    }

    /// Notes that a channel has been told.
    ///
    /// # Errors
    /// `Environment` when the ledger cannot be written.
    pub fn told(&self, alert: &str, channel: &str) -> Result<()> {
        self.write("INSERT OR IGNORE INTO delivery VALUES (?1, ?2)", params![alert, channel])
    }

    fn list(&self, question: &str, of: &str) -> Result<Vec<String>> {
        let read = || {
            let mut question = self.file.prepare(question)?;
            let rows = question.query_map([of], |row| row.get(0))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|error| failed(&error, &self.place))
    }

    fn write(&self, statement: &str, values: impl rusqlite::Params) -> Result<()> {
        self.file.execute(statement, values).map(|_| ()).map_err(|error| failed(&error, &self.place))
    }
}

enum Refusal {
    Newer(i32),
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

fn damage(words: String) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT), Some(words))
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

fn failed(error: &rusqlite::Error, place: &str) -> Error {
    let failure = Error::new(Kind::Environment, format!("the ledger: {error}")).at(place);
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            failure.hint("somebody else has it open; try again")
        }
        Some(ErrorCode::DiskFull) => failure.hint("the disk is full: free some space"),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound(path: &Path) -> Ledger {
        match Ledger::open(path).unwrap() {
            Opened::Sound(ledger) => ledger,
            Opened::Damaged(error) => panic!("{error}"),
        }
    }

    fn entry(folder: &'static str, sequence: u64) -> Entry<'static> {
        Entry { area: "a", folder, identity: "i", version: "v", recipe: "r", sequence, record: folder }
    }

    #[test]
    fn what_was_noted_is_there_again_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watch.sqlite");
        let ledger = sound(&path);
        ledger.add(&entry("second", 2)).unwrap();
        ledger.add(&entry("first", 1)).unwrap();
        ledger.add(&entry("first", 3)).unwrap();
        ledger.raise("x", "a", "body").unwrap();
        ledger.raise("x", "a", "other").unwrap();
        ledger.told("x", "command").unwrap();
        drop(ledger);
        let ledger = sound(&path);
        assert_eq!(ledger.records("a").unwrap(), ["first", "second"]);
        assert!(ledger.records("b").unwrap().is_empty());
        assert_eq!(ledger.alerts().unwrap(), [("x".to_owned(), "body".to_owned())]);
        assert!(ledger.was_told("x", "command").unwrap() && !ledger.was_told("x", "webhook").unwrap());
    }

    #[test]
    fn garbage_is_damage_and_a_newer_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watch.sqlite");
        std::fs::write(&path, b"no ledger at all, but some other file of somebody").unwrap();
        assert!(matches!(Ledger::open(&path).unwrap(), Opened::Damaged(_)));
        std::fs::remove_file(&path).unwrap();
        sound(&path).file.pragma_update(None, "user_version", VERSION + 1).unwrap();
        let refused = Ledger::open(&path).map(|_| ()).unwrap_err();
        assert!(refused.to_string().contains("newer") && refused.advice().is_some(), "{refused}");
    }

    #[test]
    fn a_ledger_cut_anywhere_is_damage_or_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watch.sqlite");
        let ledger = sound(&path);
        (1..200).for_each(|n| ledger.raise(&n.to_string(), "a", &"x".repeat(100)).unwrap());
        drop(ledger);
        let whole = std::fs::read(&path).unwrap();
        for part in 1..16 {
            std::fs::write(&path, &whole[..whole.len() * part / 16]).unwrap();
            if let Opened::Sound(ledger) = Ledger::open(&path).unwrap() {
                panic!("{part}/16 passes for whole: {:?}", ledger.alerts().map(|alerts| alerts.len()));
            }
        }
    }
}

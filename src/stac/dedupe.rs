//! From items to acquisitions: what one satellite saw of an area in one pass, each tile once, in its newest
//! processing (the project's METHODS, section 12).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::entry::{Acquisition, Entry};

/// Two items whose datastrips began within this many seconds are of one strip; strips that meet in a tile began
/// minutes apart.
const SAME_STRIP_SECONDS: i64 = 5;

/// What the items of one acquisition have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Pass {
    platform: Option<String>,
    orbit: Option<u32>,
    /// The datatake, else the day, else the item itself.
    taken: String,
}

/// Unites items into acquisitions, by time, then identity. Of the items of one tile and datastrip the newest
/// baseline wins, then the newest processing, then the newest entry; strips that meet in a tile both stay. The
/// order of the items does not matter, nor does one that is there twice.
pub fn acquisitions(entries: impl IntoIterator<Item = Entry>) -> Vec<Acquisition> {
    let mut passes: BTreeMap<Pass, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        passes.entry(Pass::of(&entry)).or_default().push(entry);
    }
    let mut united: Vec<Acquisition> = passes.into_values().map(united).collect();
    united.sort_by_cached_key(|acquisition| (acquisition.datetime(), acquisition.identity()));
    united
}

impl Pass {
    fn of(entry: &Entry) -> Self {
        let orbit = entry.relative_orbit;
        Self { platform: entry.platform.as_ref().map(|name| name.raw().to_owned()), orbit, taken: taken(entry) }
    }
}

/// What tells the pass from others of its satellite. A Sentinel-2 datatake's begin does: the absolute orbit behind
/// it is not known from every catalogue. A tile that has no datatake (Landsat) is seen once a day.
fn taken(entry: &Entry) -> String {
    let datatake = entry.datatake.as_ref().map(|id| id.raw().split('_').take(2).collect::<Vec<_>>().join("_"));
    let day = || entry.tile.as_ref().filter(|_| entry.platform.is_some()).map(|_| day(entry.datetime).to_string());
    datatake.or_else(day).unwrap_or_else(|| format!("{} {}", entry.datetime, entry.id.raw()))
}

fn day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// One acquisition from its items.
fn united(entries: Vec<Entry>) -> Acquisition {
    let mut tiles: BTreeMap<Option<String>, Vec<Entry>> = BTreeMap::new();
    for entry in entries {
        tiles.entry(entry.tile.clone()).or_default().push(entry);
    }
    let (mut parts, mut losers) = (Vec::new(), Vec::new());
    for strip in tiles.into_values().flat_map(strips) {
        let mut best_first = strip.into_iter();
        parts.extend(best_first.next());
        losers.extend(best_first);
    }
    losers.sort_by(|a, b| by_name(a).cmp(&by_name(b)));
    losers.retain(|loser| !parts.contains(loser));
    losers.dedup();
    Acquisition { parts, losers }
}

/// The items of one tile by datastrip, in the order of the strips, the best item of each first. Items that tell
/// no strip are taken to be of one.
fn strips(mut tile: Vec<Entry>) -> Vec<Vec<Entry>> {
    tile.sort_by_key(|entry| entry.datastrip);
    let mut strips: Vec<Vec<Entry>> = Vec::new();
    for entry in tile {
        match strips.last_mut().filter(|strip| strip.last().is_some_and(|last| same_strip(last, &entry))) {
            Some(strip) => strip.push(entry),
            None => strips.push(vec![entry]),
        }
    }
    strips.iter_mut().for_each(|strip| strip.sort_by(better));
    strips
}

fn same_strip(earlier: &Entry, later: &Entry) -> bool {
    match (earlier.datastrip, later.datastrip) {
        (Some(earlier), Some(later)) => later.as_second() - earlier.as_second() <= SAME_STRIP_SECONDS,
        (None, None) => true,
        _ => false,
    }
}

/// Orders items of one tile and strip, the best first: classes of cloud before none, the newest baseline, the
/// newest processing, the newest entry; then by name, so that the order is always the same.
fn better(a: &Entry, b: &Entry) -> Ordering {
    let worth = |entry: &Entry| (!entry.top_of_atmosphere, entry.baseline, entry.processed, entry.updated);
    worth(b).cmp(&worth(a)).then_with(|| by_name(a).cmp(&by_name(b)))
}

/// A fixed order for items that are worth the same.
fn by_name(entry: &Entry) -> (&str, &str, &super::entry::Place, String) {
    let collection = entry.collection.as_ref().map_or("", |collection| collection.raw());
    (collection, entry.id.raw(), &entry.place, entry.document.to_string())
}

impl Acquisition {
    /// When it was taken: the earliest time of its parts.
    pub fn datetime(&self) -> Timestamp {
        self.parts.iter().map(|part| part.datetime).min().unwrap_or_default()
    }

    /// The day it was taken (UTC).
    pub fn day(&self) -> Date {
        day(self.datetime())
    }

    /// The satellite, such as `sentinel-2b`, as the catalogue writes it (untrusted: show it as foreign text).
    pub fn platform(&self) -> Option<&str> {
        self.parts.iter().find_map(|part| part.platform.as_ref()).map(|platform| platform.raw())
    }

    /// The relative orbit; for Landsat the path.
    pub fn orbit(&self) -> Option<u32> {
        self.parts.iter().find_map(|part| part.relative_orbit)
    }

    /// Zenith and azimuth of the sun in degrees, of the first part that tells both.
    pub fn sun(&self) -> Option<(f64, f64)> {
        self.parts.iter().find_map(|part| part.sun_zenith.zip(part.sun_azimuth))
    }

    /// The tiles, each once.
    pub fn tiles(&self) -> Vec<&str> {
        let mut tiles: Vec<&str> = self.parts.iter().filter_map(|part| part.tile.as_deref()).collect();
        tiles.dedup();
        tiles
    }

    /// What stays the same when it is processed again or found in another catalogue: satellite, relative orbit
    /// and datatake (for Landsat the day; for an item that tells neither its time and id).
    pub fn identity(&self) -> String {
        let Some(pass) = self.parts.first().map(Pass::of) else { return String::new() };
        let orbit = pass.orbit.map(|orbit| format!("R{orbit:03}"));
        let words = [pass.platform.as_deref().unwrap_or("unknown"), orbit.as_deref().unwrap_or("R?"), &pass.taken];
        words.join(" ")
    }

    /// What changes when any part is processed again, replaced or added: 16 hexadecimal digits of the SHA-256 over
    /// the parts' ids, baselines and processing times.
    pub fn version(&self) -> String {
        let mut hash = Sha256::new();
        for part in &self.parts {
            // A unit separator stands between the words, so that no two lists of words are one text.
            let baseline = part.baseline.map(|baseline| baseline.to_string()).unwrap_or_default();
            let processed = part.processed.map(|time| time.to_string()).unwrap_or_default();
            hash.update(format!("{}\u{1f}{baseline}\u{1f}{processed}\u{1e}", part.id.raw()));
        }
        hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

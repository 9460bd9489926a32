//! The records of one area.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::record::{Record, Taken};

/// All records of one area.
#[derive(Debug, Default)]
pub struct Book {
    /// All, in the order in which they came in.
    pub all: Vec<Record>,
}

impl Book {
    /// The newest record of each acquisition, in the order of acquisition.
    pub fn current(&self) -> Vec<Record> {
        let mut seen = BTreeSet::new();
        let newest = self.all.iter().rev().filter(|record| seen.insert(record.acquisition.identity.as_str()));
        let mut current: Vec<Record> = newest.cloned().collect();
        current.sort_by(|a, b| {
            let time = |record: &Record| (record.acquisition.datetime, record.acquisition.identity.clone());
            time(a).cmp(&time(b))
        });
        current
    }

    pub(super) fn holds(&self, taken: &Taken, recipe: &str) -> bool {
        let same = |record: &Record| record.acquisition.version == taken.version && record.recipe == recipe;
        self.all.iter().any(|record| record.acquisition.identity == taken.identity && same(record))
    }

    pub(super) fn sequence(&self) -> u64 {
        self.all.iter().map(|record| record.sequence).max().unwrap_or(0) + 1
    }

    /// The day from which the catalogue is listed again.
    pub(super) fn from(&self, since: Date, look_back_days: u32) -> Date {
        let newest = self.all.iter().map(|record| record.acquisition.day()).max();
        let back = newest.map(|day| day.saturating_sub(jiff::Span::new().days(i64::from(look_back_days))));
        back.map_or(since, |day| day.max(since))
    }
}

//! Takes items one by one: each once, only those that answer the query, within bounds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::filter::{Filter, Verdict};
use super::{Listing, Query};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::stac::entry::{Entry, Place};
use crate::text::Foreign;

/// Notes that are kept word for word; the rest are counted.
const MOST_NOTES: usize = 20;

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was not known before, whether or not it answers.
    Fresh,
    /// It was there already.
    Known,
}

/// A listing in the making.
pub(super) struct Gather<'a> {
    filter: Filter<'a>,
    limits: &'a Limits,
    most: usize,
    bytes: u64,
    /// Every item seen by collection and id, with its place among the entries if it answers.
    seen: BTreeMap<(Option<Foreign>, Foreign), Option<usize>>,
    /// What was said of the items that could not be read.
    unread: BTreeSet<String>,
    entries: Vec<Entry>,
    notes: Vec<String>,
    unnoted: usize,
    /// Items left aside by reason.
    aside: BTreeMap<&'static str, usize>,
}

impl<'a> Gather<'a> {
    pub(super) fn new(query: &'a Query, limits: &'a Limits) -> Self {
        Self {
            filter: Filter::new(query),
            limits,
            most: query.limit.unwrap_or(usize::MAX),
            bytes: 0,
            seen: BTreeMap::new(),
            unread: BTreeSet::new(),
            entries: Vec::new(),
            notes: Vec::new(),
            unnoted: 0,
            aside: BTreeMap::new(),
        }
    }

    pub(super) fn limits(&self) -> &'a Limits {
        self.limits
    }

    /// Whether as many items were found as were asked for.
    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= self.most
    }

    /// Counts the bytes of a document.
    pub(super) fn count(&mut self, bytes: usize) -> Result<()> {
        self.bytes += bytes as u64;
        let most = self.limits.catalogue_bytes;
        match self.is_over() {
            true => {
                Err(Error::limit(format!("the listing takes more than {most} bytes"))
                    .hint("narrow the dates or the area"))
            }
            false => Ok(()),
        }
    }

    /// Whether the documents together are more than may be read.
    pub(super) fn is_over(&self) -> bool {
        self.bytes > self.limits.catalogue_bytes
    }

    /// Says something once.
    pub(super) fn note(&mut self, words: String) {
        match self.notes.len() < MOST_NOTES {
            true => self.notes.push(words),
            false => self.unnoted += 1,
        }
    }

    /// Takes an item as it was served.
    pub(super) fn take(&mut self, document: Value, place: &Place) -> Result<Taken> {
        if self.is_full() {
            return Ok(Taken::Known);
        }
        match Entry::parse(document, place) {
            Ok(entry) => self.sort_in(entry),
            Err(error) => Ok(self.leave(&error)),
        }
    }

    /// An item that cannot be read is said once, however often it is served.
    fn leave(&mut self, error: &Error) -> Taken {
        let words = format!("left aside: {error}");
        if !self.unread.insert(words.clone()) {
            return Taken::Known;
        }
        self.note(words);
        Taken::Fresh
    }

    fn sort_in(&mut self, entry: Entry) -> Result<Taken> {
        let name = (entry.collection.clone(), entry.id.clone());
        match self.seen.get(&name) {
            Some(kept) => {
                self.meet_again(*kept, entry);
                Ok(Taken::Known)
            }
            None => {
                let kept = self.keep(entry)?;
                self.seen.insert(name, kept);
                Ok(Taken::Fresh)
            }
        }
    }

    /// An item that is there twice: pages shift while a catalogue grows, and an item may be replaced meanwhile.
    fn meet_again(&mut self, kept: Option<usize>, entry: Entry) {
        let Some(place) = kept.and_then(|kept| self.entries.get_mut(kept)) else { return };
        if entry.document == place.document {
            return;
        }
        let words = format!("item {} was replaced while it was listed; the newer one is taken", entry.id);
        if (entry.baseline, entry.processed, entry.updated) > (place.baseline, place.processed, place.updated) {
            *place = entry;
        }
        self.note(words);
    }

    /// Where an item stands among the entries, if it answers the query.
    fn keep(&mut self, entry: Entry) -> Result<Option<usize>> {
        match self.filter.judge(&entry) {
            Verdict::Other => return Ok(None),
            Verdict::Aside(why) => {
                *self.aside.entry(why).or_default() += 1;
                return Ok(None);
            }
            Verdict::Answers => {}
        }
        let most = self.limits.catalogue_items;
        if self.entries.len() >= most {
            return Err(Error::limit(format!("more than {most} items answer"))
                .hint("narrow the dates or the area, or give --limit"));
        }
        self.entries.push(entry);
        Ok(Some(self.entries.len() - 1))
    }

    /// The listing, in its order.
    pub(super) fn listing(mut self) -> Listing {
        if self.is_full() {
            self.notes.push(format!("the listing stops at the limit of {}; there may be more", self.most));
        }
        if self.unnoted > 0 {
            self.notes.push(format!("{} more notes of this kind", self.unnoted));
        }
        self.notes.extend(self.aside.iter().map(|(why, count)| format!("{count} left aside: {why}")));
        self.entries.sort_by(|a, b| (a.datetime, &a.id, &a.collection).cmp(&(b.datetime, &b.id, &b.collection)));
        Listing { entries: self.entries, notes: self.notes }
    }
}

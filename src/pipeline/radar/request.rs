//! What a radar run is asked: arguments resolved, the area parsed, the recipe complete.

use std::path::PathBuf;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;
use crate::kernel::sar::scale::Scale;
use crate::limits::Limits;
use crate::recipe::Recipe;

/// One `change --sar` run, resolved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RadarRequest {
    /// Folders and files of the stack.
    pub paths: Vec<PathBuf>,
    /// Which dates lie before and which after.
    pub split: Split,
    /// What the numbers are; unset: told from a sample of each file.
    pub scale: Option<Scale>,
    /// The one relative orbit to use; files whose names tell none are taken to be of it. Unset: all.
    pub orbit: Option<u16>,
    /// The area as canonical GeoJSON text; unset: all that both sides cover.
    pub aoi: Option<String>,
    /// What had to be repaired in the area.
    pub aoi_notes: Vec<String>,
    /// Every tunable.
    #[serde(skip)]
    pub recipe: Recipe,
}

/// Which dates lie before and which after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Before and after this day; the day itself belongs to neither.
    Event(Date),
    /// Two spans of days.
    Spans(Span, Span),
}

/// Days from `first` to `last`, both included; an open end has no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Span {
    pub first: Option<Date>,
    pub last: Option<Date>,
}

impl Span {
    /// Parses `A/B`, either of them `..` or empty for an open end.
    ///
    /// # Errors
    /// `Usage` for anything else, and for an end before the start.
    pub fn parse(text: &str) -> Result<Self> {
        let refused = || {
            Error::usage(format!("\"{}\" is no span of dates", crate::text::Foreign::new(text)))
                .hint("a span is FIRST/LAST, such as 2021-01-01/2022-02-23; .. leaves an end open")
        };
        let (first, last) = text.split_once('/').ok_or_else(refused)?;
        let end = |text: &str| match text.trim() {
            "" | ".." => Ok(None),
            date => date.parse::<Date>().map(Some).map_err(|_| refused()),
        };
        let span = Self { first: end(first)?, last: end(last)? };
        let turned = matches!((span.first, span.last), (Some(first), Some(last)) if last < first);
        if turned { Err(refused()) } else { Ok(span) }
    }

    fn holds(&self, date: Date) -> bool {
        self.first.is_none_or(|first| date >= first) && self.last.is_none_or(|last| date <= last)
    }
}

impl Split {
    /// Two spans that do not overlap.
    ///
    /// # Errors
    /// `Usage` when the span after does not begin behind the span before.
    pub fn spans(before: Span, after: Span) -> Result<Self> {
        match (before.last, after.first) {
            (Some(last), Some(first)) if last < first => Ok(Self::Spans(before, after)),
            _ => Err(Error::usage("the dates after must begin behind the last date before")
                .hint("as in --before-dates 2020-01-01/2022-02-23 --after-dates 2022-02-24/2022-12-31")),
        }
    }

    /// Before (`false`), after (`true`), or neither.
    pub(super) fn side(&self, date: Date) -> Option<bool> {
        match self {
            Self::Event(event) => (date != *event).then_some(date > *event),
            Self::Spans(before, after) => {
                if before.holds(date) {
                    Some(false)
                } else {
                    after.holds(date).then_some(true)
                }
            }
        }
    }

    /// The split in words.
    pub(super) fn words(&self) -> String {
        let end = |date: Option<Date>| date.map_or_else(|| "..".to_owned(), |date| date.to_string());
        match self {
            Self::Event(event) => format!("event {event}"),
            Self::Spans(before, after) => format!(
                "before {}/{}, after {}/{}",
                end(before.first),
                end(before.last),
                end(after.first),
                end(after.last)
            ),
        }
    }
}

impl RadarRequest {
    /// The area, parsed again from its canonical text.
    ///
    /// # Errors
    /// As [`Aoi::from_geojson`].
    pub fn area(&self, limits: &Limits) -> Result<Option<Aoi>> {
        self.aoi.as_deref().map(|text| Aoi::from_geojson(text, limits)).transpose()
    }

    /// The request as a manifest records it.
    ///
    /// # Errors
    /// `Bug`, which no valid request causes.
    pub fn record(&self) -> Result<serde_json::Value> {
        serde_json::to_value(self).map_err(|error| Error::bug(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_parsed_and_kept_apart() {
        let span = |text| Span::parse(text).unwrap();
        let before = span("../2022-02-23");
        assert!(before.holds("1999-01-01".parse().unwrap()) && !before.holds("2022-02-24".parse().unwrap()));
        assert!(Span::parse("2022-02-24").is_err() && Span::parse("2022-02-24/2022-01-01").is_err());
        assert!(Split::spans(before, span("2022-02-24/..")).is_ok());
        assert!(Split::spans(before, span("2022-02-23/..")).is_err());
        assert!(Split::spans(span("../.."), span("2022-02-23/..")).is_err());
    }

    #[test]
    fn the_day_itself_is_on_no_side() {
        let split = Split::Event("2022-02-24".parse().unwrap());
        let side = |text: &str| split.side(text.parse().unwrap());
        assert_eq!((side("2022-02-23"), side("2022-02-24"), side("2022-02-25")), (Some(false), None, Some(true)));
    }
}

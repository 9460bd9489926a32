//! Spans of time as users write them: `A/B` with days or times, `..` for an open end.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::error::{Error, Result};
use crate::text::Foreign;

/// Earliest and latest time; a missing one is open.
pub(super) type Span = (Option<Timestamp>, Option<Timestamp>);

/// Reads `A/B`, or one day or time.
///
/// # Errors
/// `Usage` for what is no span, or one that ends before it begins.
pub(super) fn span(flag: &str, text: &str) -> Result<Span> {
    let (from, to) = text.split_once('/').unwrap_or((text, text));
    ordered(flag, (end(flag, from, false)?, end(flag, to, true)?))
}

/// The span between two ends that stand in flags of their own.
///
/// # Errors
/// As [`span`].
pub(super) fn between(from: Option<&str>, to: Option<&str>) -> Result<Span> {
    let from = from.map_or(Ok(None), |text| end("--from", text, false))?;
    let to = to.map_or(Ok(None), |text| end("--to", text, true))?;
    ordered("--from", (from, to))
}

fn ordered(flag: &str, span: Span) -> Result<Span> {
    match span {
        (Some(from), Some(to)) if from > to => {
            Err(Error::usage(format!("{flag} ends before it begins")).hint("the earlier time stands first"))
        }
        span => Ok(span),
    }
}

/// One end: `..` or nothing is open, a day counts from its first second or to its last.
fn end(flag: &str, text: &str, last: bool) -> Result<Option<Timestamp>> {
    if matches!(text, "" | "..") {
        return Ok(None);
    }
    let of_day = |date: Date| if last { date.at(23, 59, 59, 999_999_999) } else { date.at(0, 0, 0, 0) };
    let utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
    let day = (text.len() == 10).then(|| text.parse::<Date>().ok()).flatten().and_then(|date| utc(of_day(date)));
    let time = || text.parse::<Timestamp>().ok().or_else(|| utc(text.parse::<DateTime>().ok()?));
    day.or_else(time).map(Some).ok_or_else(|| {
        Error::usage(format!("{flag}: {} is no day and no time", Foreign::new(text)))
            .hint("write 2024-08-01, 2024-08-01T12:00:00Z, or .. for an open end")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> [String; 2] {
        let (from, to) = span("--datetime", text).unwrap();
        [from, to].map(|time| time.map_or("..".into(), |time| time.to_string()))
    }

    #[test]
    fn days_count_whole_and_ends_may_be_open() {
        assert_eq!(words("2024-08-01"), ["2024-08-01T00:00:00Z", "2024-08-01T23:59:59.999999999Z"]);
        assert_eq!(words("../2024-08-01T12:00:00+02:00"), ["..", "2024-08-01T10:00:00Z"]);
        assert_eq!(words("2024-08-01T12:00:00/"), ["2024-08-01T12:00:00Z", ".."]);
        for wrong in ["yesterday", "2024-08-02/2024-08-01", "2024-13-01", "1/2/3"] {
            assert!(span("--datetime", wrong).is_err(), "{wrong}");
        }
    }
}

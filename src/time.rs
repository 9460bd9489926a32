//! Dates of acquisitions, found in text that was not made for it. Never reads the clock.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::error::{Error, Result};

/// The first plausible date in `text`: `20240131`, `2024-01-31`, `2024_01_31` or `2024:01:31`,
/// standing free of other digits, in 1972..=2100 (the first Landsat flew in 1972).
pub fn date_in(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    (0..bytes.len()).filter(|&at| at == 0 || !bytes[at - 1].is_ascii_digit()).find_map(|at| date_at(&bytes[at..]))
}

/// The date that `bytes` starts with, in one of the four forms.
fn date_at(bytes: &[u8]) -> Option<Date> {
    let separator = bytes.get(4).filter(|byte| b"-_:".contains(byte));
    let (month, day, end) = if separator.is_some() { (5, 8, 10) } else { (4, 6, 8) };
    if separator.is_some() && bytes.get(7) != separator {
        return None;
    }
    if bytes.get(end).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let year = digits(bytes.get(..4)?)?;
    let date =
        Date::new(year, digits(bytes.get(month..month + 2)?)? as i8, digits(bytes.get(day..day + 2)?)? as i8).ok()?;
    (1972..=2100).contains(&year).then_some(date)
}

/// The number that all of `bytes` spell.
fn digits(bytes: &[u8]) -> Option<i16> {
    bytes.iter().try_fold(0i16, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i16::from(byte - b'0')))
}

/// The first moment of a day, UTC.
///
/// # Errors
/// `Usage` for a day beyond the calendar.
pub fn midnight(day: Date) -> Result<Timestamp> {
    TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).map_err(|_| Error::usage(format!("{day} is no day")))
}

/// The name of a month from 1.
pub fn month_name(month: i8) -> &'static str {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    usize::try_from(month - 1).ok().and_then(|place| NAMES.get(place)).copied().unwrap_or("no month")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_dates_of_the_usual_names() {
        for (name, expected) in [
            ("S2A_MSIL2A_20190212T192651_N0212_R013_T07HFE_20201007T160857.SAFE", "2019-02-12"),
            ("LC08_L2SP_003071_20200725_20200908_02_T1_SR_B5.TIF", "2020-07-25"),
            ("S2B_37UCR_20251120_0_L2A", "2025-11-20"),
            ("2024:01:31 10:00:00", "2024-01-31"),
        ] {
            assert_eq!(date_in(name).map(|date| date.to_string()).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn no_date_is_made_up() {
        for name in ["pre.tif", "tile_99999999", "20241301", "120240131", "2024-01_31"] {
            assert_eq!(date_in(name), None, "{name}");
        }
    }
}

//! Detections from the text of a FIRMS table: VIIRS and MODIS with all their columns, or place and day alone.
//!
//! Its own reader of lines and not `io::csv`, which makes a `String` of every field: these tables have millions.

use super::{Detection, day};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::text::Foreign;

mod cell;
mod head;

use head::Columns;

/// Longest line that is read, in bytes; rows of FIRMS have about a hundred.
const LINE_BYTES: usize = 64 << 10;
/// Bad rows that are passed over in a table of any length ...
const SKIPPED: u64 = 10;
/// ... and the share of bad rows in a long one; with more the file is not what it says.
const SKIPPED_SHARE: f64 = 0.01;

/// What a table held.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Detections in the order of the rows.
    pub detections: Vec<Detection>,
    /// Rows that could not be read and were passed over.
    pub skipped: u64,
    /// The first of them: line, column and what is wrong.
    pub fault: Option<String>,
}

/// Reads a table. Columns may stand in any order and case: `latitude`, `longitude` and `acq_date` (also `lat`,
/// `lon`, `date`) are needed, `acq_time`, `satellite`, `confidence`, `daynight` and `type` are used where they are
/// there, others are ignored. Fields may be quoted; a byte order mark and CRLF are passed over. A file without a
/// row is an empty table.
///
/// A row with a bad field (no number, not on earth, no date from 2000 on) is passed over and counted.
///
/// # Errors
/// `Malformed` with line and column when a needed column is missing, the text is not UTF-8, or more than ten rows
/// and one in a hundred (or all of them) are bad; `Limit` for a line of more than 64 KiB or too many rows.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Table> {
    let text = std::str::from_utf8(bytes).map_err(|error| not_text(bytes, error.valid_up_to()))?;
    let mut lines = (1..).zip(text.trim_start_matches('\u{feff}').split('\n'));
    let mut fields = Vec::new();
    let Some((number, head)) = lines.by_ref().find(|(_, line)| !line.trim().is_empty()) else {
        return Ok(Table::default());
    };
    short(number, head)?;
    let columns = Columns::of(head).map_err(|error| error.at(format!("line {number}")))?;
    let mut table = Table::default();
    for (number, line) in lines {
        let line = line.strip_suffix('\r').unwrap_or(line);
        short(number, line)?;
        if line.trim().is_empty() {
            continue;
        }
        if table.detections.len() as u64 + table.skipped >= limits.hotspot_rows {
            return Err(Error::limit(format!("there are more than {} rows", limits.hotspot_rows))
                .hint("cut the table to the country and the years that matter"));
        }
        table.take(number, columns.detection(line, &mut fields));
    }
    table.believed()
}

impl Table {
    fn take(&mut self, line: usize, row: Result<Detection, cell::Fault>) {
        match row {
            Ok(detection) => self.detections.push(detection),
            Err(fault) => {
                self.skipped += 1;
                self.fault.get_or_insert_with(|| format!("line {line}, {fault}"));
            }
        }
    }

    /// The table, unless too little of it could be read.
    fn believed(self) -> Result<Self> {
        let rows = self.detections.len() as u64 + self.skipped;
        let allowed = SKIPPED.max((SKIPPED_SHARE * rows as f64) as u64);
        let readable = self.skipped <= allowed && (self.skipped < rows || rows == 0);
        match (readable, &self.fault) {
            (false, Some(fault)) => {
                Err(Error::malformed(format!("{} of {rows} rows cannot be read; the first: {fault}", self.skipped))
                    .hint("hand in the table as FIRMS gives it, with latitude, longitude and acq_date (2022-05-01)"))
            }
            _ => Ok(self),
        }
    }
}

fn short(number: usize, line: &str) -> Result<()> {
    if line.len() <= LINE_BYTES {
        return Ok(());
    }
    Err(Error::limit(format!("{} bytes in a line, and {LINE_BYTES} are read", line.len()))
        .at(format!("line {number}"))
        .hint("this is no table of detections"))
}

fn not_text(bytes: &[u8], at: usize) -> Error {
    let line = bytes.get(..at).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() + 1;
    Error::malformed("the text is not UTF-8").at(format!("line {line}")).hint("hand in the CSV itself, or the .csv.gz")
}

/// What a field says, for a sentence.
fn shown(field: &str) -> String {
    format!("\"{}\"", Foreign::new(field.chars().take(40).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hotspot::{Confidence, Satellite};
    use proptest::prelude::*;

    fn table(text: &str) -> Table {
        read(text.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn viirs_modis_and_the_short_form() {
        let viirs = "latitude,longitude,brightness,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_t31,frp,daynight\n\
            47.62075,35.71787,344.94,0.52,0.5,2023-02-24,1106,N,VIIRS,l,2.0NRT,269.52,7.75,D\n\
            47.62,35.7,344.94,0.52,0.5,2023-02-24,3,N20,VIIRS,high,2.0NRT,269.52,7.75,N\n";
        let found = table(viirs).detections;
        assert_eq!((found[0].lat, found[0].lon, found[0].minute), (47.62075, 35.71787, Some(666)));
        assert_eq!(found[0].day, day::number("2023-02-24".parse().unwrap()));
        assert_eq!(
            (found[0].confidence, found[0].night, found[0].satellite),
            (Confidence::Low, Some(false), Satellite::SuomiNpp)
        );
        assert_eq!((found[1].minute, found[1].night, found[1].satellite), (Some(3), Some(true), Satellite::Noaa20));
        let modis = "\u{feff}\"TYPE\",\"Confidence\",\"ACQ_DATE\",\"LONGITUDE\",\"LATITUDE\",\"SATELLITE\"\r\n2,29,2019-04-01,37,49,Terra\r\n0,80,2019-04-01,37,49,Aqua\r\n";
        let found = table(modis).detections;
        assert_eq!((found[0].confidence, found[0].lasting, found[0].minute), (Confidence::Low, true, None));
        assert_eq!(
            (found[1].confidence, found[1].lasting, found[1].satellite),
            (Confidence::High, false, Satellite::Aqua)
        );
        let short = table("lat,lon,date\n49,37,2012-01-02\n").detections;
        assert_eq!((short[0].confidence, short[0].night), (Confidence::Unknown, None));
    }

    #[test]
    fn nothing_in_the_file_is_an_empty_table() {
        for text in ["", "\n\n", "\u{feff}", "latitude,longitude,acq_date", "latitude,longitude,acq_date\r\n\r\n"] {
            assert_eq!(table(text), Table::default(), "{text:?}");
        }
    }

    #[test]
    fn hostile_rows_are_counted_and_placed() {
        for (row, column, word) in [
            ("NaN,37,2022-01-01,5", "column latitude", "NaN"),
            ("91,37,2022-01-01,5", "column latitude", "91"),
            ("49,1e308,2022-01-01,5", "column longitude", "1e308"),
            ("49,-inf,2022-01-01,5", "column longitude", "-inf"),
            ("49,37,2022-02-30,5", "column acq_date", "2022-02-30"),
            ("49,37,0001-01-01,5", "column acq_date", "0001"),
            ("49,37,,5", "column acq_date", "\"\""),
            ("49,37,2022-01-01,2400", "column acq_time", "2400"),
            ("49,37,2022-01-01,99999999999999999999", "column acq_time", "9999"),
            ("49,37", "column acq_date", "missing"),
            ("\"49,37,2022-01-01,5", "quote", "never closed"),
            ("\u{1b}]52;c,37,2022-01-01,5", "column latitude", "52"),
        ] {
            let found = table(&format!("latitude,longitude,acq_date,acq_time\n49,37,2022-01-01,5\n{row}\n"));
            assert_eq!((found.detections.len(), found.skipped), (1, 1), "{row}");
            let fault = found.fault.unwrap();
            assert!(fault.contains("line 3") && fault.contains(column) && fault.contains(word), "{row}: {fault}");
            assert!(!fault.contains('\u{1b}'), "{fault:?}");
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let many = format!("lat,lon,date\n49,37,2022-01-01\n{}", "x,y,z\n".repeat(11));
        let long = format!("lat,lon,date\n{}\n", "7".repeat(1 << 20));
        for (text, place, word) in [
            ("a,b\n1,2\n", Some("line 1"), "latitude"),
            ("latitude,acq_date\n", Some("line 1"), "longitude"),
            ("lat,latitude,lon,date\n", Some("line 1"), "twice"),
            ("49,37,2022-01-01\n", Some("line 1"), "latitude"),
            ("<html><body>Invalid API call</body></html>", Some("line 1"), "latitude"),
            ("lat,lon,date\nx,y,z\n", None, "1 of 1 rows"),
            (many.as_str(), None, "11 of 12 rows"),
            (long.as_str(), Some("line 2"), "bytes in a line"),
        ] {
            let error = read(text.as_bytes(), &Limits::default()).unwrap_err();
            assert!(error.problem().contains(word), "{error}");
            assert!(error.place() == place && error.advice().is_some(), "{error:?}");
        }
        let error = read(b"lat,lon,date\n49,37,\xff\n", &Limits::default()).unwrap_err();
        assert_eq!(error.place(), Some("line 2"));
        let limits = Limits { hotspot_rows: 1, ..Limits::default() };
        assert_eq!(
            read(b"lat,lon,date\n1,1,2022-01-01\n1,1,2022-01-01\n", &limits).unwrap_err().kind(),
            crate::Kind::Limit
        );
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let text = [b"latitude,longitude,acq_date,confidence\n".as_slice(), &bytes].concat();
            let _ = (read(&bytes, &Limits::default()), read(&text, &Limits::default()));
        }

        #[test]
        fn what_is_read_lies_on_earth(row in "[0-9eE.,+\"NaIinf-]{0,40}") {
            if let Ok(found) = read(format!("lat,lon,date\n{row},2020-01-01\n").as_bytes(), &Limits::default()) {
                for own in found.detections {
                    prop_assert!(own.lat.abs() <= 90.0 && own.lon.abs() <= 180.0);
                }
            }
        }
    }
}

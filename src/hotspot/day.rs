//! Days as numbers, and stretches of them: what counting in windows and seasons needs of a calendar.

use jiff::civil::Date;
use jiff::{Span, Unit};

/// The day that is number 0.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Days from the first of January 1970 to `date`.
pub fn number(date: Date) -> i32 {
    EPOCH.until((Unit::Day, date)).map_or(0, |span| span.get_days())
}

/// The date of a number; the nearest that the calendar has.
pub fn date(number: i32) -> Date {
    let span = Span::new().try_days(number).unwrap_or_default();
    EPOCH.saturating_add(span)
}

/// The same day of another year; the first of March for a 29 February that the year does not have.
pub fn in_year(number: i32, year: i16) -> i32 {
    let own = date(number);
    let moved = Date::new(year, own.month(), own.day()).or_else(|_| Date::new(year, 3, 1));
    moved.map_or(number, self::number)
}

/// Days in a row, both ends included; empty where `to` lies before `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Stretch {
    pub from: i32,
    pub to: i32,
}

impl Stretch {
    /// Number of days.
    pub fn days(self) -> i32 {
        (self.to - self.from + 1).max(0)
    }

    /// The same days, later by `days`.
    #[must_use]
    pub fn later(self, days: i32) -> Self {
        Self { from: self.from + days, to: self.to + days }
    }

    /// The days and as many more on either side.
    #[must_use]
    pub fn grown(self, days: i32) -> Self {
        Self { from: self.from - days, to: self.to + days }
    }

    /// As many days from the same calendar day of another year on.
    #[must_use]
    pub fn in_year(self, year: i16) -> Self {
        self.later(in_year(self.from, year) - self.from)
    }

    /// What is left outside `other`: the part before it, or behind it where none is before.
    #[must_use]
    pub fn outside(self, other: Self) -> Self {
        let apart = self.to < other.from || self.from > other.to;
        match (apart, self.from < other.from) {
            (true, _) => self,
            (false, true) => Self { to: other.from - 1, ..self },
            (false, false) => Self { from: other.to + 1, ..self },
        }
    }

    /// Whether a day is among them.
    pub fn contains(self, day: i32) -> bool {
        (self.from..=self.to).contains(&day)
    }

    /// Months (1 to 12) that the days lie in, in the order of the days.
    pub fn months(self) -> Vec<i8> {
        let mut months: Vec<i8> = (self.from..=self.to).map(|day| date(day).month()).collect();
        months.dedup();
        months
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_agree() {
        for text in ["1970-01-01", "2000-02-29", "2022-02-24", "1969-12-31"] {
            let own: Date = text.parse().unwrap();
            assert_eq!(date(number(own)), own);
        }
        assert_eq!(number("2022-02-24".parse().unwrap()), 19_047);
    }

    #[test]
    fn a_leap_day_moves_to_march() {
        let leap = number("2020-02-29".parse().unwrap());
        assert_eq!(date(in_year(leap, 2021)).to_string(), "2021-03-01");
        assert_eq!(date(in_year(leap, 2016)).to_string(), "2016-02-29");
    }

    #[test]
    fn stretches_keep_clear_of_each_other() {
        let [ours, theirs] = [Stretch { from: 0, to: 9 }, Stretch { from: 5, to: 20 }];
        assert_eq!(ours.outside(theirs), Stretch { from: 0, to: 4 });
        assert_eq!(theirs.outside(ours), Stretch { from: 10, to: 20 });
        assert_eq!(ours.outside(ours).days(), 0);
        assert_eq!(ours.outside(Stretch { from: 10, to: 11 }), ours);
        assert_eq!(Stretch { from: 25, to: 36 }.months(), [1, 2]);
    }
}

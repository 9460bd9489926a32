//! The axis of days that charts over time share.

use jiff::ToSpan;
use jiff::civil::Date;

use super::super::figures::month;
use super::drawing::{Anchor, Drawing};

/// Days from `first` to `last`, both included, laid from `left` to `right`.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Calendar {
    pub(in crate::report) first: Date,
    pub(in crate::report) last: Date,
    pub(in crate::report) left: f64,
    pub(in crate::report) right: f64,
}

/// Days between two dates.
fn between(from: Date, to: Date) -> i64 {
    i64::from((to - from).get_days())
}

impl Calendar {
    /// The calendar around `dates` with room for a twentieth on both sides; None without a date.
    pub(in crate::report) fn around(dates: &[Date], left: f64, right: f64) -> Option<Self> {
        let (first, last) = (*dates.iter().min()?, *dates.iter().max()?);
        let room = (between(first, last) / 20).max(2);
        let first = first.checked_sub(room.days()).unwrap_or(first);
        let last = last.checked_add(room.days()).unwrap_or(last);
        Some(Self { first, last, left, right })
    }

    /// Number of days.
    pub(in crate::report) fn days(&self) -> i64 {
        between(self.first, self.last) + 1
    }

    /// Where a day begins; days beyond the ends stay at the ends.
    pub(in crate::report) fn begin(&self, date: Date) -> f64 {
        let share = between(self.first, date) as f64 / self.days().max(1) as f64;
        self.left + share.clamp(0.0, 1.0) * (self.right - self.left)
    }

    /// Where a day ends.
    pub(in crate::report) fn end(&self, date: Date) -> f64 {
        let share = (between(self.first, date) + 1) as f64 / self.days().max(1) as f64;
        self.left + share.clamp(0.0, 1.0) * (self.right - self.left)
    }

    /// Dates to mark with their labels: days, weeks or months, at most about `most`.
    pub(in crate::report) fn ticks(&self, most: i64) -> Vec<(Date, String)> {
        let step = [1, 2, 5, 7, 14].into_iter().find(|step| self.days() / step <= most);
        match step {
            Some(step) => self.by_days(step),
            None => self.by_months(most),
        }
    }

    fn by_days(&self, step: i64) -> Vec<(Date, String)> {
        let days = self.first.series(step.days()).take_while(|day| *day <= self.last);
        days.map(|day| (day, format!("{} {}", day.day(), month(day)))).collect()
    }

    fn by_months(&self, most: i64) -> Vec<(Date, String)> {
        let months = self.days() / 30;
        let step = [1, 2, 3, 6, 12, 60].into_iter().find(|step| months / step <= most).unwrap_or(120);
        let start = self.first.first_of_month();
        let days = start.series(step.months()).skip_while(|day| *day < self.first).take_while(|day| *day <= self.last);
        days.map(|day| (day, format!("{} {}", month(day), day.year()))).collect()
    }

    /// Draws the ticks from `top` to `base` with labels below.
    pub(in crate::report) fn draw(&self, drawing: &mut Drawing, top: f64, base: f64) {
        let ticks = self.ticks(9);
        for (date, label) in &ticks {
            let x = self.begin(*date);
            drawing.line("grid", (x, top), (x, base));
            let anchor = if self.right - x < 24.0 { Anchor::End } else { Anchor::Middle };
            drawing.label("tick", anchor, (x, base + 18.0), label);
        }
        drawing.line("axis", (self.left, base), (self.right, base));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_lie_in_order_between_the_ends() {
        let calendar = Calendar::around(&[date(2025, 11, 28), date(2025, 11, 2)], 0.0, 100.0).unwrap();
        assert_eq!((calendar.first, calendar.last), (date(2025, 10, 31), date(2025, 11, 30)));
        assert!(calendar.begin(date(2025, 11, 10)) < calendar.end(date(2025, 11, 10)));
        assert_eq!((calendar.begin(date(1990, 1, 1)), calendar.end(date(2090, 1, 1))), (0.0, 100.0));
        assert!(Calendar::around(&[], 0.0, 1.0).is_none());
    }

    #[test]
    fn ticks_are_few_at_any_length() {
        for days in [3, 20, 50, 120, 400, 2000, 40_000] {
            let last = date(1999, 3, 5).checked_add(days.days()).unwrap();
            let calendar = Calendar::around(&[date(1999, 3, 5), last], 0.0, 1.0).unwrap();
            let ticks = calendar.ticks(9);
            assert!((2..=16).contains(&ticks.len()), "{days}: {ticks:?}");
        }
    }

    #[test]
    fn the_end_of_the_calendar_draws() {
        assert!(Calendar::around(&[Date::MIN, Date::MAX], 0.0, 1.0).is_some());
    }
}

//! What a look is held against: earlier acquisitions of the same area that saw enough of it.

use jiff::civil::Date;

use super::job::{Baseline, Strategy};
use super::record::Record;

/// Chooses among `records`, which are in the order of acquisition, what a look on `day` is held against, the newest
/// first; while objects are followed, only what is older than `followed_since`. Empty when nothing is clear enough.
pub fn choose<'a>(
    records: &'a [Record],
    day: Date,
    followed_since: Option<Date>,
    wanted: &Baseline,
) -> Vec<&'a Record> {
    let before = followed_since.map_or(day, |since| since.min(day));
    let clear = |record: &&Record| record.acquisition.day() < before && record.clear_share >= wanted.least_clear;
    let newest_first = records.iter().rev().filter(clear);
    match wanted.strategy {
        Strategy::PreviousClear => newest_first.take(1).collect(),
        Strategy::MedianClear => newest_first.take(wanted.scenes).collect(),
        Strategy::SameSeason => {
            let away = |record: &&Record| days_from_anniversary(record.acquisition.day(), day);
            let near = newest_first.filter(|record| away(record) <= wanted.season_days);
            near.min_by_key(away).into_iter().collect()
        }
    }
}

/// Days between `earlier` and the day a year before `day`.
fn days_from_anniversary(earlier: Date, day: Date) -> i32 {
    let year_ago = day.saturating_sub(jiff::Span::new().years(1));
    earlier.until(year_ago).map_or(i32::MAX, |span| span.get_days().abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::record::tests::record;
    use jiff::civil::date;

    fn chosen(strategy: Strategy, day: Date, since: Option<Date>) -> Vec<String> {
        let days = [(2024, 6, 1), (2024, 6, 20), (2025, 5, 1), (2025, 5, 11), (2025, 6, 1), (2025, 6, 11)];
        let mut records: Vec<Record> = days.iter().map(|(y, m, d)| record(date(*y, *m, *d))).collect();
        records[4].clear_share = 0.3;
        let wanted = Baseline { strategy, ..Baseline::default() };
        let chosen = choose(&records, day, since, &wanted);
        chosen.iter().map(|record| record.acquisition.day().to_string()).collect()
    }

    #[test]
    fn the_newest_clear_ones_before_the_day_are_taken() {
        let day = date(2025, 6, 21);
        assert_eq!(chosen(Strategy::PreviousClear, day, None), ["2025-06-11"]);
        assert_eq!(chosen(Strategy::MedianClear, day, None), ["2025-06-11", "2025-05-11", "2025-05-01"]);
        assert_eq!(chosen(Strategy::PreviousClear, date(2025, 6, 11), None), ["2025-05-11"], "the day itself is none");
    }

    #[test]
    fn what_is_followed_holds_the_baseline_back() {
        let since = Some(date(2025, 5, 11));
        assert_eq!(chosen(Strategy::PreviousClear, date(2025, 6, 21), since), ["2025-05-01"]);
    }

    #[test]
    fn the_season_is_that_of_last_year() {
        assert_eq!(chosen(Strategy::SameSeason, date(2025, 6, 21), None), ["2024-06-20"]);
        assert!(chosen(Strategy::SameSeason, date(2025, 12, 21), None).is_empty());
    }
}

//! When an object appeared and whether it stayed: its dating bracket and its persistence (METHODS section 10).

use jiff::civil::Date;

/// Share of an object's pixels that a date must have seen before it says anything of it (our own choice).
const SEEN: f64 = 0.5;

/// Share of the object's own effect that a date must show to show the object (our own choice).
const SHOWN: f64 = 0.5;

/// What one date shows of one object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// The day.
    pub date: Date,
    /// Whether it is of the scenes before.
    pub before: bool,
    /// Share of the object's pixels that were seen.
    pub seen: f64,
    /// Mean effect over what was seen: dNBR against the composite before, less that date's own offset. None
    /// when nothing was seen.
    pub effect: Option<f64>,
}

/// When an object appeared, as far as the dates tell.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Dating {
    /// The last clear date without it.
    pub last_without: Option<Date>,
    /// The first clear date with it.
    pub first_with: Option<Date>,
    /// Share of the later clear dates that still show it; none when there is no later one.
    pub persistence: Option<f64>,
}

impl Dating {
    /// The bracket as an interval, `..` for an end that is not known, as in STAC. The first day is not part of it.
    pub fn bracket(&self) -> String {
        let end = |date: Option<Date>| date.map_or_else(|| "..".to_owned(), |date| date.to_string());
        format!("{}/{}", end(self.last_without), end(self.first_with))
    }
}

/// Dates an object of mean `effect` by what each date shows of it; `looks` in order of time, each day once.
///
/// A date is clear if it saw half of the object, and has it if it shows half of the effect. The first date with
/// it is the earliest clear one that has it; but one of the scenes before counts only if all clear scenes before
/// that follow have it too, since a passing darkness is no mark.
pub fn dated(effect: f64, looks: &[Look]) -> Dating {
    let clear: Vec<(Look, bool)> = looks
        .iter()
        .filter(|look| look.seen >= SEEN)
        .filter_map(|look| Some((*look, look.effect? >= SHOWN * effect)))
        .collect();
    let stays = |from: usize| clear.iter().skip(from).filter(|(look, _)| look.before).all(|(_, with)| *with);
    let first = clear.iter().enumerate().position(|(at, (look, with))| *with && (!look.before || stays(at)));
    let Some(first) = first else {
        return Dating { last_without: clear.last().map(|(look, _)| look.date), ..Dating::default() };
    };
    let (earlier, later) = clear.split_at(first);
    let rest = later.get(1..).unwrap_or_default();
    let still = rest.iter().filter(|(_, with)| *with).count();
    Dating {
        last_without: earlier.iter().rev().find(|(_, with)| !with).map(|(look, _)| look.date),
        first_with: later.first().map(|(look, _)| look.date),
        persistence: (!rest.is_empty()).then(|| still as f64 / rest.len() as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// Looks ten days apart, from 1 May: side, share seen, effect.
    fn looks(looks: &[(bool, f64, f64)]) -> Vec<Look> {
        let day = |at: usize| date(2025, 5, 1).saturating_add(jiff::Span::new().days(10 * at as i64));
        let look = |(at, (before, seen, effect)): (usize, &(bool, f64, f64))| Look {
            date: day(at),
            before: *before,
            seen: *seen,
            effect: (*seen > 0.0).then_some(*effect),
        };
        looks.iter().enumerate().map(look).collect()
    }

    #[test]
    fn the_bracket_lies_between_clear_dates() {
        let seen = looks(&[
            (true, 1.0, 0.0),
            (true, 1.0, 0.02),
            (true, 0.2, 0.4),
            (false, 0.0, 0.0),
            (false, 0.9, 0.38),
            (false, 1.0, 0.35),
            (false, 1.0, 0.1),
        ]);
        let dating = dated(0.4, &seen);
        assert_eq!(dating.bracket(), "2025-05-11/2025-06-10");
        assert_eq!(dating.persistence, Some(0.5));
    }

    #[test]
    fn a_mark_may_come_late_or_be_old() {
        let late = dated(0.4, &looks(&[(true, 1.0, 0.0), (false, 1.0, 0.0), (false, 1.0, 0.4)]));
        assert_eq!((late.bracket().as_str(), late.persistence), ("2025-05-11/2025-05-21", None));
        let old = dated(0.4, &looks(&[(true, 1.0, 0.0), (true, 1.0, 0.4), (false, 1.0, 0.4)]));
        assert_eq!((old.bracket().as_str(), old.persistence), ("2025-05-01/2025-05-11", Some(1.0)));
        let passing = dated(0.4, &looks(&[(true, 1.0, 0.4), (true, 1.0, 0.0), (false, 1.0, 0.4)]));
        assert_eq!(passing.bracket(), "2025-05-11/2025-05-21");
    }

    #[test]
    fn what_is_not_known_is_open() {
        let always = dated(0.4, &looks(&[(true, 1.0, 0.4), (false, 1.0, 0.4)]));
        assert_eq!(always.bracket(), "../2025-05-01");
        let never = dated(0.4, &looks(&[(true, 1.0, 0.0), (false, 1.0, 0.0)]));
        assert_eq!(never.bracket(), "2025-05-11/..");
        assert_eq!(dated(0.4, &[]).bracket(), "../..");
        assert_eq!(dated(0.4, &looks(&[(true, 0.1, 0.4), (false, 0.4, 0.4)])).bracket(), "../..");
    }
}

//! The course of objects over made-up looks.

use std::collections::BTreeMap;

use jiff::civil::date;

use super::*;
use crate::watch::record::Outcome;
use crate::watch::record::tests::record;

const RULES: Rules = Rules { false_alerts_per_year: 0.5, least_ha: 0.3 };

/// What every look but the first shows, by day; all else is seen whole and unburned.
#[derive(Default)]
struct Fake(BTreeMap<Date, Glimpse>);

impl Layers for Fake {
    fn glimpse(&self, record: &Record, _: &Look, _: &Runs) -> Result<Glimpse> {
        let whole = Glimpse { observed: 1.0, disturbed: 0.0, dnbr: 0.0 };
        Ok(self.0.get(&record.acquisition.day()).copied().unwrap_or(whole))
    }
}

fn day(number: i64) -> Date {
    date(2025, 6, 1).checked_add(jiff::Span::new().days(number)).unwrap()
}

fn lattice() -> Lattice {
    Lattice { crs: "EPSG:32637".into(), geotransform: [0.0, 20.0, 0.0, 0.0, 0.0, -20.0], size: [100, 100] }
}

/// Rows 10 to 19 of the columns.
fn block(columns: std::ops::Range<u32>, z: f64) -> Sighting {
    let runs: Vec<[u32; 3]> = (10..20).map(|row| [row, columns.start, columns.end]).collect();
    let area_ha = 0.4 * f64::from(columns.end - columns.start);
    Sighting {
        id: "x".into(),
        area_ha,
        z,
        middle: [0.0; 2],
        rivals: Vec::new(),
        runs,
        outline: serde_json::Value::Null,
    }
}

/// A look on a day, held against the day before the first.
fn look(number: i64, sightings: Vec<Sighting>) -> Record {
    let look = Look {
        valid_share: 1.0,
        seen_ha: 400.0,
        reliability: "ok".into(),
        reasons: Vec::new(),
        shift: 0.0,
        sigma: 0.01,
        grid: lattice(),
        sightings,
    };
    Record {
        baseline: vec![record(day(-1)).acquisition],
        outcome: Outcome::Looked(Box::new(look)),
        ..record(day(number))
    }
}

fn burned(z: f64) -> Glimpse {
    Glimpse { observed: 1.0, disturbed: 1.0, dnbr: z * 0.01 }
}

fn states(course: &Course) -> Vec<(String, State, Date)> {
    let days = |change: &Change| course.tracks[change.track].observations.last().map_or(day(0), |one| one.day);
    course.changes.iter().map(|change| (course.tracks[change.track].id.clone(), change.state, days(change))).collect()
}

#[test]
fn two_strong_looks_confirm_and_the_bracket_is_that_of_clear_looks() {
    let records = [look(0, vec![]), look(5, vec![block(10..20, 8.0)]), look(10, vec![block(10..20, 8.0)])];
    let layers = Fake([(day(10), burned(8.0))].into());
    let course = follow(&records, RULES, &layers).unwrap();
    let [track] = course.tracks.as_slice() else { panic!("{:?}", course.tracks) };
    assert_eq!((track.state, track.bracket), (State::Confirmed, [day(0), day(5)]));
    assert!((track.confidence - 32.0).abs() < 1e-9, "mean 8 times two squared: {}", track.confidence);
    assert_eq!(
        states(&course).iter().map(|(_, state, _)| *state).collect::<Vec<_>>(),
        [State::First, State::Confirmed]
    );
}

#[test]
fn weak_looks_take_three() {
    let records: Vec<Record> =
        (0..4).map(|n| look(5 * n, if n == 0 { vec![block(10..20, 5.5)] } else { vec![] })).collect();
    let layers = Fake((1..4).map(|n| (day(5 * n), burned(5.5))).collect());
    let course = follow(&records[..2], RULES, &layers).unwrap();
    assert_eq!(course.tracks[0].state, State::Provisional, "22 is not 22.5");
    let course = follow(&records, RULES, &layers).unwrap();
    assert_eq!(course.tracks[0].state, State::Confirmed);
}

#[test]
fn what_later_looks_do_not_show_is_finished_unconfirmed() {
    let records: Vec<Record> =
        (0..4).map(|n| look(5 * n, if n == 0 { vec![block(10..20, 9.0)] } else { vec![] })).collect();
    let course = follow(&records, RULES, &Fake::default()).unwrap();
    let track = &course.tracks[0];
    assert_eq!((track.state, track.was_confirmed), (State::Finished, false));
    assert!(track.ended.as_deref().unwrap().contains("fewer than half"));
}

#[test]
fn ten_clear_looks_or_a_gap_end_it() {
    let records: Vec<Record> = (0..12).map(|n| look(3 * n, vec![block(10..20, 9.0)])).collect();
    let layers = Fake((1..12).map(|n| (day(3 * n), burned(9.0))).collect());
    let course = follow(&records, RULES, &layers).unwrap();
    assert_eq!(
        course.tracks.len(),
        1,
        "what is finished and younger than the baseline is known: {:?}",
        states(&course)
    );
    assert!(course.tracks[0].ended.as_deref().unwrap().contains("10 clear looks"));
    assert_eq!(course.followed_since(), None);

    let hidden = Glimpse { observed: 0.2, disturbed: 1.0, dnbr: 0.1 };
    let records = [look(0, vec![block(10..20, 9.0)]), look(20, vec![]), look(31, vec![])];
    let course = follow(&records, RULES, &Fake([(day(20), hidden), (day(31), hidden)].into())).unwrap();
    assert_eq!(course.tracks[0].observations.len(), 1, "a fifth of it is no look");
    assert!(course.tracks[0].ended.as_deref().unwrap().contains("31 days"));
}

#[test]
fn weak_sightings_stay_below_the_bar() {
    let records = [look(5, vec![block(10..20, 3.0)])];
    let course = follow(&records, RULES, &Fake::default()).unwrap();
    assert!(course.tracks.is_empty() && course.below == [(0, 0)]);
    let generous = Rules { false_alerts_per_year: 1000.0, ..RULES };
    assert_eq!(follow(&records, generous, &Fake::default()).unwrap().tracks.len(), 1);
}

#[test]
fn ground_that_was_hidden_belongs_to_the_object_and_ground_that_burned_later_does_not() {
    let records = [look(0, vec![]), look(5, vec![block(10..20, 9.0)]), look(10, vec![block(10..60, 9.0)])];
    // The rest was seen on day 5, unburned: a fire that spread.
    let layers = Fake([(day(10), burned(9.0))].into());
    let course = follow(&records, RULES, &layers).unwrap();
    let brackets: Vec<_> = course.tracks.iter().map(|track| (track.bracket, track.sighting.area_ha)).collect();
    assert_eq!(brackets, [([day(0), day(5)], 4.0), ([day(5), day(10)], 16.0)]);
    // The rest was under cloud on day 5: one object.
    let hidden = Glimpse { observed: 0.1, disturbed: 0.0, dnbr: 0.0 };
    let layers = Fake([(day(5), hidden), (day(10), burned(9.0))].into());
    let course = follow(&records, RULES, &layers).unwrap();
    assert_eq!(course.tracks.len(), 1, "{:?}", states(&course));
    assert!((course.tracks[0].sighting.area_ha - 20.0).abs() < 1e-9);
    assert!((course.changes[0].sighting.area_ha - 4.0).abs() < 1e-9, "an alert says what was known then");
}

#[test]
fn the_fold_is_the_same_for_records_one_by_one() {
    let records: Vec<Record> =
        (0..9).map(|n| look(4 * n, if n > 2 { vec![block(10..20, 7.0)] } else { vec![] })).collect();
    let layers = Fake((3..9).map(|n| (day(4 * n), burned(7.0))).collect());
    let whole = follow(&records, RULES, &layers).unwrap();
    for end in 1..records.len() {
        let part = follow(&records[..end], RULES, &layers).unwrap();
        assert_eq!(part.changes, whole.changes[..part.changes.len()], "{end}");
    }
}

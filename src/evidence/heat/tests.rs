//! Heat on made-up archives of seven years: what corroborates, what is doubted, what is not observable.

use crate::claim::Window;
use crate::evidence::draw::Draw;
use crate::evidence::heat::{Question, measure};
use crate::evidence::measurement::Measurement;
use crate::hotspot::archive::{Archive, Tally};
use crate::hotspot::footprint::Footprint;
use crate::hotspot::{Confidence, Detection, Satellite, day};
use crate::recipe::Recipe;

const PLACE: (f64, f64) = (37.0, 49.0);

fn detection(place: (f64, f64), day: i32, satellite: Satellite) -> Detection {
    let confidence = Confidence::Nominal;
    Detection { lon: place.0, lat: place.1, day, minute: None, satellite, confidence, night: None, lasting: false }
}

/// Fires at random over four degrees, 15,000 a year from 2012 to 2018.
fn fires() -> Vec<Detection> {
    let first = day::number("2012-01-01".parse().unwrap());
    let fire = |number| {
        let mut draw = Draw::new(3, number);
        let place = (PLACE.0 + draw.between(-3.0, 3.0), PLACE.1 + draw.between(-2.0, 2.0));
        detection(place, first + draw.below(7 * 365) as i32, Satellite::SuomiNpp)
    };
    (0..105_000).map(fire).collect()
}

/// So many detections around the place on 10 and 11 May 2018.
fn event(count: u64) -> Vec<Detection> {
    let one = |number| {
        let mut draw = Draw::new(4, number);
        let place = (PLACE.0 + draw.between(-0.05, 0.05), PLACE.1 + draw.between(-0.05, 0.05));
        let at = day::number("2018-05-10".parse().unwrap()) + (number % 2) as i32;
        detection(place, at, Satellite::SuomiNpp)
    };
    (0..count).map(one).collect()
}

fn asked(detections: Vec<Detection>, from: &str, to: &str) -> Measurement {
    let archive = Archive::new(detections, Tally::default(), (20, 10));
    let window = Window { from: from.parse().unwrap(), to: to.parse().unwrap() };
    let question = Question::new(Footprint::circle(PLACE, 10.0), window, 3.0).unwrap();
    let recipe = Recipe::default();
    measure(&archive, &question, (&recipe.heat, &recipe.evidence))
}

#[test]
fn a_fire_in_the_window_stands_out() {
    let own = asked([fires(), event(40)].concat(), "2018-05-01", "2018-05-16");
    assert!(own.seen >= 40.0 && own.usual < 10.0, "{} {}", own.seen, own.usual);
    assert!(own.placebos.iter().all(|family| family.p <= 0.05), "{:?}", own.placebos);
    assert!(own.effect.low > 25.0 && own.effect.high >= own.effect.value, "{:?}", own.effect);
    assert!(own.rivals.iter().all(|rival| rival.score < 0.5), "{:?}", own.rivals);
    assert_eq!(own.bracket.unwrap().overlap, 1.0);
    assert_eq!(own.days.len(), 16 + 60);
    let day = own.days.iter().find(|day| day.date == "2018-05-10".parse().unwrap()).unwrap();
    assert!(day.count >= 20 && day.usual < 3.0, "{day:?}");
}

#[test]
fn a_quiet_window_does_not() {
    let own = asked(fires(), "2018-05-01", "2018-05-16");
    assert!(own.placebos.iter().any(|family| family.p > 0.05), "{:?}", own.value);
    assert!(own.effect.low < 0.0, "{:?}", own.effect);
}

#[test]
fn the_same_fire_elsewhere_in_time_does_not_count() {
    let own = asked([fires(), event(40)].concat(), "2018-05-12", "2018-05-27");
    assert!(own.placebos.iter().any(|family| family.p > 0.05), "{:?}", own.value);
}

#[test]
fn another_satellite_makes_figures_doubtful() {
    let more = detection((36.0, 48.0), day::number("2018-03-01".parse().unwrap()), Satellite::Noaa20);
    let own = asked([fires(), vec![more]].concat(), "2018-05-01", "2018-05-16");
    assert!(own.observability.doubts.iter().any(|doubt| doubt.contains("NOAA-20")), "{:?}", own.observability);
}

#[test]
fn what_is_not_covered_is_not_observable() {
    let own = asked(fires(), "2019-05-01", "2019-05-16");
    assert!(own.value.is_none() && own.observability.blockers[0].contains("2019-05-01"), "{:?}", own.observability);
    let own = asked(Vec::new(), "2018-05-01", "2018-05-16");
    assert!(own.value.is_none() && own.observability.blockers[0].contains("no detections"), "{:?}", own.observability);
    let west = fires().into_iter().filter(|own| own.lon < 36.0).collect();
    let own = asked(west, "2018-05-01", "2018-05-16");
    assert!(own.observability.blockers[0].contains("in or around the area"), "{:?}", own.observability);
}

#[test]
fn windows_longer_than_a_season_and_years_too_few_are_doubted() {
    let own = asked(fires(), "2018-01-01", "2018-10-01");
    assert!(own.observability.doubts[0].contains("longer than a season"), "{:?}", own.observability);
    let own = asked(fires(), "2013-05-01", "2013-05-16");
    assert!(own.observability.doubts[0].contains("too few control years (1)"), "{:?}", own.observability);
    let turned = Window { from: "2018-05-02".parse().unwrap(), to: "2018-05-01".parse().unwrap() };
    assert!(Question::new(Footprint::circle(PLACE, 1.0), turned, 3.0).is_err());
}

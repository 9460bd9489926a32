//! Which acquisitions before and inside of a claim's window make a pair: seen from one orbit, under one sun, clear
//! over the area.

use jiff::Timestamp;

use super::entry::Acquisition;
use crate::scene::sensor::Sensor;

/// What is asked of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Least share of the area that must be clear in both.
    pub clear: f64,
    /// Most degrees between the suns, in zenith and in azimuth.
    pub sun: f64,
}

impl Default for Rules {
    /// 0.6 clear; 5 degrees, so that shadows and slopes are lit alike.
    fn default() -> Self {
        Self { clear: 0.6, sun: 5.0 }
    }
}

/// An acquisition with the share of the area that it saw clearly; none where that is not known.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The acquisition.
    pub acquisition: &'a Acquisition,
    /// Share of the area, 0 to 1.
    pub clear: Option<f64>,
}

/// Two acquisitions that can be compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// Place of the earlier one among the candidates.
    pub before: usize,
    /// Place of the later one.
    pub after: usize,
    /// The smaller of the two clear shares, where both are known.
    pub clear: Option<f64>,
    /// Days between them.
    pub days: f64,
    /// Degrees between the suns: zenith, azimuth.
    pub sun: (f64, f64),
}

/// The pairs, best first, and why there are none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Proposal {
    /// Pairs by clear share (in whole percent), then by nearness in time.
    pub pairs: Vec<Pair>,
    /// What stood against the pairs that are none, when none is left.
    pub reasons: Vec<String>,
}

/// Proposes pairs for a window: its acquisitions as after, those before it as before. With `measured` a candidate
/// without a clear share makes no pair.
pub fn propose(
    candidates: &[Candidate<'_>],
    window: (Timestamp, Timestamp),
    rules: &Rules,
    measured: bool,
) -> Proposal {
    let time = |candidate: &Candidate<'_>| candidate.acquisition.datetime();
    let places = |wanted: &dyn Fn(Timestamp) -> bool| -> Vec<usize> {
        (0..candidates.len())
            .filter(|place| candidates.get(*place).is_some_and(|candidate| wanted(time(candidate))))
            .collect()
    };
    let (before, after) = (places(&|time| time < window.0), places(&|time| time >= window.0 && time <= window.1));
    let mut tally = Tally::default();
    let mut pairs = Vec::new();
    for (earlier, later) in after.iter().flat_map(|later| before.iter().map(move |earlier| (*earlier, *later))) {
        let (Some(first), Some(second)) = (candidates.get(earlier), candidates.get(later)) else { continue };
        match weigh(first, second, rules, measured) {
            Ok((clear, sun)) => {
                pairs.push(Pair { before: earlier, after: later, clear, days: days(first, second), sun })
            }
            Err(obstacle) => tally.add(obstacle),
        }
    }
    pairs.sort_by(|a, b| {
        percent(b).cmp(&percent(a)).then(a.days.total_cmp(&b.days)).then((b.after, b.before).cmp(&(a.after, a.before)))
    });
    let reasons = if pairs.is_empty() { tally.reasons(before.len(), after.len(), rules) } else { Vec::new() };
    Proposal { pairs, reasons }
}

/// Shares nearer than a percent are told apart by time.
fn percent(pair: &Pair) -> Option<i64> {
    pair.clear.map(|clear| (clear * 100.0).round() as i64)
}

fn days(first: &Candidate<'_>, second: &Candidate<'_>) -> f64 {
    let seconds = second.acquisition.datetime().as_second() - first.acquisition.datetime().as_second();
    seconds as f64 / 86_400.0
}

/// What stands against a pair, in the order in which it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Obstacle {
    Family,
    Orbit,
    NoSun,
    Sun,
    Unmeasured,
    Cloud,
}

const OBSTACLES: [Obstacle; 6] =
    [Obstacle::Family, Obstacle::Orbit, Obstacle::NoSun, Obstacle::Sun, Obstacle::Unmeasured, Obstacle::Cloud];

/// The clear share and the suns of a pair, or the first thing that stands against it.
fn weigh(
    first: &Candidate<'_>,
    second: &Candidate<'_>,
    rules: &Rules,
    measured: bool,
) -> Result<(Option<f64>, (f64, f64)), Obstacle> {
    let (earlier, later) = (first.acquisition, second.acquisition);
    let family = |acquisition: &Acquisition| acquisition.platform().and_then(Sensor::parse);
    if family(earlier).is_none() || family(earlier) != family(later) {
        return Err(Obstacle::Family);
    }
    if earlier.orbit().is_none() || earlier.orbit() != later.orbit() {
        return Err(Obstacle::Orbit);
    }
    let ((zenith, azimuth), (later_zenith, later_azimuth)) = earlier.sun().zip(later.sun()).ok_or(Obstacle::NoSun)?;
    let turn = (azimuth - later_azimuth).rem_euclid(360.0);
    let sun = ((zenith - later_zenith).abs(), turn.min(360.0 - turn));
    if sun.0 > rules.sun || sun.1 > rules.sun {
        return Err(Obstacle::Sun);
    }
    match (first.clear, second.clear) {
        (Some(a), Some(b)) if a.min(b) >= rules.clear => Ok((Some(a.min(b)), sun)),
        (Some(_), Some(_)) => Err(Obstacle::Cloud),
        _ if measured => Err(Obstacle::Unmeasured),
        _ => Ok((None, sun)),
    }
}

/// Pairs by what stood against them.
#[derive(Default)]
struct Tally([usize; OBSTACLES.len()]);

impl Tally {
    fn add(&mut self, obstacle: Obstacle) {
        if let Some(count) = self.0.get_mut(obstacle as usize) {
            *count += 1;
        }
    }

    fn reasons(&self, before: usize, after: usize, rules: &Rules) -> Vec<String> {
        let mut reasons = Vec::new();
        if after == 0 {
            reasons.push("no acquisition lies in the window".to_owned());
        }
        if before == 0 {
            reasons.push("no acquisition lies before the window".to_owned());
        }
        let words = |obstacle: Obstacle| match obstacle {
            Obstacle::Family => "of different sensors".to_owned(),
            Obstacle::Orbit => "not seen from the same relative orbit".to_owned(),
            Obstacle::NoSun => "the items do not tell the sun".to_owned(),
            Obstacle::Sun => format!("the sun differs by more than {} degrees", rules.sun),
            Obstacle::Unmeasured => "the clear share of one is not known".to_owned(),
            Obstacle::Cloud => format!("less than {:.0} % of the area is clear in one of them", rules.clear * 100.0),
        };
        let met = OBSTACLES.into_iter().zip(self.0).filter(|(_, count)| *count > 0);
        reasons.extend(met.map(|(obstacle, count)| format!("{count} pairs: {}", words(obstacle))));
        reasons
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stac::dedupe::acquisitions;
    use crate::stac::entry::{Entry, Place};

    fn acquisition(day: &str, platform: &str, orbit: u32, (zenith, azimuth): (f64, f64)) -> Acquisition {
        let document = json!({ "type": "Feature", "id": day, "properties": {
            "datetime": format!("{day}T08:30:00Z"), "platform": platform, "sat:relative_orbit": orbit,
            "s2:mgrs_tile": "37UCR", "s2:mean_solar_zenith": zenith, "s2:mean_solar_azimuth": azimuth }});
        acquisitions([Entry::parse(document, &Place::File("i.json".into())).unwrap()]).remove(0)
    }

    fn proposed(of: &[(Acquisition, Option<f64>)], measured: bool) -> Proposal {
        let candidates: Vec<Candidate<'_>> =
            of.iter().map(|(acquisition, clear)| Candidate { acquisition, clear: *clear }).collect();
        let window = ("2024-06-10T00:00:00Z".parse().unwrap(), "2024-06-20T00:00:00Z".parse().unwrap());
        propose(&candidates, window, &Rules::default(), measured)
    }

    #[test]
    fn the_clearest_then_the_nearest_comes_first() {
        let sun = (30.0, 359.0);
        let of = [
            (acquisition("2024-05-10", "sentinel-2a", 64, sun), Some(0.9)),
            (acquisition("2024-06-04", "sentinel-2b", 64, (31.0, 2.0)), Some(0.9)),
            (acquisition("2024-06-05", "sentinel-2b", 64, sun), Some(0.7)),
            (acquisition("2024-06-14", "sentinel-2b", 64, sun), Some(0.902)),
            (acquisition("2024-06-25", "sentinel-2b", 64, sun), Some(1.0)),
        ];
        let pairs = proposed(&of, true).pairs;
        let order: Vec<_> = pairs.iter().map(|pair| (pair.before, pair.after)).collect();
        assert_eq!(order, [(1, 3), (0, 3), (2, 3)]);
        assert_eq!(pairs[0].sun, (1.0, 3.0), "over north");
        assert_eq!((pairs[0].clear, pairs[0].days), (Some(0.9), 10.0));
    }

    #[test]
    fn what_stands_against_each_is_said_when_none_is_left() {
        let of = [
            (acquisition("2024-05-10", "landsat-8", 64, (30.0, 150.0)), Some(0.9)),
            (acquisition("2024-05-11", "sentinel-2a", 65, (30.0, 150.0)), Some(0.9)),
            (acquisition("2024-05-12", "sentinel-2a", 64, (36.0, 150.0)), Some(0.9)),
            (acquisition("2024-05-13", "sentinel-2a", 64, (30.0, 150.0)), None),
            (acquisition("2024-05-14", "sentinel-2a", 64, (30.0, 150.0)), Some(0.59)),
            (acquisition("2024-06-14", "sentinel-2b", 64, (30.0, 150.0)), Some(1.0)),
        ];
        let reasons = proposed(&of, true).reasons.join("\n");
        for words in ["sensors", "relative orbit", "5 degrees", "not known", "60 %"] {
            assert!(reasons.contains(words), "{words}: {reasons}");
        }
        assert_eq!(proposed(&of[..4], false).reasons, ["no acquisition lies in the window"]);
        assert_eq!(proposed(&of[3..4], false).pairs, []);
        let unread: Vec<_> = of.iter().map(|(acquisition, _)| (acquisition.clone(), None)).collect();
        assert_eq!(proposed(&unread, false).pairs.len(), 2);
    }
}

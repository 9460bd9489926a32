//! One question put to an archive: the area, the places it is compared with, and what they come to. The places are
//! independent of each other, so they may be looked at in any order and on any thread.

use super::season::{Count, Season};
use super::{Question, effect, placebo, power, rival, words};
use crate::evidence::LayerKind;
use crate::evidence::measurement::{Bracket, DayCount, Measurement, Movement, Observability, Placebos, Rate};
use crate::evidence::test::{balance, exact, rank, ranked};
use crate::hotspot::Satellite;
use crate::hotspot::archive::Archive;
use crate::hotspot::day::{self, Stretch};
use crate::hotspot::footprint::Footprint;
use crate::hotspot::persistent::Mask;
use crate::hotspot::series::{Seen, Series};
use crate::recipe::{EvidenceRecipe, HeatRecipe};

/// Share of the ground in and around the area where anything was ever seen, below which the archive does not cover it.
const KNOWN: f64 = 0.25;
/// Days before and after the window that a chart shows.
const CHART_DAYS: i32 = 30;

/// A question with everything that does not depend on other places.
pub struct Survey<'a> {
    archive: &'a Archive,
    question: &'a Question,
    heat: &'a HeatRecipe,
    evidence: &'a EvidenceRecipe,
    mask: Mask,
    season: Season<'a>,
    own: Series,
    places: Vec<Footprint>,
    reach: placebo::Reach,
}

/// What another place says: its window in a control year, and in the event's own.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Elsewhere {
    then: Option<Count>,
    now: Option<Count>,
}

impl<'a> Survey<'a> {
    /// Draws the places and tells sources that stay from the days before the window and the control years.
    pub fn new(
        archive: &'a Archive,
        question: &'a Question,
        (heat, evidence): (&'a HeatRecipe, &'a EvidenceRecipe),
    ) -> Self {
        let season = Season::new(archive.coverage(), question.window, heat);
        let opens = question.window.from;
        let mask = archive.persistent().mask(|day| day < opens || season.years().contains(&day::date(day).year()));
        let (places, reach) = match season.years().len() {
            0 | 1 => (Vec::new(), placebo::Reach::around(&question.place, evidence)),
            _ => placebo::places(archive, &question.place, evidence, heat),
        };
        let own = Series::of(archive, &mask, &question.place);
        Self { archive, question, heat, evidence, mask, season, own, places, reach }
    }

    /// Number of other places.
    pub fn places(&self) -> usize {
        self.places.len()
    }

    /// Looks at one of them; nothing of a number that there is not. Control years take turns.
    pub fn elsewhere(&self, number: usize) -> Elsewhere {
        let Some(place) = self.places.get(number) else { return Elsewhere::default() };
        let series = Series::of(self.archive, &self.mask, place);
        let years = self.season.years();
        let turns = years.iter().cycle().skip(number % years.len().max(1)).take(years.len());
        let then = turns.copied().find_map(|year| self.season.then(&series, year, 0));
        Elsewhere { then, now: self.season.now(&series) }
    }

    /// The measurement, from all places in the order of their numbers.
    pub fn measurement(&self, elsewhere: Vec<Elsewhere>) -> Measurement {
        let window = self.question.window;
        let count = self.season.now(&self.own).unwrap_or(Count { seen: self.own.count(window), usual: 0.0 });
        let seen = Seen::of(self.archive, &self.mask, &self.question.place, window);
        let temporal = self.season.placebos(&self.own);
        let then: Vec<Count> = elsewhere.iter().filter_map(|place| place.then).collect();
        let now: Vec<Count> = elsewhere.iter().filter_map(|place| place.now).collect();
        let placebos = [self.spatial(count, &then), self.temporal(count, &temporal)];
        let excess = effect::excess(count, &self.season, &self.own, window, (self.heat, self.evidence));
        let observability = self.observability(temporal.len());
        let power = (window, self.question.smallest, self.evidence.alpha);
        Measurement {
            layer: LayerKind::Heat,
            unit: "detections",
            statistic: words::STATISTIC.into(),
            value: (observability.share > 0.0).then(|| count.statistic()),
            seen: count.seen as f64,
            usual: count.usual,
            effect: excess,
            effect_ha: effect::hectares(excess, seen.footprints, seen.counted, self.heat.footprint_ha),
            least: self.heat.least_detections,
            looked_after_days: (observability.share > 0.0).then_some(0),
            observability,
            false_alarms: self.false_alarms(&placebos),
            power: power::power(&temporal, &placebos[0].values, power, self.heat),
            bracket: self.bracket(),
            rivals: rival::rivals(count, seen, &placebos[1], &now),
            notes: words::notes(self.archive, self.season.years(), &self.mask, seen, self.before()),
            days: self.days(),
            placebos: placebos.into(),
        }
    }

    fn spatial(&self, count: Count, then: &[Count]) -> Placebos {
        let usual: Vec<f64> = then.iter().map(|own| own.usual).collect();
        let balance = vec![balance("usual detections in the window", count.usual, &usual)];
        let words = words::spatial(then.len(), (self.reach.near, self.reach.far), self.season.years());
        ranked(Movement::Spatial, count.statistic(), statistics(then), balance, words)
    }

    fn temporal(&self, count: Count, then: &[Count]) -> Placebos {
        let words = words::temporal(then.len(), self.season.years(), self.heat);
        ranked(Movement::Temporal, count.statistic(), statistics(then), Vec::new(), words)
    }

    /// Places of control years that would have passed the test that the area takes against its own other years.
    fn false_alarms(&self, [spatial, temporal]: &[Placebos; 2]) -> Option<Rate> {
        let passes = |value: &&f64| rank(**value, &temporal.values).1 <= self.evidence.alpha;
        let hits = spatial.values.iter().filter(passes).count();
        (!spatial.values.is_empty()).then(|| exact(hits as u64, spatial.values.len() as u64))
    }

    fn observability(&self, windows: usize) -> Observability {
        let covered = self.archive.coverage().share(self.question.window);
        let known = self.archive.known_share(&self.question.place);
        let (years, need) = (self.season.years().len(), self.evidence.min_placebos);
        let blockers = [
            (covered == 0.0).then(|| words::uncovered(self.archive, self.question.window)),
            (covered > 0.0 && known < KNOWN).then(|| words::UNKNOWN_PLACE.to_owned()),
        ];
        let (days, most) = (self.question.window.days(), self.heat.max_window_days);
        let doubts = [
            (windows < need).then(|| words::few_years(years, windows, need)),
            (days > most).then(|| words::long_window(days, most)),
            self.more_eyes(),
        ];
        Observability {
            share: if known < KNOWN { 0.0 } else { covered },
            window_share: covered,
            blockers: blockers.into_iter().flatten().collect(),
            doubts: doubts.into_iter().flatten().collect(),
        }
    }

    /// Satellites that looked in the window's year and not in every control year: more eyes see more fire.
    fn more_eyes(&self) -> Option<String> {
        let own = self.archive.satellites(day::date(self.question.window.from).year())?;
        let told = self.season.years().iter().filter_map(|year| self.archive.satellites(*year)).collect::<Vec<_>>();
        let new = own.into_iter().filter(|satellite| told.iter().any(|year| !year.contains(satellite)));
        let names: Vec<&str> = new.map(Satellite::name).collect();
        (!names.is_empty()).then(|| words::more_eyes(&names))
    }

    /// The first detection in the window dates the heat; what burned before is another fire or another season.
    fn bracket(&self) -> Option<Bracket> {
        let first = self.own.first_in(self.question.window)?;
        let (after, until) = (Some(day::date(first - 1)), Some(day::date(first)));
        Some(Bracket { after, until, overlap: 1.0, before_window: false })
    }

    /// Detections in as many days before the window.
    fn before(&self) -> u64 {
        self.own.count(self.question.window.later(-self.question.window.days()))
    }

    fn days(&self) -> Vec<DayCount> {
        let Stretch { from, to } = self.question.window.grown(CHART_DAYS);
        let one = |day| Stretch { from: day, to: day };
        let usual = |number: i32| {
            let days = self.season.years().iter().map(|year| one(day::in_year(number, *year)));
            let covered: Vec<Stretch> = days.filter(|own| self.archive.coverage().days(*own) == 1).collect();
            let sum: u64 = covered.iter().map(|own| self.own.count(*own)).sum();
            sum as f64 / covered.len().max(1) as f64
        };
        let shown =
            |number| DayCount { date: day::date(number), count: self.own.count(one(number)), usual: usual(number) };
        (from..=to).map(shown).collect()
    }
}

fn statistics(counts: &[Count]) -> Vec<f64> {
    counts.iter().map(Count::statistic).collect()
}

//! Objects followed over looks, after OPERA's DIST-ALERT (Pickens et al. 2025; METHODS 12): first seen, seen again
//! (provisional), confirmed, finished. A pure fold over the records: the same records give the same tracks.
//!
//! Confidence is the mean of min(z, 10) over the looks that show the object, times the square of their number;
//! 22.5 confirms.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::record::{Lattice, Look, Record, Sighting};
use super::spending;
use crate::error::Result;
use crate::geom::runs::Runs;

/// Confidence from which an object is confirmed.
const CONFIRMED: f64 = 22.5;
/// Most that one look's z counts.
const MOST_Z: f64 = 10.0;
/// Days without the object after which it is finished.
const GAP_DAYS: i32 = 30;
/// Clear looks after which it is finished.
const CLEAR_LOOKS: usize = 10;
/// Share of an object that must be observed for a look to count, and of what is observed that must be disturbed
/// for the look to show the object.
pub(super) const HALF: f64 = 0.5;
/// Share of the smaller of a sighting and a known object that both have, from which they are one.
const AGAIN: f64 = 0.3;

/// How far an object has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// One look shows it.
    First,
    /// Several do, not enough to be sure.
    Provisional,
    /// Enough do.
    Confirmed,
    /// It is followed no longer.
    Finished,
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Provisional => "provisional",
            Self::Confirmed => "confirmed",
            Self::Finished => "finished",
        }
    }
}

/// What a later look shows of an object's pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glimpse {
    /// Share of the object's pixels that was observed.
    pub observed: f64,
    /// Share of those that is mapped as burned.
    pub disturbed: f64,
    /// Mean dNBR of those; NaN where none was observed.
    pub dnbr: f64,
}

/// Where the layers of looks can be asked.
pub trait Layers {
    /// What the look of `record` shows of the pixels of `mask`.
    ///
    /// # Errors
    /// As reading a layer.
    fn glimpse(&self, record: &Record, look: &Look, mask: &Runs) -> Result<Glimpse>;
}

/// One clear look at an object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Observation {
    /// The day.
    pub day: Date,
    /// Share of the object that was observed.
    pub observed: f64,
    /// Share of that which was disturbed.
    pub disturbed: f64,
    /// Its z on that day.
    pub z: Option<f64>,
}

/// An object over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Track {
    /// Day of the first look and rank by size, such as `20250612-1`.
    pub id: String,
    /// How far it has come.
    pub state: State,
    /// The last clear look before it appeared, and the first that shows it.
    pub bracket: [Date; 2],
    /// Confidence, see the module.
    pub confidence: f64,
    /// Why it is followed no longer.
    pub ended: Option<String>,
    /// Whether it was ever confirmed.
    pub was_confirmed: bool,
    /// The clear looks, the first included.
    pub observations: Vec<Observation>,
    /// As it was seen largest.
    #[serde(skip)]
    pub sighting: Sighting,
    /// The reliability of the look that first showed it.
    pub reliability: String,
    /// Whether that look says that it is simulated.
    pub simulated: bool,
    /// The identity of the acquisition that first showed it.
    #[serde(skip)]
    pub acquisition: String,
    #[serde(skip)]
    mask: Runs,
    #[serde(skip)]
    lattice: Lattice,
}

/// A change of an object's state.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Place of the track in [`Course::tracks`].
    pub track: usize,
    /// The new state.
    pub state: State,
    /// Confidence then.
    pub confidence: f64,
    /// The object as it was seen largest until then, without its pixels.
    pub sighting: Sighting,
    /// Place of the record that brought it.
    pub record: usize,
}

/// What the records come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Course {
    /// Every object, in the order in which they appeared.
    pub tracks: Vec<Track>,
    /// Every change of state, in the order of the looks.
    pub changes: Vec<Change>,
    /// Sightings below the bar of their look, by place of the record.
    pub below: Vec<(usize, usize)>,
}

impl Course {
    /// The day of the first look at the oldest object that is still followed.
    pub fn followed_since(&self) -> Option<Date> {
        let open = self.tracks.iter().filter(|track| track.state != State::Finished);
        open.map(|track| track.bracket[1]).min()
    }
}

/// What the fold needs besides the records.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// False alerts a year that the area may give.
    pub false_alerts_per_year: f64,
    /// Least object in hectares.
    pub least_ha: f64,
}

/// Follows the objects through `records`, which are in the order of their acquisition.
///
/// # Errors
/// As asking the layers.
pub fn follow(records: &[Record], rules: Rules, layers: &dyn Layers) -> Result<Course> {
    let mut course = Course::default();
    let mut before: Option<Date> = None;
    for (place, record) in records.iter().enumerate() {
        let Some(look) = record.look() else { continue };
        let day = record.acquisition.day();
        // What a look adds to an object is part of it before the look is counted.
        let new = course.sort_out(&records[..place], (record, look), layers)?;
        for track in 0..course.tracks.len() {
            course.continue_track(track, (place, record, look), layers)?;
        }
        let last = before.or_else(|| record.baseline.iter().map(|one| one.day()).max()).unwrap_or(day);
        let share = spending::share(rules.false_alerts_per_year, last, day);
        let bar = spending::bar(share, look.seen_ha, rules.least_ha);
        course.begin_tracks(new, &records[..place], (place, record, look), bar, layers)?;
        before = Some(day);
    }
    Ok(course)
}

impl Course {
    /// Takes a further look at an object that is followed.
    fn continue_track(
        &mut self,
        number: usize,
        (place, record, look): (usize, &Record, &Look),
        layers: &dyn Layers,
    ) -> Result<()> {
        let Some(track) = self.tracks.get_mut(number) else { return Ok(()) };
        if track.state == State::Finished {
            return Ok(());
        }
        let glimpse = glimpse((&track.mask, &track.lattice), record, look, layers)?;
        let was = track.state;
        track.take(record.acquisition.day(), glimpse, look);
        if track.state != was {
            let change = track.change(number, place);
            self.changes.push(change);
        }
        Ok(())
    }

    /// What a look shows that is not known, the largest first, with its place among the sightings; what is known grows
    /// by the rest.
    fn sort_out(
        &mut self,
        earlier: &[Record],
        (record, look): (&Record, &Look),
        layers: &dyn Layers,
    ) -> Result<Vec<(usize, Seen)>> {
        let mut order: Vec<usize> = (0..look.sightings.len()).collect();
        let area = |number: &usize| look.sightings.get(*number).map_or(0.0, |sighting| sighting.area_ha);
        order.sort_by(|a, b| area(b).total_cmp(&area(a)).then(a.cmp(b)));
        let mut new = Vec::new();
        for number in order {
            let Some(sighting) = look.sightings.get(number) else { continue };
            let seen = Seen { sighting: sighting.clone(), mask: sighting.mask(&look.grid) };
            new.extend(self.unknown(seen, earlier, (record, look), layers)?.map(|seen| (number, seen)));
        }
        Ok(new)
    }

    /// Begins to follow what is new and passes the bar.
    fn begin_tracks(
        &mut self,
        new: Vec<(usize, Seen)>,
        earlier: &[Record],
        (place, record, look): (usize, &Record, &Look),
        bar: f64,
        layers: &dyn Layers,
    ) -> Result<()> {
        let mut rank = 0;
        for (number, seen) in new {
            if seen.sighting.z < bar {
                self.below.push((place, number));
                continue;
            }
            rank += 1;
            let track = Track::begun((record, look), seen, rank, earlier, layers)?;
            self.changes.push(track.change(self.tracks.len(), place));
            self.tracks.push(track);
        }
        Ok(())
    }

    /// What of a sighting is not known yet. An object that is followed takes in what it touches, but for ground that
    /// was seen whole after the object had appeared: that is new. What is finished and younger than the baseline
    /// is known.
    fn unknown(
        &mut self,
        seen: Seen,
        earlier: &[Record],
        (record, look): (&Record, &Look),
        layers: &dyn Layers,
    ) -> Result<Option<Seen>> {
        let baseline = record.baseline.iter().map(|one| one.day()).max();
        let day = record.acquisition.day();
        let counts = |track: &Track| {
            let young = baseline.is_none_or(|baseline| track.bracket[1] > baseline);
            track.bracket[1] < day && (track.state != State::Finished || young)
        };
        let again = |track: &Track| {
            let shared = track.mask.intersect(&seen.mask).pixels();
            let least = track.mask.pixels().min(seen.mask.pixels()).max(1);
            let same = track.lattice == look.grid && shared as f64 >= AGAIN * least as f64;
            same.then_some(shared)
        };
        let met = self.tracks.iter().enumerate().filter(|(_, track)| counts(track));
        let met = met
            .filter_map(|(number, track)| Some((again(track)?, number)))
            .max_by_key(|(shared, number)| (*shared, std::cmp::Reverse(*number)));
        let Some((_, number)) = met else { return Ok(Some(seen)) };
        let known = self.tracks.iter().filter(|track| counts(track) && track.lattice == look.grid);
        let rest = known.fold(seen.mask.clone(), |rest, track| rest.subtract(&track.mask));
        let Some(track) = self.tracks.get_mut(number) else { return Ok(None) };
        if (rest.pixels() as f64) < HALF * seen.mask.pixels() as f64 {
            track.grow(seen);
            return Ok(None);
        }
        if last_seen_whole((&rest, &look.grid), record, earlier, layers)? >= track.bracket[1] {
            return Ok(Some(seen.cut(rest)));
        }
        track.grow(seen);
        Ok(None)
    }
}

/// A sighting with its pixels.
struct Seen {
    sighting: Sighting,
    mask: Runs,
}

impl Seen {
    /// A part of it.
    fn cut(mut self, part: Runs) -> Self {
        let share = part.pixels() as f64 / self.mask.pixels().max(1) as f64;
        self.sighting.area_ha = (self.sighting.area_ha * share * 1e4).round() / 1e4;
        Self { sighting: self.sighting, mask: part }
    }
}

/// The last day on which ground was seen before: a look that observed half of it, or else the baseline that the
/// look of `record` was held against.
fn last_seen_whole(
    (mask, lattice): (&Runs, &Lattice),
    record: &Record,
    earlier: &[Record],
    layers: &dyn Layers,
) -> Result<Date> {
    let day = record.acquisition.day();
    let baseline = record.baseline.iter().map(|one| one.day()).max().unwrap_or(day);
    for past in earlier.iter().rev().take_while(|past| past.acquisition.day() > baseline) {
        let Some(look) = past.look() else { continue };
        if past.acquisition.day() < day && glimpse((mask, lattice), past, look, layers)?.observed >= HALF {
            return Ok(past.acquisition.day());
        }
    }
    Ok(baseline)
}

fn glimpse((mask, lattice): (&Runs, &Lattice), record: &Record, look: &Look, layers: &dyn Layers) -> Result<Glimpse> {
    if look.grid == *lattice {
        return layers.glimpse(record, look, mask);
    }
    Ok(Glimpse { observed: 0.0, disturbed: 0.0, dnbr: f64::NAN })
}

impl Track {
    fn begun(
        (record, look): (&Record, &Look),
        Seen { sighting, mask }: Seen,
        rank: usize,
        earlier: &[Record],
        layers: &dyn Layers,
    ) -> Result<Self> {
        let day = record.acquisition.day();
        let before = last_seen_whole((&mask, &look.grid), record, earlier, layers)?;
        Ok(Self {
            id: format!("{}-{rank}", day.strftime("%Y%m%d")),
            state: State::First,
            bracket: [before, day],
            confidence: sighting.z.min(MOST_Z),
            ended: None,
            was_confirmed: false,
            observations: vec![Observation { day, observed: 1.0, disturbed: 1.0, z: Some(sighting.z) }],
            sighting,
            reliability: look.reliability.clone(),
            simulated: record.simulated,
            acquisition: record.acquisition.identity.clone(),
            mask,
            lattice: look.grid.clone(),
        })
    }

    /// Takes in what a later look shows of it.
    fn grow(&mut self, seen: Seen) {
        self.mask = self.mask.union(&seen.mask);
        if seen.sighting.area_ha > self.sighting.area_ha {
            self.sighting = seen.sighting;
        }
    }

    /// Its change of state, which the record at `place` brought.
    fn change(&self, number: usize, place: usize) -> Change {
        let sighting = Sighting { runs: Vec::new(), ..self.sighting.clone() };
        Change { track: number, state: self.state, confidence: self.confidence, sighting, record: place }
    }

    /// Counts a look, then decides where the object stands.
    fn take(&mut self, day: Date, glimpse: Glimpse, look: &Look) {
        if glimpse.observed >= HALF {
            let z = ((glimpse.dnbr - look.shift) / look.sigma.max(f64::MIN_POSITIVE)).max(0.0);
            let Glimpse { observed, disturbed, .. } = glimpse;
            self.observations.push(Observation { day, observed, disturbed, z: z.is_finite().then_some(z) });
        }
        let shown: Vec<&Observation> = self.observations.iter().filter(|one| one.disturbed >= HALF).collect();
        let count = shown.len() as f64;
        let sum: f64 = shown.iter().map(|one| one.z.unwrap_or(0.0).min(MOST_Z)).sum();
        let last = shown.last().map_or(self.bracket[1], |one| one.day);
        self.confidence = sum * count;
        let share = count / self.observations.len() as f64;
        self.state = if self.confidence >= CONFIRMED || self.was_confirmed {
            State::Confirmed
        } else if count >= 2.0 {
            State::Provisional
        } else {
            State::First
        };
        self.was_confirmed = self.state == State::Confirmed;
        self.ended = self.ending(last.until(day).map_or(0, |span| span.get_days()), share);
        if self.ended.is_some() {
            self.state = State::Finished;
        }
    }

    /// Why it is followed no longer.
    fn ending(&self, days_without: i32, share: f64) -> Option<String> {
        if share < HALF {
            return Some("fewer than half of the clear looks show it".into());
        }
        if days_without > GAP_DAYS {
            return Some(format!("no look showed it for {days_without} days"));
        }
        (self.observations.len() >= CLEAR_LOOKS).then(|| format!("{CLEAR_LOOKS} clear looks were taken at it"))
    }
}

#[cfg(test)]
mod tests;

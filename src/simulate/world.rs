//! A scenario made ready: levels that meet the asked shares, and rows of pixels painted on demand.

use super::band::Spectrum;
use super::fields::{Frame, Knots, Local, Noises, RowFields};
use super::ground::{Land, Memory};
use super::incidents::{Levels, burn_level, burn_score, flood_score, snow_score, strike};
use super::noise::derive;
use super::scenario::{Date, Scenario};
use super::sky::{Sky, cloud_level, cloud_score};
use super::truth::Truth;
use super::water::Rivers;
use crate::error::Result;
use crate::geom::window::Window;

/// Samples a side from which levels are found.
const SAMPLES: usize = 256;

/// A scenario whose pixels can be asked for, any window of any band by itself. Immutable and shared between
/// threads freely.
pub struct World {
    pub(super) scenario: Scenario,
    /// The low and the high half of the seed, mixed, and the number of the look with them.
    pub(super) sky_seed: u32,
    lands: [Land; 2],
    noises: [Noises; 2],
    skies: [Sky; 2],
    levels: Levels,
}

impl Scenario {
    /// Makes the scenario ready: finds, from a sample of the scene, the levels that meet the asked shares.
    /// Takes up to a few tenths of a second, whatever the size.
    ///
    /// # Errors
    /// `Usage` when [`Scenario::check`] refuses it.
    pub fn build(&self) -> Result<World> {
        self.check()?;
        let seed = derive(self.seed as u32, (self.seed >> 32) as u32 ^ 0x5eed);
        let sky_seed = if self.look == 0 { seed } else { derive(seed, 4096 + self.look) };
        let sun = (self.season.sun_azimuth(), self.season.sun_height());
        let dates = [Date::Before, Date::After];
        let mut world = World {
            sky_seed,
            lands: dates.map(|date| self.land(seed, date)),
            noises: dates.map(|date| {
                let cloudy = self.cloud_share[date.index()] > 0.0;
                Noises::new(seed, derive(sky_seed, 50 + date as u32), sun, cloudy)
            }),
            skies: dates.map(|date| Sky {
                level: f32::INFINITY,
                drift: if date == Date::After { self.drift } else { super::scenario::Drift::NONE },
            }),
            levels: Levels::NONE,
            scenario: self.clone(),
        };
        world.find_levels();
        Ok(world)
    }

    fn land(&self, seed: u32, date: Date) -> Land {
        Land { seed, season: self.season, date, events: self.events.clone(), rivers: Rivers::new(seed, self.size10) }
    }
}

impl World {
    /// The scenario that it was built from.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    fn find_levels(&mut self) {
        for date in [Date::Before, Date::After] {
            let share = self.scenario.cloud_share[date.index()];
            if share > 0.0 {
                let scores = self.sample(date, |local, _, _| cloud_score(local));
                self.skies[date.index()].level = cloud_level(level(scores, share));
            }
        }
        let events = self.scenario.events.clone();
        if events.flood > 0.0 {
            self.levels.flood = level(
                self.sample(Date::After, |local, land, memory| flood_score(&land.ground(local, memory))),
                events.flood,
            );
        }
        if events.snow > 0.0 {
            self.levels.snow = level(
                self.sample(Date::After, |local, land, memory| snow_score(local, &land.ground(local, memory))),
                events.snow,
            );
        }
        if events.burned > 0.0 {
            let flooded = Levels { snow: f32::INFINITY, ..self.levels };
            let scores = self.sample(Date::After, |local, land, memory| {
                let mut ground = land.ground(local, memory);
                strike(&flooded, &[], local, &mut ground);
                burn_score(local, &ground)
            });
            self.levels.burn = burn_level(level(scores, events.burned));
        }
    }

    /// A score at pixels spread evenly over the scene.
    fn sample(&self, date: Date, score: impl Fn(&Local<'_>, &Land, &mut Memory) -> f32) -> Vec<f32> {
        let side = self.scenario.size10.min(SAMPLES);
        let step = self.scenario.size10 as f64 / side as f64;
        let frame = Frame { x0: 0.5 * step, y0: 0.5 * step, step, cols: side, rows: side };
        let mut scores = Vec::with_capacity(side * side);
        self.walk(date, frame, |local, land, memory| scores.push(score(local, land, memory)));
        scores
    }

    /// Calls `visit` at every pixel of a frame, row by row, with the land and its memory.
    fn walk(&self, date: Date, frame: Frame, mut visit: impl FnMut(&Local<'_>, &Land, &mut Memory)) {
        let mut easel = self.easel(date, frame);
        for j in 0..frame.rows {
            easel.row(j, &mut visit);
        }
    }

    fn easel(&self, date: Date, frame: Frame) -> Easel<'_> {
        let k = date.index();
        Easel {
            land: &self.lands[k],
            knots: Knots::new(&self.noises[k], frame),
            fields: RowFields::default(),
            memory: Memory::default(),
            frame,
        }
    }

    /// The truth at a window of 10 m pixels, row by row.
    pub(super) fn changes(&self, window: Window) -> Vec<Truth> {
        let mut found = Vec::with_capacity(window.len());
        self.walk(Date::After, ground_frame(window, (0.0, 0.0)), |local, land, memory| {
            let mut ground = land.ground(local, memory);
            strike(&self.levels, &self.scenario.events.burns, local, &mut ground);
            found.push(ground.change);
        });
        found
    }

    /// A painter of the 10 m pixels of a window as the sensor sees them, without noise.
    pub(super) fn painter(&self, date: Date, window: Window) -> Painter<'_> {
        let shift = if date == Date::After { self.scenario.shift_px } else { (0.0, 0.0) };
        Painter { world: self, date, easel: self.easel(date, ground_frame(window, shift)) }
    }
}

/// The ground positions of the centres of a window's pixels.
fn ground_frame(window: Window, shift: (f32, f32)) -> Frame {
    Frame {
        x0: window.col as f64 + 0.5 + f64::from(shift.0),
        y0: window.row as f64 + 0.5 + f64::from(shift.1),
        step: 1.0,
        cols: window.width,
        rows: window.height,
    }
}

/// The value that the share `share` of the scores exceeds; far below all of them if too few can.
fn level(mut scores: Vec<f32>, share: f32) -> f32 {
    let last = scores.len().saturating_sub(1);
    let rank = ((f64::from(share) * scores.len() as f64).round() as usize).min(last);
    scores.select_nth_unstable_by(rank, |a, b| b.total_cmp(a));
    scores.get(rank).copied().unwrap_or(f32::INFINITY).max(-1e6)
}

/// One frame of ground, row after row.
struct Easel<'a> {
    land: &'a Land,
    knots: Knots,
    fields: RowFields,
    memory: Memory,
    frame: Frame,
}

impl Easel<'_> {
    fn row(&mut self, j: usize, mut visit: impl FnMut(&Local<'_>, &Land, &mut Memory)) {
        self.fields.fill(self.land.seed, &self.knots, j);
        for i in 0..self.frame.cols {
            let local = self.fields.at(&self.frame, i, j);
            visit(&local, self.land, &mut self.memory);
        }
    }
}

/// Paints rows of one window of one date.
pub(super) struct Painter<'a> {
    world: &'a World,
    date: Date,
    easel: Easel<'a>,
}

impl Painter<'_> {
    /// Reflectance (and cloud and shadow, in the spare places) of row `j` of the window.
    pub(super) fn row(&mut self, j: usize, out: &mut Vec<Spectrum>) {
        out.clear();
        let (world, after) = (self.world, self.date == Date::After);
        let sky = world.skies[self.date.index()];
        self.easel.row(j, |local, land, memory| {
            let mut ground = land.ground(local, memory);
            if after {
                strike(&world.levels, &world.scenario.events.burns, local, &mut ground);
            }
            let light = local.of(super::fields::Field::Light);
            out.push(sky.through(local, &ground.mixture.reflect(light)));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_exceeded_by_the_share() {
        let scores: Vec<f32> = (0..1000).map(|n| n as f32).collect();
        let level_of = level(scores.clone(), 0.03);
        assert_eq!(scores.iter().filter(|&&score| score > level_of).count(), 30);
        assert_eq!(level(vec![f32::NEG_INFINITY; 8], 0.5), -1e6);
    }
}

//! The unburned surroundings of the seeds, and the score that sets seeds apart from them.

use super::{Ground, eligible, missing, sign_planes};
use crate::error::Result;
use crate::geom::runs::Runs;
use crate::kernel::burn::Settings;
use crate::kernel::burn::membership::{Membership, Score, SignCounts};
use crate::kernel::burn::signs::{SOIL, Sign};
use crate::kernel::stats::Histogram;
use crate::pipeline::detect::Candidates;

/// What the control and the seeds say of every feature.
#[derive(Default)]
pub(super) struct Surroundings {
    /// Membership in dNBR, the shift taken off.
    pub(super) dnbr: Option<Membership>,
    /// Membership in every sign that is known.
    pub(super) signs: Vec<(Sign, Membership)>,
    /// Median of MIRBI's rise in the control.
    pub(super) control_char: Option<f64>,
    /// Threshold where there is no control.
    fixed: Option<f64>,
    pixels: u64,
}

/// One group of pixels: dNBR with the shift taken off, and signs.
#[derive(Clone)]
struct Group {
    dnbr: Histogram,
    signs: Vec<SignCounts>,
}

impl Group {
    fn new(signs: usize) -> Self {
        Self { dnbr: Histogram::new(), signs: vec![SignCounts::default(); signs] }
    }

    fn add(&mut self, dnbr: i32, sign: impl Fn(usize) -> i8) {
        self.dnbr.add_key(dnbr);
        self.signs.iter_mut().enumerate().for_each(|(place, counts)| counts.add(sign(place)));
    }

    fn merge(&mut self, other: &Self) {
        self.dnbr.merge(&other.dnbr);
        self.signs.iter_mut().zip(&other.signs).for_each(|(sum, part)| sum.merge(part));
    }
}

/// Groups of a worker: control in the ring, quiet ground anywhere, seeds.
const RING: usize = 0;
const QUIET: usize = 1;
const SEEDS: usize = 2;

impl Surroundings {
    /// Without a control: a threshold stands for it.
    pub(super) fn none(threshold: f64) -> Self {
        Self { fixed: Some(threshold), ..Self::default() }
    }

    /// One pass: quiet ground in the ring around the core (anywhere, where the ring holds too little of it)
    /// against all that is above the seed threshold.
    pub(super) fn gather(ground: &Ground<'_>, core: &Runs) -> Result<Self> {
        let plan = ground.memory.plan;
        let candidates = Candidates::new(plan);
        for run in core.as_slice() {
            (run.start..run.end).for_each(|col| candidates.mark(col as usize, run.row as usize));
        }
        let ring = candidates.ring(plan, ground.recipe.ring_m)?;
        let groups = || -> [Group; 3] { std::array::from_fn(|_| Group::new(ground.signs.len())) };
        let parts = ground.memory.visit("control", groups, |groups, index, record| {
            if !record.any() {
                return Ok(());
            }
            let window = plan.blocks[index];
            let (dnbr, signs) = (record.dnbr()?, sign_planes(&record, ground.signs)?);
            for (at, flags) in record.flags().indexed_iter().filter(|(_, flags)| eligible(**flags)) {
                let (step, background) = (i32::from(dnbr[at]), ground.of(*flags));
                let above = step - background.shift;
                let sign = |place: usize| signs.get(place).map_or(0, |plane| plane[at]);
                if step < background.quiet_key(ground.settings) {
                    let near = ring[candidates.cell(window.col + at.1, window.row + at.0)];
                    groups[if near { RING } else { QUIET }].add(above, sign);
                } else if flags & SOIL == 0 && step >= background.seed_key(ground.settings) {
                    groups[SEEDS].add(above, sign);
                }
            }
            Ok(())
        })?;
        let mut sum = groups();
        parts.iter().for_each(|part| sum.iter_mut().zip(part).for_each(|(sum, part)| sum.merge(part)));
        let [mut control, quiet, seeds] = sum;
        if control.dnbr.total() < ground.recipe.min_control {
            control.merge(&quiet);
        }
        Ok(Self::between(ground, &control, &seeds))
    }

    fn between(ground: &Ground<'_>, control: &Group, seeds: &Group) -> Self {
        let places = ground.signs.iter().zip(control.signs.iter().zip(&seeds.signs));
        let signs = places.filter_map(|(sign, (control, seeds))| Some((*sign, Membership::between(control, seeds)?)));
        let char_place = ground.signs.iter().position(|sign| *sign == Sign::Char);
        let median = char_place.and_then(|place| control.signs.get(place)?.quantile(0.5));
        Self {
            dnbr: Membership::between(&control.dnbr, &seeds.dnbr),
            signs: signs.collect(),
            control_char: median.map(|step| f64::from(step) * Sign::Char.step()),
            fixed: None,
            pixels: control.dnbr.total(),
        }
    }

    /// Pixels of the control.
    pub(super) fn pixels(&self) -> u64 {
        self.pixels
    }

    /// dNBR above the shift where membership is one half, but never below the floor.
    pub(super) fn threshold(&self, settings: &Settings) -> Option<f64> {
        self.fixed.or(self.dnbr.map(|dnbr| super::unit(dnbr.centre).max(settings.floor)))
    }

    /// The score of all features.
    pub(super) fn score(&self, settings: &Settings) -> Option<Score> {
        self.dnbr.as_ref().map(|dnbr| Score::new(dnbr, &self.signs, settings))
    }

    /// One pass: where the score suffices to grow, and where it makes a seed.
    pub(super) fn scored(&self, ground: &Ground<'_>) -> Result<[Runs; 2]> {
        let settings = ground.settings;
        let score = self.score(settings).ok_or_else(missing)?;
        let (grows, seeds) = (settings.grow_score as f32, settings.seed_score as f32);
        let (masks, _) = ground.bit_masks::<2, ()>("grow", |(), _, record, _| {
            let (dnbr, signs) = (record.dnbr()?, sign_planes(record, ground.signs)?);
            let mut bits = ndarray::Array2::zeros(dnbr.raw_dim());
            for (at, flags) in record.flags().indexed_iter().filter(|(_, flags)| eligible(**flags)) {
                let (step, background) = (i32::from(dnbr[at]), ground.of(*flags));
                if flags & SOIL != 0 || step < background.floor_key(settings) {
                    continue;
                }
                let score = score.of(step - background.shift, |place| signs.get(place).map_or(0, |plane| plane[at]));
                bits[at] = u8::from(score >= grows) | u8::from(score >= seeds) << 1;
            }
            Ok(bits)
        })?;
        Ok(masks)
    }
}

//! The burn map by seed and grow, from remembered blocks: background, masks, control, score, growth, objects.

mod control;
mod facts;
mod masks;
mod object;

use ndarray::ArrayView2;

use super::detect::{Decision, Memory};
use super::record::{ELIGIBLE, STEPS};
use crate::error::{Error, Result};
use crate::geom::runs::{Run, Runs};
use crate::geom::window::Window;
use crate::kernel::burn::Settings;
use crate::kernel::burn::background::Background;
use crate::kernel::burn::judge::doubts;
use crate::kernel::burn::signs::{GREEN, Sign};
use crate::kernel::label::{self, Connectivity};
use crate::kernel::morphology::{close, grow, neighbours_at_least, open_by_reconstruction};
use crate::kernel::stats::Histogram;
use crate::recipe::BurnRecipe;
use control::Surroundings;
pub use facts::Seeding;
use masks::Masks;
pub(crate) use object::Judged;

/// dNBR from which ground is mapped where nothing is left to compare it with (Key & Benson 2006: up to here
/// unburned ground goes).
const UNBURNED: f64 = 0.10;

/// The map.
pub(super) struct BurnMap {
    /// Pixels that were grown into, in objects that stand.
    pub(super) grown: Runs,
    /// The objects that stand, gaps closed and holes filled.
    pub(super) mask: Runs,
    /// How their pixels hang together.
    pub(super) connectivity: Connectivity,
    /// What is known of each, in the order of the labels of `mask`.
    pub(super) judged: Vec<Judged>,
    /// The decision as every strategy tells it.
    pub(super) decision: Decision,
    /// How it came about.
    pub(super) seeding: Seeding,
}

/// What all steps share.
#[derive(Clone, Copy)]
struct Ground<'a> {
    memory: Memory<'a>,
    recipe: &'a BurnRecipe,
    settings: &'a Settings,
    /// The signs that the records hold.
    signs: &'a [Sign],
    /// Bare and green ground.
    backgrounds: [Background; 2],
}

/// Works out the map. `classes` are the histograms of eligible dNBR on bare and on green ground.
///
/// # Errors
/// `Usage` for an offset that is none; failures to read what is remembered.
pub(super) fn map(
    memory: Memory<'_>,
    classes: &[Histogram; 2],
    signs: &[Sign],
    recipe: &BurnRecipe,
) -> Result<BurnMap> {
    let settings = recipe.settings();
    let backgrounds = backgrounds(classes, recipe, &settings)?;
    let ground = Ground { memory, recipe, settings: &settings, signs, backgrounds };
    let masks = Masks::gather(&ground)?;
    let core = masks.core(&settings);
    let mut evidence = masks.evidence(classes, &backgrounds, &core, signs, &settings);
    let (grown, seeds, surroundings) = if evidence.quiet < recipe.min_control {
        (masks::above(&ground, UNBURNED)?, core, Surroundings::none(UNBURNED))
    } else if evidence.first < settings.min_seeds || core.is_empty() {
        let (width, height) = (core.width(), core.height());
        (Runs::empty(width, height), core, Surroundings::default())
    } else {
        let surroundings = Surroundings::gather(&ground, &core)?;
        let (grown, seeds) = grown(&ground, &masks, &core, &surroundings)?;
        (grown, seeds, surroundings)
    };
    let generalised = generalised(&grown, &ground);
    let objects = object::judge(&ground, (&generalised, &grown, &seeds), &surroundings)?;
    objects.add_to(&mut evidence);
    let connectivity = connectivity(recipe);
    let mask = objects.standing();
    evidence.mapped = mask.pixels();
    let unit_ha = recipe.min_area_ha.max(f64::MIN_POSITIVE);
    evidence.units = crate::plan::area_ha(&memory.plan.grid, &mask) / unit_ha;
    let found = doubts(&evidence, recipe.min_control, &settings);
    let seeding = Seeding::new(&ground, classes, &evidence, &surroundings, &objects);
    let decision = Decision::seeded(
        surroundings.threshold(&settings),
        (seeding.offset(), surroundings.pixels()),
        evidence.first as f64 / evidence.seen.max(1) as f64,
        found.iter().map(ToString::to_string).collect(),
    );
    Ok(BurnMap {
        grown: grown.intersect(&mask),
        mask,
        connectivity,
        judged: objects.into_standing(),
        decision,
        seeding,
    })
}

/// The unburned ground of both classes; the shift is the recipe's where that names one.
fn backgrounds(classes: &[Histogram; 2], recipe: &BurnRecipe, settings: &Settings) -> Result<[Background; 2]> {
    let [bare, green] = classes;
    let mut scene = bare.clone();
    scene.merge(green);
    let mut found = [bare, green].map(|own| Background::of(own, &scene, recipe.min_control, settings));
    if recipe.offset != "control" {
        let shift = if recipe.offset == "none" { 0 } else { super::detect::parsed_offset(&recipe.offset)? };
        found.iter_mut().for_each(|background| background.shift = shift);
    }
    Ok(found)
}

fn connectivity(recipe: &BurnRecipe) -> Connectivity {
    if recipe.connectivity == 4 { Connectivity::Four } else { Connectivity::Eight }
}

/// What grows from the seeds over likely ground, and the seeds.
fn grown(ground: &Ground<'_>, masks: &Masks, core: &Runs, surroundings: &Surroundings) -> Result<(Runs, Runs)> {
    let [likely, strong] = surroundings.scored(ground)?;
    let likely = neighbours_at_least(&likely, ground.settings.majority).intersect(&masks.eligible);
    let seeds = core.intersect(&strong);
    Ok((grow(&likely, &seeds, connectivity(ground.recipe)), seeds))
}

/// Gaps closed, threads and specks dropped, small holes filled.
fn generalised(grown: &Runs, ground: &Ground<'_>) -> Runs {
    let (recipe, plan) = (ground.recipe, ground.memory.plan);
    let connectivity = connectivity(recipe);
    let (width, height) = plan.grid.pixel_metres();
    let radius = (ground.settings.close_m / (width * height).sqrt()).round() as u32;
    let pixel_ha = |row: u32| plan.grid.pixel_hectares(row as usize);
    let sieved = if recipe.sieve_px > 1 { label::sieve(grown, recipe.sieve_px, connectivity) } else { grown.clone() };
    let opened = open_by_reconstruction(&close(&sieved, radius), connectivity);
    let filled = label::fill_holes(&opened, recipe.fill_ha, &pixel_ha, connectivity);
    label::remove_small(&filled, recipe.min_area_ha, &pixel_ha, connectivity)
}

impl Ground<'_> {
    /// The background of a pixel.
    #[inline]
    fn of(&self, flags: u8) -> &Background {
        &self.backgrounds[usize::from(flags & GREEN != 0)]
    }

    /// Masks by bits: of every pixel of every block `bits` says which masks hold it.
    fn bit_masks<const N: usize, S: Default + Send>(
        &self,
        stage: &'static str,
        bits: impl Fn(&mut S, usize, &super::record::Stored<'_>, Window) -> Result<ndarray::Array2<u8>> + Sync,
    ) -> Result<([Runs; N], Vec<S>)> {
        let plan = self.memory.plan;
        let parts = self.memory.visit(
            stage,
            || (std::array::from_fn::<Vec<Run>, N, _>(|_| Vec::new()), S::default()),
            |(runs, state), index, record| {
                if !record.any() {
                    return Ok(());
                }
                let window = plan.blocks[index];
                let bits = bits(state, index, &record, window)?;
                runs.iter_mut().enumerate().for_each(|(bit, runs)| collect(bits.view(), 1 << bit, window, runs));
                Ok(())
            },
        )?;
        let (width, height) = (plan.grid.width() as u32, plan.grid.height() as u32);
        let mut all: [Vec<Run>; N] = std::array::from_fn(|_| Vec::new());
        let mut states = Vec::new();
        for (runs, state) in parts {
            all.iter_mut().zip(runs).for_each(|(all, runs)| all.extend(runs));
            states.push(state);
        }
        Ok((all.map(|runs| Runs::from_unsorted(width, height, runs)), states))
    }
}

/// The runs of pixels with a bit set.
fn collect(bits: ArrayView2<'_, u8>, bit: u8, window: Window, runs: &mut Vec<Run>) {
    for (row, line) in bits.rows().into_iter().enumerate() {
        let run = |from: usize, to: usize| Run {
            row: (window.row + row) as u32,
            start: (window.col + from) as u32,
            end: (window.col + to) as u32,
        };
        let mut start = None;
        for (col, bits) in line.iter().enumerate() {
            match (bits & bit != 0, start) {
                (true, None) => start = Some(col),
                (false, Some(from)) => {
                    runs.push(run(from, col));
                    start = None;
                }
                _ => {}
            }
        }
        runs.extend(start.map(|from| run(from, line.len())));
    }
}

/// The planes of all signs of a block.
fn sign_planes(record: &super::record::Stored<'_>, signs: &[Sign]) -> Result<Vec<ndarray::Array2<i8>>> {
    (0..signs.len()).map(|place| record.sign(place)).collect()
}

/// Whether a pixel may be found burned.
#[inline]
fn eligible(flags: u8) -> bool {
    flags & ELIGIBLE != 0
}

/// Steps as a value.
fn unit(steps: f64) -> f64 {
    steps / STEPS
}

/// A block's plane that is not there.
fn missing() -> Error {
    Error::bug("a plane of the record is missing")
}

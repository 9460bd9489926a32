//! Implanted burns: written into what a run remembers of a placebo area, and the detector asked again there.

use ndarray::Array2;

use crate::error::{Error, Result};
use crate::evidence::draw::Draw;
use crate::evidence::implant::{Burn, BurnMark, Trial, disc, is_found, size_of};
use crate::evidence::placement::{Place, Spread};
use crate::geom::bits::Bits;
use crate::geom::runs::Runs;
use crate::geom::stencil::Stencil;
use crate::geom::window::Window;
use crate::kernel::burn::signs::{BRIGHTER, SOIL, STILL_GREEN, Sign};
use crate::pipeline::Examined;
use crate::pipeline::crew::{Silent, work_off};
use crate::pipeline::detect::Memory;
use crate::pipeline::record::{ELIGIBLE, Record, Records, STEPS};
use crate::pipeline::seeded;
use crate::plan::Plan;
use crate::recipe::{BurnRecipe, EvidenceRecipe};

/// Ground around an implant that the detector sees with it, in metres: room for a control ring and for closing.
const AROUND_M: f64 = 800.0;
/// Share of a placebo that may have burned for an implant to be tried there.
const BURNED: f64 = 0.25;
/// Draws for a place in which the implant lies whole.
const TRIES: usize = 20;

/// What implants are measured against.
pub(super) struct Trials<'a> {
    /// The run.
    pub(super) run: &'a Examined<'a>,
    /// What it found burned.
    pub(super) burned: &'a Bits,
    /// The area and its placebos.
    pub(super) spread: &'a Spread,
    /// Sizes in hectares.
    pub(super) sizes: &'a [f64],
    /// Which of them is the smallest effect of interest.
    pub(super) interest: usize,
    /// Hectares of a pixel.
    pub(super) pixel_ha: f64,
    /// Least effect that counts, in hectares.
    pub(super) least_ha: f64,
    /// How evidence is weighed.
    pub(super) recipe: &'a EvidenceRecipe,
}

impl Trials<'_> {
    /// Tries all implants; each belongs to the size and the placebo that its number gives it.
    ///
    /// # Errors
    /// As reading and writing scratch files; `Interrupted` when the run's watch stops it.
    pub(super) fn run(&self) -> Result<Vec<Trial>> {
        let places = self.places();
        if places.is_empty() || self.sizes.is_empty() {
            return Ok(Vec::new());
        }
        let count = self.recipe.implants;
        self.run.memory.watch.stage("implants", count);
        let parts = work_off(count, self.run.memory.watch, Vec::new, |done: &mut Vec<(usize, Trial)>, number| {
            let (size, place) = (size_of(number, self.sizes.len(), self.interest), places[number / 2 % places.len()]);
            done.push((number, self.tried(number, size, place)?));
            self.run.memory.watch.step(0);
            Ok(())
        })?;
        let mut trials = parts.concat();
        trials.sort_unstable_by_key(|(number, _)| *number);
        Ok(trials.into_iter().map(|(_, trial)| trial).collect())
    }

    /// The placebos that hardly burned, by number: on burned ground no event can show. All, where none is left.
    fn places(&self) -> Vec<usize> {
        let all = || self.spread.places.iter().enumerate();
        let unburned =
            all().filter(|(_, place)| place.hit_share() < BURNED).map(|(number, _)| number).collect::<Vec<_>>();
        if unburned.is_empty() { all().map(|(number, _)| number).collect() } else { unburned }
    }

    fn tried(&self, number: usize, size: usize, place: usize) -> Result<Trial> {
        let place = &self.spread.places[place];
        let mut draw = Draw::new(self.recipe.seed ^ 0x696d_706c, number as u64);
        let pixels = self.sizes[size] / self.pixel_ha;
        let event = self.laid(pixels, place, &mut draw);
        let (with, without) = self.detected(number, place, &event, &mut draw)?;
        let statistic = (place.hit + with).saturating_sub(without) as f64 / place.seen.max(1) as f64;
        let recovered = (with as f64 - without as f64).max(0.0) * self.pixel_ha;
        let found = is_found(recovered, self.sizes[size], self.least_ha);
        Ok(Trial { size, statistic, recovered, found })
    }

    /// A disc within the placebo's shape, as whole and on as much unburned ground as a few draws find it.
    fn laid(&self, pixels: f64, place: &Place, draw: &mut Draw) -> Runs {
        let grid = &self.run.memory.plan.grid;
        let mask = place.mask(grid);
        let size = (mask.width(), mask.height());
        let mut best = (0, Runs::empty(size.0, size.1));
        for _ in 0..TRIES {
            let Some(centre) = pixel_of(&place.stencil, place.corner, draw) else { break };
            let event = disc(pixels, centre, grid.pixel_metres(), size).intersect(&mask);
            let burned: u64 = event.as_slice().iter().map(|run| self.burned.count(*run)).sum();
            let open = event.pixels() - burned;
            if open > best.0 {
                best = (open, event);
            }
            if best.0 as f64 >= 0.95 * pixels {
                break;
            }
        }
        best.1
    }

    /// Pixels found in the placebo's shape around the implant, with it and without it.
    fn detected(&self, number: usize, place: &Place, event: &Runs, draw: &mut Draw) -> Result<(u64, u64)> {
        let plan = self.run.memory.plan;
        let Some(core) = event.bounding_window() else { return Ok((0, 0)) };
        let (pixel, _) = plan.grid.pixel_metres();
        let window = core.grown((AROUND_M / pixel) as usize, plan.grid.width(), plan.grid.height());
        let mut patch = Patch::of(self.run, window)?;
        patch.burn(event, self.run.signs, draw);
        let mask = patch.mapped(number, self.run)?;
        let shape = place.mask(&plan.grid).crop(window);
        let without = shape.as_slice().iter().map(|run| {
            let (row, col) = (window.row as u32, window.col as u32);
            self.burned.count(crate::geom::runs::Run { row: run.row + row, start: run.start + col, end: run.end + col })
        });
        Ok((mask.intersect(&shape).intersect(&patch.seen()).pixels(), without.sum()))
    }
}

/// A pixel of a shape, every one as likely.
fn pixel_of(stencil: &Stencil, corner: (u32, u32), draw: &mut Draw) -> Option<(u32, u32)> {
    let mut left = draw.below(stencil.pixels() as usize) as u32;
    for run in stencil.at(corner) {
        if left < run.len() {
            return Some((run.start + left, run.row));
        }
        left -= run.len();
    }
    None
}

/// What a run remembers of a window, to be changed.
struct Patch {
    window: Window,
    flags: Array2<u8>,
    dnbr: Array2<i16>,
    signs: Vec<Array2<i8>>,
}

impl Patch {
    fn of(run: &Examined<'_>, window: Window) -> Result<Self> {
        let shape = window.shape();
        let signs = vec![Array2::zeros(shape); run.signs.len()];
        let mut patch = Self { window, flags: Array2::zeros(shape), dnbr: Array2::zeros(shape), signs };
        for (index, block) in run.memory.plan.blocks.iter().enumerate() {
            let shared = block.intersect(&window);
            if shared.is_empty() {
                continue;
            }
            let stored = run.memory.records.fetch(index, *block)?;
            copy(&mut patch.flags, window, &stored.flags().to_owned(), *block, shared);
            copy(&mut patch.dnbr, window, &stored.dnbr()?, *block, shared);
            for (place, plane) in patch.signs.iter_mut().enumerate() {
                copy(plane, window, &stored.sign(place)?, *block, shared);
            }
        }
        Ok(patch)
    }

    /// Burns what may burn of an event given in pixels of the whole grid.
    fn burn(&mut self, event: &Runs, known: &[Sign], draw: &mut Draw) {
        let burn = Burn::drawn(draw);
        for run in event.in_window(self.window) {
            let row = run.row as usize - self.window.row;
            for col in run.start as usize - self.window.col..run.end as usize - self.window.col {
                let mark = burn.mark(draw);
                self.burn_pixel((row, col), mark, known);
            }
        }
    }

    fn burn_pixel(&mut self, at: (usize, usize), mark: BurnMark, known: &[Sign]) {
        if self.flags[at] & ELIGIBLE == 0 {
            return;
        }
        self.flags[at] &= !(SOIL | STILL_GREEN | BRIGHTER);
        self.dnbr[at] = self.dnbr[at].saturating_add((mark.dnbr * STEPS) as i16);
        for (sign, plane) in known.iter().zip(&mut self.signs) {
            let old = f64::from(plane[at]) * sign.step();
            let new = match sign {
                Sign::Fall => old + mark.nir_fall,
                Sign::Dark => old * (-mark.nir_fall).exp(),
                Sign::Char => old + mark.mirbi,
            };
            plane[at] = (new / sign.step()).round().clamp(-127.0, 127.0) as i8;
        }
    }

    /// Which pixels were seen, as a mask of the window.
    fn seen(&self) -> Runs {
        let (height, width) = self.flags.dim();
        let pixels = self.flags.indexed_iter().filter(|(_, flags)| **flags & crate::pipeline::record::SEEN != 0);
        let runs = pixels.map(|((row, col), _)| crate::geom::runs::Run {
            row: row as u32,
            start: col as u32,
            end: col as u32 + 1,
        });
        Runs::from_unsorted(width as u32, height as u32, runs.collect())
    }

    /// What the detector maps in the window, told what the whole scene's unburned ground looks like.
    fn mapped(&self, number: usize, run: &Examined<'_>) -> Result<Runs> {
        let plan = self.plan(run.memory.plan);
        let records = Records::named(run.stage, &format!("-{number}"), self.signs.len())?;
        let mut record = Record::default();
        let missing = || Error::bug("a plane is not in one piece");
        let flags = self.flags.as_slice().ok_or_else(missing)?;
        record.extend_steps(flags, self.dnbr.as_slice().ok_or_else(missing)?);
        record.extend_signs(flags, &self.signs);
        records.keep(0, &record)?;
        let memory = Memory { plan: &plan, records: &records, watch: &Silent };
        let map = seeded::map(memory, &run.measured.classes, run.signs, &with_seeds(run))?;
        Ok(map.mask)
    }

    fn plan(&self, whole: &Plan) -> Plan {
        let (width, height) = (self.window.width, self.window.height);
        Plan {
            grid: whole.grid.crop(self.window),
            aoi: Runs::full(width as u32, height as u32),
            aoi_ha: 0.0,
            steps: Vec::new(),
            blocks: vec![Window::whole(width, height)],
            block: (width, height),
        }
    }
}

/// The recipe in a window: the seeds of the whole scene count towards the least number of them.
fn with_seeds(run: &Examined<'_>) -> BurnRecipe {
    let mut recipe = run.prepared.request.recipe.burn.clone();
    let seeds = run.summary.seeding.as_ref().map_or(0, |seeding| seeding.core_pixels);
    recipe.grow.min_seeds = recipe.grow.min_seeds.saturating_sub(seeds);
    recipe
}

/// Copies the shared part of a block into a window.
fn copy<T: Copy>(into: &mut Array2<T>, window: Window, from: &Array2<T>, block: Window, shared: Window) {
    for row in shared.row..shared.bottom() {
        for col in shared.col..shared.right() {
            into[(row - window.row, col - window.col)] = from[(row - block.row, col - block.col)];
        }
    }
}

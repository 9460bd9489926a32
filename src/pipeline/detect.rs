//! From remembered blocks to a decision: the control and its offset, the threshold, the mask, the objects.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

use ndarray::Array2;

use super::crew::{Watch, work_off};
use super::record::{ELIGIBLE, GREEN, Records, STEPS, Stored, any};
use crate::error::{Error, Result};
use crate::geom::runs::{Run, Runs};
use crate::kernel::label::{self, Connectivity};
use crate::kernel::ring::ring;
use crate::kernel::stats::Histogram;
use crate::kernel::threshold::Strategy;
use crate::plan::Plan;
use crate::recipe::BurnRecipe;

/// The decision and how it came about.
pub(super) struct Decision {
    /// Threshold on dNBR minus the offset.
    pub threshold: Option<f64>,
    /// Step of plain dNBR from which a pixel is above the threshold.
    key: Option<i32>,
    /// What the strategy would have chosen without a floor.
    own: Option<f64>,
    /// The strategy in words.
    pub strategy: String,
    /// Offset taken off for detection.
    pub offset: Option<f64>,
    /// Pixels of the control.
    pub control_pixels: u64,
    /// Share of the eligible pixels above the threshold.
    pub share: f64,
    /// Between-class over total variance at the threshold.
    pub separability: Option<f64>,
    /// Why the decision is doubtful, in words.
    pub doubts: Vec<String>,
}

/// Where the blocks are remembered, and what they belong to.
#[derive(Clone, Copy)]
pub(super) struct Memory<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What is remembered.
    pub records: &'a Records,
    /// Who watches.
    pub watch: &'a dyn Watch,
}

impl Memory<'_> {
    /// Visits every remembered block; see [`work_off`].
    pub(super) fn visit<S: Send>(
        &self,
        stage: &'static str,
        init: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, usize, Stored<'_>) -> Result<()> + Sync,
    ) -> Result<Vec<S>> {
        self.watch.stage(stage, self.plan.blocks.len());
        work_off(self.plan.blocks.len(), self.watch, init, |state, index| {
            let stored = self.records.fetch(index, self.plan.blocks[index])?;
            work(state, index, stored)?;
            self.watch.step(0);
            Ok(())
        })
    }
}

/// Chooses offset and threshold.
///
/// # Errors
/// `Usage` for a strategy or offset that is none; failures to read the spool.
pub(super) fn decide(memory: Memory<'_>, histogram: &Histogram, recipe: &BurnRecipe) -> Result<Decision> {
    let (strategy, floor) = strategy_of(recipe)?;
    let first = first_guess(strategy, histogram);
    let control = match (recipe.offset.as_str(), first) {
        ("control", Some(key)) => Some(Control::gather(memory, key, recipe)?),
        _ => None,
    };
    let offset_key = match &recipe.offset[..] {
        "none" => None,
        "control" => control.as_ref().and_then(|control| control.median_key(recipe.min_control)),
        number => Some(parsed_offset(number)?),
    };
    let empty = Histogram::new();
    let surroundings = control.as_ref().map_or(&empty, |control| &control.histogram);
    let key = final_key((strategy, floor), recipe.min_control, histogram, (surroundings, offset_key.unwrap_or(0)));
    let mut decision = Decision {
        threshold: key.map(|key| f64::from(key - offset_key.unwrap_or(0)) / STEPS),
        own: final_key((strategy, None), recipe.min_control, histogram, (surroundings, offset_key.unwrap_or(0)))
            .map(|key| f64::from(key - offset_key.unwrap_or(0)) / STEPS),
        key,
        strategy: if recipe.threshold == "auto" { "auto: otsu, floored".into() } else { strategy.to_string() },
        offset: offset_key.map(|key| f64::from(key) / STEPS),
        control_pixels: surroundings.total(),
        share: key.map_or(0.0, |key| histogram.count_from(key) as f64 / histogram.total().max(1) as f64),
        separability: key.and_then(|key| separability(histogram, key)),
        doubts: Vec::new(),
    };
    decision.doubts = doubts(&decision, recipe, strategy, histogram.total());
    Ok(decision)
}

/// The step of plain dNBR from which a pixel is above the threshold, where the recipe alone says it.
///
/// # Errors
/// `Usage` for a strategy or offset that is none.
pub(super) fn known_key(recipe: &BurnRecipe) -> Result<Option<i32>> {
    let offset = match &recipe.offset[..] {
        "control" => return Ok(None),
        "none" => 0,
        number => parsed_offset(number)?,
    };
    Ok(match strategy_of(recipe)?.0 {
        Strategy::Fixed(threshold) => Some(key_at_least(threshold) + offset),
        _ => None,
    })
}

/// The first step that counts as a candidate, before anything is known of a control.
fn first_guess(strategy: Strategy, histogram: &Histogram) -> Option<i32> {
    let plain = match strategy {
        Strategy::ControlQuantile(_) => Strategy::Otsu,
        other => other,
    };
    plain.threshold(histogram, histogram).map(key_at_least)
}

fn final_key(
    (strategy, floor): (Strategy, Option<f64>),
    enough: u64,
    scene: &Histogram,
    (control, offset): (&Histogram, i32),
) -> Option<i32> {
    let control = if control.total() >= enough { control } else { scene };
    if let Strategy::Fixed(threshold) = strategy {
        return Some(key_at_least(threshold) + offset);
    }
    let key = strategy.threshold(scene, control).map(key_at_least)?;
    Some(floor.map_or(key, |floor| key.max(key_at_least(floor) + offset)))
}

/// The strategy of a recipe and the lowest threshold that it may choose.
///
/// # Errors
/// `Usage` for words that are no strategy.
pub(super) fn strategy_of(recipe: &BurnRecipe) -> Result<(Strategy, Option<f64>)> {
    /// Up to here unburned ground goes (Key & Benson 2006).
    const UNBURNED: f64 = 0.10;
    match recipe.threshold.as_str() {
        "auto" => Ok((Strategy::Otsu, Some(recipe.floor.unwrap_or(UNBURNED)))),
        words => Ok((Strategy::from_str(words)?, recipe.floor)),
    }
}

/// The first whole step at or above a threshold.
fn key_at_least(threshold: f64) -> i32 {
    // A threshold that is a whole step but for the last bit is that step.
    let steps = threshold * STEPS;
    let whole = steps.round();
    (if (steps - whole).abs() < 1e-6 { whole } else { steps.ceil() }) as i32
}

fn parsed_offset(number: &str) -> Result<i32> {
    let refused = || {
        Error::usage(format!("burn.offset {:?}", crate::text::Foreign::new(number).to_string()))
            .hint("use control, none or a number between -2 and 2")
    };
    let value: f64 = number.parse().map_err(|_| refused())?;
    if value.abs() <= 2.0 { Ok((value * STEPS).round() as i32) } else { Err(refused()) }
}

/// Between-class over total variance of the eligible dNBR, cut at `key` (Otsu 1979).
fn separability(histogram: &Histogram, key: i32) -> Option<f64> {
    let (mut n, mut sum, mut squares, mut above, mut sum_above) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (step, count) in histogram.steps() {
        let (value, count) = (f64::from(step), count as f64);
        n += count;
        sum += count * value;
        squares += count * value * value;
        if step >= key {
            above += count;
            sum_above += count * value;
        }
    }
    let total = squares / n - (sum / n).powi(2);
    let below = n - above;
    let apart = sum_above / above - (sum - sum_above) / below;
    let between = above / n * (below / n) * apart * apart;
    (total > 0.0 && above > 0.0 && below > 0.0).then_some(between / total)
}

/// The unburned surroundings of the candidates.
struct Control {
    histogram: Histogram,
}

/// Candidates on a coarse raster: where they are, and whether they were mostly green before.
struct Candidates {
    cell: usize,
    cols: usize,
    marks: Vec<AtomicBool>,
}

impl Candidates {
    /// Cells of about 60 m, but no more than 2048 on a side.
    fn new(plan: &Plan) -> Self {
        const CELL_M: f64 = 60.0;
        const MOST: usize = 2048;
        let (width, height) = (plan.grid.width(), plan.grid.height());
        let (pixel, _) = plan.grid.pixel_metres();
        let cell = width.max(height).div_ceil(MOST).max((CELL_M / pixel) as usize).max(1);
        let (cols, rows) = (width.div_ceil(cell), height.div_ceil(cell));
        Self { cell, cols, marks: (0..cols * rows).map(|_| AtomicBool::new(false)).collect() }
    }

    fn index(&self, col: usize, row: usize) -> usize {
        row / self.cell * self.cols + col / self.cell
    }

    /// The ring around the marks, by the recipe's distances; `index` counts as for the marks.
    fn ring(&self, plan: &Plan, [inner, outer]: [f64; 2]) -> Result<Array2<bool>> {
        let marks: Vec<bool> = self.marks.iter().map(|mark| mark.load(Ordering::Relaxed)).collect();
        let marked = Array2::from_shape_vec((marks.len() / self.cols, self.cols), marks);
        let marked = marked.map_err(|error| Error::bug(error.to_string()))?;
        let (width, height) = plan.grid.pixel_metres();
        let cell = (width * self.cell as f64, height * self.cell as f64);
        ring(marked.view(), cell, inner, outer)
    }
}

impl Control {
    /// dNBR of the eligible pixels in the ring around the candidates, of the candidates' own cover (green
    /// or not) where that alone is enough (Parks 2018).
    fn gather(memory: Memory<'_>, key: i32, recipe: &BurnRecipe) -> Result<Self> {
        let candidates = Candidates::new(memory.plan);
        let counts = memory.visit(
            "control",
            || [0u64; 2],
            |counts, index, record| {
                let window = memory.plan.blocks[index];
                let dnbr = record.dnbr()?;
                for ((row, col), flags) in record.flags().indexed_iter() {
                    if flags & ELIGIBLE != 0 && i32::from(dnbr[(row, col)]) >= key {
                        candidates.marks[candidates.index(window.col + col, window.row + row)]
                            .store(true, Ordering::Relaxed);
                        counts[usize::from(flags & GREEN != 0)] += 1;
                    }
                }
                Ok(())
            },
        )?;
        let [bare, green] = counts.iter().fold([0, 0], |sum, part| [sum[0] + part[0], sum[1] + part[1]]);
        let ring = candidates.ring(memory.plan, recipe.ring_m)?;
        let parts = memory.visit(
            "control",
            || [Histogram::new(), Histogram::new()],
            |parts, index, record| {
                let window = memory.plan.blocks[index];
                let dnbr = record.dnbr()?;
                for ((row, col), flags) in record.flags().indexed_iter() {
                    let step = i32::from(dnbr[(row, col)]);
                    let cell = candidates.index(window.col + col, window.row + row);
                    if flags & ELIGIBLE != 0 && step < key && ring[(cell / candidates.cols, cell % candidates.cols)] {
                        parts[usize::from(flags & GREEN != 0)].add_key(step);
                    }
                }
                Ok(())
            },
        )?;
        let mut by_cover = [Histogram::new(), Histogram::new()];
        for part in &parts {
            by_cover.iter_mut().zip(part).for_each(|(sum, part)| sum.merge(part));
        }
        let [mut bare_control, green_control] = by_cover;
        let own = if green > bare { &green_control } else { &bare_control };
        if own.total() >= recipe.min_control {
            return Ok(Self { histogram: own.clone() });
        }
        bare_control.merge(&green_control);
        Ok(Self { histogram: bare_control })
    }

    fn median_key(&self, enough: u64) -> Option<i32> {
        (self.histogram.total() >= enough).then(|| self.histogram.quantile_key(0.5)).flatten()
    }
}

/// Why a reader should not lean on the decision.
fn doubts(decision: &Decision, recipe: &BurnRecipe, strategy: Strategy, eligible: u64) -> Vec<String> {
    let mut doubts = Vec::new();
    let Some(threshold) = decision.threshold else {
        doubts.push(format!("no threshold could be found among {eligible} pixels"));
        return doubts;
    };
    let automatic = !matches!(strategy, Strategy::Fixed(_));
    if let Some(own) = decision.own.filter(|own| *own < threshold - 0.5 / STEPS) {
        doubts.push(format!(
            "the scene's own threshold {own:.3} lies within what unburned ground does; {threshold:.2} was used"
        ));
    }
    if automatic && threshold < 0.0999 {
        doubts.push(format!("the threshold {threshold:.3} lies within what unburned ground does (dNBR below 0.10)"));
    }
    if automatic && decision.separability.is_some_and(|eta| eta < 0.6) {
        doubts.push(format!(
            "burned and unburned do not stand apart (separability {:.2}, below 0.60)",
            decision.separability.unwrap_or(0.0)
        ));
    }
    if decision.share > 0.6 {
        doubts.push(format!(
            "{:.0} % of what was seen lies above the threshold: hardly a control is left",
            100.0 * decision.share
        ));
    }
    if recipe.offset == "control" && decision.offset.is_none() {
        doubts.push(format!(
            "only {} pixels of unburned control around the candidates: no offset was taken off",
            decision.control_pixels
        ));
    }
    if let Some(offset) = decision.offset.filter(|offset| offset.abs() > 0.1) {
        doubts.push(format!("the unburned control itself changed by {offset:.3}: season, moisture or radiometry differ between the dates"));
    }
    doubts
}

impl Decision {
    /// Whether a pixel of a record is above the threshold.
    pub(super) fn takes(&self, flags: u8, step: i16) -> bool {
        flags & ELIGIBLE != 0 && self.key.is_some_and(|key| i32::from(step) >= key)
    }

    /// The pixels above the threshold.
    ///
    /// # Errors
    /// As reading the spool.
    pub(super) fn mask(&self, memory: Memory<'_>) -> Result<Runs> {
        let (width, height) = (memory.plan.grid.width() as u32, memory.plan.grid.height() as u32);
        if self.key.is_none() {
            return Ok(Runs::empty(width, height));
        }
        let parts = memory.visit("decide", Vec::new, |runs: &mut Vec<Run>, index, record| {
            let window = memory.plan.blocks[index];
            if !record.any() {
                return Ok(());
            }
            let dnbr = record.dnbr()?;
            let (flags, steps) = (record.flags().to_slice(), dnbr.as_slice().unwrap_or_default());
            let rows = flags.unwrap_or_default().chunks(window.width).zip(steps.chunks(window.width));
            for (row, (flags, steps)) in rows.enumerate().filter(|(_, (flags, _))| any(flags)) {
                let mut start = None;
                for (col, (flags, step)) in flags.iter().zip(steps).enumerate() {
                    match (self.takes(*flags, *step), start) {
                        (true, None) => start = Some(col),
                        (false, Some(from)) => {
                            runs.push(run(window, row, from, col));
                            start = None;
                        }
                        _ => {}
                    }
                }
                runs.extend(start.map(|from| run(window, row, from, window.width)));
            }
            Ok(())
        })?;
        Ok(Runs::from_unsorted(width, height, parts.concat()))
    }
}

fn run(window: crate::geom::window::Window, row: usize, from: usize, to: usize) -> Run {
    Run { row: (window.row + row) as u32, start: (window.col + from) as u32, end: (window.col + to) as u32 }
}

/// The objects of a mask: sieved, freed of what is below the mapping unit, small holes filled.
pub(super) fn generalised(mask: &Runs, recipe: &BurnRecipe, pixel_ha: &dyn Fn(u32) -> f64) -> (Runs, Connectivity) {
    let connectivity = if recipe.connectivity == 4 { Connectivity::Four } else { Connectivity::Eight };
    let sieved = if recipe.sieve_px > 1 { label::sieve(mask, recipe.sieve_px, connectivity) } else { mask.clone() };
    let large = label::remove_small(&sieved, recipe.min_area_ha, pixel_ha, connectivity);
    (label::fill_holes(&large, recipe.fill_ha, pixel_ha, connectivity), connectivity)
}

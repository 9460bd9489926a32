//! Dating the objects: every dated acquisition of both sides is looked at once more, over the blocks that hold
//! an object, against what the side before shows.

use jiff::civil::Date;
use ndarray::{Array2, Zip};

use super::crew::{Watch, guarded, work_off};
use super::objects::Found;
use super::prepared::Prepared;
use super::record::STEPS;
use super::rig::{self, Purpose};
use super::side::{SideTaps, View};
use crate::error::Result;
use crate::geom::window::Window;
use crate::kernel::index::Role;
use crate::kernel::mask;
use crate::kernel::stats::Histogram;
use crate::plan::Side;
use crate::scene::sensor::Band;
use crate::vector::dating::{Dating, Look, dated};
use crate::vector::zonal::Zones;

/// The scenes of one side and one day.
struct Acquisition {
    date: Date,
    side: Side,
    taps: SideTaps,
}

/// What one worker saw of one acquisition.
struct Seen {
    objects: Zones,
    /// The effect around the objects.
    control: Histogram,
}

/// What the dates say of the objects.
#[derive(Default)]
pub(super) struct Dates {
    /// By object.
    pub datings: Vec<Dating>,
    /// What the reader should know.
    pub warnings: Vec<String>,
}

/// Dates every object. With one day on either side these days are the bracket, and nothing is read.
///
/// # Errors
/// As tying the scenes to the grid; `Interrupted` when `watch` stops it. What cannot be read was not seen.
pub(super) fn date(prepared: &Prepared, found: &Found, offset: Option<f64>, watch: &dyn Watch) -> Result<Dates> {
    let days = days(prepared);
    let several = Side::BOTH.into_iter().any(|side| days.iter().filter(|(_, own)| *own == side).count() > 1);
    if !several || found.objects.is_empty() {
        let plain = Dating {
            last_without: prepared.pair.date(Side::Before),
            first_with: prepared.pair.date(Side::After),
            persistence: None,
        };
        return Ok(Dates { datings: vec![plain; found.objects.len()], warnings: Vec::new() });
    }
    let acquisitions = days.iter().map(|(date, side)| acquisition(prepared, *date, *side));
    let acquisitions = acquisitions.collect::<Result<Vec<_>>>()?;
    let seen = looked(prepared, found, &acquisitions, watch)?;
    Ok(judged(prepared, found, offset.unwrap_or(0.0), &acquisitions, &seen))
}

/// Every day of every side, in order of time, before first.
fn days(prepared: &Prepared) -> Vec<(Date, Side)> {
    let mut days: Vec<(Date, Side)> = Vec::new();
    for side in Side::BOTH {
        for date in prepared.pair.side(side).filter_map(|scene| scene.product.date) {
            if !days.contains(&(date, side)) {
                days.push((date, side));
            }
        }
    }
    // Stable: of one day the side before stays first.
    days.sort_by_key(|(date, _)| *date);
    days
}

fn acquisition(prepared: &Prepared, date: Date, side: Side) -> Result<Acquisition> {
    let (pair, recipe) = (&prepared.pair, &prepared.request.recipe);
    let of_day = |scene: &super::scenes::Scene| scene.product.date == Some(date);
    let taps = rig::some(pair, (side, &of_day), &nbr_bands(prepared), &prepared.plan.grid, recipe, Purpose::Measure)?;
    Ok(Acquisition { date, side, taps })
}

fn nbr_bands(prepared: &Prepared) -> Vec<(Role, Band)> {
    let pair = &prepared.pair;
    pair.roles.iter().filter(|(role, _)| [pair.nir, Role::Swir2].contains(role)).copied().collect()
}

/// Looks at every acquisition over the blocks that hold an object.
fn looked(prepared: &Prepared, found: &Found, acquisitions: &[Acquisition], watch: &dyn Watch) -> Result<Vec<Seen>> {
    let (pair, recipe, plan) = (&prepared.pair, &prepared.request.recipe, &prepared.plan);
    let before = rig::side(pair, Side::Before, &nbr_bands(prepared), &plan.grid, recipe, Purpose::Measure)?;
    let holds = |window: &&Window| found.mask.in_window(**window).next().is_some();
    let windows: Vec<Window> = plan.blocks.iter().filter(holds).copied().collect();
    watch.stage("date", windows.len());
    let parts = work_off(
        windows.len(),
        watch,
        || fresh(found, acquisitions),
        |seen, index| {
            let window = windows[index];
            let Ok(reference) = guarded(|| nbr(&before, pair.nir, window)) else { return Ok(()) };
            for (acquisition, seen) in acquisitions.iter().zip(seen.iter_mut()) {
                if let Ok(index) = guarded(|| nbr(&acquisition.taps, pair.nir, window)) {
                    seen.add(found, window, &reference, &index)?;
                }
            }
            watch.step(0);
            Ok(())
        },
    )?;
    let mut sum = fresh(found, acquisitions);
    for part in &parts {
        for (sum, part) in sum.iter_mut().zip(part) {
            sum.objects.merge(&part.objects);
            sum.control.merge(&part.control);
        }
    }
    Ok(sum)
}

fn fresh(found: &Found, acquisitions: &[Acquisition]) -> Vec<Seen> {
    let fresh = || Seen { objects: Zones::new(found.labels.count), control: Histogram::new() };
    acquisitions.iter().map(|_| fresh()).collect()
}

/// NBR of a side over a window; NaN where it did not see.
fn nbr(side: &SideTaps, nir: Role, window: Window) -> Result<Array2<f32>> {
    let view: View = side.block(window)?.view(0..window.height)?;
    let mut index = view.nbr(nir)?;
    Zip::from(&mut index).and(&view.codes).for_each(|value, code| {
        *value = if mask::code_is_valid(*code) { *value } else { f32::NAN };
    });
    Ok(index)
}

impl Seen {
    /// Adds the fall of NBR over one window.
    fn add(&mut self, found: &Found, window: Window, before: &Array2<f32>, now: &Array2<f32>) -> Result<()> {
        let effect = before - now;
        let seen = effect.mapv(f32::is_finite);
        let steps = effect.mapv(|effect| (f64::from(effect) * STEPS).round() as i32);
        self.objects.feed((&found.mask, &found.labels), window, |at| seen[at].then(|| steps[at]))?;
        let mut control = seen;
        super::cut::stamp(&mut control, window, &found.mask, false);
        Zip::from(&steps).and(&control).for_each(|step, counts| {
            if *counts {
                self.control.add_key(*step);
            }
        });
        Ok(())
    }
}

/// Judges every object by what was seen of it.
fn judged(prepared: &Prepared, found: &Found, offset: f64, acquisitions: &[Acquisition], seen: &[Seen]) -> Dates {
    let enough = prepared.request.recipe.burn.min_control;
    let offsets: Vec<Option<f64>> = seen
        .iter()
        .map(|seen| seen.control.quantile_key(0.5).filter(|_| seen.control.total() >= enough))
        .map(|key| key.map(|key| f64::from(key) / STEPS))
        .collect();
    let dating = |(label, object): (usize, &crate::vector::object::Object)| {
        let looks = acquisitions.iter().zip(seen).zip(&offsets).map(|((acquisition, seen), own)| {
            let tally = seen.objects.tallies().get(label).copied().unwrap_or_default();
            Look {
                date: acquisition.date,
                before: acquisition.side == Side::Before,
                seen: tally.count() as f64 / object.pixels.max(1) as f64,
                effect: tally.mean().map(|mean| mean - own.unwrap_or(0.0)),
            }
        });
        let effect = object.dnbr.mean().map(|mean| mean - offset);
        effect.map_or_else(Dating::default, |effect| dated(effect, &looks.collect::<Vec<_>>()))
    };
    let datings = found.objects.iter().enumerate().map(dating).collect();
    let alone = acquisitions.iter().zip(&offsets).filter(|(_, offset)| offset.is_none());
    let mut warnings: Vec<String> = alone
        .map(|(acquisition, _)| {
            format!("too little was seen around the objects on {} to take off that date's own offset", acquisition.date)
        })
        .collect();
    let undated = prepared.pair.scenes.iter().filter(|scene| scene.product.date.is_none()).count();
    if undated > 0 {
        warnings.push(format!("{undated} scenes without a date say nothing of when objects appeared"));
    }
    Dates { datings, warnings }
}

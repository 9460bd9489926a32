//! The minimum mapping unit: objects and holes below a ground area go.

use super::{Connectivity, Labels, label};
use crate::geom::runs::{Run, Runs};

/// Share by which an area may fall short of a limit and still reach it: ten pixels of 0.04 ha
/// must make 0.4 ha, whatever their binary fractions add up to.
const SLACK: f64 = 1e-9;

/// `mask` without its objects whose ground area is below `min_ha` hectares. `pixel_ha(row)` is
/// the ground area of one pixel of that row, in hectares. Areas are added in raster order.
pub fn remove_small(mask: &Runs, min_ha: f64, pixel_ha: &dyn Fn(u32) -> f64, connectivity: Connectivity) -> Runs {
    let objects = label(mask, connectivity);
    let areas = areas(mask, &objects, pixel_ha);
    let large = |label: u32| areas[label as usize] >= min_ha * (1.0 - SLACK);
    keep(mask, &objects, large, &[])
}

/// `mask` with its holes below `max_ha` hectares filled. A hole is a background region that does
/// not touch the edge of the mask; the background is joined by the dual of `connectivity`, that of
/// the objects. `pixel_ha` as in [`remove_small`].
pub fn fill_holes(mask: &Runs, max_ha: f64, pixel_ha: &dyn Fn(u32) -> f64, connectivity: Connectivity) -> Runs {
    let background = background(mask);
    let regions = label(&background, connectivity.dual());
    let areas = areas(&background, &regions, pixel_ha);
    let mut open = vec![false; regions.count];
    for (run, &region) in background.as_slice().iter().zip(&regions.of_run) {
        open[region as usize] |= at_edge(run, mask);
    }
    let filled = |region: u32| !open[region as usize] && areas[region as usize] < max_ha * (1.0 - SLACK);
    keep(&background, &regions, filled, mask.as_slice())
}

/// Hectares of each object.
fn areas(mask: &Runs, objects: &Labels, pixel_ha: &dyn Fn(u32) -> f64) -> Vec<f64> {
    let mut areas = vec![0.0; objects.count];
    let mut weight = (u32::MAX, 0.0);
    for (run, &label) in mask.as_slice().iter().zip(&objects.of_run) {
        if weight.0 != run.row {
            weight = (run.row, pixel_ha(run.row));
        }
        areas[label as usize] += f64::from(run.len()) * weight.1;
    }
    areas
}

/// The runs of `mask` whose label passes, together with the runs of `more`.
fn keep(mask: &Runs, labels: &Labels, passes: impl Fn(u32) -> bool, more: &[Run]) -> Runs {
    let passing = mask.as_slice().iter().zip(&labels.of_run).filter(|(_, label)| passes(**label));
    let runs = passing.map(|(run, _)| *run).chain(more.iter().copied()).collect();
    Runs::from_unsorted(mask.width(), mask.height(), runs)
}

/// The pixels that are not set.
fn background(mask: &Runs) -> Runs {
    let all = super::Alternating::of(mask);
    let gaps = all.runs.into_iter().zip(all.set).filter(|(_, set)| !set).map(|(run, _)| run).collect();
    Runs::from_unsorted(mask.width(), mask.height(), gaps)
}

/// Whether the run touches the edge of the mask.
fn at_edge(run: &Run, mask: &Runs) -> bool {
    run.row == 0 || run.row + 1 == mask.height() || run.start == 0 || run.end == mask.width()
}

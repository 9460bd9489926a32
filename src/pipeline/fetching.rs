//! What a run will read of files on servers, fetched before it starts: what cannot be had ends the run, instead of
//! passing for ground that nobody saw.

use std::sync::Arc;

use super::crew::Watch;
use super::prepared::Prepared;
use super::rig::{self, Purpose};
use super::scenes::sample_windows;
use super::side::SceneTaps;
use super::tap::Tap;
use super::{sky, survey_grid};
use crate::error::Result;
use crate::geom::grid::Grid;
use crate::geom::window::Window;
use crate::io::access::Access;
use crate::io::product::Product;
use crate::io::raster::Raster;
use crate::io::remote::{Extent, Extents, RemoteFile};
use crate::kernel::index::Role;
use crate::plan::Side;
use crate::scene::sensor::Band;

/// Stretches of files, in the order of the files' first mention.
#[derive(Default)]
struct Wanted(Vec<(Arc<RemoteFile>, Extents)>);

impl Wanted {
    fn add(&mut self, raster: &dyn Raster, extents: impl FnOnce() -> Vec<Extent>) {
        let Some(file) = raster.remote() else { return };
        let place = self.0.iter().position(|(own, _)| Arc::ptr_eq(own, file)).unwrap_or(self.0.len());
        if place == self.0.len() {
            self.0.push((Arc::clone(file), Extents::default()));
        }
        if let Some((_, known)) = self.0.get_mut(place) {
            extents().into_iter().for_each(|extent| known.add(extent));
        }
    }

    /// What a tap draws on over windows of its work grid.
    fn tap(&mut self, tap: &Tap, windows: impl Iterator<Item = Window>) {
        for window in windows {
            let extents = || {
                let part = tap.reach(window).map(|(_, part)| part);
                part.map_or_else(Vec::new, |part| tap.raster.extents(tap.level, &[tap.index], part))
            };
            self.add(tap.raster.as_ref(), extents);
        }
    }

    /// What the taps of a side draw on.
    fn side(&mut self, tied: &[SceneTaps], windows: &[Window], halo: usize) {
        for scene in tied {
            for (tap, _) in &scene.bands {
                self.tap(tap, windows.iter().copied());
            }
            if let Some((_, tap)) = &scene.classes {
                let around = |at: &Window| Window::new(at.col, at.row, at.width + 2 * halo, at.height + 2 * halo);
                self.tap(tap, windows.iter().map(around));
            }
        }
    }
}

/// Fetches the samples by which the scale of every band is judged: a few small stretches of each, before they are
/// looked at.
///
/// # Errors
/// As fetching.
pub(super) fn samples(products: &[(Side, Product)], roles: &[(Role, Band)], access: &Access) -> Result<()> {
    let mut wanted = Wanted::default();
    for (_, product) in products {
        for located in product.bands.iter().filter(|own| roles.iter().any(|(_, band)| *band == own.band)) {
            let Some(raster) = product.rasters.get(located.raster) else { continue };
            wanted.add(raster.as_ref(), || {
                let windows = sample_windows(raster.info()).into_iter();
                windows.flat_map(|(level, window)| raster.extents(level, &[located.index], window)).collect()
            });
        }
    }
    access.plan(wanted.0).run(&|_| ())
}

impl Prepared {
    /// Fetches what the run will read of files on servers, as far as it is not in the cache.
    ///
    /// # Errors
    /// As fetching; `Interrupted` when the run is stopped.
    pub(super) fn fetch(&self, watch: &dyn Watch) -> Result<()> {
        if !self.pair.scenes.iter().any(|scene| scene.product.rasters.iter().any(|raster| raster.remote().is_some())) {
            return Ok(());
        }
        let fetch = self.request.access.plan(self.wanted()?.0);
        watch.stage("fetch", fetch.requests());
        fetch.run(&|bytes| watch.step(bytes))
    }

    /// What the line reads: its blocks, the coarse look, and the clouds around.
    fn wanted(&self) -> Result<Wanted> {
        let Self { request, pair, plan, .. } = self;
        let recipe = &request.recipe;
        let blocks: Vec<Window> =
            plan.blocks.iter().filter(|window| plan.aoi.in_window(**window).next().is_some()).copied().collect();
        let survey = survey_grid(&plan.grid, recipe)?;
        let mut wanted = Wanted::default();
        for side in Side::BOTH {
            let (tied, growth) = rig::bare(pair, side, &pair.roles, &plan.grid, recipe, Purpose::Measure)?;
            wanted.side(&tied, &blocks, growth.halo);
            if recipe.mask.dark_reach_m > 0.0 {
                clouds(&mut wanted, &tied, &plan.grid, rig::is_directed(pair, side), recipe.mask.dark_reach_m)?;
            }
            let (tied, growth) = rig::bare(pair, side, &self.survey_roles(), &survey, recipe, Purpose::Survey)?;
            wanted.side(&tied, &[survey.window()], growth.halo);
        }
        Ok(wanted)
    }
}

/// What the clouds over a work grid are told by.
fn clouds(wanted: &mut Wanted, tied: &[SceneTaps], work: &Grid, directed: bool, reach_m: f64) -> Result<()> {
    let (grid, ..) = sky::coarse(work, directed, reach_m)?;
    for (_, band) in tied.iter().filter_map(|scene| scene.classes.as_ref()) {
        let tap = Tap::coarse(&band.raster, band.index, band.encoding, &grid)?;
        wanted.tap(&tap, std::iter::once(grid.window()));
    }
    Ok(())
}

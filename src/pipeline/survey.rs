//! A first, coarse look at the pair: what pictures are made of, and how much bands differ where nothing changed.

use std::sync::Mutex;

use ndarray::Array2;

use super::crew::{Watch, guarded, work_off};
use super::cut::{cut, leave_outside, stamp};
use super::side::{SideTaps, View};
use crate::error::{Error, Result};
use crate::geom::grid::Grid;
use crate::geom::runs::Runs;
use crate::geom::window::Window;
use crate::kernel::index::Role;
use crate::kernel::mask::{self, Reason};
use crate::kernel::stats::robust_sigma;

/// Both sides at the size of a picture.
pub(super) struct Survey {
    /// The coarse grid.
    pub grid: Grid,
    /// What the sides show: before, after. Codes are each side's own; `Outside` beyond the AOI.
    pub views: [Coarse; 2],
}

/// One side at the size of a picture.
pub(super) struct Coarse {
    /// Reflectance by role; NaN where nothing was seen.
    pub planes: Vec<(Role, Array2<f32>)>,
    /// Why a pixel counts or not.
    pub codes: Array2<u8>,
}

/// Side of a piece of the survey in coarse pixels.
const PIECE: usize = 128;

impl Coarse {
    fn empty(roles: &[Role], grid: &Grid) -> Self {
        let shape = (grid.height(), grid.width());
        let planes = roles.iter().map(|role| (*role, Array2::from_elem(shape, f32::NAN))).collect();
        Self { planes, codes: Array2::from_elem(shape, Reason::Uncovered.code()) }
    }

    /// Reflectance of a role.
    pub(super) fn plane(&self, role: Role) -> Option<&Array2<f32>> {
        self.planes.iter().find(|(own, _)| *own == role).map(|(_, plane)| plane)
    }

    /// Takes a piece of view over `window`, in reflectance.
    fn paste(&mut self, window: Window, view: &View, gain: f32) {
        cut(&mut self.codes, window).assign(&view.codes);
        for (role, plane) in &mut self.planes {
            if let Some(counts) = view.plane(*role) {
                cut(plane, window).assign(&counts.mapv(|count| count * gain));
            }
        }
    }
}

impl Survey {
    /// Reads both sides over `grid`, piece by piece; a piece that cannot be read stays unseen (the main
    /// pass names the failure).
    ///
    /// # Errors
    /// `Interrupted` when `watch` stops it.
    pub(super) fn take(sides: [&SideTaps; 2], grid: &Grid, aoi: &Runs, watch: &dyn Watch) -> Result<Self> {
        let pieces = pieces(grid);
        watch.stage("survey", pieces.len());
        let views = sides.map(|side| Mutex::new(Coarse::empty(&side.roles, grid)));
        work_off(
            pieces.len(),
            watch,
            || (),
            |(), index| {
                let window = pieces[index];
                if aoi.in_window(window).next().is_some() {
                    for (side, view) in sides.iter().zip(&views) {
                        if let Ok(seen) = guarded(|| side.block(window)?.view(0..window.height)) {
                            let mut view = view.lock().map_err(|_| Error::bug("a survey piece was lost"))?;
                            view.paste(window, &seen, side.gain);
                        }
                    }
                }
                watch.step(0);
                Ok(())
            },
        )?;
        let [before, after] = views.map(|view| view.into_inner().map_err(|_| Error::bug("a survey piece was lost")));
        let mut survey = Self { grid: *grid, views: [before?, after?] };
        survey.leave_outside(aoi);
        Ok(survey)
    }

    /// Marks what lies beyond the AOI.
    fn leave_outside(&mut self, aoi: &Runs) {
        let mut inside = Array2::from_elem((self.grid.height(), self.grid.width()), false);
        stamp(&mut inside, self.grid.window(), aoi, true);
        for view in &mut self.views {
            leave_outside(&mut view.codes, inside.view());
        }
    }

    /// Standard deviation of (after - before) where nothing changed, in reflectance, by 1.4826 MAD over what
    /// both dates saw; None without enough pixels or without spread.
    pub(super) fn sigma(&self, role: Role) -> Option<f32> {
        const ENOUGH: usize = 100;
        let [before, after] = &self.views;
        let (first, second) = (before.plane(role)?, after.plane(role)?);
        let pixels = first.iter().zip(second).zip(before.codes.iter().zip(&after.codes));
        let differences: Vec<f32> = pixels
            .filter(|(_, (a, b))| mask::code_is_valid(**a) && mask::code_is_valid(**b))
            .map(|((a, b), _)| b - a)
            .filter(|difference| difference.is_finite())
            .collect();
        let (_, sigma) = (differences.len() >= ENOUGH).then(|| robust_sigma(&differences)).flatten()?;
        (sigma > 0.0).then_some(sigma as f32)
    }
}

fn pieces(grid: &Grid) -> Vec<Window> {
    let corners =
        (0..grid.height()).step_by(PIECE).flat_map(|row| (0..grid.width()).step_by(PIECE).map(move |col| (col, row)));
    corners.map(|(col, row)| Window::new(col, row, PIECE, PIECE).intersect(&grid.window())).collect()
}

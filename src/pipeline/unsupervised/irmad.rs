//! IR-MAD over the kept tiles: moments tile by tile in parallel, merged in the order of the tiles.

use std::sync::Mutex;

use ndarray::Axis;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::scored::{Details, Law, Normalisation, Scored, SharedSizes};
use super::tiles::{Store, Tile, in_order};
use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::kernel::irmad::{Canonical, Frame, MOST_ITERATIONS, Moments, settled, step};
use crate::kernel::pif::{self, INVARIANT_FROM};

/// Moments of the bands, taken down while tiles are finished.
#[derive(Default)]
pub(super) struct First(Mutex<Vec<(usize, Moments)>>);

impl First {
    /// Takes down a tile.
    ///
    /// # Errors
    /// `Bug` when another thread died meanwhile.
    pub(super) fn add(&self, number: usize, tile: &Tile) -> Result<()> {
        let moments = Moments::plain(tile.values.view());
        self.0.lock().map_err(|_| Error::bug("moments were lost"))?.push((number, moments));
        Ok(())
    }

    fn merged(self, variables: usize) -> Result<Moments> {
        let parts = self.0.into_inner().map_err(|_| Error::bug("moments were lost"))?;
        Ok(merged(&in_order(parts), variables))
    }
}

fn merged(parts: &[Moments], variables: usize) -> Moments {
    let mut sum = Moments::empty(variables);
    parts.iter().for_each(|part| sum.merge(part));
    sum
}

/// How the search for the frame ended.
struct Settled {
    frame: Frame,
    iterations: usize,
    last_step: f64,
    no_change_share: f64,
}

/// Iterates until the canonical correlations settle.
fn iterate(bands: &Store<'_>, first: &Moments) -> Result<Settled> {
    let placed = |iteration: usize| move |error: Error| error.at(format!("iteration {iteration}"));
    let mut frame = Frame::new(Canonical::solve(first)?)?;
    let mut iterations = 1;
    let mut last_step = step(&frame.rho, None);
    let mut no_change_share = 1.0;
    while iterations < MOST_ITERATIONS && !settled(last_step) {
        let parts = bands.each("iterate", |_, tile| frame.weighed(tile.values.view()))?;
        let moments = merged(&parts, bands.variables);
        no_change_share = moments.weight / moments.pixels.max(1) as f64;
        iterations += 1;
        let next = frame.refined(&Canonical::solve(&moments).map_err(placed(iterations))?);
        last_step = step(&next.rho, Some(&frame.rho));
        frame = next;
    }
    Ok(Settled { frame, iterations, last_step, no_change_share })
}

/// Invariant pixels of one tile: those that train, those that test.
type Invariant = [Moments; 2];

/// Chi-square of every tested pixel, and the normalisation that the unchanged ones allow.
///
/// # Errors
/// As [`Canonical::solve`]; failures of the spools.
pub(super) fn score<'a>(
    bands: &Store<'_>,
    scores: Store<'a>,
    first: First,
    names: &[&str],
    gain: f64,
    seed: u32,
) -> Result<Scored<'a>> {
    let found = iterate(bands, &first.merged(bands.variables)?)?;
    let frame = &found.frame;
    let sizes = SharedSizes::default();
    let parts = bands.each("score", |number, tile| {
        let chi = frame.chi_square(tile.values.view())?;
        let invariant = invariant(&tile, &chi, (bands.lattice.window(number), frame.bands(), seed));
        let chi: Vec<f32> = chi.into_iter().map(|chi| chi as f32).collect();
        sizes.add(chi.iter().copied());
        scores.put(number, &tile.with(vec![chi])?)?;
        Ok(invariant)
    })?;
    let converged = settled(found.last_step);
    let details = Details::Irmad {
        iterations: found.iterations,
        converged,
        last_step: found.last_step,
        rho: frame.rho.clone(),
        no_change_share: found.no_change_share,
        normalisation: normalisation(&parts, bands.variables, names, gain),
    };
    let mut doubts = Vec::new();
    if !converged {
        doubts.push(format!(
            "the canonical correlations had not settled after {} iterations (last step {:.4})",
            found.iterations, found.last_step
        ));
    }
    if names.len() == 1 {
        doubts.push("one band only: there is no combination of bands to be sought, and noise passes for change".into());
    }
    Ok(Scored { sizes: sizes.counted()?, law: Law::ChiSquare(frame.bands()), store: scores, details, doubts })
}

/// Moments of the invariant pixels of a tile.
fn invariant(tile: &Tile, chi: &[f64], (window, bands, seed): (Window, usize, u32)) -> Invariant {
    // Chi-square falls strictly with the probability: below this it is likely enough.
    let below = ChiSquared::new(bands as f64).map_or(0.0, |law| law.inverse_cdf(1.0 - INVARIANT_FROM));
    let mut chosen = [Vec::new(), Vec::new()];
    for ((pixel, place), chi) in tile.places().enumerate().zip(chi) {
        if *chi < below {
            let (row, col) = (window.row + place / window.width, window.col + place % window.width);
            chosen[usize::from(!pif::trains(u64::from(seed), row, col))].push(pixel);
        }
    }
    chosen.map(|pixels| Moments::plain(tile.values.select(Axis(1), &pixels).view()))
}

fn normalisation(parts: &[Invariant], variables: usize, names: &[&str], gain: f64) -> Normalisation {
    let [train, test] = [0, 1].map(|set| {
        let mut sum = Moments::empty(variables);
        parts.iter().for_each(|part| sum.merge(&part[set]));
        sum
    });
    let fitted = pif::regressions(&train, &test, names);
    let refused = fitted.as_ref().err().map(|error| error.problem().to_owned());
    let mut fits = fitted.unwrap_or_default();
    fits.iter_mut().for_each(|fit| fit.intercept *= gain);
    Normalisation { pixels: train.pixels + test.pixels, train_pixels: train.pixels, refused, fits }
}

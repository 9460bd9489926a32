//! Iteratively reweighted multivariate alteration detection (IR-MAD; Nielsen 2007, doi 10.1109/TIP.2006.888195):
//! change between two dates without a model of it, blind to any linear change of the bands.
//!
//! One iteration: [`Moments`] of the 2N bands, pixels weighing as the last iteration says; the [`Canonical`]
//! correlation of both dates; from its [`Frame`] the chi-square of every pixel and the next weight, the
//! probability of no change. [`settled`] ends it. The caller owns the pixels: tile by tile, moments merged in one
//! order.

mod canonical;
mod chi2;
mod frame;
mod moments;

pub use canonical::Canonical;
pub use chi2::{no_change_probabilities, no_change_probability};
pub use frame::{Frame, MOST_BANDS};
pub use moments::Moments;

/// Iterations after which the search ends, settled or not (METHODS section 6).
pub const MOST_ITERATIONS: usize = 50;

/// The greatest difference of canonical correlations; from 0 where there were none before.
pub fn step(rho: &[f64], before: Option<&[f64]>) -> f64 {
    let old = |at: usize| before.and_then(|before| before.get(at)).copied().unwrap_or(0.0);
    rho.iter().enumerate().map(|(at, rho)| (rho - old(at)).abs()).fold(0.0, f64::max)
}

/// Whether the correlations have settled: max |d rho| < 0.001 (METHODS section 6).
pub fn settled(step: f64) -> bool {
    step < 1e-3
}

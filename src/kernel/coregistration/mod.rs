//! How far one picture lies beside another: the sub-pixel shift of a tie window by phase correlation,
//! and the shift that a grid of tie windows agrees on.
//!
//! After AROSICS (Scheffler et al. 2017, doi 10.3390/rs9070676; METHODS section 9).

mod peak;
mod spectrum;

use ndarray::{Array2, ArrayView2};

use super::rows;
use super::stats::median_of;
use crate::error::Result;
use crate::geom::window::Window;
use peak::Peak;
pub use spectrum::Fourier;

/// Smallest side of a window that is still judged.
pub const LEAST_SIDE: usize = 32;

/// Pixels around a window that de-shifting may need.
const MARGIN: usize = 6;

/// Times that a window is de-shifted before it counts as restless.
const REPEATS: usize = 5;

/// Share of a window that must be valid on both dates (our own choice).
const LEAST_VALID: f64 = 0.75;

/// Spread below which a window has no texture, relative to its mean.
const LEAST_TEXTURE: f64 = 1e-4;

/// What a tie window is held to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demands {
    /// Side of the window in pixels; smaller where the picture is.
    pub side: usize,
    /// Longest shift in pixels that is believed, at most 5.
    pub max_shift: f64,
    /// Least reliability, 0 to 100.
    pub min_reliability: f64,
}

/// A shift of the later picture against the earlier one, in pixels, columns to the right and rows down:
/// `after(x + dx, y + dy)` shows what `before(x, y)` does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// Columns.
    pub dx: f64,
    /// Rows.
    pub dy: f64,
    /// How far the peak stands out of its surroundings, 0 to 100.
    pub reliability: f64,
}

/// Why a window says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Silence {
    /// Less than [`LEAST_SIDE`] pixels and the margin are there.
    TooSmall,
    /// Too little of it was seen on both dates.
    TooFewSeen,
    /// It is flat on one of the dates.
    NoTexture,
    /// The shift is longer than may be believed, or did not settle.
    TooFar,
    /// The peak does not stand out.
    Unreliable,
}

impl Silence {
    /// In words, after "windows were".
    pub fn words(self) -> &'static str {
        match self {
            Self::TooSmall => "too small",
            Self::TooFewSeen => "hidden or uncovered",
            Self::NoTexture => "without texture",
            Self::TooFar => "shifted too far to be believed",
            Self::Unreliable => "without a clear peak",
        }
    }
}

impl Shift {
    /// Its length in pixels.
    pub fn length(&self) -> f64 {
        self.dx.hypot(self.dy)
    }
}

/// The side of the square window that pictures of `shape` (rows, columns) can be judged by.
pub fn window_side((height, width): (usize, usize), wanted: usize) -> Option<usize> {
    let room = height.min(width).saturating_sub(2 * MARGIN);
    let side = wanted.min(room) / 2 * 2;
    (side >= LEAST_SIDE).then_some(side)
}

/// Pixels that a window of `side` needs, margin included.
pub fn patch_side(side: usize) -> usize {
    side + 2 * MARGIN
}

/// The shift of one tie window in the middle of `before` and `after`, one band of the two dates over the same
/// pixels (rows by columns, any unit, NaN where nothing was seen).
///
/// Invalid pixels take the window's mean, a Hann taper runs to the edges; the integer peak of the
/// normalised cross-power spectrum's inverse de-shifts the later window until it lies at the origin; the
/// neighbours of the last peak give the fraction, `side / (peak + side)` towards the larger one.
///
/// # Errors
/// `Mismatch` when the shapes differ. What cannot be judged is no error but a [`Silence`].
pub fn tie(
    before: ArrayView2<'_, f32>,
    after: ArrayView2<'_, f32>,
    demands: &Demands,
    fourier: &mut Fourier,
) -> Result<std::result::Result<Shift, Silence>> {
    rows::same_shape(before.dim(), after.dim(), "the later picture")?;
    let Some(side) = window_side(before.dim(), demands.side) else { return Ok(Err(Silence::TooSmall)) };
    let corner = ((before.ncols() - side) / 2, (before.nrows() - side) / 2);
    let cut = |picture, (dx, dy): (i64, i64)| {
        let at = |start: usize, by: i64| start.saturating_add_signed(by as isize);
        rows::crop(picture, Window::new(at(corner.0, dx), at(corner.1, dy), side, side))
    };
    let first = match levelled(cut(before, (0, 0))) {
        Ok(first) => first,
        Err(silence) => return Ok(Err(silence)),
    };
    let mut whole = (0, 0);
    for turn in 0..=REPEATS {
        let second = match levelled(cut(after, whole)) {
            Ok(second) => second,
            Err(silence) => return Ok(Err(silence)),
        };
        let peak = Peak::of(fourier.correlation(&first, &second));
        whole = (whole.0 + peak.offset.0, whole.1 + peak.offset.1);
        // Half a pixel between two places may swing for ever: either of them tells the shift.
        let swings = turn == REPEATS && peak.offset.0.abs().max(peak.offset.1.abs()) == 1;
        if peak.offset == (0, 0) || swings {
            return Ok(settled(whole, &peak, demands));
        }
        if whole.0.abs().max(whole.1.abs()) > MARGIN as i64 - 1 {
            return Ok(Err(Silence::TooFar));
        }
    }
    Ok(Err(Silence::TooFar))
}

/// The shift of a peak at `whole` pixels, if it can be believed.
fn settled(whole: (i64, i64), peak: &Peak, demands: &Demands) -> std::result::Result<Shift, Silence> {
    let (dx, dy) = (whole.0 as f64 + peak.fraction.0, whole.1 as f64 + peak.fraction.1);
    let shift = Shift { dx, dy, reliability: peak.reliability };
    if shift.length() > demands.max_shift {
        Err(Silence::TooFar)
    } else if shift.reliability < demands.min_reliability {
        Err(Silence::Unreliable)
    } else {
        Ok(shift)
    }
}

/// The window about its mean, 0 where nothing was seen.
fn levelled(window: ArrayView2<'_, f32>) -> std::result::Result<Array2<f32>, Silence> {
    let (mut count, mut sum, mut squares) = (0u32, 0.0, 0.0);
    for value in window.iter().filter(|value| value.is_finite()).map(|value| f64::from(*value)) {
        count += 1;
        sum += value;
        squares += value * value;
    }
    if f64::from(count) < LEAST_VALID * window.len() as f64 {
        return Err(Silence::TooFewSeen);
    }
    let mean = sum / f64::from(count);
    let variance = squares / f64::from(count) - mean * mean;
    if variance.max(0.0).sqrt() <= LEAST_TEXTURE * mean.abs() || !variance.is_finite() {
        return Err(Silence::NoTexture);
    }
    Ok(window.mapv(|value| if value.is_finite() { (f64::from(value) - mean) as f32 } else { 0.0 }))
}

/// The median shift of tie windows and the median of their reliabilities; `None` without any.
pub fn agreed(ties: &[Shift]) -> Option<Shift> {
    let median = |of: fn(&Shift) -> f64| median_of(&mut ties.iter().map(of).collect::<Vec<_>>());
    Some(Shift { dx: median(|tie| tie.dx)?, dy: median(|tie| tie.dy)?, reliability: median(|tie| tie.reliability)? })
}

#[cfg(test)]
mod tests;

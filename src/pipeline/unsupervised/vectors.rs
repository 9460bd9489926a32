//! Change vectors over the kept tiles: shift and spread of no change, length, and the law of the control.

use std::sync::Mutex;

use ndarray::{Array2, Axis};
use serde::Serialize;

use super::scored::{Details, Law, Scored, SharedSizes};
use super::tiles::{Store, Tile};
use crate::error::{Error, Result};
use crate::kernel::change::{CvaBand, cva_magnitude};
use crate::kernel::cutoff::Sizes;
use crate::kernel::stats::{Histogram, MAD_TO_SIGMA};

/// Pixels that a control needs before its counts are taken for probabilities.
const ENOUGH: u64 = 1000;

/// Differences of every band in reflectance, counted while tiles are finished.
pub(super) struct Differences(Mutex<Vec<Histogram>>);

impl Differences {
    /// Of so many bands.
    pub(super) fn new(bands: usize) -> Self {
        Self(Mutex::new(vec![Histogram::new(); bands]))
    }

    /// Counts a tile; whole counts add up in any order.
    ///
    /// # Errors
    /// `Bug` when another thread died meanwhile.
    pub(super) fn add(&self, tile: &Tile, gain: f32) -> Result<()> {
        let mut histograms = self.0.lock().map_err(|_| Error::bug("differences were lost"))?;
        let bands = histograms.len();
        for (band, histogram) in histograms.iter_mut().enumerate() {
            let (before, after) = (tile.values.row(band), tile.values.row(band + bands));
            before.iter().zip(after).for_each(|(before, after)| histogram.add((after - before) * gain));
        }
        Ok(())
    }

    /// Median of every band's difference, and 1.4826 times the median absolute deviation from it.
    ///
    /// # Errors
    /// `Usage` for too few pixels, or a band without deviation.
    pub(super) fn spreads(self, names: &[&str]) -> Result<Vec<Spread>> {
        let histograms = self.0.into_inner().map_err(|_| Error::bug("differences were lost"))?;
        let spread = |(histogram, name): (&Histogram, &&str)| {
            let pixels = histogram.total();
            if pixels < ENOUGH {
                return Err(Error::usage(format!(
                    "only {pixels} pixels can be compared, {ENOUGH} are needed for a control"
                ))
                .hint("give a larger area, or dates with less cloud"));
            }
            let sigma = histogram.mad().map_or(0.0, |mad| MAD_TO_SIGMA * mad);
            if let Some(shift) = histogram.median().filter(|_| sigma > 0.0) {
                return Ok(Spread { shift, sigma });
            }
            Err(Error::usage(format!("{name} has no spread of change: most of its pixels changed by the same value"))
                .hint("leave the band out (change.bands); a constant or copied band tells nothing"))
        };
        histograms.iter().zip(names).map(spread).collect()
    }
}

/// How a band differs where nothing changed, in reflectance.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Spread {
    /// The median difference, after minus before: what season, light and radiometry did to all alike. It is taken off.
    pub shift: f64,
    /// Robust standard deviation.
    pub sigma: f64,
}

/// Lengths of the change vectors of a tile in standard deviations, the common shift taken off; bands have `gain`
/// reflectance a count.
pub(super) fn lengths(tile: &Tile, spreads: &[Spread], gain: f64) -> Result<Vec<f32>> {
    let mut planes = rows(tile);
    for (plane, spread) in planes.iter_mut().zip(spreads) {
        let shift = (spread.shift / gain) as f32;
        plane.mapv_inplace(|value| value + shift);
    }
    let (before, after) = planes.split_at(spreads.len());
    let band = |((before, after), spread)| {
        let (before, after): (&Array2<f32>, &Array2<f32>) = (before, after);
        let spread: &Spread = spread;
        CvaBand { before: before.view(), after: after.view(), sigma: (spread.sigma / gain) as f32 }
    };
    let bands: Vec<CvaBand<'_>> = before.iter().zip(after).zip(spreads).map(band).collect();
    let count = tile.values.ncols();
    let mut out = Array2::zeros((1, count));
    cva_magnitude(&bands, Array2::from_elem((1, count), true).view(), out.view_mut())?;
    Ok(out.into_raw_vec_and_offset().0)
}

/// Length of every tested pixel's change vector; the control are the vectors that chance explains.
///
/// # Errors
/// As [`Differences::spreads`]; failures of the spools.
pub(super) fn score<'a>(
    bands: &Store<'_>,
    scores: Store<'a>,
    spreads: Vec<Spread>,
    gain: f64,
    long_vector: f32,
) -> Result<Scored<'a>> {
    let (sizes, control) = (SharedSizes::default(), SharedSizes::default());
    bands.each("score", |number, tile| {
        let lengths = lengths(&tile, &spreads, gain)?;
        sizes.add(lengths.iter().copied());
        control.add(lengths.iter().copied().filter(|length| *length < long_vector));
        scores.put(number, &tile.with(vec![lengths])?)
    })?;
    let control: Sizes = control.counted()?;
    if control.total() < ENOUGH {
        return Err(Error::usage(format!(
            "only {} pixels are left for a control, {ENOUGH} are needed",
            control.total()
        ))
        .hint("the dates differ nearly everywhere: check radiometry and season, or use irmad"));
    }
    Ok(Scored {
        sizes: sizes.counted()?,
        details: Details::Cva { spreads, control_pixels: control.total() },
        law: Law::Control(control.tails()),
        store: scores,
        doubts: Vec::new(),
    })
}

/// Values of the tested pixels as one row per variable.
fn rows(tile: &Tile) -> Vec<Array2<f32>> {
    tile.values.rows().into_iter().map(|row| row.to_owned().insert_axis(Axis(0))).collect()
}

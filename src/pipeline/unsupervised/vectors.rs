//! Change vectors over the kept tiles: spread of no change, length, and the law of the control.

use std::sync::Mutex;

use ndarray::Array2;

use super::irmad::rows;
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

    /// 1.4826 times the median absolute deviation of every band's difference, in reflectance.
    ///
    /// # Errors
    /// `Usage` that names a band without any.
    pub(super) fn sigma(self, names: &[&str]) -> Result<Vec<f64>> {
        let histograms = self.0.into_inner().map_err(|_| Error::bug("differences were lost"))?;
        let sigma = |(histogram, name): (&Histogram, &&str)| {
            let pixels = histogram.total();
            if pixels < ENOUGH {
                return Err(Error::usage(format!(
                    "only {pixels} pixels can be compared, {ENOUGH} are needed for a control"
                ))
                .hint("give a larger area, or dates with less cloud"));
            }
            let sigma = histogram.mad().map_or(0.0, |mad| MAD_TO_SIGMA * mad);
            if sigma > 0.0 {
                return Ok(sigma);
            }
            Err(Error::usage(format!("{name} has no spread of change: most of its pixels changed by the same value"))
                .hint("leave the band out (change.bands); a constant or copied band tells nothing"))
        };
        histograms.iter().zip(names).map(sigma).collect()
    }
}

/// Lengths of the change vectors of a tile in standard deviations; `sigma` in the unit of the bands.
pub(super) fn lengths(tile: &Tile, sigma: &[f32]) -> Result<Vec<f32>> {
    let planes = rows(tile);
    let (before, after) = planes.split_at(sigma.len());
    let bands: Vec<CvaBand<'_>> = before
        .iter()
        .zip(after)
        .zip(sigma)
        .map(|((before, after), sigma)| CvaBand { before: before.view(), after: after.view(), sigma: *sigma })
        .collect();
    let count = tile.values.ncols();
    let mut out = Array2::zeros((1, count));
    cva_magnitude(&bands, Array2::from_elem((1, count), true).view(), out.view_mut())?;
    Ok(out.into_raw_vec_and_offset().0)
}

/// Length of every tested pixel's change vector; the control are the vectors that chance explains.
///
/// # Errors
/// As [`Differences::sigma`]; failures of the spools.
pub(super) fn score<'a>(
    bands: &Store<'_>,
    scores: Store<'a>,
    sigma: Vec<f64>,
    gain: f64,
    long_vector: f32,
) -> Result<Scored<'a>> {
    let in_counts: Vec<f32> = sigma.iter().map(|sigma| (sigma / gain) as f32).collect();
    let (sizes, control) = (SharedSizes::default(), SharedSizes::default());
    bands.each("score", |number, tile| {
        let lengths = lengths(&tile, &in_counts)?;
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
        details: Details::Cva { sigma, control_pixels: control.total() },
        law: Law::Control(control.tails()),
        store: scores,
        doubts: Vec::new(),
    })
}

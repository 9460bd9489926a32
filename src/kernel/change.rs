//! Change between two dates: burn ratios fused over a block, change vectors, and the USGS classes.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::index::{normalized_difference, ratio};
use super::rows;
use crate::error::{Error, Result};

/// Counts of one date over a block (rows by columns); NaN where there is no value.
#[derive(Debug, Clone, Copy)]
pub struct Epoch<'a> {
    /// Near infrared (Sentinel-2 B8A at 20 m, B08 at 10 m; Landsat 8/9 B5).
    pub nir: ArrayView2<'a, f32>,
    /// Shortwave infrared near 2200 nm.
    pub swir2: ArrayView2<'a, f32>,
    /// Red, where it is there; dNDVI needs it.
    pub red: Option<ArrayView2<'a, f32>>,
}

/// Where [`burn_change`] writes: planes of the block's shape, without unit.
#[derive(Debug)]
pub struct BurnLayers<'a> {
    /// dNBR = NBR before - NBR after - offset (Key & Benson 2006); a burn is positive.
    pub dnbr: ArrayViewMut2<'a, f32>,
    /// RBR = dNBR / (NBR before + 1.001) (Parks, Dillon & Miller 2014, doi 10.3390/rs6031827).
    pub rbr: Option<ArrayViewMut2<'a, f32>>,
    /// RdNBR = dNBR / sqrt(|NBR before|), where |NBR before| below 0.001 counts as 0.001 (Miller &
    /// Thode 2007, doi 10.1016/j.rse.2006.12.006). Their figures, of dNBR times 1000, are 1000 times these.
    pub rdnbr: Option<ArrayViewMut2<'a, f32>>,
    /// dNDVI = NDVI before - NDVI after; a loss of green is positive.
    pub dndvi: Option<ArrayViewMut2<'a, f32>>,
}

/// Burn ratios of a block in one pass, row by row.
///
/// `valid` says where both dates are clear; elsewhere, and where an index has no value, NaN is
/// written. NBR before and NBR after are each rounded to `f32` before they are subtracted, which
/// is numpy's float32 order, so that dNBR of whole counts with offset 0 is bit-equal to numpy's.
/// `offset` is the median dNBR of the unburned control (Parks et al. 2018, doi 10.3390/rs10060879), or 0.
///
/// # Errors
/// `Mismatch` when shapes differ, or dNDVI is asked for and a red plane is missing.
pub fn burn_change(
    before: &Epoch<'_>,
    after: &Epoch<'_>,
    valid: ArrayView2<'_, bool>,
    offset: f32,
    layers: BurnLayers<'_>,
) -> Result<()> {
    let BurnLayers { mut dnbr, mut rbr, mut rdnbr, dndvi } = layers;
    let shape = dnbr.dim();
    check(shape, before, after, valid)?;
    for (layer, name) in [(&rbr, "RBR"), (&rdnbr, "RdNBR"), (&dndvi, "dNDVI")] {
        rows::same_shape(shape, layer.as_ref().map_or(shape, |layer| layer.dim()), name)?;
    }
    let mut nbr = vec![0.0; shape.1];
    for row in 0..shape.0 {
        burn_row(before, after, valid, offset, row, &mut nbr, dnbr.row_mut(row));
        if let Some(rbr) = &mut rbr {
            relative_row(&dnbr.view(), row, &nbr, rbr, |dnbr, nbr| ratio(dnbr, nbr + 1.001));
        }
        if let Some(rdnbr) = &mut rdnbr {
            relative_row(&dnbr.view(), row, &nbr, rdnbr, |dnbr, nbr| ratio(dnbr, nbr.abs().max(0.001).sqrt()));
        }
    }
    dndvi.map_or(Ok(()), |dndvi| vegetation_change(before, after, valid, dndvi))
}

/// All planes of both dates have the block's shape.
fn check(shape: (usize, usize), before: &Epoch<'_>, after: &Epoch<'_>, valid: ArrayView2<'_, bool>) -> Result<()> {
    rows::same_shape(shape, valid.dim(), "the validity plane")?;
    check_epoch(shape, before).map_err(|error| error.at("before"))?;
    check_epoch(shape, after).map_err(|error| error.at("after"))
}

fn check_epoch(shape: (usize, usize), epoch: &Epoch<'_>) -> Result<()> {
    rows::same_shape(shape, epoch.nir.dim(), "near infrared")?;
    rows::same_shape(shape, epoch.swir2.dim(), "shortwave infrared 2")?;
    rows::same_shape(shape, epoch.red.map_or(shape, |red| red.dim()), "red")
}

/// NBR before into `nbr`, dNBR into `dnbr`.
fn burn_row(
    before: &Epoch<'_>,
    after: &Epoch<'_>,
    valid: ArrayView2<'_, bool>,
    offset: f32,
    row: usize,
    nbr: &mut [f32],
    dnbr: ndarray::ArrayViewMut1<'_, f32>,
) {
    let (n1, s1) = (rows::slice(&before.nir, row), rows::slice(&before.swir2, row));
    let (n2, s2) = (rows::slice(&after.nir, row), rows::slice(&after.swir2, row));
    let valid = rows::slice(&valid, row);
    rows::map_row([&n1, &s1], nbr, |[n, s]| normalized_difference(n, s));
    rows::fill(dnbr, |dnbr| {
        rows::map_row([&n2, &s2, &*nbr], dnbr, |[n, s, nbr]| nbr - normalized_difference(n, s) - offset);
        blank_row(&valid, dnbr);
    });
}

/// A ratio of dNBR and NBR before over one row; NaN where dNBR is.
#[inline]
fn relative_row(
    dnbr: &ArrayView2<'_, f32>,
    row: usize,
    nbr: &[f32],
    out: &mut ArrayViewMut2<'_, f32>,
    formula: impl Fn(f32, f32) -> f32,
) {
    let dnbr = rows::slice(dnbr, row);
    rows::fill(out.row_mut(row), |out| rows::map_row([&dnbr, nbr], out, |[dnbr, nbr]| formula(dnbr, nbr)));
}

fn vegetation_change(
    before: &Epoch<'_>,
    after: &Epoch<'_>,
    valid: ArrayView2<'_, bool>,
    mut out: ArrayViewMut2<'_, f32>,
) -> Result<()> {
    let (Some(red1), Some(red2)) = (before.red, after.red) else {
        return Err(Error::mismatch("dNDVI needs a red band of both dates"));
    };
    rows::map([before.nir, red1, after.nir, red2], out.view_mut(), |[n1, r1, n2, r2]| {
        normalized_difference(n1, r1) - normalized_difference(n2, r2)
    });
    blank(valid, out);
    Ok(())
}

/// NaN wherever `valid` is false.
fn blank(valid: ArrayView2<'_, bool>, mut out: ArrayViewMut2<'_, f32>) {
    for row in 0..out.nrows() {
        let valid = rows::slice(&valid, row);
        rows::fill(out.row_mut(row), |out| blank_row(&valid, out));
    }
}

fn blank_row(valid: &[bool], out: &mut [f32]) {
    rows::change_row([valid], out, |value, [valid]| if valid { value } else { f32::NAN });
}

/// One band of a change vector: counts before and after, and the band's standard deviation of no
/// change, in counts, from the control.
#[derive(Debug, Clone, Copy)]
pub struct CvaBand<'a> {
    /// Counts before.
    pub before: ArrayView2<'a, f32>,
    /// Counts after.
    pub after: ArrayView2<'a, f32>,
    /// Standard deviation of (after - before) where nothing changed; positive.
    pub sigma: f32,
}

/// Magnitude of the change vector, sqrt(sum over bands of ((after - before) / sigma)^2), in
/// standard deviations (change vector analysis, Malila 1980; METHODS section 6). Bands are added
/// in the order given, in `f32`. NaN where `valid` is false or any band has no value.
///
/// # Errors
/// `Mismatch` when shapes differ; `Usage` when a sigma is not positive or no band is given.
pub fn cva_magnitude(
    bands: &[CvaBand<'_>],
    valid: ArrayView2<'_, bool>,
    mut out: ArrayViewMut2<'_, f32>,
) -> Result<()> {
    rows::same_shape(out.dim(), valid.dim(), "the validity plane")?;
    for band in bands {
        rows::same_shape(out.dim(), band.before.dim(), "a band before")?;
        rows::same_shape(out.dim(), band.after.dim(), "a band after")?;
    }
    if bands.is_empty() || bands.iter().any(|band| !(band.sigma > 0.0 && band.sigma.is_finite())) {
        return Err(Error::usage("a change vector needs bands, each with a positive sigma"));
    }
    for row in 0..out.nrows() {
        let valid = rows::slice(&valid, row);
        rows::fill(out.row_mut(row), |out| {
            for (sum, &valid) in out.iter_mut().zip(&*valid) {
                *sum = if valid { 0.0 } else { f32::NAN };
            }
            bands.iter().for_each(|band| add_squares(band, row, out));
            rows::change_row([], out, |sum, []: [f32; 0]| if sum.is_finite() { sum.sqrt() } else { f32::NAN });
        });
    }
    Ok(())
}

fn add_squares(band: &CvaBand<'_>, row: usize, sums: &mut [f32]) {
    let (before, after) = (rows::slice(&band.before, row), rows::slice(&band.after, row));
    let sigma = band.sigma;
    rows::change_row([&before, &after], sums, |sum, [before, after]| {
        let step = (after - before) / sigma;
        sum + step * step
    });
}

/// The direction of a change that has none: a band has no value there.
pub const NO_DIRECTION: u8 = 255;

/// Direction of the change vector as the octant of (near infrared, shortwave infrared 2, red):
/// bit 0 is set where the near infrared rose, bit 1 where the shortwave infrared rose, bit 2 where
/// red rose (a band that stayed equal did not rise). A fresh burn is 2 or 6: near infrared down,
/// shortwave up. Without red in both dates bit 2 is never set. [`NO_DIRECTION`] where `valid` is
/// false or a band has no value. (Sector codes of change vectors: Johnson & Kasischke 1998, doi
/// 10.1080/014311698216062.)
///
/// # Errors
/// `Mismatch` when shapes differ.
pub fn cva_direction(
    before: &Epoch<'_>,
    after: &Epoch<'_>,
    valid: ArrayView2<'_, bool>,
    mut out: ArrayViewMut2<'_, u8>,
) -> Result<()> {
    check(out.dim(), before, after, valid)?;
    rows::map([before.nir, after.nir, before.swir2, after.swir2], out.view_mut(), |[n1, n2, s1, s2]: [f32; 4]| {
        let known = ((n2 - n1) + (s2 - s1)).is_finite();
        let octant = u8::from(n2 > n1) | u8::from(s2 > s1) << 1;
        if known { octant } else { NO_DIRECTION }
    });
    for row in 0..out.nrows() {
        let valid = rows::slice(&valid, row);
        let red = before.red.as_ref().zip(after.red.as_ref());
        let red = red.map(|(r1, r2)| (rows::slice(r1, row), rows::slice(r2, row)));
        rows::fill(out.row_mut(row), |out| {
            if let Some((r1, r2)) = &red {
                add_red(r1, r2, out);
            }
            out.iter_mut().zip(&*valid).for_each(|(code, &valid)| *code = if valid { *code } else { NO_DIRECTION });
        });
    }
    Ok(())
}

fn add_red(before: &[f32], after: &[f32], codes: &mut [u8]) {
    for ((code, &before), &after) in codes.iter_mut().zip(before).zip(after) {
        let known = (after - before).is_finite();
        *code |= if known { u8::from(after > before) << 2 } else { NO_DIRECTION };
    }
}

/// A class of dNBR: from `from` (included) to the next class's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DnbrClass {
    /// The code in a class plane; 0 is no class.
    pub code: u8,
    /// The USGS name.
    pub name: &'static str,
    /// Least dNBR of the class.
    pub from: f32,
}

/// The USGS classes of dNBR (Key & Benson 2006; METHODS section 4). They were made for forest: on
/// cropland they are index classes, never severity. Below -0.5 there is no class.
#[rustfmt::skip]
pub const DNBR_CLASSES: [DnbrClass; 7] = [
    DnbrClass { code: 1, name: "enhanced regrowth, high", from: -0.5 },
    DnbrClass { code: 2, name: "enhanced regrowth, low", from: -0.25 },
    DnbrClass { code: 3, name: "unburned", from: -0.1 },
    DnbrClass { code: 4, name: "low severity", from: 0.1 },
    DnbrClass { code: 5, name: "moderate-low severity", from: 0.27 },
    DnbrClass { code: 6, name: "moderate-high severity", from: 0.44 },
    DnbrClass { code: 7, name: "high severity", from: 0.66 },
];

/// The code of the class that holds `dnbr`, or 0 for NaN and for values under the lowest class.
#[inline]
pub fn class_of(dnbr: f32) -> u8 {
    DNBR_CLASSES.iter().map(|class| u8::from(dnbr >= class.from)).sum()
}

/// [`class_of`] over planes of one shape.
///
/// # Errors
/// `Mismatch` when the shapes differ.
pub fn classify(dnbr: ArrayView2<'_, f32>, out: ArrayViewMut2<'_, u8>) -> Result<()> {
    rows::same_shape(out.dim(), dnbr.dim(), "dNBR")?;
    rows::map([dnbr], out, |[dnbr]| class_of(dnbr));
    Ok(())
}

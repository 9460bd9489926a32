//! What a pixel shows beside dNBR, in one byte a sign, so that it can be remembered between passes.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::Settings;
use crate::error::Result;
use crate::kernel::index::normalized_difference;
use crate::kernel::rows;

/// Flag: green before, by NDVI.
pub const GREEN: u8 = 2;
/// Flag: soil laid bare where it had been green, as harvest and ploughing do and char does not.
pub const SOIL: u8 = 8;
/// Flag: still green after, by NDVI.
pub const STILL_GREEN: u8 = 16;
/// Flag: near and shortwave infrared together grew brighter.
pub const BRIGHTER: u8 = 32;
/// Flag: water on either date; set by whoever knows it.
pub const WATER: u8 = 64;
/// Flag: snow on either date; set by whoever knows it.
pub const SNOW: u8 = 128;

/// A sign beside dNBR, in steps of one byte; the higher, the more it looks burned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sign {
    /// ln N before - ln N after, steps of 0.01: the fall of near infrared, which char and dead leaves share and
    /// haze weakens.
    Fall,
    /// -N after, steps of 0.01: how dark the ground is now.
    Dark,
    /// MIRBI after - MIRBI before, steps of 0.02: char (Trigg & Flasse 2001, doi 10.1080/01431160110053185).
    Char,
}

impl Sign {
    /// Every sign, in the order of the planes.
    pub const ALL: [Self; 3] = [Self::Fall, Self::Dark, Self::Char];

    /// The value of one step.
    pub const fn step(self) -> f64 {
        match self {
            Self::Fall | Self::Dark => 0.01,
            Self::Char => 0.02,
        }
    }

    /// The name in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fall => "near-infrared fall",
            Self::Dark => "darkness after",
            Self::Char => "MIRBI rise",
        }
    }
}

/// The bands of one date over a block: rows by columns, counts, NaN where there is no value.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// Near infrared.
    pub nir: ArrayView2<'a, f32>,
    /// Shortwave infrared near 2200 nm.
    pub swir2: ArrayView2<'a, f32>,
    /// Red; without it nothing is known of green.
    pub red: Option<ArrayView2<'a, f32>>,
    /// Shortwave infrared near 1610 nm; without it nothing is known of char.
    pub swir1: Option<ArrayView2<'a, f32>>,
}

/// Adds the flags of every pixel to `flags`. `gain` times counts is reflectance. What has no value sets no flag.
///
/// # Errors
/// `Mismatch` when shapes differ.
pub fn flags(
    before: &Ground<'_>,
    after: &Ground<'_>,
    gain: f32,
    settings: &Settings,
    mut flags: ArrayViewMut2<'_, u8>,
) -> Result<()> {
    check(flags.dim(), before, after)?;
    let (brightening, least) = (settings.soil_brightening as f32, settings.soil_swir2 as f32 / gain);
    for row in 0..flags.nrows() {
        let (n1, s1) = (rows::slice(&before.nir, row), rows::slice(&before.swir2, row));
        let (n2, s2) = (rows::slice(&after.nir, row), rows::slice(&after.swir2, row));
        let green = ndvi_at_least(before, row, settings.green_ndvi as f32);
        let still = ndvi_at_least(after, row, settings.still_green_ndvi as f32);
        rows::fill(flags.row_mut(row), |flags| {
            for (col, flag) in flags.iter_mut().enumerate() {
                let bright = n2[col] + s2[col] >= brightening * (n1[col] + s1[col]);
                let soil = green[col] & bright & (s2[col] >= least);
                *flag |= bit(green[col], GREEN);
                *flag |= bit(soil, SOIL);
                *flag |= bit(still[col], STILL_GREEN);
                *flag |= bit(bright, BRIGHTER);
            }
        });
    }
    Ok(())
}

/// The flag where it holds.
#[inline]
pub fn bit(holds: bool, flag: u8) -> u8 {
    if holds { flag } else { 0 }
}

/// Where NDVI is at least that; nowhere without red.
fn ndvi_at_least(ground: &Ground<'_>, row: usize, least: f32) -> Vec<bool> {
    let nir = rows::slice(&ground.nir, row);
    let Some(red) = ground.red else { return vec![false; nir.len()] };
    let red = rows::slice(&red, row);
    nir.iter().zip(&*red).map(|(nir, red)| normalized_difference(*nir, *red) >= least).collect()
}

/// Writes a sign in steps, 0 where it has no value (such a pixel has no dNBR either, or no sign at all).
///
/// # Errors
/// `Mismatch` when shapes differ, or [`Sign::Char`] is asked for without SWIR1.
pub fn sign(
    sign: Sign,
    before: &Ground<'_>,
    after: &Ground<'_>,
    gain: f32,
    mut out: ArrayViewMut2<'_, i8>,
) -> Result<()> {
    check(out.dim(), before, after)?;
    match sign {
        Sign::Fall => rows::map([before.nir, after.nir], out.view_mut(), |[n1, n2]| {
            // Below 0.01 reflectance is noise, and its logarithm would be a huge fall.
            byte((gain * n1).max(0.01).ln() - (gain * n2).max(0.01).ln(), 100.0)
        }),
        Sign::Dark => rows::map([after.nir], out.view_mut(), |[nir]| byte(-gain * nir, 100.0)),
        Sign::Char => {
            let missing = || crate::error::Error::mismatch("MIRBI needs shortwave infrared 1 of both dates");
            let (one, two) = (before.swir1.ok_or_else(missing)?, after.swir1.ok_or_else(missing)?);
            rows::map([before.swir2, after.swir2, one, two], out.view_mut(), |[long1, long2, short1, short2]| {
                byte(gain * (10.0 * (long2 - long1) - 9.8 * (short2 - short1)), 50.0)
            });
        }
    }
    Ok(())
}

/// The nearest step, kept within a byte that is its own mirror image; 0 for NaN.
#[inline]
fn byte(value: f32, steps: f32) -> i8 {
    let near = (value * steps + 0.5).floor().clamp(-127.0, 127.0);
    // NaN becomes 0 in the cast.
    near as i8
}

fn check(shape: (usize, usize), before: &Ground<'_>, after: &Ground<'_>) -> Result<()> {
    before.check(shape).map_err(|error| error.at("before"))?;
    after.check(shape).map_err(|error| error.at("after"))
}

impl Ground<'_> {
    fn check(&self, shape: (usize, usize)) -> Result<()> {
        let planes = [Some(self.nir), Some(self.swir2), self.red, self.swir1];
        planes.into_iter().flatten().try_for_each(|plane| rows::same_shape(shape, plane.dim(), "a band"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    type Plane = Array2<f32>;

    fn ground<'a>(nir: &'a Plane, swir2: &'a Plane, red: &'a Plane, swir1: Option<&'a Plane>) -> Ground<'a> {
        Ground { nir: nir.view(), swir2: swir2.view(), red: Some(red.view()), swir1: swir1.map(|plane| plane.view()) }
    }

    #[test]
    fn harvest_bares_soil_and_fire_does_not() {
        // A harvested field, a burned wood, a burned dry steppe, a wood as it was; counts of 1e-4.
        let (n1, s1, r1) = (
            array![[5180.0f32, 2800.0, 2900.0, 3000.0]],
            array![[1610.0f32, 600.0, 2940.0, 700.0]],
            array![[510.0f32, 260.0, 2090.0, 300.0]],
        );
        let (n2, s2, r2) = (
            array![[3180.0f32, 990.0, 2710.0, 2900.0]],
            array![[4640.0f32, 1860.0, 4120.0, 750.0]],
            array![[2240.0f32, 800.0, 2100.0, 320.0]],
        );
        let mut found = Array2::from_elem((1, 4), 1u8);
        flags(&ground(&n1, &s1, &r1, None), &ground(&n2, &s2, &r2, None), 1e-4, &Settings::default(), found.view_mut())
            .unwrap();
        assert_eq!(found, array![[1 | GREEN | SOIL | BRIGHTER, 1 | GREEN, 1 | BRIGHTER, 1 | GREEN | STILL_GREEN]]);
    }

    #[test]
    fn signs_are_steps_of_reflectance() {
        let (n1, n2) = (array![[2718.28f32, 50.0, f32::NAN]], array![[1000.0f32, 20_000.0, 1.0]]);
        let (long, short) = (array![[1000.0f32, 1000.0, 1000.0]], array![[1500.0f32, 1500.0, 1500.0]]);
        let later = array![[1500.0f32, 9000.0, 1000.0]];
        let before = ground(&n1, &long, &n1, Some(&short));
        let after = ground(&n2, &later, &n2, Some(&short));
        let of = |which| {
            let mut out = Array2::zeros((1, 3));
            sign(which, &before, &after, 1e-4, out.view_mut()).unwrap();
            out
        };
        assert_eq!(of(Sign::Fall), array![[100i8, -127, 0]]);
        assert_eq!(of(Sign::Dark), array![[-10i8, -127, 0]]);
        assert_eq!(of(Sign::Char), array![[25i8, 127, 0]]);
        let blind = ground(&n1, &long, &n1, None);
        assert!(sign(Sign::Char, &blind, &after, 1e-4, Array2::zeros((1, 3)).view_mut()).is_err());
        assert!(sign(Sign::Fall, &blind, &after, 1e-4, Array2::zeros((2, 3)).view_mut()).is_err());
    }
}

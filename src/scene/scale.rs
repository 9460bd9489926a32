//! From digital numbers to reflectance: what is declared, what is measured, and what is used.
//!
//! Declarations of the Sentinel-2 offset are known to be wrong in the wild (Element84/earth-search
//! issues 9 and 66, cirrus-earth-search 33, PlanetaryComputer 134), so that they are held against
//! the pixels, and a contradiction is an error and never a guess.

mod decide;

pub use decide::decide;

use super::sensor::Band;
use crate::error::{Error, Result};

/// Fewest samples that a measurement speaks with.
const LEAST_SAMPLES: u64 = 100;
/// The jump that a mistaken offset makes between two dates, and how near to it counts.
const JUMP: (f64, f64) = (0.1, 0.02);

/// Reflectance = `gain` * (number + `offset_dn`).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Scale {
    /// Reflectance of one step.
    pub gain: f64,
    /// Added to a number before the gain.
    pub offset_dn: f64,
}

impl Scale {
    /// Numbers that are reflectance already.
    pub const NONE: Self = Self { gain: 1.0, offset_dn: 0.0 };

    /// From the form that GDAL tags and users give: reflectance = number * `scale` + `offset`.
    ///
    /// # Errors
    /// `Usage` for a scale that is zero or not finite, or an offset that is not finite.
    pub fn physical(scale: f64, offset: f64) -> Result<Self> {
        if !scale.is_finite() || scale == 0.0 || !offset.is_finite() {
            return Err(Error::usage(format!("a scale of {scale} with an offset of {offset} makes no reflectance")));
        }
        Ok(Self { gain: scale, offset_dn: offset / scale })
    }

    /// The reflectance of a number.
    pub fn reflectance(&self, number: f64) -> f64 {
        self.gain * (number + self.offset_dn)
    }
}

impl std::fmt::Display for Scale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "reflectance = {} * (DN {:+})", self.gain, (self.offset_dn * 1e6).round() / 1e6)
    }
}

/// A Sentinel-2 processing baseline, such as 04.00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Baseline {
    /// The number before the point.
    pub major: u8,
    /// The number behind the point.
    pub minor: u8,
}

impl Baseline {
    /// The first baseline whose numbers carry the offset.
    pub const WITH_OFFSET: Self = Self { major: 4, minor: 0 };

    /// Reads `04.00`, `0400` or `N0400`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.trim().trim_start_matches('N').chars().filter(|c| *c != '.').collect();
        let (major, minor) = digits.split_at_checked(2).filter(|(_, minor)| minor.len() == 2)?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }
}

impl std::fmt::Display for Baseline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}.{:02}", self.major, self.minor)
    }
}

/// What a product says of its numbers. Everything may be missing.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Declared {
    /// Sentinel-2 processing baseline.
    pub baseline: Option<Baseline>,
    /// `BOA_QUANTIFICATION_VALUE`: numbers to a reflectance of one.
    pub quantification: Option<f64>,
    /// `BOA_ADD_OFFSET`, in numbers.
    pub boa_add_offset: Option<f64>,
    /// `earthsearch:boa_offset_applied`.
    pub offset_already_applied: Option<bool>,
    /// Scale to reflectance of the file's tags or of STAC's `raster:bands`.
    pub raster_band_scale: Option<f64>,
    /// Offset in reflectance, beside that scale.
    pub raster_band_offset: Option<f64>,
    /// The name is that of a Landsat Collection 2 Level 2 product.
    pub landsat_collection2: bool,
    /// Where this was read, in words.
    pub source: String,
}

/// What the valid samples of one band look like, in digital numbers.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Measured {
    /// Samples looked at.
    pub n: u64,
    /// Share of them under 900.
    pub share_dn_below_900: f64,
    /// 1st percentile (nearest rank).
    pub p1: f64,
    /// 99th percentile (nearest rank).
    pub p99: f64,
}

impl Measured {
    /// Measures valid samples (no nodata among them); what is not finite is left out. None of none.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let mut kept: Vec<f64> = samples.iter().copied().filter(|sample| sample.is_finite()).collect();
        let below = kept.iter().filter(|sample| **sample < 900.0).count();
        let n = kept.len();
        let mut rank = |share: f64| {
            let rank = (share * n as f64).ceil().max(1.0) as usize;
            (rank <= n).then(|| *kept.select_nth_unstable_by(rank - 1, f64::total_cmp).1)
        };
        let (p1, p99) = (rank(0.01)?, rank(0.99)?);
        Some(Self { n: n as u64, share_dn_below_900: below as f64 / n as f64, p1, p99 })
    }
}

/// How sure the scale is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The user said so.
    Told,
    /// Declared, and the pixels do not contradict.
    High,
    /// Declared or measured, but not both.
    Medium,
    /// Assumed; a warning says so.
    Low,
}

/// The scale that is used, and why.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Decision {
    /// What is used.
    pub scale: Scale,
    /// What was declared, in words.
    pub declared: String,
    /// What was measured, in words.
    pub measured: String,
    /// What is used and why, in words.
    pub used: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Holds two dates against each other: the 1st percentile of every band they share jumps by about
/// 0.1 in reflectance, all in the same direction, when one of them has the offset wrong.
///
/// # Errors
/// `Mismatch` with a hint that names `--offset`.
pub fn compare(before: (&[(Band, Measured)], Scale), after: (&[(Band, Measured)], Scale)) -> Result<()> {
    let (before_bands, after_bands) = (telling(before.0), telling(after.0));
    let pairs = before_bands.iter().filter_map(|(band, at)| {
        let (_, other) = after_bands.iter().find(|(other, _)| other == band)?;
        Some(after.1.reflectance(other.p1) - before.1.reflectance(at.p1))
    });
    let jumps: Vec<f64> = pairs.collect();
    let all_near = |target: f64| jumps.iter().all(|jump| (jump - target).abs() <= JUMP.1);
    if jumps.len() < 2 || !(all_near(JUMP.0) || all_near(-JUMP.0)) {
        return Ok(());
    }
    let mean = jumps.iter().sum::<f64>() / jumps.len() as f64;
    Err(Error::mismatch(format!(
        "the darkest pixels of all {} bands jump by {mean:+.3} in reflectance between the dates, which is the mark of an \
         offset applied to one of them only",
        jumps.len()
    ))
    .hint("see what both declare with groundtell inspect, and override with --offset"))
}

/// The bands whose dark end says something about an offset, with enough samples.
fn telling(measured: &[(Band, Measured)]) -> Vec<(Band, Measured)> {
    let telling =
        |band: Band| band.is_reflectance() && !matches!(band, Band::Coastal | Band::WaterVapour | Band::Cirrus);
    measured.iter().filter(|(band, at)| telling(*band) && at.n >= LEAST_SAMPLES).copied().collect()
}

#[cfg(test)]
mod tests;

//! Why a pixel counts or does not: reason codes from quality layers, grown round clouds and merged
//! between dates.
//!
//! A code plane is `u8`, rows by columns, one [`Reason`] a cell. Codes that name no reason count
//! as invalid.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::rows;
use crate::error::Result;

mod dilate;
mod sunward;
mod surface;
mod temporal;

pub use dilate::{Disc, dilate};
pub use sunward::{keep_dark, shaded};
pub use surface::{snow, water_or_snow};
pub use temporal::{clouds, shadows};

/// Why a pixel counts, or why not. The codes are part of the published layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Reason {
    /// Seen, nothing against it.
    Clear = 0,
    /// No scene covers it, or nodata.
    Uncovered = 1,
    /// Saturated, defective or without a known class.
    Defective = 2,
    /// Cloud.
    Cloud = 3,
    /// Thin cloud.
    Cirrus = 4,
    /// Cloud shadow.
    Shadow = 5,
    /// Within the growing radius of a cloud.
    NearCloud = 6,
    /// Within the growing radius of a cloud shadow.
    NearShadow = 7,
    /// Seen, but the index has no value there.
    Undefined = 8,
    /// Its block could not be read.
    Failed = 9,
    /// Cloud, by comparison with the clear other date.
    CloudByChange = 10,
    /// Cloud shadow, by comparison with the clear other date.
    ShadowByChange = 11,
    /// Counts: dark.
    Dark = 16,
    /// Counts: the scene's own classes do not know it.
    Unclassified = 17,
    /// Counts: water.
    Water = 18,
    /// Counts: snow or ice.
    Snow = 19,
    /// Counts: the scene's classes have it as cloud shadow, but no cloud can have cast it.
    DarkKept = 20,
    /// Not in the area of interest.
    Outside = 255,
}

impl Reason {
    /// Every reason, in order of codes.
    #[rustfmt::skip]
    pub const ALL: [Self; 18] = [
        Self::Clear, Self::Uncovered, Self::Defective, Self::Cloud, Self::Cirrus, Self::Shadow, Self::NearCloud,
        Self::NearShadow, Self::Undefined, Self::Failed, Self::CloudByChange, Self::ShadowByChange, Self::Dark,
        Self::Unclassified, Self::Water, Self::Snow, Self::DarkKept, Self::Outside,
    ];

    /// From the gravest to none: of two reasons for one pixel, the one that comes first here stays.
    /// What lies outside the question comes before what could not be seen, that before what was
    /// seen badly, and all of it before the flags of pixels that count.
    #[rustfmt::skip]
    pub const BY_GRAVITY: [Self; 18] = [
        Self::Outside, Self::Failed, Self::Uncovered, Self::Defective, Self::Cloud, Self::Cirrus, Self::Shadow,
        Self::CloudByChange, Self::ShadowByChange, Self::NearCloud, Self::NearShadow, Self::Undefined, Self::Snow,
        Self::Water, Self::DarkKept, Self::Dark, Self::Unclassified, Self::Clear,
    ];

    /// The number in a code plane.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The reason of a code, if it names one.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// Whether the pixel counts.
    pub const fn is_valid(self) -> bool {
        code_is_valid(self as u8)
    }

    /// The reason in words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Uncovered => "not covered",
            Self::Defective => "defective",
            Self::Cloud => "cloud",
            Self::Cirrus => "cirrus",
            Self::Shadow => "cloud shadow",
            Self::NearCloud => "near a cloud",
            Self::NearShadow => "near a cloud shadow",
            Self::Undefined => "index undefined",
            Self::Failed => "could not be read",
            Self::CloudByChange => "cloud by the other date",
            Self::ShadowByChange => "cloud shadow by the other date",
            Self::Dark => "dark",
            Self::Unclassified => "unclassified",
            Self::Water => "water",
            Self::Snow => "snow",
            Self::DarkKept => "dark, no cloud to shade it",
            Self::Outside => "outside the area",
        }
    }

    /// The reason of a class of Sentinel-2's scene classification (SCL; METHODS section 3): 8 and 9
    /// are cloud, 3 is shadow, 2 (dark) and 7 (unclassified) count and are flagged. A class
    /// beyond 11 is defective.
    pub const fn from_scl(class: u8) -> Self {
        match class {
            0 => Self::Uncovered,
            2 => Self::Dark,
            3 => Self::Shadow,
            4 | 5 => Self::Clear,
            6 => Self::Water,
            7 => Self::Unclassified,
            8 | 9 => Self::Cloud,
            10 => Self::Cirrus,
            11 => Self::Snow,
            _ => Self::Defective,
        }
    }

    /// The reason of a QA_PIXEL value of Landsat Collection 2: bits 0 fill, 1 dilated cloud,
    /// 2 cirrus, 3 cloud, 4 cloud shadow, 5 snow, 7 water (USGS, Landsat 8-9 Collection 2 Level 2
    /// Science Product Guide). Of several set bits the gravest counts.
    pub const fn from_qa_pixel(bits: u16) -> Self {
        match bits {
            _ if bits & 1 != 0 => Self::Uncovered,
            _ if bits & 8 != 0 => Self::Cloud,
            _ if bits & 4 != 0 => Self::Cirrus,
            _ if bits & 16 != 0 => Self::Shadow,
            _ if bits & 2 != 0 => Self::NearCloud,
            _ if bits & 32 != 0 => Self::Snow,
            _ if bits & 128 != 0 => Self::Water,
            _ => Self::Clear,
        }
    }
}

/// Whether a pixel with this code counts: 0, or 16 to 20.
#[inline]
pub const fn code_is_valid(code: u8) -> bool {
    (code == 0) | (code.wrapping_sub(16) < 5)
}

/// Reasons by SCL class.
static SCL: [u8; 256] = table(true);

/// Reasons by the low byte of QA_PIXEL; the high byte holds confidences, which are not used.
static QA_PIXEL: [u8; 256] = table(false);

const fn table(scl: bool) -> [u8; 256] {
    let mut codes = [0; 256];
    let mut value = 0;
    while value < 256 {
        codes[value] =
            if scl { Reason::from_scl(value as u8).code() } else { Reason::from_qa_pixel(value as u16).code() };
        value += 1;
    }
    codes
}

/// Rank of gravity by code, 0 the gravest. A code that names no reason ranks as defective.
static GRAVITY: [u8; 256] = gravity();

const fn gravity() -> [u8; 256] {
    let mut ranks = [3; 256];
    let mut rank = 0;
    while rank < Reason::BY_GRAVITY.len() {
        ranks[Reason::BY_GRAVITY[rank].code() as usize] = rank as u8;
        rank += 1;
    }
    ranks
}

/// Code plane of an SCL plane; see [`Reason::from_scl`].
///
/// # Errors
/// `Mismatch` when the shapes differ.
pub fn codes_of_scl(scl: ArrayView2<'_, u8>, out: ArrayViewMut2<'_, u8>) -> Result<()> {
    rows::same_shape(out.dim(), scl.dim(), "the SCL plane")?;
    rows::map([scl], out, |[class]: [u8; 1]| SCL[usize::from(class)]);
    Ok(())
}

/// Code plane of a QA_PIXEL plane; see [`Reason::from_qa_pixel`].
///
/// # Errors
/// `Mismatch` when the shapes differ.
pub fn codes_of_qa_pixel(qa: ArrayView2<'_, u16>, out: ArrayViewMut2<'_, u8>) -> Result<()> {
    rows::same_shape(out.dim(), qa.dim(), "the QA_PIXEL plane")?;
    rows::map([qa], out, |[bits]: [u16; 1]| QA_PIXEL[usize::from(bits & 255)]);
    Ok(())
}

/// Of two code planes the graver code of each cell, by [`Reason::BY_GRAVITY`]; the same whichever
/// way round, and of as many planes in whatever order. A code that names no reason is written as
/// defective unless a graver one meets it.
///
/// # Errors
/// `Mismatch` when the shapes differ.
pub fn merge(before: ArrayView2<'_, u8>, after: ArrayView2<'_, u8>, mut out: ArrayViewMut2<'_, u8>) -> Result<()> {
    rows::same_shape(out.dim(), before.dim(), "the mask before")?;
    rows::same_shape(out.dim(), after.dim(), "the mask after")?;
    for row in 0..out.nrows() {
        let (before, after) = (rows::slice(&before, row), rows::slice(&after, row));
        rows::fill(out.row_mut(row), |out| merge_row(&before, &after, out));
    }
    Ok(())
}

/// One row of [`merge`]. Most stretches are of one code on either date: those are decided once.
fn merge_row(before: &[u8], after: &[u8], out: &mut [u8]) {
    const STRETCH: usize = 32;
    let graver = |before: u8, after: u8| {
        let rank = GRAVITY[usize::from(before)].min(GRAVITY[usize::from(after)]);
        // Ranks are below 18; the mask lets the compiler drop the bound check.
        CODE_OF_RANK[usize::from(rank & 31)]
    };
    let mixed = |codes: &[u8; STRETCH]| codes.iter().fold(0, |mixed, code| mixed | (code ^ codes[0])) != 0;
    let ((before, b), (after, a)) = (before.as_chunks::<STRETCH>(), after.as_chunks::<STRETCH>());
    let (out, o) = out.as_chunks_mut::<STRETCH>();
    for ((before, after), out) in before.iter().zip(after).zip(out) {
        *out = if mixed(before) | mixed(after) {
            std::array::from_fn(|at| graver(before[at], after[at]))
        } else {
            [graver(before[0], after[0]); STRETCH]
        };
    }
    b.iter().zip(a).zip(o).for_each(|((before, after), out)| *out = graver(*before, *after));
}

/// Code by rank of gravity.
static CODE_OF_RANK: [u8; 32] = {
    let mut codes = [Reason::Defective.code(); 32];
    let mut rank = 0;
    while rank < Reason::BY_GRAVITY.len() {
        codes[rank] = Reason::BY_GRAVITY[rank].code();
        rank += 1;
    }
    codes
};

/// Whether each cell of a code plane counts.
///
/// # Errors
/// `Mismatch` when the shapes differ.
pub fn validity(codes: ArrayView2<'_, u8>, out: ArrayViewMut2<'_, bool>) -> Result<()> {
    rows::same_shape(out.dim(), codes.dim(), "the mask")?;
    rows::map([codes], out, |[code]: [u8; 1]| code_is_valid(code));
    Ok(())
}

/// Gives `reason` to the cells that count so far, but where `valid` is false: a band without a
/// value is [`Reason::Uncovered`], an index without one [`Reason::Undefined`].
///
/// # Errors
/// `Mismatch` when the shapes differ.
pub fn strike(valid: ArrayView2<'_, bool>, reason: Reason, mut codes: ArrayViewMut2<'_, u8>) -> Result<()> {
    rows::same_shape(codes.dim(), valid.dim(), "the validity plane")?;
    for row in 0..codes.nrows() {
        let valid = rows::slice(&valid, row);
        rows::fill(codes.row_mut(row), |codes| {
            for (code, &valid) in codes.iter_mut().zip(&*valid) {
                let struck = !valid & code_is_valid(*code);
                *code = if struck { reason.code() } else { *code };
            }
        });
    }
    Ok(())
}

/// As [`strike`], where NaN in `values` is what is not there.
///
/// # Errors
/// `Mismatch` when the shapes differ.
pub fn strike_nan(values: ArrayView2<'_, f32>, reason: Reason, codes: ArrayViewMut2<'_, u8>) -> Result<()> {
    strike_any_nan(&[values], reason, codes)
}

/// As [`strike_nan`] of every plane in turn, in one pass over as many as four planes. Values are finite or NaN:
/// a sum is NaN where one of them is.
///
/// # Errors
/// `Mismatch` when the shapes differ.
pub fn strike_any_nan(planes: &[ArrayView2<'_, f32>], reason: Reason, mut codes: ArrayViewMut2<'_, u8>) -> Result<()> {
    for plane in planes {
        rows::same_shape(codes.dim(), plane.dim(), "the plane of values")?;
    }
    let mut missing = vec![0u8; codes.ncols()];
    for planes in planes.chunks(4) {
        for row in 0..codes.nrows() {
            let planes: Vec<_> = planes.iter().map(|plane| rows::slice(plane, row)).collect();
            match planes.as_slice() {
                [a] => mark_nan([a], &mut missing),
                [a, b] => mark_nan([a, b], &mut missing),
                [a, b, c] => mark_nan([a, b, c], &mut missing),
                [a, b, c, d] => mark_nan([a, b, c, d], &mut missing),
                _ => {}
            }
            rows::fill(codes.row_mut(row), |codes| {
                // By bits, not by branches.
                rows::change_row([&missing], codes, |code, [missing]| {
                    let struck = 0u8.wrapping_sub(missing & u8::from(code_is_valid(code)));
                    (code & !struck) | (reason.code() & struck)
                });
            });
        }
    }
    Ok(())
}

/// Where the sum of a row's values is NaN. Bytes by themselves: a loop over numbers of one size is vectorised
/// where one over floats and bytes is not.
#[inline]
fn mark_nan<const N: usize>(planes: [&[f32]; N], missing: &mut [u8]) {
    rows::map_row(planes, missing, |values| u8::from(values.iter().fold(0.0, |sum, value| sum + value).is_nan()));
}

/// Pixels of each code, for shares of the area of interest. Stretches of one code, which most are, count at once.
pub fn count(codes: ArrayView2<'_, u8>) -> [u64; 256] {
    const STRETCH: usize = 32;
    let mut counts = [0; 256];
    for row in 0..codes.nrows() {
        let row = rows::slice(&codes, row);
        let (stretches, rest) = row.as_chunks::<STRETCH>();
        for stretch in stretches {
            if stretch.iter().fold(0, |other, code| other | (code ^ stretch[0])) == 0 {
                counts[usize::from(stretch[0])] += STRETCH as u64;
            } else {
                stretch.iter().for_each(|code| counts[usize::from(*code)] += 1);
            }
        }
        rest.iter().for_each(|code| counts[usize::from(*code)] += 1);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn valid_codes_are_clear_and_the_flags() {
        let valid: Vec<u8> = (0..=255).filter(|&code| code_is_valid(code)).collect();
        assert_eq!(valid, [0, 16, 17, 18, 19, 20]);
        let mut ranked = Reason::BY_GRAVITY;
        ranked.sort();
        assert_eq!(ranked, Reason::ALL, "every reason has one rank");
        assert!(Reason::BY_GRAVITY.windows(2).all(|pair| pair[0].is_valid() <= pair[1].is_valid()));
        assert!(Reason::ALL.into_iter().all(|reason| Reason::from_code(reason.code()) == Some(reason)));
    }

    #[test]
    fn quality_layers_map_to_reasons() {
        let scl = Array2::from_shape_fn((1, 13), |(_, class)| class as u8);
        let mut codes = Array2::zeros((1, 13));
        codes_of_scl(scl.view(), codes.view_mut()).unwrap();
        assert_eq!(codes.as_slice().unwrap(), [1, 2, 16, 5, 0, 0, 18, 17, 3, 3, 4, 19, 2]);
        // Values that USGS lists for Landsat 8: fill, clear, water, cloud, shadow, snow, dilated, cirrus.
        let qa = array![[1u16, 21824, 21952, 22280, 23888, 30048, 21826, 54596]];
        let mut codes = Array2::zeros((1, 8));
        codes_of_qa_pixel(qa.view(), codes.view_mut()).unwrap();
        assert_eq!(codes.as_slice().unwrap(), [1, 0, 18, 3, 5, 19, 6, 4]);
    }

    #[test]
    fn merging_keeps_the_graver_whichever_way_round() {
        let all = Array2::from_shape_fn((256, 256), |(row, _)| row as u8);
        let (mut one, mut other) = (all.clone(), all.clone());
        merge(all.view(), all.t(), one.view_mut()).unwrap();
        merge(all.t(), all.view(), other.view_mut()).unwrap();
        assert_eq!(one, other);
        for ((before, after), &code) in one.indexed_iter() {
            let both = code_is_valid(before as u8) && code_is_valid(after as u8);
            assert_eq!(code_is_valid(code), both, "{before} and {after}");
        }
        assert_eq!(one[(0, 19)], 19);
        assert_eq!(one[(3, 6)], 3);
        assert_eq!(one[(255, 9)], 255);
        assert_eq!(one[(77, 0)], Reason::Defective.code());
    }

    #[test]
    fn only_cells_that_count_are_struck() {
        let mut codes = array![[0u8, 3, 18, 0]];
        strike(array![[false, false, false, true]].view(), Reason::Undefined, codes.view_mut()).unwrap();
        assert_eq!(codes, array![[8u8, 3, 8, 0]]);
        assert_eq!(count(codes.view())[8], 2);
    }
}

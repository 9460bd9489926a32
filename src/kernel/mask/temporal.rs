//! A second opinion on cloud and shadow: what one date shows against the other.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::Reason;
use crate::error::Result;
use crate::kernel::index::{Planes, Role, normalized_difference};
use crate::kernel::rows;

/// Rise of green against the clear date from which cloud is thought of (METHODS section 3, after CCDC).
const GREEN_RISE: f32 = 0.04;

/// Fall of the first shortwave infrared from which shadow is thought of (METHODS section 3, after CCDC).
const SWIR1_FALL: f32 = -0.04;

/// By how much cloud lifts blue more than red: it whitens what it covers (our own choice).
const WHITENING: f32 = 0.01;

/// Change of NBR below which a darkening is a shadow's: it dims all bands alike (our own choice; unburned
/// ground stays below it, Key & Benson 2006).
const SAME_NBR: f32 = 0.1;

/// Marks cloud on either date by the other: among pixels that count on both, [`Reason::CloudByChange`] for the
/// date on which
/// - green is higher by more than 0.04 (Zhu & Woodcock 2014, CCDC),
/// - haze shows: B - 0.5 R > 0.08 (HOT in the form of Zhu & Woodcock 2012, Fmask),
/// - blue rose by 0.01 more than red: bright soil that only dried or dimmed keeps its colour,
/// - and the near infrared is higher too: it falls where ground burned, was harvested or ploughed, so that none
///   of that is taken for cloud.
///
/// `planes` are counts before and after, `gain` their reflectance; shapes as `codes`, codes before and after.
///
/// # Errors
/// `Mismatch` when blue, green, red or near infrared is missing, or a shape differs.
pub fn clouds(planes: [&Planes<'_>; 2], gain: f32, [mut before, mut after]: [ArrayViewMut2<'_, u8>; 2]) -> Result<()> {
    const ROLES: [Role; 4] = [Role::Blue, Role::Green, Role::Red, Role::Nir];
    let shape = before.dim();
    rows::same_shape(shape, after.dim(), "the mask after")?;
    let [first, second] = [bands(planes[0], ROLES, shape)?, bands(planes[1], ROLES, shape)?];
    each(&first, &second, [&mut before, &mut after], |_, _, one, other| {
        let [one, other] = [one, other].map(|bands| bands.map(|count| gain * count));
        clouded(one, other).then_some(Reason::CloudByChange)
    });
    Ok(())
}

/// Whether `one` is clouded by the measure of `other`; blue, green, red, near infrared.
#[inline]
fn clouded(one: [f32; 4], other: [f32; 4]) -> bool {
    let [blue, green, red, nir] = std::array::from_fn(|band| one[band] - other[band]);
    let haze = one[0] - 0.5 * one[2] - 0.08;
    (green > GREEN_RISE) & (haze > 0.0) & (blue - red > WHITENING) & (nir > 0.0)
}

/// Marks cloud shadow on either date by the other: among pixels that count on both,
/// [`Reason::ShadowByChange`] for the date on which the first shortwave infrared and the near infrared are lower
/// by more than 0.04 (CCDC), NBR differs by less than 0.1 and `near` (before, after) has a cloud in the right
/// place. Where ground burned NBR falls; such pixels stay.
///
/// # Errors
/// `Mismatch` when near infrared or a shortwave infrared band is missing, or a shape differs.
pub fn shadows(
    planes: [&Planes<'_>; 2],
    gain: f32,
    near: [ArrayView2<'_, bool>; 2],
    [mut before, mut after]: [ArrayViewMut2<'_, u8>; 2],
) -> Result<()> {
    const ROLES: [Role; 3] = [Role::Nir, Role::Swir1, Role::Swir2];
    let shape = before.dim();
    for other in [after.dim(), near[0].dim(), near[1].dim()] {
        rows::same_shape(shape, other, "a mask of shadows")?;
    }
    let [first, second] = [bands(planes[0], ROLES, shape)?, bands(planes[1], ROLES, shape)?];
    let dimmed = |one: [f32; 3], other: [f32; 3]| {
        let fall = |band: usize| gain * (one[band] - other[band]);
        let nbr = |bands: [f32; 3]| normalized_difference(bands[0], bands[2]);
        let same = (nbr(one) - nbr(other)).abs() < SAME_NBR;
        (fall(1) < SWIR1_FALL) & (fall(0) < SWIR1_FALL) & same
    };
    each(&first, &second, [&mut before, &mut after], |date, at, one, other| {
        let shaded = near.get(date).is_some_and(|near| near[at]);
        (shaded && dimmed(one, other)).then_some(Reason::ShadowByChange)
    });
    Ok(())
}

fn bands<'p, const N: usize>(
    planes: &Planes<'p>,
    roles: [Role; N],
    shape: (usize, usize),
) -> Result<[ArrayView2<'p, f32>; N]> {
    let mut found = Vec::with_capacity(N);
    for role in roles {
        found.push(planes.require(role, shape)?);
    }
    found.try_into().map_err(|_| crate::Error::bug("a band was lost"))
}

/// Asks `judge` of either date (0, 1) against the other at each place, where both count. What is known to be
/// snow or water on a date is not judged there.
fn each<const N: usize>(
    first: &[ArrayView2<'_, f32>; N],
    second: &[ArrayView2<'_, f32>; N],
    [before, after]: [&mut ArrayViewMut2<'_, u8>; 2],
    judge: impl Fn(usize, (usize, usize), [f32; N], [f32; N]) -> Option<Reason>,
) {
    let open = |code: u8| code != Reason::Snow.code() && code != Reason::Water.code();
    for (row, (mut before, mut after)) in before.rows_mut().into_iter().zip(after.rows_mut()).enumerate() {
        let [first, second] = [first, second].map(|date| date.each_ref().map(|band| rows::slice(band, row)));
        for (col, (before, after)) in before.iter_mut().zip(after.iter_mut()).enumerate() {
            if !(super::code_is_valid(*before) && super::code_is_valid(*after)) {
                continue;
            }
            let [one, other] = [&first, &second].map(|date| std::array::from_fn(|band| date[band][col]));
            let reason = open(*before).then(|| judge(0, (row, col), one, other)).flatten();
            if let Some(reason) = reason {
                *before = reason.code();
            } else if let Some(reason) = open(*after).then(|| judge(1, (row, col), other, one)).flatten() {
                *after = reason.code();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    const ROLES: [Role; 6] = [Role::Blue, Role::Green, Role::Red, Role::Nir, Role::Swir1, Role::Swir2];
    const WOOD: [f32; 6] = [0.03, 0.05, 0.04, 0.30, 0.15, 0.07];
    const BURN: [f32; 6] = [0.05, 0.06, 0.07, 0.14, 0.20, 0.19];
    const CLOUD: [f32; 6] = [0.35, 0.35, 0.34, 0.45, 0.35, 0.28];
    const SOIL: [f32; 6] = [0.17, 0.20, 0.23, 0.27, 0.36, 0.38];
    const DRY_SOIL: [f32; 6] = [0.27, 0.31, 0.34, 0.38, 0.44, 0.44];
    const SHADE: [f32; 6] = [0.02, 0.03, 0.02, 0.15, 0.07, 0.035];

    /// Codes before and after of one pixel by `judge`.
    fn told(
        before: [f32; 6],
        after: [f32; 6],
        codes: [u8; 2],
        judge: impl Fn([&Planes<'_>; 2], [ArrayViewMut2<'_, u8>; 2]) -> Result<()>,
    ) -> [u8; 2] {
        let planes = [before, after].map(|date| date.map(|value| array![[value * 1e4]]));
        let known = planes.each_ref().map(|date| {
            date.iter().zip(ROLES).fold(Planes::new(), |known, (plane, role)| known.with(role, plane.view()))
        });
        let [mut first, mut second] = codes.map(|code| array![[code]]);
        judge([&known[0], &known[1]], [first.view_mut(), second.view_mut()]).unwrap();
        [first[(0, 0)], second[(0, 0)]]
    }

    fn by_cloud(before: [f32; 6], after: [f32; 6], codes: [u8; 2]) -> [u8; 2] {
        told(before, after, codes, |planes, codes| clouds(planes, 1e-4, codes))
    }

    #[test]
    fn cloud_is_told_on_its_date() {
        let cloud = Reason::CloudByChange.code();
        assert_eq!(by_cloud(WOOD, CLOUD, [0, 0]), [0, cloud]);
        assert_eq!(by_cloud(CLOUD, SOIL, [0, 16]), [cloud, 16]);
        assert_eq!(by_cloud(CLOUD, CLOUD, [0, 0]), [0, 0], "what both dates hide nothing tells");
    }

    #[test]
    fn burns_soil_and_snow_are_no_cloud() {
        assert_eq!(by_cloud(WOOD, BURN, [0, 0]), [0, 0]);
        assert_eq!(by_cloud(DRY_SOIL, SOIL, [0, 0]), [0, 0], "bright soil that got wet");
        assert_eq!(by_cloud(WOOD, DRY_SOIL, [0, 0]), [0, 0], "a harvested field");
        let snow = Reason::Snow.code();
        assert_eq!(by_cloud(WOOD, [0.8, 0.8, 0.78, 0.7, 0.1, 0.08], [0, snow]), [0, snow]);
    }

    #[test]
    fn only_a_clear_date_is_a_measure() {
        let shadow = Reason::Shadow.code();
        assert_eq!(by_cloud(WOOD, CLOUD, [shadow, 0]), [shadow, 0]);
        assert_eq!(by_cloud([f32::NAN; 6], CLOUD, [0, 0]), [0, 0]);
    }

    #[test]
    fn shadow_needs_a_cloud_and_spares_burns() {
        let told = |after, near: bool| {
            let near = Array2::from_elem((1, 1), near);
            let none = Array2::from_elem((1, 1), false);
            told(WOOD, after, [0, 0], |planes, codes| shadows(planes, 1e-4, [none.view(), near.view()], codes))
        };
        assert_eq!(told(SHADE, true), [0, Reason::ShadowByChange.code()]);
        assert_eq!(told(SHADE, false), [0, 0]);
        let dark_burn = [0.02, 0.03, 0.03, 0.08, 0.09, 0.09];
        assert_eq!(told(dark_burn, true), [0, 0], "NBR fell: it burned");
    }

    #[test]
    fn shapes_and_bands_are_asked_for() {
        let plane = array![[0.1f32, 0.2]];
        let some = Planes::new().with(Role::Green, plane.view());
        let [mut before, mut after] = [Array2::zeros((1, 2)), Array2::zeros((1, 2))];
        assert!(clouds([&some, &some], 1.0, [before.view_mut(), after.view_mut()]).is_err());
    }
}

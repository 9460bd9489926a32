//! Growing clouds and their shadows by a disc, exactly and independent of how the raster is cut.
//!
//! For every row the distance along the row to the nearest marked cell is found once; a cell is
//! within the disc when, `dy` rows away, that distance is no more than the disc's half-width there.

use ndarray::{ArrayView2, ArrayViewMut2};

use super::{Reason, code_is_valid};
use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::kernel::rows;

/// A disc in pixels, or an ellipse where pixels are not square: (dx / x)^2 + (dy / y)^2 <= 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Disc {
    x: f64,
    y: f64,
}

/// No disc may be wider than this, in pixels: distances along a row are bytes, 255 being "none".
const WIDEST: f64 = 254.0;

/// Radii a hair short of a whole number of pixels, through rounding of the pixel size, still reach.
const SLACK: f64 = 1.0 + 1e-9;

impl Disc {
    /// A disc of zero radius grows nothing.
    pub const NONE: Self = Self { x: 0.0, y: 0.0 };

    /// The disc of radius `x` columns and `y` rows.
    ///
    /// # Errors
    /// `Usage` when a radius is negative, not finite or above 254 pixels.
    pub fn new(x: f64, y: f64) -> Result<Self> {
        if [x, y].iter().all(|radius| (0.0..=WIDEST).contains(radius)) {
            return Ok(Self { x, y });
        }
        Err(Error::usage(format!("a radius of {x} by {y} pixels is not between 0 and {WIDEST}")))
    }

    /// Whole columns and rows that the disc reaches: the halo that an exact result needs.
    pub fn reach(&self) -> (usize, usize) {
        ((self.x * SLACK) as usize, (self.y * SLACK) as usize)
    }

    /// Largest column distance within the disc, `dy` rows away; `None` where the disc ends.
    /// Multiplied out, so that whole radii compare exactly.
    fn half_width(&self, dy: usize) -> Option<u8> {
        let (columns, rows) = self.reach();
        let (xx, yy) = (self.x * self.x, self.y * self.y);
        let down = (dy * dy) as f64;
        let inside = |dx: usize| {
            if dy == 0 { dx <= columns } else { (dx * dx) as f64 * yy + down * xx <= xx * yy * SLACK * SLACK }
        };
        if dy > rows {
            return None;
        }
        (0..=columns).rev().find(|&dx| inside(dx)).map(|dx| dx as u8)
    }

    /// Half-widths by row distance.
    fn half_widths(&self) -> Vec<u8> {
        (0..=self.reach().1).map_while(|dy| self.half_width(dy)).collect()
    }
}

/// Cells of `inner` that count but lie within `cloud` of a cloud or cirrus become
/// [`Reason::NearCloud`], else within `shadow` of a shadow [`Reason::NearShadow`]; every other
/// code is copied. `inner` is counted from the corner of `codes` and has the shape of `out`;
/// `codes` must reach [`Disc::reach`] beyond it, except where the raster ends. Then the result does
/// not depend on the cut.
///
/// Cost: a constant number of passes for each row within reach of a row with a cloud; a block
/// without cloud and shadow is copied.
///
/// # Errors
/// `Mismatch` when `inner` does not lie within `codes` or is not the shape of `out`.
pub fn dilate(
    codes: ArrayView2<'_, u8>,
    inner: Window,
    cloud: Disc,
    shadow: Disc,
    mut out: ArrayViewMut2<'_, u8>,
) -> Result<()> {
    rows::same_shape(inner.shape(), out.dim(), "the grown mask")?;
    if inner.bottom() > codes.nrows() || inner.right() > codes.ncols() {
        return Err(Error::mismatch(format!("the window of {inner} lies outside its mask")));
    }
    out.assign(&rows::crop(codes, inner));
    let is_cloud = |code| code == Reason::Cloud.code() || code == Reason::Cirrus.code();
    grow(codes, inner, cloud, is_cloud, Reason::NearCloud, &mut out);
    grow(codes, inner, shadow, |code| code == Reason::Shadow.code(), Reason::NearShadow, &mut out);
    Ok(())
}

fn grow(
    codes: ArrayView2<'_, u8>,
    inner: Window,
    disc: Disc,
    is_source: impl Fn(u8) -> bool,
    reason: Reason,
    out: &mut ArrayViewMut2<'_, u8>,
) {
    if disc.reach() == (0, 0) || inner.is_empty() {
        return;
    }
    let widths = disc.half_widths();
    let reach = widths.len() - 1;
    let mut distances = vec![0; codes.ncols()];
    for row in inner.row.saturating_sub(reach)..(inner.bottom() + reach).min(codes.nrows()) {
        if !row_distances(&rows::slice(&codes, row), &is_source, &mut distances) {
            continue;
        }
        let near = &distances[inner.col..inner.right()];
        for target in inner.row.max(row.saturating_sub(reach))..inner.bottom().min(row + reach + 1) {
            let width = widths[row.abs_diff(target)];
            rows::fill(out.row_mut(target - inner.row), |codes| mark(codes, near, width, reason));
        }
    }
}

/// Distance in columns from every cell of a row to its nearest source; false when there is none.
fn row_distances(codes: &[u8], is_source: impl Fn(u8) -> bool, distances: &mut [u8]) -> bool {
    if !codes.iter().any(|&code| is_source(code)) {
        return false;
    }
    let step = |last: &mut u8, source: bool| {
        *last = if source { 0 } else { last.saturating_add(1) };
        *last
    };
    let mut last = u8::MAX;
    for (distance, &code) in distances.iter_mut().zip(codes) {
        *distance = step(&mut last, is_source(code));
    }
    last = u8::MAX;
    for (distance, &code) in distances.iter_mut().zip(codes).rev() {
        *distance = step(&mut last, is_source(code)).min(*distance);
    }
    true
}

fn mark(codes: &mut [u8], near: &[u8], width: u8, reason: Reason) {
    for (code, &near) in codes.iter_mut().zip(near) {
        let hit = (near <= width) & code_is_valid(*code);
        *code = if hit { reason.code() } else { *code };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;
    use proptest::prelude::*;

    fn whole(codes: &Array2<u8>, cloud: Disc, shadow: Disc) -> Array2<u8> {
        let mut out = codes.clone();
        let window = Window::whole(codes.ncols(), codes.nrows());
        dilate(codes.view(), window, cloud, shadow, out.view_mut()).unwrap();
        out
    }

    /// The definition, cell by cell.
    fn slow(codes: &Array2<u8>, cloud: Disc, shadow: Disc) -> Array2<u8> {
        let within = |(row, col): (usize, usize), disc: Disc, wanted: &[u8]| {
            codes.indexed_iter().any(|((r, c), code)| {
                let (dx, dy) = (c.abs_diff(col) as f64, r.abs_diff(row) as f64);
                let part = |d: f64, radius: f64| if d == 0.0 { 0.0 } else { (d / radius).powi(2) };
                wanted.contains(code) && part(dx, disc.x) + part(dy, disc.y) <= 1.0 + 1e-9
            })
        };
        Array2::from_shape_fn(codes.dim(), |at| match codes[at] {
            code if !code_is_valid(code) => code,
            _ if cloud.reach() != (0, 0) && within(at, cloud, &[3, 4]) => 6,
            _ if shadow.reach() != (0, 0) && within(at, shadow, &[5]) => 7,
            code => code,
        })
    }

    fn any_codes() -> impl Strategy<Value = Array2<u8>> {
        let code = prop_oneof![40 => Just(0u8), 2 => Just(3), 1 => Just(4), 2 => Just(5), 2 => Just(1), 2 => Just(18)];
        (1usize..24, 1usize..24).prop_flat_map(move |(height, width)| {
            prop::collection::vec(code.clone(), height * width)
                .prop_map(move |codes| Array2::from_shape_vec((height, width), codes).unwrap())
        })
    }

    fn any_disc() -> impl Strategy<Value = Disc> {
        let radius = prop_oneof![(0u8..12).prop_map(f64::from), 0.0f64..12.0];
        (radius.clone(), radius).prop_map(|(x, y)| Disc::new(x, y).unwrap())
    }

    #[test]
    fn a_disc_of_five_includes_its_rim() {
        let mut codes = Array2::zeros((11, 11));
        codes[(5, 5)] = 4;
        let grown = whole(&codes, Disc::new(5.0, 5.0).unwrap(), Disc::NONE);
        assert_eq!(grown[(0, 5)], 6);
        assert_eq!(grown[(2, 1)], 6, "3, 4, 5");
        assert_eq!(grown[(1, 1)], 0);
        assert_eq!(grown.iter().filter(|&&code| code == 6).count(), 80);
    }

    #[test]
    fn odd_radii_are_refused() {
        for radius in [-1.0, f64::NAN, f64::INFINITY, 254.5] {
            assert!(Disc::new(radius, 1.0).is_err());
        }
        let codes = Array2::zeros((4, 4));
        let mut out = Array2::zeros((4, 4));
        let beyond = Window::new(1, 0, 4, 4);
        assert!(dilate(codes.view(), beyond, Disc::NONE, Disc::NONE, out.view_mut()).is_err());
    }

    proptest! {
        #[test]
        fn equals_the_definition(codes in any_codes(), cloud in any_disc(), shadow in any_disc()) {
            prop_assert_eq!(whole(&codes, cloud, shadow), slow(&codes, cloud, shadow));
        }

        #[test]
        fn does_not_depend_on_the_block(codes in any_codes(), cloud in any_disc(), shadow in any_disc(), side in 1usize..9, more in 0usize..3) {
            let (height, width) = codes.dim();
            let due = whole(&codes, cloud, shadow);
            let halo = [cloud, shadow].iter().flat_map(|disc| [disc.reach().0, disc.reach().1]).max().unwrap() + more;
            for row in (0..height).step_by(side) {
                for col in (0..width).step_by(side) {
                    let block = Window::new(col, row, side.min(width - col), side.min(height - row));
                    let outer = block.grown(halo, width, height);
                    let view = rows::crop(codes.view(), outer);
                    let mut out = Array2::zeros(block.shape());
                    dilate(view, block.within(&outer), cloud, shadow, out.view_mut()).unwrap();
                    prop_assert_eq!(out, rows::crop(due.view(), block));
                }
            }
        }

        #[test]
        fn grows_with_the_radius_and_with_cloud(codes in any_codes(), x in 0.0f64..6.0, y in 0.0f64..6.0, more in 0.0f64..4.0, at in 0usize..600) {
            let (small, large) = (Disc::new(x, y).unwrap(), Disc::new(x + more, y + more).unwrap());
            let masked = |codes: &Array2<u8>| codes.mapv(|code| !code_is_valid(code));
            let least = masked(&whole(&codes, small, small));
            let mut cloudier = codes.clone();
            let at = at % codes.len();
            cloudier.as_slice_mut().unwrap()[at] = 3;
            for other in [masked(&whole(&codes, large, large)), masked(&whole(&cloudier, small, small))] {
                prop_assert!(least.iter().zip(&other).all(|(&less, &more)| less <= more));
            }
        }
    }
}

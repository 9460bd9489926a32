//! Pixels and ground area by reason, added up as integers so that no order of blocks can change them.

use std::collections::BTreeMap;

use ndarray::{ArrayView2, Axis};

use crate::geom::grid::Grid;
use crate::geom::window::Window;
use crate::kernel::mask;

/// Square millimetres in a hectare.
const MM2_PER_HA: f64 = 1e10;

/// Pixels and ground area per code.
#[derive(Debug, Clone, Default)]
pub(super) struct Areas {
    by_code: BTreeMap<u8, (u64, u128)>,
}

impl Areas {
    /// Counts the codes of one block, which covers `window` of `grid`.
    pub(super) fn add(&mut self, codes: ArrayView2<'_, u8>, grid: &Grid, window: Window) {
        for (row, codes) in codes.rows().into_iter().enumerate() {
            let counts = mask::count(codes.insert_axis(Axis(0)));
            let area = square_millimetres(grid, window.row + row);
            for (code, count) in (0u8..=255).zip(counts).filter(|(_, count)| *count > 0) {
                let sum = self.by_code.entry(code).or_default();
                sum.0 += count;
                sum.1 += u128::from(count) * area;
            }
        }
    }

    /// Adds what other areas have counted.
    pub(super) fn merge(&mut self, other: &Self) {
        for (code, (pixels, area)) in &other.by_code {
            let sum = self.by_code.entry(*code).or_default();
            sum.0 += pixels;
            sum.1 += area;
        }
    }

    /// Hectares of the codes that `wanted` picks.
    pub(super) fn hectares(&self, wanted: impl Fn(u8) -> bool) -> f64 {
        let picked = self.by_code.iter().filter(|(code, _)| wanted(**code));
        picked.map(|(_, (_, area))| area).sum::<u128>() as f64 / MM2_PER_HA
    }

    /// Pixels of the codes that `wanted` picks.
    pub(super) fn pixels(&self, wanted: impl Fn(u8) -> bool) -> u64 {
        self.by_code.iter().filter(|(code, _)| wanted(**code)).map(|(_, (pixels, _))| pixels).sum()
    }

    /// The codes that were met, in order.
    pub(super) fn codes(&self) -> impl Iterator<Item = u8> + '_ {
        self.by_code.keys().copied()
    }
}

/// Ground area of one pixel of a row in whole square millimetres.
fn square_millimetres(grid: &Grid, row: usize) -> u128 {
    (grid.pixel_hectares(row) * MM2_PER_HA).round() as u128
}

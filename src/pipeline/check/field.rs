//! What was seen, found and green on the grid of a run, as masks of bits; and the area of a claim on that grid.

use crate::error::Result;
use crate::geom::aoi::Aoi;
use crate::geom::bits::Bits;
use crate::geom::grid::Grid;
use crate::geom::runs::{Run, Runs};
use crate::kernel::burn::signs::{GREEN, SNOW, SOIL, STILL_GREEN, WATER};
use crate::pipeline::Examined;
use crate::pipeline::record::SEEN;
use crate::plan::area_ha;

/// Masks of a run that every claim on it is measured by.
pub(super) struct Masks {
    /// Seen on both dates.
    pub(super) seen: Bits,
    /// Green before, and seen.
    pub(super) green: Bits,
    /// Snow on either date.
    pub(super) snow: Bits,
    /// Soil laid bare where it had been green.
    pub(super) soil: Bits,
    /// Water on either date.
    pub(super) water: Bits,
    /// Green on both dates.
    pub(super) still_green: Bits,
    /// Burned, and seen.
    pub(super) burned: Bits,
    /// Changed by any cause, and seen.
    pub(super) changed: Bits,
}

impl Masks {
    /// One pass over what the run remembers.
    ///
    /// # Errors
    /// As reading the scratch files.
    pub(super) fn gather(run: &Examined<'_>) -> Result<Self> {
        let grid = &run.memory.plan.grid;
        let empty = || Bits::new(grid.width() as u32, grid.height() as u32);
        let [seen, green, snow, soil, water, still_green] = std::array::from_fn(|_| empty());
        let planes = [(&seen, 0), (&green, GREEN), (&snow, SNOW), (&soil, SOIL), (&water, WATER)];
        run.memory.visit(
            "evidence",
            || (),
            |(), index, record| {
                let window = run.memory.plan.blocks[index];
                let view = record.flags();
                for (row, flags) in (window.row as u32..).zip(view.rows()) {
                    let Some(flags) = flags.to_slice() else { continue };
                    let corner = (window.col as u32, row);
                    for (bits, flag) in planes {
                        mark(flags, SEEN | flag, corner, bits);
                    }
                    mark(flags, SEEN | GREEN | STILL_GREEN, corner, &still_green);
                }
                Ok(())
            },
        )?;
        let burned = within(&run.found.mask, &seen);
        let changed = both(run.changed, &seen);
        Ok(Self { seen, green, snow, soil, water, still_green, burned, changed })
    }
}

/// Notes the stretches of a row whose flags are all set.
fn mark(flags: &[u8], wanted: u8, (col, row): (u32, u32), bits: &Bits) {
    let mut from = None;
    for (at, flags) in (col..).zip(flags) {
        match (flags & wanted == wanted, from) {
            (true, None) => from = Some(at),
            (false, Some(start)) => {
                bits.set(Run { row, start, end: at });
                from = None;
            }
            _ => {}
        }
    }
    if let Some(start) = from {
        bits.set(Run { row, start, end: col + flags.len() as u32 });
    }
}

/// The pixels of a mask that are set in `bits`.
pub(super) fn within(mask: &Runs, bits: &Bits) -> Bits {
    let kept = Bits::of(mask);
    kept.keep(bits);
    kept
}

/// The pixels set in both.
fn both(one: &Bits, other: &Bits) -> Bits {
    let kept = Bits::new(one.width(), one.height());
    kept.add(one);
    kept.keep(other);
    kept
}

/// The area of a claim on a grid.
pub(super) struct Ground {
    /// Its pixels, the location error included.
    pub(super) mask: Runs,
    /// Share of it that lies on the grid at all.
    pub(super) covered: f64,
}

impl Ground {
    /// The area grown by the location error.
    ///
    /// # Errors
    /// As laying the area on the grid.
    pub(super) fn of(area: &Aoi, error_m: f64, grid: &Grid) -> Result<Self> {
        let plain = area.runs_on(grid)?;
        let covered = (area_ha(grid, &plain) / area.area_ha().max(f64::MIN_POSITIVE)).min(1.0);
        // Pixels at the edge make a rounding of their own.
        let covered = if covered > 0.98 { 1.0 } else { covered };
        Ok(Self { mask: grown(&plain, error_m, grid), covered })
    }
}

/// A mask grown by a distance in metres.
fn grown(mask: &Runs, metres: f64, grid: &Grid) -> Runs {
    let (width, height) = grid.pixel_metres();
    let reach = (metres / height).floor() as i64;
    if mask.is_empty() || reach < 1 && metres < width {
        return mask.clone();
    }
    let half = |step: i64| ((metres.powi(2) - (step as f64 * height).powi(2)).max(0.0).sqrt() / width) as u32;
    let runs = mask.as_slice().iter().flat_map(|run| {
        (-reach..=reach).filter_map(move |step| {
            let row = u32::try_from(i64::from(run.row) + step).ok()?;
            Some(Run { row, start: run.start.saturating_sub(half(step)), end: run.end.saturating_add(half(step)) })
        })
    });
    Runs::from_unsorted(mask.width(), mask.height(), runs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geom::crs::Crs;

    #[test]
    fn an_area_grows_by_metres() {
        let grid = Grid::new(Crs::from_epsg(32637).unwrap(), (4e5, 55e5), (20.0, 10.0), (40, 60)).unwrap();
        let mask = Runs::from_unsorted(40, 60, vec![Run { row: 30, start: 20, end: 21 }]);
        let wide = grown(&mask, 60.0, &grid);
        let window = wide.bounding_window().unwrap();
        assert_eq!((window.width, window.height), (7, 13));
        assert_eq!(grown(&mask, 5.0, &grid), mask);
    }
}

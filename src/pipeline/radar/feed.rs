//! What a block of the stack is read from: the bands of each raster that serve an orbit, read together, brought to
//! linear power and averaged over neighbours.

use std::sync::Arc;

use ndarray::Array2;

use super::stack::{Orbit, Part};
use crate::error::{Error, Result};
use crate::geom::grid::Grid;
use crate::geom::relation::Relation;
use crate::geom::window::Window;
use crate::io::raster::{Raster, with_samples};
use crate::kernel::reflectance::{Encoding, counts_row};
use crate::kernel::sar::filter::multilook;
use crate::kernel::sar::scale::Scale;

/// The bands of one raster that serve an orbit.
struct Source {
    raster: Arc<dyn Raster>,
    /// Source column and row of the work grid's corner.
    corner: (i64, i64),
    size: (usize, usize),
    scale: Scale,
    /// Band, and where its power goes: day and polarisation.
    bands: Vec<(usize, (usize, usize))>,
}

/// All rasters of an orbit.
pub(super) struct Feed {
    sources: Vec<Source>,
    days: usize,
    /// Days before the event.
    pub(super) before: usize,
}

/// The power of an orbit over one block: by polarisation, then day; None where the stack has no such polarisation.
pub(super) struct Block {
    pub(super) power: [Option<Vec<Array2<f32>>>; 2],
    /// Samples that were numbers, and had no power.
    pub(super) dark: u64,
    /// Samples that were numbers.
    pub(super) samples: u64,
    /// Bytes decoded.
    pub(super) bytes: u64,
}

impl Feed {
    /// Ties an orbit to the work grid.
    ///
    /// # Errors
    /// `Mismatch` for a raster whose pixels are not those of the work grid; `Unsupported` for one without a grid.
    pub(super) fn new(orbit: &Orbit, work: &Grid) -> Result<Self> {
        let mut feed = Self { sources: Vec::new(), days: 0, before: orbit.sides[0].len() };
        for (day, parts) in orbit.days().map(|day| &day.parts).enumerate() {
            feed.days = day + 1;
            for (polarisation, parts) in parts.iter().enumerate() {
                parts.iter().try_for_each(|part| feed.add(part, (day, polarisation), work))?;
            }
        }
        Ok(feed)
    }

    fn add(&mut self, part: &Part, goes: (usize, usize), work: &Grid) -> Result<()> {
        let slice = &part.slice;
        if let Some(known) = self.sources.iter_mut().find(|source| Arc::ptr_eq(&source.raster, &slice.raster)) {
            known.bands.push((slice.band, goes));
            return Ok(());
        }
        let info = slice.raster.info();
        let corner = match Relation::between(work, grid_of(part)?)? {
            Relation::Copy { col, row } => (col, row),
            Relation::Disjoint => return Ok(()),
            other => {
                return Err(Error::mismatch(format!("is on another grid than the rest of the stack ({other})"))
                    .at(&slice.name)
                    .hint("bring all dates to one grid beforehand: gdalwarp -t_srs ... -tr ... -tap"));
            }
        };
        let size = (info.width, info.height);
        let bands = vec![(slice.band, goes)];
        self.sources.push(Source { raster: Arc::clone(&slice.raster), corner, size, scale: part.scale, bands });
        Ok(())
    }

    /// Reads a block; `looks` is the side of the square that power is averaged over, and pixels beyond the work
    /// grid take part where the files have them.
    ///
    /// # Errors
    /// As reading the rasters.
    pub(super) fn read(&self, window: Window, looks: usize) -> Result<Block> {
        let reach = looks / 2;
        let shape = (window.height + 2 * reach, window.width + 2 * reach);
        let mut planes: [Vec<Option<Array2<f32>>>; 2] = std::array::from_fn(|_| vec![None; self.days]);
        let mut block = Block { power: [None, None], dark: 0, samples: 0, bytes: 0 };
        for source in &self.sources {
            let Some((part, at)) = source.reach(window, reach) else { continue };
            let bands: Vec<usize> = source.bands.iter().map(|(band, _)| *band).collect();
            let samples = source.raster.read(0, &bands, part)?;
            for ((band, (day, polarisation)), samples) in source.bands.iter().zip(&samples) {
                let nodata = source.raster.info().bands.get(*band).and_then(|band| band.nodata);
                let mut values = vec![f32::NAN; part.len()];
                let encoding = Encoding { nodata, ..Encoding::PLAIN };
                with_samples!(samples, numbers => counts_row(numbers, encoding, &mut values));
                let plane = planes[*polarisation][*day].get_or_insert_with(|| Array2::from_elem(shape, f32::NAN));
                block.bytes += 4 * values.len() as u64;
                block.fill(plane, (&values, part, at), source.scale, reach);
            }
        }
        for (power, planes) in block.power.iter_mut().zip(planes) {
            if planes.iter().any(Option::is_some) {
                let unseen = || Array2::from_elem(window.shape(), f32::NAN);
                let made = planes.into_iter().map(|plane| plane.map_or_else(unseen, |plane| averaged(plane, looks)));
                *power = Some(made.collect());
            }
        }
        Ok(block)
    }
}

/// The grid of a part's raster.
///
/// # Errors
/// `Unsupported` when it has none.
pub(super) fn grid_of(part: &Part) -> Result<&Grid> {
    part.slice.raster.info().grid.as_ref().map_err(|reason| {
        Error::unsupported(format!("has no usable grid: {reason}"))
            .at(&part.slice.name)
            .hint("give it a north-up grid with gdalwarp; radar wants terrain-corrected products")
    })
}

/// Power averaged over neighbours, the rim taken off.
fn averaged(plane: Array2<f32>, looks: usize) -> Array2<f32> {
    let reach = looks / 2;
    if reach == 0 {
        return plane;
    }
    let (rows, cols) = plane.dim();
    let mut whole = multilook(plane.view(), looks);
    crate::pipeline::cut::cut(&mut whole, Window::new(reach, reach, cols - 2 * reach, rows - 2 * reach)).to_owned()
}

impl Source {
    /// The part of the source that a block with its rim draws on, and where it lies on the rimmed block.
    fn reach(&self, window: Window, rim: usize) -> Option<(Window, (usize, usize))> {
        let start = |corner: i64, at: usize| corner + at as i64 - rim as i64;
        let span = |corner: i64, at: usize, length: usize, size: usize| {
            let (from, to) = (start(corner, at), start(corner, at) + (length + 2 * rim) as i64);
            let (first, last) = (from.max(0), to.min(size as i64));
            (first < last).then_some((first as usize, (last - first) as usize, (first - from) as usize))
        };
        let (col, width, across) = span(self.corner.0, window.col, window.width, self.size.0)?;
        let (row, height, down) = span(self.corner.1, window.row, window.height, self.size.1)?;
        Some((Window::new(col, row, width, height), (across, down)))
    }
}

impl Block {
    /// Puts the power of a source's values where nothing was seen yet; counts what lies off the rim.
    fn fill(
        &mut self,
        plane: &mut Array2<f32>,
        (values, part, (across, down)): (&[f32], Window, (usize, usize)),
        scale: Scale,
        rim: usize,
    ) {
        let (rows, cols) = plane.dim();
        for (line, values) in values.chunks(part.width).enumerate() {
            let row = down + line;
            let inner_row = (rim..rows - rim).contains(&row);
            let Some(out) = plane.row_mut(row).into_slice() else { continue };
            for (col, value) in (across..).zip(values) {
                let power = scale.power(*value);
                if inner_row && (rim..cols - rim).contains(&col) && !value.is_nan() {
                    self.samples += 1;
                    self.dark += u64::from(power.is_nan());
                }
                if out[col].is_nan() {
                    out[col] = power;
                }
            }
        }
    }
}

//! How much of an area an acquisition saw clearly, by its own classes.

use std::path::PathBuf;

use ndarray::{Array2, ArrayView2};

use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;
use crate::io::opening::open_tiff;
use crate::io::product::{Ask, open};
use crate::io::raster::{Raster, Samples};
use crate::kernel::mask::{Reason, codes_of_scl};
use crate::limits::Limits;
use crate::scene::sensor::Band;

/// Metres of a pixel that are fine enough to tell a share.
const METRES: f64 = 160.0;

/// Share of the area's pixels that any of the scenes saw clearly, read from the overview of their classes.
///
/// # Errors
/// As opening the scenes; `Missing` for one without classes.
pub(super) fn clear_share(paths: &[PathBuf], aoi: &Aoi, limits: &Limits) -> Result<f64> {
    let (mut clear, mut all) = (0_u64, 0_u64);
    for path in paths {
        let product = open(path, &Ask::default(), limits, open_tiff)?;
        let missing = || Error::missing("the scene has no classes of cloud (SCL)").at(crate::text::shown_path(path));
        let at = product.locate(Band::Scl).ok_or_else(missing)?;
        let raster = product.rasters.get(at.raster).ok_or_else(missing)?;
        let (seen, whole) = counted(raster.as_ref(), at.index, aoi)?;
        clear += seen;
        all = all.max(whole);
    }
    Ok(if all == 0 { 0.0 } else { (clear as f64 / all as f64).min(1.0) })
}

/// Clear pixels of the area, and all of them.
fn counted(raster: &dyn Raster, band: usize, aoi: &Aoi) -> Result<(u64, u64)> {
    let level = (0..=raster.info().overviews.len())
        .filter_map(|level| Some((level, raster.info().level_grid(level)?)))
        .filter(|(_, grid)| grid.pixel_metres().0 <= METRES)
        .last();
    let (level, grid) = level.ok_or_else(|| Error::unsupported("the classes have no grid"))?;
    let area = aoi.runs_on(&grid)?;
    let Some(window) = area.bounding_window() else { return Ok((0, 0)) };
    let Some(Samples::U8(classes)) = raster.read(level, &[band], window)?.pop() else {
        return Err(Error::unsupported("classes of cloud that are not bytes"));
    };
    let view = ArrayView2::from_shape(window.shape(), &classes).map_err(|error| Error::bug(error.to_string()))?;
    let mut codes = Array2::zeros(window.shape());
    codes_of_scl(view, codes.view_mut())?;
    let seen = |row: u32, col: u32| {
        let code = codes.get((row as usize - window.row, col as usize - window.col));
        code.and_then(|code| Reason::from_code(*code)).is_some_and(Reason::is_valid)
    };
    let runs = area.as_slice().iter();
    let clear = runs.map(|run| (run.start..run.end).filter(|col| seen(run.row, *col)).count() as u64).sum();
    Ok((clear, area.pixels()))
}

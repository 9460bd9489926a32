//! The layers of earlier looks, asked for the pixels of one object.

use std::path::PathBuf;

use super::look::RUN;
use super::record::{Look, Record};
use super::shelf::Shelf;
use super::track::{Glimpse, Layers};
use crate::error::{Error, Result};
use crate::geom::runs::Runs;
use crate::geom::window::Window;
use crate::io::opening::open_tiff;
use crate::io::raster::Samples;
use crate::limits::Limits;

/// Codes of the burn layer.
const BURNED: u8 = 1;
const UNSEEN: u8 = 255;

/// The layers in a watch's folder.
pub(super) struct Shelved<'a> {
    /// The folder.
    pub(super) shelf: &'a Shelf,
    /// Bounds on reading.
    pub(super) limits: &'a Limits,
}

impl Layers for Shelved<'_> {
    fn glimpse(&self, record: &Record, look: &Look, mask: &Runs) -> Result<Glimpse> {
        let unseen = Glimpse { observed: 0.0, disturbed: 0.0, dnbr: f64::NAN };
        let Some(window) = mask.bounding_window() else { return Ok(unseen) };
        let folder = record.folder_name();
        let layers = self.shelf.acquisition(&record.area, &folder).join(RUN).join("layers");
        let codes = self.read(layers.join("burn.tif"), window, look)?;
        let dnbr = self.read(layers.join("dnbr.tif"), window, look)?;
        let (mut seen, mut burned, mut sum) = (0_u64, 0_u64, 0.0);
        for run in mask.as_slice() {
            for col in run.start..run.end {
                let at = (run.row as usize - window.row) * window.width + col as usize - window.col;
                let code = codes.get(at).copied().unwrap_or(f64::NAN);
                let value = dnbr.get(at).copied().unwrap_or(f64::NAN);
                if code.is_nan() || code == f64::from(UNSEEN) || value.is_nan() {
                    continue;
                }
                seen += 1;
                burned += u64::from(code == f64::from(BURNED));
                sum += value;
            }
        }
        let share = |part: u64, of: u64| part as f64 / of.max(1) as f64;
        Ok(Glimpse { observed: share(seen, mask.pixels()), disturbed: share(burned, seen), dnbr: sum / seen as f64 })
    }
}

impl Shelved<'_> {
    /// Physical values of a layer's only band over a window; NaN where it has none.
    fn read(&self, path: PathBuf, window: Window, look: &Look) -> Result<Vec<f64>> {
        let raster = open_tiff(&path, self.limits)?;
        let info = raster.info();
        if [info.width as u32, info.height as u32] != look.grid.size {
            return Err(
                Error::mismatch("the layer is not on the grid of its record").at(crate::text::shown_path(&path))
            );
        }
        let band = info.bands.first().ok_or_else(|| Error::malformed("a layer without a band"))?;
        let (scale, offset) = (band.scale.unwrap_or(1.0), band.offset.unwrap_or(0.0));
        let nodata = band.nodata;
        let raw = raster.read(0, &[0], window)?.pop().ok_or_else(|| Error::bug("no band was read"))?;
        let physical = |value: f64| match nodata {
            Some(none) if value == none && none != f64::from(UNSEEN) => f64::NAN,
            _ => value * scale + offset,
        };
        Ok(numbers(raw).into_iter().map(physical).collect())
    }
}

/// Samples of any type as numbers.
#[allow(clippy::unnecessary_cast, reason = "one of the types is f64 already")]
fn numbers(samples: Samples) -> Vec<f64> {
    crate::io::raster::with_samples!(samples, values => values.into_iter().map(|value| value as f64).collect())
}

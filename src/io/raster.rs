//! What every raster reader offers: a description, and typed samples of a window.

use std::sync::Arc;

use super::remote::{Extent, RemoteFile};
use crate::error::Result;
use crate::geom::crs::Crs;
use crate::geom::grid::Grid;
use crate::geom::window::Window;

/// The numeric type of a band's samples. Half floats are widened to `F32` on reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Dtype {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

/// Samples of one band over one window, row by row.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Samples {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Samples {
    /// No sample of a type.
    pub fn empty(dtype: Dtype) -> Self {
        match dtype {
            Dtype::U8 => Self::U8(Vec::new()),
            Dtype::I8 => Self::I8(Vec::new()),
            Dtype::U16 => Self::U16(Vec::new()),
            Dtype::I16 => Self::I16(Vec::new()),
            Dtype::U32 => Self::U32(Vec::new()),
            Dtype::I32 => Self::I32(Vec::new()),
            Dtype::U64 => Self::U64(Vec::new()),
            Dtype::I64 => Self::I64(Vec::new()),
            Dtype::F32 => Self::F32(Vec::new()),
            Dtype::F64 => Self::F64(Vec::new()),
        }
    }

    /// The type of the samples.
    pub fn dtype(&self) -> Dtype {
        match self {
            Self::U8(_) => Dtype::U8,
            Self::I8(_) => Dtype::I8,
            Self::U16(_) => Dtype::U16,
            Self::I16(_) => Dtype::I16,
            Self::U32(_) => Dtype::U32,
            Self::I32(_) => Dtype::I32,
            Self::U64(_) => Dtype::U64,
            Self::I64(_) => Dtype::I64,
            Self::F32(_) => Dtype::F32,
            Self::F64(_) => Dtype::F64,
        }
    }
}

/// Evaluates `$body` with `$values` bound to the vector inside any [`Samples`].
macro_rules! with_samples {
    ($samples:expr, $values:ident => $body:expr) => {
        match $samples {
            $crate::io::raster::Samples::U8($values) => $body,
            $crate::io::raster::Samples::I8($values) => $body,
            $crate::io::raster::Samples::U16($values) => $body,
            $crate::io::raster::Samples::I16($values) => $body,
            $crate::io::raster::Samples::U32($values) => $body,
            $crate::io::raster::Samples::I32($values) => $body,
            $crate::io::raster::Samples::U64($values) => $body,
            $crate::io::raster::Samples::I64($values) => $body,
            $crate::io::raster::Samples::F32($values) => $body,
            $crate::io::raster::Samples::F64($values) => $body,
        }
    };
}
pub(crate) use with_samples;

/// What a file says of one band.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct BandInfo {
    /// Description, as written in the file (untrusted).
    pub description: Option<crate::text::Foreign>,
    /// Type of the samples.
    pub dtype: Dtype,
    /// The value that means "nothing here"; may be NaN.
    pub nodata: Option<f64>,
    /// Declared factor to physical values, if any.
    pub scale: Option<f64>,
    /// Declared summand to physical values, if any.
    pub offset: Option<f64>,
}

/// What a file says of itself, without a pixel read.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RasterInfo {
    /// Format and compression in the words of the field, such as `GTiff deflate`.
    pub format: String,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The grid, or why there is none (no reference system, rotated, ...).
    #[serde(serialize_with = "grid_or_reason")]
    pub grid: std::result::Result<Grid, String>,
    /// The reference system, where one could be read even though the grid could not.
    pub crs: Option<Crs>,
    /// The bands in order.
    pub bands: Vec<BandInfo>,
    /// Columns and rows of one decoded unit (tile or strip).
    pub chunk: (usize, usize),
    /// Columns and rows of each reduced-resolution level, largest first.
    pub overviews: Vec<(usize, usize)>,
    /// Other metadata items of the file, such as `TIFFTAG_DATETIME` (untrusted).
    pub metadata: Vec<(String, crate::text::Foreign)>,
}

fn grid_or_reason<S: serde::Serializer>(
    grid: &std::result::Result<Grid, String>,
    s: S,
) -> std::result::Result<S::Ok, S::Error> {
    use serde::Serialize;
    match grid {
        Ok(grid) => grid.serialize(s),
        Err(reason) => s.collect_map([("none", reason)]),
    }
}

impl RasterInfo {
    /// The grid of level `level`: 0 is full resolution, `n` the n-th overview. None where the file has no
    /// grid or no such level.
    pub fn level_grid(&self, level: usize) -> Option<Grid> {
        let full = self.grid.as_ref().ok()?;
        let Some(overview) = level.checked_sub(1) else { return Some(*full) };
        let (width, height) = *self.overviews.get(overview)?;
        let (dx, dy) = full.pixel();
        let pixel = (dx * full.width() as f64 / width as f64, dy * full.height() as f64 / height as f64);
        Grid::new(full.crs(), full.origin(), pixel, (width, height)).ok()
    }

    /// The grids of full resolution and of those overviews that the file says are means of whole pixels
    /// (`OVERVIEW_RESAMPLING=AVERAGE`, as GDAL's COG driver writes it), by level.
    pub fn means(&self) -> Vec<(usize, Grid)> {
        let says = |(key, value): &(String, crate::text::Foreign)| {
            key.trim_start_matches("IMAGE_STRUCTURE:") == "OVERVIEW_RESAMPLING" && value.raw() == "AVERAGE"
        };
        let levels = if self.metadata.iter().any(says) { self.overviews.len() } else { 0 };
        let whole = |(width, height): (usize, usize)| self.width % width.max(1) + self.height % height.max(1) == 0;
        let kept = (0..=levels).filter(|level| *level == 0 || self.overviews.get(level - 1).is_some_and(|s| whole(*s)));
        kept.filter_map(|level| Some((level, self.level_grid(level)?))).collect()
    }
}

/// A raster that can be read by window, from any thread.
pub trait Raster: Send + Sync {
    /// What the file says of itself.
    fn info(&self) -> &RasterInfo;

    /// Samples of `bands` (from zero) over `window` of level `level` (0 is full resolution,
    /// `n` the n-th of [`RasterInfo::overviews`]), one `Samples` a band, in the order asked for.
    /// Every chunk that the window touches is decoded once for all bands.
    ///
    /// # Errors
    /// `Usage` for a band, level or window outside the raster; `Malformed`, `Unsupported` or
    /// `Limit` placed at the chunk; `Environment` when the disk fails.
    fn read(&self, level: usize, bands: &[usize], window: Window) -> Result<Vec<Samples>>;

    /// As [`Raster::read`], into samples that were read before, whose memory is used again where it fits.
    ///
    /// # Errors
    /// As [`Raster::read`]; `into` then holds nothing of use.
    fn read_into(&self, level: usize, bands: &[usize], window: Window, into: &mut Vec<Samples>) -> Result<()> {
        *into = self.read(level, bands, window)?;
        Ok(())
    }

    /// The chunks of a level that reading `bands` over `window` touches: a number that names the chunk
    /// within the level, and its bytes on disk. Nothing is read. Empty where a format cannot tell.
    fn touched(&self, level: usize, bands: &[usize], window: Window) -> Vec<(u64, u64)> {
        let _ = (level, bands, window);
        Vec::new()
    }

    /// Offsets and lengths in the file of the chunks that such a reading touches. Nothing is read. Empty where a
    /// format cannot tell.
    fn extents(&self, level: usize, bands: &[usize], window: Window) -> Vec<Extent> {
        let _ = (level, bands, window);
        Vec::new()
    }

    /// The file on a server that this raster is read from; None for a local one.
    fn remote(&self) -> Option<&Arc<RemoteFile>> {
        None
    }

    /// Bytes read from disk so far, and chunks decoded so far.
    fn usage(&self) -> (u64, u64);
}

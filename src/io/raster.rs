//! What every raster reader offers: a description, and typed samples of a window.

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

    /// The chunks of full resolution that reading `bands` over `window` touches: a number that names the
    /// chunk within the file, and its bytes on disk. Nothing is read. Empty where a format cannot tell.
    fn touched(&self, bands: &[usize], window: Window) -> Vec<(u64, u64)> {
        let _ = (bands, window);
        Vec::new()
    }

    /// Bytes read from disk so far, and chunks decoded so far.
    fn usage(&self) -> (u64, u64);
}

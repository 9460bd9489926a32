//! What a layer is: grid, type, meaning of its values, how it is compressed and reduced.

use ndarray::ArrayView2;

use crate::error::{Error, Result};
use crate::geom::grid::Grid;
use crate::geom::window::Window;

/// The type of a layer's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Cell {
    U8,
    U16,
    I16,
    F32,
}

/// Cells of one window, rows by columns.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Cells<'a> {
    U8(ArrayView2<'a, u8>),
    U16(ArrayView2<'a, u16>),
    I16(ArrayView2<'a, i16>),
    F32(ArrayView2<'a, f32>),
}

/// How four cells become one of the next overview. Nodata cells do not count; four of them stay nodata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reduce {
    /// The mean; integers round half to even. Nodata should lie outside the range of the values.
    Average,
    /// The most frequent value, of several the lowest: for classes.
    Mode,
    /// No overviews.
    None,
}

/// How tiles are compressed. Integers are differenced first (TIFF predictor 2), floats split into bytes (predictor 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Codec {
    /// Not at all, without predictor.
    None,
    /// DEFLATE, level 0 to 12: read by everything.
    Deflate(u8),
    /// ZSTD, level 1 to 22: faster, read by GDAL 2.3 and newer.
    Zstd(u8),
}

impl Codec {
    /// ZSTD level 1.
    pub const FAST: Self = Self::Zstd(1);
    /// DEFLATE level 6.
    pub const COMMON: Self = Self::Deflate(6);
}

/// Everything that the file says of its one band.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Shape, place and reference system.
    pub grid: Grid,
    /// Type of the cells.
    pub dtype: Cell,
    /// The cell that means "nothing here"; must be a value of the type, NaN for floats allowed.
    /// NaN cells of floats never count as values, whatever stands here.
    pub nodata: Option<f64>,
    /// Factor from cell to physical value.
    pub scale: f64,
    /// Summand from cell to physical value, added after scaling.
    pub offset: f64,
    /// The band's description.
    pub description: String,
    /// The unit of the physical values.
    pub unit: Option<String>,
    /// Colours (red, green, blue, alpha) of cell values; only for [`Cell::U8`]. TIFF keeps no
    /// alpha: readers show the nodata value as transparent.
    pub palette: Option<Vec<(u8, [u8; 4])>>,
    /// Names of classes, written as band items `CATEGORY_<value>`.
    pub categories: Vec<(u8, String)>,
    /// How overviews are made.
    pub overviews: Reduce,
    /// How tiles are compressed.
    pub codec: Codec,
    /// Items of the file, such as `SIMULATED`. `TIFFTAG_SOFTWARE`, `TIFFTAG_DATETIME` and their
    /// like (ASCII) become TIFF tags as GDAL does it.
    pub metadata: Vec<(String, String)>,
    /// Side of a tile in pixels, a multiple of 16, at most 4096; 512 is usual.
    pub tile: usize,
}

impl Spec {
    /// A plain layer: 512-pixel tiles, ZSTD level 1, averaged overviews, scale 1, no nodata.
    pub fn new(grid: Grid, dtype: Cell, description: impl Into<String>) -> Self {
        Self {
            grid,
            dtype,
            nodata: None,
            scale: 1.0,
            offset: 0.0,
            description: description.into(),
            unit: None,
            palette: None,
            categories: Vec::new(),
            overviews: Reduce::Average,
            codec: Codec::FAST,
            metadata: Vec::new(),
            tile: 512,
        }
    }

    /// Refuses what no file can say.
    pub(super) fn check(&self) -> Result<()> {
        let refuse = |problem: String| Err(Error::usage(problem).at(format!("layer \"{}\"", self.description)));
        if self.tile == 0 || !self.tile.is_multiple_of(16) || self.tile > 4096 {
            return refuse(format!("a tile of {} pixels is no multiple of 16 up to 4096", self.tile));
        }
        if u32::try_from(self.grid.width().max(self.grid.height())).is_err() {
            return refuse("a side has more pixels than TIFF can count".into());
        }
        if self.palette.is_some() && self.dtype != Cell::U8 {
            return refuse("only layers of bytes can have a palette".into());
        }
        if !self.scale.is_finite() || self.scale == 0.0 || !self.offset.is_finite() {
            return refuse(format!("scale {} and offset {} make no values", self.scale, self.offset));
        }
        match self.codec {
            Codec::Deflate(level) if level > 12 => refuse(format!("DEFLATE has no level {level}; it has 0 to 12")),
            Codec::Zstd(level) if !(1..=22).contains(&level) => {
                refuse(format!("ZSTD has no level {level}; it has 1 to 22"))
            }
            _ => Ok(()),
        }
    }
}

/// Windows of at most `block` by `block` pixels that tile a raster of `width` by `height`, in
/// Z-order: with this order and blocks of one tile the writer keeps one open tile a level.
pub fn z_order(width: usize, height: usize, block: usize) -> Vec<Window> {
    let block = block.max(1);
    let mut corners: Vec<(usize, usize)> = (0..height.div_ceil(block))
        .flat_map(|down| (0..width.div_ceil(block)).map(move |across| (across, down)))
        .collect();
    corners.sort_by_key(|&(across, down)| spread(across) | spread(down) << 1);
    let whole = Window::whole(width, height);
    corners.into_iter().map(|(x, y)| Window::new(x * block, y * block, block, block).intersect(&whole)).collect()
}

/// The lower 32 bits moved apart, so that another number fits in between.
fn spread(number: usize) -> u64 {
    (0..32).fold(0, |sum, bit| sum | ((number as u64 >> bit) & 1) << (2 * bit))
}

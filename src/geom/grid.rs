//! A grid: shape, north-up affine and reference system, as one immutable value with an algebra.

use super::crs::Crs;
use super::window::Window;
use crate::error::{Error, Result};

/// A north-up raster grid. `x0`, `y0` is the outer corner of the north-western pixel, `dx` and
/// `dy` (both positive) are the pixel's width and height in units of the reference system.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Grid {
    crs: Crs,
    x0: f64,
    y0: f64,
    dx: f64,
    dy: f64,
    width: usize,
    height: usize,
}

impl Grid {
    /// A grid of `width` by `height` pixels whose north-western corner is (`x0`, `y0`).
    ///
    /// # Errors
    /// `Malformed` when a number is not finite, a pixel size is not positive, or a side is zero.
    pub fn new(crs: Crs, (x0, y0): (f64, f64), (dx, dy): (f64, f64), (width, height): (usize, usize)) -> Result<Self> {
        let sound = [x0, y0, dx, dy].iter().all(|value| value.is_finite()) && dx > 0.0 && dy > 0.0;
        if !sound {
            return Err(Error::malformed(format!(
                "the grid's corner ({x0}, {y0}) and pixel size ({dx}, {dy}) make no north-up grid"
            )));
        }
        if width == 0 || height == 0 {
            return Err(Error::malformed(format!("a grid of {width} by {height} pixels holds nothing")));
        }
        Ok(Self { crs, x0, y0, dx, dy, width, height })
    }

    /// The reference system.
    pub fn crs(&self) -> Crs {
        self.crs
    }

    /// The north-western corner, in units of the reference system.
    pub fn origin(&self) -> (f64, f64) {
        (self.x0, self.y0)
    }

    /// Pixel width and height, both positive, in units of the reference system.
    pub fn pixel(&self) -> (f64, f64) {
        (self.dx, self.dy)
    }

    /// Columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// All pixels as a window.
    pub fn window(&self) -> Window {
        Window::whole(self.width, self.height)
    }

    /// The grid of the pixels in `window`, which must lie inside.
    #[must_use]
    pub fn crop(&self, window: Window) -> Self {
        Self {
            x0: self.x0 + window.col as f64 * self.dx,
            y0: self.y0 - window.row as f64 * self.dy,
            width: window.width,
            height: window.height,
            ..*self
        }
    }

    /// Map coordinates of a pixel position; (0, 0) is the outer north-western corner and
    /// (0.5, 0.5) the centre of the first pixel.
    pub fn to_map(&self, col: f64, row: f64) -> (f64, f64) {
        (self.x0 + col * self.dx, self.y0 - row * self.dy)
    }

    /// Pixel position of map coordinates; the inverse of [`Grid::to_map`].
    pub fn to_pixel(&self, x: f64, y: f64) -> (f64, f64) {
        ((x - self.x0) / self.dx, (self.y0 - y) / self.dy)
    }

    /// GDAL's six numbers: x0, dx, 0, y0, 0, -dy.
    pub fn geotransform(&self) -> [f64; 6] {
        [self.x0, self.dx, 0.0, self.y0, 0.0, -self.dy]
    }
}

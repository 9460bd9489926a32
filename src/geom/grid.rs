//! A grid: shape, north-up affine and reference system, as one immutable value with an algebra.

use super::crs::Crs;
use super::ellipsoid;
use super::window::Window;
use crate::error::{Error, Result};

/// Pixels by which a float may miss a whole pixel when a box is snapped outwards.
const SNAP: f64 = 1e-6;
/// Pixels by which two grids may miss each other and still count as aligned.
pub(super) const ALIGNED: f64 = 1e-3;

/// A box in units of some reference system, `west <= east` and `south <= north`.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[allow(missing_docs)]
pub struct Bounds {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {} by {} to {}", self.west, self.east, self.south, self.north)
    }
}

impl Bounds {
    /// The smallest box around `points`; None without a point or with one that is not finite.
    pub fn around(points: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let mut points = points.into_iter();
        let (x, y) = points.next()?;
        let first = Self { west: x, south: y, east: x, north: y };
        let all = points.fold(first, |b, (x, y)| Self {
            west: least(b.west, x),
            south: least(b.south, y),
            east: -least(-b.east, -x),
            north: -least(-b.north, -y),
        });
        [all.west, all.south, all.east, all.north].iter().all(|side| side.is_finite()).then_some(all)
    }

    /// The box around both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }

    /// What lies in both, if anything does.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        self.meets(other).then(|| Self {
            west: self.west.max(other.west),
            south: self.south.max(other.south),
            east: self.east.min(other.east),
            north: self.north.min(other.north),
        })
    }

    /// Whether the boxes share a point.
    pub fn meets(&self, other: &Self) -> bool {
        self.west <= other.east && other.west <= self.east && self.south <= other.north && other.south <= self.north
    }
}

/// The lesser number; NaN wins, so that it is not lost on the way.
fn least(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }
}

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

    /// The outer edges.
    pub fn bounds(&self) -> Bounds {
        let (east, south) = self.to_map(self.width as f64, self.height as f64);
        Bounds { west: self.x0, south, east, north: self.y0 }
    }

    /// Map coordinates of the middle.
    pub fn centre(&self) -> (f64, f64) {
        self.to_map(self.width as f64 / 2.0, self.height as f64 / 2.0)
    }

    /// The pixels that a box (same reference system) touches, snapped outwards, where less than
    /// 1e-6 pixel does not count, and cut at the grid. None when nothing is left.
    pub fn window_of(&self, bounds: &Bounds) -> Option<Window> {
        let (left, top) = self.to_pixel(bounds.west, bounds.north);
        let (right, bottom) = self.to_pixel(bounds.east, bounds.south);
        let (col, end) = snapped(left, right, self.width)?;
        let (row, low) = snapped(top, bottom, self.height)?;
        Some(Window::new(col, row, end - col, low - row))
    }

    /// The grid grown by `pixels` on every side.
    #[must_use]
    pub fn pad(&self, pixels: usize) -> Self {
        let (x0, y0) = self.to_map(-(pixels as f64), -(pixels as f64));
        let grown = |side: usize| side.saturating_add(pixels.saturating_mul(2));
        Self { x0, y0, width: grown(self.width), height: grown(self.height), ..*self }
    }

    /// The grid whose pixels are `factor` by `factor` of these, from the same corner. The last
    /// column and row may reach beyond the edge.
    ///
    /// # Errors
    /// `Usage` for the factor 0.
    pub fn coarsened(&self, factor: usize) -> Result<Self> {
        if factor == 0 {
            return Err(Error::usage("a grid cannot be coarsened by the factor 0"));
        }
        let (dx, dy) = (self.dx * factor as f64, self.dy * factor as f64);
        let size = (self.width.div_ceil(factor), self.height.div_ceil(factor));
        Self::new(self.crs, (self.x0, self.y0), (dx, dy), size)
    }

    /// The grid that has `factor` by `factor` pixels in each of these.
    ///
    /// # Errors
    /// `Usage` for the factor 0 or one that no grid can hold.
    pub fn refined(&self, factor: usize) -> Result<Self> {
        let size = self.width.checked_mul(factor).zip(self.height.checked_mul(factor));
        let size = size.filter(|_| factor > 0);
        let size = size.ok_or_else(|| Error::usage(format!("a grid cannot be refined by the factor {factor}")))?;
        let (dx, dy) = (self.dx / factor as f64, self.dy / factor as f64);
        Self::new(self.crs, (self.x0, self.y0), (dx, dy), size)
    }

    /// Whether the pixels of both grids coincide wherever both have some: same reference system
    /// and pixel size, and whole pixels apart, to 1e-3 pixel over the extent of both.
    pub fn is_aligned(&self, other: &Self) -> bool {
        self.offset_of(other).is_some()
    }

    /// The pixels that both have, as a grid on this one's corner; None when there are none.
    ///
    /// # Errors
    /// `Mismatch` when the grids are not aligned.
    pub fn intersect(&self, other: &Self) -> Result<Option<Self>> {
        let (col, row) = self.offset_of(other).ok_or_else(|| {
            Error::mismatch(format!("the grids ({self}) and ({other}) are not aligned, so they share no pixels"))
        })?;
        let (left, top) = (col.max(0.0), row.max(0.0));
        let right = (col + other.width as f64).min(self.width as f64);
        let bottom = (row + other.height as f64).min(self.height as f64);
        if left >= right || top >= bottom {
            return Ok(None);
        }
        let window = Window::new(left as usize, top as usize, (right - left) as usize, (bottom - top) as usize);
        Ok(Some(self.crop(window)))
    }

    /// Column and row of the other's corner, whole numbers, if the grids are aligned.
    fn offset_of(&self, other: &Self) -> Option<(f64, f64)> {
        if self.crs != other.crs {
            return None;
        }
        let (col, row) = self.to_pixel(other.x0, other.y0);
        let whole = (col.round(), row.round());
        let extent = (self.width.max(other.width) as f64, self.height.max(other.height) as f64);
        let drift = ((other.dx / self.dx - 1.0) * extent.0, (other.dy / self.dy - 1.0) * extent.1);
        let near = |miss: f64, drift: f64| miss.abs() <= ALIGNED && (miss + drift).abs() <= ALIGNED;
        (near(col - whole.0, drift.0) && near(row - whole.1, drift.1)).then_some(whole)
    }

    /// Width and height of a pixel in metres on the ground, at the grid's centre. Degrees and
    /// EPSG:3857 go through the ellipsoid's radii of curvature (Snyder 1987, equations 4-18 and
    /// 4-20); UTM and 3035 are taken at their word (UTM is right to 0.1 %, 3035 to 3 % within
    /// Europe, where it keeps areas and not lengths).
    pub fn pixel_metres(&self) -> (f64, f64) {
        let (_, y) = self.centre();
        match self.crs {
            Crs::WGS84 => {
                let (east, north) = ellipsoid::metres_per_radian(y.clamp(-90.0, 90.0));
                (east * self.dx.to_radians(), north * self.dy.to_radians())
            }
            Crs::WEB_MERCATOR => {
                let lat = ellipsoid::web_mercator_latitude(y);
                let (east, north) = ellipsoid::metres_per_radian(lat);
                // On the sphere a radian of latitude is A / cos(lat) units, one of longitude A.
                (east * self.dx / ellipsoid::A, north * lat.to_radians().cos() * self.dy / ellipsoid::A)
            }
            _ => (self.dx, self.dy),
        }
    }

    /// Ground area in hectares of a pixel of `row`. Degrees and EPSG:3857: the exact band of the
    /// ellipsoid between the row's parallels (Snyder 1987, equation 3-12). EPSG:3035 keeps
    /// areas: width times height. UTM: width times height over the squared scale, averaged over
    /// the row, because UTM shows areas 0.08 % too small on the central meridian and up to 0.2 %
    /// too large at the zone's edge; with it sums of pixels agree with geodesic areas to 1e-5.
    pub fn pixel_hectares(&self, row: usize) -> f64 {
        let (_, north) = self.to_map(0.0, row as f64);
        let (_, south) = self.to_map(0.0, row as f64 + 1.0);
        let metres2 = match self.crs {
            Crs::WGS84 => ellipsoid::band_area(south, north, self.dx),
            Crs::WEB_MERCATOR => {
                let (south, north) = (ellipsoid::web_mercator_latitude(south), ellipsoid::web_mercator_latitude(north));
                ellipsoid::band_area(south, north, (self.dx / ellipsoid::A).to_degrees())
            }
            Crs::EUROPE => self.dx * self.dy,
            _ => self.dx * self.dy * ellipsoid::utm_ground(self.x0, self.bounds().east),
        };
        metres2 / 1e4
    }
}

impl std::fmt::Display for Grid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { crs, x0, y0, dx, dy, width, height } = self;
        write!(f, "{crs}, {width} x {height} pixels of {dx} x {dy} from {x0}, {y0}")
    }
}

/// The whole pixels of `0..size` that `from..to` touches.
fn snapped(from: f64, to: f64, size: usize) -> Option<(usize, usize)> {
    if !(from.is_finite() && to.is_finite()) {
        return None;
    }
    // A cast from float to integer saturates, so what lies outside is cut.
    let start = (from + SNAP).floor().max(0.0) as usize;
    let end = ((to - SNAP).ceil().max(0.0) as usize).min(size);
    (start < end).then_some((start, end))
}

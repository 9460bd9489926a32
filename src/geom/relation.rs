//! The exact plan between two grids: what has to happen to a source's pixels to stand on the
//! work grid, decided before any of them is read.

use std::fmt;

use super::crs::Transform;
use super::grid::{ALIGNED, Grid};
use super::window::Window;
use crate::error::Result;

/// How a source's pixels come onto the work grid. Pixel positions are those of
/// [`Grid::to_pixel`]: whole numbers are edges, and halves are centres.
#[derive(Debug, Clone, PartialEq)]
pub enum Relation {
    /// The grids are aligned: work pixel (c, r) is source pixel (c + `col`, r + `row`).
    Copy {
        /// Source column of the work grid's first.
        col: i64,
        /// Source row of the work grid's first.
        row: i64,
    },
    /// Work pixel (c, r) is the block of `factor_x` by `factor_y` source pixels that begins at
    /// (`col` + c `factor_x`, `row` + r `factor_y`).
    Average {
        /// Source columns in a work pixel.
        factor_x: usize,
        /// Source rows in a work pixel.
        factor_y: usize,
        /// Source column of the work grid's western edge.
        col: i64,
        /// Source row of the work grid's northern edge.
        row: i64,
    },
    /// Work pixel (c, r) lies in source pixel ((c + `col`) / `factor_x`, (r + `row`) / `factor_y`),
    /// rounded down.
    Refine {
        /// Work columns in a source pixel.
        factor_x: usize,
        /// Work rows in a source pixel.
        factor_y: usize,
        /// Work columns between the source's western edge and the work grid's.
        col: i64,
        /// Work rows between the source's northern edge and the work grid's.
        row: i64,
    },
    /// The same reference system at another phase or ratio: work position (x, y) is source
    /// position (`offset.0` + x `scale.0`, `offset.1` + y `scale.1`).
    Shift {
        /// Source pixels in a work pixel, across and down.
        scale: (f64, f64),
        /// Source position of the work grid's corner.
        offset: (f64, f64),
    },
    /// Another reference system.
    Reproject {
        /// From the work grid's system to the source's.
        transform: Transform,
    },
    /// The grids do not meet.
    Disjoint,
}

impl Relation {
    /// What lies between the `work` grid and a `source`. Offsets and ratios count as whole when
    /// they are so to 1e-3 pixel at both ends of the work grid, so the last digits of a file's
    /// numbers do not turn a copy into a resampling. Grids of degrees or EPSG:3857 also meet
    /// when they lie whole turns of the earth apart.
    ///
    /// # Errors
    /// `Bug` when a reference system has no usable definition.
    pub fn between(work: &Grid, source: &Grid) -> Result<Self> {
        if work.crs() == source.crs() {
            return Ok(Self::in_one_system(work, source));
        }
        let reproject = Self::Reproject { transform: Transform::new(work.crs(), source.crs())? };
        let meets = reproject.source_window(work, source, work.window()).is_some();
        Ok(if meets { reproject } else { Self::Disjoint })
    }

    /// The same for a source that also keeps coarser copies of itself, each pixel the mean of whole finer
    /// ones: the coarsest of the grids from which no more than whole pixels need to be copied or averaged, by
    /// its place in `means`. The first of them is the source itself.
    ///
    /// # Errors
    /// As [`Relation::between`]; `Bug` when there is no grid at all.
    pub fn from_means(work: &Grid, means: &[Grid]) -> Result<(usize, Self)> {
        let first = means.first().ok_or_else(|| crate::error::Error::bug("a source without a grid"))?;
        let own = Self::between(work, first)?;
        let whole = |relation: &Self| matches!(relation, Self::Copy { .. } | Self::Average { .. });
        if matches!(own, Self::Average { .. }) {
            for (place, grid) in means.iter().enumerate().skip(1).rev() {
                let relation = Self::between(work, grid)?;
                if whole(&relation) {
                    return Ok((place, relation));
                }
            }
        }
        Ok((0, own))
    }

    fn in_one_system(work: &Grid, source: &Grid) -> Self {
        let (centre, (x0, y0)) = (work.centre().0, work.origin());
        let turned = work.crs().turned_towards(centre, source.centre().0) - centre;
        let offset = source.to_pixel(x0 + turned, y0);
        let scale = (work.pixel().0 / source.pixel().0, work.pixel().1 / source.pixel().1);
        let across = Lane::of(offset.0, scale.0, work.width(), source.width());
        let down = Lane::of(offset.1, scale.1, work.height(), source.height());
        match (across, down) {
            (Lane::Apart, _) | (_, Lane::Apart) => Self::Disjoint,
            (Lane::Down(1, col), Lane::Down(1, row)) => Self::Copy { col, row },
            (Lane::Down(factor_x, col), Lane::Down(factor_y, row)) => Self::Average { factor_x, factor_y, col, row },
            (Lane::Up(factor_x, col), Lane::Up(factor_y, row))
            | (Lane::Up(factor_x, col), Lane::Down(factor_y @ 1, row))
            | (Lane::Down(factor_x @ 1, col), Lane::Up(factor_y, row)) => Self::Refine { factor_x, factor_y, col, row },
            _ => Self::Shift { scale, offset },
        }
    }

    /// The position in source pixels of a position in work pixels; None where there is none.
    /// Exact: no approximation of a reprojection.
    pub fn position(&self, work: &Grid, source: &Grid, col: f64, row: f64) -> Option<(f64, f64)> {
        match self {
            Self::Copy { col: left, row: top } => Some((col + *left as f64, row + *top as f64)),
            Self::Average { factor_x, factor_y, col: left, row: top } => {
                Some((*left as f64 + col * *factor_x as f64, *top as f64 + row * *factor_y as f64))
            }
            Self::Refine { factor_x, factor_y, col: left, row: top } => {
                Some(((col + *left as f64) / *factor_x as f64, (row + *top as f64) / *factor_y as f64))
            }
            Self::Shift { scale, offset } => Some((offset.0 + col * scale.0, offset.1 + row * scale.1)),
            Self::Reproject { transform } => {
                let (x, y) = work.to_map(col, row);
                let (x, y) = transform.point(x, y)?;
                Some(source.to_pixel(source.crs().turned_towards(x, source.centre().0), y))
            }
            Self::Disjoint => None,
        }
    }

    /// The source pixels that the work pixels of `window` draw on, cut at the source: with one
    /// pixel of halo where values are interpolated (`Refine`, `Shift`), two for `Reproject`,
    /// where the position itself is good to less than one. None when nothing is left.
    pub fn source_window(&self, work: &Grid, source: &Grid, window: Window) -> Option<Window> {
        if window.is_empty() {
            return None;
        }
        let halo = match self {
            Self::Disjoint => return None,
            Self::Reproject { .. } => return self.reprojected_window(work, source, window),
            Self::Copy { .. } | Self::Average { .. } => 0.0,
            Self::Refine { .. } | Self::Shift { .. } => 1.0,
        };
        let (left, top) = self.position(work, source, window.col as f64, window.row as f64)?;
        let (right, bottom) = self.position(work, source, window.right() as f64, window.bottom() as f64)?;
        grown_and_cut((left, top, right, bottom), halo, source)
    }

    /// The box around the images of the window's outline, every 16 pixels. Where part of the
    /// outline has no image, or a pole lies within, the box says nothing: all of the source.
    fn reprojected_window(&self, work: &Grid, source: &Grid, window: Window) -> Option<Window> {
        let outline = outline(window);
        let images: Vec<_> = outline.iter().filter_map(|&(c, r)| self.position(work, source, c, r)).collect();
        if images.is_empty() {
            return None;
        }
        if images.len() < outline.len() || holds_a_pole(&work.crop(window)) {
            return Some(source.window());
        }
        let b = super::grid::Bounds::around(images)?;
        grown_and_cut((b.west, b.south, b.east, b.north), 2.0, source)
    }
}

/// One axis of two grids in the same system.
enum Lane {
    /// A work pixel is so many source pixels, from this source pixel on.
    Down(usize, i64),
    /// A source pixel is so many work pixels; the work grid begins this many behind its edge.
    Up(usize, i64),
    /// No whole numbers.
    Free,
    /// The extents do not meet.
    Apart,
}

impl Lane {
    /// `offset` + `scale` times a work position is the source position; `work` and `source` are
    /// the sizes in pixels.
    fn of(offset: f64, scale: f64, work: usize, source: usize) -> Self {
        let (length, end) = (work as f64, offset + scale * work as f64);
        if end <= ALIGNED || offset >= source as f64 - ALIGNED {
            return Self::Apart;
        }
        let near = |whole_offset: f64, whole_end: f64| {
            (offset - whole_offset).abs() <= ALIGNED && (end - whole_end).abs() <= ALIGNED
        };
        let (factor, first) = (scale.round(), offset.round());
        if factor >= 1.0 && near(first, first + factor * length) {
            return Self::Down(factor as usize, first as i64);
        }
        let (factor, first) = ((1.0 / scale).round(), (offset / scale).round());
        if factor >= 2.0 && near(first / factor, (first + length) / factor) {
            return Self::Up(factor as usize, first as i64);
        }
        Self::Free
    }
}

/// The box (left, top, right, bottom in source pixels) grown by `halo` and cut at the source;
/// None when it is empty. Half a millipixel of noise at an edge does not add a pixel.
fn grown_and_cut((left, top, right, bottom): (f64, f64, f64, f64), halo: f64, source: &Grid) -> Option<Window> {
    let (col, end) = lane_cut(left, right, halo, source.width())?;
    let (row, low) = lane_cut(top, bottom, halo, source.height())?;
    Some(Window::new(col, row, end - col, low - row))
}

fn lane_cut(from: f64, to: f64, halo: f64, size: usize) -> Option<(usize, usize)> {
    let noise = ALIGNED / 2.0;
    let start = ((from + noise).floor() - halo).max(0.0) as usize;
    let end = (((to - noise).ceil() + halo).max(0.0) as usize).min(size);
    (start < end).then_some((start, end))
}

/// Positions along the outer edge of a window, at most 16 pixels apart, at least 33 a side.
fn outline(window: Window) -> Vec<(f64, f64)> {
    let (left, top) = (window.col as f64, window.row as f64);
    let (width, height) = (window.width as f64, window.height as f64);
    let (across, down) = (window.width.div_ceil(16).max(32), window.height.div_ceil(16).max(32));
    let mut points = Vec::with_capacity(2 * (across + down) + 4);
    for i in 0..=across {
        let x = left + width * i as f64 / across as f64;
        points.extend([(x, top), (x, top + height)]);
    }
    for i in 0..=down {
        let y = top + height * i as f64 / down as f64;
        points.extend([(left, y), (left + width, y)]);
    }
    points
}

/// Whether a pole lies on the grid (only where a pole is a point: not in degrees or 3857).
fn holds_a_pole(grid: &Grid) -> bool {
    let Ok(transform) = Transform::new(super::crs::Crs::WGS84, grid.crs()) else { return true };
    let (b, closes) = (grid.bounds(), grid.crs().turn().is_some());
    let held = |(x, y): (f64, f64)| x >= b.west && x <= b.east && y >= b.south && y <= b.north;
    !closes && [90.0, -90.0].into_iter().any(|lat| transform.point(0.0, lat).is_some_and(held))
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Copy { col: 0, row: 0 } => f.write_str("copied"),
            Self::Copy { col, row } => write!(f, "copied, {} and {}", inwards(*col, "column"), inwards(*row, "row")),
            Self::Average { factor_x, factor_y, .. } => write!(f, "averaged {factor_x} x {factor_y}"),
            Self::Refine { factor_x, factor_y, .. } => write!(f, "refined {factor_x} x {factor_y}"),
            Self::Shift { scale, offset } if (scale.0 - 1.0).abs() < 1e-6 && (scale.1 - 1.0).abs() < 1e-6 => {
                let (x, y) = (offset.0 - (offset.0 - 0.5).ceil(), offset.1 - (offset.1 - 0.5).ceil());
                write!(f, "resampled bilinearly, shifted by {x:.2}, {y:.2} px")
            }
            Self::Shift { scale: (x, y), .. } => {
                write!(f, "resampled bilinearly, {x:.3} x {y:.3} source pixels in a pixel")
            }
            Self::Reproject { transform } => {
                write!(f, "reprojected {} -> {}, bilinear", transform.to(), transform.from())
            }
            Self::Disjoint => f.write_str("not covered"),
        }
    }
}

/// "12 columns in", or "12 columns before the edge".
fn inwards(count: i64, noun: &str) -> String {
    let plural = if count.abs() == 1 { "" } else { "s" };
    let where_to = if count < 0 { "before the edge" } else { "in" };
    format!("{} {noun}{plural} {where_to}", count.unsigned_abs())
}

//! The plan: the grid that both dates meet on, how every scene comes to it, the blocks and what they cost.
//! A value that can be printed before any pixel is read.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;
use crate::geom::crs::{Crs, Transform};
use crate::geom::grid::{Bounds, Grid};
use crate::geom::relation::Relation;
use crate::geom::runs::Runs;
use crate::geom::window::Window;
use crate::limits::Limits;
use crate::recipe::Recipe;

/// Before or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Side {
    Before,
    After,
}

impl Side {
    /// Both sides in order.
    pub const BOTH: [Self; 2] = [Self::Before, Self::After];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// One raster of a scene that the line will read.
#[derive(Debug, Clone)]
pub struct Source {
    /// Before or after.
    pub side: Side,
    /// The scene, as the user named it.
    pub scene: String,
    /// The bands wanted from it, in words.
    pub bands: Vec<&'static str>,
    /// Its grid.
    pub grid: Grid,
    /// Its grid, and those of its overviews that hold means, largest first.
    pub means: Vec<Grid>,
    /// Columns and rows of one decoded unit.
    pub chunk: (usize, usize),
    /// Whether it sets the pixel size of the work grid.
    pub leads: bool,
}

/// How one raster comes to the work grid.
#[derive(Debug, Clone)]
pub struct Step {
    /// Before or after.
    pub side: Side,
    /// The scene, as the user named it.
    pub scene: String,
    /// The bands wanted from it.
    pub bands: Vec<&'static str>,
    /// The exact way.
    pub relation: Relation,
    /// Which of the source's grids of means it starts from; 0 is full resolution.
    pub level: usize,
}

impl Step {
    /// The way in words.
    pub fn way(&self) -> String {
        match self.level {
            0 => self.relation.to_string(),
            _ => format!("{} from its own overview of means", self.relation),
        }
    }
}

/// What will be done, before any pixel is read.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The grid of every layer.
    pub grid: Grid,
    /// The area of interest on that grid.
    pub aoi: Runs,
    /// Ground area of the AOI in hectares, on that grid.
    pub aoi_ha: f64,
    /// How every source comes to the grid, in the order given.
    pub steps: Vec<Step>,
    /// Blocks in the order of work; they tile the grid.
    pub blocks: Vec<Window>,
    /// Columns and rows of a block.
    pub block: (usize, usize),
}

/// Pixels of a block when nothing asks for another size.
const BLOCK: usize = 512;

impl Plan {
    /// Lays the plan for `sources` over `aoi` (or all that both sides cover).
    ///
    /// # Errors
    /// `Mismatch` when the sides do not overlap, the AOI lies outside, or resampling is needed but the
    /// recipe refuses it; `Usage` for an AOI below one pixel; `Limit` for a grid that is too large.
    pub fn new(
        sources: &[Source],
        aoi: Option<&Aoi>,
        recipe: &Recipe,
        block: Option<usize>,
        limits: &Limits,
    ) -> Result<Self> {
        let lead = sources.iter().find(|source| source.leads).or(sources.first());
        let lead = lead.ok_or_else(|| Error::bug("a plan without a source"))?;
        let lattice = resized(&lead.grid, recipe.grid.resolution)?;
        let frame = match aoi {
            Some(aoi) => aoi_frame(aoi, &lattice, limits)?,
            None => common_frame(sources, &lattice, limits)?,
        };
        let (grid, runs) = match aoi {
            Some(aoi) => cropped(&frame, aoi)?,
            None => (frame, Runs::full(frame.width() as u32, frame.height() as u32)),
        };
        let steps = steps(sources, &grid, recipe)?;
        let block = block.map_or_else(|| block_shape(lead, &grid), |side| (side, side));
        let blocks = blocks(&grid, block, anchor(lead, &grid, block));
        let aoi_ha = area_ha(&grid, &runs);
        Ok(Self { grid, aoi: runs, aoi_ha, steps, blocks, block })
    }

    /// Blocks that hold a pixel of the AOI.
    pub fn blocks_inside(&self) -> usize {
        self.blocks.iter().filter(|window| self.aoi.in_window(**window).next().is_some()).count()
    }
}

/// Ground area of a mask in hectares, row by row.
pub fn area_ha(grid: &Grid, runs: &Runs) -> f64 {
    runs.as_slice().iter().map(|run| f64::from(run.len()) * grid.pixel_hectares(run.row as usize)).sum()
}

/// The lead's grid at the wanted pixel size.
fn resized(grid: &Grid, resolution: Option<f64>) -> Result<Grid> {
    let Some(size) = resolution else { return Ok(*grid) };
    let (dx, dy) = grid.pixel();
    let (width, height) = (grid.width() as f64 * dx / size, grid.height() as f64 * dy / size);
    if !(width >= 1.0 && height >= 1.0 && width < 1e7 && height < 1e7) {
        return Err(Error::usage(format!("a resolution of {size} does not suit a raster with pixels of {dx} by {dy}"))
            .hint("the resolution is in units of the reference system: metres for UTM, degrees for EPSG:4326"));
    }
    Grid::new(grid.crs(), grid.origin(), (size, size), (width.round() as usize, height.round() as usize))
}

/// The lattice of `grid`, extended or cut to cover `bounds`, by whole pixels.
fn framed(grid: &Grid, bounds: &Bounds, limits: &Limits) -> Result<Grid> {
    const TOLERANCE: f64 = 1e-3;
    let (left, top) = grid.to_pixel(bounds.west, bounds.north);
    let (right, bottom) = grid.to_pixel(bounds.east, bounds.south);
    let (left, top) = ((left + TOLERANCE).floor(), (top + TOLERANCE).floor());
    let (width, height) = ((right - TOLERANCE).ceil() - left, (bottom - TOLERANCE).ceil() - top);
    if !(width >= 1.0 && height >= 1.0) {
        return Err(Error::mismatch("nothing is left of the area on the grid of the scenes"));
    }
    if width * height > limits.raster_pixels as f64 {
        return Err(Error::limit(format!("a grid of {width} by {height} pixels is too large"))
            .hint("give a smaller area with --aoi or --bbox, or a coarser --resolution"));
    }
    let origin = grid.to_map(left, top);
    Grid::new(grid.crs(), origin, grid.pixel(), (width as usize, height as usize))
}

/// The bounds of a grid in another reference system, its edges followed in small steps.
fn bounds_in(grid: &Grid, crs: Crs) -> Result<Bounds> {
    let bounds = grid.bounds();
    if grid.crs() == crs { Ok(bounds) } else { projected(&bounds, grid.crs(), crs) }
}

/// The box around a box, seen from another reference system.
fn projected(bounds: &Bounds, from: Crs, to: Crs) -> Result<Bounds> {
    const STEPS: usize = 32;
    let transform = Transform::new(from, to)?;
    let along = |low: f64, high: f64, step: usize| low + (high - low) * step as f64 / STEPS as f64;
    let edge = (0..=STEPS).flat_map(|step| {
        let (x, y) = (along(bounds.west, bounds.east, step), along(bounds.south, bounds.north, step));
        [(x, bounds.south), (x, bounds.north), (bounds.west, y), (bounds.east, y)]
    });
    let points: Vec<(f64, f64)> = edge.filter_map(|(x, y)| transform.point(x, y)).collect();
    if points.is_empty() {
        return Err(Error::mismatch(format!("the area cannot be expressed in {to}")));
    }
    let (low, high) = (f64::INFINITY, f64::NEG_INFINITY);
    Ok(points.iter().fold(Bounds { west: low, south: low, east: high, north: high }, |b, (x, y)| Bounds {
        west: b.west.min(*x),
        south: b.south.min(*y),
        east: b.east.max(*x),
        north: b.north.max(*y),
    }))
}

/// The pixels of an AOI on the lattice of a grid, which need not reach over all of it.
///
/// # Errors
/// `Usage` for an AOI that covers the centre of no pixel, `Mismatch` and `Limit` for one that cannot be expressed there.
pub fn area_on(aoi: &Aoi, lattice: &Grid, limits: &Limits) -> Result<(Grid, Runs)> {
    cropped(&aoi_frame(aoi, lattice, limits)?, aoi)
}

/// The lattice over an AOI.
fn aoi_frame(aoi: &Aoi, lattice: &Grid, limits: &Limits) -> Result<Grid> {
    let boxes = aoi.bounds().into_iter().map(|bounds| projected(&bounds, Crs::WGS84, lattice.crs()));
    let around = boxes.collect::<Result<Vec<_>>>()?.into_iter().reduce(|a, b| a.union(&b));
    let around = around.ok_or_else(|| Error::usage("the AOI is empty"))?;
    framed(lattice, &around, limits)
}

/// The lattice over what both sides cover.
fn common_frame(sources: &[Source], lattice: &Grid, limits: &Limits) -> Result<Grid> {
    let covered = |side: Side| -> Result<Bounds> {
        let grids = sources.iter().filter(|source| source.side == side);
        let boxes = grids.map(|source| {
            bounds_in(&source.grid, lattice.crs()).map_err(|error| {
                error
                    .at(&source.scene)
                    .hint("its grid lies nowhere near the others': check its reference system and corner")
            })
        });
        let boxes = boxes.collect::<Result<Vec<_>>>()?;
        boxes.into_iter().reduce(|a, b| a.union(&b)).ok_or_else(|| Error::bug("a side without a scene"))
    };
    let (before, after) = (covered(Side::Before)?, covered(Side::After)?);
    let common = before.intersection(&after).ok_or_else(|| {
        let mut names: Vec<&str> = sources.iter().map(|source| &*source.scene).collect();
        names.dedup();
        Error::mismatch(format!("the before and after scenes do not overlap ({before} and {after})"))
            .at(names.join(", "))
            .hint("check with 'groundtell inspect' that both are of the same place")
    })?;
    framed(lattice, &common, limits)
}

/// The frame cut to the pixels of the AOI.
fn cropped(frame: &Grid, aoi: &Aoi) -> Result<(Grid, Runs)> {
    let runs = aoi.runs_on(frame)?;
    let Some(window) = runs.bounding_window() else {
        return Err(Error::usage(format!("the AOI ({:.4} ha) covers the centre of no pixel", aoi.area_ha()))
            .hint("draw it larger: one pixel is the least that can be measured"));
    };
    let grid = frame.crop(window);
    let moved = runs.as_slice().iter().map(|run| crate::geom::runs::Run {
        row: run.row - window.row as u32,
        start: run.start - window.col as u32,
        end: run.end - window.col as u32,
    });
    Ok((grid, Runs::from_unsorted(window.width as u32, window.height as u32, moved.collect())))
}

/// How every source comes to the grid.
fn steps(sources: &[Source], grid: &Grid, recipe: &Recipe) -> Result<Vec<Step>> {
    let mut steps = Vec::with_capacity(sources.len());
    for source in sources {
        let (level, relation) = Relation::from_means(grid, &source.means).map_err(|error| error.at(&source.scene))?;
        let resampled = matches!(relation, Relation::Shift { .. } | Relation::Reproject { .. });
        if resampled && !recipe.grid.resample {
            return Err(Error::mismatch(format!("is on another grid ({relation})"))
                .at(&source.scene)
                .hint("set grid.resample=true to resample it, or warp it beforehand with gdalwarp -tap"));
        }
        let (scene, bands) = (source.scene.clone(), source.bands.clone());
        steps.push(Step { side: source.side, scene, bands, relation, level });
    }
    for side in Side::BOTH {
        let meets = |step: &Step| step.side == side && !matches!(step.relation, Relation::Disjoint);
        if !steps.iter().any(meets) {
            let mut names: Vec<&str> = steps.iter().filter(|step| step.side == side).map(|step| &*step.scene).collect();
            names.dedup();
            return Err(Error::mismatch(format!("the area lies outside every {} scene", side.word()))
                .at(names.join(", "))
                .hint("compare the area with 'groundtell inspect SCENE'; GeoJSON wants longitude before latitude"));
        }
    }
    Ok(steps)
}

/// A block that suits the chunks of the lead: whole tiles near 512 px, or a stretch of whole strips.
fn block_shape(lead: &Source, grid: &Grid) -> (usize, usize) {
    let (factor_x, factor_y) = (lead.grid.pixel().0 / grid.pixel().0, lead.grid.pixel().1 / grid.pixel().1);
    let striped = lead.chunk.0 >= lead.grid.width() && lead.grid.width() > 2 * BLOCK;
    if striped {
        let rows = (BLOCK * BLOCK / grid.width().max(1)).max(16);
        let strip = (lead.chunk.1 as f64 * factor_y).round().max(1.0) as usize;
        return (grid.width(), rows.div_ceil(strip) * strip);
    }
    let fit = |chunk: usize, factor: f64| {
        let side = (chunk as f64 * factor).round() as usize;
        if side == 0 || side > 2 * BLOCK { BLOCK } else { side * (BLOCK / side).max(1) }
    };
    (fit(lead.chunk.0, factor_x), fit(lead.chunk.1, factor_y))
}

/// Where the lead's chunk lattice starts on the grid: columns and rows of the first, partial block.
fn anchor(lead: &Source, grid: &Grid, block: (usize, usize)) -> (usize, usize) {
    if lead.grid.crs() != grid.crs() {
        return (0, 0);
    }
    let (col, row) = grid.to_pixel(lead.grid.origin().0, lead.grid.origin().1);
    let phase = |at: f64, side: usize| (at.round() as i64).rem_euclid(side as i64) as usize;
    (phase(col, block.0), phase(row, block.1))
}

/// Blocks that tile the grid, first partial by the anchor, in Z-order (so that few overview tiles wait).
fn blocks(grid: &Grid, block: (usize, usize), anchor: (usize, usize)) -> Vec<Window> {
    let cols = cuts(grid.width(), block.0, anchor.0);
    let rows = cuts(grid.height(), block.1, anchor.1);
    let mut order: Vec<(u64, Window)> = Vec::with_capacity(cols.len() * rows.len());
    for (j, (row, height)) in rows.iter().enumerate() {
        for (i, (col, width)) in cols.iter().enumerate() {
            order.push((interleaved(i as u32, j as u32), Window::new(*col, *row, *width, *height)));
        }
    }
    order.sort_unstable_by_key(|(key, _)| *key);
    order.into_iter().map(|(_, window)| window).collect()
}

/// Starts and lengths that cut `length` into pieces of `side`, the first ending at `anchor`.
fn cuts(length: usize, side: usize, anchor: usize) -> Vec<(usize, usize)> {
    let mut pieces = Vec::new();
    let mut from = 0;
    let mut to = if anchor == 0 { side } else { anchor };
    while from < length {
        pieces.push((from, to.min(length) - from));
        (from, to) = (to, to + side);
    }
    pieces
}

/// The Morton code of two indices.
fn interleaved(x: u32, y: u32) -> u64 {
    let spread = |value: u32| {
        let mut bits = u64::from(value);
        for (shift, mask) in [
            (16, 0x0000_ffff_0000_ffff),
            (8, 0x00ff_00ff_00ff_00ff),
            (4, 0x0f0f_0f0f_0f0f_0f0f),
            (2, 0x3333_3333_3333_3333),
            (1, 0x5555_5555_5555_5555u64),
        ] {
            bits = (bits | (bits << shift)) & mask;
        }
        bits
    };
    spread(x) | (spread(y) << 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_tile_the_length() {
        for (length, side, anchor) in [(10, 4, 0), (10, 4, 3), (3, 4, 0), (4, 4, 1), (1, 512, 511)] {
            let pieces = cuts(length, side, anchor);
            let end = pieces.iter().fold(0, |at, (from, count)| {
                assert_eq!(*from, at);
                at + count
            });
            assert_eq!(end, length);
        }
    }

    #[test]
    fn the_z_order_starts_with_a_square() {
        let mut order: Vec<(u32, u32)> = (0..4).flat_map(|y| (0..4).map(move |x| (x, y))).collect();
        order.sort_by_key(|(x, y)| interleaved(*x, *y));
        assert_eq!(order[..4], [(0, 0), (1, 0), (0, 1), (1, 1)]);
        assert_eq!(order[15], (3, 3));
    }
}

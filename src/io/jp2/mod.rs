//! JPEG 2000 rasters by window. The decoder makes whole images only, so every tile is taken out of
//! its codestream and decoded as an image of its own; see `tile`.

mod boxes;
mod codestream;
mod coding;
mod geo;
mod tile;

use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::io::bytes::{Bytes, Counted};
use crate::io::raster::{BandInfo, Dtype, Raster, RasterInfo, Samples};
use crate::limits::Limits;
use crate::text::shown_path;
use codestream::{Codestream, Component};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// An open JPEG 2000 file (JP2, or a bare codestream).
pub struct Jp2 {
    source: Counted,
    stream: Codestream,
    info: RasterInfo,
    limits: Limits,
    decoded: AtomicU64,
}

/// Opens the JPEG 2000 file at `path`: reads its headers and finds its tiles, decodes nothing.
///
/// # Errors
/// `Missing` or `Environment` for what the system refuses; else as [`read`].
pub fn open(path: &Path, limits: &Limits) -> Result<Jp2> {
    let file = crate::io::bytes::open_file(path)?;
    read(Box::new(file), limits).map_err(|error| error.at(shown_path(path)))
}

/// Opens JPEG 2000 data from any source.
///
/// # Errors
/// `Malformed` for headers that are damaged or lie, `Unsupported` for subsampled components, more
/// than 16 bits, packed packet headers (PPM, PPT) and progression changes (POC), `Limit` for sizes
/// past `limits`.
pub fn read(source: Box<dyn Bytes>, limits: &Limits) -> Result<Jp2> {
    let source = Counted::new(source);
    let boxes = boxes::find(&source, limits)?;
    let stream = codestream::open(&source, boxes.codestream, limits)?;
    let info = describe(&boxes, &stream, limits);
    Ok(Jp2 { source, stream, info, limits: *limits, decoded: AtomicU64::new(0) })
}

/// What the headers say.
fn describe(boxes: &boxes::Boxes, stream: &Codestream, limits: &Limits) -> RasterInfo {
    let image = stream.size.image();
    let shape = (image.width(), image.height());
    let (grid, crs) = geo::place(boxes, shape, limits);
    let side = |tile: u32, image: usize| (tile as usize).min(image);
    RasterInfo {
        format: "JP2 jpeg2000".into(),
        width: shape.0,
        height: shape.1,
        grid,
        crs,
        bands: stream.size.components.iter().map(band).collect(),
        chunk: (side(stream.size.tile.0, shape.0), side(stream.size.tile.1, shape.1)),
        overviews: overviews(stream),
        metadata: Vec::new(),
    }
}

fn band(component: &Component) -> BandInfo {
    BandInfo { description: None, dtype: dtype(component), nodata: None, scale: None, offset: None }
}

fn dtype(component: &Component) -> Dtype {
    match (component.bits > 8, component.signed) {
        (false, false) => Dtype::U8,
        (false, true) => Dtype::I8,
        (true, false) => Dtype::U16,
        (true, true) => Dtype::I16,
    }
}

/// The reduced resolutions that every tile has with at least one pixel each way.
fn overviews(stream: &Codestream) -> Vec<(usize, usize)> {
    let (across, down) = stream.size.tiles();
    let corners = [0, across - 1, (down - 1) * across, across * down - 1];
    let rects = corners.map(|index| stream.size.tile_rect(index).1);
    let least = rects.iter().map(|rect| rect.width().min(rect.height())).min().unwrap_or(0);
    (1..=u32::from(stream.coding.levels()))
        .take_while(|level| least.checked_shr(*level).unwrap_or(0) > 0)
        .map(|level| stream.size.image().reduced(level))
        .map(|rect| (rect.width(), rect.height()))
        .collect()
}

impl Raster for Jp2 {
    fn info(&self) -> &RasterInfo {
        &self.info
    }

    fn read(&self, level: usize, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        let level = self.check(level, bands, window)?;
        let components = &self.stream.size.components;
        let mut out: Vec<Samples> =
            bands.iter().filter_map(|band| components.get(*band)).map(|c| empty(c, window.len())).collect();
        for index in self.tiles_in(level, window) {
            self.read_tile(index, level, bands, window, &mut out).map_err(|error| error.at(format!("tile {index}")))?;
        }
        Ok(out)
    }

    fn touched(&self, level: usize, bands: &[usize], window: Window) -> Vec<(u64, u64)> {
        let Ok(level) = self.check(level, bands, window) else { return Vec::new() };
        let bytes =
            |index: usize| self.stream.tiles.get(index).map_or(0, |parts| parts.iter().map(|part| part.length).sum());
        self.tiles_in(level, window).into_iter().map(|index| (index as u64, bytes(index))).collect()
    }

    fn usage(&self) -> (u64, u64) {
        (self.source.read(), self.decoded.load(Ordering::Relaxed))
    }
}

impl Jp2 {
    /// The request lies inside the raster.
    fn check(&self, level: usize, bands: &[usize], window: Window) -> Result<u32> {
        let shape = match level.checked_sub(1) {
            None => Some((self.info.width, self.info.height)),
            Some(overview) => self.info.overviews.get(overview).copied(),
        };
        let (width, height) = shape.ok_or_else(|| Error::usage(format!("the raster has no level {level}")))?;
        if let Some(band) = bands.iter().find(|band| **band >= self.info.bands.len()) {
            return Err(Error::usage(format!("the raster has {} bands, not band {}", self.info.bands.len(), band + 1)));
        }
        let inside = |from: usize, length: usize, all: usize| from.checked_add(length).is_some_and(|end| end <= all);
        if !inside(window.col, window.width, width) || !inside(window.row, window.height, height) {
            return Err(Error::usage(format!(
                "{window:?} lies outside the {width} x {height} pixels of level {level}"
            )));
        }
        Ok(level as u32)
    }

    /// The tile's pixels at `level`, counted from the image's corner there.
    fn placed(&self, index: usize, level: u32) -> Window {
        let rect = self.stream.size.tile_rect(index as u32).1.reduced(level);
        let image = self.stream.size.image().reduced(level);
        let from = |at: u32, start: u32| at.saturating_sub(start) as usize;
        Window::new(from(rect.x0, image.x0), from(rect.y0, image.y0), rect.width(), rect.height())
    }

    /// Tiles that share a pixel with `window`, in order.
    fn tiles_in(&self, level: u32, window: Window) -> Vec<usize> {
        let (across, down) = self.stream.size.tiles();
        let touched = |index: &usize| !self.placed(*index, level).intersect(&window).is_empty();
        let rows = (0..down as usize).map(|row| row * across as usize).filter(|first| {
            let placed = self.placed(*first, level);
            placed.row < window.bottom() && placed.bottom() > window.row
        });
        rows.flat_map(|first| (first..first + across as usize).filter(touched)).collect()
    }

    /// Decodes one tile and copies what the window wants of it.
    fn read_tile(&self, index: usize, level: u32, bands: &[usize], window: Window, out: &mut [Samples]) -> Result<()> {
        let placed = self.placed(index, level);
        let part = placed.intersect(&window);
        let components = &self.stream.size.components;
        tile::decode(&self.source, &self.stream, index, level, &self.limits, |component, samples| {
            let wanted = bands.iter().zip(out.iter_mut()).filter(|(band, _)| **band == component);
            for (_, target) in wanted {
                if let Some(component) = components.get(component) {
                    copy(samples, placed, part, window, component, target);
                }
            }
        })?;
        self.decoded.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn empty(component: &Component, length: usize) -> Samples {
    match dtype(component) {
        Dtype::U8 => Samples::U8(vec![0; length]),
        Dtype::I8 => Samples::I8(vec![0; length]),
        Dtype::I16 => Samples::I16(vec![0; length]),
        _ => Samples::U16(vec![0; length]),
    }
}

/// Copies the pixels of `part` from a tile at `placed` into a window's samples.
fn copy(tile: &[f32], placed: Window, part: Window, window: Window, component: &Component, target: &mut Samples) {
    match target {
        Samples::U8(out) => rows(tile, placed, part, window, out, |x| whole(x, component) as u8),
        Samples::I8(out) => rows(tile, placed, part, window, out, |x| whole(x, component) as i8),
        Samples::U16(out) => rows(tile, placed, part, window, out, |x| whole(x, component) as u16),
        Samples::I16(out) => rows(tile, placed, part, window, out, |x| whole(x, component) as i16),
        _ => debug_assert!(false, "no other type is made here"),
    }
}

fn rows<T>(tile: &[f32], placed: Window, part: Window, window: Window, out: &mut [T], make: impl Fn(f32) -> T) {
    let (from, to) = (part.within(&placed), part.within(&window));
    for row in 0..part.height {
        let source = (from.row + row) * placed.width + from.col;
        let target = (to.row + row) * window.width + to.col;
        let read = tile.get(source..source + part.width).unwrap_or_default();
        let written = out.get_mut(target..target + part.width).unwrap_or_default();
        for (slot, value) in written.iter_mut().zip(read) {
            *slot = make(*value);
        }
    }
}

/// A decoded value as the whole number that the encoder meant: rounded half to even as OpenJPEG
/// does, clamped to the depth. The decoder shifts signed samples up as if they were unsigned.
fn whole(value: f32, component: &Component) -> i32 {
    let range = 1i32 << component.bits;
    let unsigned = (value.round_ties_even() as i32).clamp(0, range - 1);
    if component.signed { unsigned - range / 2 } else { unsigned }
}

//! The TIFF and GeoTIFF reader: opens files, describes them and reads windows of any level.
//! Common sample types and codecs are decoded here; the rest is refused by name.

mod chunk;
mod codec;
mod directory;
mod geokeys;
mod layout;
pub(in crate::io) mod metadata;
mod predictor;
mod samples;
mod source;
mod unpack;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use self::codec::{Tools, with_tools};
use self::directory::{Directory, Tags};
use self::layout::Layout;
use self::samples::Cut;
use self::source::Source;
use super::raster::{Raster, RasterInfo, Samples};
use super::remote::{Extent, RemoteFile};
use crate::error::{Error, Result};
use crate::geom::window::Window;
use crate::io::bytes::Bytes;
use crate::limits::Limits;
use crate::text::shown_path;

/// Bits of `NewSubfileType`.
const REDUCED: u64 = 1;
const MASK: u64 = 4;

/// An open TIFF or BigTIFF. Reading takes no lock: any number of threads may share it.
pub struct TiffRaster {
    source: Source,
    limits: Limits,
    name: String,
    info: RasterInfo,
    levels: Vec<Layout>,
    decoded: AtomicU64,
    remote: Option<Arc<RemoteFile>>,
}

/// Opens the TIFF at `path`, and no other file (no sidecar is looked for).
///
/// # Errors
/// `Missing` or `Environment` from the system, `Usage` for what is no regular file, else as
/// [`TiffRaster::from_bytes`].
#[expect(clippy::disallowed_methods, reason = "this module reads raster files")]
pub fn open(path: &Path, limits: &Limits) -> Result<TiffRaster> {
    let name = shown_path(path).to_string();
    let system = |error: std::io::Error| Error::system(&error, &name);
    regular(path, &name)?;
    let file = std::fs::File::open(path).map_err(system)?;
    TiffRaster::from_bytes(file, name, limits)
}

/// Refuses folders, FIFOs and devices before they are opened: opening a FIFO waits for a writer.
///
/// # Errors
/// `Usage` for what is no regular file, else what the system says.
pub(in crate::io) fn regular(path: &Path, name: &str) -> Result<()> {
    let kind = std::fs::metadata(path).map_err(|error| Error::system(&error, name))?.file_type();
    if kind.is_file() {
        return Ok(());
    }
    let what = if kind.is_dir() { "a folder, not a raster file" } else { "not a regular file" };
    Err(Error::usage(what).at(name).hint("name the raster file itself"))
}

impl TiffRaster {
    /// Reads the directories of a TIFF; `name` is what messages call it.
    ///
    /// # Errors
    /// `Unsupported` when it is no TIFF or of a form that is not read (the message names the
    /// compression), `Malformed` when it is damaged, `Limit` past one of `limits`.
    pub fn from_bytes(bytes: impl Bytes + 'static, name: impl Into<String>, limits: &Limits) -> Result<Self> {
        let name = name.into();
        Self::parse(Source::new(Box::new(bytes)), name.clone(), limits).map_err(|error| error.at(name))
    }

    /// Reads the directories of a TIFF on a server.
    ///
    /// # Errors
    /// As [`TiffRaster::from_bytes`], and as fetching.
    pub fn from_remote(file: &Arc<RemoteFile>, limits: &Limits) -> Result<Self> {
        let raster = Self::from_bytes(Arc::clone(file), file.address().to_string(), limits)?;
        Ok(Self { remote: Some(Arc::clone(file)), ..raster })
    }

    fn parse(source: Source, name: String, limits: &Limits) -> Result<Self> {
        let directories = directory::chain(&source, limits)?;
        let first = directories.first().ok_or_else(|| Error::malformed("a TIFF without an image"))?;
        let tags = Tags { source: &source, limits, directory: first };
        let main = Layout::new(&tags)?;
        let (bands, mut metadata) = metadata::read(&tags, main.bands, main.encoding.dtype);
        let (crs, grid) = geokeys::place(&tags, (main.width, main.height));
        let overviews = overviews(&source, limits, &directories, &main, &mut metadata);
        let info = RasterInfo {
            format: format!("GTiff {}", main.codec.name()),
            width: main.width,
            height: main.height,
            grid,
            crs,
            bands,
            chunk: (main.chunk.0, main.slab()),
            overviews: overviews.iter().map(|level| (level.width, level.height)).collect(),
            metadata,
        };
        let levels = std::iter::once(main).chain(overviews).collect();
        Ok(Self { source, limits: *limits, name, info, levels, decoded: AtomicU64::new(0), remote: None })
    }

    /// The checked layout of a request.
    fn level(&self, level: usize, bands: &[usize], window: Window) -> Result<&Layout> {
        let layout = self
            .levels
            .get(level)
            .ok_or_else(|| Error::usage(format!("level {level} of {} overviews", self.levels.len() - 1)))?;
        if let Some(band) = bands.iter().find(|band| **band >= layout.bands) {
            return Err(Error::usage(format!("band {} of {}", band + 1, layout.bands)));
        }
        let end = usize::saturating_add;
        if end(window.col, window.width) > layout.width || end(window.row, window.height) > layout.height {
            return Err(Error::usage(format!("the window at ({}, {}) leaves the raster", window.col, window.row)));
        }
        Ok(layout)
    }

    fn window(&self, level: usize, bands: &[usize], window: Window, into: &mut Vec<Samples>) -> Result<()> {
        let layout = self.level(level, bands, window)?;
        let touched = touched(layout, bands, window);
        // Before memory is taken for the window.
        touched.clone().try_for_each(|(index, ..)| chunk::check(&self.source, layout, &self.limits, index))?;
        into.resize_with(bands.len(), || Samples::empty(layout.encoding.dtype));
        with_tools(|tools| {
            if let (true, [samples]) = (fills(layout, window), into.as_mut_slice()) {
                return touched.into_iter().try_for_each(|chunk| self.whole(layout, window, chunk, samples, tools));
            }
            into.iter_mut().try_for_each(|samples| samples::resize(samples, layout.encoding.dtype, window.len()))?;
            touched.into_iter().try_for_each(|chunk| self.chunk(layout, bands, window, chunk, into, tools))
        })
    }

    /// The value of samples that were never written.
    fn absent(&self) -> f64 {
        self.info.bands.first().and_then(|band| band.nodata).unwrap_or(0.0)
    }

    /// Decodes the one chunk that the window is made of, straight into its samples.
    fn whole(
        &self,
        layout: &Layout,
        window: Window,
        (index, ..): Touched,
        samples: &mut Samples,
        tools: &mut Tools,
    ) -> Result<()> {
        let dtype = layout.encoding.dtype;
        samples::resize(samples, dtype, layout.chunk.0 * layout.chunk.1)?;
        if chunk::direct(&self.source, layout, index, samples::bytes(samples), tools)? {
            self.decoded.fetch_add(1, Ordering::Relaxed);
        } else {
            samples::fill(samples, 0..window.len(), self.absent());
        }
        samples::resize(samples, dtype, window.len())
    }

    /// Decodes the part of one chunk that lies in the window, for all bands that it holds.
    fn chunk(
        &self,
        layout: &Layout,
        bands: &[usize],
        window: Window,
        (index, plane, part): Touched,
        into: &mut [Samples],
        tools: &mut Tools,
    ) -> Result<()> {
        let corner = (part.col / layout.chunk.0 * layout.chunk.0, part.row / layout.chunk.1 * layout.chunk.1);
        let (first, last) = (part.row - corner.1, part.bottom() - corner.1);
        let stride = layout.interleaved();
        let row_bytes = layout.chunk.0 * stride * layout.encoding.size();
        for start in (first..last).step_by(layout.slab()) {
            let rows = start..last.min(start + layout.slab());
            let Some(bytes) = chunk::rows(&self.source, layout, (index, rows.clone()), tools)? else {
                self.blank(window, part, bands, plane, into);
                return Ok(());
            };
            for (row, bytes) in rows.zip(bytes.chunks_exact(row_bytes)) {
                let at = (corner.1 + row - window.row) * window.width + part.col - window.col;
                let cut = Cut { from: part.col - corner.0, into: at, width: part.width, band: 0, stride };
                for (band, samples) in bands.iter().zip(&mut *into) {
                    match plane {
                        Some(plane) if plane != *band => {}
                        Some(_) => samples::put(samples, bytes, cut),
                        None => samples::put(samples, bytes, Cut { band: *band, ..cut }),
                    }
                }
            }
        }
        self.decoded.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Fills the part of a chunk that was never written.
    fn blank(&self, window: Window, part: Window, bands: &[usize], plane: Option<usize>, into: &mut [Samples]) {
        for (_, samples) in bands.iter().zip(into).filter(|(band, _)| plane.is_none_or(|plane| plane == **band)) {
            for row in part.row..part.bottom() {
                let start = (row - window.row) * window.width + part.col - window.col;
                samples::fill(samples, start..start + part.width, self.absent());
            }
        }
    }
}

/// Whether the window is the upper rows of one chunk, at its full width, in the form of samples.
fn fills(layout: &Layout, window: Window) -> bool {
    let (width, height) = layout.chunk;
    let at_corner = window.col.is_multiple_of(width) && window.row.is_multiple_of(height);
    layout.plain() && at_corner && window.width == width && (1..=height).contains(&window.height)
}

/// A chunk, the band it holds (`None`: all of them) and its part in the window.
type Touched = (usize, Option<usize>, Window);

/// The chunks that a window touches, each once, in the order of the file's index.
fn touched(layout: &Layout, bands: &[usize], window: Window) -> impl Iterator<Item = Touched> + Clone {
    let (width, height) = layout.chunk;
    let mut planes = Vec::new();
    if !window.is_empty() {
        planes.extend(bands.iter().map(|band| layout.planar.then_some(*band)));
        planes.sort_unstable();
        planes.dedup();
    }
    let (across, down) =
        (window.col / width..window.right().div_ceil(width), window.row / height..window.bottom().div_ceil(height));
    planes.into_iter().flat_map(move |plane| {
        let across = across.clone();
        down.clone().flat_map(move |down| {
            across.clone().map(move |across| {
                let whole = Window::new(across * width, down * height, width, height);
                (layout.index(across, down, plane.unwrap_or(0)), plane, whole.intersect(&window))
            })
        })
    })
}

/// The reduced-resolution images that fit the main one, largest first. Others are noted.
fn overviews(
    source: &Source,
    limits: &Limits,
    directories: &[Directory],
    main: &Layout,
    metadata: &mut metadata::Pairs,
) -> Vec<Layout> {
    let mut found = Vec::new();
    for (number, directory) in directories.iter().enumerate().skip(1) {
        let tags = Tags { source, limits, directory };
        let kind = tags.uint(254).ok().flatten().unwrap_or(0);
        if kind & MASK != 0 {
            metadata::note(metadata, format!("directory {number} is a mask and is not read"));
        } else if kind & REDUCED != 0 {
            match Layout::new(&tags) {
                Ok(level) if level.bands == main.bands && level.encoding.dtype == main.encoding.dtype => {
                    found.push(level)
                }
                Ok(_) => {
                    metadata::note(metadata, format!("directory {number}: an overview of other bands is not read"))
                }
                Err(error) => {
                    metadata::note(metadata, format!("directory {number}: the overview is not read: {error}"))
                }
            }
        }
    }
    found.sort_by_key(|level| std::cmp::Reverse((level.width, level.height)));
    found
}

impl Raster for TiffRaster {
    fn info(&self) -> &RasterInfo {
        &self.info
    }

    fn read(&self, level: usize, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        let mut samples = Vec::new();
        self.read_into(level, bands, window, &mut samples).map(|()| samples)
    }

    fn read_into(&self, level: usize, bands: &[usize], window: Window, into: &mut Vec<Samples>) -> Result<()> {
        self.window(level, bands, window, into).map_err(|error| error.at(&self.name))
    }

    fn touched(&self, level: usize, bands: &[usize], window: Window) -> Vec<(u64, u64)> {
        let Ok(layout) = self.level(level, bands, window) else { return Vec::new() };
        let bytes = |index: usize| layout.extent(index).map_or(0, |(_, bytes)| bytes);
        touched(layout, bands, window).map(|(index, ..)| (index as u64, bytes(index))).collect()
    }

    fn extents(&self, level: usize, bands: &[usize], window: Window) -> Vec<Extent> {
        let Ok(layout) = self.level(level, bands, window) else { return Vec::new() };
        touched(layout, bands, window).filter_map(|(index, ..)| layout.extent(index)).collect()
    }

    fn remote(&self) -> Option<&Arc<RemoteFile>> {
        self.remote.as_ref()
    }

    fn usage(&self) -> (u64, u64) {
        (self.source.bytes_read(), self.decoded.load(Ordering::Relaxed))
    }
}

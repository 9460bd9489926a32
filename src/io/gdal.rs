//! Every other raster format, through the system's GDAL (feature `gdal`), held on a short lead:
//! only the file that was named, only drivers of one-file formats, no sidecars, no network.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use gdal::errors::CplErrType;
use gdal::raster::{GdalType, RasterBand};
use gdal::{Dataset, DatasetOptions, DriverManager, GdalOpenFlags, Metadata};

use super::raster::{BandInfo, Dtype, Raster, RasterInfo, Samples};
use super::tiff::{metadata::fitting, regular};
use crate::error::{Error, Result};
use crate::geom::crs::Crs;
use crate::geom::grid::Grid;
use crate::geom::window::Window;
use crate::limits::Limits;
use crate::text::{Foreign, shown_path};

/// Drivers that may open a file. Formats that name other files (VRT, WMS, HTTP, STACIT, HFA's
/// spill files, MRF) are not among them; ENVI reads the `.hdr` beside its file, of the same name.
const DRIVERS: [&str; 15] = [
    "GTiff",
    "JP2OpenJPEG",
    "JP2KAK",
    "JP2ECW",
    "PNG",
    "JPEG",
    "WEBP",
    "GIF",
    "BMP",
    "NITF",
    "GRIB",
    "netCDF",
    "HDF5Image",
    "ENVI",
    "SRTMHGT",
];

/// Settings that decide what GDAL touches and how it reads; they win over the environment.
const SETTINGS: [(&str, &str); 19] = [
    ("GDAL_SKIP", "VRT WMS WCS WMTS HTTP STACIT STACTA EEDAI PLMosaic DAAS OGCAPI NGW TileDB Zarr DERIVED"),
    ("GDAL_DRIVER_PATH", "disable"),
    ("GDAL_CONFIG_FILE", ""),
    ("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR"),
    ("GDAL_PAM_ENABLED", "NO"),
    ("GDAL_VRT_ENABLE_PYTHON", "NO"),
    ("GDAL_VRT_ENABLE_RAWRASTERBAND", "NO"),
    ("GDAL_GEOREF_SOURCES", "INTERNAL"),
    ("GDAL_NUM_THREADS", "1"),
    ("GDAL_CACHEMAX", "64"),
    ("GDAL_ERROR_ON_LIBJPEG_WARNING", "YES"),
    ("GDAL_IGNORE_XSD", "YES"),
    ("GTIFF_FORCE_RGBA", "NO"),
    ("GTIFF_IGNORE_READ_ERRORS", "NO"),
    ("GTIFF_POINT_GEO_IGNORE", "NO"),
    ("GTIFF_HONOUR_NEGATIVE_SCALEY", "NO"),
    ("GTIFF_VIRTUAL_MEM_IO", "NO"),
    ("CPL_DEBUG", "OFF"),
    ("CPL_LOG_ERRORS", "OFF"),
];

thread_local! {
    /// The first error that GDAL raised on this thread since it was last asked.
    static RAISED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A file that GDAL opened. Each thread that reads has a dataset of its own while it does.
pub struct GdalRaster {
    path: PathBuf,
    name: String,
    info: RasterInfo,
    /// Band of GDAL's overview list for each of ours, largest first.
    levels: Vec<usize>,
    idle: Mutex<Vec<Dataset>>,
    blocks: AtomicU64,
}

/// Opens `path` with GDAL.
///
/// # Errors
/// `Missing` or `Environment` from the system, `Usage` for what is no regular file, `Unsupported`
/// for a format or sample type that is not read, `Limit` past one of `limits`, `Malformed` when
/// GDAL raises an error.
pub fn open(path: &Path, limits: &Limits) -> Result<GdalRaster> {
    configure();
    let name = shown_path(path).to_string();
    regular(path, &name)?;
    // A canonical path starts with a slash and names a file: no prefix of GDAL's is in it.
    let path = std::fs::canonicalize(path).map_err(|error| Error::system(&error, &name))?;
    let opened =
        dataset(&path).and_then(|dataset| describe(&dataset, limits).map(|(info, levels)| (dataset, info, levels)));
    let (dataset, info, levels) = opened.map_err(|error| error.at(&name))?;
    Ok(GdalRaster { path, name, info, levels, idle: Mutex::new(vec![dataset]), blocks: AtomicU64::new(0) })
}

/// Settings, drivers and the error handler: once per process.
fn configure() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        gdal::config::set_error_handler(|class, _, message| {
            if matches!(class, CplErrType::Failure | CplErrType::Fatal) {
                RAISED.with_borrow_mut(|raised| {
                    raised.get_or_insert_with(|| message.to_owned());
                });
            }
        });
        settings();
        DriverManager::register_all();
        // Registration may have read a configuration file.
        settings();
    });
}

fn settings() {
    for (key, value) in SETTINGS {
        // It fails only for a key or value with a NUL.
        let _ = gdal::config::set_config_option(key, value);
    }
}

/// The result of `call`, unless GDAL raised an error, printed or not.
fn checked<T>(call: impl FnOnce() -> gdal::errors::Result<T>) -> Result<T> {
    RAISED.take();
    let result = call();
    match (RAISED.take(), result) {
        (None, Ok(value)) => Ok(value),
        (Some(raised), _) => Err(failed(&raised)),
        (None, Err(error)) => Err(failed(&error.to_string())),
    }
}

fn failed(message: &str) -> Error {
    Error::malformed(format!("GDAL says: {}", Foreign::new(message)))
}

fn dataset(path: &Path) -> Result<Dataset> {
    let flags = GdalOpenFlags::GDAL_OF_READONLY | GdalOpenFlags::GDAL_OF_RASTER | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR;
    let options = DatasetOptions { open_flags: flags, allowed_drivers: Some(&DRIVERS), ..DatasetOptions::default() };
    checked(|| Dataset::open_ex(path, options)).map_err(|error| {
        let unknown = error.problem().contains("not recognized as");
        if unknown { Error::unsupported("no format that is read, not even by GDAL") } else { error }
    })
}

/// What a dataset says of itself, and GDAL's numbers of its overviews, largest first.
fn describe(dataset: &Dataset, limits: &Limits) -> Result<(RasterInfo, Vec<usize>)> {
    let ((width, height), count) = (dataset.raster_size(), dataset.raster_count());
    if count == 0 || count > limits.bands {
        return Err(Error::limit(format!("{count} bands (1 to {} are read)", limits.bands)));
    }
    if width as u64 * height as u64 > limits.raster_pixels {
        return Err(Error::limit(format!("{width} x {height} pixels, more than {}", limits.raster_pixels)));
    }
    let first = checked(|| dataset.rasterband(1))?;
    let chunk = first.block_size();
    // A block holds one band; no sample is longer than eight bytes.
    if (chunk.0 as u64 * chunk.1 as u64).saturating_mul(8) > limits.chunk_bytes.saturating_mul(4) {
        return Err(Error::limit(format!("blocks of {} x {} pixels", chunk.0, chunk.1)));
    }
    let mut levels = overviews(&first)?;
    levels.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let bands = (1..=count).map(|number| band(&checked(|| dataset.rasterband(number))?)).collect::<Result<Vec<_>>>()?;
    if bands.iter().any(|band| Some(band.dtype) != bands.first().map(|first| first.dtype)) {
        return Err(Error::unsupported("bands of differing types are not read"));
    }
    let crs = crs(dataset);
    let info = RasterInfo {
        format: format!("{} by GDAL", dataset.driver().short_name()),
        width,
        height,
        grid: grid(dataset, crs.clone()),
        crs: crs.ok(),
        bands,
        chunk,
        overviews: levels.iter().map(|(_, size)| *size).collect(),
        metadata: items(dataset),
    };
    Ok((info, levels.into_iter().map(|(index, _)| index).collect()))
}

fn overviews(band: &RasterBand<'_>) -> Result<Vec<(usize, (usize, usize))>> {
    let count = checked(|| band.overview_count())?.clamp(0, 64) as usize;
    (0..count).map(|index| Ok((index, checked(|| band.overview(index))?.size()))).collect()
}

fn band(band: &RasterBand<'_>) -> Result<BandInfo> {
    let dtype = dtype(band)?;
    let description = band.description().ok().filter(|text| !text.is_empty()).map(Foreign::new);
    let nodata = band.no_data_value().and_then(|value| fitting(value, dtype));
    Ok(BandInfo { description, dtype, nodata, scale: band.scale(), offset: band.offset() })
}

/// The type of a band's samples. Before 3.7 GDAL tells signed bytes by a metadata item.
fn dtype(band: &RasterBand<'_>) -> Result<Dtype> {
    let name = band.band_type().name();
    let signed = || band.metadata_item("PIXELTYPE", "IMAGE_STRUCTURE").as_deref() == Some("SIGNEDBYTE");
    match name.as_str() {
        "Byte" if signed() => Ok(Dtype::I8),
        "Byte" => Ok(Dtype::U8),
        "Int8" => Ok(Dtype::I8),
        "UInt16" => Ok(Dtype::U16),
        "Int16" => Ok(Dtype::I16),
        "UInt32" => Ok(Dtype::U32),
        "Int32" => Ok(Dtype::I32),
        "Float32" => Ok(Dtype::F32),
        "Float64" => Ok(Dtype::F64),
        _ => Err(Error::unsupported(format!("samples of type {name} are not read through GDAL"))),
    }
}

fn crs(dataset: &Dataset) -> Result<Crs, String> {
    let system = checked(|| dataset.spatial_ref()).map_err(|_| "no reference system".to_owned())?;
    if system.auth_name().as_deref() != Some("EPSG") {
        return Err("no EPSG code".to_owned());
    }
    let code = system.auth_code().ok().and_then(|code| u32::try_from(code).ok()).unwrap_or(0);
    Crs::from_epsg(code).map_err(|error| error.problem().to_owned())
}

fn grid(dataset: &Dataset, crs: Result<Crs, String>) -> Result<Grid, String> {
    let [x0, dx, xr, y0, yr, dy] = checked(|| dataset.geo_transform()).map_err(|_| "no georeferencing".to_owned())?;
    if xr != 0.0 || yr != 0.0 {
        return Err("rotated: rows do not run east".to_owned());
    }
    Grid::new(crs?, (x0, y0), (dx, -dy), dataset.raster_size()).map_err(|error| error.problem().to_owned())
}

/// Items of the default domain.
fn items(dataset: &Dataset) -> Vec<(String, Foreign)> {
    let own = dataset.metadata().filter(gdal::MetadataEntry::is_default_domain);
    own.map(|entry| (entry.key, Foreign::new(entry.value))).collect()
}

impl GdalRaster {
    fn check(&self, level: usize, bands: &[usize], window: Window) -> Result<()> {
        let (width, height) = match level.checked_sub(1) {
            None => (self.info.width, self.info.height),
            Some(index) => *self.info.overviews.get(index).ok_or_else(|| Error::usage(format!("no level {level}")))?,
        };
        if let Some(band) = bands.iter().find(|band| **band >= self.info.bands.len()) {
            return Err(Error::usage(format!("band {} of {}", band.saturating_add(1), self.info.bands.len())));
        }
        if window.col.saturating_add(window.width) > width || window.row.saturating_add(window.height) > height {
            return Err(Error::usage(format!("the window at ({}, {}) leaves the raster", window.col, window.row)));
        }
        Ok(())
    }

    fn window(&self, level: usize, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        self.check(level, bands, window)?;
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let dataset = kept.map_or_else(|| dataset(&self.path), Ok)?;
        let samples = bands.iter().map(|band| self.band(&dataset, level, *band, window)).collect();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(dataset);
        samples
    }

    fn band(&self, dataset: &Dataset, level: usize, number: usize, window: Window) -> Result<Samples> {
        let full = checked(|| dataset.rasterband(number + 1))?;
        let band = match level.checked_sub(1).and_then(|index| self.levels.get(index)) {
            Some(index) => checked(|| full.overview(*index))?,
            None => full,
        };
        self.blocks.fetch_add(blocks(window, band.block_size()), Ordering::Relaxed);
        let dtype = self.info.bands.get(number).map(|band| band.dtype);
        match dtype.ok_or_else(|| Error::bug("a band without a type"))? {
            Dtype::U8 => values(&band, window).map(Samples::U8),
            // Version by version signed bytes come as such or as 0 to 255; the cast is right for both.
            Dtype::I8 => values::<i16>(&band, window)
                .map(|values| Samples::I8(values.into_iter().map(|value| value as i8).collect())),
            Dtype::U16 => values(&band, window).map(Samples::U16),
            Dtype::I16 => values(&band, window).map(Samples::I16),
            Dtype::U32 => values(&band, window).map(Samples::U32),
            Dtype::I32 => values(&band, window).map(Samples::I32),
            Dtype::F32 => values(&band, window).map(Samples::F32),
            Dtype::F64 => values(&band, window).map(Samples::F64),
            Dtype::U64 | Dtype::I64 => Err(Error::unsupported("64-bit integers are not read through GDAL")),
        }
        .map_err(|error| error.at(format!("band {}, {window}", number + 1)))
    }
}

/// The samples of a window, in GDAL's type for `T`.
fn values<T: Copy + GdalType + Default>(band: &RasterBand<'_>, window: Window) -> Result<Vec<T>> {
    let mut values = Vec::new();
    values
        .try_reserve_exact(window.len())
        .map_err(|_| Error::limit(format!("no memory for {} samples", window.len())))?;
    values.resize(window.len(), T::default());
    if !window.is_empty() {
        let (corner, size) = ((window.col as isize, window.row as isize), (window.width, window.height));
        checked(|| band.read_into_slice(corner, size, size, &mut values, None))?;
    }
    Ok(values)
}

/// Blocks of a size that a window touches.
fn blocks(window: Window, (width, height): (usize, usize)) -> u64 {
    if window.is_empty() || width == 0 || height == 0 {
        return 0;
    }
    let across = window.right().div_ceil(width) - window.col / width;
    let down = window.bottom().div_ceil(height) - window.row / height;
    across as u64 * down as u64
}

impl Raster for GdalRaster {
    fn info(&self) -> &RasterInfo {
        &self.info
    }

    fn read(&self, level: usize, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        self.window(level, bands, window).map_err(|error| error.at(&self.name))
    }

    /// GDAL does not tell the bytes it reads (0), and blocks are counted as touched, cached or not.
    fn usage(&self) -> (u64, u64) {
        (0, self.blocks.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tiff");

    #[test]
    fn a_virtual_raster_under_another_name_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("honest.tif");
        let xml = format!(
            "<VRTDataset rasterXSize=\"9\" rasterYSize=\"5\"><VRTRasterBand dataType=\"Byte\" band=\"1\"><SimpleSource>\
             <SourceFilename>{FOLDER}/point.tif</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
        );
        #[expect(clippy::disallowed_methods, reason = "a test may write")]
        std::fs::write(&path, xml).unwrap();
        let error = open(&path, &Limits::default()).err().unwrap();
        assert_eq!(error.kind(), Kind::Unsupported, "{error:?}");
    }

    #[test]
    fn senseless_requests_are_usage() {
        let raster = open(&Path::new(FOLDER).join("overviews.tif"), &Limits::default()).unwrap();
        for (level, band, window) in
            [(9, 0, Window::whole(1, 1)), (0, 9, Window::whole(1, 1)), (0, 0, Window::new(49, 0, 2, 1))]
        {
            assert_eq!(raster.read(level, &[band], window).unwrap_err().kind(), Kind::Usage);
        }
        assert_eq!(open(Path::new(FOLDER), &Limits::default()).err().map(|error| error.kind()), Some(Kind::Usage));
        assert_eq!(
            open(Path::new("/vsicurl/x.tif"), &Limits::default()).err().map(|error| error.kind()),
            Some(Kind::Missing)
        );
    }
}

//! A product: one acquisition as the user named it - a raster, a folder of band files, a SAFE
//! folder or archive, a STAC Item - opened, with its bands located and its words collected.

mod assemble;
mod file;
mod folder;
mod item;
mod mtl;
mod names;

use crate::address::Address;
use crate::error::{Error, Result};
use crate::io::access::Access;
use crate::io::bytes::{Bytes, open_file};
use crate::io::jp2;
use crate::io::raster::Raster;
use crate::io::remote::RemoteFile;
use crate::io::tiff::TiffRaster;
use crate::limits::Limits;
use crate::scene::scale::Declared;
use crate::scene::sensor::{Band, Sensor};
use crate::stac::entry::Entry;
use crate::text::{Foreign, shown_path};
use jiff::civil::Date;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the user says about a product.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Names of a file's bands in their order (`-` leaves one out), or pairs `NAME=index` with the
    /// first band as 1.
    pub bands: Option<Vec<String>>,
    /// The sensor, where names leave it open.
    pub sensor: Option<Sensor>,
    /// The date of acquisition.
    pub date: Option<Date>,
    /// The way to servers, where a STAC Item or its bands lie on one.
    pub access: Access,
}

/// Where a band is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Located {
    /// The band.
    pub band: Band,
    /// Index into [`Product::rasters`].
    pub raster: usize,
    /// Band of that raster, from zero.
    pub index: usize,
}

/// An open product.
pub struct Product {
    /// Its name: a product id, or the name of the file or folder (untrusted).
    pub name: Foreign,
    /// What took it.
    pub sensor: Sensor,
    /// The date of acquisition.
    pub date: Option<Date>,
    /// The time of acquisition as the metadata have it (untrusted).
    pub datetime: Option<Foreign>,
    /// The satellite, such as `Sentinel-2B` (untrusted).
    pub platform: Option<Foreign>,
    /// The MGRS tile, such as `33UUU`.
    pub tile: Option<String>,
    /// The relative orbit.
    pub relative_orbit: Option<u32>,
    /// Mean solar zenith, degrees.
    pub sun_zenith: Option<f64>,
    /// Mean solar azimuth, degrees clockwise from north.
    pub sun_azimuth: Option<f64>,
    /// What it says of its numbers.
    pub declared: Declared,
    /// Every raster that holds a known band, at every resolution.
    pub rasters: Vec<Arc<dyn Raster>>,
    /// The bands in order, each at its finest resolution.
    pub bands: Vec<Located>,
    /// The same bands at coarser resolutions.
    pub coarser: Vec<Located>,
    /// Every file that was opened; those on servers by their addresses, without credentials.
    pub files: Vec<PathBuf>,
    /// What the user should know.
    pub notes: Vec<String>,
}

impl std::fmt::Debug for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Product").field("name", &self.name).field("bands", &self.bands).finish_non_exhaustive()
    }
}

impl Product {
    /// Where `band` is at its finest resolution.
    pub fn locate(&self, band: Band) -> Option<Located> {
        self.bands.iter().find(|located| located.band == band).copied()
    }
}

/// Opens a GeoTIFF.
pub type OpenTiff = fn(&Path, &Limits) -> Result<Arc<dyn Raster>>;

/// What the pieces of a product are opened with.
struct Opener<'a> {
    ask: &'a Ask,
    limits: &'a Limits,
    tiff: OpenTiff,
}

/// What the first bytes of a file show it to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Tiff,
    Jp2,
    Zip,
    Json,
}

/// Opens the product at `path`, whatever it is; `tiff` opens GeoTIFFs.
///
/// # Errors
/// `Missing` for a path that does not exist or bands that are not named, `Mismatch` for names that
/// fit several sensors, `Usage` for a band that is there twice or a request that does not fit,
/// `Unsupported` for other forms, and whatever the readers refuse.
pub fn open(path: &Path, ask: &Ask, limits: &Limits, tiff: OpenTiff) -> Result<Product> {
    let opener = Opener { ask, limits, tiff };
    if let Some(address) = path.to_str().filter(|text| Address::is_meant(text)) {
        return item::open_web(&opener, &Address::parse(address)?).map(|product| dated(product, ask));
    }
    let meta = path.metadata().map_err(|error| Error::system(&error, shown_path(path)))?;
    let product = if meta.is_dir() {
        folder::open(&opener, path)?
    } else {
        match form(path)? {
            Form::Tiff | Form::Jp2 => file::open(&opener, path)?,
            Form::Zip => folder::open_safe(&opener, path)?,
            Form::Json => item::open(&opener, path)?,
        }
    };
    Ok(dated(product, ask))
}

/// Opens the product of a catalogue's entry, whose item is at hand already.
///
/// # Errors
/// As [`open`].
pub fn open_entry(entry: &Entry, ask: &Ask, limits: &Limits, tiff: OpenTiff) -> Result<Product> {
    item::open_entry(&Opener { ask, limits, tiff }, entry).map(|product| dated(product, ask))
}

/// The product with the date that the user named, if one was.
fn dated(mut product: Product, ask: &Ask) -> Product {
    product.date = ask.date.or(product.date);
    product
}

/// What a file is by its first bytes; its name does not count.
fn form(path: &Path) -> Result<Form> {
    let file = open_file(path)?;
    let mut head = [0; 16];
    let have = Bytes::len(&file).min(16) as usize;
    let part = head.get_mut(..have).unwrap_or_default();
    file.read_at(0, part).map_err(|error| Error::system(&error, shown_path(path)))?;
    let starts = |magic: &[u8]| head.starts_with(magic);
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).trim_ascii_start();
    if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
        Ok(Form::Tiff)
    } else if starts(b"\0\0\0\x0cjP  ") || starts(b"\xff\x4f\xff\x51") {
        Ok(Form::Jp2)
    } else if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") {
        Ok(Form::Zip)
    } else if text.starts_with(b"{") {
        Ok(Form::Json)
    } else {
        Err(Error::unsupported("this is neither a GeoTIFF, a JPEG 2000, a zip archive nor a STAC Item")
            .at(shown_path(path))
            .hint("convert it with gdal_translate -of COG, or build with --features gdal"))
    }
}

impl Opener<'_> {
    /// Opens one raster by what it is.
    fn raster(&self, path: &Path) -> Result<Arc<dyn Raster>> {
        match form(path)? {
            Form::Tiff => (self.tiff)(path, self.limits),
            Form::Jp2 => Ok(Arc::new(jp2::open(path, self.limits)?)),
            _ => Err(Error::unsupported("this is no raster").at(shown_path(path))),
        }
    }

    /// Opens one raster on a server.
    fn remote_raster(&self, file: &Arc<RemoteFile>) -> Result<Arc<dyn Raster>> {
        Ok(Arc::new(TiffRaster::from_remote(file, self.limits)?))
    }

    /// The sensor that the user named, else the one that is known otherwise.
    fn sensor(&self, known: Option<Sensor>) -> Option<Sensor> {
        self.ask.sensor.or(known)
    }

    /// Names of bands make sense for one file only.
    fn refuse_bands(&self, what: &str) -> Result<()> {
        match self.ask.bands {
            Some(_) => Err(Error::usage(format!("--bands names the bands of one file, and this is {what}"))),
            None => Ok(()),
        }
    }
}

/// The last part of a path, as a product's name.
fn name_of(path: &Path) -> Foreign {
    let canonical = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    Foreign::new(canonical)
}

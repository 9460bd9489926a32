//! A STAC Item from a file or a server: only what it names is opened; of files only what lies below the item's own
//! folder, and nothing but addresses for an item from the web.

use super::assemble::{Piece, Words, product};
use super::names::raster_stem;
use super::{Opener, Product};
use crate::address::Address;
use crate::error::{Error, Result};
use crate::io::bytes::{open_file, read_whole};
use crate::io::raster::Raster;
use crate::io::remote::RemoteFile;
use crate::io::safe::metadata::tile_in;
use crate::io::safe::tree::inside;
use crate::io::store::size_of;
use crate::scene::scale::{Baseline, Declared};
use crate::scene::sensor::{Sensor, is_band_name, is_mgrs};
use crate::stac::entry::{Entry, Place};
use crate::text::{Foreign, shown_path};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Assets of one item; Earth Search has about 35.
const MAX_ASSETS: usize = 500;

/// The strict subset of an Item that is read.
#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    properties: Properties,
    assets: BTreeMap<String, Asset>,
}

#[derive(Deserialize, Default)]
struct Properties {
    datetime: Option<String>,
    platform: Option<String>,
    #[serde(rename = "s2:processing_baseline")]
    baseline: Option<String>,
    #[serde(rename = "earthsearch:boa_offset_applied")]
    offset_applied: Option<bool>,
    #[serde(rename = "sat:relative_orbit")]
    relative_orbit: Option<u32>,
    #[serde(rename = "view:sun_elevation")]
    sun_elevation: Option<f64>,
    #[serde(rename = "view:sun_azimuth")]
    sun_azimuth: Option<f64>,
    #[serde(rename = "s2:mean_solar_azimuth")]
    solar_azimuth: Option<f64>,
    #[serde(rename = "s2:mean_solar_zenith")]
    solar_zenith: Option<f64>,
    #[serde(rename = "grid:code")]
    grid_code: Option<String>,
    #[serde(rename = "s2:mgrs_tile")]
    mgrs_tile: Option<String>,
}

#[derive(Deserialize)]
struct Asset {
    href: String,
    #[serde(rename = "file:size")]
    size: Option<u64>,
    #[serde(rename = "file:checksum")]
    checksum: Option<String>,
    #[serde(rename = "eo:bands", default)]
    eo_bands: Vec<EoBand>,
    #[serde(rename = "raster:bands", default)]
    raster_bands: Vec<RasterBand>,
}

#[derive(Deserialize)]
struct EoBand {
    name: Option<String>,
    common_name: Option<String>,
}

#[derive(Deserialize)]
struct RasterBand {
    scale: Option<f64>,
    offset: Option<f64>,
}

/// Opens the item in the file at `path`.
pub(super) fn open(opener: &Opener<'_>, path: &Path) -> Result<Product> {
    opener.refuse_bands("a STAC Item")?;
    let place = |error: Error| error.at(shown_path(path));
    let bytes = read_whole(&open_file(path)?, opener.limits.text_bytes).map_err(place)?;
    let item = parse(&bytes).map_err(place)?;
    assets(opener, &Place::File(path.to_owned()), item).map_err(place)
}

/// Opens the item at `address`.
pub(super) fn open_web(opener: &Opener<'_>, address: &Address) -> Result<Product> {
    opener.refuse_bands("a STAC Item")?;
    let bytes = opener.ask.access.document(address, opener.limits.text_bytes)?;
    let place = |error: Error| error.at(address);
    let item = parse(&bytes).map_err(place)?;
    assets(opener, &Place::Web(address.clone()), item).map_err(place)
}

/// Opens the item of an entry.
pub(super) fn open_entry(opener: &Opener<'_>, entry: &Entry) -> Result<Product> {
    opener.refuse_bands("a STAC Item")?;
    let item = serde_json::to_vec(&entry.document).map_err(|error| Error::bug(error.to_string()))?;
    let place = |error: Error| error.at(&entry.id);
    assets(opener, &entry.place, parse(&item).map_err(place)?).map_err(place)
}

fn parse(bytes: &[u8]) -> Result<Item> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let item: Item = serde_json::from_slice(text)
        .map_err(|error| Error::malformed(format!("this is no STAC Item: {}", Foreign::new(error.to_string()))))?;
    if item.kind != "Feature" {
        return Err(Error::unsupported(format!("a STAC Item is a Feature, and this is a {}", Foreign::new(item.kind)))
            .hint("save one item of the collection as a file of its own"));
    }
    if item.assets.len() > MAX_ASSETS {
        return Err(Error::limit(format!("the item has more than {MAX_ASSETS} assets")));
    }
    Ok(item)
}

/// A band of the item, and where it lies.
struct Found<'a> {
    key: &'a str,
    asset: &'a Asset,
    name: String,
    place: Place,
}

/// Opens the assets that are bands.
fn assets(opener: &Opener<'_>, place: &Place, item: Item) -> Result<Product> {
    let mut words = words(&item);
    let found = found(place, &item)?;
    let remote = remote(opener, &found);
    words.files.push(listed(place));
    let (mut pieces, mut tags) = (Vec::new(), Vec::new());
    for Found { key, asset, name, place } in found {
        let at = |error: Error| error.at(format!("asset {}", Foreign::new(key)));
        let raster = match &place {
            Place::File(file) => local_raster(opener, file, asset).map_err(at)?,
            Place::Web(address) => {
                let file = remote.get(&address.inert()).ok_or_else(|| Error::bug("an asset was not opened"))?;
                let file = file.as_ref().map_err(|error| at(error.clone_words()))?;
                expect(file, asset).map_err(at)?;
                opener.remote_raster(file).map_err(at)?
            }
        };
        words.files.push(listed(&place));
        if crate::scene::sensor::resolve(&[&name], Some(Sensor::Sentinel2)).is_ok_and(|(_, band)| is_reflectance(&band))
        {
            tags.extend(asset.raster_bands.first().map(|band| (band.scale, band.offset)));
        }
        pieces.push(Piece { raster, names: vec![Some(name)], origin: Foreign::new(key) });
    }
    declare(&mut words, &tags);
    product(opener, Foreign::new(&item.id), pieces, words)
}

/// The assets that are bands, with their places.
fn found<'a>(place: &Place, item: &'a Item) -> Result<Vec<Found<'a>>> {
    let root = match place {
        Place::File(path) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Some(folder.canonicalize().map_err(|error| Error::system(&error, shown_path(folder)))?)
        }
        Place::Web(_) => None,
    };
    let mut found = Vec::new();
    for (key, asset) in &item.assets {
        let Some(name) = band_name(key, asset) else { continue };
        let place = match (place, &root) {
            (Place::Web(item), _) => on_server(item, &asset.href),
            (_, Some(_)) if Address::is_meant(&asset.href) => {
                Address::parse(&asset.href).and_then(not_jp2).map(Place::Web)
            }
            (_, Some(root)) => local(root, &asset.href).map(Place::File),
            _ => Err(Error::bug("an item without a folder")),
        };
        let place = place.map_err(|error| error.at(format!("asset {}", Foreign::new(key.as_str()))))?;
        found.push(Found { key, asset, name, place });
    }
    Ok(found)
}

/// The address that a reference in an item on a server means; a public item leads to no server on this machine.
fn on_server(item: &Address, href: &str) -> Result<Place> {
    let address = item.join(href)?;
    if address.is_loopback() && !item.is_loopback() {
        return Err(Error::unsupported("an item of another machine names an address on this one").at(&address));
    }
    not_jp2(address).map(Place::Web)
}

/// Refuses a JPEG 2000 by its name, before anything is asked for.
fn not_jp2(address: Address) -> Result<Address> {
    if address.path().to_ascii_lowercase().ends_with(".jp2") {
        return Err(Error::unsupported("a JPEG 2000 is not read over the web")
            .at(&address)
            .hint("take the COGs of another catalogue, such as Earth Search, or download the SAFE"));
    }
    Ok(address)
}

/// The files on servers, opened several at a time.
fn remote(opener: &Opener<'_>, found: &[Found<'_>]) -> BTreeMap<String, Result<Arc<RemoteFile>>> {
    let addresses: Vec<Address> = found
        .iter()
        .filter_map(|band| match &band.place {
            Place::Web(address) => Some(address.clone()),
            Place::File(_) => None,
        })
        .collect();
    let opened = opener.ask.access.open_all(&addresses);
    addresses.iter().map(Address::inert).zip(opened).collect()
}

/// How a manifest names a place: an address without credentials.
fn listed(place: &Place) -> PathBuf {
    match place {
        Place::File(path) => path.clone(),
        Place::Web(address) => PathBuf::from(address.inert()),
    }
}

/// Holds a file on a server against what the item says of it.
fn expect(file: &RemoteFile, asset: &Asset) -> Result<()> {
    if let Some(checksum) = &asset.checksum {
        file.expect(checksum);
    }
    right_size(asset, file.version().length)
}

fn local_raster(opener: &Opener<'_>, file: &Path, asset: &Asset) -> Result<Arc<dyn Raster>> {
    if asset.size.is_some() {
        right_size(asset, size_of(file)?)?;
    }
    opener.raster(file)
}

fn right_size(asset: &Asset, bytes: u64) -> Result<()> {
    match asset.size {
        Some(size) if size != bytes => {
            Err(Error::mismatch(format!("the item says {size} bytes, and the file has {bytes}"))
                .hint("the file was replaced or cut: fetch the item again"))
        }
        _ => Ok(()),
    }
}

fn is_reflectance(bands: &[Option<crate::scene::sensor::Band>]) -> bool {
    bands.iter().flatten().all(|band| band.is_reflectance())
}

/// The name of the band that an asset holds, if it is a raster of one band.
fn band_name(key: &str, asset: &Asset) -> Option<String> {
    let file = asset.href.split(['?', '#']).next().and_then(|path| path.rsplit('/').next())?;
    raster_stem(file)?;
    let single = asset.eo_bands.len() <= 1 && asset.raster_bands.len() <= 1;
    let band = asset.eo_bands.first();
    let named =
        [Some(key), band.and_then(|band| band.name.as_deref()), band.and_then(|band| band.common_name.as_deref())];
    let name = named.into_iter().flatten().find(|name| is_band_name(name)).filter(|_| single)?;
    let plain = ["_10m", "_20m", "_60m"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    Some(plain.to_owned())
}

/// The file that a relative reference names, which must exist below `root`.
fn local(root: &Path, href: &str) -> Result<std::path::PathBuf> {
    let odd = href.starts_with('/') || href.contains([':', '\\', '\0', '?', '#', '%']);
    if odd {
        return Err(Error::unsupported(format!("the reference {} is not a plain relative path", Foreign::new(href)))
            .hint("make it relative to the item's own folder"));
    }
    inside(root, href)
}

/// What the item's properties say.
fn words(item: &Item) -> Words {
    let properties = &item.properties;
    let platform = properties.platform.as_deref();
    let grid = properties.grid_code.as_deref().and_then(|code| code.strip_prefix("MGRS-"));
    let tile = grid.or(properties.mgrs_tile.as_deref()).filter(|tile| is_mgrs(tile)).map(str::to_owned);
    Words {
        sensor: platform.and_then(Sensor::parse).or_else(|| Sensor::in_file_name(&item.id)),
        datetime: properties.datetime.clone().map(Foreign::new),
        platform: platform.map(Foreign::new),
        tile: tile.or_else(|| tile_in(&item.id)),
        relative_orbit: properties.relative_orbit,
        sun_zenith: properties.solar_zenith.or(properties.sun_elevation.map(|elevation| 90.0 - elevation)),
        sun_azimuth: properties.solar_azimuth.or(properties.sun_azimuth),
        declared: Declared {
            baseline: properties.baseline.as_deref().and_then(Baseline::parse),
            offset_already_applied: properties.offset_applied,
            landsat_collection2: super::names::is_landsat_collection2(&item.id),
            source: "STAC Item".into(),
            ..Declared::default()
        },
        ..Words::default()
    }
}

/// Takes over the scale and offset of `raster:bands`, where all bands agree.
fn declare(words: &mut Words, tags: &[(Option<f64>, Option<f64>)]) {
    let Some(first) = tags.first() else { return };
    if tags.iter().all(|tag| tag == first) {
        (words.declared.raster_band_scale, words.declared.raster_band_offset) = *first;
    } else {
        words.notes.push("the bands' scale and offset in raster:bands differ and were left aside".into());
    }
}

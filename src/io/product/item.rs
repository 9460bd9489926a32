//! A STAC Item from a file whose assets lie beside it: only what it names is opened, and only below
//! its own folder.

use super::assemble::{Piece, Words, product};
use super::names::raster_stem;
use super::{Opener, Product};
use crate::error::{Error, Result};
use crate::io::bytes::{open_file, read_whole};
use crate::io::safe::metadata::tile_in;
use crate::io::safe::tree::inside;
use crate::scene::scale::{Baseline, Declared};
use crate::scene::sensor::{Sensor, is_band_name, is_mgrs};
use crate::text::{Foreign, shown_path};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

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
    assets(opener, path, item).map_err(place)
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

/// Opens the assets that are bands.
fn assets(opener: &Opener<'_>, path: &Path, item: Item) -> Result<Product> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let root = folder.canonicalize().map_err(|error| Error::system(&error, shown_path(folder)))?;
    let mut words = words(&item);
    words.files.push(path.to_owned());
    let mut pieces = Vec::new();
    let mut tags = Vec::new();
    for (key, asset) in &item.assets {
        let Some(name) = band_name(key, asset) else { continue };
        let place = |error: Error| error.at(format!("asset {}", Foreign::new(key.as_str())));
        let file = local(&root, &asset.href).map_err(place)?;
        let raster = opener.raster(&file).map_err(place)?;
        words.files.push(file);
        if crate::scene::sensor::resolve(&[&name], Some(Sensor::Sentinel2)).is_ok_and(|(_, band)| is_reflectance(&band))
        {
            tags.extend(asset.raster_bands.first().map(|band| (band.scale, band.offset)));
        }
        pieces.push(Piece { raster, names: vec![Some(name)], origin: Foreign::new(key.as_str()) });
    }
    declare(&mut words, &tags);
    product(opener, Foreign::new(item.id), pieces, words)
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
    if href.starts_with("http://") || href.starts_with("https://") {
        return Err(Error::unsupported("the asset lies on a server")
            .hint("download the item's bands beside it and make its hrefs relative"));
    }
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

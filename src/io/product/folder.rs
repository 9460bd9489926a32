//! A product in a folder: ESA's SAFE, or one file a band.

use super::assemble::{Piece, Words, product};
use super::names::{band_in, is_landsat_collection2, raster_stem};
use super::{Opener, Product, mtl, name_of};
use crate::error::{Error, Result};
use crate::io::safe::metadata::{Metadata, tile_in};
use crate::io::safe::tree::{Tree, inside};
use crate::io::safe::{self, Safe};
use crate::scene::sensor::Sensor;
use crate::text::{Foreign, shown_path};
use crate::time::date_in;
use std::path::Path;
use std::sync::Arc;

/// Band files of one folder; a Level-2A product has about 40.
const MAX_FILES: usize = 400;
/// Folders of a granule that hold one resolution each.
const RESOLUTIONS: [&str; 3] = ["R10m", "R20m", "R60m"];

/// Opens the folder at `path`.
pub(super) fn open(opener: &Opener<'_>, path: &Path) -> Result<Product> {
    let place = |error: Error| error.at(shown_path(path));
    let tree = Tree::open(path, opener.limits).map_err(place)?;
    let has = |name: &str| tree.names().iter().any(|other| other == name);
    let granule = tree.names().iter().any(|name| name.starts_with("GRANULE/"));
    if granule && (has("MTD_MSIL2A.xml") || has("MTD_MSIL1C.xml")) {
        return open_safe(opener, path);
    }
    bands(opener, path, &tree).map_err(place)
}

/// Opens a SAFE folder or archive.
pub(super) fn open_safe(opener: &Opener<'_>, path: &Path) -> Result<Product> {
    opener.refuse_bands("a SAFE product")?;
    let Safe { metadata, images, files, notes } = safe::open(path, &|stem| band_in(stem).is_some(), opener.limits)?;
    let pieces = images.into_iter().map(|image| Piece {
        names: vec![band_in(&image.stem).map(str::to_owned)],
        origin: Foreign::new(image.stem),
        raster: Arc::new(image.raster),
    });
    let pieces = pieces.collect();
    let name = metadata.name.clone().unwrap_or_else(|| name_of(path));
    let mut words = Words { files, notes, ..Words::default() };
    if metadata.level.as_ref().is_some_and(|level| level.raw().contains("1C")) {
        words.notes.push("Level-1C: reflectance is that at the top of the atmosphere".into());
    }
    from_metadata(&mut words, metadata)?;
    words.sensor = Some(Sensor::Sentinel2);
    product(opener, name, pieces, words).map_err(|error| error.at(shown_path(path)))
}

/// What Sentinel-2's metadata say, as words of a product.
fn from_metadata(words: &mut Words, metadata: Metadata) -> Result<()> {
    words.declared = metadata.declared()?;
    words.datetime = metadata.datetime;
    words.platform = metadata.platform;
    words.tile = metadata.tile;
    words.relative_orbit = metadata.relative_orbit;
    words.sun_zenith = metadata.sun_zenith;
    words.sun_azimuth = metadata.sun_azimuth;
    Ok(())
}

/// A folder of single-band files, with the metadata documents that lie beside them.
fn bands(opener: &Opener<'_>, path: &Path, tree: &Tree) -> Result<Product> {
    opener.refuse_bands("a folder")?;
    let found: Vec<(&String, &str)> = tree.names().iter().filter_map(|name| Some((name, band_file(name)?))).collect();
    if found.is_empty() {
        return Err(nothing(tree));
    }
    if found.len() > MAX_FILES {
        return Err(Error::limit(format!("the folder holds more than {MAX_FILES} band files")));
    }
    let Tree::Folder { root, .. } = tree else { return Err(Error::bug("a folder is no archive")) };
    let mut words = beside(opener, tree)?;
    let mut pieces = Vec::new();
    for (name, band) in &found {
        let place = |error: Error| error.at(Foreign::new(name.as_str()));
        let file = inside(root, name)?;
        let raster = opener.raster(&file).map_err(place)?;
        if raster.info().bands.len() != 1 {
            words.notes.push(format!("{} holds several bands and was left aside", Foreign::new(name.as_str())));
            continue;
        }
        words.files.push(path.join(name));
        pieces.push(Piece { raster, names: vec![Some((*band).to_owned())], origin: Foreign::new(name.as_str()) });
    }
    let stem = found.first().map_or("", |(name, _)| name.as_str());
    let folder = name_of(path);
    words.sensor = words.sensor.or_else(|| Sensor::in_file_name(stem)).or_else(|| Sensor::in_file_name(folder.raw()));
    words.tile = words.tile.or_else(|| tile_in(stem)).or_else(|| tile_in(folder.raw()));
    words.declared.landsat_collection2 = is_landsat_collection2(stem) || is_landsat_collection2(folder.raw());
    words.date = words.date.or_else(|| date_in(stem.rsplit('/').next().unwrap_or_default()));
    product(opener, folder, pieces, words)
}

/// The band of a file of the folder itself or of one of its resolutions.
fn band_file(name: &str) -> Option<&str> {
    let file = match name.split_once('/') {
        None => name,
        Some((folder, file)) if RESOLUTIONS.contains(&folder) => file,
        Some(_) => return None,
    };
    band_in(raster_stem(file)?)
}

/// The words of metadata documents beside the bands.
fn beside(opener: &Opener<'_>, tree: &Tree) -> Result<Words> {
    let mut metadata = Metadata::default();
    let mut words = Words::default();
    for (name, granule) in
        [("MTD_MSIL2A.xml", false), ("MTD_MSIL1C.xml", false), ("MTD_TL.xml", true), ("metadata.xml", true)]
    {
        if !tree.names().iter().any(|other| other == name) {
            continue;
        }
        let place = |error: Error| error.at(name);
        let bytes = tree.text(name, opener.limits).map_err(place)?;
        let read = if granule { Metadata::read_granule } else { Metadata::read_product };
        read(&mut metadata, &bytes, opener.limits).map_err(place)?;
        words.files.push(tree.path(name));
        words.sensor = Some(Sensor::Sentinel2);
    }
    if words.sensor.is_some() {
        from_metadata(&mut words, metadata)?;
    } else if let Some(name) = tree.names().iter().find(|name| name.ends_with("_MTL.txt") && !name.contains('/')) {
        let place = |error: Error| error.at(Foreign::new(name.as_str()));
        mtl::read(&tree.text(name, opener.limits).map_err(place)?, &mut words);
        words.files.push(tree.path(name));
    }
    Ok(words)
}

fn nothing(tree: &Tree) -> Error {
    let safe = tree.names().iter().find_map(|name| Some(name.split_once(".SAFE/")?.0.to_owned()));
    let error = Error::missing("the folder holds no band file");
    match safe {
        Some(name) => error.hint(format!("name the product inside it: {}.SAFE", Foreign::new(name))),
        None => error
            .hint("band files are named as in T33UUU_20170216T102101_B02.jp2, B02.tif, nir.tif or LC08_.._SR_B5.TIF"),
    }
}

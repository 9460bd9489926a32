//! A product in one raster file: its bands are named by the user, by their descriptions, or, when
//! there is only one, by the file.

use super::assemble::{Piece, Words, product};
use super::names::{band_in, is_landsat_collection2};
use super::{Opener, Product, name_of};
use crate::error::{Error, Result};
use crate::io::raster::RasterInfo;
use crate::io::safe::metadata::tile_in;
use crate::scene::scale::Declared;
use crate::scene::sensor::{Sensor, is_band_name};
use crate::text::shown_path;
use std::path::Path;

/// Opens the raster at `path` as a product.
pub(super) fn open(opener: &Opener<'_>, path: &Path) -> Result<Product> {
    let raster = opener.raster(path)?;
    let name = name_of(path);
    let place = |error: Error| error.at(shown_path(path));
    let names = names(opener, raster.info(), path).map_err(place)?;
    let words = Words {
        sensor: Sensor::in_file_name(name.raw()),
        tile: tile_in(name.raw()),
        declared: Declared { landsat_collection2: is_landsat_collection2(name.raw()), ..Declared::default() },
        files: vec![path.to_owned()],
        ..Words::default()
    };
    let piece = Piece { raster, names, origin: name.clone() };
    product(opener, name, vec![piece], words).map_err(place)
}

/// A name for every band of the file that has one.
fn names(opener: &Opener<'_>, info: &RasterInfo, path: &Path) -> Result<Vec<Option<String>>> {
    let count = info.bands.len();
    if let Some(asked) = &opener.ask.bands {
        return asked_for(asked, count);
    }
    let descriptions: Vec<Option<String>> =
        info.bands.iter().map(|band| band.description.as_ref().map(|text| text.raw().to_owned())).collect();
    if descriptions.iter().flatten().any(|name| is_band_name(name)) {
        return Ok(descriptions);
    }
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if let (1, Some(band)) = (count, band_in(stem)) {
        return Ok(vec![Some(band.to_owned())]);
    }
    Err(unnamed(count))
}

fn unnamed(count: usize) -> Error {
    let bands = if count == 1 { "band is" } else { "bands are" };
    Error::missing(format!("the file's {count} {bands} not named"))
        .hint("name them in order, as in --bands B02,B03,B04,B8A,B11,B12 (- leaves one out), or some, as in --bands B8A=4,B12=6")
}

/// The names that the user gives: in order, or as pairs `NAME=index`.
fn asked_for(asked: &[String], count: usize) -> Result<Vec<Option<String>>> {
    let mut names = vec![None; count];
    if asked.iter().any(|name| name.contains('=')) {
        for pair in asked {
            let (name, slot) = pair_in(pair, &mut names)?;
            if slot.replace(name.to_owned()).is_some() {
                return Err(Error::usage(format!("--bands names one band twice, the second time in {pair}")));
            }
        }
    } else if asked.len() == count {
        for (slot, name) in names.iter_mut().zip(asked) {
            *slot = (name != "-").then(|| name.clone());
        }
    } else {
        return Err(Error::usage(format!("--bands gives {} names, and the file has {count} bands", asked.len()))
            .hint("name them all in order (- leaves one out), or some as NAME=index"));
    }
    match names.iter().flatten().find(|name| !is_band_name(name)) {
        Some(name) => {
            Err(Error::usage(format!("{} is not the name of a band", crate::text::Foreign::new(name.as_str())))
                .hint("names are those of the sensor (B04, B8A, SCL) or common ones (red, nir, swir22)"))
        }
        None => Ok(names),
    }
}

/// The name and the place of a pair such as `B12=6`.
fn pair_in<'a, 'b>(pair: &'a str, names: &'b mut [Option<String>]) -> Result<(&'a str, &'b mut Option<String>)> {
    let count = names.len();
    let parts = pair.split_once('=').and_then(|(name, index)| Some((name, index.parse::<usize>().ok()?)));
    let (name, index) =
        parts.ok_or_else(|| Error::usage(format!("{} is not NAME=index", crate::text::Foreign::new(pair))))?;
    let slot = index.checked_sub(1).and_then(|index| names.get_mut(index));
    slot.map(|slot| (name, slot))
        .ok_or_else(|| Error::usage(format!("--bands asks for band {index} of a file with {count}")))
}

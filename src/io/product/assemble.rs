//! From opened rasters with names to located bands: names are understood together, each band points
//! to its finest raster, and what the files say of their numbers is collected.

use super::{Located, Opener, Product};
use crate::error::{Error, Result};
use crate::io::raster::{Raster, RasterInfo};
use crate::scene::scale::Declared;
use crate::scene::sensor::{Band, Sensor, resolve};
use crate::text::Foreign;
use crate::time::date_in;
use jiff::civil::Date;
use std::path::PathBuf;
use std::sync::Arc;

/// An opened raster, with a name for each band that has one.
pub(super) struct Piece {
    pub(super) raster: Arc<dyn Raster>,
    pub(super) names: Vec<Option<String>>,
    /// Where it came from, for messages.
    pub(super) origin: Foreign,
}

/// What is known of a product besides its pixels.
#[derive(Default)]
pub(super) struct Words {
    pub(super) sensor: Option<Sensor>,
    pub(super) date: Option<Date>,
    pub(super) datetime: Option<Foreign>,
    pub(super) platform: Option<Foreign>,
    pub(super) tile: Option<String>,
    pub(super) relative_orbit: Option<u32>,
    pub(super) sun_zenith: Option<f64>,
    pub(super) sun_azimuth: Option<f64>,
    pub(super) declared: Declared,
    pub(super) files: Vec<PathBuf>,
    pub(super) notes: Vec<String>,
}

/// Puts a product together. `name` is searched for a date when nothing else has one.
///
/// # Errors
/// What [`resolve`] refuses; `Usage` when a band is there twice at one resolution; `Missing` when no
/// band is known.
pub(super) fn product(opener: &Opener<'_>, name: Foreign, pieces: Vec<Piece>, words: Words) -> Result<Product> {
    let (sensor, located) = locate(&pieces, opener.sensor(words.sensor))?;
    let (bands, coarser) = finest(&pieces, located)?;
    if bands.is_empty() {
        return Err(Error::missing("no band is known here").hint("name the bands with --bands"));
    }
    let infos: Vec<&RasterInfo> = pieces.iter().map(|piece| piece.raster.info()).collect();
    let mut notes = words.notes;
    let declared = with_tags(words.declared, &bands, &infos, &mut notes);
    let date = words.datetime.as_ref().and_then(|text| date_in(text.raw())).or(words.date);
    let date = date.or_else(|| date_in(name.raw())).or_else(|| tagged_date(&infos, &mut notes));
    Ok(Product {
        name,
        sensor,
        date,
        datetime: words.datetime,
        platform: words.platform,
        tile: words.tile,
        relative_orbit: words.relative_orbit,
        sun_zenith: words.sun_zenith.filter(|degrees| (0.0..=180.0).contains(degrees)),
        sun_azimuth: words.sun_azimuth.filter(|degrees| (-360.0..=360.0).contains(degrees)),
        declared,
        rasters: pieces.into_iter().map(|piece| piece.raster).collect(),
        bands,
        coarser,
        files: words.files,
        notes,
    })
}

/// Understands all names together; the same name in several files is one band.
fn locate(pieces: &[Piece], sensor: Option<Sensor>) -> Result<(Sensor, Vec<Located>)> {
    let mut names: Vec<&str> = Vec::new();
    let mut places = Vec::new();
    for (raster, piece) in pieces.iter().enumerate() {
        for (index, name) in piece.names.iter().enumerate() {
            let Some(name) = name else { continue };
            let repeated =
                places.iter().find(|(at, other, _)| *other != raster && names.get(*at) == Some(&name.as_str()));
            let at = repeated.map_or(names.len(), |(at, ..)| *at);
            if at == names.len() {
                names.push(name);
            }
            places.push((at, raster, index));
        }
    }
    let (sensor, bands) = resolve(&names, sensor)?;
    let located = places.into_iter().filter_map(|(at, raster, index)| {
        let band = bands.get(at).copied().flatten()?;
        Some(Located { band, raster, index })
    });
    Ok((sensor, located.collect()))
}

/// Parts the finest raster of each band from the coarser ones.
fn finest(pieces: &[Piece], mut located: Vec<Located>) -> Result<(Vec<Located>, Vec<Located>)> {
    let width = |at: &Located| pieces.get(at.raster).map_or(0, |piece| piece.raster.info().width);
    located.sort_by_key(|at| (at.band, std::cmp::Reverse(width(at)), at.raster));
    for pair in located.windows(2) {
        if let [a, b] = pair
            && a.band == b.band
            && width(a) == width(b)
        {
            let origin = |at: &Located| pieces.get(at.raster).map(|piece| piece.origin.to_string()).unwrap_or_default();
            return Err(Error::usage(format!("{} and {} both hold the band {}", origin(a), origin(b), a.band))
                .hint("name a folder that holds one acquisition"));
        }
    }
    let mut seen: Vec<Band> = Vec::new();
    Ok(located.into_iter().partition(|at| {
        let first = !seen.contains(&at.band);
        seen.push(at.band);
        first
    }))
}

/// Adds the scale and offset that the files' own tags declare, where all bands agree.
fn with_tags(mut declared: Declared, bands: &[Located], infos: &[&RasterInfo], notes: &mut Vec<String>) -> Declared {
    let tags = bands.iter().filter(|at| at.band.is_reflectance()).filter_map(|at| {
        let band = infos.get(at.raster)?.bands.get(at.index)?;
        Some((band.scale, band.offset))
    });
    let tags: Vec<_> = tags.collect();
    let Some(first) = tags.first().filter(|tag| **tag != (None, None)) else { return declared };
    if tags.iter().any(|tag| tag != first) {
        notes.push("the bands' scale and offset tags differ and were left aside".into());
        return declared;
    }
    if declared.raster_band_scale.is_none() && declared.raster_band_offset.is_none() {
        (declared.raster_band_scale, declared.raster_band_offset) = *first;
        if declared.source.is_empty() {
            declared.source = "tags of the file".into();
        }
    }
    declared
}

/// The date of the TIFF tag, which often is that of the file and not of the picture.
fn tagged_date(infos: &[&RasterInfo], notes: &mut Vec<String>) -> Option<Date> {
    let tags = infos.iter().flat_map(|info| &info.metadata).filter(|(key, _)| key == "TIFFTAG_DATETIME");
    let date = tags.map(|(_, text)| text.raw()).find_map(date_in)?;
    notes.push(format!("the date {date} is that of the file's TIFFTAG_DATETIME; if it is wrong, state the date"));
    Some(date)
}

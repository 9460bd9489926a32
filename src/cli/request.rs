//! From arguments as typed to a request as resolved: area, recipe, sides.

use std::io::Read;
use std::path::Path;

use super::args::{Area, Change, LayerDtype, MethodName, Reading, SarScale, SensorName};
use super::network::all_kept;
use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;
use crate::io::store;
use crate::kernel::sar::scale::Scale;
use crate::limits::Limits;
use crate::pipeline::radar::request::{RadarRequest, Span, Split};
use crate::pipeline::request::{Request, SideRequest};
use crate::recipe::{LayerType, Method, Recipe};
use crate::scene::sensor::Sensor;
use crate::text::shown_path;

/// The request behind `groundtell change`.
pub(super) fn change(asked: &Change, limits: &Limits) -> Result<Request> {
    let aoi = area(&asked.area, limits)?;
    let reading = &asked.reading;
    let access = asked.network.access()?;
    let side = |paths: &[std::path::PathBuf], own: &Option<Vec<String>>, date| {
        Ok::<_, Error>(SideRequest {
            paths: all_kept(paths, &access)?,
            bands: own.clone().or_else(|| reading.bands.clone()),
            sensor: sensor(reading),
            date,
        })
    };
    Ok(Request {
        before: side(&asked.before, &reading.before_bands, reading.before_date)?,
        after: side(&asked.after, &reading.after_bands, reading.after_date)?,
        scale: usable(reading.scale, "--scale", |scale| scale != 0.0)?,
        offset: usable(reading.offset, "--offset", |_| true)?,
        aoi_notes: aoi.as_ref().map(|aoi| aoi.notes().to_vec()).unwrap_or_default(),
        aoi: aoi.map(|aoi| aoi.to_geojson()),
        recipe: recipe(asked, limits)?,
        access,
    })
}

/// The request behind `groundtell change --sar`.
pub(super) fn radar(asked: &Change, limits: &Limits) -> Result<RadarRequest> {
    let stack = &asked.radar;
    let aoi = area(&asked.area, limits)?;
    let split = match (stack.event, &stack.before_dates, &stack.after_dates) {
        (Some(event), ..) => Split::Event(event),
        (None, Some(before), Some(after)) => Split::spans(Span::parse(before)?, Span::parse(after)?)?,
        _ => {
            return Err(Error::usage("a radar stack needs the day of the event")
                .hint("give --event DATE, or --before-dates A/B with --after-dates C/D"));
        }
    };
    Ok(RadarRequest {
        paths: stack.sar.clone(),
        split,
        scale: match stack.sar_scale {
            SarScale::Auto => None,
            SarScale::Linear => Some(Scale::Linear),
            SarScale::Db => Some(Scale::Db),
            SarScale::Db100 => Some(Scale::Db100),
        },
        orbit: stack.orbit,
        aoi_notes: aoi.as_ref().map(|aoi| aoi.notes().to_vec()).unwrap_or_default(),
        aoi: aoi.map(|aoi| aoi.to_geojson()),
        recipe: recipe(asked, limits)?,
    })
}

/// The sensor that was named, if one was.
pub(super) fn sensor(reading: &Reading) -> Option<Sensor> {
    reading.sensor.map(|name| match name {
        SensorName::Sentinel2 => Sensor::Sentinel2,
        SensorName::Landsat7 => Sensor::Landsat4to7,
        SensorName::Landsat8 => Sensor::Landsat8to9,
    })
}

/// The area that was named, if one was.
pub(super) fn area(area: &Area, limits: &Limits) -> Result<Option<Aoi>> {
    if let Some(text) = &area.bbox {
        return Aoi::from_bbox(text).map(Some);
    }
    let Some(path) = &area.aoi else { return Ok(None) };
    let read = if path.as_os_str() == "-" {
        let text = piped(limits.text_bytes);
        text.and_then(|text| Aoi::from_geojson(&text, limits).map_err(|error| error.at("stdin")))
    } else {
        area_file(path, limits)
    };
    read.map(Some).map_err(|error| error.hint("an AOI is GeoJSON with polygons, longitude before latitude, in degrees"))
}

/// The area in a GeoJSON file.
pub(super) fn area_file(path: &Path, limits: &Limits) -> Result<Aoi> {
    let text = store::read_text(path, limits.text_bytes)?;
    Aoi::from_geojson(&text, limits).map_err(|error| error.at(shown_path(path)))
}

/// Text from stdin.
fn piped(most: u64) -> Result<String> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(most.saturating_add(1)).read_to_string(&mut text);
    read.map_err(|error| Error::malformed(error.to_string()).at("stdin"))?;
    if text.len() as u64 > most {
        return Err(Error::limit(format!("this is longer than {most} bytes")).at("stdin"));
    }
    Ok(text)
}

/// The recipe: file over defaults, then `--set`.
pub(super) fn base_recipe(file: Option<&Path>, set: &[String], limits: &Limits) -> Result<Recipe> {
    let read = |path: &Path| {
        let text = store::read_text(path, limits.text_bytes)?;
        Recipe::from_toml(&text).map_err(|error| error.at(shown_path(path)))
    };
    let recipe = file.map(read).transpose().map(Option::unwrap_or_default);
    let whole = recipe.and_then(|recipe| set.iter().try_fold(recipe, |recipe, assignment| recipe.with(assignment)));
    whole.map_err(|error| error.hint("print the keys with 'groundtell change --print-recipe'"))
}

/// The recipe, with the flags that name a key of their own.
fn recipe(asked: &Change, limits: &Limits) -> Result<Recipe> {
    let keys = |error: Error| error.hint("print the keys with 'groundtell change --print-recipe'");
    let mut recipe = base_recipe(asked.recipe.as_deref(), &asked.set, limits)?;
    if let Some(method) = asked.method {
        recipe.change.method = match method {
            MethodName::Burn => Method::Burn,
            MethodName::Irmad => Method::Irmad,
            MethodName::Cva => Method::Cva,
            MethodName::PcaKmeans => Method::PcaKmeans,
        };
    }
    match &asked.threshold {
        Some(threshold) if recipe.change.method == Method::Burn => recipe.burn.threshold.clone_from(threshold),
        Some(threshold) => recipe = recipe.with(&format!("change.cutoff={threshold}")).map_err(keys)?,
        None => {}
    }
    if let Some(composite) = &asked.composite {
        recipe.grid.composite.clone_from(composite);
    }
    if let Some(size) = asked.resolution {
        recipe = recipe.with(&format!("grid.resolution={size:?}"))?;
    }
    if let Some(dtype) = asked.dtype {
        recipe.output.dtype = match dtype {
            LayerDtype::Int16 => LayerType::Int16,
            LayerDtype::Float32 => LayerType::Float32,
        };
    }
    if let Some(codec) = &asked.codec {
        recipe.output.codec.clone_from(codec);
    }
    if let Some(layers) = &asked.layers {
        recipe.output.layers.clone_from(layers);
    }
    recipe.output.gpkg |= asked.gpkg;
    recipe.output.previews &= !asked.no_previews;
    Ok(recipe)
}

fn usable(value: Option<f64>, flag: &str, also: impl Fn(f64) -> bool) -> Result<Option<f64>> {
    match value {
        Some(number) if !(number.is_finite() && also(number)) => {
            Err(Error::usage(format!("{flag} {number} makes no reflectance"))
                .hint("reflectance = value * SCALE + OFFSET, such as --scale 0.0001 --offset -0.1"))
        }
        _ => Ok(value),
    }
}

//! The STAC Item of a run.

use serde_json::{Value, json};

use super::prepared::Prepared;
use super::publish::classes_of;
use super::sink::{DATES, NODATA};
use super::summary::{GridFacts, Summary};

use crate::error::{Error, Result};
use crate::geom::aoi::Aoi;
use crate::geom::crs::{Crs, Transform};
use crate::geom::grid::Grid;
use crate::io::cog::Stats;
use crate::io::raster::Dtype;
use crate::io::store::{self, Stage};
use crate::layer::Layer;
use crate::plan::Side;
use crate::recipe::LayerType;
use crate::stac::asset::{Asset, Band, Class, Media, Statistics};
use crate::stac::item::{Item, Source, When};

/// What a run says of itself in its Item.
pub(super) struct About<'a> {
    /// Whether any input is simulated.
    pub simulated: bool,
    /// The fixed sentence on what the layers cannot tell.
    pub limits: &'a str,
    /// The grid of every layer.
    pub grid: &'a GridFacts,
    /// How the layers came about.
    pub lineage: String,
    /// Properties of the Item.
    pub properties: Vec<(String, Value)>,
}

impl<'a> From<&'a Summary> for About<'a> {
    fn from(summary: &'a Summary) -> Self {
        Self {
            simulated: summary.simulated,
            limits: summary.limits,
            grid: &summary.grid,
            lineage: format!("NBR of both dates, dNBR, threshold by {}, objects", summary.threshold_strategy),
            properties: properties(summary),
        }
    }
}

/// The Item's bytes; none where no date is known, since STAC has no honest value for that.
pub(super) fn item(
    prepared: &Prepared,
    stage: &Stage,
    about: About<'_>,
    layers: &[(String, Stats)],
) -> Result<Option<Vec<u8>>> {
    let dates = [Side::Before, Side::After].map(|side| prepared.pair.date(side));
    let Ok(when) = When::days(dates[0], dates[1]) else { return Ok(None) };
    let (geometry, bbox) = footprint(prepared.area.as_ref(), &prepared.plan.grid)?;
    let mut assets = Vec::new();
    for (name, stats) in layers {
        assets.push(raster(prepared, stage, name, stats)?);
    }
    assets.push(file(stage, "change", "change.geojson", "Objects", Media::GeoJson, "data")?);
    if prepared.request.recipe.output.gpkg {
        assets.push(file(stage, "change-gpkg", "change.gpkg", "Objects", Media::GeoPackage, "data")?);
    }
    for name in ["true_colour", "false_colour", "dnbr"] {
        let path = format!("preview/{name}.png");
        if stage.holds(&path) {
            assets.push(file(stage, &format!("preview-{name}"), &path, name, Media::Png, "overview")?);
        }
    }
    assets.push(file(stage, "summary", "summary.json", "Summary", Media::Json, "metadata")?);
    let item = Item {
        id: identifier(prepared, about.grid)?,
        title: format!("Change {}", prepared.bracket()),
        description: if about.simulated {
            "SIMULATED: nothing here was seen by a satellite".into()
        } else {
            about.limits.into()
        },
        geometry,
        bbox,
        when,
        lineage: about.lineage,
        properties: about.properties,
        assets,
        derived_from: prepared
            .pair
            .scenes
            .iter()
            .map(|scene| Source { href: scene.product.name.raw().to_owned(), title: None })
            .collect(),
    };
    item.to_bytes().map(Some)
}

fn properties(summary: &Summary) -> Vec<(String, Value)> {
    vec![
        ("groundtell:simulated".into(), json!(summary.simulated)),
        ("groundtell:valid_share".into(), json!(summary.valid_share)),
        ("groundtell:burned_ha".into(), json!(summary.burned_ha)),
        ("groundtell:reliability".into(), json!(summary.reliability.state)),
    ]
}

/// A name that the same request over the same inputs gets again.
fn identifier(prepared: &Prepared, grid: &GridFacts) -> Result<String> {
    let seed = format!(
        "{} {} {}",
        prepared.bracket(),
        serde_json::to_string(grid).unwrap_or_default(),
        prepared.request.recipe.to_toml()?
    );
    let sum = store::sha256_hex(seed.as_bytes());
    Ok(format!("groundtell-{}-{}", prepared.bracket().replace(['/', '.'], "-"), &sum[..12]))
}

/// The AOI in longitude and latitude, or the corners of the grid.
pub(super) fn footprint(area: Option<&Aoi>, grid: &Grid) -> Result<(geojson::Geometry, [f64; 4])> {
    if let Some(area) = area {
        return footprint_of(area);
    }
    let transform = Transform::new(grid.crs(), Crs::WGS84)?;
    let (width, height) = (grid.width() as f64, grid.height() as f64);
    let corners = [(0.0, height), (width, height), (width, 0.0), (0.0, 0.0), (0.0, height)];
    let ring: Option<Vec<Vec<f64>>> = corners
        .iter()
        .map(|(col, row)| {
            let (x, y) = grid.to_map(*col, *row);
            transform.point(x, y).map(|(lon, lat)| vec![seven(lon), seven(lat)])
        })
        .collect();
    let ring = ring.ok_or_else(|| Error::unsupported("the grid has no place on the globe"))?;
    let of = |axis: usize, pick: fn(f64, f64) -> f64, start: f64| ring.iter().map(|at| at[axis]).fold(start, pick);
    let bbox = [
        of(0, f64::min, f64::INFINITY),
        of(1, f64::min, f64::INFINITY),
        of(0, f64::max, f64::NEG_INFINITY),
        of(1, f64::max, f64::NEG_INFINITY),
    ];
    Ok((geojson::Geometry::new_polygon([ring]), bbox))
}

/// An area as a geometry, and the box around it.
pub(super) fn footprint_of(area: &Aoi) -> Result<(geojson::Geometry, [f64; 4])> {
    let boxes = area.bounds();
    let (west, east) = match &boxes[..] {
        [one] => (one.west, one.east),
        // Two boxes meet at the antimeridian: the eastern one begins the area.
        [a, b] if a.west > b.west => (a.west, b.east),
        [a, b] => (b.west, a.east),
        _ => return Err(Error::bug("an AOI without bounds")),
    };
    let low = boxes.iter().map(|bounds| bounds.south).fold(f64::INFINITY, f64::min);
    let high = boxes.iter().map(|bounds| bounds.north).fold(f64::NEG_INFINITY, f64::max);
    Ok((area.geometry(), [west, low, east, high]))
}

/// Seven decimals: a centimetre.
fn seven(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

pub(super) fn file(
    stage: &Stage,
    key: &str,
    path: &str,
    title: &str,
    media: Media,
    role: &'static str,
) -> Result<Asset> {
    let (size, sha256) = stage.measured(path)?;
    Ok(Asset {
        key: key.into(),
        path: path.into(),
        title: title.replace('_', " "),
        media,
        roles: vec![role],
        sha256,
        size,
        grid: None,
        bands: Vec::new(),
    })
}

fn raster(prepared: &Prepared, stage: &Stage, name: &str, stats: &Stats) -> Result<Asset> {
    let mut asset = file(stage, name, &format!("layers/{name}.tif"), name, Media::Cog, "data")?;
    let layer = prepared.layers.iter().find(|layer| layer.name() == name);
    let step =
        layer.and_then(|layer| layer.step()).filter(|_| prepared.request.recipe.output.dtype == LayerType::Int16);
    let classes = classes_of(name);
    let days = name.starts_with(DATES);
    let (dtype, nodata) = match () {
        () if !classes.is_empty() => (Dtype::U8, 255.0),
        () if days => (Dtype::U16, 0.0),
        () if step.is_some() => (Dtype::I16, f64::from(NODATA)),
        () => (Dtype::F32, f64::NAN),
    };
    asset.grid = Some(prepared.plan.grid);
    asset.bands = vec![Band {
        name: name.into(),
        description: layer.map_or_else(|| name.to_owned(), |layer| Layer::description(*layer)),
        dtype,
        nodata: Some(nodata),
        scale: step,
        offset: None,
        unit: days.then(|| "days since 1970-01-01".to_owned()),
        statistics: (stats.valid > 0 && classes.is_empty()).then(|| statistics(stats, step.unwrap_or(1.0))),
        classes: classes
            .into_iter()
            .map(|(value, label)| Class {
                value: i64::from(value),
                name: label
                    .chars()
                    .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
                    .collect(),
                description: label,
                colour: None,
            })
            .collect(),
    }];
    Ok(asset)
}

pub(super) fn statistics(stats: &Stats, step: f64) -> Statistics {
    Statistics {
        minimum: stats.min * step,
        maximum: stats.max * step,
        mean: stats.mean * step,
        stddev: stats.stddev * step,
        valid_percent: 100.0 * stats.valid as f64 / stats.cells as f64,
    }
}

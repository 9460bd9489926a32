//! Connecting opened scenes to a grid: for each side, which taps feed which role.

use std::str::FromStr;

use jiff::Unit;
use jiff::civil::Date;

use super::crew::guarded;
use super::scenes::{Pair, Scene};
use super::side::{Growth, SceneTaps, SideTaps, Way};
use super::sky::{Clouds, Sky};
use super::tap::{Classes, Tap};
use crate::error::Result;
use crate::geom::grid::Grid;
use crate::io::raster::Dtype;
use crate::kernel::composite::Composite;
use crate::kernel::index::Role;
use crate::kernel::reflectance::{Encoding, offset_counts};
use crate::plan::Side;
use crate::recipe::Recipe;
use crate::scene::sensor::Band;

/// Day 0 of layers of dates.
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// What a side is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The line itself: full resolution.
    Measure,
    /// The survey: the coarsest level that will do.
    Survey,
}

/// One side's scenes tied to `work`, reading `roles`.
///
/// # Errors
/// `Unsupported` for a scene without a grid.
pub(super) fn side(
    pair: &Pair,
    side: Side,
    roles: &[(Role, Band)],
    work: &Grid,
    recipe: &Recipe,
    purpose: Purpose,
) -> Result<SideTaps> {
    some(pair, (side, &|_| true), roles, work, recipe, purpose)
}

/// As [`side`], of the side's scenes those that `among` picks.
///
/// # Errors
/// As [`side`].
pub(super) fn some(
    pair: &Pair,
    (side, among): (Side, &dyn Fn(&Scene) -> bool),
    roles: &[(Role, Band)],
    work: &Grid,
    recipe: &Recipe,
    purpose: Purpose,
) -> Result<SideTaps> {
    let growth = Growth::new(recipe.mask.cloud_dilation_m, recipe.mask.shadow_dilation_m, work)?;
    let gain = pair.scenes.first().map_or(1.0, |scene| scene.scale().gain);
    let composite = Composite::from_str(&recipe.grid.composite)?;
    let mut scenes: Vec<&Scene> = pair.side(side).filter(|scene| among(scene)).collect();
    if composite != Composite::First {
        nearest_first(&mut scenes, side);
    }
    let tied = scenes.iter().map(|scene| taps(scene, roles, work, recipe, purpose, growth.halo, gain));
    let mut tied = tied.collect::<Result<Vec<_>>>()?;
    if purpose == Purpose::Measure && recipe.mask.dark_reach_m > 0.0 {
        raise_skies(&scenes, &mut tied, work, recipe.mask.dark_reach_m)?;
    }
    Ok(SideTaps {
        scenes: tied,
        composite,
        nir: pair.nir,
        roles: roles.iter().map(|(role, _)| *role).collect(),
        gain: gain as f32,
        growth,
        water_from_indices: recipe.mask.water_from_indices,
    })
}

/// The taps of every scene of a side, without their skies: what will be read, with nothing read yet.
///
/// # Errors
/// As [`side`].
pub(super) fn bare(
    pair: &Pair,
    side: Side,
    roles: &[(Role, Band)],
    work: &Grid,
    recipe: &Recipe,
    purpose: Purpose,
) -> Result<(Vec<SceneTaps>, Growth)> {
    let growth = Growth::new(recipe.mask.cloud_dilation_m, recipe.mask.shadow_dilation_m, work)?;
    let tied = pair.side(side).map(|scene| taps(scene, roles, work, recipe, purpose, growth.halo, 1.0));
    Ok((tied.collect::<Result<Vec<_>>>()?, growth))
}

/// Whether the sun's azimuth is known of all scenes of a side, so that shadows are looked for in its direction.
pub(super) fn is_directed(pair: &Pair, side: Side) -> bool {
    pair.side(side).all(|scene| scene.product.sun_azimuth.is_some())
}

/// Gives every scene with classes its sky, by the clouds of all scenes of its day.
fn raise_skies(scenes: &[&Scene], tied: &mut [SceneTaps], work: &Grid, reach_m: f64) -> Result<()> {
    let directed = scenes.iter().all(|scene| scene.product.sun_azimuth.is_some());
    let clouds = tied.iter().map(|taps| {
        let (kind, band) = taps.classes.as_ref()?;
        let tie = |grid: &Grid| Tap::coarse(&band.raster, band.index, band.encoding, grid);
        // What is damaged the measuring pass names; until then no shadow of that day is kept.
        guarded(|| Clouds::read(work, tie, *kind, directed, reach_m)).ok()
    });
    let clouds: Vec<Option<Clouds>> = clouds.collect();
    for (place, scene) in scenes.iter().enumerate() {
        let same_day = scenes.iter().zip(&clouds).filter(|(other, _)| day(other) == day(scene));
        let of_day: Option<Vec<&Clouds>> = same_day.map(|(_, clouds)| clouds.as_ref()).collect();
        if let (Some(of_day), Some(taps)) = (of_day, tied.get_mut(place)) {
            taps.sky = Sky::cast(&of_day, scene.product.sun_azimuth.filter(|_| directed), reach_m)?;
        }
    }
    Ok(())
}

/// Scenes by their distance in time from the other side; those of no known date last.
fn nearest_first(scenes: &mut [&Scene], side: Side) {
    scenes.sort_by_key(|scene| {
        let day = i32::from(day(scene));
        match side {
            _ if day == 0 => i32::MAX,
            Side::Before => -day,
            Side::After => day,
        }
    });
}

/// Days of a scene since 1970-01-01, 0 where no date is known or 16 bits do not hold it.
pub(super) fn day(scene: &Scene) -> u16 {
    let since = |date: Date| date.since((Unit::Day, EPOCH)).ok().map(|span| span.get_days());
    scene.product.date.and_then(since).and_then(|days| u16::try_from(days).ok()).unwrap_or(0)
}

fn taps(
    scene: &Scene,
    roles: &[(Role, Band)],
    work: &Grid,
    recipe: &Recipe,
    purpose: Purpose,
    halo: usize,
    gain: f64,
) -> Result<SceneTaps> {
    let factor = (scene.scale().gain / gain) as f32;
    let mut bands = Vec::with_capacity(roles.len());
    for (role, band) in roles {
        let way = match (band, role) {
            (Band::Nbr, Role::Swir2) => Way::OfRatio(-factor, (1.0 / gain) as f32),
            (Band::Nbr, _) => Way::OfRatio(factor, (1.0 / gain) as f32),
            _ => Way::Scaled(factor),
        };
        bands.push((tap(scene, *band, work, recipe, purpose)?, way));
    }
    let kinds = [(Band::Scl, Classes::Scl), (Band::QaPixel, Classes::QaPixel)];
    let has = |band: Band| scene.product.bands.iter().any(|located| located.band == band);
    let kind = kinds.into_iter().find(|(band, _)| recipe.mask.classes && has(*band));
    let around = if halo > 0 { work.pad(halo) } else { *work };
    let classes = kind.map(|(band, kind)| Ok((kind, tap(scene, band, &around, recipe, purpose)?))).transpose()?;
    Ok(SceneTaps { sky: None, classes, bands, day: day(scene) })
}

fn tap(scene: &Scene, band: Band, work: &Grid, recipe: &Recipe, purpose: Purpose) -> Result<Tap> {
    let product = &scene.product;
    let located = product.bands.iter().find(|located| located.band == band);
    let located = located.ok_or_else(|| crate::Error::missing(format!("has no {}", band.name())).at(&product.name))?;
    let raster = &product.rasters[located.raster];
    let info = raster.info().bands.get(located.index);
    let float = info.is_some_and(|band| matches!(band.dtype, Dtype::F32 | Dtype::F64));
    let encoding = Encoding {
        nodata: info.and_then(|band| band.nodata),
        zero_is_nodata: band.is_reflectance() && !float,
        offset_counts: offset_counts(scene.scale().gain, scene.scale().gain * scene.scale().offset_dn),
    };
    match purpose {
        Purpose::Measure => Tap::new(raster, located.index, encoding, work, recipe.grid.upsample),
        Purpose::Survey => Tap::coarse(raster, located.index, encoding, work),
    }
}

//! Connecting opened scenes to a grid: for each side, which taps feed which role.

use super::scenes::{Pair, Scene};
use super::side::{Growth, SceneTaps, SideTaps, Way};
use super::tap::{Classes, Tap};
use crate::error::Result;
use crate::geom::grid::Grid;
use crate::io::raster::Dtype;
use crate::kernel::index::Role;
use crate::kernel::reflectance::{Encoding, offset_counts};
use crate::plan::Side;
use crate::recipe::Recipe;
use crate::scene::sensor::Band;

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
    let growth = Growth::new(recipe.mask.cloud_dilation_m, recipe.mask.shadow_dilation_m, work)?;
    let gain = pair.scenes.first().map_or(1.0, |scene| scene.scale().gain);
    let scenes = pair.side(side).map(|scene| taps(scene, roles, work, recipe, purpose, growth.halo, gain));
    Ok(SideTaps {
        scenes: scenes.collect::<Result<Vec<_>>>()?,
        roles: roles.iter().map(|(role, _)| *role).collect(),
        gain: gain as f32,
        growth,
        water_from_indices: recipe.mask.water_from_indices,
    })
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
    Ok(SceneTaps { classes, bands })
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

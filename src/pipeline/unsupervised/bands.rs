//! Which bands a method without a model of change compares: those that the recipe names, else a fixed choice.

use crate::error::{Error, Result};
use crate::io::product::Product;
use crate::kernel::index::Role;
use crate::kernel::irmad::MOST_BANDS;
use crate::plan::Side;
use crate::recipe::Recipe;
use crate::scene::sensor::{self, Band};

use super::super::scenes::{Pair, role_of};

/// Reflectance bands by rising wavelength: the order of the variables.
const BY_WAVELENGTH: [Band; 10] = [
    Band::Blue,
    Band::Green,
    Band::Red,
    Band::RedEdge1,
    Band::RedEdge2,
    Band::RedEdge3,
    Band::Nir,
    Band::NirNarrow,
    Band::Swir1,
    Band::Swir2,
];

/// The bands to read, by role, and the near infrared for pictures.
///
/// # Errors
/// `Missing` for a named band that a scene has not, or when the sides share no band; `Usage` for names that are none.
pub(in crate::pipeline) fn wanted(products: &[(Side, Product)], recipe: &Recipe) -> Result<(Role, Vec<(Role, Band)>)> {
    let bands = if recipe.change.bands.is_empty() { shared(products, recipe)? } else { named(products, recipe)? };
    let roles: Vec<(Role, Band)> = bands.iter().filter_map(|band| Some((role_of(*band)?, *band))).collect();
    if roles.len() > MOST_BANDS {
        return Err(Error::usage(format!("change.bands: at most {MOST_BANDS} bands are compared")));
    }
    let nir = roles.iter().map(|(role, _)| *role).rfind(|role| matches!(role, Role::Nir | Role::NirNarrow));
    Ok((nir.unwrap_or(Role::Nir), roles))
}

fn has(product: &Product, band: Band) -> bool {
    product.bands.iter().any(|located| located.band == band)
}

/// Of the fixed choice those that every scene has. Of the near infrareds one: they are almost the same band, and two
/// such make the covariance nearly singular.
fn shared(products: &[(Side, Product)], recipe: &Recipe) -> Result<Vec<Band>> {
    let fine = recipe.grid.resolution.is_some_and(|size| size < 15.0 && size > 1.0);
    let order = if fine { [Band::Nir, Band::NirNarrow] } else { [Band::NirNarrow, Band::Nir] };
    let everywhere = |band: &Band| products.iter().all(|(_, product)| has(product, *band));
    let nir = order.into_iter().find(everywhere);
    let choice = [Some(Band::Blue), Some(Band::Green), Some(Band::Red), nir, Some(Band::Swir1), Some(Band::Swir2)];
    let bands: Vec<Band> = choice.into_iter().flatten().filter(everywhere).collect();
    if bands.is_empty() {
        let name = products.first().map_or(String::new(), |(_, product)| product.name.to_string());
        return Err(Error::missing("the scenes share no band that could be compared")
            .at(name)
            .hint("name the bands with --bands, in the order of the file, such as --bands B02,B03,B04,B08,B12"));
    }
    Ok(bands)
}

/// The bands of the recipe, by rising wavelength.
fn named(products: &[(Side, Product)], recipe: &Recipe) -> Result<Vec<Band>> {
    let mut asked = Vec::new();
    for name in &recipe.change.bands {
        asked.push(understood(name, products)?);
    }
    for band in &asked {
        if let Some((side, product)) = products.iter().find(|(_, product)| !has(product, *band)) {
            return Err(Error::missing(format!("has no {band}, which change.bands names ({} scene)", side.word()))
                .at(&product.name)
                .hint("leave it out of change.bands, or name the bands of the file with --bands"));
        }
    }
    Ok(BY_WAVELENGTH.into_iter().filter(|band| asked.contains(band)).collect())
}

/// The band that a name means with the sensor of the scenes.
fn understood(name: &str, products: &[(Side, Product)]) -> Result<Band> {
    let common = BY_WAVELENGTH.into_iter().find(|band| band.name().eq_ignore_ascii_case(name.trim()));
    let sensor = products.first().map(|(_, product)| product.sensor);
    let of_sensor = || sensor::resolve(&[name], sensor).ok().and_then(|(_, bands)| bands.first().copied().flatten());
    common.or_else(of_sensor).filter(|band| BY_WAVELENGTH.contains(band)).ok_or_else(|| {
        Error::usage(format!("change.bands: {:?} is no reflectance band", crate::text::Foreign::new(name).to_string()))
            .hint("names are blue, green, red, rededge1, rededge2, rededge3, nir, nir08, swir16, swir22, or the sensor's own such as B8A")
    })
}

/// Bands of the fixed choice that one side has and the other has not, in words.
pub(super) fn left_out(pair: &Pair, recipe: &Recipe) -> Vec<String> {
    if !recipe.change.bands.is_empty() {
        return Vec::new();
    }
    let on = |side: Side, band: Band| pair.side(side).all(|scene| has(&scene.product, band));
    let choice = [Band::Blue, Band::Green, Band::Red, Band::NirNarrow, Band::Nir, Band::Swir1, Band::Swir2];
    let used = |band: Band| pair.roles.iter().any(|(_, own)| *own == band);
    let words = |band: Band| match (on(Side::Before, band), on(Side::After, band)) {
        (true, false) => Some(format!("{band} is not compared: the date after has none")),
        (false, true) => Some(format!("{band} is not compared: the date before has none")),
        _ => None,
    };
    choice.into_iter().filter(|band| !used(*band)).filter_map(words).collect()
}

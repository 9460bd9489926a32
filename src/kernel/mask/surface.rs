//! Water and snow by their reflectance, where no scene classification tells them.

use ndarray::ArrayViewMut2;

use super::Reason;
use crate::error::Result;
use crate::kernel::index::{Planes, Role, normalized_difference};
use crate::kernel::rows;

/// Least NDSI of snow, least near-infrared and green reflectance of snow (METHODS section 3).
const SNOW: (f32, f32, f32) = (0.4, 0.11, 0.1);

/// Largest near-infrared reflectance of water.
const WATER_NIR: f32 = 0.15;

/// Turns clear cells into snow or water by their reflectance (`gain` times the counts), for sensors
/// without a scene classification.
///
/// Snow: NDSI > 0.4, N > 0.11 and G > 0.1 (Hall, Riggs & Salomonson 1995, doi 10.1016/0034-4257(95)00137-P).
/// Water: MNDWI > 0 (Xu 2006) and N < 0.15, our own bound, which keeps bright sand and cloud edges
/// out. Without a first shortwave-infrared band snow cannot be told, and water goes by NDWI > 0
/// (McFeeters 1996). Snow goes before water.
///
/// # Errors
/// `Mismatch` when green or near infrared is missing, or a shape is not that of `codes`.
pub fn water_or_snow(planes: &Planes<'_>, gain: f32, mut codes: ArrayViewMut2<'_, u8>) -> Result<()> {
    let shape = codes.dim();
    let (green, nir) = (planes.require(Role::Green, shape)?, planes.require(Role::Nir, shape)?);
    let swir1 = match planes.plane(Role::Swir1) {
        Some(_) => Some(planes.require(Role::Swir1, shape)?),
        None => None,
    };
    for row in 0..shape.0 {
        let (green, nir) = (rows::slice(&green, row), rows::slice(&nir, row));
        let swir1 = swir1.as_ref().map(|swir1| rows::slice(swir1, row));
        let bright = swir1.as_deref().unwrap_or(&nir);
        rows::fill(codes.row_mut(row), |codes| {
            for (((code, &green), &nir), &other) in codes.iter_mut().zip(&*green).zip(&*nir).zip(bright) {
                *code = surface(*code, normalized_difference(green, other), gain * green, gain * nir, swir1.is_some());
            }
        });
    }
    Ok(())
}

/// Turns clear cells into snow, and none into water, where a scene's own classes tell water better; else as
/// [`water_or_snow`].
///
/// # Errors
/// `Mismatch` when green, near infrared or the first shortwave infrared is missing, or a shape differs.
pub fn snow(planes: &Planes<'_>, gain: f32, mut codes: ArrayViewMut2<'_, u8>) -> Result<()> {
    planes.require(Role::Swir1, codes.dim())?;
    let before = codes.to_owned();
    water_or_snow(planes, gain, codes.view_mut())?;
    codes.zip_mut_with(&before, |code, before| *code = if *code == Reason::Water.code() { *before } else { *code });
    Ok(())
}

/// The code of a cell by its normalised difference and its green and near-infrared reflectance.
#[inline]
fn surface(code: u8, difference: f32, green: f32, nir: f32, snow_shows: bool) -> u8 {
    let snow = snow_shows & (difference > SNOW.0) & (nir > SNOW.1) & (green > SNOW.2);
    let water = (difference > 0.0) & (nir < WATER_NIR);
    let kind = if water { Reason::Water.code() } else { code };
    let kind = if snow { Reason::Snow.code() } else { kind };
    if code == Reason::Clear.code() { kind } else { code }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn snow_and_water_by_reflectance() {
        let (green, nir) =
            (array![[6000.0f32, 800.0, 900.0, 2000.0, f32::NAN]], array![[5500.0f32, 300.0, 4000.0, 2500.0, 1.0]]);
        let swir1 = array![[800.0f32, 200.0, 2000.0, 1000.0, 1.0]];
        let planes = Planes::new().with(Role::Green, green.view()).with(Role::Nir, nir.view());
        let mut codes = Array2::zeros((1, 5));
        water_or_snow(&planes, 1e-4, codes.view_mut()).unwrap();
        assert_eq!(codes, array![[0u8, 18, 0, 0, 0]], "without shortwave infrared there is no snow");
        codes.fill(0);
        codes[(0, 1)] = 3;
        let planes = planes.with(Role::Swir1, swir1.view());
        water_or_snow(&planes, 1e-4, codes.view_mut()).unwrap();
        assert_eq!(codes, array![[19u8, 3, 0, 0, 0]], "a cloud stays a cloud; NDSI 1/3 is no snow");
        codes.fill(0);
        snow(&planes, 1e-4, codes.view_mut()).unwrap();
        assert_eq!(codes, array![[19u8, 0, 0, 0, 0]], "snow alone");
    }
}

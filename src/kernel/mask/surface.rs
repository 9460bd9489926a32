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

/// Largest SWIR2 reflectance of water. Haze lifts green above near infrared over burned ground, but hardly reaches
/// SWIR2, where water stays black and char does not.
const WATER_SWIR2: f32 = 0.05;

/// Turns clear cells into snow or water by their reflectance (`gain` times the counts), for sensors
/// without a scene classification.
///
/// Snow: NDSI > 0.4, N > 0.11 and G > 0.1 (Hall, Riggs & Salomonson 1995, doi 10.1016/0034-4257(95)00137-P).
/// Water: MNDWI > 0 (Xu 2006) and N < 0.15, our own bound, which keeps bright sand and cloud edges
/// out, and S2 < 0.05 where that band is known, which keeps burns under haze out. Without a first shortwave-infrared band snow cannot be told, and water goes by NDWI > 0
/// (McFeeters 1996). Snow goes before water.
///
/// # Errors
/// `Mismatch` when green or near infrared is missing, or a shape is not that of `codes`.
pub fn water_or_snow(planes: &Planes<'_>, gain: f32, mut codes: ArrayViewMut2<'_, u8>) -> Result<()> {
    let shape = codes.dim();
    let (green, nir) = (planes.require(Role::Green, shape)?, planes.require(Role::Nir, shape)?);
    let known = |role: Role| planes.plane(role).map(|_| planes.require(role, shape)).transpose();
    let (swir1, swir2) = (known(Role::Swir1)?, known(Role::Swir2)?);
    let deep = if swir2.is_some() { WATER_SWIR2 } else { f32::INFINITY };
    for row in 0..shape.0 {
        let (green, nir) = (rows::slice(&green, row), rows::slice(&nir, row));
        let [swir1, swir2] = [&swir1, &swir2].map(|plane| plane.as_ref().map(|plane| rows::slice(plane, row)));
        let (bright, far) = (swir1.as_deref().unwrap_or(&nir), swir2.as_deref().unwrap_or(&nir));
        rows::fill(codes.row_mut(row), |codes| {
            let bands = green.iter().zip(&*nir).zip(bright.iter().zip(far));
            for (code, ((&green, &nir), (&other, &far))) in codes.iter_mut().zip(bands) {
                let difference = normalized_difference(green, other);
                let dark = (gain * nir < WATER_NIR) & (gain * far < deep);
                let snow = swir1.is_some() & (difference > SNOW.0) & (gain * nir > SNOW.1) & (gain * green > SNOW.2);
                *code = surface(*code, (difference > 0.0) & dark, snow);
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

/// The code of a cell that looks like water, like snow, or like neither; only a clear one becomes either.
#[inline]
fn surface(code: u8, water: bool, snow: bool) -> u8 {
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

    #[test]
    fn a_burn_under_haze_is_no_water() {
        let (green, nir) = (array![[1380.0f32, 1200.0]], array![[1250.0f32, 620.0]]);
        let swir2 = array![[1600.0f32, 80.0]];
        let planes = Planes::new().with(Role::Green, green.view()).with(Role::Nir, nir.view());
        let mut codes = Array2::zeros((1, 2));
        water_or_snow(&planes.with(Role::Swir2, swir2.view()), 1e-4, codes.view_mut()).unwrap();
        assert_eq!(codes, array![[0u8, 18]]);
    }
}

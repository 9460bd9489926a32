//! What lies between the ground and the sensor: clouds and their shadows, haze, drift; and the scene
//! classification (SCL), with the mistakes that such classifications make.

use super::band::{SimBand, Spectrum};
use super::fields::{Field, Local};
use super::noise::{derive, gradient, hash, unit};
use super::scenario::Drift;

/// Spare places of a [`Spectrum`] that carry the opacity of cloud and the depth of shadow.
pub(super) const CLOUD: usize = 10;
pub(super) const SHADE: usize = 11;

/// Opacity from which a cloud is visible; the cloud share counts what reaches it.
const VISIBLE: f32 = 0.12;

/// How far the cloud field must rise over its level until the cloud is opaque.
const DEPTH: f32 = 1.0;

/// Reflectance of an opaque cloud.
const WHITE: Spectrum = [0.50, 0.49, 0.50, 0.51, 0.53, 0.54, 0.55, 0.555, 0.43, 0.33, 0.0, 0.0];

/// Share of the light that a full shadow takes away: more in the infrared, which the sky does not fill.
const TAKEN: Spectrum = [0.44, 0.51, 0.57, 0.61, 0.64, 0.66, 0.68, 0.69, 0.73, 0.74, 0.0, 0.0];

/// Haze relative to the blue: the fourth power of the inverse wavelength (Rayleigh), with 492 nm as one.
const RAYLEIGH: Spectrum = [1.0, 0.60, 0.30, 0.24, 0.20, 0.156, 0.121, 0.105, 0.009, 0.002, 0.0, 0.0];

/// The sky of one date.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sky {
    /// Level of the cloud field above which there is cloud; infinite for none.
    pub(super) level: f32,
    pub(super) drift: Drift,
}

/// Quick at the edge, slow towards the core.
fn ease(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * (2.0 - t)
}

/// The cloud field with its fine detail: the visible share is what lies above a level.
pub(super) fn cloud_score(local: &Local<'_>) -> f32 {
    local.of(Field::Cloud) - 0.13 * local.mid - 0.08 * local.fine
}

/// The level for [`Sky::level`] at which exactly what scores above `score` is visible.
pub(super) fn cloud_level(score: f32) -> f32 {
    score - DEPTH * (1.0 - (1.0 - VISIBLE).sqrt())
}

impl Sky {
    /// What the sensor sees of a ground of this reflectance; the spare places are filled.
    pub(super) fn through(&self, local: &Local<'_>, ground: &Spectrum) -> Spectrum {
        let (cloud, shade) = self.cover(local);
        let gain = self.drift.gain * (1.0 + self.drift.slow * local.of(Field::Slow));
        let bright = 1.0 + 0.05 * local.fine - 0.05 * local.mid + 0.25 * (cloud - 0.6);
        let mut seen: Spectrum = std::array::from_fn(|k| {
            let below = ground[k] * (1.0 - shade * TAKEN[k]);
            let above = below + cloud * (WHITE[k] * bright - below);
            above * gain + self.drift.haze * RAYLEIGH[k]
        });
        (seen[CLOUD], seen[SHADE]) = (cloud, shade);
        seen
    }

    /// Opacity of the cloud over the pixel, and depth of the shadow on it.
    fn cover(&self, local: &Local<'_>) -> (f32, f32) {
        if self.level == f32::INFINITY {
            return (0.0, 0.0);
        }
        let cloud = ease((cloud_score(local) - self.level) / DEPTH);
        let shade = ease((local.of(Field::Shade) - 0.05 * local.mid - self.level) / (0.55 * DEPTH));
        (cloud, shade * (1.0 - cloud))
    }
}

/// The SCL code of a 20 m pixel at (`col`, `row`) with the mean of its spectra. The classifier errs in patches:
/// thin cloud that it misses, shadow that it misses or invents on dark ground, bright roofs that it calls cloud.
pub(super) fn classify(seed: u32, seen: &Spectrum, col: usize, row: usize) -> u8 {
    let whim = gradient(derive(seed, 80), col as f32 / 11.0, row as f32 / 11.0);
    let chance = unit(hash(derive(seed, 81), col as i32, row as i32));
    if let Some(code) = overhead(seen, whim) {
        return code;
    }
    if chance < 0.0015 {
        return 7;
    }
    surface(seen, whim, chance)
}

/// Cloud or shadow, where they are seen.
fn overhead(seen: &Spectrum, whim: f32) -> Option<u8> {
    match seen[CLOUD] {
        cloud if cloud >= 0.62 => return Some(9),
        cloud if cloud >= 0.34 => return Some(8),
        cloud if cloud >= VISIBLE && whim < 1.25 => return Some(10),
        _ => {}
    }
    (seen[SHADE] >= 0.3 && whim > -1.4).then_some(3)
}

/// The class that the ground looks like.
fn surface(seen: &Spectrum, whim: f32, chance: f32) -> u8 {
    let of = |band: SimBand| seen[band.index()];
    let ratio = |a: SimBand, b: SimBand| (of(a) - of(b)) / (of(a) + of(b)).max(1e-6);
    let (red, near) = (of(SimBand::B04), of(SimBand::B08));
    if ratio(SimBand::B03, SimBand::B11) > 0.4 && near > 0.11 && of(SimBand::B03) > 0.1 {
        return 11;
    }
    if ratio(SimBand::B03, SimBand::B08) > 0.0 && near < 0.12 && of(SimBand::B11) < 0.08 {
        return 6;
    }
    if of(SimBand::B02) > 0.22 && chance < 0.5 {
        return if chance < 0.25 { 8 } else { 9 };
    }
    if ratio(SimBand::B08, SimBand::B04) > 0.42 {
        return 4;
    }
    if red < 0.062 && near < 0.115 {
        return dark(whim, chance);
    }
    if whim > 1.7 && near < 0.14 { 7 } else { 5 }
}

/// Dark ground, burns above all, is called many things.
fn dark(whim: f32, chance: f32) -> u8 {
    match whim {
        whim if whim > 1.2 => 3,
        whim if whim > 0.1 => 2,
        whim if whim > -0.4 && chance < 0.6 => 7,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::band::{COVERS, Cover, SPECTRA};

    fn code(cover: Cover) -> u8 {
        surface(&SPECTRA[cover as usize], 0.0, 0.9)
    }

    #[test]
    fn pure_covers_get_their_class() {
        assert_eq!(SPECTRA.len(), COVERS);
        assert_eq!(code(Cover::Crop), 4);
        assert_eq!(code(Cover::Pine), 4);
        assert_eq!(code(Cover::Light), 5);
        assert_eq!(code(Cover::Straw), 5);
        assert_eq!(code(Cover::Water), 6);
        assert_eq!(code(Cover::Snow), 11);
        let codes = [1.3, 0.5, -0.2, -2.0].map(|whim| surface(&SPECTRA[Cover::Char as usize], whim, 0.5));
        assert_eq!(codes, [3, 2, 7, 5], "a burn is called shadow, dark, unclassified or soil");
    }

    #[test]
    fn the_level_meets_visibility() {
        let level = cloud_level(2.0);
        assert!((ease((2.0 - level) / DEPTH) - VISIBLE).abs() < 1e-5);
    }
}

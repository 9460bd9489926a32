//! What strikes the ground between the dates: fire, flood and snow.

use super::band::Cover;
use super::fields::{Field, Local};
use super::ground::Ground;
use super::noise::smooth;
use super::shape::Shape;
use super::truth::Truth;

/// Fuel that a pixel must hold to burn: half of it dry grass, stubble or trees.
const FUEL: f32 = 0.42;

/// From how much above the threshold a pixel burns half.
const HALF: f32 = 0.5 / EDGE;

/// Steepness of a fire's edge.
const EDGE: f32 = 14.0;

/// Levels of the fields above which something happens; infinite where nothing does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Levels {
    pub(super) burn: f32,
    pub(super) flood: f32,
    pub(super) snow: f32,
}

impl Levels {
    pub(super) const NONE: Self = Self { burn: f32::INFINITY, flood: f32::INFINITY, snow: f32::INFINITY };
}

/// How much there is to burn, from 0 to about 1.
fn fuel(ground: &Ground) -> f32 {
    let of = |cover| ground.mixture.of(cover);
    let dry = of(Cover::Straw) + of(Cover::Grass);
    (dry + 0.8 * of(Cover::Pine) + 0.7 * of(Cover::Wood) + 0.5 * of(Cover::Leaf)) * (1.0 - ground.settled)
}

/// Patches that a fire leaves out: below 0 they stay.
fn islands(local: &Local<'_>) -> f32 {
    local.of(Field::Vigour) * 0.35 + 0.5 * local.mid + 0.25 * local.fine + 1.05
}

/// How readily the pixel burns (green canopies less than dry grass); the burned share is what lies above a level. Minus infinity without fuel.
pub(super) fn burn_score(local: &Local<'_>, ground: &Ground) -> f32 {
    let fuel = fuel(ground);
    if fuel < FUEL || islands(local) < 0.0 {
        return f32::NEG_INFINITY;
    }
    let ragged = 0.05 * local.mid + 0.05 * local.fine;
    let green = ground.mixture.of(Cover::Pine) + ground.mixture.of(Cover::Leaf);
    local.of(Field::Burn) + 0.4 * (ground.lot - 0.5) + 0.2 * fuel - 0.5 * green + ragged
}

/// How much water would have to rise to cover the pixel: the flooded share is what lies above a level.
pub(super) fn flood_score(ground: &Ground) -> f32 {
    if ground.mixture.of(Cover::Water) < 0.5 { ground.lowness } else { f32::NEG_INFINITY }
}

/// Where snow stays: the snowed share is what lies above a level.
pub(super) fn snow_score(local: &Local<'_>, ground: &Ground) -> f32 {
    let trees = ground.mixture.of(Cover::Pine) + ground.mixture.of(Cover::Wood) + ground.mixture.of(Cover::Leaf);
    if ground.mixture.of(Cover::Water) + trees > 0.45 {
        return f32::NEG_INFINITY;
    }
    0.7 * local.of(Field::Soil) + 0.6 * local.of(Field::Forest) - 6.0 * (local.of(Field::Light) - 1.0) + 0.2 * local.mid
}

/// Lets everything happen: flood, fire, then snow over it.
pub(super) fn strike(levels: &Levels, burns: &[Shape], local: &Local<'_>, ground: &mut Ground) {
    flood(levels, ground);
    let given = given(burns, local, ground);
    if given > 0.0 || levels.burn < f32::INFINITY {
        burn(given.max(burn_score(local, ground) - levels.burn), local, ground);
    }
    snow(levels, local, ground);
}

/// How deep the pixel lies in a given burn, on the scale of the score above its level.
fn given(burns: &[Shape], local: &Local<'_>, ground: &Ground) -> f32 {
    if burns.is_empty() || fuel(ground) < FUEL || islands(local) < 0.0 {
        return 0.0;
    }
    let (x, y) = (f64::from(local.x), f64::from(local.y));
    let holds = |shape: &&Shape| {
        let [west, north, east, south] = shape.bounds();
        x >= west && x <= east && y >= north && y <= south
    };
    let rag = local.mid + 0.5 * local.fine;
    burns.iter().filter(holds).map(|shape| shape.depth(x, y, rag)).fold(0.0, |a, depth| a.max(depth + HALF))
}

/// Burns the pixel: `above` is the score over its level.
fn burn(above: f32, local: &Local<'_>, ground: &mut Ground) {
    let burned = (above * EDGE).clamp(0.0, 1.0);
    if burned <= 0.0 {
        return;
    }
    let severity = (0.5 + 0.9 * above + 0.14 * local.mid + 0.1 * local.fine).clamp(0.25, 1.0) * burned;
    for (cover, part) in [
        (Cover::Straw, 0.8),
        (Cover::Grass, 0.95),
        (Cover::Crop, 0.85),
        (Cover::Pine, 1.0),
        (Cover::Wood, 0.8),
        (Cover::Leaf, 0.9),
    ] {
        ground.mixture.turn(cover, Cover::Char, severity * part);
    }
    // Light ash and soil show through where little burned.
    ground.mixture.turn(Cover::Char, Cover::Dark, 0.3 * (1.0 - severity));
    if burned >= 0.5 {
        ground.change = Truth::Burned;
    }
}

fn flood(levels: &Levels, ground: &mut Ground) {
    let wet = ((ground.lowness - levels.flood) * 12.0 + 0.5).clamp(0.0, 1.0);
    if wet > 0.0 {
        let dry_before = flood_score(ground) > f32::NEG_INFINITY;
        ground.mixture.lay(Cover::Water, 0.92 * wet);
        if wet >= 0.5 && dry_before {
            ground.change = Truth::Flooded;
        }
    }
}

fn snow(levels: &Levels, local: &Local<'_>, ground: &mut Ground) {
    let white = smooth((snow_score(local, ground) - levels.snow) * 4.0 + 0.5);
    if white > 0.0 {
        ground.mixture.lay(Cover::Snow, 0.85 * white);
        if white >= 0.5 && ground.change != Truth::Burned {
            ground.change = Truth::Snowed;
        }
    }
}

/// The level for [`Levels::burn`] at which exactly what scores above `score` burns at least half.
pub(super) fn burn_level(score: f32) -> f32 {
    score - HALF
}

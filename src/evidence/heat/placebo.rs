//! Places that the area is compared with: its own shape at random places around it that the archive knows.

use std::f64::consts::TAU;

use crate::evidence::draw::Draw;
use crate::hotspot::archive::Archive;
use crate::hotspot::footprint::Footprint;
use crate::recipe::{EvidenceRecipe, HeatRecipe};

/// Draws for each place that is wanted, before it is given up.
const TRIES: u64 = 20;
/// Times the greatest distance within which is searched when half of the draws found too few.
const FARTHER: f64 = 3.0;
/// The stream of draws, apart from those of other layers.
const STREAM: u64 = 0x6865_6174_0000_0000;

/// Where to look: kilometres from centre to centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reach {
    pub(super) near: f64,
    pub(super) far: f64,
}

impl Reach {
    /// From the recipe, clear of the area itself: two shapes of its radius do not meet.
    pub(super) fn around(place: &Footprint, recipe: &EvidenceRecipe) -> Self {
        let [near, far] = recipe.placebo_km;
        let near = near.max(2.0 * place.radius_km());
        Self { near, far: far.max(1.5 * near) }
    }
}

/// Up to `recipe.placebos` places, the same for the same seed.
pub(super) fn places(
    archive: &Archive,
    own: &Footprint,
    recipe: &EvidenceRecipe,
    heat: &HeatRecipe,
) -> (Vec<Footprint>, Reach) {
    let (reach, wanted) = (Reach::around(own, recipe), recipe.placebos);
    let tries = TRIES * wanted as u64;
    let drawn = (0..tries).map(|number| {
        let far = if number < tries / 2 { reach.far } else { FARTHER * reach.far };
        own.moved_to(own.place(offset(&mut Draw::new(recipe.seed, STREAM + number), reach.near, far)))
    });
    let on_earth = |place: &Footprint| place.centre().1.abs() < 85.0;
    let known = |place: &Footprint| on_earth(place) && archive.known_share(place) >= heat.known_share;
    let found: Vec<Footprint> = drawn.filter(known).take(wanted).collect();
    let distance = |place: &Footprint| {
        let (east, north) = own.offset(place.centre());
        east.hypot(north)
    };
    let farthest = found.iter().map(distance).fold(reach.near, f64::max);
    (found, Reach { far: farthest, ..reach })
}

/// Kilometres east and north, evenly over the ring.
fn offset(draw: &mut Draw, near: f64, far: f64) -> (f64, f64) {
    let distance = draw.between(near * near, far * far).sqrt();
    let bearing = draw.between(0.0, TAU);
    (distance * bearing.cos(), distance * bearing.sin())
}

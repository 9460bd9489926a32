//! The ground of one pixel at one date: the covers laid over each other, and what changed.

use super::band::{Cover, Mixture};
use super::built::{Settlement, road};
use super::fields::{Field, Local};
use super::noise::{along, between, derive, floor, hash, smooth, unit};
use super::parcels::{Mosaic, Place};
use super::phenology::{Stand, greenness, leaves};
use super::scenario::{Date, Events, Season};
use super::truth::Truth;
use super::water::{Bank, Rivers};

/// The land of a scenario at one date.
#[derive(Clone)]
pub(super) struct Land {
    pub(super) seed: u32,
    pub(super) season: Season,
    pub(super) date: Date,
    pub(super) events: Events,
    pub(super) rivers: Rivers,
}

/// What is remembered from pixel to pixel along a row; it saves time and changes nothing.
#[derive(Default)]
pub(super) struct Memory {
    mosaic: Mosaic,
    stand: Option<(u32, Stand)>,
}

/// The ground before anything burns, floods or snows.
#[derive(Clone, Copy)]
pub(super) struct Ground {
    pub(super) mixture: Mixture,
    pub(super) change: Truth,
    /// Random number of the parcel, 0..1: fires stop at its border.
    pub(super) lot: f32,
    /// How easily water rises over the pixel.
    pub(super) lowness: f32,
    /// Share of the pixel that people live on: no fire of the open land runs there.
    pub(super) settled: f32,
}

impl Land {
    /// The ground at a pixel.
    pub(super) fn ground(&self, local: &Local<'_>, memory: &mut Memory) -> Ground {
        let (parcel, place) = memory.mosaic.find(self.seed, local);
        let stand = match memory.stand {
            Some((bits, stand)) if bits == parcel => stand,
            _ => Stand::of(self.season, self.date, &self.events, parcel),
        };
        memory.stand = Some((parcel, stand));
        let bank = self.rivers.bank(local);
        let mut ground = Ground {
            mixture: self.field(local, parcel, &place, &stand),
            change: stand.change,
            lot: unit(derive(parcel, 90)),
            lowness: bank.lowness,
            settled: 0.0,
        };
        self.edge(local, &place, &mut ground);
        self.wild(local, &bank, &mut ground);
        self.built(local, &bank, &mut ground);
        if bank.water > 0.0 {
            ground.mixture.lay(Cover::Water, bank.water);
            settle(&mut ground, bank.water, Truth::Unchanged);
        }
        ground
    }

    /// The field itself, with vigour, the soil's variation and the rows of machines.
    fn field(&self, local: &Local<'_>, parcel: u32, place: &Place, stand: &Stand) -> Mixture {
        let rows = along(parcel, place.across / 2.3) + 0.6 * along(parcel ^ 1, place.across / 7.0);
        let vigour = local.of(Field::Vigour) + 0.45 * local.mid + 0.35 * local.fine;
        let soil = 0.07 * local.of(Field::Soil) + 0.05 * local.mid + 0.035 * local.fine + 0.04 * relief(local);
        let shade = 1.0 + stand.rows * rows + 0.014 * local.fine + 0.012 * local.mid;
        stand.cover(vigour, soil, shade)
    }

    /// Verges, tracks and lines of trees between fields.
    fn edge(&self, local: &Local<'_>, place: &Place, ground: &mut Ground) {
        let edge = &place.edge;
        let verge = (edge.verge.max(0.25) - place.inside + 0.6).clamp(0.0, 1.0);
        if verge > 0.0 {
            ground.mixture.blend(&self.meadow(local), 0.9 * verge);
            settle(ground, 0.9 * verge, Truth::Unchanged);
        }
        let belt = (edge.belt - place.inside + 0.5).clamp(0.0, 1.0);
        if edge.belt > 0.0 && belt > 0.0 {
            let gaps = smooth(3.0 * along(derive(self.seed, 91), place.along / 23.0) + 2.6);
            self.trees(local, 0.0, belt * gaps * (0.86 + 0.12 * local.fine), ground);
        }
    }

    /// Grass with some green: meadows, gullies, verges.
    fn meadow(&self, local: &Local<'_>) -> Mixture {
        let green = (greenness(self.season) * (1.0 + 0.35 * local.of(Field::Vigour) + 0.2 * local.mid)).clamp(0.0, 0.9);
        let bare = (0.1 + 0.05 * local.of(Field::Soil)).clamp(0.02, 0.3);
        let mut mixture = Mixture::default();
        mixture.add(Cover::Crop, green);
        mixture.add(Cover::Light, 0.4 * bare);
        mixture.add(Cover::Dark, 0.6 * bare);
        mixture.add(Cover::Grass, (1.0 - green - bare).max(0.0));
        mixture.keep(1.0 + 0.04 * local.fine + 0.03 * local.mid);
        mixture
    }

    /// Lays trees over the share `alpha`: `pine` of them pines, the rest deciduous.
    fn trees(&self, local: &Local<'_>, pine: f32, alpha: f32, ground: &mut Ground) {
        if alpha <= 0.0 {
            return;
        }
        let alpha = alpha.min(1.0);
        let leaf = leaves(self.season, self.date, &self.events);
        let bright = 1.0 + 0.13 * local.fine + 0.06 * local.mid;
        let mut canopy = Mixture::default();
        canopy.add(Cover::Pine, pine * bright);
        canopy.add(Cover::Leaf, (1.0 - pine) * leaf * bright);
        canopy.add(Cover::Wood, (1.0 - pine) * (1.0 - leaf) * bright);
        ground.mixture.blend(&canopy, alpha);
        let falls = self.date == Date::After
            && (leaf - leaves(self.season, Date::Before, &self.events)).abs() > 0.15
            && pine < 0.5;
        settle(ground, alpha, if falls { Truth::Seasonal } else { Truth::Unchanged });
    }

    /// Gullies, flood plains and forests.
    fn wild(&self, local: &Local<'_>, bank: &Bank, ground: &mut Ground) {
        let gully =
            smooth((0.055 + 0.03 * local.of(Field::Vigour) - local.of(Field::Gully).abs() + 0.014 * local.mid) / 0.04);
        let open = gully.max(bank.plain);
        if open > 0.0 {
            ground.mixture.blend(&self.meadow(local), open);
            let damp = bank.plain * smooth(0.9 * bank.lowness - 0.9 + 0.3 * local.mid);
            ground.mixture.lay(Cover::Water, 0.22 * damp);
            settle(ground, open, Truth::Unchanged);
        }
        let terrace = smooth(1.0 - ((bank.offset - 185.0) / 120.0).abs()) * (1.0 - bank.plain);
        let score = local.of(Field::Forest) + 2.2 * terrace + 0.75 * gully + 0.25 * bank.plain + 0.2 * local.mid;
        let wood = smooth((score - 1.62) * 9.0 + 0.5 + 0.5 * local.fine);
        if wood > 0.0 {
            ground.mixture.blend(&self.meadow(local), wood);
            settle(ground, wood, Truth::Unchanged);
            let pine = smooth(3.0 * terrace - 0.4);
            self.trees(local, pine, wood * self.stands(local, pine), ground);
        }
    }

    /// Rides and clear-cuts of a managed pine forest: the share of trees that stand.
    fn stands(&self, local: &Local<'_>, pine: f32) -> f32 {
        if pine < 0.5 {
            return 0.96;
        }
        let (u, v) = (local.x * 0.985 + local.y * 0.174, local.y * 0.985 - local.x * 0.174);
        let ride = |value: f32, period: f32| (value - period * (floor(value / period) as f32 + 0.5)).abs();
        let open = (0.8 - ride(u, 98.0).min(ride(v, 52.0))).clamp(0.0, 0.7);
        let bits = hash(derive(self.seed, 92), floor(u / 14.0), floor(v / 26.0));
        let felled = if unit(bits) < 0.09 { between(bits, 1, 0.35, 0.95) } else { 0.0 };
        0.97 - open.max(felled)
    }

    /// Settlements and roads.
    fn built(&self, local: &Local<'_>, bank: &Bank, ground: &mut Ground) {
        if let Some(settlement) = Settlement::at(self.seed, local) {
            let leaf = leaves(self.season, self.date, &self.events);
            let alpha = settlement.inside * (1.0 - 0.9 * bank.plain);
            ground.mixture.blend(&settlement.cover(local, leaf, greenness(self.season)), alpha);
            settle(ground, alpha, Truth::Unchanged);
            ground.settled = alpha;
        }
        let (alpha, way) = road(self.seed, local);
        let planted = (0.5 - (way - 2.1).abs() + 0.5).clamp(0.0, 1.0) * smooth(2.0 * local.of(Field::Forest) + 0.2);
        self.trees(local, 0.0, 0.8 * planted * (1.0 - bank.plain), ground);
        if alpha > 0.0 {
            ground.mixture.lay(Cover::Road, alpha);
            settle(ground, alpha, Truth::Unchanged);
        }
    }
}

/// Slopes that face away from the sun hold moister soil; about -1..1.
fn relief(local: &Local<'_>) -> f32 {
    12.0 * (local.of(Field::Light) - 1.0)
}

/// A cover that takes at least half of the pixel decides what is said to have changed.
fn settle(ground: &mut Ground, alpha: f32, change: Truth) {
    if alpha >= 0.5 {
        ground.change = change;
    }
}

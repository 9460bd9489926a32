//! What people built: roads across the land, and settlements of streets, houses and gardens.

use super::band::{Cover, Mixture};
use super::fields::{Field, Local};
use super::noise::{along, between, derive, floor, hash, unit};

/// Pixels between the places where a settlement may lie.
const PLOT: f32 = 430.0;

/// A distance from which a line no longer matters.
const FAR: f32 = 1e3;

/// Share of the pixel that main roads cover, and how far (in pixels) the nearest one is.
pub(super) fn road(seed: u32, local: &Local<'_>) -> (f32, f32) {
    let east_west = line(derive(seed, 70), local.y, local.x, 690.0, 70.0);
    let north_south = line(derive(seed, 71), local.x, local.y, 910.0, 60.0);
    let nearest = east_west.min(north_south);
    ((0.95 - nearest).clamp(0.0, 0.85), nearest)
}

/// Distance from the nearest of a family of gently bent lines, `period` pixels apart.
fn line(seed: u32, across: f32, along_it: f32, period: f32, bend: f32) -> f32 {
    let k = floor(across / period);
    let offset = across - period * (k as f32 + 0.5);
    if offset.abs() > bend + 60.0 {
        return FAR;
    }
    let bits = hash(seed, k, 0);
    (offset - bend * along(bits, along_it / 420.0) - 100.0 * (unit(derive(bits, 1)) - 0.5)).abs()
}

/// A settlement near a pixel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settlement {
    bits: u32,
    /// The pixel in the settlement's own turned coordinates, from its centre.
    u: f32,
    v: f32,
    /// 0 outside to 1 inside.
    pub(super) inside: f32,
}

impl Settlement {
    /// The settlement at a pixel, if any.
    pub(super) fn at(seed: u32, local: &Local<'_>) -> Option<Self> {
        let (i, j) = (floor(local.x / PLOT), floor(local.y / PLOT));
        let bits = hash(derive(seed, 72), i, j);
        if unit(bits) > 0.5 {
            return None;
        }
        let middle = |cell: i32, salt| PLOT * (cell as f32 + between(bits, salt, 0.3, 0.7));
        let (dx, dy) = (local.x - middle(i, 1), local.y - middle(j, 2));
        let radius = if unit(derive(bits, 3)) < 0.25 { 74.0 } else { between(bits, 4, 22.0, 46.0) };
        if dx * dx + dy * dy > (2.6 * radius) * (2.6 * radius) {
            return None;
        }
        let (sin, cos) = between(bits, 5, -0.5, 0.9).sin_cos();
        let (bend_x, bend_y) = (3.5 * local.of(Field::MeanderX), 3.5 * local.of(Field::MeanderY));
        let (dx, dy) = (dx + bend_x, dy + bend_y);
        let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let stretch = between(bits, 6, 1.0, if radius > 50.0 { 1.5 } else { 3.4 });
        let way = ((u / stretch) * (u / stretch) + v * v * stretch).sqrt();
        let fray = 0.16 * radius * (local.of(Field::Vigour) + local.of(Field::Soil)) + 2.5 * local.mid;
        let inside = ((radius - way + fray) / 1.5).clamp(0.0, 1.0);
        (inside > 0.0).then_some(Self { bits, u, v, inside })
    }

    /// What covers the pixel inside: streets, roofs, yards and gardens; `leaf` is the share of leaves on trees.
    pub(super) fn cover(&self, local: &Local<'_>, leaf: f32, green: f32) -> Mixture {
        let works = hash(self.bits, floor(self.u / 26.0), floor(self.v / 19.0));
        if unit(works) < 0.05 { self.works(works) } else { self.homes(local, leaf, green) }
    }

    /// Rows of houses along streets, with long gardens behind.
    fn homes(&self, local: &Local<'_>, leaf: f32, green: f32) -> Mixture {
        let row = floor(self.v / 13.0);
        let street = (self.v - 13.0 * (row as f32 + 0.5) + 0.8 * local.of(Field::Vigour)).abs();
        let lane = (self.u - 47.0 * (floor(self.u / 47.0) as f32 + 0.5)).abs();
        let side = i32::from(self.v > 13.0 * (row as f32 + 0.5));
        let lot = hash(derive(self.bits, 7), floor(self.u / 2.4), 2 * row + side);
        let mut mixture = garden(lot, leaf, green);
        if (1.1..3.1).contains(&street) && unit(derive(lot, 1)) < 0.55 {
            mixture.lay(Cover::Roof, between(lot, 2, 0.06, 0.5) * (1.0 + 0.25 * local.fine).clamp(0.4, 1.4));
        }
        mixture.lay(Cover::Road, 0.8 * (0.95 - street.min(lane)).clamp(0.0, 0.8));
        mixture
    }

    /// A yard of sheds and halls with large bright roofs.
    fn works(&self, bits: u32) -> Mixture {
        let mut mixture = Mixture::default();
        mixture.add(Cover::Road, 0.45);
        mixture.add(Cover::Light, 0.35);
        mixture.add(Cover::Grass, 0.2);
        let (u, v) = (self.u / 8.5, self.v / 5.0);
        let (i, j) = (floor(u), floor(v));
        let hall = hash(bits, i, j);
        let within = (u - i as f32 - 0.5).abs() < 0.4 && (v - j as f32 - 0.5).abs() < 0.3;
        if within && unit(derive(hall, 1)) < 0.6 {
            mixture.lay(Cover::Roof, 0.95);
            mixture.keep(between(hall, 2, 0.5, 1.5));
        }
        mixture
    }
}

/// One garden: vegetables, weeds, bare soil and fruit trees.
fn garden(lot: u32, leaf: f32, green: f32) -> Mixture {
    let trees = between(lot, 3, 0.05, 0.5);
    let bare = between(lot, 4, 0.05, 0.55) * (1.0 - trees);
    let rest = 1.0 - trees - bare;
    let mut mixture = Mixture::default();
    mixture.add(Cover::Leaf, trees * leaf);
    mixture.add(Cover::Wood, trees * (1.0 - leaf));
    mixture.add(Cover::Dark, 0.6 * bare);
    mixture.add(Cover::Light, 0.4 * bare);
    mixture.add(Cover::Crop, green * rest);
    mixture.add(Cover::Grass, (1.0 - green) * rest);
    mixture
}

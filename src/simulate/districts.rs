//! Districts: parts of the land whose fields share a direction. Each pixel belongs to the nearest of scattered sites.

use super::noise::{between, derive, floor, hash, unit};

/// Pixels between the sites, on average.
const CELL: f32 = 620.0;

/// The sites around one lattice cell. Computed once per cell, so that a pixel costs nine distances.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sites {
    cell: (i32, i32),
    places: [(f32, f32); 9],
    bits: [u32; 9],
}

impl Default for Sites {
    /// Sites of no place at all: they hold nowhere on a scene.
    fn default() -> Self {
        Self { cell: (i32::MIN, i32::MIN), places: [(0.0, 0.0); 9], bits: [0; 9] }
    }
}

/// The district of a pixel.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct District {
    /// Hash of its site: what the district is known by.
    pub(super) bits: u32,
    /// Cosine and sine of its direction.
    pub(super) direction: (f32, f32),
}

impl Sites {
    /// The sites around a position.
    fn around(seed: u32, cell: (i32, i32)) -> Self {
        let lattice: [(i32, i32); 9] = std::array::from_fn(|k| (cell.0 + k as i32 % 3 - 1, cell.1 + k as i32 / 3 - 1));
        let bits = lattice.map(|(i, j)| hash(derive(seed, 20), i, j));
        let places = std::array::from_fn(|k| {
            let inside = |base: i32, salt| CELL * (base as f32 + between(bits[k], salt, 0.12, 0.88));
            (inside(lattice[k].0, 1), inside(lattice[k].1, 2))
        });
        Self { cell, places, bits }
    }

    /// Becomes the sites around a position, if it is not.
    pub(super) fn follow(&mut self, seed: u32, x: f32, y: f32) {
        let cell = (floor(x / CELL), floor(y / CELL));
        if self.cell != cell {
            *self = Self::around(seed, cell);
        }
    }

    /// The hash of the nearest site, and the distance in pixels to the border with the next one, whose hash is given
    /// too.
    pub(super) fn nearest(&self, x: f32, y: f32) -> (u32, f32, u32) {
        let ways = self.places.map(|(px, py)| (x - px) * (x - px) + (y - py) * (y - py));
        let (mut first, mut second) = (0, 1);
        if ways[1] < ways[0] {
            (first, second) = (1, 0);
        }
        for k in 2..9 {
            if ways[k] < ways[first] {
                (first, second) = (k, first);
            } else if ways[k] < ways[second] {
                second = k;
            }
        }
        let (a, b) = (self.places[first], self.places[second]);
        let apart = ((a.0 - b.0) * (a.0 - b.0) + (a.1 - b.1) * (a.1 - b.1)).sqrt().max(1.0);
        (self.bits[first], (ways[second] - ways[first]) / (2.0 * apart), self.bits[second])
    }
}

impl District {
    /// The district with this hash: its direction lies mostly within 20 degrees of the compass.
    pub(super) fn of(bits: u32) -> Self {
        let spread = unit(derive(bits, 3)) + unit(derive(bits, 4)) - 1.0;
        let (sin, cos) = (0.12 + 0.6 * spread).sin_cos();
        Self { bits, direction: (cos, sin) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_border_is_as_far_as_it_is_said_to_be() {
        let (y, mut x) = (400.0, 10.0);
        let nearest = |x: f32| {
            let mut sites = Sites::default();
            sites.follow(5, x, y);
            sites.nearest(x, y)
        };
        let (own, _, _) = nearest(x);
        while nearest(x).0 == own {
            x += 0.5;
        }
        assert!(nearest(x).1 < 0.6, "just behind the border");
        assert_eq!(nearest(x).2, own);
    }
}

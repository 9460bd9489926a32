//! The mosaic of fields: districts of one direction, blocks, and parcels cut from blocks by halving.

use super::districts::{District, Sites};
use super::fields::{Field, Local};
use super::noise::{between, derive, floor, hash, unit};

/// Size of a block along and across its district's direction, in pixels.
const BLOCK: (f32, f32) = (236.0, 172.0);

/// A parcel is not cut when both halves could fall below this many pixels a side.
const SMALLEST: f32 = 34.0;

/// What separates two parcels.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Edge {
    /// Half width of a line of trees in pixels; 0 for none.
    pub(super) belt: f32,
    /// Half width of a grassy verge or track in pixels.
    pub(super) verge: f32,
}

impl Edge {
    /// The edge that a hash names; the higher its rank (0 is a block's border), the seldomer it has trees.
    fn of(bits: u32, rank: u32) -> Self {
        let chance = [0.75, 0.55, 0.3, 0.12][rank.min(3) as usize];
        let wooded = unit(derive(bits, 1)) < chance;
        Self {
            belt: if wooded { between(bits, 2, 0.65, 1.25) } else { 0.0 },
            verge: if wooded { between(bits, 3, 1.2, 1.9) } else { between(bits, 3, 0.15, 0.55) },
        }
    }
}

/// One parcel: a rectangle in the turned and slightly warped coordinates of its district. The default one is empty.
#[derive(Debug, Clone, Copy, Default)]
struct Parcel {
    /// West, east, north and south border.
    sides: [f32; 4],
    edges: [Edge; 4],
    district: District,
    /// Everything random about the parcel follows from it.
    bits: u32,
}

/// Where a pixel lies in its parcel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Distance to the nearest border in pixels.
    pub(super) inside: f32,
    pub(super) edge: Edge,
    /// Coordinate across the rows that machines drive, in pixels.
    pub(super) across: f32,
    /// Coordinate along the nearest border's line.
    pub(super) along: f32,
}

/// The parcel and the sites of the last pixel: kept while they hold, which saves the search and changes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mosaic {
    parcel: Parcel,
    sites: Sites,
}

impl Mosaic {
    /// The hash of the parcel at a pixel, and where in the parcel the pixel lies.
    pub(super) fn find(&mut self, seed: u32, local: &Local<'_>) -> (u32, Place) {
        let x = local.x + 5.0 * local.of(Field::WarpX);
        let y = local.y + 5.0 * local.of(Field::WarpY);
        self.sites.follow(seed, x, y);
        let (own, border, other) = self.sites.nearest(x, y);
        if self.parcel.district.bits != own {
            self.parcel = Parcel { district: District::of(own), ..Parcel::default() };
        }
        let (cos, sin) = self.parcel.district.direction;
        let (u, v) = (x * cos + y * sin, y * cos - x * sin);
        if !self.parcel.holds(u, v) {
            self.parcel = cut(seed, self.parcel.district, u, v);
        }
        let mut place = self.parcel.place(u, v);
        if border < place.inside {
            place = Place { inside: border, edge: Edge::of(own ^ other, 0), along: x + y, ..place };
        }
        (self.parcel.bits, place)
    }
}

impl Parcel {
    fn holds(&self, u: f32, v: f32) -> bool {
        let [west, east, north, south] = self.sides;
        u >= west && u < east && v >= north && v < south
    }

    fn place(&self, u: f32, v: f32) -> Place {
        let [west, east, north, south] = self.sides;
        let ways = [u - west, east - u, v - north, south - v];
        let mut nearest = 0;
        for k in 1..4 {
            if ways[k] < ways[nearest] {
                nearest = k;
            }
        }
        Place {
            inside: ways[nearest],
            edge: self.edges[nearest],
            across: if east - west > south - north { v } else { u },
            along: if nearest < 2 { v } else { u },
        }
    }
}

/// Cuts the block at (`u`, `v`) into parcels and returns the one that holds the point.
fn cut(seed: u32, district: District, u: f32, v: f32) -> Parcel {
    let lot = derive(district.bits ^ seed, 21);
    let (i, j) = (floor(u / BLOCK.0), floor(v / BLOCK.1));
    let border = |salt, i, j| Edge::of(hash(derive(lot, salt), i, j), 0);
    let mut parcel = Parcel {
        sides: [i as f32 * BLOCK.0, (i + 1) as f32 * BLOCK.0, j as f32 * BLOCK.1, (j + 1) as f32 * BLOCK.1],
        edges: [border(1, i, j), border(1, i + 1, j), border(2, i, j), border(2, i, j + 1)],
        district,
        bits: hash(derive(lot, 3), i, j),
    };
    if !parcel.holds(u, v) {
        // The product of a large cell number and the block's size was rounded: the point lies on the border.
        parcel.sides = [u.min(parcel.sides[0]), u.max(parcel.sides[1]), v.min(parcel.sides[2]), v.max(parcel.sides[3])];
    }
    for rank in 1..=5 {
        if !halve(&mut parcel, rank, u, v) {
            break;
        }
    }
    parcel
}

/// Replaces the parcel by its half that holds the point; false where it stays whole.
fn halve(parcel: &mut Parcel, rank: u32, u: f32, v: f32) -> bool {
    let [west, east, north, south] = parcel.sides;
    let (wide, high) = (east - west, south - north);
    let along_u = wide > high;
    let length = wide.max(high);
    let stop = if rank < 2 { 0.04 } else { 0.1 * rank as f32 };
    if length * 0.5 < SMALLEST || unit(derive(parcel.bits, 5)) < stop {
        return false;
    }
    let share = between(parcel.bits, 6, 0.34, 0.66);
    let (first, value, position) = if along_u { (0, u, west + share * wide) } else { (2, v, north + share * high) };
    let far = usize::from(value < position);
    // Far side 1 means that the point lies before the cut, so the later border moves.
    parcel.sides[first + far] = position;
    parcel.edges[first + far] = Edge::of(derive(parcel.bits, 7), rank);
    parcel.bits = derive(parcel.bits, 8 + far as u32);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::fields::{Frame, Knots, Noises, RowFields};

    #[test]
    fn remembering_the_last_parcel_changes_nothing() {
        let noises = Noises::new(3, 4, (160.0, 30.0), false);
        let frame = Frame { x0: 700.5, y0: 0.5, step: 1.0, cols: 400, rows: 200 };
        let knots = Knots::new(&noises, frame);
        let mut row = RowFields::default();
        let (mut kept, mut kinds) = (Mosaic::default(), std::collections::BTreeSet::new());
        for j in (0..frame.rows).step_by(3) {
            row.fill(1, &knots, j);
            for i in 0..frame.cols {
                let local = row.at(&frame, i, j);
                let (fresh, place) = Mosaic::default().find(9, &local);
                let (bits, same) = kept.find(9, &local);
                assert_eq!((fresh, place.inside, place.across), (bits, same.inside, same.across));
                assert!(place.inside >= 0.0);
                kinds.insert(fresh);
            }
        }
        assert!((8..200).contains(&kinds.len()), "{} parcels", kinds.len());
    }
}

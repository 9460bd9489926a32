//! The sieve: regions of either value that are too small take the value of their largest neighbour.

use super::{Alternating, Connectivity, Sets, touching};
use crate::geom::runs::Runs;

/// No neighbour known.
const NONE: u32 = u32::MAX;

/// `mask` without regions of fewer than `min_pixels` pixels, set or not: each takes the value of
/// its largest neighbour (the first in raster order among equals), and where that is too small
/// itself, of that one's largest neighbour, and so on. A region whose chain of neighbours ends
/// nowhere large enough stays. This is the meaning of GDAL's `GDALSieveFilter` without a mask
/// band, as `gdal_sieve` and `rasterio.features.sieve` call it; both values are joined by
/// `connectivity`, and regions are neighbours when they share an edge.
pub fn sieve(mask: &Runs, min_pixels: u64, connectivity: Connectivity) -> Runs {
    let regions = Regions::of(mask, connectivity);
    let flipped = regions.flipped(min_pixels);
    let kept = regions.cells.runs.iter().zip(&regions.cells.set).zip(&regions.of_run);
    let set = kept.filter(|((_, set), region)| **set != flipped[**region as usize]).map(|((run, _), _)| *run);
    Runs::from_unsorted(mask.width(), mask.height(), set.collect())
}

/// The regions of both values, with what is known of each.
struct Regions {
    cells: Alternating,
    of_run: Vec<u32>,
    sizes: Vec<u64>,
    set: Vec<bool>,
}

impl Regions {
    fn of(mask: &Runs, connectivity: Connectivity) -> Self {
        let cells = Alternating::of(mask);
        let mut sets = Sets::new(cells.runs.len());
        touching(&cells.runs, connectivity.reach(), |above, below| {
            if cells.set[above] == cells.set[below] {
                sets.join(above, below);
            }
        });
        let (of_run, count) = sets.into_labels();
        let (mut sizes, mut set) = (vec![0; count], vec![false; count]);
        for (index, &region) in of_run.iter().enumerate() {
            sizes[region as usize] += u64::from(cells.runs[index].len());
            set[region as usize] = cells.set[index];
        }
        Self { cells, of_run, sizes, set }
    }

    /// Which regions change their value.
    fn flipped(&self, min_pixels: u64) -> Vec<bool> {
        let largest = self.largest_neighbours();
        let own = |(&size, &set): (&u64, &bool)| if size >= min_pixels { Fate::Takes(set) } else { Fate::Unknown };
        let mut fates: Vec<Fate> = self.sizes.iter().zip(&self.set).map(own).collect();
        for region in 0..fates.len() {
            settle(region, &largest, &mut fates);
        }
        fates.iter().zip(&self.set).map(|(fate, set)| *fate == Fate::Takes(!set)).collect()
    }

    /// The largest region that shares an edge with each; pairs are met in the order of a raster
    /// scan that looks up before it looks left, which decides between equals as GDAL does.
    fn largest_neighbours(&self) -> Vec<u32> {
        let runs = &self.cells.runs;
        let mut largest = vec![NONE; self.sizes.len()];
        for right in 1..runs.partition_point(|run| run.row == 0) {
            self.meet(right - 1, right, &mut largest);
        }
        touching(runs, 0, |above, below| {
            self.meet(above, below, &mut largest);
            let looks_left = runs[above].start <= runs[below].start && runs[below].start > 0;
            if looks_left {
                self.meet(below - 1, below, &mut largest);
            }
        });
        largest
    }

    /// Lets the regions of two runs that share an edge know each other.
    fn meet(&self, one: usize, other: usize, largest: &mut [u32]) {
        if self.cells.set[one] == self.cells.set[other] {
            return;
        }
        let (one, other) = (self.of_run[one], self.of_run[other]);
        for (region, neighbour) in [(one, other), (other, one)] {
            let known = &mut largest[region as usize];
            if *known == NONE || self.sizes[*known as usize] < self.sizes[neighbour as usize] {
                *known = neighbour;
            }
        }
    }
}

/// What becomes of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Unknown,
    /// On the chain that is being followed.
    Followed,
    /// No neighbour down its chain is large enough.
    Stays,
    /// Ends with this value, be it its own.
    Takes(bool),
}

/// Settles `region` and every region on its chain of largest neighbours.
fn settle(region: usize, largest: &[u32], fates: &mut [Fate]) {
    let mut end = region;
    while fates[end] == Fate::Unknown && largest[end] != NONE {
        fates[end] = Fate::Followed;
        end = largest[end] as usize;
    }
    let fate = match fates[end] {
        Fate::Takes(value) => Fate::Takes(value),
        _ => Fate::Stays,
    };
    let mut link = region;
    while matches!(fates[link], Fate::Followed | Fate::Unknown) {
        fates[link] = fate;
        link = if largest[link] == NONE { end } else { largest[link] as usize };
    }
}

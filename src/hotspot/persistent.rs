//! Sources that burn all the time: works, flares, power stations. They are told from their history before the
//! event and masked with their neighbours (METHODS 8).

use super::{Cell, Detection};

/// Cells that were hot on many days, with those days.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Persistent {
    history: Vec<(Cell, Vec<i32>)>,
    least: usize,
}

impl Persistent {
    /// Cells with at least `least` distinct days in all.
    pub fn of(detections: &[Detection], least: usize) -> Self {
        let mut seen: Vec<(Cell, i32)> = detections.iter().map(|detection| (detection.cell(), detection.day)).collect();
        seen.sort_unstable();
        seen.dedup();
        let often = seen.chunk_by(|a, b| a.0 == b.0).filter(|days| days.len() >= least);
        let history = often.filter_map(|days| Some((days.first()?.0, days.iter().map(|seen| seen.1).collect())));
        Self { history: history.collect(), least }
    }

    /// The mask from the days for which `counts` holds.
    pub fn mask(&self, counts: impl Fn(i32) -> bool) -> Mask {
        let often = |days: &&(Cell, Vec<i32>)| days.1.iter().filter(|day| counts(**day)).count() >= self.least;
        let sources: Vec<Cell> = self.history.iter().filter(often).map(|(cell, _)| *cell).collect();
        Mask { masked: grown(&sources, 1), skirts: grown(&sources, 3), sources: sources.len() }
    }
}

/// Cells of sources that stay, with their neighbours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mask {
    masked: Vec<Cell>,
    skirts: Vec<Cell>,
    sources: usize,
}

impl Mask {
    /// Whether a cell is such a source or touches one.
    pub fn holds(&self, cell: Cell) -> bool {
        self.masked.binary_search(&cell).is_ok()
    }

    /// Whether a cell lies within three of such a source (about 1.5 km): pixels at the edge of the swath are that
    /// large, and a source may show there.
    pub fn skirts(&self, cell: Cell) -> bool {
        self.skirts.binary_search(&cell).is_ok()
    }

    /// Number of sources.
    pub fn sources(&self) -> usize {
        self.sources
    }
}

/// Cells and all within `reach` of them, in order.
fn grown(cells: &[Cell], reach: i32) -> Vec<Cell> {
    let around = |(col, row): &Cell| {
        let (col, row) = (*col, *row);
        (-reach..=reach).flat_map(move |east| (-reach..=reach).map(move |north| (col + east, row + north)))
    };
    let mut all: Vec<Cell> = cells.iter().flat_map(around).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hotspot::{Confidence, Satellite};

    fn hot(day: i32) -> Detection {
        Detection {
            lon: 26.2612,
            lat: 50.5462,
            day,
            minute: None,
            satellite: Satellite::Unknown,
            confidence: Confidence::Unknown,
            night: None,
            lasting: false,
        }
    }

    #[test]
    fn a_source_is_masked_with_its_neighbours_by_its_past() {
        let all: Vec<Detection> = (0..40).map(|number| hot(number / 2)).collect();
        let (persistent, (col, row)) = (Persistent::of(&all, 20), all[0].cell());
        let mask = persistent.mask(|_| true);
        assert!(mask.holds((col, row)) && mask.holds((col + 1, row - 1)) && !mask.holds((col + 2, row)));
        assert!(mask.skirts((col + 3, row)) && !mask.skirts((col + 4, row)));
        assert_eq!(persistent.mask(|day| day < 19).sources(), 0);
        assert_eq!(Persistent::of(&all, 21).mask(|_| true).sources(), 0);
    }
}

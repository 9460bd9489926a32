//! The shape of an area as a stencil that can be turned and laid elsewhere on the same grid.

use super::bits::Bits;
use super::runs::{Run, Runs};

/// A shape in pixels of its own bounding window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stencil {
    width: u32,
    height: u32,
    runs: Vec<Run>,
}

/// Ways to lay a stencil: bit 0 mirrors it, bit 1 turns it upside down, bit 2 swaps rows and columns.
pub const ORIENTATIONS: u8 = 8;
/// Those that keep rows rows, for pixels that are not square.
pub const UPRIGHT: u8 = 4;

impl Stencil {
    /// The shape of a mask, and the column and row of its corner; none of an empty mask.
    pub fn of(mask: &Runs) -> Option<(Self, (u32, u32))> {
        let window = mask.bounding_window()?;
        let (width, height) = (window.width as u32, window.height as u32);
        let runs = mask.crop(window).as_slice().to_vec();
        Some((Self { width, height, runs }, (window.col as u32, window.row as u32)))
    }

    /// Columns and rows of the bounding window.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Pixels of the shape.
    pub fn pixels(&self) -> u64 {
        self.runs.iter().map(|run| u64::from(run.len())).sum()
    }

    /// The same shape laid another way.
    #[must_use]
    pub fn turned(&self, orientation: u8) -> Self {
        let swapped = if orientation & 4 != 0 { self.swapped() } else { self.clone() };
        let (width, height) = (swapped.width, swapped.height);
        let place = |run: &Run| {
            let (start, end) =
                if orientation & 1 != 0 { (width - run.end, width - run.start) } else { (run.start, run.end) };
            Run { row: if orientation & 2 != 0 { height - 1 - run.row } else { run.row }, start, end }
        };
        let runs = Runs::from_unsorted(width, height, swapped.runs.iter().map(place).collect());
        Self { width, height, runs: runs.as_slice().to_vec() }
    }

    fn swapped(&self) -> Self {
        let pixels = self
            .runs
            .iter()
            .flat_map(|run| (run.start..run.end).map(|col| Run { row: col, start: run.row, end: run.row + 1 }));
        let runs = Runs::from_unsorted(self.height, self.width, pixels.collect());
        Self { width: self.height, height: self.width, runs: runs.as_slice().to_vec() }
    }

    /// The runs of the shape with its corner at a column and row.
    pub fn at(&self, (col, row): (u32, u32)) -> impl Iterator<Item = Run> + '_ {
        self.runs.iter().map(move |run| Run { row: run.row + row, start: run.start + col, end: run.end + col })
    }

    /// Pixels of a mask under the shape.
    pub fn count(&self, bits: &Bits, corner: (u32, u32)) -> u64 {
        self.at(corner).map(|run| bits.count(run)).sum()
    }

    /// Whether the shape touches a mask.
    pub fn touches(&self, bits: &Bits, corner: (u32, u32)) -> bool {
        self.at(corner).any(|run| bits.any(run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Stencil {
        let runs = [(2, 5, 9), (3, 5, 6), (4, 5, 6)].map(|(row, start, end)| Run { row, start, end });
        let (stencil, corner) = Stencil::of(&Runs::from_unsorted(20, 20, runs.to_vec())).unwrap();
        assert_eq!((corner, stencil.size(), stencil.pixels()), ((5, 2), (4, 3), 6));
        stencil
    }

    #[test]
    fn every_way_keeps_the_pixels_and_is_another() {
        let ways: Vec<Stencil> = (0..ORIENTATIONS).map(|way| shape().turned(way)).collect();
        assert_eq!(ways[0], shape());
        for (number, way) in ways.iter().enumerate() {
            assert_eq!(way.pixels(), 6);
            assert!(ways[..number].iter().all(|other| other != way), "an L has eight ways");
        }
        assert_eq!(ways[4].size(), (3, 4));
        assert_eq!(shape().turned(3).turned(3), shape());
    }

    #[test]
    fn it_counts_where_it_lies() {
        let bits = Bits::of(&Runs::from_unsorted(20, 20, vec![Run { row: 10, start: 0, end: 12 }]));
        assert_eq!(shape().count(&bits, (9, 10)), 3);
        assert!(shape().touches(&bits, (11, 9)) && !shape().touches(&bits, (12, 9)));
    }
}

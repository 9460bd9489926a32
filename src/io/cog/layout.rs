//! The levels of a file: sizes, tiles, and where each tile stands in the spool.

use super::spec::Reduce;
use crate::geom::window::Window;

/// Overviews are made until the larger side is no more than this.
const SMALLEST: usize = 512;

/// One level: full resolution or an overview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) width: usize,
    pub(super) height: usize,
    tile: usize,
    /// Index in the spool of the level's first tile.
    pub(super) first: usize,
}

impl Level {
    /// Tiles in a row.
    pub(super) fn across(&self) -> usize {
        self.width.div_ceil(self.tile)
    }

    /// Tiles of the level.
    pub(super) fn tiles(&self) -> usize {
        self.across() * self.height.div_ceil(self.tile)
    }

    /// Pixels of a tile, cut at the level's edges.
    pub(super) fn window(&self, across: usize, down: usize) -> Window {
        let full = Window::new(across * self.tile, down * self.tile, self.tile, self.tile);
        full.intersect(&Window::whole(self.width, self.height))
    }

    /// The tile's index within the level, by rows.
    pub(super) fn index(&self, across: usize, down: usize) -> usize {
        down * self.across() + across
    }

    /// Columns and rows of the tiles that `window` (not empty, inside the level) touches.
    pub(super) fn touched(&self, window: &Window) -> impl Iterator<Item = (usize, usize)> + use<> {
        let last = |end: usize, tile: usize| end.div_ceil(tile);
        let columns = window.col / self.tile..last(window.right(), self.tile);
        let rows = window.row / self.tile..last(window.bottom(), self.tile);
        rows.flat_map(move |down| columns.clone().map(move |across| (across, down)))
    }
}

/// Full resolution first, then each level half the size of the one before, rounded up.
pub(super) fn levels(width: usize, height: usize, tile: usize, overviews: Reduce) -> Vec<Level> {
    let mut levels = vec![Level { width, height, tile, first: 0 }];
    while let Some(last) = levels.last().filter(|last| last.width.max(last.height) > SMALLEST).copied() {
        if overviews == Reduce::None {
            break;
        }
        let (width, height) = (last.width.div_ceil(2), last.height.div_ceil(2));
        levels.push(Level { width, height, tile, first: last.first + last.tiles() });
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_until_small_enough() {
        let sizes = |width, height| -> Vec<_> {
            levels(width, height, 512, Reduce::Average).iter().map(|level| (level.width, level.height)).collect()
        };
        assert_eq!(sizes(512, 3), [(512, 3)]);
        assert_eq!(sizes(513, 1), [(513, 1), (257, 1)]);
        assert_eq!(sizes(10_980, 10_980).last(), Some(&(344, 344)));
        assert_eq!(levels(9000, 9000, 512, Reduce::None).len(), 1);
    }

    #[test]
    fn tiles_are_counted_through() {
        let levels = levels(1300, 700, 512, Reduce::Mode);
        assert_eq!(
            levels.iter().map(|level| (level.first, level.tiles())).collect::<Vec<_>>(),
            [(0, 6), (6, 2), (8, 1)]
        );
        let touched: Vec<_> = levels[0].touched(&Window::new(511, 0, 2, 513)).collect();
        assert_eq!(touched, [(0, 0), (1, 0), (0, 1), (1, 1)]);
        assert_eq!(levels[0].window(2, 1), Window::new(1024, 512, 276, 188));
    }
}

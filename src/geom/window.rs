//! A rectangle of pixels, and how a rectangle is cut into blocks.

/// Pixels `col .. col + width`, `row .. row + height` of some raster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Window {
    /// First column.
    pub col: usize,
    /// First row.
    pub row: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Window {
    /// The window that starts at (`col`, `row`).
    pub const fn new(col: usize, row: usize, width: usize, height: usize) -> Self {
        Self { col, row, width, height }
    }

    /// A whole raster of `width` by `height` pixels.
    pub const fn whole(width: usize, height: usize) -> Self {
        Self::new(0, 0, width, height)
    }

    /// First column behind the window.
    pub const fn right(&self) -> usize {
        self.col + self.width
    }

    /// First row below the window.
    pub const fn bottom(&self) -> usize {
        self.row + self.height
    }

    /// Pixels in the window.
    pub const fn len(&self) -> usize {
        self.width * self.height
    }

    /// Whether the window holds no pixel.
    pub const fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// Rows and columns, in the order of `ndarray`.
    pub const fn shape(&self) -> (usize, usize) {
        (self.height, self.width)
    }

    /// The pixels that both windows hold; empty when they do not touch.
    pub fn intersect(&self, other: &Self) -> Self {
        let (col, row) = (self.col.max(other.col), self.row.max(other.row));
        Self {
            col,
            row,
            width: self.right().min(other.right()).saturating_sub(col),
            height: self.bottom().min(other.bottom()).saturating_sub(row),
        }
    }

    /// The window grown by `halo` pixels on every side, cut at a raster of `width` by `height`.
    pub fn grown(&self, halo: usize, width: usize, height: usize) -> Self {
        let (col, row) = (self.col.saturating_sub(halo), self.row.saturating_sub(halo));
        Self {
            col,
            row,
            width: (self.right() + halo).min(width) - col,
            height: (self.bottom() + halo).min(height) - row,
        }
    }

    /// The same pixels counted from the corner of `outer`, which must hold them.
    pub fn within(&self, outer: &Self) -> Self {
        Self { col: self.col - outer.col, row: self.row - outer.row, ..*self }
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "columns {}..{}, rows {}..{}", self.col, self.right(), self.row, self.bottom())
    }
}

//! A mask as runs: sorted stretches of pixels, the only form in which a mask is kept in memory.

/// Pixels `start..end` of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Run {
    /// The row.
    pub row: u32,
    /// First column.
    pub start: u32,
    /// First column behind the run; greater than `start`.
    pub end: u32,
}

impl Run {
    /// Pixels in the run.
    pub fn len(&self) -> u32 {
        self.end - self.start
    }

    /// Never true of a run in [`Runs`].
    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }
}

/// The runs of a mask of `width` by `height` pixels: sorted by row and column, neither
/// overlapping nor touching within a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runs {
    width: u32,
    height: u32,
    runs: Vec<Run>,
}

impl Runs {
    /// A mask without a pixel.
    pub fn empty(width: u32, height: u32) -> Self {
        Self { width, height, runs: Vec::new() }
    }

    /// Brings runs in any order into shape: sorts, joins what touches, drops what is empty and
    /// cuts at the mask's edge.
    pub fn from_unsorted(width: u32, height: u32, mut runs: Vec<Run>) -> Self {
        runs.retain_mut(|run| {
            run.end = run.end.min(width);
            run.row < height && run.start < run.end
        });
        runs.sort_unstable();
        let mut joined: Vec<Run> = Vec::with_capacity(runs.len());
        for run in runs {
            match joined.last_mut() {
                Some(last) if last.row == run.row && run.start <= last.end => last.end = last.end.max(run.end),
                _ => joined.push(run),
            }
        }
        Self { width, height, runs: joined }
    }

    /// Columns of the mask.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows of the mask.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The runs in order.
    pub fn as_slice(&self) -> &[Run] {
        &self.runs
    }

    /// The runs of one row, in order of columns.
    pub fn row(&self, row: u32) -> &[Run] {
        let from = self.runs.partition_point(|run| run.row < row);
        let to = self.runs.partition_point(|run| run.row <= row);
        &self.runs[from..to]
    }

    /// Pixels that are set.
    pub fn pixels(&self) -> u64 {
        self.runs.iter().map(|run| u64::from(run.len())).sum()
    }
}

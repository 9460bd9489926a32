//! A mask as runs: sorted stretches of pixels, the only form in which a mask is kept in memory.

use super::window::Window;

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

    /// Every pixel of a mask.
    pub fn full(width: u32, height: u32) -> Self {
        Self::from_unsorted(width, height, (0..height).map(|row| Run { row, start: 0, end: width }).collect())
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

    /// Whether no pixel is set.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Whether the pixel is set; false outside the mask.
    pub fn contains(&self, col: u32, row: u32) -> bool {
        let line = self.row(row);
        let next = line.partition_point(|run| run.end <= col);
        line.get(next).is_some_and(|run| run.start <= col)
    }

    /// The pixels set in both masks. Both have one size; what the other has beyond is ignored.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a && b)
    }

    /// The pixels set in either mask. Both have one size; what the other has beyond is ignored.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a || b)
    }

    /// The pixels set here and not in the other mask of the same size.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        self.combine(other, |a, b| a && !b)
    }

    /// The pixels where `keep` holds of the two masks; `keep(false, false)` is false.
    fn combine(&self, other: &Self, keep: impl Fn(bool, bool) -> bool) -> Self {
        debug_assert_eq!((self.width, self.height), (other.width, other.height), "masks of one size");
        let mut runs = Vec::with_capacity(self.runs.len().max(other.runs.len()));
        let (mut a, mut b) = (self.runs.as_slice(), other.runs.as_slice());
        while let Some(row) = a.first().into_iter().chain(b.first()).map(|run| run.row).min() {
            let (line_a, rest_a) = a.split_at(a.partition_point(|run| run.row == row));
            let (line_b, rest_b) = b.split_at(b.partition_point(|run| run.row == row));
            combine_row(row, line_a, line_b, &keep, &mut runs);
            (a, b) = (rest_a, rest_b);
        }
        Self::from_unsorted(self.width, self.height, runs)
    }

    /// The runs that touch `window`, cut at it, in columns and rows of the mask.
    pub fn in_window(&self, window: Window) -> impl Iterator<Item = Run> + '_ {
        let (left, right) = (narrowed(window.col), narrowed(window.right()));
        let rows =
            if window.is_empty() { 0..0 } else { narrowed(window.row)..narrowed(window.bottom()).min(self.height) };
        rows.flat_map(move |row| {
            let line = self.row(row);
            let (_, line) = line.split_at(line.partition_point(|run| run.end <= left));
            line.iter().take_while(move |run| run.start < right).map(move |run| Run {
                row,
                start: run.start.max(left),
                end: run.end.min(right),
            })
        })
    }

    /// The mask of `window`, its pixels counted from the window's corner.
    #[must_use]
    pub fn crop(&self, window: Window) -> Self {
        let (left, top) = (narrowed(window.col), narrowed(window.row));
        let cut = self.in_window(window);
        let runs = cut.map(|run| Run { row: run.row - top, start: run.start - left, end: run.end - left }).collect();
        Self { width: narrowed(window.width), height: narrowed(window.height), runs }
    }

    /// The smallest window around all set pixels; None when there are none.
    pub fn bounding_window(&self) -> Option<Window> {
        let (first, last) = (self.runs.first()?, self.runs.last()?);
        let left = self.runs.iter().map(|run| run.start).min()?;
        let right = self.runs.iter().map(|run| run.end).max()?;
        let (left, top) = (left as usize, first.row as usize);
        Some(Window::new(left, top, right as usize - left, last.row as usize + 1 - top))
    }
}

/// A pixel count in the type of runs; larger ones lie outside of any mask.
fn narrowed(pixels: usize) -> u32 {
    u32::try_from(pixels).unwrap_or(u32::MAX)
}

/// Walks the edges of two rows from left to right and writes where `keep` holds.
fn combine_row(row: u32, a: &[Run], b: &[Run], keep: impl Fn(bool, bool) -> bool, runs: &mut Vec<Run>) {
    let edges = |line: &[Run]| line.iter().flat_map(|run| [run.start, run.end]).collect::<Vec<_>>();
    let (a, b) = (edges(a), edges(b));
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    let (mut in_a, mut in_b, mut open) = (false, false, None);
    while let Some(at) = a.peek().into_iter().chain(b.peek()).min().copied() {
        in_a ^= a.next_if_eq(&at).is_some();
        in_b ^= b.next_if_eq(&at).is_some();
        match (keep(in_a, in_b), open) {
            (true, None) => open = Some(at),
            (false, Some(start)) => {
                runs.push(Run { row, start, end: at });
                open = None;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDTH: u32 = 23;
    const HEIGHT: u32 = 11;

    fn runs_of(dense: &[bool]) -> Runs {
        let set = dense.iter().enumerate().filter(|(_, set)| **set);
        let runs = set.map(|(i, _)| Run { row: i as u32 / WIDTH, start: i as u32 % WIDTH, end: i as u32 % WIDTH + 1 });
        Runs::from_unsorted(WIDTH, HEIGHT, runs.collect())
    }

    fn dense_of(runs: &Runs) -> Vec<bool> {
        let pixels = (0..HEIGHT).flat_map(|row| (0..WIDTH).map(move |col| (col, row)));
        pixels
            .map(|(col, row)| runs.as_slice().iter().any(|run| run.row == row && (run.start..run.end).contains(&col)))
            .collect()
    }

    fn in_order(runs: &Runs) -> bool {
        let apart = runs
            .as_slice()
            .windows(2)
            .all(|two| two[0].row < two[1].row || (two[0].row == two[1].row && two[0].end < two[1].start));
        apart && runs.as_slice().iter().all(|run| !run.is_empty() && run.end <= runs.width() && run.row < runs.height())
    }

    fn dense() -> impl Strategy<Value = Vec<bool>> {
        proptest::collection::vec(any::<bool>(), (WIDTH * HEIGHT) as usize)
    }

    proptest! {
        #[test]
        fn algebra_equals_that_of_dense_masks(a in dense(), b in dense()) {
            let (runs_a, runs_b) = (runs_of(&a), runs_of(&b));
            let zip = |op: fn(bool, bool) -> bool| a.iter().zip(&b).map(|(a, b)| op(*a, *b)).collect::<Vec<_>>();
            for (runs, expected) in [
                (runs_a.intersect(&runs_b), zip(|a, b| a && b)),
                (runs_a.union(&runs_b), zip(|a, b| a || b)),
                (runs_a.subtract(&runs_b), zip(|a, b| a && !b)),
            ] {
                prop_assert!(in_order(&runs));
                prop_assert_eq!(runs.pixels(), expected.iter().filter(|set| **set).count() as u64);
                prop_assert_eq!(dense_of(&runs), expected);
            }
        }

        #[test]
        fn windows_cut_as_dense_masks_do(a in dense(), col in 0..30_usize, row in 0..15_usize, w in 0..30_usize, h in 0..15_usize) {
            let (runs, window) = (runs_of(&a), Window::new(col, row, w, h));
            let inside = |c: u32, r: u32| {
                (col..col + w).contains(&(c as usize)) && (row..row + h).contains(&(r as usize))
            };
            let cut: Vec<Run> = runs.in_window(window).collect();
            prop_assert!(cut.iter().all(|run| !run.is_empty()));
            let crop = runs.crop(window);
            for (i, set) in a.iter().enumerate() {
                let (c, r) = (i as u32 % WIDTH, i as u32 / WIDTH);
                let held = cut.iter().any(|run| run.row == r && (run.start..run.end).contains(&c));
                prop_assert_eq!(held, *set && inside(c, r));
                prop_assert_eq!(runs.contains(c, r), *set);
                if inside(c, r) {
                    prop_assert_eq!(crop.contains(c - col as u32, r - row as u32), *set);
                }
            }
        }

        #[test]
        fn the_bounding_window_is_tight(a in dense()) {
            let runs = runs_of(&a);
            let Some(window) = runs.bounding_window() else { return Ok(()) };
            prop_assert_eq!(runs.in_window(window).map(|run| u64::from(run.len())).sum::<u64>(), runs.pixels());
            for thinner in [
                Window { col: window.col + 1, width: window.width - 1, ..window },
                Window { width: window.width - 1, ..window },
                Window { row: window.row + 1, height: window.height - 1, ..window },
                Window { height: window.height - 1, ..window },
            ] {
                prop_assert!(runs.in_window(thinner).map(|run| u64::from(run.len())).sum::<u64>() < runs.pixels());
            }
        }
    }

    #[test]
    fn an_empty_mask_has_no_window() {
        let none = Runs::empty(4, 4);
        assert_eq!(none.bounding_window(), None);
        assert!(none.is_empty() && !none.contains(0, 0) && !none.contains(9, 9));
    }
}

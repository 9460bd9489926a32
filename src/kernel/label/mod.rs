//! Connected objects of a mask: union-find over runs, row against the row above. No raster exists.

mod area;
mod sieve;

pub use area::{fill_holes, remove_small};
pub use sieve::sieve;

use crate::geom::runs::{Run, Runs};

/// Which pixels count as neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Connectivity {
    /// Pixels that share an edge.
    Four,
    /// Pixels that share an edge or a corner.
    Eight,
}

impl Connectivity {
    /// What the background has when the objects have `self`: both at once would let an object
    /// and the background cross each other at a corner.
    #[must_use]
    pub fn dual(self) -> Self {
        match self {
            Self::Four => Self::Eight,
            Self::Eight => Self::Four,
        }
    }

    /// Columns by which two runs in adjoining rows may miss each other and still touch.
    fn reach(self) -> u32 {
        u32::from(self == Self::Eight)
    }
}

/// The objects of a mask. Label `n` is the object whose first pixel, in raster order, is the
/// `n`-th of all first pixels; so the numbering does not depend on how it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// The label of each run, in the order of [`Runs::as_slice`].
    pub of_run: Vec<u32>,
    /// Pixels of each object.
    pub sizes: Vec<u64>,
    /// Objects; the length of `sizes`.
    pub count: usize,
    /// The neighbourhood that joined them.
    pub connectivity: Connectivity,
}

/// Labels the objects of `mask`. Time and memory grow with the number of runs, not of pixels.
pub fn label(mask: &Runs, connectivity: Connectivity) -> Labels {
    let runs = mask.as_slice();
    let mut sets = Sets::new(runs.len());
    touching(runs, connectivity.reach(), |above, below| sets.join(above, below));
    let (of_run, count) = sets.into_labels();
    let mut sizes = vec![0; count];
    for (run, &label) in runs.iter().zip(&of_run) {
        sizes[label as usize] += u64::from(run.len());
    }
    Labels { of_run, sizes, count, connectivity }
}

/// Calls `pair(above, below)` with the indices of every two runs in adjoining rows that share a
/// column, or that miss each other by less than `reach` columns; ordered by `below`, then `above`.
/// `runs` must be sorted by row and column.
fn touching(runs: &[Run], reach: u32, mut pair: impl FnMut(usize, usize)) {
    let mut first = 0;
    for (below, run) in runs.iter().enumerate() {
        let passed =
            |above: &Run| (above.row.saturating_add(1), above.end.saturating_add(reach)) <= (run.row, run.start);
        while runs.get(first).is_some_and(passed) {
            first += 1;
        }
        let candidates = runs.iter().enumerate().skip(first);
        for (above, _) in
            candidates.take_while(|(_, above)| above.row < run.row && above.start < run.end.saturating_add(reach))
        {
            pair(above, below);
        }
    }
}

/// Disjoint sets of runs; the smallest index of a set is its root. There are fewer than 2^32
/// runs: `Limits::raster_pixels` is 2^31.
struct Sets {
    parent: Vec<u32>,
}

impl Sets {
    fn new(count: usize) -> Self {
        Self { parent: (0..count as u32).collect() }
    }

    /// The root of `run`'s set; halves the path to it.
    fn root(&mut self, run: usize) -> u32 {
        let mut run = run as u32;
        while self.parent[run as usize] != run {
            let above = self.parent[self.parent[run as usize] as usize];
            self.parent[run as usize] = above;
            run = above;
        }
        run
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.parent[one.max(other) as usize] = one.min(other);
    }

    /// The label of every run, numbered by first run, and how many there are. A parent never has
    /// the larger index, so one pass forward suffices.
    fn into_labels(mut self) -> (Vec<u32>, usize) {
        let mut count = 0;
        for run in 0..self.parent.len() {
            let parent = self.parent[run] as usize;
            self.parent[run] = if parent == run { count } else { self.parent[parent] };
            count += u32::from(parent == run);
        }
        (self.parent, count as usize)
    }
}

/// The whole mask cut into runs that are alternately set and not, each row from edge to edge.
struct Alternating {
    runs: Vec<Run>,
    set: Vec<bool>,
}

impl Alternating {
    fn of(mask: &Runs) -> Self {
        let capacity = 2 * mask.as_slice().len() + mask.height() as usize;
        let mut all = Self { runs: Vec::with_capacity(capacity), set: Vec::with_capacity(capacity) };
        let mut rest = mask.as_slice();
        for row in 0..mask.height() {
            let here = rest.iter().take_while(|run| run.row == row).count();
            let (these, later) = rest.split_at(here);
            all.push_row(row, these, mask.width());
            rest = later;
        }
        all
    }

    fn push_row(&mut self, row: u32, runs: &[Run], width: u32) {
        let mut column = 0;
        for run in runs {
            self.push(Run { row, start: column, end: run.start }, false);
            self.push(*run, true);
            column = run.end;
        }
        self.push(Run { row, start: column, end: width }, false);
    }

    fn push(&mut self, run: Run, set: bool) {
        if !run.is_empty() {
            self.runs.push(run);
            self.set.push(set);
        }
    }
}

#[cfg(test)]
mod tests;

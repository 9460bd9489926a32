//! A mask as bits, one a pixel: counted along runs a word at a time, and filled by many threads at once.

use std::sync::atomic::{AtomicU64, Ordering};

use super::runs::{Run, Runs};

/// A mask of `width` by `height` pixels. Threads only ever set bits, so that the order of work leaves no trace.
#[derive(Debug)]
pub struct Bits {
    width: u32,
    height: u32,
    stride: usize,
    words: Vec<AtomicU64>,
}

impl Bits {
    /// No pixel set.
    pub fn new(width: u32, height: u32) -> Self {
        let stride = (width as usize).div_ceil(64);
        let words = (0..stride * height as usize).map(|_| AtomicU64::new(0)).collect();
        Self { width, height, stride, words }
    }

    /// The pixels of a mask.
    pub fn of(mask: &Runs) -> Self {
        let bits = Self::new(mask.width(), mask.height());
        mask.as_slice().iter().for_each(|run| bits.set(*run));
        bits
    }

    /// Columns.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Sets the pixels of a run; what lies beyond the edge is left out.
    pub fn set(&self, run: Run) {
        self.words_of(run).for_each(|(word, bits)| {
            word.fetch_or(bits, Ordering::Relaxed);
        });
    }

    /// Sets what is set in another mask of the same size.
    pub fn add(&self, other: &Self) {
        for (word, more) in self.words.iter().zip(&other.words) {
            word.fetch_or(more.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Keeps only what is set in another mask of the same size.
    pub fn keep(&self, other: &Self) {
        for (word, more) in self.words.iter().zip(&other.words) {
            word.fetch_and(more.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Pixels set along a run.
    pub fn count(&self, run: Run) -> u64 {
        self.words_of(run).map(|(word, bits)| u64::from((word.load(Ordering::Relaxed) & bits).count_ones())).sum()
    }

    /// Whether any pixel of a run is set.
    pub fn any(&self, run: Run) -> bool {
        self.words_of(run).any(|(word, bits)| word.load(Ordering::Relaxed) & bits != 0)
    }

    /// Whether a pixel is set.
    pub fn contains(&self, col: u32, row: u32) -> bool {
        self.any(Run { row, start: col, end: col + 1 })
    }

    /// The words that a run touches, each with the bits that belong to it.
    fn words_of(&self, run: Run) -> impl Iterator<Item = (&AtomicU64, u64)> {
        let end = if run.row < self.height { run.end.min(self.width) as usize } else { 0 };
        let start = (run.start as usize).min(end);
        let line = run.row as usize * self.stride;
        let words = if start < end { start / 64..end.div_ceil(64) } else { 0..0 };
        words.filter_map(move |word| {
            let low = start.saturating_sub(word * 64);
            let high = (end - word * 64).min(64);
            let bits = (u64::MAX >> (64 - (high - low))) << low;
            Some((self.words.get(line + word)?, bits))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_count_as_runs_do(starts in prop::collection::vec((0u32..9, 0u32..150, 1u32..150), 0..20), probe in (0u32..9, 0u32..150, 0u32..150)) {
            let runs = starts.into_iter().map(|(row, start, length)| Run { row, start, end: start + length }).collect();
            let mask = Runs::from_unsorted(140, 8, runs);
            let bits = Bits::of(&mask);
            let run = Run { row: probe.0, start: probe.1, end: probe.1 + probe.2 };
            let expected = (run.start..run.end).filter(|col| mask.contains(*col, run.row)).count() as u64;
            prop_assert_eq!(bits.count(run), expected);
            prop_assert_eq!(bits.any(run), expected > 0);
        }
    }
}

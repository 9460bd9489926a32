//! What the measuring pass counted, added up over workers in any order.

use super::desk::Desk;
use super::record::GREEN;
use super::summary::FailedBlock;
use super::tally::Areas;
use crate::error::Error;
use crate::geom::window::Window;
use crate::kernel::stats::Histogram;

/// What became of the blocks.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BlockCounts {
    /// Blocks whose bands were read.
    pub(super) read: usize,
    /// Blocks with nothing to see, whose bands were not read.
    pub(super) masked: usize,
}

/// What the pass counted.
#[derive(Default)]
pub(super) struct Measured {
    /// dNBR of eligible pixels.
    pub histogram: Histogram,
    /// The same on ground that was bare and green before; for seed and grow instead of the whole.
    pub(super) classes: [Histogram; 2],
    /// Ground area by reason.
    pub areas: Areas,
    /// Ground area of long change vectors (code 1).
    pub changed: Areas,
    pub(super) blocks: BlockCounts,
    /// Blocks that could not be read.
    pub failed: Vec<FailedBlock>,
    /// The first failure, for when nothing else is left.
    pub(super) first_failure: Option<(usize, Error)>,
}

impl Measured {
    /// Adds what another worker counted.
    pub(super) fn merge(&mut self, other: Self) {
        self.histogram.merge(&other.histogram);
        self.classes.iter_mut().zip(&other.classes).for_each(|(sum, part)| sum.merge(part));
        self.areas.merge(&other.areas);
        self.changed.merge(&other.changed);
        self.blocks.read += other.blocks.read;
        self.blocks.masked += other.blocks.masked;
        self.failed.extend(other.failed);
        let earlier =
            |have: &Option<(usize, Error)>, new: &(usize, Error)| have.as_ref().is_none_or(|(index, _)| new.0 < *index);
        if let Some(failure) = other.first_failure.filter(|failure| earlier(&self.first_failure, failure)) {
            self.first_failure = Some(failure);
        }
    }

    /// Counts the eligible dNBR; only which side of a threshold it lies on, where that is known.
    pub(super) fn count(&mut self, desk: &Desk, known_key: Option<i32>) {
        let eligible = desk.record.eligible();
        if let Some(key) = known_key {
            self.histogram.add_times(key - 1, desk.considered - eligible.len() as u64);
            self.histogram.add_times(key, eligible.len() as u64);
        } else {
            eligible.iter().for_each(|step| self.histogram.add_key(i32::from(*step)));
        }
    }

    /// Counts the eligible dNBR by the cover before.
    pub(super) fn count_classes(&mut self, desk: &Desk) {
        let [bare, green] = &mut self.classes;
        desk.record.flagged().for_each(|(flags, step)| {
            (if flags & GREEN != 0 { &mut *green } else { &mut *bare }).add_key(i32::from(step));
        });
    }

    /// Lists a block that could not be read.
    pub(super) fn note_failure(&mut self, index: usize, window: Window, error: Error) {
        self.failed.push(FailedBlock { window, error: error.to_string() });
        if self.first_failure.as_ref().is_none_or(|(first, _)| index < *first) {
            self.first_failure = Some((index, error));
        }
    }
}

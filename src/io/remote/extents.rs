//! Stretches of a file: what of it is known, what is still missing, and how few requests ask for that.

use std::collections::BTreeMap;

/// A stretch of bytes: offset and length.
pub type Extent = (u64, u64);

/// Stretches that neither overlap nor touch, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extents(BTreeMap<u64, u64>);

impl Extents {
    /// Adds a stretch and joins what touches it.
    pub fn add(&mut self, (offset, length): Extent) {
        if length == 0 {
            return;
        }
        let (mut start, mut end) = (offset, offset.saturating_add(length));
        while let Some((from, to)) = self.0.range(..=end).next_back().map(|(from, to)| (*from, *to)) {
            if to < start {
                break;
            }
            self.0.remove(&from);
            (start, end) = (start.min(from), end.max(to));
        }
        self.0.insert(start, end);
    }

    /// The stretches in order.
    pub fn iter(&self) -> impl Iterator<Item = Extent> + '_ {
        self.0.iter().map(|(start, end)| (*start, end - start))
    }

    /// Bytes of all stretches.
    pub fn bytes(&self) -> u64 {
        self.iter().map(|(_, length)| length).sum()
    }

    /// The parts of a stretch that are in none of these.
    pub fn missing(&self, (offset, length): Extent) -> Vec<Extent> {
        let (mut at, end) = (offset, offset.saturating_add(length));
        let mut missing = Vec::new();
        let before = self.0.range(..=offset).next_back();
        let inside = self.0.range(offset.saturating_add(1)..end.max(offset.saturating_add(1)));
        for (from, to) in before.into_iter().chain(inside) {
            if *from > at {
                missing.push((at, from - at));
            }
            at = at.max(*to);
        }
        if at < end {
            missing.push((at, end - at));
        }
        missing
    }

    /// Whether all of a stretch is in these.
    pub fn holds(&self, extent: Extent) -> bool {
        self.missing(extent).is_empty()
    }

    /// Whether a stretch has nothing in common with these.
    fn avoids(&self, extent: Extent) -> bool {
        self.missing(extent) == [extent]
    }
}

impl FromIterator<Extent> for Extents {
    fn from_iter<T: IntoIterator<Item = Extent>>(stretches: T) -> Self {
        let mut extents = Self::default();
        stretches.into_iter().for_each(|extent| extents.add(extent));
        extents
    }
}

/// The requests for what of `wanted` is not `held`: neighbours with a gap of at most `gap` bytes are asked for
/// together, and none is larger than `most`.
pub fn requests(wanted: &Extents, held: &Extents, gap: u64, most: u64) -> Vec<Extent> {
    let missing = wanted.iter().flat_map(|extent| held.missing(extent));
    let mut joined: Vec<Extent> = Vec::new();
    for (offset, length) in missing {
        match joined.last_mut() {
            Some((start, before)) if is_near((*start, *before), offset, held, gap) => {
                *before = offset + length - *start
            }
            _ => joined.push((offset, length)),
        }
    }
    joined.into_iter().flat_map(|extent| cut(extent, most)).collect()
}

/// Whether what lies between a stretch and the next one is short and not held.
fn is_near((start, length): Extent, next: u64, held: &Extents, gap: u64) -> bool {
    let end = start + length;
    next == end || (next - end <= gap && held.avoids((end, next - end)))
}

/// A stretch in equal pieces of at most `most` bytes.
fn cut((offset, length): Extent, most: u64) -> impl Iterator<Item = Extent> {
    let pieces = length.div_ceil(most.max(1)).max(1);
    let size = length.div_ceil(pieces);
    (0..pieces).map(move |piece| (offset + piece * size, size.min(length - piece * size)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn neighbours_join_and_the_rest_is_missing() {
        let held: Extents = [(10, 5), (20, 5), (15, 1)].into_iter().collect();
        assert_eq!(held.iter().collect::<Vec<_>>(), [(10, 6), (20, 5)]);
        assert_eq!(held.missing((0, 30)), [(0, 10), (16, 4), (25, 5)]);
        assert_eq!(held.missing((11, 4)), []);
        assert_eq!(held.missing((12, 10)), [(16, 4)]);
        assert!(held.holds((20, 5)) && !held.holds((20, 6)));
    }

    #[test]
    fn small_gaps_are_bridged_and_large_requests_cut() {
        let wanted: Extents = [(0, 10), (14, 10), (100, 100)].into_iter().collect();
        assert_eq!(requests(&wanted, &Extents::default(), 4, 1000), [(0, 24), (100, 100)]);
        assert_eq!(requests(&wanted, &Extents::default(), 3, 1000), [(0, 10), (14, 10), (100, 100)]);
        assert_eq!(requests(&wanted, &Extents::default(), 4, 40), [(0, 24), (100, 34), (134, 34), (168, 32)]);
        let held = [(11, 2), (100, 100)].into_iter().collect();
        assert_eq!(requests(&wanted, &held, 4, 1000), [(0, 10), (14, 10)]);
    }

    fn stretches() -> impl Strategy<Value = Vec<Extent>> {
        prop::collection::vec((0u64..400, 0u64..60), 0..12)
    }

    proptest! {
        #[test]
        fn requests_cover_what_is_missing_and_overlap_nothing(
            wanted in stretches(), held in stretches(), gap in 0u64..40, most in 1u64..90,
        ) {
            let (wanted, held): (Extents, Extents) = (wanted.into_iter().collect(), held.into_iter().collect());
            let asked = requests(&wanted, &held, gap, most);
            let mut after = held.clone();
            for extent in asked {
                prop_assert!(extent.1 > 0 && extent.1 <= most);
                prop_assert!(after.avoids(extent));
                after.add(extent);
            }
            prop_assert!(wanted.iter().all(|extent| after.holds(extent)));
        }
    }
}

//! Detections of one place over time: days that count, and those that are kept apart.

use super::archive::Archive;
use super::day::Stretch;
use super::footprint::Footprint;
use super::persistent::Mask;
use super::{Confidence, Detection};

/// Kilometres of a VIIRS pixel at nadir.
const PIXEL_KM: f64 = 0.375;

/// Days of the detections that count (not masked, not of low confidence), ascending, one entry a detection.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series(Vec<i32>);

impl Series {
    /// Of a place.
    pub fn of(archive: &Archive, mask: &Mask, place: &Footprint) -> Self {
        let counted = archive.within(place).filter(|own| counts(own, mask));
        Self::from_days(counted.map(|own| own.day).collect())
    }

    /// From days in any order.
    pub fn from_days(mut days: Vec<i32>) -> Self {
        days.sort_unstable();
        Self(days)
    }

    /// Detections in a stretch of days.
    pub fn count(&self, stretch: Stretch) -> u64 {
        let before = |day: i32| self.0.partition_point(|own| *own < day);
        before(stretch.to.saturating_add(1)).saturating_sub(before(stretch.from)) as u64
    }

    /// The first day with a detection in a stretch.
    pub fn first_in(&self, stretch: Stretch) -> Option<i32> {
        let at = self.0.partition_point(|own| *own < stretch.from);
        self.0.get(at).copied().filter(|day| stretch.contains(*day))
    }
}

fn masked(detection: &Detection, mask: &Mask) -> bool {
    detection.lasting || mask.holds(detection.cell())
}

fn counts(detection: &Detection, mask: &Mask) -> bool {
    detection.confidence != Confidence::Low && !masked(detection, mask)
}

/// What was seen in a place in one stretch of days, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Seen {
    /// Detections that count.
    pub counted: u64,
    /// Of those, within 1.5 km of a source that stays.
    pub skirting: u64,
    /// Of those, at night.
    pub night: u64,
    /// Distinct footprints of 375 m of those that count.
    pub footprints: u64,
    /// Masked as sources that stay.
    pub masked: u64,
    /// Of low confidence, not counted.
    pub faint: u64,
}

impl Seen {
    /// In a place and stretch of days.
    pub fn of(archive: &Archive, mask: &Mask, place: &Footprint, stretch: Stretch) -> Self {
        let (mut seen, mut pixels) = (Self::default(), Vec::new());
        for own in archive.within(place).filter(|own| stretch.contains(own.day)) {
            if masked(own, mask) {
                seen.masked += 1;
            } else if own.confidence == Confidence::Low {
                seen.faint += 1;
            } else {
                seen.counted += 1;
                seen.skirting += u64::from(mask.skirts(own.cell()));
                seen.night += u64::from(own.night == Some(true));
                let (east, north) = place.offset((own.lon, own.lat));
                pixels.push(((east / PIXEL_KM).floor() as i64, (north / PIXEL_KM).floor() as i64));
            }
        }
        pixels.sort_unstable();
        pixels.dedup();
        Self { footprints: pixels.len() as u64, ..seen }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_is_by_day_and_inclusive() {
        let series = Series::from_days(vec![5, 1, 3, 3, 9]);
        assert_eq!(series.count(Stretch { from: 3, to: 5 }), 3);
        assert_eq!(series.count(Stretch { from: 10, to: 20 }), 0);
        assert_eq!(series.count(Stretch { from: 5, to: 4 }), 0);
        assert_eq!(series.first_in(Stretch { from: 2, to: 9 }), Some(3));
        assert_eq!(series.first_in(Stretch { from: 6, to: 8 }), None);
    }
}

//! Detections that stand in the tables more than once: the same row from two files or two processings, and the
//! same pixel seen by two satellites within one flight behind the other.

use super::{Cell, Detection, Satellite};

/// Two satellites within so many minutes saw the same fire (Suomi NPP and NOAA-20 fly 50 minutes apart).
const MINUTES: i64 = 50;

/// What is left, ordered by day, place and time, and how many were dropped.
///
/// Rows are the same where place (to 1e-4 degrees, 11 m: processings differ in the digits they write), day, minute
/// and satellite agree; a row without a time is dropped where one with a time lies in its place that day.
pub fn without_duplicates(mut detections: Vec<Detection>) -> (Vec<Detection>, u64) {
    let before = detections.len();
    detections.sort_by(|a, b| {
        // Rows of one key differ in their last digits; which of them stays must not depend on the tables' order.
        let digits = a.lat.total_cmp(&b.lat).then(a.lon.total_cmp(&b.lon));
        key(a).cmp(&key(b)).then(digits).then(a.confidence.cmp(&b.confidence))
    });
    detections.dedup_by(|later, kept| key(later) == key(kept));
    let timed = without_untimed(detections);
    let kept = without_second_looks(timed);
    let dropped = (before - kept.len()) as u64;
    (kept, dropped)
}

type Spot = (i32, i32, i32);

fn spot(detection: &Detection) -> Spot {
    let steps = |degrees: f64| (degrees * 1e4).round() as i32;
    (detection.day, steps(detection.lat), steps(detection.lon))
}

fn key(detection: &Detection) -> (Spot, Option<u16>, Satellite) {
    (spot(detection), detection.minute, detection.satellite)
}

fn without_untimed(detections: Vec<Detection>) -> Vec<Detection> {
    let mut kept = Vec::with_capacity(detections.len());
    for group in detections.chunk_by(|a, b| spot(a) == spot(b)) {
        let timed = group.iter().any(|detection| detection.minute.is_some());
        kept.extend(group.iter().filter(|detection| !timed || detection.minute.is_some()));
    }
    kept
}

/// Keeps the first of two looks of different satellites at one cell.
fn without_second_looks(detections: Vec<Detection>) -> Vec<Detection> {
    let mut order: Vec<(Cell, i64, usize)> = Vec::new();
    for (index, own) in detections.iter().enumerate() {
        order.extend(own.instant().map(|instant| (own.cell(), instant, index)));
    }
    order.sort_unstable();
    let mut second = vec![false; detections.len()];
    for looks in order.chunk_by(|a, b| a.0 == b.0) {
        // The last look that was kept, by satellite.
        let mut kept: Vec<(Satellite, i64)> = Vec::new();
        for (_, instant, index) in looks {
            let own = detections[*index].satellite;
            second[*index] = kept.iter().any(|(other, last)| *other != own && instant - last <= MINUTES);
            if !second[*index] {
                kept.retain(|(other, _)| *other != own);
                kept.push((own, *instant));
            }
        }
    }
    detections.into_iter().zip(second).filter(|(_, second)| !second).map(|(detection, _)| detection).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hotspot::Confidence;

    fn seen(lon: f64, minute: Option<u16>, satellite: Satellite) -> Detection {
        let confidence = Confidence::Nominal;
        Detection { lon, lat: 49.0021, day: 0, minute, satellite, confidence, night: None, lasting: false }
    }

    #[test]
    fn two_satellites_saw_one_fire() {
        let own = seen(37.0021, Some(600), Satellite::SuomiNpp);
        let (kept, dropped) = without_duplicates(vec![seen(37.0031, Some(650), Satellite::Noaa20), own]);
        assert_eq!((kept, dropped), (vec![own], 1));
        let later = seen(37.0031, Some(651), Satellite::Noaa20);
        assert_eq!(without_duplicates(vec![own, later]).1, 0);
        assert_eq!(without_duplicates(vec![own, seen(37.0071, Some(601), Satellite::Noaa20)]).1, 0);
    }

    #[test]
    fn neighbouring_pixels_of_one_pass_stay() {
        let pass = |lon| seen(lon, Some(600), Satellite::SuomiNpp);
        assert_eq!(without_duplicates(vec![pass(37.0021), pass(37.0031)]).1, 0);
    }

    #[test]
    fn rows_of_two_files_are_one() {
        let bare = seen(37.002_14, None, Satellite::Unknown);
        let (kept, dropped) = without_duplicates(vec![bare, bare, seen(37.002_11, Some(3), Satellite::SuomiNpp)]);
        assert_eq!((kept.len(), kept[0].minute, dropped), (1, Some(3), 2));
    }
}

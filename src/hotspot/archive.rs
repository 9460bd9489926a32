//! All detections of the files that were handed in, cleaned and ordered so that those around a place are found
//! without looking at the others.

use super::coverage::Coverage;
use super::day;
use super::duplicate::without_duplicates;
use super::footprint::{Footprint, KM_PER_DEGREE};
use super::persistent::Persistent;
use super::{Detection, Satellite};

/// Degrees of latitude of a band of the index.
const BAND: f64 = 0.05;
/// Cells of a degree that tell land that the archive knows: a tenth of a degree.
const PER_DEGREE: f64 = 10.0;
/// Kilometres around a place in which at least such a cell must have been seen.
const NEIGHBOURHOOD_KM: f64 = 10.0;

/// Samples of a large place on either side of its centre.
const SAMPLES: i32 = 32;

/// How an archive came about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    /// Rows that could be read.
    pub rows: u64,
    /// Rows that could not.
    pub skipped: u64,
    /// Of those read, dropped as seen twice.
    pub duplicates: u64,
    /// What was wrong with the first row of each file that could not be read.
    pub faults: Vec<String>,
}

/// Detections of many years.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Archive {
    /// By band of latitude, then longitude.
    detections: Vec<Detection>,
    /// First detection of each band from the south pole on, and the end.
    bands: Vec<usize>,
    coverage: Coverage,
    persistent: Persistent,
    /// Tenths of a degree in which anything was ever seen, ascending.
    known: Vec<(i32, i32)>,
    /// Satellites of each year, ascending.
    looks: Vec<(i16, Satellite)>,
    tally: Tally,
    silence: i32,
    least: usize,
}

impl Archive {
    /// The archive of `detections`: sources with `least` days are candidates to be masked, more than `silence` days
    /// without any detection are not covered. `tally` says what reading left out; the rest is filled in.
    pub fn new(detections: Vec<Detection>, tally: Tally, (least, silence): (usize, i32)) -> Self {
        let rows = detections.len() as u64;
        let (mut detections, duplicates) = without_duplicates(detections);
        let mut days: Vec<i32> = detections.iter().map(|own| own.day).collect();
        days.dedup();
        let mut known: Vec<(i32, i32)> = detections.iter().map(|own| tenth(own.lon, own.lat)).collect();
        known.sort_unstable();
        known.dedup();
        let looks = looks(&detections);
        let persistent = Persistent::of(&detections, least);
        detections.sort_by(|a, b| band(a.lat).cmp(&band(b.lat)).then(a.lon.total_cmp(&b.lon)));
        let bands = (0..=band(90.0) + 1).map(|number| detections.partition_point(|own| band(own.lat) < number));
        let (bands, coverage) = (bands.collect(), Coverage::of(&days, silence));
        let tally = Tally { rows, duplicates, ..tally };
        Self { detections, bands, coverage, persistent, known, looks, tally, silence, least }
    }

    /// The same without detections from `day` on.
    #[must_use]
    pub fn until(&self, day: i32) -> Self {
        let earlier = self.detections.iter().filter(|own| own.day < day).copied().collect();
        Self::new(earlier, self.tally.clone(), (self.least, self.silence))
    }

    /// Detections in a place, in the index's order.
    pub fn within<'a>(&'a self, place: &'a Footprint) -> impl Iterator<Item = &'a Detection> {
        let lat = place.centre().1;
        let reach = place.half().1 / KM_PER_DEGREE;
        let (bands, sides) = (band(lat - reach)..=band(lat + reach), longitudes(place));
        bands
            .flat_map(move |band| sides.into_iter().map(move |side| (band, side)))
            .flat_map(|(band, side)| self.slice(band, side))
            .filter(|own| place.contains((own.lon, own.lat)))
    }

    fn slice(&self, band: usize, (west, east): (f64, f64)) -> &[Detection] {
        let bounds = self.bands.get(band).zip(self.bands.get(band + 1));
        let own = bounds.and_then(|(from, to)| self.detections.get(*from..*to)).unwrap_or_default();
        let from = own.partition_point(|detection| detection.lon < west);
        let to = own.partition_point(|detection| detection.lon <= east).max(from);
        own.get(from..to).unwrap_or_default()
    }

    /// Share of the ground in and around a place where the archive ever saw anything: sea, and land beyond what the
    /// files cover, has none.
    pub fn known_share(&self, place: &Footprint) -> f64 {
        let reach = place.radius_km().max(NEIGHBOURHOOD_KM);
        let (lon, lat) = place.centre();
        let narrow = lat.to_radians().cos().max(0.05);
        let steps = |km: f64| (km / KM_PER_DEGREE * PER_DEGREE).ceil() as i32;
        let (across, down) = (steps(reach / narrow), steps(reach));
        let stride = |steps: i32| usize::try_from(steps / SAMPLES).unwrap_or(0).max(1);
        let (mut all, mut known) = (0u32, 0u32);
        for north in (-down..=down).step_by(stride(down)) {
            for east in (-across..=across).step_by(stride(across)) {
                let at = (lon + f64::from(east) / PER_DEGREE, lat + f64::from(north) / PER_DEGREE);
                let (x, y) = place.offset(at);
                if x.hypot(y) <= reach {
                    all += 1;
                    known += u32::from(self.known.binary_search(&tenth(at.0, at.1)).is_ok());
                }
            }
        }
        f64::from(known) / f64::from(all.max(1))
    }

    /// All detections.
    pub fn detections(&self) -> &[Detection] {
        &self.detections
    }

    /// Covered days.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Sources that stay.
    pub fn persistent(&self) -> &Persistent {
        &self.persistent
    }

    /// How it came about.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Satellites that looked in a year; none where rows do not tell.
    pub fn satellites(&self, year: i16) -> Option<Vec<Satellite>> {
        let own: Vec<Satellite> = self.looks.iter().filter(|look| look.0 == year).map(|look| look.1).collect();
        (!own.is_empty() && !own.contains(&Satellite::Unknown)).then_some(own)
    }

    /// What the archive is, in words.
    pub fn words(&self) -> String {
        let kept = self.detections.len();
        match self.coverage.years().len() {
            0 => "no detections in the files".to_owned(),
            years => format!("{kept} detections in {years} years ({})", self.coverage.words()),
        }
    }

    /// West, south, east, north of all detections in degrees; none of an empty archive.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        let first = self.detections.first()?;
        let start = [first.lon, first.lat, first.lon, first.lat];
        Some(self.detections.iter().fold(start, |[west, south, east, north], own| {
            [west.min(own.lon), south.min(own.lat), east.max(own.lon), north.max(own.lat)]
        }))
    }

    /// First and last day with a detection, as dates in words; none of an empty archive.
    pub fn first_and_last(&self) -> Option<(jiff::civil::Date, jiff::civil::Date)> {
        let stretches = self.coverage.stretches();
        Some((day::date(stretches.first()?.from), day::date(stretches.last()?.to)))
    }
}

/// Years and satellites of detections in the order of their days.
fn looks(detections: &[Detection]) -> Vec<(i16, Satellite)> {
    let mut days: Vec<(i32, Satellite)> = detections.iter().map(|own| (own.day, own.satellite)).collect();
    days.sort_unstable();
    days.dedup();
    let mut looks: Vec<(i16, Satellite)> = days.iter().map(|(day, own)| (day::date(*day).year(), *own)).collect();
    looks.sort_unstable();
    looks.dedup();
    looks
}

/// Stretches of longitude that a place lies in: one, or two across the antimeridian (an empty one goes from 1 to 0).
fn longitudes(place: &Footprint) -> [(f64, f64); 2] {
    const NONE: (f64, f64) = (1.0, 0.0);
    let half = place.half_longitude();
    let (west, east) = (place.centre().0 - half, place.centre().0 + half);
    match (west < -180.0, east > 180.0) {
        _ if half >= 180.0 => [(-180.0, 180.0), NONE],
        (true, _) => [(-180.0, east), (west + 360.0, 180.0)],
        (_, true) => [(west, 180.0), (-180.0, east - 360.0)],
        _ => [(west, east), NONE],
    }
}

fn band(lat: f64) -> usize {
    ((lat.clamp(-90.0, 90.0) + 90.0) / BAND).floor() as usize
}

fn tenth(lon: f64, lat: f64) -> (i32, i32) {
    ((lon * PER_DEGREE).floor() as i32, (lat * PER_DEGREE).floor() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::draw::Draw;
    use crate::hotspot::Confidence;

    fn scattered(count: u64, around: (f64, f64)) -> Vec<Detection> {
        let at = |number| {
            let mut draw = Draw::new(7, number);
            let lon = around.0 + draw.between(-2.0, 2.0);
            Detection {
                lon: if lon > 180.0 { lon - 360.0 } else { lon },
                lat: around.1 + draw.between(-2.0, 2.0),
                day: draw.below(300) as i32,
                minute: None,
                satellite: Satellite::Unknown,
                confidence: Confidence::Unknown,
                night: None,
                lasting: false,
            }
        };
        (0..count).map(at).collect()
    }

    #[test]
    fn the_index_finds_what_a_plain_search_finds() {
        for centre in [(37.0, 49.0), (179.5, 10.0), (-60.0, -45.0), (20.0, 88.0)] {
            let archive = Archive::new(scattered(4000, centre), Tally::default(), (20, 10));
            for km in [3.0, 40.0, 90.0] {
                let place = Footprint::circle(centre, km);
                let plain = archive.detections().iter().filter(|own| place.contains((own.lon, own.lat))).count();
                assert_eq!(archive.within(&place).count(), plain, "{centre:?} {km}");
                assert!(plain > 0);
            }
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter() {
        let rows = scattered(500, (37.0, 49.0));
        let turned = rows.iter().rev().copied().collect();
        assert_eq!(Archive::new(rows, Tally::default(), (20, 10)), Archive::new(turned, Tally::default(), (20, 10)));
    }

    #[test]
    fn land_is_where_anything_was_seen() {
        let archive = Archive::new(scattered(20_000, (37.0, 49.0)), Tally::default(), (20, 10));
        assert!(archive.known_share(&Footprint::circle((37.0, 49.0), 20.0)) > 0.95);
        assert_eq!(archive.known_share(&Footprint::circle((30.0, 49.0), 20.0)), 0.0);
        assert_eq!(Archive::default().known_share(&Footprint::circle((30.0, 49.0), 20.0)), 0.0);
    }
}

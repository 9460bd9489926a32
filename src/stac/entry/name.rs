//! What the names of products and datatakes tell: `S2B_MSIL2A_20240825T173909_N0511_R098_T13TDE_20240825T215747`
//! and `GS2B_20240825T173909_039020_N05.11` (Sentinel-2 Products Specification Document, ESA).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::io::safe::metadata::tile_in;
use crate::scene::scale::Baseline;

/// Relative orbits of Sentinel-2, after which the track repeats (10 days).
const SENTINEL2_ORBITS: u32 = 143;

/// What the name of a Sentinel-2 product says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Product {
    /// The satellite, such as `S2B`.
    pub(super) satellite: String,
    /// Begin of the datatake as written, such as `20240825T173909`.
    pub(super) datatake: String,
    pub(super) baseline: Option<Baseline>,
    pub(super) orbit: Option<u32>,
    pub(super) tile: Option<String>,
    /// Level-1C.
    pub(super) top_of_atmosphere: bool,
}

impl Product {
    /// Reads the name of a product in the form that holds since December 2016; the baseline may be left out, as
    /// Planetary Computer does in its ids.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split(['_', '.']);
        let satellite = parts.next().filter(|part| is_satellite(part))?;
        let level = parts.next().filter(|part| part.starts_with("MSIL"))?;
        let datatake = parts.next().filter(|part| compact_time(part).is_some())?;
        let rest: Vec<&str> = parts.collect();
        let starting = |letter: char| rest.iter().filter_map(move |part| part.strip_prefix(letter));
        Some(Self {
            satellite: satellite.to_owned(),
            datatake: datatake.to_owned(),
            baseline: starting('N').find_map(Baseline::parse),
            orbit: starting('R').find_map(|digits| digits.parse().ok()).filter(|orbit| is_orbit(*orbit)),
            tile: tile_in(name),
            top_of_atmosphere: level.contains("1C"),
        })
    }
}

/// A datatake's id in its parts.
pub(super) struct Datatake<'a> {
    /// The id without its baseline.
    pub(super) plain: &'a str,
    satellite: &'a str,
    absolute_orbit: u32,
}

impl<'a> Datatake<'a> {
    /// Reads `GS2A_20230216T235751_039981_N04.00`, with or without the baseline.
    pub(super) fn parse(id: &'a str) -> Option<Self> {
        let plain = id.split("_N").next()?;
        let mut parts = plain.split('_');
        let satellite = parts.next()?.strip_prefix('G').filter(|satellite| is_satellite(satellite))?;
        parts.next().filter(|part| compact_time(part).is_some())?;
        let absolute_orbit = parts.next()?.parse().ok()?;
        parts.next().is_none().then_some(Self { plain, satellite, absolute_orbit })
    }

    /// The relative orbit that follows from the absolute one. 143 orbits make a cycle; the two offsets are those
    /// at which all of 1,000 items of Planetary Computer agree that carry both numbers. None for a satellite
    /// whose offset is not known.
    pub(super) fn relative_orbit(&self) -> Option<u32> {
        let offset = match self.satellite {
            "S2A" => 141,
            "S2B" => 27,
            _ => return None,
        };
        let turns = (i64::from(self.absolute_orbit) - offset).rem_euclid(i64::from(SENTINEL2_ORBITS));
        u32::try_from(turns + 1).ok()
    }
}

/// Begin of sensing in a datastrip's id: `.._DS_2BPS_20240825T215747_S20240825T174804_N05.11`.
pub(super) fn datastrip_start(id: &str) -> Option<Timestamp> {
    id.split('_').find_map(|part| part.strip_prefix('S').and_then(compact_time))
}

/// A time written `20240825T173909`, in UTC.
fn compact_time(text: &str) -> Option<Timestamp> {
    let plain = text.len() == 15 && text.as_bytes().get(8) == Some(&b'T');
    let time = plain.then(|| DateTime::strptime("%Y%m%dT%H%M%S", text).ok()).flatten()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

fn is_satellite(part: &str) -> bool {
    matches!(part.as_bytes(), [b'S', b'2', b'A'..=b'Z'])
}

fn is_orbit(orbit: u32) -> bool {
    (1..=SENTINEL2_ORBITS).contains(&orbit)
}

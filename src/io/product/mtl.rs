//! Landsat's metadata beside the bands (.._MTL.txt): lines `KEY = VALUE` in nested groups.

use super::assemble::Words;
use crate::scene::sensor::Sensor;
use crate::text::Foreign;
use crate::time::date_in;

/// Takes over satellite, date and sun. Keys are the same at every nesting, so that groups do not
/// count; lines that are no pair are passed over.
pub(super) fn read(document: &[u8], words: &mut Words) {
    let text = String::from_utf8_lossy(document);
    for (key, value) in text.lines().filter_map(|line| line.split_once('=')) {
        let value = value.trim().trim_matches('"');
        match key.trim() {
            "SPACECRAFT_ID" => {
                words.sensor = Sensor::parse(value);
                words.platform = Some(Foreign::new(value));
            }
            "DATE_ACQUIRED" => words.date = date_in(value),
            "SUN_ELEVATION" => {
                let elevation = value.parse::<f64>().ok().filter(|degrees| degrees.abs() <= 90.0);
                words.sun_zenith = elevation.map(|degrees| 90.0 - degrees);
            }
            "SUN_AZIMUTH" => words.sun_azimuth = value.parse().ok(),
            _ => {}
        }
    }
}

//! The picture of a radar run: change in decibels with what was found.

use super::objects::Found;
use super::prepared::RadarPrepared;
use super::summary::RadarSummary;
use crate::error::Result;
use crate::io::store::Stage;
use crate::pipeline::pictures::{coarse_mask, corners};
use crate::pipeline::publish::outline;
use crate::report::preview::{self, Frame};
use crate::report::ramp::{Legend, Ramp};

/// Ends of the colour bar in decibels.
const REACH: f32 = 4.0;

/// Draws `preview/ratio.png`.
///
/// # Errors
/// As drawing and writing.
pub(super) fn draw(prepared: &RadarPrepared, stage: &Stage, found: &Found, summary: &RadarSummary) -> Result<()> {
    let grid = prepared.plan.grid.coarsened(found.coarse.factor)?;
    let mean = found.coarse.sums.mapv(|(sum, count)| {
        if count == 0 { f32::NAN } else { (sum as f64 / f64::from(count)) as f32 / super::record::PER_DB }
    });
    let unseen = found.coarse.sums.mapv(|(_, count)| u8::from(count == 0));
    let mut frame = Frame::new("Radar: change of backscatter", summary.test.method.clone(), grid);
    frame.subtitle = format!("{} ({})", prepared.bracket(), prepared.request.split.words());
    frame.notes = summary.reliability.reasons.iter().map(|reason| format!("doubtful: {reason}")).collect();
    if summary.simulated {
        frame.notes.insert(0, "SIMULATED: nothing here was seen by a satellite".into());
        frame.stamp = Some("SIMULATED".into());
    } else {
        frame.credit = credit(prepared);
    }
    frame.outline = outline(prepared.area.as_ref(), &prepared.plan.grid);
    frame.corners = corners(&grid);
    let ramp = Ramp::diverging(-REACH, 0.0, REACH)?;
    let legend = Legend::new("after minus before", "dB").outlined("significant change");
    let outlined = coarse_mask(&found.mask, &grid);
    let png = preview::index_map(&frame, mean.view(), unseen.view(), &ramp, &legend, Some(outlined.view()))?;
    stage.write("preview/ratio.png", &png)
}

/// The credit line that the Copernicus licence asks for, with the years.
fn credit(prepared: &RadarPrepared) -> String {
    let year = |side: usize, last: bool| {
        prepared.stack.reach(side).map(|(first, end)| if last { end.year() } else { first.year() })
    };
    match (year(0, false), year(1, true)) {
        (Some(first), Some(last)) if first != last => {
            format!("Contains modified Copernicus Sentinel data {first}-{last}")
        }
        (Some(year), _) => format!("Contains modified Copernicus Sentinel data {year}"),
        _ => String::new(),
    }
}

//! The claims of `groundtell demo`: all four outcomes on a simulated July around Kupiansk, and the sentences of the
//! news on a simulated November.

use std::path::Path;

use super::args::Check;
use super::check;
use super::progress::Progress;
use crate::error::Result;
use crate::evidence::verdict::Verdict;
use crate::geom::crs::Crs;
use crate::geom::grid::Grid;
use crate::io::cog::Codec;
use crate::io::store::{self, Stage};
use crate::limits::Limits;
use crate::pipeline::manifest::{Entry, Manifest};
use crate::pipeline::simulated::{Style, write};
use crate::simulate::{Events, Scenario, Season, SimBand};

/// Pixels of 10 m a side: the area of Kupiansk with some ground around it.
const SIDE: usize = 2600;
/// The north-western corner in EPSG:32637.
const CORNER: (f64, f64) = (387_000.0, 5_520_000.0);
const BANDS: [SimBand; 6] = [SimBand::B02, SimBand::B03, SimBand::B04, SimBand::B8A, SimBand::B11, SimBand::B12];

/// What is asked: claims of ours, and those of the news with their area.
const FILES: &[(&str, &[u8])] = &[
    ("july.toml", include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/demo/claims.toml"))),
    ("november.toml", include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/aoi/kupiansk/claims.toml"))),
    ("aoi.geojson", include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/aoi/kupiansk/aoi.geojson"))),
];

/// Makes the scenes below `folder`, judges the claims, and returns the verdicts of July and of November.
///
/// # Errors
/// As writing the scenes and judging.
pub(super) fn run(folder: &Path, progress: &Progress, limits: &Limits) -> Result<[Vec<Verdict>; 2]> {
    let scenes = folder.join("scenes");
    store::make_folder(&scenes)?;
    for (name, season) in [("summer", Season::Summer), ("november", Season::LateNovember)] {
        let style = Style { baseline: "05.11", codec: Codec::Zstd(1), bands: &BANDS };
        write(&scenario(season)?, &style, (&scenes.join(name), true), progress)?;
    }
    unpack(&folder.join("asked"), FILES)?;
    let item = |side: &str| vec![scenes.join("november").join(side).join("item.json")];
    let asked = |name: &str| Check {
        claims: folder.join("asked").join(format!("{name}.toml")),
        out: folder.join(name),
        overwrite: true,
        data: Some(scenes.clone()),
        ..Check::default()
    };
    let july = check::judged(&asked("july"), progress, limits)?;
    let november = Check { before: item("before"), after: item("after"), ..asked("november") };
    Ok([july, check::judged(&november, progress, limits)?])
}

fn scenario(season: Season) -> Result<Scenario> {
    let usual = Scenario::new(5, SIDE, season)?;
    Ok(Scenario {
        grid10: Grid::new(Crs::from_epsg(32637)?, CORNER, (10.0, 10.0), (SIDE, SIDE))?,
        cloud_share: [0.06; 2],
        events: Events { burned: 0.01, ..Events::usual(season) },
        offset_dn: 1000,
        ..usual
    })
}

/// Writes embedded files; an earlier demo's are replaced, nothing else is.
pub(super) fn unpack(folder: &Path, embedded: &[(&str, &[u8])]) -> Result<()> {
    let stage = Stage::begin(folder, true, &[])?;
    for (name, bytes) in embedded {
        stage.write(name, bytes)?;
    }
    stage.publish(|files| {
        Manifest {
            groundtell: env!("CARGO_PKG_VERSION").into(),
            command: "demo".into(),
            simulated: true,
            request: serde_json::Value::Null,
            recipe: serde_json::Value::Null,
            inputs: Vec::new(),
            files: files.iter().map(Entry::from).collect(),
        }
        .to_json()
    })?;
    Ok(())
}

//! The layer of heat: hotspot files are read once, and every claim that names them asks the archive.

use std::path::PathBuf;

use super::Gathered;
use super::gathered::Fire;
use super::request::{Asked, CheckRequest};
use super::scenes::blocked;
use crate::claim::Kind;
use crate::error::{Kind as Failure, Result};
use crate::evidence::LayerKind;
use crate::evidence::judge::bears;
use crate::hotspot::archive::Archive;
use crate::hotspot::day;
use crate::hotspot::footprint::Footprint;
use crate::limits::Limits;
use crate::pipeline::heat::{archive, measure};
use crate::text::shown_path;

/// Detections that a map shows at most.
const SHOWN: usize = 2000;

/// Measures the claims that name hotspot files and that heat bears on.
///
/// # Errors
/// As reading the files.
pub(super) fn gather(request: &CheckRequest, gathered: &mut [Gathered], limits: &Limits) -> Result<()> {
    let mut read: Option<(Vec<PathBuf>, Archive)> = None;
    for (asked, own) in request.claims.iter().zip(gathered) {
        let files = request.hotspots(asked);
        if files.is_empty() || !bears(LayerKind::Heat, &asked.claim) {
            continue;
        }
        if read.as_ref().is_none_or(|(known, _)| *known != files) {
            read = Some((files.clone(), archive(&files, &request.recipe.heat, limits)?));
        }
        if let Some((_, archive)) = &read {
            own.heat(archive, asked, &files, request, limits)?;
        }
    }
    Ok(())
}

impl Gathered {
    fn heat(
        &mut self,
        archive: &Archive,
        asked: &Asked,
        files: &[PathBuf],
        request: &CheckRequest,
        limits: &Limits,
    ) -> Result<()> {
        let claim = &asked.claim;
        let effects = &claim.smallest_effect;
        let smallest = effects.get(&Kind::Thermal).copied().or(Kind::Thermal.default_smallest_effect()).unwrap_or(1.0);
        let place = (&asked.aoi(limits)?, claim.location_error_m);
        match measure(archive, place, claim.window, smallest, &request.recipe) {
            Err(error) if error.kind() == Failure::Limit => self.layers.push(blocked(LayerKind::Heat, error.problem())),
            measured => self.layers.push(measured?),
        }
        self.sources.names.extend(files.iter().map(|path| format!("hotspots: {}", shown_path(path))));
        self.fires = fires(archive, asked, limits)?;
        self.files.extend_from_slice(files);
        self.sources.credits.push("Active fire data: NASA FIRMS".into());
        Ok(())
    }
}

/// Detections in the area and the window, as a map shows them.
fn fires(archive: &Archive, asked: &Asked, limits: &Limits) -> Result<Vec<Fire>> {
    let claim = &asked.claim;
    // An outline too rich to be measured has no points either.
    let Ok(place) = Footprint::new(&asked.aoi(limits)?, claim.location_error_m) else { return Ok(Vec::new()) };
    let window = day::number(claim.window.from)..=day::number(claim.window.to);
    let inside = archive.within(&place).filter(|own| window.contains(&own.day)).take(SHOWN);
    Ok(inside.map(|own| Fire { lon: own.lon, lat: own.lat, date: day::date(own.day) }).collect())
}

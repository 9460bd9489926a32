//! The documents of a check: the registration before, verdict, map and Item after.

use serde_json::{Map, Value, json};

use super::gathered::{Gathered, Shape};
use super::page::page;
use super::published::coarse;
use super::request::{Asked, CheckRequest};
use crate::error::{Error, Result};
use crate::evidence::verdict::Verdict;
use crate::geom::aoi::Aoi;
use crate::io::geojson::lonlat::LonLat;
use crate::io::geojson::{Feature, Writer};
use crate::io::store::Stage;
use crate::limits::Limits;
use crate::pipeline::item::{file, footprint_of};
use crate::stac::asset::Media;
use crate::stac::item::{Item, Source, When};
use crate::text::inert_json;

/// Writes what is asked, before any pixel is read.
///
/// # Errors
/// As writing.
pub(super) fn register(stage: &Stage, request: &CheckRequest) -> Result<()> {
    let claims = request.claims.iter().map(|asked| {
        let registration = asked.registration(&request.recipe)?;
        Ok(json!({ "id": asked.claim.id, "registration": registration }))
    });
    let claims = claims.collect::<Result<Vec<Value>>>()?;
    let about = "written before any pixel was read: checksums of area, window, kinds, sizes, direction and imagery of each claim, and of the recipe";
    write_json(stage, "registration.json", &json!({ "about": about, "claims": claims }))
}

/// Where the documents of a claim stand: in the folder itself when there is one claim only.
pub(super) fn place_of(request: &CheckRequest, asked: &Asked, name: &str) -> String {
    if request.claims.len() == 1 { name.to_owned() } else { format!("claim-{:02}/{name}", asked.number) }
}

/// Writes the documents of one claim.
///
/// # Errors
/// As writing.
pub(super) fn write(
    stage: &Stage,
    request: &CheckRequest,
    asked: &Asked,
    verdict: &Verdict,
    gathered: &Gathered,
) -> Result<()> {
    let place = |name: &str| place_of(request, asked, name);
    let area = shown_area(request, asked)?;
    write_json(stage, &place("verdict.json"), verdict)?;
    map(stage, &place("evidence.geojson"), &area, verdict, gathered)?;
    stage.write(&place("report.html"), page(request, (asked, &area), verdict, gathered)?.as_bytes())?;
    item(stage, &area, verdict, &place)
}

/// The area as it may be shown.
///
/// # Errors
/// As parsing it.
pub(super) fn shown_area(request: &CheckRequest, asked: &Asked) -> Result<Aoi> {
    let area = asked.aoi(&Limits::default())?;
    if request.public.is_some() { coarse(&area, request.recipe.evidence.public_metres) } else { Ok(area) }
}

fn write_json(stage: &Stage, path: &str, value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Error::bug(error.to_string()))?;
    stage.write(path, format!("{}\n", inert_json(&text)).as_bytes())
}

/// The area, its placebos and the objects in it, for a map.
fn map(stage: &Stage, path: &str, area: &Aoi, verdict: &Verdict, gathered: &Gathered) -> Result<()> {
    let note = verdict.simulated_note.clone().unwrap_or_else(|| verdict.judgement.limits.clone());
    let about = json!({ "groundtell": verdict.groundtell, "outcome": verdict.judgement.outcome, "note": note });
    let mut writer = Writer::new(stage.create(path)?, Some(&about))?;
    let mut properties = Map::new();
    properties.insert("role".into(), json!("area"));
    properties.insert("outcome".into(), json!(verdict.judgement.outcome));
    properties.insert("area_ha".into(), json!(verdict.claim.area_ha));
    let own = Shape { id: "area".into(), outline: LonLat::of(area), properties };
    for Shape { id, outline, properties } in std::iter::once(&own).chain(&gathered.shapes) {
        writer.feature(&Feature { id, outline, properties })?;
    }
    writer.finish()?.finish()
}

/// The STAC Item of a verdict.
fn item(stage: &Stage, area: &Aoi, verdict: &Verdict, place: &dyn Fn(&str) -> String) -> Result<()> {
    let (geometry, bbox) = footprint_of(area)?;
    let window = &verdict.claim.window;
    let asset = |key: &str, name: &str, title: &str, media, role| {
        let path = place(name);
        stage.holds(&path).then(|| file(stage, key, &path, title, media, role)).transpose()
    };
    let assets = [
        asset("verdict", "verdict.json", "Verdict", Media::Json, "metadata")?,
        asset("evidence", "evidence.geojson", "Area, placebos and objects", Media::GeoJson, "data")?,
        asset("report", "report.html", "Report", Media::Html, "overview")?,
    ];
    let judgement = &verdict.judgement;
    let item = Item {
        id: format!("groundtell-check-{}", verdict.registration.claim_sha256.get(..12).unwrap_or_default()),
        title: judgement.headline.clone(),
        description: verdict.simulated_note.clone().unwrap_or_else(|| judgement.limits.clone()),
        geometry,
        bbox,
        when: When::days(Some(window.from), Some(window.to))?,
        lineage: "change layers, placebos, implants, verdict".into(),
        properties: vec![
            ("groundtell:simulated".into(), json!(verdict.simulated)),
            ("groundtell:outcome".into(), json!(judgement.outcome)),
            ("groundtell:registration".into(), json!(verdict.registration)),
        ],
        assets: assets.into_iter().flatten().collect(),
        derived_from: verdict.sources.names.iter().map(|name| Source { href: name.clone(), title: None }).collect(),
    };
    stage.write(&place("item.json"), &item.to_bytes()?)
}

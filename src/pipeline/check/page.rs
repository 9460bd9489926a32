//! The report of a verdict: what was gathered, put on a page.

use ndarray::Array2;
use serde_json::{Value, json};

use super::gathered::{Gathered, Looks};
use super::request::{Asked, CheckRequest};
use crate::error::{Error, Result};
use crate::evidence::verdict::Verdict;
use crate::geom::aoi::Aoi;
use crate::io::geojson::{Feature, Writer};
use crate::kernel::index::Role as Reflectance;
use crate::pipeline::pictures::{nbr, planes, seen};
use crate::pipeline::survey::Coarse;
use crate::report::html::{Fact, Look, Overlay, Page, Role, Swatch, render, standard_methods};
use crate::report::mercator::to_mercator;
use crate::report::ramp::Ramp;
use crate::report::stretch::{Composite, Stretch};

/// Pixels of a map's picture along its longer side.
const LONGEST: usize = 1000;
/// Opacity of dNBR over the pictures.
const VEIL: u8 = 200;

/// The page of a verdict.
///
/// # Errors
/// As drawing and rendering.
pub(super) fn page(
    request: &CheckRequest,
    (asked, area): (&Asked, &Aoi),
    verdict: &Verdict,
    gathered: &Gathered,
) -> Result<String> {
    let area = area.to_geojson();
    let overlays = gathered.looks.as_ref().map(|looks| overlays(looks, gathered)).transpose()?.unwrap_or_default();
    let objects = objects(gathered)?;
    render(&Page {
        claim: &asked.claim,
        judgement: &verdict.judgement,
        simulated: verdict.simulated,
        area: &area,
        area_ha: verdict.claim.area_ha,
        objects: &objects,
        overlays,
        looks: looks(gathered),
        methods: standard_methods(&verdict.judgement),
        settings: settings(request),
        provenance: provenance(asked, verdict),
        credits: verdict.sources.credits.clone(),
        program: format!("groundtell {}", verdict.groundtell),
    })
}

/// What burned and what was hot in the area, as GeoJSON.
fn objects(gathered: &Gathered) -> Result<String> {
    let mut writer = Writer::new(Vec::new(), None)?;
    for shape in gathered.shapes.iter().filter(|shape| shape.properties.get("role") == Some(&json!("burned"))) {
        writer.feature(&Feature { id: &shape.id, outline: &shape.outline, properties: &shape.properties })?;
    }
    let mut all: Value = serde_json::from_slice(&writer.finish()?).map_err(|error| Error::bug(error.to_string()))?;
    let fires = gathered.fires.iter().map(|fire| {
        json!({
            "type": "Feature", "properties": { "role": "heat", "date": fire.date },
            "geometry": { "type": "Point", "coordinates": [fire.lon, fire.lat] },
        })
    });
    if let Some(features) = all.get_mut("features").and_then(Value::as_array_mut) {
        features.extend(fires);
    }
    Ok(all.to_string())
}

/// Both dates and dNBR, in Web Mercator.
fn overlays(looks: &Looks, gathered: &Gathered) -> Result<Vec<Overlay>> {
    let [before, after] = &looks.survey.views;
    let masks = [seen(before), seen(after)];
    let mut overlays = Vec::new();
    let choices = [
        ("true colour", [Reflectance::Red, Reflectance::Green, Reflectance::Blue]),
        ("false colour (shortwave infrared, near infrared, red)", [Reflectance::Swir2, looks.nir, Reflectance::Red]),
    ];
    let chosen =
        choices.into_iter().find_map(|(words, roles)| Some((words, planes(before, roles)?, planes(after, roles)?)));
    if let Some((words, first, second)) = chosen {
        let dates =
            [Composite { bands: first, mask: masks[0].view() }, Composite { bands: second, mask: masks[1].view() }];
        let stretch = Stretch::shared(&dates)?;
        let sides = [("before", Role::Before, gathered.sources.before), ("after", Role::After, gathered.sources.after)];
        for ((when, role, date), composite) in sides.into_iter().zip(&dates) {
            let date = date.map_or_else(|| "date unknown".to_owned(), |date| date.to_string());
            let (png, bounds) = to_mercator(&looks.survey.grid, &stretch.rgba(composite), LONGEST)?;
            overlays.push(Overlay {
                name: format!("{when}: {date}"),
                description: format!("{words} picture of the area and its surroundings {when} the window, {date}; grey where clouds hid the ground"),
                role,
                shown: true,
                png,
                bounds,
                legend: Vec::new(),
            });
        }
    }
    overlays.extend(dnbr(looks, before, after)?);
    Ok(overlays)
}

/// dNBR over the pictures; none without the bands for it.
fn dnbr(looks: &Looks, before: &Coarse, after: &Coarse) -> Result<Option<Overlay>> {
    let (Some(first), Some(second)) = (nbr(before, looks.nir), nbr(after, looks.nir)) else { return Ok(None) };
    let ramp = Ramp::dnbr();
    let fall: Array2<f32> = first - second;
    let colour = |value: &f32| ramp.colour(*value).map_or([0; 4], |[red, green, blue]| [red, green, blue, VEIL]);
    let pixels: Vec<[u8; 4]> = fall.iter().map(colour).collect();
    let (png, bounds) = to_mercator(&looks.survey.grid, &pixels, LONGEST)?;
    let legend = [-0.25, 0.0, 0.10, 0.27, 0.44, 0.66];
    let legend = legend
        .into_iter()
        .filter_map(|value| Some(Swatch { colour: ramp.colour(value)?, words: format!("{value:.2}") }));
    Ok(Some(Overlay {
        name: "dNBR".into(),
        description: "fall of the normalized burn ratio between the dates; high where ground burned".into(),
        role: Role::Layer,
        shown: false,
        png,
        bounds,
        legend: legend.collect(),
    }))
}

fn looks(gathered: &Gathered) -> Vec<Look> {
    let of = |date: Option<jiff::civil::Date>, words: &str| date.map(|date| Look { date, words: words.to_owned() });
    of(gathered.sources.before, "last look before")
        .into_iter()
        .chain(of(gathered.sources.after, "first look after"))
        .collect()
}

/// What decided, of the recipe.
fn settings(request: &CheckRequest) -> Vec<Fact> {
    let recipe = &request.recipe.evidence;
    let fact = |label: &str, value: String| Fact { label: label.into(), value };
    vec![
        fact("probability of chance up to which a layer may corroborate", recipe.alpha.to_string()),
        fact("placebos looked for, and needed", format!("{}, {}", recipe.placebos, recipe.min_placebos)),
        fact("implants", recipe.implants.to_string()),
        fact(
            "observed share needed, and to contradict",
            format!("{}, {}", recipe.min_observed, recipe.contradict_observed),
        ),
        fact("power needed to contradict", recipe.contradict_power.to_string()),
        fact("seed", recipe.seed.to_string()),
    ]
}

fn provenance(asked: &Asked, verdict: &Verdict) -> Vec<Fact> {
    let fact = |label: &str, value: &str| Fact { label: label.into(), value: value.into() };
    let mut facts = vec![
        fact("claim, as registered before any pixel was read (SHA-256)", &verdict.registration.claim_sha256),
        fact("recipe (SHA-256)", &verdict.registration.recipe_sha256),
    ];
    facts.extend(asked.claim.source_sha256.as_deref().map(|sum| fact("archived source of the claim (SHA-256)", sum)));
    facts.extend(verdict.sources.names.iter().map(|name| fact("input", name)));
    facts.extend(asked.area_notes.iter().map(|note| fact("area", note)));
    facts.push(fact(
        "every file with its checksum",
        "manifest.json beside this page; 'groundtell verify --replay' makes it again",
    ));
    facts
}

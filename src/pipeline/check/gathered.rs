//! What was gathered of one claim: measurements, and what a map shows of them.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::burn::touched;
use super::field::Ground;
use crate::error::Result;
use crate::evidence::measurement::Measurement;
use crate::evidence::placement::Spread;
use crate::evidence::verdict::Sources;
use crate::geom::aoi::Aoi;
use crate::geom::bits::Bits;
use crate::geom::crs::{Crs, Transform};
use crate::geom::grid::Grid;
use crate::geom::runs::Runs;
use crate::io::geojson::lonlat::{LonLat, Projection};
use crate::kernel::index::Role;
use crate::kernel::label::{Connectivity, label};
use crate::pipeline::Examined;
use crate::pipeline::publish::rounded;
use crate::pipeline::rig::{self, Purpose};
use crate::pipeline::survey::Survey;
use crate::plan::Side;
use crate::vector::trace::trace;

/// What was gathered of one claim.
#[derive(Default)]
pub(super) struct Gathered {
    /// The layers, in the order in which they were measured.
    pub(super) layers: Vec<Measurement>,
    /// What they were drawn from.
    pub(super) sources: Sources,
    /// Whether any input says of itself that it is simulated.
    pub(super) simulated: bool,
    /// The files that were opened for it.
    pub(super) files: Vec<PathBuf>,
    /// Areas and objects for a map.
    pub(super) shapes: Vec<Shape>,
    /// Detections of heat, for a map.
    pub(super) fires: Vec<Fire>,
    /// Both dates around the area, for a map.
    pub(super) looks: Option<Looks>,
}

/// A detection on a map.
pub(super) struct Fire {
    pub(super) lon: f64,
    pub(super) lat: f64,
    pub(super) date: jiff::civil::Date,
}

/// A shape on a map.
pub(super) struct Shape {
    pub(super) id: String,
    pub(super) outline: LonLat,
    pub(super) properties: Map<String, Value>,
}

/// Both dates around the area.
pub(super) struct Looks {
    /// What was seen.
    pub(super) survey: Survey,
    /// The near infrared band in use.
    pub(super) nir: Role,
}

/// Pixels across a map's picture at most.
const ACROSS: usize = 900;

impl Gathered {
    /// Notes where the placebos lie.
    ///
    /// # Errors
    /// As projecting their outlines.
    pub(super) fn placebos(&mut self, spread: &Spread, run: &Examined<'_>) -> Result<()> {
        let grid = &run.memory.plan.grid;
        for (number, place) in spread.places.iter().enumerate() {
            let mut properties = Map::new();
            properties.insert("role".into(), json!("placebo"));
            properties.insert("burned_share".into(), json!(rounded(place.hit_share())));
            properties.insert("observed_share".into(), json!(rounded(place.seen_share())));
            properties.insert("distance_km".into(), json!(rounded(place.distance_km)));
            self.shapes.push(Shape {
                id: format!("placebo-{:03}", number + 1),
                outline: outline(grid, &place.mask(grid))?,
                properties,
            });
        }
        Ok(())
    }

    /// Notes the objects that reach into the area.
    ///
    /// # Errors
    /// Those of the run's own outlines: none.
    pub(super) fn objects(&mut self, run: &Examined<'_>, ground: &Ground) -> Result<()> {
        for (place, _) in touched(run, &Bits::of(&ground.mask)) {
            let (Some(object), Some(outline)) = (run.found.objects.get(place), run.found.outlines.get(place)) else {
                continue;
            };
            let mut properties = object.properties();
            properties.insert("role".into(), json!("burned"));
            let dating = run.found.datings.get(place).copied().unwrap_or_default();
            properties.insert("bracket".into(), json!(dating.bracket()));
            self.shapes.push(Shape { id: object.id.clone(), outline: outline.clone(), properties });
        }
        Ok(())
    }

    /// Looks at both dates once more around the area, as closely as a map shows it.
    ///
    /// # Errors
    /// As reading the scenes.
    pub(super) fn pictures(&mut self, run: &Examined<'_>, area: &Aoi) -> Result<()> {
        let (prepared, plan) = (run.prepared, run.memory.plan);
        let Some(core) = area.runs_on(&plan.grid)?.bounding_window() else { return Ok(()) };
        let margin = core.width.max(core.height) / 2 + 20;
        let window = core.grown(margin, plan.grid.width(), plan.grid.height());
        let grid = plan.grid.crop(window).coarsened(window.width.max(window.height).div_ceil(ACROSS).max(1))?;
        let roles = prepared.survey_roles();
        let recipe = &prepared.request.recipe;
        let look = |side| rig::side(&prepared.pair, side, &roles, &grid, recipe, Purpose::Survey);
        let (before, after) = (look(Side::Before)?, look(Side::After)?);
        let whole = Runs::full(grid.width() as u32, grid.height() as u32);
        let survey = Survey::take([&before, &after], &grid, &whole, run.memory.watch)?;
        self.looks = Some(Looks { survey, nir: prepared.pair.nir });
        Ok(())
    }
}

/// A mask's outline in longitude and latitude.
fn outline(grid: &Grid, mask: &Runs) -> Result<LonLat> {
    let transform = Transform::new(grid.crs(), Crs::WGS84)?;
    let to_lonlat = |x: f64, y: f64| transform.point(x, y);
    let projection = Projection { grid, to_lonlat: &to_lonlat };
    let mut traced = trace(mask, &label(mask, Connectivity::Eight));
    projection.outline(&traced.drain(..).flatten().collect::<Vec<_>>())
}

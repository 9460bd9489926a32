//! A request made ready: scenes opened, plan laid, nothing read of the pixels but a sample.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::detect;
use super::request::Request;
use super::scenes::Pair;
use super::sink;
use super::tap::standing_for;
use crate::error::Result;
use crate::geom::aoi::Aoi;
use crate::geom::grid::Grid;
use crate::geom::runs::Runs;
use crate::geom::window::Window;
use crate::kernel::composite::Composite;
use crate::kernel::index::Role;
use crate::layer::Layer;
use crate::limits::Limits;
use crate::plan::{Plan, Side};
use crate::recipe::Method;
use crate::scene::sensor::Band;

/// Everything that a run needs, before it runs.
pub struct Prepared {
    /// What was asked.
    pub request: Request,
    pub(super) pair: Pair,
    /// What will be done.
    pub plan: Plan,
    pub(super) layers: Vec<Layer>,
    pub(super) area: Option<Aoi>,
}

impl Prepared {
    /// Opens the scenes and lays the plan.
    ///
    /// # Errors
    /// As parsing the recipe's words, opening the scenes and laying the plan.
    pub fn new(request: Request, block: Option<usize>, limits: &Limits) -> Result<Self> {
        let mut layers = Layer::parse_all(&request.recipe.output.layers)?;
        if request.recipe.change.method != Method::Burn {
            // The other methods write layers of their own.
            layers.clear();
        }
        sink::codec(&request.recipe.output.codec)?;
        detect::known_key(&request.recipe.burn)?;
        request.recipe.grid.composite.parse::<Composite>()?;
        let area = request.area(limits)?;
        let pair = Pair::open(&request, &layers, limits)?;
        let plan = Plan::new(&pair.sources()?, area.as_ref(), &request.recipe, block, limits)?;
        Ok(Self { request, pair, plan, layers, area })
    }

    /// Dates as one bracket; `..` stands for an unknown end, as in STAC.
    pub(super) fn bracket(&self) -> String {
        let date = |side| self.pair.date(side).map_or("..".into(), |date| date.to_string());
        format!("{}/{}", date(Side::Before), date(Side::After))
    }

    /// Whether any input says of itself that it is simulated.
    pub(super) fn simulated(&self) -> bool {
        let says = |text: &str| text.contains("SIMULATED");
        self.pair.scenes.iter().any(|scene| {
            let product = &scene.product;
            let mut items = product.rasters.iter().flat_map(|raster| &raster.info().metadata);
            says(product.name.raw())
                || product.notes.iter().any(|note| says(note))
                || items.any(|(key, value)| says(key) || says(value.raw()))
        })
    }

    /// Items that every layer carries.
    pub(super) fn metadata(&self) -> Vec<(String, String)> {
        let mut items = vec![("TIFFTAG_SOFTWARE".to_owned(), format!("groundtell {}", env!("CARGO_PKG_VERSION")))];
        items.push(("DATES".into(), self.bracket()));
        if self.simulated() {
            items.push(("SIMULATED".into(), "YES: nothing here was seen by a satellite".into()));
        }
        items
    }

    /// The AOI on another grid over the same ground; all of it when no area was named.
    pub(super) fn aoi_on(&self, grid: &Grid) -> Result<Runs> {
        if let Some(area) = &self.area {
            return area.runs_on(grid);
        }
        Ok(Runs::full(grid.width() as u32, grid.height() as u32))
    }

    /// The line's bands, and those of pictures that every scene has.
    pub(super) fn survey_roles(&self) -> Vec<(Role, Band)> {
        let mut roles = self.pair.roles.clone();
        let has = |band: Band| {
            self.pair.scenes.iter().all(|scene| scene.product.bands.iter().any(|located| located.band == band))
        };
        let colours = [(Role::Red, Band::Red), (Role::Green, Band::Green), (Role::Blue, Band::Blue)];
        for (role, band) in colours {
            if self.request.recipe.output.previews && has(band) && !roles.iter().any(|(own, _)| *own == role) {
                roles.push((role, band));
            }
        }
        roles
    }

    /// Input chunks of the bands in use that the AOI touches, each once, and their bytes on disk: a
    /// figure of the plan, the same for any block size and number of threads.
    pub(super) fn touched(&self) -> (u64, u64) {
        const SIDE: usize = 64;
        let grid = &self.plan.grid;
        let corners =
            (0..grid.height()).step_by(SIDE).flat_map(|row| (0..grid.width()).step_by(SIDE).map(move |col| (col, row)));
        let windows = corners.map(|(col, row)| Window::new(col, row, SIDE, SIDE).intersect(&grid.window()));
        let inside: Vec<Window> = windows.filter(|window| self.plan.aoi.in_window(*window).next().is_some()).collect();
        let (mut chunks, mut bytes) = (0, 0);
        for scene in &self.pair.scenes {
            for (number, raster) in scene.product.rasters.iter().enumerate() {
                let bands: Vec<usize> =
                    self.pair.bands_of(scene).filter(|(_, own, _)| *own == number).map(|(_, _, index)| index).collect();
                let Ok((level, source, relation)) = standing_for(raster.as_ref(), grid) else { continue };
                let mut seen = BTreeMap::new();
                for window in inside.iter().filter_map(|window| relation.source_window(grid, &source, *window)) {
                    seen.extend(raster.touched(level, &bands, window));
                }
                chunks += seen.len() as u64;
                bytes += seen.values().sum::<u64>();
            }
        }
        (chunks, bytes)
    }

    /// The plan for programs.
    pub fn plan_document(&self) -> Value {
        let steps: Vec<Value> = self
            .plan
            .steps
            .iter()
            .map(|step| {
                json!({
                    "side": step.side, "scene": step.scene, "bands": step.bands, "relation": step.way(),
                })
            })
            .collect();
        let scenes: Vec<Value> = self.pair.scenes.iter().map(|scene| json!({
            "side": scene.side, "scene": scene.product.name, "sensor": scene.product.sensor, "date": scene.product.date,
            "declared": scene.decision.declared, "measured": scene.decision.measured, "used": scene.decision.used,
        })).collect();
        json!({
            "grid": super::grid_facts(&self.plan.grid), "aoi_ha": self.plan.aoi_ha, "aoi_pixels": self.plan.aoi.pixels(),
            "scenes": scenes, "steps": steps, "warnings": self.pair.warnings,
            "block": [self.plan.block.0, self.plan.block.1], "blocks": self.plan.blocks.len(), "blocks_inside": self.plan.blocks_inside(),
            "method": self.request.recipe.change.method, "layers": self.layers.iter().map(|layer| layer.name()).collect::<Vec<_>>(),
        })
    }

    /// The plan for people.
    pub fn plan_text(&self) -> String {
        let mut page = String::new();
        let plan = &self.plan;
        let (dx, dy) = plan.grid.pixel();
        let _ = writeln!(
            page,
            "grid      {}, {} by {} pixels of {dx} by {dy}",
            plan.grid.crs(),
            plan.grid.width(),
            plan.grid.height()
        );
        let _ = writeln!(page, "area      {:.1} ha, {} pixels", plan.aoi_ha, plan.aoi.pixels());
        for scene in &self.pair.scenes {
            let date = scene.product.date.map_or("date unknown".into(), |date| date.to_string());
            let _ = writeln!(page, "{:<9} {} ({date}): {}", scene.side.word(), scene.product.name, scene.decision.used);
        }
        for step in &plan.steps {
            let _ = writeln!(page, "  {:<7} {}: {}", step.side.word(), step.bands.join(", "), step.way());
        }
        let _ = writeln!(
            page,
            "blocks    {} of {} by {}, {} of them inside the area",
            plan.blocks.len(),
            plan.block.0,
            plan.block.1,
            plan.blocks_inside()
        );
        for warning in &self.pair.warnings {
            let _ = writeln!(page, "note: {warning}");
        }
        page
    }
}

//! A radar request made ready: files opened and sorted, plan laid; of the pixels only a sample was read.

use std::fmt::Write;

use serde_json::{Value, json};

use super::feed::{Feed, grid_of};
use super::request::RadarRequest;
use super::stack::Stack;
use crate::error::Result;
use crate::geom::aoi::Aoi;
use crate::io::stack as files;
use crate::kernel::sar::contrast::Variance;
use crate::limits::Limits;
use crate::pipeline::{grid_facts, sink};
use crate::plan::{Plan, Side, Source};
use crate::recipe::Statistic;

/// Bytes of power that one thread may hold of a block.
const BLOCK_BYTES: usize = 96 << 20;

/// Everything that a radar run needs, before it runs.
pub struct RadarPrepared {
    /// What was asked.
    pub request: RadarRequest,
    /// What will be done.
    pub plan: Plan,
    pub(super) stack: Stack,
    pub(super) feeds: Vec<Feed>,
    pub(super) area: Option<Aoi>,
    pub(super) files: Vec<std::path::PathBuf>,
}

impl RadarPrepared {
    /// Opens the stack and lays the plan.
    ///
    /// # Errors
    /// As opening and sorting the stack and laying the plan; `Mismatch` for files on different grids.
    pub fn new(request: RadarRequest, block: Option<usize>, limits: &Limits) -> Result<Self> {
        sink::codec(&request.recipe.output.codec)?;
        let area = request.area(limits)?;
        let opened = files::open(&request.paths, limits)?;
        let files = opened.files.clone();
        let stack = Stack::sorted(opened, &request)?;
        let sources = sources(&stack)?;
        let block = block.or_else(|| fitting(&stack));
        let plan = Plan::new(&sources, area.as_ref(), &request.recipe, block, limits)?;
        let feeds = stack.orbits.iter().map(|orbit| Feed::new(orbit, &plan.grid)).collect::<Result<Vec<_>>>()?;
        Ok(Self { request, plan, stack, feeds, area, files })
    }

    /// The files that were opened.
    pub(in crate::pipeline) fn files(&self) -> &[std::path::PathBuf] {
        &self.files
    }

    /// First and last day in use of side 0, before, or 1, after.
    pub(in crate::pipeline) fn reach(&self, side: usize) -> Option<(jiff::civil::Date, jiff::civil::Date)> {
        self.stack.reach(side)
    }

    /// First day before and last day after, as a bracket.
    pub(super) fn bracket(&self) -> String {
        let first = self.stack.reach(0).map_or("..".into(), |(first, _)| first.to_string());
        let last = self.stack.reach(1).map_or("..".into(), |(_, last)| last.to_string());
        format!("{first}/{last}")
    }

    /// Whether any input says of itself that it is simulated.
    pub(super) fn simulated(&self) -> bool {
        let says = |text: &str| text.contains("SIMULATED");
        self.stack.slices().any(|(_, slice)| {
            let mut items = slice.raster.info().metadata.iter();
            says(slice.name.raw()) || items.any(|(key, value)| says(key) || says(value.raw()))
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

    /// The test in words.
    pub(super) fn method(&self) -> String {
        let recipe = &self.request.recipe.radar;
        let test = match self.stack.statistic {
            Statistic::Hotelling => "Hotelling's T2 of ln VV and ln VH",
            Statistic::Vv => "t of ln VV",
            _ => "t of ln VH",
        };
        let looks = if recipe.multilook > 1 {
            format!(", power averaged over {0} by {0} pixels", recipe.multilook)
        } else {
            String::new()
        };
        format!("{test}{looks}, orbits by Stouffer, Benjamini-Hochberg at {}", recipe.fdr)
    }

    /// How each orbit's variance is estimated where all its dates see the pixel.
    pub(super) fn variances(&self) -> Vec<Variance> {
        let least = self.request.recipe.radar.welch_dates;
        let counts = self.stack.orbits.iter().map(|orbit| [orbit.sides[0].len(), orbit.sides[1].len()]);
        counts.map(|[before, after]| Variance::suited(before, after, least)).collect()
    }

    /// The plan for programs.
    pub fn plan_document(&self) -> Value {
        json!({
            "grid": grid_facts(&self.plan.grid), "aoi_ha": self.plan.aoi_ha, "aoi_pixels": self.plan.aoi.pixels(),
            "split": self.request.split, "orbits": self.stack.facts, "polarisations": self.stack.polarisations,
            "scale": self.stack.scale, "scale_detected": self.stack.detected, "method": self.method(),
            "files": self.files.len(), "notes": self.stack.notes,
            "block": [self.plan.block.0, self.plan.block.1], "blocks": self.plan.blocks.len(),
            "blocks_inside": self.plan.blocks_inside(),
        })
    }

    /// The plan for people.
    pub fn plan_text(&self) -> String {
        let mut page = String::new();
        let (plan, grid) = (&self.plan, &self.plan.grid);
        let (dx, dy) = grid.pixel();
        let _ =
            writeln!(page, "grid      {}, {} by {} pixels of {dx} by {dy}", grid.crs(), grid.width(), grid.height());
        let _ = writeln!(page, "area      {:.1} ha, {} pixels", plan.aoi_ha, plan.aoi.pixels());
        let _ = writeln!(page, "split     {}", self.request.split.words());
        for orbit in &self.stack.orbits {
            let [before, after] = [&orbit.sides[0], &orbit.sides[1]].map(Vec::len);
            let _ = writeln!(page, "{:<14} {before} dates before, {after} after", orbit.name());
        }
        let told = if self.stack.detected { "told from the numbers" } else { "as stated" };
        let _ = writeln!(page, "scale     {}, {told}", self.stack.scale.word());
        let _ = writeln!(page, "method    {}", self.method());
        let inside = plan.blocks_inside();
        let (width, height) = plan.block;
        let _ =
            writeln!(page, "blocks    {} of {width} by {height}, {inside} of them inside the area", plan.blocks.len());
        for note in &self.stack.notes {
            let _ = writeln!(page, "note: {note}");
        }
        page
    }
}

/// Every raster of the stack as a source of the plan.
fn sources(stack: &Stack) -> Result<Vec<Source>> {
    let mut sources: Vec<Source> = Vec::new();
    for (at, orbit) in stack.orbits.iter().enumerate() {
        for (side, days) in Side::BOTH.into_iter().zip(&orbit.sides) {
            for part in days.iter().flat_map(|day| day.parts.iter().flatten()) {
                let info = part.slice.raster.info();
                sources.push(Source {
                    side,
                    scene: part.slice.name.to_string(),
                    bands: vec![part.slice.polarisation.word()],
                    grid: *grid_of(part)?,
                    means: vec![*grid_of(part)?],
                    chunk: info.chunk,
                    leads: at == 0 && sources.is_empty(),
                });
            }
        }
    }
    Ok(sources)
}

/// A smaller block than usual where the stack is deep; None where the usual one fits.
fn fitting(stack: &Stack) -> Option<usize> {
    let deepest = stack.orbits.iter().map(|orbit| orbit.days().count()).max().unwrap_or(0);
    let pixels = BLOCK_BYTES / (4 * stack.polarisations.len().max(1) * deepest.max(1));
    let side = [512, 256, 128, 64].into_iter().find(|side| side * side <= pixels).unwrap_or(64);
    (side < 512).then_some(side)
}

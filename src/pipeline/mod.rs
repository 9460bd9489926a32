//! The engine: from a request to a published folder, one straight line with one failure policy.

pub mod calibration;
pub mod check;
pub mod crew;
mod cut;
mod dating;
mod desk;
pub(crate) mod detect;
mod fetching;
mod fit;
mod gates;
pub mod heat;
pub mod inspection;
mod item;
pub mod manifest;
mod measure;
mod measured;
pub(crate) mod objects;
mod opinion;
mod pictures;
mod prepared;
pub(crate) mod publish;
pub mod radar;
mod reading;
mod record;
pub mod request;
mod rig;
mod scenes;
pub mod scoring;
pub mod search;
mod seeded;
mod side;
pub mod simulated;
mod sink;
mod sky;
mod spare;
pub mod summary;
mod survey;
pub mod table;
mod tally;
mod tap;
pub mod unsupervised;
pub mod verify;

use std::path::Path;

use statrs::distribution::{ChiSquared, ContinuousCDF};

use crate::error::{Error, Result};
use crate::geom::bits::Bits;
use crate::geom::grid::Grid;
use crate::io::store::Stage;
use crate::kernel::burn::signs::Sign;
use crate::kernel::index::Role;
use crate::layer::Layer;
use crate::plan::Side;
use crate::recipe::{BurnRecipe, Method, Recipe};
use crew::Watch;
use detect::{Decision, Memory, Outline};
use measure::Seeding;
use measured::Measured;
use objects::Found;
pub use prepared::Prepared;
use record::Records;
use rig::Purpose;
use seeded::Judged;
pub use sink::codec;
use sink::{Sink, Style};
use summary::Summary;
use survey::Survey;

/// Runs a prepared request and publishes the outcome in `out`.
///
/// A block that cannot be read is left out as "failed" and listed in the summary; any other failure
/// publishes nothing.
///
/// # Errors
/// `Exists` and `Usage` when `out` may not be written, before any work; the first reading failure when no
/// block at all could be read; `Environment` when the disk fails; `Interrupted` when `watch` stops it.
pub fn run(prepared: &Prepared, out: &Path, overwrite: bool, watch: &dyn Watch) -> Result<Summary> {
    walk(prepared, (out, overwrite), watch, None)
}

/// What a run knows while its blocks are still remembered.
pub(crate) struct Examined<'a> {
    pub(crate) prepared: &'a Prepared,
    memory: Memory<'a>,
    measured: &'a Measured,
    signs: &'a [Sign],
    pub(crate) found: &'a Found,
    pub(crate) summary: &'a Summary,
    sigmas: &'a [(Role, f32)],
    survey: Option<&'a Survey>,
    /// Where change vectors are longer than chance explains.
    changed: &'a Bits,
    stage: &'a Stage,
}

/// As [`run`]; `examine` is called once before anything is published, and its failure publishes nothing.
pub(crate) fn run_examined(
    prepared: &Prepared,
    (out, overwrite): (&Path, bool),
    watch: &dyn Watch,
    examine: Examine<'_>,
) -> Result<Summary> {
    walk(prepared, (out, overwrite), watch, Some(examine))
}

/// What looks at a run before it is published.
type Examine<'a> = &'a mut dyn FnMut(&Examined<'_>) -> Result<()>;

/// Walks the line; what only an examination asks for is left out where there is none.
fn walk(
    prepared: &Prepared,
    (out, overwrite): (&Path, bool),
    watch: &dyn Watch,
    examine: Option<Examine<'_>>,
) -> Result<Summary> {
    let Prepared { request, pair, plan, layers, .. } = prepared;
    let recipe = &request.recipe;
    if recipe.change.method != Method::Burn {
        return Err(Error::bug("unsupervised::run is for this method"));
    }
    let stage = Stage::begin(out, overwrite, &request.paths())?;
    prepared.fetch(watch)?;
    let wants_survey = recipe.output.previews || layers.contains(&Layer::Cva);
    let survey = wants_survey.then(|| survey_of(prepared, watch)).transpose()?;
    let gates = gates::judge(prepared, survey.as_ref())?;
    let sigmas = survey.as_ref().map(|survey| sigmas(survey, pair.nir)).unwrap_or_default();
    let metadata = prepared.metadata();
    let style = Style {
        grid: plan.grid,
        codec: sink::codec(&recipe.output.codec)?,
        dtype: recipe.output.dtype,
        metadata: &metadata,
    };
    let sinks = layers.iter().map(|layer| Sink::layer(&stage, *layer, &style)).collect::<Result<Vec<_>>>()?;
    let (validity, burn) = (Sink::validity(&stage, &style)?, Sink::burn(&stage, &style)?);
    let settings = recipe.burn.settings();
    let signs = if recipe.burn.is_seeded() { pair.signs() } else { &[] };
    let records = Records::new(&stage, signs.len())?;
    let dates = date_sinks(prepared, &stage, &style)?;
    let changed = examine.as_ref().map(|_| Bits::new(plan.grid.width() as u32, plan.grid.height() as u32));
    let measure = |side| rig::side(pair, side, &pair.roles, &plan.grid, recipe, Purpose::Measure);
    let (before, after) = (measure(Side::Before)?, measure(Side::After)?);
    let pass = measure::Pass {
        plan,
        sides: [&before, &after],
        nir: pair.nir,
        sinks: &sinks,
        validity: &validity,
        records: &records,
        sigmas: if layers.contains(&Layer::Cva) { &sigmas } else { &[] },
        long_vector: long_vector(recipe, sigmas.len()),
        bar_water_and_snow: recipe.mask.bar_water_and_snow,
        min_ndvi_drop: recipe.burn.min_ndvi_drop.map(|drop| drop as f32),
        second_opinion: pair.asks_opinion(recipe),
        dates: &dates,
        long_vectors: changed.as_ref(),
        known_key: detect::known_key(&recipe.burn)?,
        seeding: recipe.burn.is_seeded().then_some(Seeding { settings: &settings, signs }),
    };
    let measured = pass.run(watch)?;
    let memory = Memory { plan, records: &records, watch };
    let Mapped { outline, decision, judged, seeding } = mapped(memory, &measured, signs, &recipe.burn)?;
    let mut found = objects::find(memory, outline, &burn, &prepared.bracket())?;
    found.judged = judged;
    let dated = dating::date(prepared, &found, decision.offset, watch)?;
    found.datings = dated.datings;
    let told = publish::Told { gates, notes: dated.warnings, seeding };
    let summary = publish::summarised(prepared, told, &measured, &decision, &found);
    if let (Some(examine), Some(changed)) = (examine, &changed) {
        examine(&Examined {
            prepared,
            memory,
            measured: &measured,
            signs,
            found: &found,
            summary: &summary,
            sigmas: &sigmas,
            survey: survey.as_ref(),
            changed,
            stage: &stage,
        })?;
    }
    let mut written = Vec::new();
    for sink in sinks.into_iter().chain([validity, burn]).chain(dates.into_iter().map(|(_, sink)| sink)) {
        written.push(sink.finish(&stage)?);
    }
    if let Some(survey) = survey.filter(|_| recipe.output.previews) {
        pictures::draw(
            &stage,
            &survey,
            pair.nir,
            &found.mask,
            &publish::captions(prepared, summary.simulated, &summary.dates, &summary.reliability),
        )?;
    }
    publish::publish(prepared, stage, &summary, &found, &written)?;
    Ok(summary)
}

/// What burned, by whichever strategy.
struct Mapped {
    outline: Outline,
    decision: Decision,
    judged: Vec<Judged>,
    seeding: Option<summary::Seeding>,
}

/// Maps what burned by the recipe's strategy.
fn mapped(memory: Memory<'_>, measured: &Measured, signs: &[Sign], recipe: &BurnRecipe) -> Result<Mapped> {
    if !recipe.is_seeded() {
        let decision = detect::decide(memory, &measured.histogram, recipe)?;
        let outline = decision.outline(memory, recipe)?;
        return Ok(Mapped { outline, decision, judged: Vec::new(), seeding: None });
    }
    let seeded::BurnMap { grown, mask, connectivity, judged, decision, seeding } =
        seeded::map(memory, &measured.classes, signs, recipe)?;
    // An object is burned as a whole: islands below the size of a filled hole included.
    let specks = crate::geom::runs::Runs::empty(mask.width(), mask.height());
    let outline = Outline { burned: mask.clone(), mask, connectivity, counted: grown, specks };
    Ok(Mapped { outline, decision, judged, seeding: Some(seeding) })
}

/// Layers of days for the sides with several, with the number of the side.
fn date_sinks(prepared: &Prepared, stage: &Stage, style: &Style<'_>) -> Result<Vec<(usize, Sink)>> {
    let several = Side::BOTH.into_iter().enumerate().filter(|(_, side)| {
        let mut days: Vec<_> = prepared.pair.side(*side).filter_map(|scene| scene.product.date).collect();
        days.sort_unstable();
        days.dedup();
        days.len() > 1
    });
    several.map(|(number, side)| Ok((number, Sink::dates(stage, side.word(), style)?))).collect()
}

/// The coarse look, with the bands of pictures where both sides have them.
fn survey_of(prepared: &Prepared, watch: &dyn Watch) -> Result<Survey> {
    let Prepared { request, pair, plan, .. } = prepared;
    let recipe = &request.recipe;
    let grid = survey_grid(&plan.grid, recipe)?;
    let roles = prepared.survey_roles();
    let look = |side| rig::side(pair, side, &roles, &grid, recipe, Purpose::Survey);
    let (before, after) = (look(Side::Before)?, look(Side::After)?);
    Survey::take([&before, &after], &grid, &prepared.aoi_on(&grid)?, watch)
}

/// The grid of the coarse look.
fn survey_grid(work: &Grid, recipe: &Recipe) -> Result<Grid> {
    work.coarsened(work.width().max(work.height()).div_ceil(recipe.output.preview_px).max(1))
}

/// Bands of the change vector with the spread of no change, in reflectance.
fn sigmas(survey: &Survey, nir: Role) -> Vec<(Role, f32)> {
    [Role::Red, nir, Role::Swir2].into_iter().filter_map(|role| Some((role, survey.sigma(role)?))).collect()
}

/// The length of a change vector of `bands` normal differences that chance passes with probability alpha:
/// the root of the chi-square quantile.
fn long_vector(recipe: &Recipe, bands: usize) -> f32 {
    let quantile = ChiSquared::new(bands.max(1) as f64).map(|law| law.inverse_cdf(1.0 - recipe.change.alpha));
    quantile.map_or(f32::INFINITY, |squared| squared.sqrt() as f32)
}

/// A grid as a summary shows it.
fn grid_facts(grid: &Grid) -> summary::GridFacts {
    let (dx, dy) = grid.pixel();
    summary::GridFacts {
        crs: grid.crs().to_string(),
        pixel: [dx, dy],
        size: [grid.width(), grid.height()],
        geotransform: grid.geotransform(),
    }
}

/// A failure of serde, which no valid value causes.
fn unserialised(error: &serde_json::Error) -> Error {
    Error::bug(error.to_string())
}

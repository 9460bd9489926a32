//! Radar change over a stack: `change --sar`, from a request to a published folder.
//!
//! Two passes: every block of the stack is read once, tested and remembered as steps; then the deviates of the
//! whole area give the null and the false discovery rate, and the remembered blocks become classes and objects.

mod decision;
mod feed;
mod layers;
mod measure;
mod objects;
mod picture;
mod prepared;
mod publish;
mod record;
pub mod request;
mod stack;
pub mod summary;

use std::path::Path;

use super::crew::Watch;
use super::sink;
use crate::error::Result;
use crate::io::spool::Spool;
use crate::io::store::Stage;
use decision::Decision;
use layers::Layers;
pub use prepared::RadarPrepared;
pub(super) use publish::COMMAND;
pub use stack::OrbitFacts;
use summary::RadarSummary;

/// Runs a prepared request and publishes the outcome in `out`.
///
/// A block that cannot be read is left out as "could not be read" and listed in the summary; any other failure
/// publishes nothing.
///
/// # Errors
/// `Exists` and `Usage` when `out` may not be written; the first reading failure when no block could be read;
/// `Mismatch` when no pixel could be tested; `Environment` when the disk fails; `Interrupted` when `watch` stops it.
pub fn run(prepared: &RadarPrepared, out: &Path, overwrite: bool, watch: &dyn Watch) -> Result<RadarSummary> {
    let recipe = &prepared.request.recipe;
    let stage = Stage::begin(out, overwrite, &prepared.request.paths)?;
    let layers = Layers::new(prepared, &stage, sink::codec(&recipe.output.codec)?)?;
    let spool = Spool::compressed(stage.temporary("memory")?);
    let measured = measure::Pass { prepared, layers: &layers, spool: &spool }.run(watch)?;
    let decision = Decision::of(&measured.deviates, &recipe.radar)?;
    let memory = record::Memory { plan: &prepared.plan, spool: &spool, watch };
    let found = objects::find(prepared, memory, &decision, &layers)?;
    let written = layers.finish(&stage)?;
    let summary = publish::summarised(prepared, &measured, &decision, &found);
    if recipe.output.previews {
        picture::draw(prepared, &stage, &found, &summary)?;
    }
    publish::publish(prepared, stage, &summary, &found, &written)?;
    Ok(summary)
}

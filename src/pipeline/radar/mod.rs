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
use objects::Found;
pub use prepared::RadarPrepared;
pub(super) use publish::COMMAND;
use record::Memory;
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
    run_examined(prepared, (out, overwrite), watch, &mut |_| Ok(()))
}

/// What a run knows while its blocks are still remembered.
pub(in crate::pipeline) struct Examined<'a> {
    pub(in crate::pipeline) prepared: &'a RadarPrepared,
    pub(in crate::pipeline) memory: Memory<'a>,
    pub(in crate::pipeline) found: &'a Found,
    pub(in crate::pipeline) summary: &'a RadarSummary,
    decision: &'a Decision,
}

impl Examined<'_> {
    /// Whether a pixel of this class was tested.
    pub(in crate::pipeline) fn is_tested(&self, code: u8) -> bool {
        record::class::is_seen(code)
    }

    /// The deviate of a step against the null in use.
    pub(in crate::pipeline) fn z(&self, key: i16) -> f32 {
        self.decision.z(key)
    }

    /// The plain deviate behind one against the null in use.
    pub(in crate::pipeline) fn uncalibrated(&self, z: f32) -> f32 {
        let null = self.decision.null;
        (f64::from(z) * null.spread + null.centre) as f32
    }

    /// Whether a step is discovered at the rate asked for.
    pub(in crate::pipeline) fn is_discovered(&self, key: i16) -> bool {
        self.decision.is_discovered(key)
    }

    /// Steps of change in decibels.
    pub(in crate::pipeline) fn decibels(&self, change: i16) -> f64 {
        f64::from(change) / f64::from(record::PER_DB)
    }
}

/// As [`run`]; `examine` is called once before anything is published, and its failure publishes nothing.
pub(in crate::pipeline) fn run_examined(
    prepared: &RadarPrepared,
    (out, overwrite): (&Path, bool),
    watch: &dyn Watch,
    examine: &mut dyn FnMut(&Examined<'_>) -> Result<()>,
) -> Result<RadarSummary> {
    let recipe = &prepared.request.recipe;
    let stage = Stage::begin(out, overwrite, &prepared.request.paths)?;
    let layers = Layers::new(prepared, &stage, sink::codec(&recipe.output.codec)?)?;
    let spool = Spool::compressed(stage.temporary("memory")?);
    let measured = measure::Pass { prepared, layers: &layers, spool: &spool }.run(watch)?;
    let decision = Decision::of(&measured.deviates, &recipe.radar)?;
    let memory = Memory { plan: &prepared.plan, spool: &spool, watch };
    let found = objects::find(prepared, memory, &decision, &layers)?;
    let written = layers.finish(&stage)?;
    let summary = publish::summarised(prepared, &measured, &decision, &found);
    examine(&Examined { prepared, memory, found: &found, summary: &summary, decision: &decision })?;
    if recipe.output.previews {
        picture::draw(prepared, &stage, &found, &summary)?;
    }
    publish::publish(prepared, stage, &summary, &found, &written)?;
    Ok(summary)
}

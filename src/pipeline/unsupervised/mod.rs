//! Change without a model of it: IR-MAD, change vectors, PCA-k-means. One pass reads the inputs into fixed tiles; all
//! else works on those.

pub(super) mod bands;
mod clusters;
mod found;
mod gather;
mod irmad;
mod publish;
mod scored;
pub(super) mod sheet;
mod summary;
mod tiles;
mod vectors;

use std::path::Path;

pub use scored::{Details, Normalisation, Threshold};
pub use summary::ChangeSummary;
pub use vectors::Spread;

use super::crew::Watch;
use super::rig::{self, Purpose};
use super::sink::{Sink, Style};
use super::{Prepared, long_vector, pictures, sink, survey_of};
use crate::error::{Error, Result};
use crate::io::spool::Spool;
use crate::io::store::Stage;
use crate::plan::Side;
use crate::recipe::Method;
use found::Words;
use gather::{Gather, Gathered};
use scored::Scored;
use sheet::Sheet;
use tiles::{Lattice, Store, Tile};

/// Runs a prepared request by the method of its recipe and publishes the outcome in `out`.
///
/// A block that cannot be read is left out as "failed" and listed in the summary; any other failure
/// publishes nothing.
///
/// # Errors
/// As [`super::run`]; `Usage` where the method has no ground: too few pixels, bands that are constant or depend on
/// each other, dates that are one.
pub fn run(prepared: &Prepared, out: &Path, overwrite: bool, watch: &dyn Watch) -> Result<ChangeSummary> {
    let Prepared { request, pair, plan, .. } = prepared;
    let recipe = &request.recipe;
    let stage = Stage::begin(out, overwrite, &request.paths())?;
    prepared.fetch(watch)?;
    let metadata = prepared.metadata();
    let style = Style {
        grid: plan.grid,
        codec: sink::codec(&recipe.output.codec)?,
        dtype: recipe.output.dtype,
        metadata: &metadata,
    };
    let work = Work { prepared, stage: &stage, watch, lattice: Lattice::new(&plan.grid) };
    let validity = Sink::validity(&stage, &style)?;
    let (gathered, scored) = work.scored(&validity)?;
    let threshold = scored.threshold(&recipe.change);
    let (name, description) = statistic_of(recipe.change.method);
    let statistic = Sheet::of_floats(&stage, name, description, &style)?;
    let probability = (recipe.change.method != Method::PcaKmeans)
        .then(|| Sheet::of_floats(&stage, "nochange", "probability of no change", &style))
        .transpose()?;
    let decision = Sheet::of_decision(&stage, &style)?;
    let above = found::layers(&scored, &threshold, &statistic, probability.as_ref())?;
    let threshold = Threshold { share: above.pixels() as f64 / scored.sizes.total().max(1) as f64, ..threshold };
    let bracket = prepared.bracket();
    let words = Words { statistic: name, dates: &bracket };
    let found = found::find(&scored, plan, &above, &recipe.burn, &decision, words)?;
    let summary = publish::summarised(prepared, &gathered, &scored, threshold, &found);
    let mut written = Vec::new();
    for sheet in [Some(statistic), probability, Some(decision)].into_iter().flatten() {
        written.push(sheet.finish(&stage)?);
    }
    written.push(validity.finish(&stage)?);
    if recipe.output.previews {
        let captions = super::publish::captions(prepared, summary.simulated, &summary.dates, &summary.reliability);
        pictures::draw_colours(&stage, &survey_of(prepared, watch)?, pair.nir, &captions)?;
    }
    publish::publish(prepared, stage, &summary, &found, name, &written)?;
    Ok(summary)
}

/// Name and meaning of the statistic's layer.
fn statistic_of(method: Method) -> (&'static str, &'static str) {
    match method {
        Method::Irmad => ("irmad", "IR-MAD: chi-square of the standardised MAD variates"),
        _ => ("cva", "change-vector length in robust standard deviations"),
    }
}

/// What all steps up to the scores share.
struct Work<'a> {
    prepared: &'a Prepared,
    stage: &'a Stage,
    watch: &'a dyn Watch,
    lattice: Lattice,
}

impl<'a> Work<'a> {
    fn store(&self, name: &str, variables: usize) -> Result<Store<'a>> {
        let spool = Spool::new(self.stage.temporary(name)?);
        Ok(Store { lattice: self.lattice, spool, variables, watch: self.watch })
    }

    /// Reads the inputs and scores every tested pixel.
    fn scored(&self, validity: &Sink) -> Result<(Gathered, Scored<'a>)> {
        let (pair, recipe) = (&self.prepared.pair, &self.prepared.request.recipe);
        let names: Vec<&str> = pair.roles.iter().map(|(_, band)| band.name()).collect();
        let gain = pair.scenes.first().map_or(1.0, |scene| scene.scale().gain);
        let bands = self.store("bands", 2 * names.len())?;
        let scores = || self.store("scores", 1);
        if recipe.change.method == Method::Irmad {
            let first = irmad::First::default();
            let gathered = self.gathered(validity, &bands, &|number, tile| first.add(number, tile))?;
            let scored = irmad::score(&bands, scores()?, first, &names, gain, recipe.change.seed)?;
            return Ok((gathered, scored));
        }
        let differences = vectors::Differences::new(names.len());
        let gathered = self.gathered(validity, &bands, &|_, tile| differences.add(tile, gain as f32))?;
        let spreads = differences.spreads(&names)?;
        let scored = match recipe.change.method {
            Method::Cva => vectors::score(&bands, scores()?, spreads, gain, long_vector(recipe, names.len()))?,
            Method::PcaKmeans => {
                let scratch = clusters::Scratch {
                    lengths: self.store("lengths", 1)?,
                    features: self.store("features", crate::kernel::pca_kmeans::COMPONENTS + 1)?,
                    scores: self.store("clusters", 2)?,
                };
                clusters::score(&bands, scratch, spreads, gain)?
            }
            Method::Burn | Method::Irmad => return Err(Error::bug("not a method of vectors")),
        };
        Ok((gathered, scored))
    }

    fn gathered(
        &self,
        validity: &Sink,
        store: &Store<'_>,
        finished: &(dyn Fn(usize, &Tile) -> Result<()> + Sync),
    ) -> Result<Gathered> {
        let Prepared { request, pair, plan, .. } = self.prepared;
        let side = |side| rig::side(pair, side, &pair.roles, &plan.grid, &request.recipe, Purpose::Measure);
        let (before, after) = (side(Side::Before)?, side(Side::After)?);
        let gather = Gather {
            plan,
            sides: [&before, &after],
            roles: pair.roles.iter().map(|(role, _)| *role).collect(),
            bar_water_and_snow: request.recipe.mask.bar_water_and_snow,
            validity,
            store,
            finished,
            partial: std::sync::Mutex::default(),
        };
        gather.run(self.watch)
    }
}

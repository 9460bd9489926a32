//! From a claim to evidence: the line is run, the area laid out over its layers, and what was measured is judged.

mod burn;
mod documents;
mod field;
mod gathered;
mod heat;
mod implants;
mod optical;
mod page;
mod published;
mod radar;
pub mod request;
mod scenes;
mod weighing;

use std::path::{Path, PathBuf};

use super::crew::Watch;
use super::publish::{Run, release};
use crate::error::{Error, Result};
use crate::evidence::LayerKind;
use crate::evidence::judge::{bears, judge};
use crate::evidence::verdict::{ClaimFacts, Verdict};
use crate::io::store::{Scratch, Stage};
use crate::limits::Limits;
use gathered::Gathered;
use request::{Asked, CheckRequest, Pair};

/// The command as manifests name it.
pub(super) const COMMAND: &str = "check";

/// Judges all claims of a request and publishes what was found in `out`; the verdicts come in the order of the claims.
///
/// # Errors
/// As the line and reading what claims name; `Usage` when something is too young to be published.
pub fn run(
    request: &CheckRequest,
    (out, overwrite): (&Path, bool),
    watch: &dyn Watch,
    limits: &Limits,
) -> Result<Vec<Verdict>> {
    let stage = Stage::begin(out, overwrite, &request.paths())?;
    documents::register(&stage, request)?;
    let mut gathered: Vec<Gathered> = request.claims.iter().map(|_| Gathered::default()).collect();
    let aside = Scratch::new()?;
    let shelf = Shelf { stage: request.public.is_none().then_some(&stage), aside: &aside };
    gather(request, &mut gathered, shelf, watch, limits)?;
    let mut verdicts = Vec::new();
    let mut inputs = request.files.clone();
    for (asked, mut gathered) in request.claims.iter().zip(gathered) {
        let verdict = verdict(request, asked, &mut gathered, limits)?;
        documents::write(&stage, request, asked, &verdict, &gathered)?;
        inputs.append(&mut gathered.files);
        verdicts.push(verdict);
    }
    let simulated = verdicts.iter().any(|verdict| verdict.simulated);
    inputs.sort();
    inputs.dedup();
    let (recipe, access) = (&request.recipe, &request.access);
    let run = Run { command: COMMAND, simulated, request: request.record()?, recipe, inputs: &inputs, access };
    release(stage, run)?;
    Ok(verdicts)
}

/// Where runs of the line go: into the output, or aside where only what may be published is written.
#[derive(Clone, Copy)]
struct Shelf<'a> {
    stage: Option<&'a Stage>,
    aside: &'a Scratch,
}

impl Shelf<'_> {
    /// The place of a folder.
    fn place(&self, folder: &str) -> Result<PathBuf> {
        self.stage.map_or_else(|| Ok(self.aside.path().join(folder)), |stage| stage.path_of(folder))
    }
}

/// Measures every layer of every claim; a pair that several claims name is read once.
fn gather(
    request: &CheckRequest,
    gathered: &mut [Gathered],
    shelf: Shelf<'_>,
    watch: &dyn Watch,
    limits: &Limits,
) -> Result<()> {
    let mut pairs: Vec<Pair> = Vec::new();
    for asked in &request.claims {
        pairs.extend(scenes_of(request, asked).filter(|pair| !pairs.contains(pair)));
    }
    for (number, pair) in pairs.iter().enumerate() {
        let own = request.claims.iter().zip(gathered.iter_mut());
        let mut own: Vec<_> = own.filter(|(asked, _)| scenes_of(request, asked).as_ref() == Some(pair)).collect();
        let folder = format!("scenes-{:02}", number + 1);
        scenes::measure(request, (pair, &folder), &mut own, shelf, watch, limits)?;
    }
    for (asked, own) in request.claims.iter().zip(gathered.iter_mut()) {
        if !request.stack(asked).is_empty() {
            radar::measure(request, (asked, own), (shelf, &format!("radar-{:02}", asked.number)), watch, limits)?;
        }
    }
    heat::gather(request, gathered, limits)
}

/// The pair of a claim that any layer of it is drawn from.
fn scenes_of(request: &CheckRequest, asked: &Asked) -> Option<Pair> {
    let optical = [LayerKind::Burn, LayerKind::OpticalChange].iter().any(|layer| bears(*layer, &asked.claim));
    request.pair(asked).filter(|_| optical)
}

/// The verdict on what was gathered.
fn verdict(request: &CheckRequest, asked: &Asked, gathered: &mut Gathered, limits: &Limits) -> Result<Verdict> {
    let layers = std::mem::take(&mut gathered.layers);
    let judgement = judge(&asked.claim, layers, &request.recipe.evidence);
    let mut sources = gathered.sources.clone();
    sources.credits.sort();
    sources.credits.dedup();
    if let Some(today) = request.public {
        refuse_young(&sources, today, request.recipe.evidence.public_delay_days)?;
        gathered.coarsen(request.recipe.evidence.public_metres)?;
    }
    let shown = documents::shown_area(request, asked)?;
    Ok(Verdict {
        groundtell: env!("CARGO_PKG_VERSION").to_owned(),
        simulated: gathered.simulated,
        simulated_note: gathered.simulated.then(|| "SIMULATED: nothing here was seen by a satellite".to_owned()),
        claim: ClaimFacts::of(&asked.claim, &asked.aoi(limits)?, &shown),
        registration: asked.registration(&request.recipe)?,
        sources,
        judgement,
    })
}

/// Nothing younger than the delay is published.
fn refuse_young(sources: &crate::evidence::verdict::Sources, today: jiff::civil::Date, delay: i64) -> Result<()> {
    let youngest = sources.after.max(sources.before);
    let Some(youngest) = youngest.filter(|date| i64::from((today - *date).get_days()) < delay) else { return Ok(()) };
    Err(Error::usage(format!("--public: the scene of {youngest} is younger than {delay} days"))
        .hint("wait, or change evidence.public_delay_days in the recipe"))
}

//! `groundtell score`: accuracy of a mask against a reference, or of a list of scenes.

use std::path::Path;

use super::args::Score;
use super::progress::Progress;
use super::request::base_recipe;
use super::talk::Talk;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::pipeline::scoring::{Question, Scores, score};
use crate::pipeline::table::{scenes, table};

/// Exit code when some scenes of a list could not be worked off.
const PARTIAL: u8 = 3;

pub(super) fn run(asked: &Score, talk: &Talk) -> Result<u8> {
    if let Some(list) = &asked.list {
        return of_list(list, asked, talk);
    }
    let (Some(mask), Some(reference)) = (&asked.mask, &asked.reference) else {
        return Err(Error::usage("nothing to score").hint("give --mask and --reference, or --list"));
    };
    let progress = Progress::new(talk)?;
    let question = Question { mask, reference, layer: asked.layer.as_deref(), at_least: asked.at_least };
    let scores = score(question, &progress, &Limits::default());
    progress.done();
    let scores = scores?;
    talk.answer(&scores, || text(&scores))
}

/// Runs and scores a list of scenes.
fn of_list(list: &Path, asked: &Score, talk: &Talk) -> Result<u8> {
    let limits = Limits::default();
    let recipe = base_recipe(asked.recipe.as_deref(), &asked.set, &limits)?;
    let scenes = scenes(list, &limits)?;
    let progress = Progress::new(talk)?;
    let table = table(&scenes, &recipe, &progress, &limits);
    progress.done();
    let table = table?;
    talk.answer(&table, || table.to_csv())?;
    Ok(if table.is_whole() { 0 } else { PARTIAL })
}

fn text(scores: &Scores) -> String {
    let figure = |name: &str, value: Option<f64>| {
        format!("{name:<7}{}\n", value.map_or("not defined".into(), |value| format!("{value:.4}")))
    };
    let figures = [
        ("CE", scores.ce),
        ("OE", scores.oe),
        ("F1", scores.f1),
        ("IoU", scores.iou),
        ("kappa", scores.kappa),
        ("AUC", scores.auc),
    ];
    figures.iter().map(|(name, value)| figure(name, *value)).collect::<String>()
        + &format!("pixels {}\n", scores.pixels)
}

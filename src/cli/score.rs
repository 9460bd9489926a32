//! `groundtell score`: accuracy of a mask against a reference.

use super::args::Score;
use super::progress::Progress;
use super::talk::Talk;
use crate::error::Result;
use crate::limits::Limits;
use crate::pipeline::scoring::{Question, Scores, score};

pub(super) fn run(asked: &Score, talk: &Talk) -> Result<u8> {
    let progress = Progress::new(talk)?;
    let question = Question {
        mask: &asked.mask,
        reference: &asked.reference,
        layer: asked.layer.as_deref(),
        at_least: asked.at_least,
    };
    let scores = score(question, &progress, &Limits::default());
    progress.done();
    let scores = scores?;
    talk.answer(&scores, || text(&scores))
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

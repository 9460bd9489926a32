//! `groundtell simulate`: a seeded pair with a known truth.

use super::args::{SeasonName, Simulate};
use super::progress::Progress;
use super::talk::Talk;
use crate::error::{Error, Result};
use crate::pipeline::codec;
use crate::pipeline::simulated::{Made, write};
use crate::scene::scale::Baseline;
use crate::simulate::{Events, Scenario, Season};
use crate::text::shown_path;

pub(super) fn run(asked: &Simulate, talk: &Talk) -> Result<u8> {
    let scenario = scenario(asked)?;
    let progress = Progress::new(talk)?;
    let made = write(&scenario, &asked.baseline, codec(&asked.codec)?, (&asked.out, asked.overwrite), &progress);
    progress.done();
    let made = made?;
    talk.answer(&made, || text(&made, &shown_path(&asked.out).to_string()))
}

fn scenario(asked: &Simulate) -> Result<Scenario> {
    let season = match asked.season {
        SeasonName::LateNovember => Season::LateNovember,
        SeasonName::Spring => Season::Spring,
        SeasonName::Summer => Season::Summer,
    };
    let baseline = Baseline::parse(&asked.baseline)
        .ok_or_else(|| Error::usage(format!("--baseline {:?}: expected a form such as 05.11", asked.baseline)))?;
    let mut scenario = Scenario::new(asked.seed, asked.size as usize, season)?;
    scenario.cloud_share = [asked.cloud as f32; 2];
    scenario.events = Events { burned: asked.burned as f32, ..Events::usual(season) };
    scenario.offset_dn = if baseline >= Baseline::WITH_OFFSET { 1000 } else { 0 };
    scenario.check()?;
    Ok(scenario)
}

fn text(made: &Made, out: &str) -> String {
    let scenario: String = made.scenario.iter().map(|(key, value)| format!("{key:<14} {value}\n")).collect();
    format!(
        "{scenario}{} files, {:.1} MB\nnext: groundtell change --before {out}/before/item.json --after {out}/after/item.json --out {out}-change\n",
        made.files,
        made.bytes as f64 / 1e6
    )
}

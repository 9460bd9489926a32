//! `groundtell calibrate`: how often verdicts are wrong where the truth is known.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::{Calibrate, Check};
use super::check;
use super::progress::Progress;
use super::request::base_recipe;
use super::talk::Talk;
use crate::error::{Error, Result};
use crate::evidence::measurement::Rate;
use crate::io::store::{self, Scratch};
use crate::limits::Limits;
use crate::pipeline::calibration::cases::{Case, Row, Truth, table};
use crate::pipeline::calibration::heat::{Calibration, Cases, false_alarms};
use crate::pipeline::heat::archive;

/// Folders of cases, and what truly happened in them.
const TRUTHS: [(&str, Truth); 2] = [("placebos", Truth::Placebo), ("events", Truth::Event)];

pub(super) fn run(asked: &Calibrate, talk: &Talk) -> Result<u8> {
    let limits = Limits::default();
    let progress = Progress::new(talk)?;
    let cases = asked.folder.as_deref().map(|folder| judged(folder, asked, &progress, &limits)).transpose();
    progress.done();
    let cases = cases?.unwrap_or_default();
    let rows = if cases.is_empty() { Vec::new() } else { table(&cases) };
    let heat = (!asked.hotspots.is_empty()).then(|| peacetime(asked, &limits)).transpose()?;
    talk.answer(&json!({ "table": rows, "cases": cases, "heat": heat }), || text(&rows, heat.as_ref()))
}

/// Every case of a folder, judged.
fn judged(folder: &Path, asked: &Calibrate, progress: &Progress, limits: &Limits) -> Result<Vec<Case>> {
    let scratch = Scratch::new()?;
    let mut cases = Vec::new();
    for (name, truth) in TRUTHS {
        for (number, claims) in claim_files(&folder.join(name))?.into_iter().enumerate() {
            let out = scratch.path().join(format!("{name}-{number}"));
            let check = Check {
                claims,
                out,
                data: asked.data.clone(),
                recipe: asked.recipe.clone(),
                set: asked.set.clone(),
                ..Check::default()
            };
            cases.extend(check::judged(&check, progress, limits)?.iter().map(|verdict| Case::of(verdict, truth)));
        }
    }
    if cases.is_empty() {
        return Err(Error::missing("no case was found")
            .at(crate::text::shown_path(folder))
            .hint("put claim files (*.toml) of what never happened into placebos/, of what did into events/"));
    }
    Ok(cases)
}

/// The claim files of a folder in the order of their names; none where there is no such folder.
fn claim_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let names = store::names(folder)?;
    let toml = names.into_iter().filter(|name| name.ends_with(".toml"));
    Ok(toml.map(|name| folder.join(name)).collect())
}

/// Random windows and places of years without the event.
fn peacetime(asked: &Calibrate, limits: &Limits) -> Result<Calibration> {
    let recipe = base_recipe(asked.recipe.as_deref(), &asked.set, limits)?;
    let archive = archive(&asked.hotspots, &recipe.heat, limits)?;
    let usual = Cases::default();
    let cases = Cases {
        count: asked.cases as usize,
        until: asked.until.unwrap_or(usual.until),
        west_of: asked.west_of.unwrap_or(usual.west_of),
        ..usual
    };
    false_alarms(&archive, cases, &recipe)
}

fn text(rows: &[Row], heat: Option<&Calibration>) -> String {
    let mut page = String::new();
    if !rows.is_empty() {
        let _ = writeln!(
            page,
            "{:<16} {:>26} {:>26} {:>26}",
            "", "placebos corroborated", "events contradicted", "events corroborated"
        );
    }
    for row in rows {
        let [wrong, lost, found] = [&row.false_corroborations, &row.wrong_contradictions, &row.found].map(shown);
        let _ = writeln!(page, "{:<16} {wrong:>26} {lost:>26} {found:>26}", row.of);
    }
    if let Some(heat) = heat {
        let _ = writeln!(page, "heat, windows and places without the event:");
        let _ = writeln!(page, "  the test fires     {:>26}", shown(&heat.alarms));
        let _ = writeln!(page, "  the judge believes {:>26}", shown(&heat.corroborated));
        for (month, rate) in &heat.by_month {
            let _ = writeln!(page, "  month {month:<12} {:>26}", shown(rate));
        }
    }
    page
}

/// Hits of trials with the interval.
fn shown(rate: &Rate) -> String {
    if rate.trials == 0 {
        return "-".into();
    }
    let percent = |share: f64| 100.0 * share;
    format!(
        "{}/{}: {:.1} % ({:.1}-{:.1})",
        rate.hits,
        rate.trials,
        percent(rate.share.value),
        percent(rate.share.low),
        percent(rate.share.high)
    )
}

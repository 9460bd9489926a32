//! `groundtell verify`: is a run's output what its manifest says, and does it come out again?

use super::args::Verify;
use super::network::tell;
use super::progress::Progress;
use super::talk::Talk;
use crate::error::Result;
use crate::io::access::Access;
use crate::io::store;
use crate::limits::Limits;
use crate::pipeline::verify::{Report, replay, verify};

/// Exit code when something does not fit.
const REFUSED: u8 = 2;

pub(super) fn run(asked: &Verify, talk: &Talk) -> Result<u8> {
    let limits = Limits::default();
    let (manifest, mut report) = verify(&asked.folder, &limits)?;
    if asked.replay {
        let scratch = store::Scratch::new()?;
        let progress = Progress::new(talk)?;
        let named = asked.remote || asked.network.loopback_http;
        let access = if named { asked.network.access()? } else { Access::default() };
        let differing = replay(&manifest, &scratch.path().join("replay"), (&access, &progress), &limits);
        progress.done();
        tell(&access, talk);
        report.replay = Some(differing?);
    }
    talk.answer(&report, || text(&report))?;
    let repeats = report.replay.as_ref().is_none_or(Vec::is_empty);
    Ok(if report.intact && repeats { 0 } else { REFUSED })
}

fn text(report: &Report) -> String {
    let mut page = String::new();
    for fault in &report.faults {
        page.push_str(&format!("damaged: {fault}\n"));
    }
    for name in report.replay.iter().flatten() {
        page.push_str(&format!("differs on replay: {}\n", crate::text::Foreign::new(name)));
    }
    if report.remote > 0 && report.replay.is_none() {
        page.push_str(&format!("{} inputs are remote, not read again\n", report.remote));
    }
    let verdict = if report.intact { "all as the manifest says" } else { "not as the manifest says" };
    page.push_str(&format!("{} files checked: {verdict}\n", report.checked));
    if report.replay.as_ref().is_some_and(Vec::is_empty) {
        page.push_str("replayed: every byte came out again\n");
    }
    page
}

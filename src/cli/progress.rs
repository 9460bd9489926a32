//! The progress bar on a terminal, and the signals that end a run early.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::talk::Talk;
use crate::error::{Error, Kind, Result};
use crate::pipeline::crew::Watch;

/// The number of the signal that asked to stop; 0 for none. Signals belong to the process, so this does too.
static SIGNAL: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// The exit code that shells expect after the signal that came (130, 143), if one did.
pub(super) fn signal_code() -> Option<u8> {
    let number = SIGNAL.load(Ordering::Relaxed);
    (number != 0).then_some(128 + number as u8)
}

/// Notes the first SIGINT or SIGTERM; the second ends the process where it stands.
fn listen() -> std::io::Result<()> {
    let again = Arc::new(AtomicBool::new(false));
    for number in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(number, 128 + number, Arc::clone(&again))?;
        flag::register(number, Arc::clone(&again))?;
        flag::register_usize(number, Arc::clone(&SIGNAL), number as usize)?;
    }
    Ok(())
}

/// Shows how far a run is, and learns of SIGINT and SIGTERM.
pub(super) struct Progress {
    bar: ProgressBar,
    bytes: AtomicU64,
}

impl Progress {
    /// A bar on stderr when that is a terminal, and handlers for the two signals.
    pub(super) fn new(talk: &Talk) -> Result<Self> {
        let bar = if talk.shows_progress() { ProgressBar::new(0) } else { ProgressBar::hidden() };
        bar.set_draw_target(if talk.shows_progress() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        });
        let style = ProgressStyle::with_template("{prefix:>9} [{bar:32}] {pos}/{len} blocks, {msg}, {eta} left");
        bar.set_style(style.map_err(|error| Error::bug(error.to_string()))?.progress_chars("=> "));
        listen().map_err(|error| Error::new(Kind::Environment, format!("no signal handler: {error}")))?;
        Ok(Self { bar, bytes: AtomicU64::new(0) })
    }

    /// Takes the bar away.
    pub(super) fn done(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Progress {
    fn stage(&self, name: &'static str, steps: usize) {
        self.bar.reset();
        self.bytes.store(0, Ordering::Relaxed);
        self.bar.set_prefix(name);
        self.bar.set_length(steps as u64);
    }

    fn step(&self, bytes: u64) {
        let sum = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.bar.inc(1);
        let seconds = self.bar.elapsed().as_secs_f64().max(1e-3);
        self.bar.set_message(format!("{}/s", HumanBytes((sum as f64 / seconds) as u64)));
    }

    fn stopped(&self) -> bool {
        signal_code().is_some()
    }
}

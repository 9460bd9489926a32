//! The progress bar on a terminal, and the signals that end a run early.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::talk::Talk;
use crate::error::{Error, Kind, Result};
use crate::pipeline::crew::Watch;

/// Shows how far a run is, and learns of SIGINT and SIGTERM.
pub(super) struct Progress {
    bar: ProgressBar,
    bytes: AtomicU64,
    signal: Arc<AtomicUsize>,
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
        let signal = Arc::new(AtomicUsize::new(0));
        for number in [SIGINT, SIGTERM] {
            let registered = signal_hook::flag::register_usize(number, Arc::clone(&signal), number as usize);
            registered.map_err(|error| Error::new(Kind::Environment, format!("no signal handler: {error}")))?;
        }
        Ok(Self { bar, bytes: AtomicU64::new(0), signal })
    }

    /// Takes the bar away.
    pub(super) fn done(&self) {
        self.bar.finish_and_clear();
    }

    /// The exit code that shells expect after the signal that came (130, 143), if one did.
    pub(super) fn signal_code(&self) -> Option<u8> {
        let number = self.signal.load(Ordering::Relaxed);
        (number != 0).then_some(128 + number as u8)
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
        self.signal.load(Ordering::Relaxed) != 0
    }
}

//! Speaking to people and programs: data on stdout, talk on stderr, errors with a hint.

use std::io::{IsTerminal, Write};

use serde::Serialize;

use super::args::Common;
use crate::error::{Error, Result};
use crate::text::inert_json;

/// How this run speaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Talk {
    /// One JSON document on stdout instead of text.
    pub(super) json: bool,
    quiet: bool,
}

impl Talk {
    pub(super) fn new(common: &Common) -> Self {
        Self { json: common.json, quiet: common.quiet }
    }

    /// Whether a progress bar has a place to be seen.
    pub(super) fn shows_progress(&self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Data for stdout; a reader that went away is no failure.
    pub(super) fn data(&self, bytes: &[u8]) -> Result<u8> {
        written(bytes)
    }

    /// The document as JSON when programs listen, else `text` for people.
    pub(super) fn answer(&self, document: &impl Serialize, text: impl FnOnce() -> String) -> Result<u8> {
        if !self.json {
            return self.data(text().as_bytes());
        }
        let text = serde_json::to_string_pretty(document).map_err(|error| Error::bug(error.to_string()))?;
        self.data(format!("{}\n", inert_json(&text)).as_bytes())
    }

    /// A line for people on stderr.
    pub(super) fn note(&self, line: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// Says what went wrong with one of several inputs, on stderr alone; returns the exit code.
    pub(super) fn complain(&self, error: &Error) -> u8 {
        Self { json: false, ..*self }.failed(error)
    }

    /// Says what went wrong and returns the exit code.
    pub(super) fn failed(&self, error: &Error) -> u8 {
        let mut words = format!("error: {error}\n");
        if let Some(hint) = error.advice() {
            words.push_str(&format!("\nhint: {hint}\n"));
        }
        let _ = std::io::stderr().write_all(words.as_bytes());
        if self.json {
            failure_document(error);
        }
        error.kind().exit_code()
    }
}

/// The failure as the one JSON document on stdout.
pub(super) fn failure_document(error: &Error) {
    let document = serde_json::json!({ "error": {
        "kind": error.kind(), "place": error.place(), "problem": error.problem(), "hint": error.advice(),
    }});
    let _ = written(inert_json(&format!("{document:#}\n")).as_bytes());
}

/// Writes to stdout; a reader that went away is no failure.
fn written(bytes: &[u8]) -> Result<u8> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::system(&error, "stdout")),
        _ => Ok(0),
    }
}

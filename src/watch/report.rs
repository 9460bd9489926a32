//! What a pass did, for people and for programs.

use serde::Serialize;

use super::alert::Alert;
use super::record::{Outcome, Record};
use crate::error::{Error, Kind, Result};
use crate::text::Foreign;

/// What a pass did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// Who holds the watch, where another pass is at work: then nothing was done.
    pub held_by: Option<String>,
    /// Acquisitions listed, over all areas.
    pub listed: usize,
    /// Looks taken.
    pub looked: usize,
    /// Acquisitions too cloudy for a look.
    pub unseen: usize,
    /// Acquisitions with nothing to be held against yet.
    pub first: usize,
    /// Acquisitions left for the next pass.
    pub left: usize,
    /// What failed and is tried again on the next pass.
    pub failed: Vec<Failure>,
    /// Alerts raised.
    pub alerts: Vec<Alert>,
    /// Alerts that somebody could not be told of.
    pub untold: usize,
    /// Files of the watch that changed.
    pub written: usize,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// What failed.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// The area's id.
    pub area: String,
    /// The acquisition, or what else it was.
    pub what: String,
    /// The failure in words.
    pub error: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Report {
    pub(super) fn count(&mut self, record: &Record) {
        match record.outcome {
            Outcome::Looked(_) => self.looked += 1,
            Outcome::Unseen => self.unseen += 1,
            Outcome::First => self.first += 1,
        }
    }

    /// Lists a failure; true when it is the environment's and may be gone next time.
    ///
    /// # Errors
    /// The failure itself when it asks to stop or is ours.
    pub(super) fn failed(&mut self, area: &str, what: &str, error: Error) -> Result<bool> {
        if matches!(error.kind(), Kind::Interrupted | Kind::Bug) {
            return Err(error);
        }
        self.failed.push(Failure {
            area: area.to_owned(),
            what: Foreign::new(what).to_string(),
            error: error.to_string(),
            hint: error.advice().map(str::to_owned),
        });
        Ok(error.kind() == Kind::Environment)
    }
}

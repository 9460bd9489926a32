//! Whom alerts are told: a program that gets each on stdin.

use super::alert::Alert;
use super::job::Job;
use super::pass::Channel;
use crate::error::{Error, Kind, Result};
use crate::io::program;

/// The channels that a job names.
///
/// # Errors
/// `Usage` when a webhook's secret is not in the environment.
pub fn channels(job: &Job) -> Result<Vec<Box<dyn Channel>>> {
    let mut channels: Vec<Box<dyn Channel>> = Vec::new();
    if !job.alerts.command.is_empty() {
        channels.push(Box::new(Command(job.alerts.command.clone())));
    }
    Ok(channels)
}

/// A program and its arguments.
struct Command(Vec<String>);

impl Channel for Command {
    fn name(&self) -> &str {
        "command"
    }

    fn tell(&self, _: &Alert, line: &str) -> Result<()> {
        program::fed(&self.0, format!("{line}\n").as_bytes())
            .map_err(|error| Error::new(Kind::Environment, error.problem()).at("alerts.command"))
    }
}

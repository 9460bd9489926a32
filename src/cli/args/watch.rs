//! The command line of the watch as typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Network;

/// `groundtell watch`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Watch {
    /// What to do instead of a pass
    #[command(subcommand)]
    pub action: Option<Action>,
    /// Job file (TOML; 'groundtell schema watch' prints its schema)
    #[arg(value_name = "JOB.toml", required = true)]
    pub job: Option<PathBuf>,
    /// Folder of the watch, over what the job says
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Acquisitions of this pass, over what the job says
    #[arg(long, value_name = "N")]
    pub per_pass: Option<u32>,
    /// Exit with 1 when an alert is raised
    #[arg(long)]
    pub fail_on_alert: bool,
    /// How servers are reached
    #[command(flatten)]
    pub network: Network,
}

/// What else can be done with a watch.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Print where every area and every followed object stands
    Status(Named),
    /// Print every acquisition on record and what came of it
    History(Named),
    /// Print a systemd service and timer, and the same as a line for cron
    Unit {
        /// The job
        #[command(flatten)]
        named: Named,
        /// When to look, as systemd's OnCalendar has it
        #[arg(long, value_name = "WHEN", default_value = "*-*-* 00/6:20:00")]
        when: String,
    },
    /// Make the ledger again from the files of the watch
    Rebuild(Named),
}

/// A job by its file.
#[derive(Debug, Args)]
pub struct Named {
    /// Job file
    #[arg(value_name = "JOB.toml")]
    pub job: PathBuf,
    /// Folder of the watch, over what the job says
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

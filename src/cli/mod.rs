//! The door: parses, dispatches, and says how it ended. stdout is data, stderr is talk.

pub mod args;
mod calibrate;
mod change;
mod check;
mod demo;
mod demo_claims;
mod fetch;
mod indices;
mod inspect;
mod network;
mod period;
mod progress;
mod radar;
mod request;
mod schema;
mod score;
mod search;
mod simulate;
mod talk;
mod verify;
mod watch;

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

use crate::error::{Error, Kind, Result};
use crate::pipeline::crew::guarded;
use args::{Cli, Command, Common};
use talk::Talk;

/// Runs one command line and returns its exit code.
pub fn run(line: impl IntoIterator<Item = OsString>) -> u8 {
    let line: Vec<OsString> = line.into_iter().collect();
    let cli = match Cli::try_parse_from(&line) {
        Ok(cli) => cli,
        Err(refusal) => return refused(&refusal, line.iter().any(|word| word == "--json")),
    };
    let talk = Talk::new(&cli.common);
    let ended = pool(&cli.common).and_then(|pool| guarded(|| pool.install(|| dispatch(&cli.command, &talk))));
    ended.unwrap_or_else(|error| {
        let code = talk.failed(&error);
        progress::signal_code().filter(|_| error.kind() == Kind::Interrupted).unwrap_or(code)
    })
}

/// Help and version are answers (0), all else is bad usage (2); a closed pipe is no failure.
fn refused(refusal: &clap::Error, json: bool) -> u8 {
    let _ = refusal.print();
    if !refusal.use_stderr() {
        return 0;
    }
    if json {
        let text = refusal.to_string();
        let problem = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        talk::failure_document(&Error::usage(problem).hint("see --help"));
    }
    2
}

/// The threads that blocks are worked off by.
fn pool(common: &Common) -> Result<rayon::ThreadPool> {
    const MOST: usize = 1024;
    if common.threads > MOST {
        return Err(Error::usage(format!("--threads {}: at most {MOST}", common.threads)));
    }
    let build = rayon::ThreadPoolBuilder::new().num_threads(common.threads).build();
    build.map_err(|error| Error::new(Kind::Environment, format!("no worker threads: {error}")))
}

/// Every command returns its exit code.
fn dispatch(command: &Command, talk: &Talk) -> Result<u8> {
    match command {
        Command::Change(asked) => change::run(asked, talk),
        Command::Calibrate(asked) => calibrate::run(asked, talk),
        Command::Check(asked) => check::run(asked, talk),
        Command::Inspect(asked) => inspect::run(asked, talk),
        Command::Indices => indices::run(talk),
        Command::Score(asked) => score::run(asked, talk),
        Command::Search(asked) => search::run(asked, talk),
        Command::Simulate(asked) => simulate::run(asked, talk),
        Command::Verify(asked) => verify::run(asked, talk),
        Command::Watch(asked) => watch::run(asked, talk),
        Command::Demo(asked) => demo::run(asked, talk),
        Command::Schema(asked) => schema::run(asked, talk),
        Command::Completions { shell } => completions(*shell, talk),
        Command::Man => manual(talk),
    }
}

fn completions(shell: clap_complete::Shell, talk: &Talk) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "groundtell", &mut script);
    talk.data(&script)
}

fn manual(talk: &Talk) -> Result<u8> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
    rendered.map_err(|error| Error::bug(error.to_string()))?;
    talk.data(&page)
}

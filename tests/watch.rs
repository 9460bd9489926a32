//! The watch over a simulated year: every acquisition judged once, the event told, dated, confirmed and finished.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a test may read, print and fail"
)]

mod common;
mod watch_support;

use std::path::Path;

use common::run;
use jiff::civil::date;
use serde_json::Value;
use watch_support::{catalogue, job, passes, year};

/// A pass over what a catalogue has until a day.
fn pass(folder: &Path, until: jiff::civil::Date, more: &str) -> Value {
    let path = catalogue(year(), &passes(), until);
    std::fs::write(folder.join("job.toml"), job(&path, more)).unwrap();
    run(folder, &["watch", "job.toml", "--json"]).done().json()
}

#[test]
fn a_year_is_watched() {
    let folder = tempfile::tempdir().unwrap();
    let report = pass(folder.path(), date(2025, 12, 31), "");
    println!("{report:#}");
    let status = run(folder.path(), &["watch", "history", "job.toml"]).done();
    println!("{}", status.data);
    let status = run(folder.path(), &["watch", "status", "job.toml"]).done();
    println!("{}", status.data);
}

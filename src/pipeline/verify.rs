//! Re-hashing what a manifest names, and replaying a run to compare it byte by byte.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::check::request::CheckRequest;
use super::crew::Watch;
use super::manifest::{self, Entry, Manifest};
use super::radar::request::RadarRequest;
use super::radar::{self, RadarPrepared};
use super::request::Request;
use super::{Prepared, check, run, unsupervised};
use crate::error::{Error, Kind, Result};
use crate::io::access::Access;
use crate::io::store;
use crate::limits::Limits;
use crate::recipe::{Method, Recipe};

/// The plain command of the line.
const CHANGE: &str = "change";

const DAMAGED: &str = "the manifest is damaged or none of groundtell's: make the run again";

/// What became of the files of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether every file is as the manifest says.
    pub intact: bool,
    /// Files checked.
    pub checked: usize,
    /// What does not fit, a line each.
    pub faults: Vec<String>,
    /// Inputs on servers, which are not read again without a replay.
    pub remote: usize,
    /// The outcome of a replay, when one was asked for: files that came out otherwise.
    pub replay: Option<Vec<String>>,
}

/// Re-hashes everything that the manifest in `folder` names.
///
/// # Errors
/// `Missing` or `Malformed` when there is no readable manifest.
pub fn verify(folder: &Path, limits: &Limits) -> Result<(Manifest, Report)> {
    let manifest = read_manifest(folder, limits)?;
    let faults: Vec<String> = manifest.files.iter().filter_map(|entry| fault(folder, entry)).collect();
    let remote = manifest.inputs.iter().filter(|input| input.remote.is_some()).count();
    let report = Report { intact: faults.is_empty(), checked: manifest.files.len(), faults, remote, replay: None };
    Ok((manifest, report))
}

/// Runs the recorded request again into `scratch` and names the files that differ from the record.
///
/// # Errors
/// As a run; `Mismatch` when an input is not the recorded one any more, `Unsupported` when the manifest is
/// that of another command, `Interrupted` when `watch` stops it.
pub fn replay(
    recorded: &Manifest,
    scratch: &Path,
    (access, watch): (&Access, &dyn Watch),
    limits: &Limits,
) -> Result<Vec<String>> {
    let command = recorded.command.as_str();
    if ![CHANGE, radar::COMMAND, check::COMMAND].contains(&command) {
        let command = crate::text::Foreign::new(command);
        return Err(Error::unsupported(format!("a run of '{command}' is not replayed"))
            .at(manifest::NAME)
            .hint("only runs of 'groundtell change' and 'check' are; without --replay the checksums are compared"));
    }
    for input in &recorded.inputs {
        if watch.stopped() {
            return Err(Error::new(Kind::Interrupted, "stopped by a signal"));
        }
        if input.remote.is_some() && !access.is_open() {
            return Err(Error::unsupported("the input lies on a server, and is not read again without being asked to")
                .at(crate::text::Foreign::new(&input.path))
                .hint("add --remote to read it from the cache or over the network"));
        }
        if input.remote.is_some() || input.sha256.starts_with("not ") {
            continue;
        }
        let now = store::sha256_of(Path::new(&input.path))
            .map_err(|error| error.hint("relative paths are those of the folder in which the run was started"))?;
        if now != input.sha256 {
            return Err(Error::mismatch("is not the file that was read then (its checksum differs)")
                .at(crate::text::Foreign::new(&input.path))
                .hint("only the same inputs can show that the same output comes out"));
        }
    }
    if command == check::COMMAND {
        let request = CheckRequest { recipe: recipe_of(recorded)?, access: access.clone(), ..request_of(recorded)? };
        check::run(&request, (scratch, false), watch, limits)?;
    } else if command == radar::COMMAND {
        let request = RadarRequest { recipe: recipe_of(recorded)?, ..request_of(recorded)? };
        radar::run(&RadarPrepared::new(request, None, limits)?, scratch, false, watch)?;
    } else {
        let request = Request { recipe: recipe_of(recorded)?, access: access.clone(), ..request_of(recorded)? };
        let prepared = Prepared::new(request, None, limits)?;
        if prepared.request.recipe.change.method == Method::Burn {
            run(&prepared, scratch, false, watch)?;
        } else {
            unsupervised::run(&prepared, scratch, false, watch)?;
        }
    }
    let fresh = read_manifest(scratch, limits)?;
    same_remote(&recorded.inputs, &fresh.inputs)?;
    Ok(differences(&recorded.files, &fresh.files))
}

/// Refuses inputs on servers of which other bytes were read than then.
fn same_remote(recorded: &[Entry], fresh: &[Entry]) -> Result<()> {
    for input in recorded.iter().filter(|input| input.remote.is_some()) {
        let now = fresh.iter().find(|own| own.path == input.path);
        if now.is_none_or(|now| now.sha256 != input.sha256) {
            return Err(Error::mismatch("is not what was read then (the checksum of what was read differs)")
                .at(crate::text::Foreign::new(&input.path))
                .hint("the file on the server was replaced: the same output cannot come out again"));
        }
    }
    Ok(())
}

/// The recorded request, without its recipe.
fn request_of<T: DeserializeOwned>(recorded: &Manifest) -> Result<T> {
    serde_json::from_value(recorded.request.clone()).map_err(|error| broken(&error))
}

fn recipe_of(recorded: &Manifest) -> Result<Recipe> {
    serde_json::from_value::<Recipe>(recorded.recipe.clone()).map_err(|error| broken(&error))?.checked()
}

fn broken(error: &serde_json::Error) -> Error {
    Error::malformed(error.to_string()).at(manifest::NAME)
}

fn read_manifest(folder: &Path, limits: &Limits) -> Result<Manifest> {
    let text = store::read_text(&folder.join(manifest::NAME), limits.text_bytes)
        .map_err(|error| error.hint("name the output folder of a groundtell run"))?;
    Manifest::from_json(&text).map_err(|error| error.at(crate::text::shown_path(folder)).hint(DAMAGED))
}

/// What is wrong with one file, if anything; a path that leaves the folder is never opened.
fn fault(folder: &Path, entry: &Entry) -> Option<String> {
    let shown = crate::text::Foreign::new(&entry.path);
    let Some(path) = store::inside(folder, &entry.path) else {
        return Some(format!("{shown}: the manifest names a path outside the folder"));
    };
    match store::sha256_of(&path) {
        Err(error) => Some(format!("{shown}: {}", error.problem())),
        Ok(sum) if sum != entry.sha256 => Some(format!("{shown}: the checksum differs")),
        Ok(_) => None,
    }
}

/// Names of files that only one list has, or that differ.
fn differences(recorded: &[Entry], fresh: &[Entry]) -> Vec<String> {
    let lacks = |list: &[Entry], entry: &Entry| !list.contains(entry);
    let gone = recorded.iter().filter(|entry| lacks(fresh, entry));
    let new = fresh.iter().filter(|entry| lacks(recorded, entry));
    let mut names: Vec<String> = gone.chain(new).map(|entry| entry.path.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

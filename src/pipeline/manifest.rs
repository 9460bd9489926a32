//! The manifest: inputs, recipe, versions and the checksum of every file of a run. Written last.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::io::remote::Record;
use crate::io::store::Published;

/// Name of the manifest in an output folder.
pub const NAME: &str = "manifest.json";

/// The manifest of one output folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the program that wrote it.
    pub groundtell: String,
    /// The command.
    pub command: String,
    /// Whether any input says of itself that it is simulated.
    pub simulated: bool,
    /// What the command was asked, enough to ask it again.
    pub request: serde_json::Value,
    /// The recipe, every key written out.
    pub recipe: serde_json::Value,
    /// The files read.
    pub inputs: Vec<Entry>,
    /// The files written, the manifest itself apart.
    pub files: Vec<Entry>,
}

/// A file with its checksum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Inputs: as the user wrote it. Files: relative to the folder, with forward slashes.
    pub path: String,
    /// Size.
    pub bytes: u64,
    /// Checksum in hex; of an input on a server over the bytes that were read of it, in the order of their offsets.
    pub sha256: String,
    /// Of an input on a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Remote>,
}

/// What is known of an input on a server, whose `path` is its address without credentials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remote {
    /// Its entity tag or the date of its last change, by the server's word.
    pub version: Option<String>,
    /// Bytes that were read of it.
    pub read: u64,
    /// Whether all of it was fetched and had the checksum that its item tells; else it is unverified.
    pub verified: bool,
}

impl Entry {
    /// The entry of an input on a server.
    pub(super) fn of_remote(path: &Path, record: Record) -> Self {
        let Record { bytes, etag, read, sha256, verified } = record;
        let remote = Some(Remote { version: etag, read, verified });
        Self { path: path.to_string_lossy().into_owned(), bytes, sha256, remote }
    }
}

impl From<&Published> for Entry {
    fn from(file: &Published) -> Self {
        Self { path: file.path.clone(), bytes: file.bytes, sha256: file.sha256.clone(), remote: None }
    }
}

impl Manifest {
    /// The manifest in `text`.
    ///
    /// # Errors
    /// `Malformed` when it is none.
    pub fn from_json(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| Error::malformed(error.to_string()).at(NAME))
    }

    /// The bytes of the file.
    pub fn to_json(&self) -> Result<Vec<u8>> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::bug(error.to_string()))?;
        Ok(format!("{}\n", crate::text::inert_json(&text)).into_bytes())
    }
}

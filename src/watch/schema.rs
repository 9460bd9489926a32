//! Every JSON Schema that groundtell publishes: of what is written by hand and of what is read by programs.

use crate::claim::schema::{self, Maker};
use crate::error::{Error, Result};

/// Every schema by name: `groundtell schema NAME` prints it, `schemas/NAME.schema.json` holds it.
pub fn all() -> impl Iterator<Item = (&'static str, Maker)> {
    schema::ALL.iter().copied().chain([("watch", super::job::schema as Maker)])
}

/// A schema by its name, as the text of its file; none of that name.
///
/// # Errors
/// `Bug` when JSON cannot hold it.
pub fn text(name: &str) -> Result<Option<String>> {
    let Some((_, make)) = all().find(|(known, _)| *known == name) else { return Ok(None) };
    let text = serde_json::to_string_pretty(&make()).map_err(|error| Error::bug(error.to_string()))?;
    Ok(Some(text + "\n"))
}

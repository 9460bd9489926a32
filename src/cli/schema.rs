//! `groundtell schema`: what a claim file, a watch job or a document of ours holds, as JSON Schema.

use super::args::Schema;
use super::talk::Talk;
use crate::error::{Error, Result};
use crate::watch::schema;

pub(super) fn run(asked: &Schema, talk: &Talk) -> Result<u8> {
    let text = schema::text(&asked.name)?.ok_or_else(|| Error::usage(format!("no schema \"{}\"", asked.name)))?;
    talk.data(text.as_bytes())
}

//! The JSON Schemas that groundtell publishes (`schemas/`), made of the types that are read and written.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::form::FileForm;
use crate::error::{Error, Result};
use crate::evidence::verdict::Judgement;

/// Every schema by name: `groundtell schema NAME` prints it, `schemas/NAME.schema.json` holds it.
pub const ALL: &[(&str, fn() -> Schema)] = &[("claim", claim), ("verdict", verdict)];

/// Of a claim file, after its TOML is turned into JSON: dates become their text.
pub fn claim() -> Schema {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(without_null));
    described::<FileForm>(settings)
}

/// Of what is judged of a claim.
pub fn verdict() -> Schema {
    described::<Judgement>(SchemaSettings::draft2020_12().for_serialize())
}

/// A schema by its name, as the text of its file; none of that name.
///
/// # Errors
/// `Bug` when JSON cannot hold it.
pub fn text(name: &str) -> Result<Option<String>> {
    let Some((_, make)) = ALL.iter().find(|(known, _)| *known == name) else { return Ok(None) };
    let text = serde_json::to_string_pretty(&make()).map_err(|error| Error::bug(error.to_string()))?;
    Ok(Some(text + "\n"))
}

fn described<T: JsonSchema>(settings: SchemaSettings) -> Schema {
    settings.with_transform(RecursiveTransform(in_one_line)).into_generator().into_root_schema_for::<T>()
}

/// Descriptions without the line ends of the source.
fn in_one_line(schema: &mut Schema) {
    if let Some(Value::String(words)) = schema.get_mut("description") {
        *words = words.replace("\n\n", "\u{0}").replace('\n', " ").replace('\u{0}', "\n\n");
    }
}

/// A key that may be left out is one that may be left out: TOML has no null.
fn without_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            only.into_iter().for_each(|(key, value)| _ = schema.insert(key, value));
        }
    }
}

//! The JSON Schemas that groundtell publishes (`schemas/`), made of the types that are read and written.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::form::FileForm;
use crate::evidence::verdict::Verdict;

/// What makes a schema.
pub type Maker = fn() -> Schema;

/// The schemas of claims by name.
pub const ALL: &[(&str, Maker)] = &[("claim", claim), ("verdict", verdict)];

/// Of a claim file, after its TOML is turned into JSON: dates become their text.
pub fn claim() -> Schema {
    of_toml::<FileForm>()
}

/// Of a form that is read from TOML.
pub(crate) fn of_toml<T: JsonSchema>() -> Schema {
    described::<T>(SchemaSettings::draft2020_12().with_transform(RecursiveTransform(without_null)))
}

/// Of `verdict.json`, what is judged of one claim.
pub fn verdict() -> Schema {
    described::<Verdict>(SchemaSettings::draft2020_12().for_serialize())
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

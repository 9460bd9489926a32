//! Pre-registration: a checksum over all that reaches the evidence, taken before any pixel is read.

use serde_json::{Map, Value, json};

use super::Claim;
use super::file::hex;
use crate::error::{Error, Result};

impl Claim {
    /// SHA-256, in hex, over what is asked and how it will be answered: assertion, place and location error, window,
    /// kinds, smallest effects, imagery, and the `recipe` as JSON. Not over the words, their source, the prior or the
    /// named sides: nothing of them reaches the evidence, so nothing of them moves this sum. (The sum over the whole
    /// file is [`super::ClaimFile::sha256`].)
    ///
    /// It is taken over canonical JSON: UTF-8, keys sorted by code point, no white space, no escape that is not
    /// needed, numbers in their shortest form that reads back the same. Kinds stand sorted and once each.
    ///
    /// # Errors
    /// `Bug` when JSON cannot hold the claim.
    pub fn preregistration(&self, recipe: &Value) -> Result<String> {
        Ok(hex(canonical(self.preregistered(recipe)?).to_string().as_bytes()))
    }

    /// What the sum is taken over.
    fn preregistered(&self, recipe: &Value) -> Result<Value> {
        let mut kinds = self.kinds.clone();
        kinds.sort_unstable();
        kinds.dedup();
        let value = |value: serde_json::Result<Value>| value.map_err(|error| Error::bug(error.to_string()));
        Ok(json!({
            "format": "groundtell claim 1",
            "asserts": value(serde_json::to_value(self.asserts))?,
            "place": value(serde_json::to_value(&self.place))?,
            "location_error_m": self.location_error_m,
            "window": value(serde_json::to_value(self.window))?,
            "kinds": value(serde_json::to_value(kinds))?,
            "smallest_effect": value(serde_json::to_value(&self.smallest_effect))?,
            "imagery": value(serde_json::to_value(&self.imagery))?,
            "recipe": recipe,
        }))
    }
}

/// The same value with the keys of every table sorted.
fn canonical(value: Value) -> Value {
    match value {
        Value::Object(table) => {
            let mut entries: Vec<(String, Value)> = table.into_iter().collect();
            entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(entries.into_iter().map(|(key, value)| (key, canonical(value))).collect::<Map<_, _>>())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(canonical).collect()),
        other => other,
    }
}

//! JSON of strangers: depth, size and number of values are bounded, and a name that stands twice is refused,
//! because two readers could take it for two things.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::text::Foreign;

/// Parses a document in UTF-8, with or without a mark at its start. serde_json ends at 128 levels.
///
/// # Errors
/// `Malformed` for what is not JSON in UTF-8, is nested too deeply or names a member twice; `Limit` for more bytes
/// or values than are read.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Value> {
    if bytes.len() as u64 > limits.catalogue_document_bytes {
        let most = limits.catalogue_document_bytes;
        return Err(Error::limit(format!("the document has {} bytes, more than {most} are not read", bytes.len())));
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(text).map_err(|_| Error::malformed("this is not JSON in UTF-8"))?;
    let left = Cell::new(limits.catalogue_values);
    let mut json = serde_json::Deserializer::from_str(text);
    let parsed = Strict(&left).deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    parsed.map_err(|error| match left.get() {
        0 => Error::limit(format!("the document holds more than {} values", limits.catalogue_values)),
        _ => Error::malformed(format!("this is not JSON: {}", Foreign::new(error.to_string()))),
    })
}

/// A value of which every part counts against what is left.
struct Strict<'a>(&'a Cell<u64>);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<Value, D::Error> {
        self.0.set(self.0.get().saturating_sub(1));
        if self.0.get() == 0 {
            return Err(D::Error::custom("too many values"));
        }
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> std::result::Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_u64<E>(self, value: u64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> std::result::Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> std::result::Result<Value, E> {
        Ok(value.into())
    }
    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> std::result::Result<Value, S::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Strict(self.0))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<Value, M::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(Strict(self.0))?;
            if members.contains_key(&name) {
                return Err(M::Error::custom(format!("the member {} stands twice", Foreign::new(name))));
            }
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn hostile_documents_are_refused() {
        let limits = Limits { catalogue_values: 1000, catalogue_document_bytes: 1 << 20, ..Limits::default() };
        let deep = "[".repeat(100_000);
        let long = format!("[{}0]", "0,".repeat(2000));
        let large = format!("\"{}\"", "x".repeat(1 << 20));
        let cases: [(&[u8], Kind, &str); 8] = [
            (deep.as_bytes(), Kind::Malformed, "recursion"),
            (b"{\"a\":1,\"b\":{\"c\":1,\"c\":2}}", Kind::Malformed, "c stands twice"),
            (b"{\"a\":\"\xe9\"}", Kind::Malformed, "UTF-8"),
            (b"\xff\xfe{\0}\0", Kind::Malformed, "UTF-8"),
            (long.as_bytes(), Kind::Limit, "values"),
            (large.as_bytes(), Kind::Limit, "bytes"),
            (b"{} {}", Kind::Malformed, "trailing"),
            (b"<html>", Kind::Malformed, "not JSON"),
        ];
        for (bytes, kind, words) in cases {
            let error = parse(bytes, &limits).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
    }

    #[test]
    fn sound_documents_are_the_same_as_any_reader_has_them() {
        let text = r#"{"a":[1,-2,2.5e3,null,true,"x\u00e9"],"b":{}}"#;
        let marked = format!("\u{feff}{text}");
        for bytes in [text.as_bytes(), marked.as_bytes()] {
            assert_eq!(parse(bytes, &Limits::default()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        }
    }
}

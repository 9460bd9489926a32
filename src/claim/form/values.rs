//! The values of a claim file that have a form of their own: days, paths, sizes, one or many.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

/// Years in which the earth was imaged from orbit (the first Landsat flew in 1972), and no clock runs over.
const YEARS: std::ops::RangeInclusive<i16> = 1972..=2100;

/// A day: a TOML date or its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Day(
    #[schemars(with = "String", regex(pattern = r"^(19[7-9][0-9]|20[0-9][0-9]|2100)-[0-9][0-9]-[0-9][0-9]$"), extend("format" = "date"))]
    pub(crate) Date,
);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DayVisitor)
    }
}

struct DayVisitor;

impl<'de> Visitor<'de> for DayVisitor {
    type Value = Day;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a day such as \"2025-11-20\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Day, E> {
        let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date = plain.then(|| text.parse::<Date>().ok()).flatten();
        let date = date.ok_or_else(|| E::custom(format!("\"{text}\" is no day of the calendar (YYYY-MM-DD)")))?;
        match YEARS.contains(&date.year()) {
            true => Ok(Day(date)),
            false => Err(E::custom(format!("the year of {date} is not within {}..{}", YEARS.start(), YEARS.end()))),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Day, A::Error> {
        let moment = toml::value::Datetime::deserialize(MapAccessDeserializer::new(map))?;
        self.visit_str(&moment.to_string())
    }
}

/// A path: relative, with / between names, and without .., a scheme or a drive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(in crate::claim) struct RelativePath(
    #[schemars(regex(
        pattern = r"^(?!/)(?![A-Za-z][A-Za-z0-9+.-]*:)(?!(.*/)?\.\.(/|$))[^\\\u0000-\u001f\u007f]*[^\\\s\u0000-\u001f\u007f][^\\\u0000-\u001f\u007f]*$"
    ))]
    pub(in crate::claim) String,
);

/// A SHA-256 in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "Sha256")]
pub(in crate::claim) struct Sha256Text(#[schemars(regex(pattern = r"^[0-9A-Fa-f]{64}$"))] pub(in crate::claim) String);

/// A word for a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::claim) enum Word {
    /// The default of the kind.
    Some,
    /// Ten times the default.
    Heavy,
}

/// A size: a number above 0, or a word.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::claim) enum Size {
    /// In the unit of the kind.
    Number(#[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1_000_000))] f64),
    /// As a word.
    Word(Word),
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, \"some\" or \"heavy\"")
    }

    fn visit_f64<E>(self, number: f64) -> Result<Size, E> {
        Ok(Size::Number(number))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Size, E> {
        Ok(Size::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Size, E> {
        Ok(Size::Number(number as f64))
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Size, E> {
        Word::deserialize(StrDeserializer::new(word)).map(Size::Word)
    }
}

/// A list; one entry may stand without brackets.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub(in crate::claim) struct OneOrMany<T>(pub(in crate::claim) Vec<T>);

impl<T> OneOrMany<T> {
    /// Whether nothing is listed.
    pub(in crate::claim) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let entry = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [entry, { "type": "array", "items": entry, "minItems": 1, "maxItems": 1000 }] })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            entries.push(entry);
        }
        match entries.is_empty() {
            true => Err(serde::de::Error::custom("the list is empty")),
            false => Ok(OneOrMany(entries)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(OneOrMany(vec![T::deserialize(MapAccessDeserializer::new(map))?]))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(OneOrMany(vec![T::deserialize(StrDeserializer::new(text))?]))
    }
}

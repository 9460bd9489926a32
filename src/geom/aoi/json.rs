//! GeoJSON read straight into flat lists, so that hostile text costs little more than its own
//! length.

use std::cell::Cell;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::text::Foreign;

/// JSON values that a vertex may take: three numbers or four, and its brackets.
const TOKENS_PER_VERTEX: u64 = 8;
/// JSON values beside the vertices.
const SPARE_TOKENS: u64 = 100_000;
/// What an object costs of the allowance.
const OBJECT_TOKENS: u64 = 8;
/// Words kept of a member such as `type` or `crs`, and characters of each.
const WORDS: (usize, usize) = (8, 200);

/// Parses a text.
pub(super) fn node(text: &str, limits: &Limits) -> Result<Node> {
    let allowance = Cell::new(limits.vertices as u64 * TOKENS_PER_VERTEX + SPARE_TOKENS);
    let mut json = serde_json::Deserializer::from_str(text);
    let root = NodeSeed(&allowance).deserialize(&mut json).and_then(|node| json.end().map(|()| node));
    root.map_err(|error| match allowance.get() {
        0 => too_many(limits),
        _ => Error::malformed(format!("not GeoJSON: {}", Foreign::new(error.to_string()))),
    })
}

pub(super) fn too_many(limits: &Limits) -> Error {
    Error::limit(format!("the AOI has more than {} vertices", limits.vertices))
        .hint("simplify it: an outline finer than a pixel changes nothing")
}

/// An object of GeoJSON: the members that matter. Of a member given twice the last one holds.
#[derive(Default)]
pub(super) struct Node {
    pub(super) kind: Anything,
    pub(super) crs: Anything,
    pub(super) coordinates: Option<Vec<Token>>,
    pub(super) geometry: Option<Box<Node>>,
    pub(super) geometries: Option<Vec<Node>>,
    pub(super) features: Option<Vec<Node>>,
    /// It was `null` and not an object.
    pub(super) null: bool,
}

/// Any JSON value, flattened.
#[derive(Default)]
pub(super) struct Anything {
    /// Brackets of lists and scalars, in order. An object is one `Other` before its values.
    pub(super) tokens: Vec<Token>,
    /// The first few strings in it.
    pub(super) words: Vec<String>,
}

/// A piece of a flattened value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    Number(f64),
    Other,
}

/// Takes from what is allowed; an error when it is used up.
fn spend<E: serde::de::Error>(allowance: &Cell<u64>, tokens: u64) -> std::result::Result<(), E> {
    allowance.set(allowance.get().saturating_sub(tokens));
    if allowance.get() == 0 { Err(E::custom("too long")) } else { Ok(()) }
}

struct NodeSeed<'a>(&'a Cell<u64>);

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
    type Value = Node;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<Node, D::Error> {
        spend(self.0, OBJECT_TOKENS)?;
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_> {
    type Value = Node;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a GeoJSON object")
    }
    fn visit_unit<E>(self) -> std::result::Result<Node, E> {
        Ok(Node { null: true, ..Node::default() })
    }
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<Node, M::Error> {
        let mut node = Node::default();
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            match key.as_ref() {
                "type" => node.kind = map.next_value_seed(AnythingSeed::new(self.0))?,
                "crs" => node.crs = map.next_value_seed(AnythingSeed::new(self.0))?,
                "coordinates" => node.coordinates = Some(map.next_value_seed(AnythingSeed::new(self.0))?.tokens),
                "geometry" => node.geometry = Some(Box::new(map.next_value_seed(NodeSeed(self.0))?)),
                "geometries" => node.geometries = Some(map.next_value_seed(NodesSeed(self.0))?),
                "features" => node.features = Some(map.next_value_seed(NodesSeed(self.0))?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(node)
    }
}

struct NodesSeed<'a>(&'a Cell<u64>);

impl<'de> DeserializeSeed<'de> for NodesSeed<'_> {
    type Value = Vec<Node>;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<Vec<Node>, D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for NodesSeed<'_> {
    type Value = Vec<Node>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of GeoJSON objects")
    }
    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> std::result::Result<Vec<Node>, S::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = seq.next_element_seed(NodeSeed(self.0))? {
            nodes.push(node);
        }
        Ok(nodes)
    }
}

struct AnythingSeed<'a> {
    allowance: &'a Cell<u64>,
    found: Anything,
}

impl<'a> AnythingSeed<'a> {
    fn new(allowance: &'a Cell<u64>) -> Self {
        Self { allowance, found: Anything::default() }
    }
    fn with<E: serde::de::Error>(mut self, token: Token) -> std::result::Result<Anything, E> {
        spend(self.allowance, 1)?;
        self.found.tokens.push(token);
        Ok(self.found)
    }
    fn word<E: serde::de::Error>(mut self, word: &str) -> std::result::Result<Anything, E> {
        if self.found.words.len() < WORDS.0 {
            self.found.words.push(word.chars().take(WORDS.1).collect());
        }
        self.with(Token::Other)
    }
}

impl<'de> DeserializeSeed<'de> for AnythingSeed<'_> {
    type Value = Anything;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<Anything, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnythingSeed<'_> {
    type Value = Anything;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> std::result::Result<Anything, E> {
        self.with(Token::Number(number))
    }
    fn visit_i64<E: serde::de::Error>(self, number: i64) -> std::result::Result<Anything, E> {
        self.with(Token::Number(number as f64))
    }
    fn visit_u64<E: serde::de::Error>(self, number: u64) -> std::result::Result<Anything, E> {
        self.with(Token::Number(number as f64))
    }
    fn visit_bool<E: serde::de::Error>(self, _: bool) -> std::result::Result<Anything, E> {
        self.with(Token::Other)
    }
    fn visit_unit<E: serde::de::Error>(self) -> std::result::Result<Anything, E> {
        self.with(Token::Other)
    }
    fn visit_str<E: serde::de::Error>(self, word: &str) -> std::result::Result<Anything, E> {
        self.word(word)
    }
    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> std::result::Result<Anything, S::Error> {
        let allowance = self.allowance;
        let mut found = self.with::<S::Error>(Token::Open)?;
        loop {
            let seed = InSequence(allowance, &mut found);
            if seq.next_element_seed(seed)?.is_none() {
                return AnythingSeed { allowance, found }.with(Token::Close);
            }
        }
    }
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<Anything, M::Error> {
        let allowance = self.allowance;
        let mut found = self.with::<M::Error>(Token::Other)?;
        while map.next_key::<IgnoredAny>()?.is_some() {
            map.next_value_seed(InSequence(allowance, &mut found))?;
        }
        Ok(found)
    }
}

/// Goes on filling one list while a sequence is read.
struct InSequence<'a>(&'a Cell<u64>, &'a mut Anything);

impl<'de> DeserializeSeed<'de> for InSequence<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> std::result::Result<(), D::Error> {
        let seed = AnythingSeed { allowance: self.0, found: std::mem::take(self.1) };
        *self.1 = seed.deserialize(json)?;
        Ok(())
    }
}

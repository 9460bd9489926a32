//! A TOML document whose every value knows its line, column and path, so that a refusal can point at it.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Kind, Result};
use crate::text::Foreign;

/// Longest word that a nearest known one is looked for.
const LONGEST_WORD: usize = 64;

/// The parser's and serde's words, and ours.
const WORDS: [(&str, &str); 8] = [
    ("expected f64", "expected a number"),
    ("expected a sequence", "expected a list"),
    ("an array of length", "a list of"),
    ("invalid type: map", "invalid type: a table"),
    ("invalid type: sequence", "invalid type: a list"),
    ("recursion limit", "nested too deeply"),
    ("cannot recurse further; max recursion depth met", "nested too deeply"),
    ("wanted string or table", "invalid type, expected a word in quotes"),
];

/// A parsed document.
#[derive(Debug)]
pub struct Document<'a> {
    text: &'a str,
    root: Spanned<DeTable<'a>>,
}

impl<'a> Document<'a> {
    /// Parses `text`; a byte order mark before it is passed over.
    ///
    /// # Errors
    /// `Malformed`, with line and column, for what is not TOML, a key given twice, or nesting beyond 80.
    pub fn parse(text: &'a str) -> Result<Self> {
        let root = DeTable::parse(text).map_err(|error| refusal(Kind::Malformed, text, &error))?;
        Ok(Self { text, root })
    }

    /// The document as a form.
    ///
    /// # Errors
    /// `Malformed`, with line, column and path, for an unknown key, a missing one or one of the wrong type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        T::deserialize(toml::de::Deserializer::from(self.root.clone())).map_err(|error| {
            let inside = error.span().and_then(|span| path_in(self.root.get_ref(), span.start));
            let refusal = worded(Kind::Malformed, &error);
            placed(if let Some(path) = inside { refusal.at(Foreign::new(path)) } else { refusal }, self.text, &error)
        })
    }

    /// The value under a key of the top.
    pub fn key(&self, name: &str) -> Field<'_> {
        let top = Field { text: self.text, value: None, start: 0, path: String::new() };
        top.entered(self.root.get_ref(), name)
    }
}

/// A place in a document: a value, or where it would be.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    text: &'a str,
    value: Option<&'a DeValue<'a>>,
    start: usize,
    path: String,
}

impl<'a> Field<'a> {
    /// The value under a key of this table; where there is none, the table's own place under the longer path.
    #[must_use]
    pub fn key(&self, name: &str) -> Self {
        match self.value {
            Some(DeValue::Table(table)) => self.entered(table, name),
            _ => Self { value: None, path: joined(&self.path, name), ..self.clone() },
        }
    }

    /// A value of this list; a value that stands alone is its own first.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        let Some(DeValue::Array(list)) = self.value else { return self.clone() };
        let path = format!("{}[{index}]", self.path);
        match list.get(index) {
            Some(item) => Self { text: self.text, value: Some(item.get_ref()), start: item.span().start, path },
            None => Self { value: None, path, ..self.clone() },
        }
    }

    /// What is wrong with the value, as a failure of class `kind` placed here.
    pub fn refused(&self, kind: Kind, problem: impl Into<String>) -> Error {
        self.around(Error::new(kind, problem))
    }

    /// An error that the value led to, placed here.
    pub fn around(&self, error: Error) -> Error {
        error.at(&self.path).at(position(self.text, self.start))
    }

    /// As [`Field::refused`], `Malformed`.
    pub fn malformed(&self, problem: impl Into<String>) -> Error {
        self.refused(Kind::Malformed, problem)
    }

    fn entered<'b>(&self, table: &'b DeTable<'b>, name: &str) -> Field<'b>
    where
        'a: 'b,
    {
        let path = joined(&self.path, name);
        match table.get(name) {
            Some(value) => Field { text: self.text, value: Some(value.get_ref()), start: value.span().start, path },
            None => Field { text: self.text, value: None, start: self.start, path },
        }
    }
}

/// What TOML or a form refused, placed at line and column, in words for a person; for an unknown word with the
/// nearest known one as a hint.
pub fn refusal(kind: Kind, text: &str, error: &toml::de::Error) -> Error {
    placed(worded(kind, error), text, error)
}

/// The words alone.
fn worded(kind: Kind, error: &toml::de::Error) -> Error {
    match unknown(error.message()) {
        Some((what, word, known)) => {
            Error::new(kind, format!("unknown {what} \"{}\"", Foreign::new(word))).hint(suggestion(word, &known))
        }
        None => Error::new(kind, Foreign::new(reworded(error.message())).to_string()),
    }
}

/// The refusal with the line and column where TOML or the form stopped.
fn placed(refusal: Error, text: &str, error: &toml::de::Error) -> Error {
    match error.span() {
        Some(span) => refusal.at(position(text, span.start)),
        None => refusal,
    }
}

/// Line and column, counted from 1, of a byte of `text`.
fn position(text: &str, byte: usize) -> String {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().trim_start_matches('\u{feff}').chars().count() + 1;
    format!("line {line}, column {column}")
}

/// What serde calls an unknown field or variant: what it is, the word, the words that are known.
fn unknown(message: &str) -> Option<(&'static str, &str, Vec<&str>)> {
    let (what, rest) = [("key", "unknown field `"), ("word", "unknown variant `")]
        .into_iter()
        .find_map(|(what, start)| Some((what, message.strip_prefix(start)?)))?;
    let (word, expected) = rest.rsplit_once("`, expected").or_else(|| rest.rsplit_once("`, there are"))?;
    Some((what, word, expected.split('`').skip(1).step_by(2).collect()))
}

/// The nearest of the known words, if any is near, and all of them.
fn suggestion(word: &str, known: &[&str]) -> String {
    let all = format!("known here: {}", known.join(", "));
    match nearest(word, known) {
        Some(near) => format!("did you mean \"{near}\"? {all}"),
        None => all,
    }
}

/// The known word that the fewest changes lead to, if those are few (a third of its letters).
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    if word.len() > LONGEST_WORD {
        return None;
    }
    let distance = |known: &str| strsim::damerau_levenshtein(&word.to_lowercase(), known);
    let near =
        known.iter().map(|known| (distance(known), *known)).filter(|(changes, known)| 3 * changes <= known.len());
    near.min_by_key(|(changes, _)| *changes).map(|(_, known)| known)
}

/// A message of the parser or of serde in one line and in plain words.
fn reworded(message: &str) -> String {
    if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return format!("\"{name}\" is missing");
    }
    let line = message.split('\n').map(str::trim).collect::<Vec<_>>().join("; ");
    WORDS.iter().fold(line, |line, (theirs, ours)| line.replace(theirs, ours))
}

/// The path of the innermost key or value around a byte.
fn path_in(table: &DeTable<'_>, byte: usize) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let name: &str = key.get_ref();
        let here = || holds(&key.span(), byte) || holds(&value.span(), byte);
        path_of(name, value.get_ref(), byte).or_else(|| here().then(|| name.to_owned()))
    })
}

/// The path of what lies around a byte inside of a value, with the value's own path before it.
fn path_of(path: &str, value: &DeValue<'_>, byte: usize) -> Option<String> {
    match value {
        DeValue::Table(table) => path_in(table, byte).map(|inner| joined(path, &inner)),
        DeValue::Array(list) => list.iter().enumerate().find_map(|(index, item)| {
            let own = format!("{path}[{index}]");
            path_of(&own, item.get_ref(), byte).or_else(|| holds(&item.span(), byte).then_some(own))
        }),
        _ => None,
    }
}

fn holds(span: &Range<usize>, byte: usize) -> bool {
    span.contains(&byte)
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Form {
        sizes: Vec<f64>,
        threshold: Option<bool>,
    }

    fn refusal_of(text: &str) -> Error {
        Document::parse(text).and_then(|document| document.read::<Form>()).unwrap_err()
    }

    #[test]
    fn a_refusal_names_line_column_and_path() {
        let error = refusal_of("\u{feff}# words\nsizes = [1, 2.5, \"x\"]\n");
        assert_eq!(error.to_string(), "line 2, column 18: sizes[2]: invalid type: string \"x\", expected a number");
        let error = refusal_of("\u{feff}sizes = \"\u{1b}\"\n");
        assert_eq!(error.place(), Some("line 1, column 10"), "columns are counted in characters, without the mark");
        assert!(!error.to_string().contains('\u{1b}'));
    }

    #[test]
    fn the_nearest_key_is_named() {
        let error = refusal_of("sizes = []\ntreshold = true\n");
        assert_eq!(error.to_string(), "line 2, column 1: treshold: unknown key \"treshold\"");
        assert_eq!(error.advice(), Some("did you mean \"threshold\"? known here: sizes, threshold"));
        assert_eq!(refusal_of("sizes = []\nwindow = 1").advice(), Some("known here: sizes, threshold"));
        assert_eq!(nearest("SIZE", &["sizes"]), Some("sizes"));
        assert_eq!(nearest(&"s".repeat(1 << 20), &["sizes"]), None);
    }

    #[test]
    fn deep_nesting_and_double_keys_are_refused() {
        for text in [
            format!("a = {}", "[".repeat(100_000)),
            format!("a = {}", "{a=".repeat(100_000)),
            format!("{}a = 1", "a.".repeat(100_000)),
            format!("[{}a]", "a.".repeat(100_000)),
            "sizes = []\nsizes = []\n".to_owned(),
        ] {
            let error = Document::parse(&text).unwrap_err();
            assert_eq!(error.kind(), Kind::Malformed);
            assert!(["nested too deeply", "duplicate key"].contains(&error.problem()), "{error}");
        }
    }

    #[test]
    fn a_field_that_is_not_there_has_the_place_of_its_table() {
        let document = Document::parse("a = 1\n\n  [b]\nlist = [5,\n 6]\n").unwrap();
        let table = document.key("b");
        assert_eq!(table.key("list").item(1).malformed("no").to_string(), "line 5, column 2: b.list[1]: no");
        assert_eq!(table.key("gone").key("x").malformed("no").to_string(), "line 3, column 3: b.gone.x: no");
        assert_eq!(document.key("a").item(0).malformed("no").to_string(), "line 1, column 5: a: no");
    }
}

//! HTML as a type: markup comes from literals of ours, and every other text is made inert and escaped as it is
//! written. There is no third way in.

use std::fmt::Display;

use serde_json::Value;

use super::base64;
use crate::text::{inert_json, inert_line};

/// A piece of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::report) struct Html(String);

impl Html {
    /// An empty piece.
    pub(in crate::report) fn new() -> Self {
        Self::default()
    }

    /// Writes markup as it stands. The lifetime keeps foreign text out: only what was compiled in passes.
    pub(in crate::report) fn markup(&mut self, ours: &'static str) -> &mut Self {
        self.0.push_str(ours);
        self
    }

    /// Writes any text, inert and escaped, fit for element content and quoted attributes.
    pub(in crate::report) fn text(&mut self, text: impl Display) -> &mut Self {
        for character in inert_line(&text.to_string()).chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
        self
    }

    /// Writes text between two pieces of markup.
    pub(in crate::report) fn around(
        &mut self,
        open: &'static str,
        text: impl Display,
        close: &'static str,
    ) -> &mut Self {
        self.markup(open).text(text).markup(close)
    }

    /// Writes another piece.
    pub(in crate::report) fn add(&mut self, piece: &Self) -> &mut Self {
        self.0.push_str(&piece.0);
        self
    }

    /// Writes a coordinate of a drawing, to a tenth; what is not finite counts as 0.
    pub(in crate::report) fn coordinate(&mut self, value: f64) -> &mut Self {
        let tenths = if value.is_finite() { (value * 10.0).round() / 10.0 } else { 0.0 };
        // -0 would be written with its sign.
        self.0.push_str(&(tenths + 0.0).to_string());
        self
    }

    /// Writes a PNG as a `data:` address.
    pub(in crate::report) fn picture(&mut self, png: &[u8]) -> &mut Self {
        self.markup("data:image/png;base64,");
        self.0.push_str(&base64::encoded(png));
        self
    }

    /// Writes JSON so that nothing in it can end a script element or act as markup: `<`, `>` and `&` only ever
    /// stand inside strings, where an escape means the same.
    pub(in crate::report) fn json(&mut self, value: &Value) -> &mut Self {
        for character in inert_json(&value.to_string()).chars() {
            match character {
                '<' => self.0.push_str("\\u003c"),
                '>' => self.0.push_str("\\u003e"),
                '&' => self.0.push_str("\\u0026"),
                other => self.0.push(other),
            }
        }
        self
    }

    /// Whether nothing was written.
    pub(in crate::report) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of the page.
    pub(in crate::report) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut html = Html::new();
        html.text(text);
        html.finish()
    }

    #[test]
    fn markup_in_text_is_inert() {
        assert_eq!(
            written("</p><script>alert('1')</script>"),
            "&lt;/p&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"
        );
        assert_eq!(written("\" onload=\"x"), "&quot; onload=&quot;x");
        assert_eq!(written("&lt;b>"), "&amp;lt;b&gt;");
    }

    #[test]
    fn what_turns_or_hides_text_is_inert() {
        assert_eq!(written("a\u{202e}b\u{1b}[31m\u{200b}\u{0}"), "a\u{fffd}b\u{fffd}[31m\u{fffd}\u{fffd}");
    }

    #[test]
    fn json_cannot_leave_its_element() {
        let value = serde_json::json!({ "</script>": "<!-- & ]]> \u{2028}\u{202e}" });
        let mut html = Html::new();
        html.json(&value);
        let text = html.finish();
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{202e}']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn coordinates_are_short_and_finite() {
        let mut html = Html::new();
        html.coordinate(1.25).markup(" ").coordinate(-0.01).markup(" ").coordinate(f64::NAN);
        assert_eq!(html.finish(), "1.3 0 0");
    }
}

//! Foreign text as a type of its own: shown only after control, bidi and zero-width characters are gone.

use std::fmt;

/// Text that came from an input. `Display` writes it inert and in one line; `raw` is for data.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Foreign(String);

/// Characters shown of one foreign text before it is cut.
const SHOWN: usize = 200;

impl Foreign {
    /// Takes the text as it came.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it came: for comparing and for serialisers that escape by themselves.
    pub fn raw(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kept = self.0.chars().map(inert);
        for character in kept.by_ref().take(SHOWN) {
            write!(f, "{character}")?;
        }
        if kept.next().is_some() { f.write_str("...") } else { Ok(()) }
    }
}

/// The whole text in one line, inert: for words of ours that have foreign ones among them.
pub fn inert_line(text: &str) -> String {
    text.chars().map(inert).collect()
}

/// A path as the user may see it: inert, with the losses of a lossy conversion visible.
pub fn shown_path(path: &std::path::Path) -> Foreign {
    Foreign::new(path.to_string_lossy())
}

/// JSON `text` with every character that could move the cursor, turn the text or hide written as an escape:
/// the same data, inert wherever it is shown. Line ends between values stay.
pub fn inert_json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\n' || inert(character) == character {
            shown.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            shown.push_str(&format!("\\u{unit:04x}"));
        }
    }
    shown
}

/// The character itself, or U+FFFD for one that could move the cursor, turn the text or hide.
fn inert(character: char) -> char {
    let hidden = matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    if character.is_control() || hidden { '\u{fffd}' } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_bidi_are_inert() {
        let shown = Foreign::new("a\u{1b}]52;c\u{7}\u{202e}b\nc").to_string();
        assert_eq!(shown, "a\u{fffd}]52;c\u{fffd}\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn json_stays_the_same_data() {
        let text = "a\u{1b}\u{7}\u{9b}\u{202e}\u{feff}\u{e0041}\u{7f}é\u{fffd}\n";
        let shown = inert_json(&serde_json::to_string_pretty(&[text]).unwrap());
        assert!(!shown.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{feff}', '\u{e0041}', '\u{7f}']), "{shown}");
        assert!(shown.contains("é\u{fffd}"));
        assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), [text]);
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(Foreign::new("x".repeat(1 << 20)).to_string().len(), SHOWN + 3);
    }
}

//! Foreign XML, read as a stream of finished elements: no document type, no entity of its own, and
//! bounded in size and depth.

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::text::Foreign;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Bytes of text kept of one element; angle grids are longer and of no use here.
const KEPT_TEXT: usize = 64 << 10;

/// An element that has just ended. Names are without their prefix.
pub(crate) struct Element<'a> {
    path: &'a [Open],
}

/// An element that is still open.
struct Open {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element<'_> {
    /// Whether the element's path ends in `names`, outermost first.
    pub(crate) fn ends(&self, names: &[&str]) -> bool {
        let skipped = self.path.len().checked_sub(names.len());
        skipped.is_some_and(|skip| self.path.iter().skip(skip).map(|open| open.name.as_str()).eq(names.iter().copied()))
    }

    /// The element's name.
    pub(crate) fn name(&self) -> &str {
        self.path.last().map_or("", |open| open.name.as_str())
    }

    /// Whether an element named `name` is around this one, or is this one.
    pub(crate) fn within(&self, name: &str) -> bool {
        self.path.iter().any(|open| open.name == name)
    }

    /// The text directly inside the element, without the white space around it.
    pub(crate) fn text(&self) -> &str {
        self.path.last().map_or("", |open| open.text.trim())
    }

    /// The attribute `name` of the element.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let attributes = &self.path.last()?.attributes;
        attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Calls `visit` for every element of the document as it ends.
///
/// # Errors
/// `Limit` for a document past `xml_bytes` or `xml_depth`; `Malformed` for anything that is not
/// well-formed UTF-8 XML, and for a document type or an entity that is not predefined.
pub(crate) fn elements(document: &[u8], limits: &Limits, mut visit: impl FnMut(&Element<'_>)) -> Result<()> {
    if document.len() as u64 > limits.xml_bytes {
        return Err(Error::limit(format!("{} bytes of XML pass the limit of {}", document.len(), limits.xml_bytes)));
    }
    let trimmed = document.strip_suffix(&[0]).unwrap_or(document);
    let text = std::str::from_utf8(trimmed).map_err(|_| Error::malformed("the XML is not UTF-8"))?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut path = Vec::new();
    loop {
        let event = reader
            .read_event()
            .map_err(|error| Error::malformed(format!("broken XML: {}", Foreign::new(error.to_string()))));
        let place = format!("byte {}", reader.buffer_position());
        if matches!(event, Ok(Event::Eof)) {
            break;
        }
        event.and_then(|event| step(event, &mut path, limits, &mut visit)).map_err(|error| error.at(place))?;
    }
    if path.is_empty() { Ok(()) } else { Err(Error::malformed("the XML ends inside an element")) }
}

/// Takes in one event.
fn step(event: Event<'_>, path: &mut Vec<Open>, limits: &Limits, visit: &mut impl FnMut(&Element<'_>)) -> Result<()> {
    match event {
        Event::Start(start) => enter(&start, path, limits)?,
        Event::Empty(start) => {
            enter(&start, path, limits)?;
            leave(path, visit);
        }
        Event::End(_) => leave(path, visit),
        Event::Text(text) => keep(path, &text.xml10_content()),
        Event::CData(text) => keep(path, &text.xml10_content()),
        Event::GeneralRef(reference) => keep(path, &resolved(&reference)?),
        Event::DocType(_) => return Err(Error::malformed("the XML has a document type (DTD), which is refused")),
        _ => {}
    }
    Ok(())
}

fn enter(start: &BytesStart<'_>, path: &mut Vec<Open>, limits: &Limits) -> Result<()> {
    if path.len() >= limits.xml_depth {
        return Err(Error::limit(format!("the XML is nested deeper than {}", limits.xml_depth)));
    }
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute
            .map_err(|error| Error::malformed(format!("broken XML attribute: {}", Foreign::new(error.to_string()))))?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), attribute.value.into_owned()));
    }
    path.push(Open { name: start.local_name().as_ref().to_owned(), attributes, text: String::new() });
    Ok(())
}

fn leave(path: &mut Vec<Open>, visit: &mut impl FnMut(&Element<'_>)) {
    visit(&Element { path });
    path.pop();
}

/// Adds text to the innermost open element, as far as it is kept.
fn keep(path: &mut [Open], text: &str) {
    if let Some(open) = path.last_mut().filter(|open| open.text.len() + text.len() <= KEPT_TEXT) {
        open.text.push_str(text);
    }
}

/// One of the five predefined entities, or a character by its number.
fn resolved(reference: &BytesRef<'_>) -> Result<String> {
    let name: &str = reference;
    let known = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => name.strip_prefix('#').and_then(numbered),
    };
    known.map(String::from).ok_or_else(|| Error::malformed("the XML names an entity that is not predefined"))
}

fn numbered(digits: &str) -> Option<char> {
    let number = match digits.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    number.ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn kind(document: &str) -> Kind {
        elements(document.as_bytes(), &Limits::default(), |_| {}).unwrap_err().kind()
    }

    #[test]
    fn finished_elements_know_their_path_text_and_attributes() {
        let mut seen = Vec::new();
        elements(b"<n:a><b id=\"3\">x &amp; &#x79;</b><c/></n:a>", &Limits::default(), |element| {
            seen.push((
                element.ends(&["a", "b"]),
                element.text().to_owned(),
                element.attribute("id").map(str::to_owned),
            ));
        })
        .unwrap();
        assert_eq!(seen[0], (true, "x & y".into(), Some("3".into())));
        assert_eq!(seen.len(), 3);
    }

    #[test]
    fn document_types_and_entities_are_refused() {
        let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><l>&b;</l>";
        assert_eq!(kind(laughs), Kind::Malformed);
        assert_eq!(kind("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>"), Kind::Malformed);
        assert_eq!(kind("<a>&xxe;</a>"), Kind::Malformed);
        assert_eq!(kind("<a>&#xd800;</a>"), Kind::Malformed);
    }

    #[test]
    fn what_the_parser_quotes_is_inert() {
        let error = elements("<a></\u{1b}]52;c\u{7}>".as_bytes(), &Limits::default(), |_| {}).unwrap_err();
        assert!(!error.to_string().contains('\u{1b}'), "{error}");
    }

    #[test]
    fn depth_and_size_are_bounded() {
        assert_eq!(kind(&("<a>".repeat(65) + &"</a>".repeat(65))), Kind::Limit);
        let small = Limits { xml_bytes: 8, ..Limits::default() };
        assert_eq!(elements(b"<a>12345</a>", &small, |_| {}).unwrap_err().kind(), Kind::Limit);
    }

    #[test]
    fn broken_documents_are_named() {
        for document in ["<a><b></a>", "<a>", "</a>", "<a b=1/>", "<a", "\u{1}<"] {
            assert_eq!(kind(document), Kind::Malformed, "{document}");
        }
    }
}

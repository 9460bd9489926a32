//! What a TIFF says in words: GDAL's metadata XML and nodata text, and the common ASCII tags.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use super::directory::Tags;
use crate::io::raster::{BandInfo, Dtype};
use crate::text::Foreign;

const XML: u16 = 42112;
const NODATA: u16 = 42113;
/// Tags of plain text and the names that GDAL gives them.
const TEXTS: [(u16, &str); 7] = [
    (269, "TIFFTAG_DOCUMENTNAME"),
    (270, "TIFFTAG_IMAGEDESCRIPTION"),
    (305, "TIFFTAG_SOFTWARE"),
    (306, "TIFFTAG_DATETIME"),
    (315, "TIFFTAG_ARTIST"),
    (316, "TIFFTAG_HOSTCOMPUTER"),
    (33432, "TIFFTAG_COPYRIGHT"),
];
/// Under this name the reader itself remarks on what it left out.
pub(super) const NOTE: &str = "NOTE";

/// Name and value of one item of metadata.
pub(super) type Pairs = Vec<(String, Foreign)>;

/// The bands as the file describes them, and its other items.
pub(super) fn read(tags: &Tags<'_>, bands: usize, dtype: Dtype) -> (Vec<BandInfo>, Pairs) {
    let mut pairs: Pairs = Vec::new();
    for (tag, name) in TEXTS {
        match tags.text(tag) {
            Ok(Some(text)) if !text.is_empty() => pairs.push((name.to_owned(), Foreign::new(text))),
            Ok(_) => {}
            Err(error) => note(&mut pairs, error),
        }
    }
    let nodata = nodata(tags, dtype, &mut pairs);
    let plain = BandInfo { description: None, dtype, nodata, scale: None, offset: None };
    let mut infos = vec![plain; bands];
    match tags.text(XML) {
        Ok(Some(xml)) => items(&xml, &mut infos, &mut pairs),
        Ok(None) => {}
        Err(error) => note(&mut pairs, error),
    }
    (infos, pairs)
}

/// Adds a remark of the reader.
pub(super) fn note(pairs: &mut Pairs, remark: impl std::fmt::Display) {
    pairs.push((NOTE.to_owned(), Foreign::new(remark.to_string())));
}

/// The nodata value, if the tag holds a number that a sample can have.
fn nodata(tags: &Tags<'_>, dtype: Dtype, pairs: &mut Pairs) -> Option<f64> {
    let text = match tags.text(NODATA) {
        Ok(text) => text?,
        Err(error) => {
            note(pairs, error);
            return None;
        }
    };
    let value = number(&text).and_then(|value| fitting(value, dtype));
    if value.is_none() {
        note(pairs, format!("nodata \"{}\" is no value of type {dtype:?} and was ignored", Foreign::new(text)));
    }
    value
}

/// A decimal number, `nan` or `inf` in any case and with any sign.
fn number(text: &str) -> Option<f64> {
    let text = text.trim().to_ascii_lowercase();
    if text.trim_start_matches(['-', '+']).starts_with("nan") { Some(f64::NAN) } else { text.parse().ok() }
}

/// `value` if a sample of `dtype` can hold it; for `F32` rounded to one.
pub(in crate::io) fn fitting(value: f64, dtype: Dtype) -> Option<f64> {
    let (low, high) = match dtype {
        Dtype::U8 => (0.0, f64::from(u8::MAX)),
        Dtype::I8 => (f64::from(i8::MIN), f64::from(i8::MAX)),
        Dtype::U16 => (0.0, f64::from(u16::MAX)),
        Dtype::I16 => (f64::from(i16::MIN), f64::from(i16::MAX)),
        Dtype::U32 => (0.0, f64::from(u32::MAX)),
        Dtype::I32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
        Dtype::U64 => (0.0, u64::MAX as f64),
        Dtype::I64 => (i64::MIN as f64, i64::MAX as f64),
        Dtype::F64 => return Some(value),
        Dtype::F32 => {
            let rounded = f64::from(value as f32);
            return (rounded.is_finite() || !value.is_finite()).then_some(rounded);
        }
    };
    (value.fract() == 0.0 && (low..=high).contains(&value)).then_some(value)
}

/// One `<Item>` of GDAL's XML.
#[derive(Default)]
struct Item {
    name: String,
    domain: String,
    role: String,
    sample: Option<usize>,
    text: String,
}

impl Item {
    fn new(tag: &BytesStart<'_>) -> Self {
        let mut item = Self::default();
        for attribute in tag.attributes().flatten() {
            let Ok(value) = attribute.normalized_value(XmlVersion::Implicit1_0) else { continue };
            match attribute.key.as_ref() {
                "name" => item.name = value.into_owned(),
                "domain" => item.domain = value.into_owned(),
                "role" => item.role = value.into_owned(),
                "sample" => item.sample = value.parse().ok(),
                _ => {}
            }
        }
        item
    }

    /// GDAL escapes the text of an item twice.
    fn unescape(&mut self) {
        if let Ok(std::borrow::Cow::Owned(text)) = quick_xml::escape::unescape(&self.text) {
            self.text = text;
        }
    }

    /// Puts the item where it belongs.
    fn settle(self, infos: &mut [BandInfo], pairs: &mut Pairs) {
        let band = self.sample.and_then(|sample| infos.get_mut(sample));
        let value = || self.text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
        match (self.role.as_str(), band) {
            ("description", Some(band)) => band.description = Some(Foreign::new(self.text)),
            ("scale", Some(band)) => band.scale = value(),
            ("offset", Some(band)) => band.offset = value(),
            _ => {
                let domain = if self.domain.is_empty() { String::new() } else { format!("{}:", self.domain) };
                let band = self.sample.map_or(String::new(), |sample| format!("band {}:", sample.saturating_add(1)));
                pairs.push((format!("{band}{domain}{}", self.name), Foreign::new(self.text)));
            }
        }
    }
}

/// Reads GDAL's XML. No DTD is heeded; what cannot be read is left out with a note.
fn items(xml: &str, infos: &mut [BandInfo], pairs: &mut Pairs) {
    let mut reader = quick_xml::Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let mut open: Option<Item> = None;
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) if tag.name().as_ref() == "Item" => open = Some(Item::new(&tag)),
            Ok(Event::Text(text)) => extend(&mut open, &text.xml10_content()),
            Ok(Event::CData(text)) => extend(&mut open, &text.xml10_content()),
            Ok(Event::GeneralRef(reference)) => extend(&mut open, &resolved(&reference)),
            Ok(Event::End(_)) => {
                if let Some(mut item) = open.take() {
                    item.unescape();
                    item.settle(infos, pairs);
                }
            }
            Ok(Event::DocType(_)) => return note(pairs, "GDAL_METADATA has a DTD and was left out"),
            Ok(Event::Eof) => return,
            Ok(_) => {}
            Err(error) => return note(pairs, format!("GDAL_METADATA is damaged: {error}")),
        }
    }
}

fn extend(open: &mut Option<Item>, text: &str) {
    if let Some(item) = open {
        item.text.push_str(text);
    }
}

/// The character that `&...;` stands for; nothing for an entity that XML does not define.
fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    quick_xml::escape::resolve_predefined_entity(&reference.xml10_content()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_items(xml: &str) -> (Vec<BandInfo>, Pairs) {
        let plain = BandInfo { description: None, dtype: Dtype::U16, nodata: None, scale: None, offset: None };
        let (mut infos, mut pairs) = (vec![plain; 2], Vec::new());
        items(xml, &mut infos, &mut pairs);
        (infos, pairs)
    }

    #[test]
    fn roles_go_to_their_bands() {
        let (infos, pairs) = read_items(
            "<GDALMetadata><Item name=\"DESCRIPTION\" sample=\"1\" role=\"description\">B8 &amp;lt;A&#65;</Item>\
             <Item name=\"SCALE\" sample=\"0\" role=\"scale\">0.0001</Item>\
             <Item name=\"OFFSET\" sample=\"0\" role=\"offset\">-0.1</Item>\
             <Item name=\"UNIT\" sample=\"1\">m</Item><Item name=\"A\" domain=\"X\">1</Item></GDALMetadata>",
        );
        assert_eq!(infos[1].description.as_ref().map(Foreign::raw), Some("B8 <AA"));
        assert_eq!((infos[0].scale, infos[0].offset), (Some(1e-4), Some(-0.1)));
        assert_eq!(pairs, [("band 2:UNIT".into(), Foreign::new("m")), ("X:A".into(), Foreign::new("1"))]);
    }

    #[test]
    fn hostile_xml_ends_in_a_note() {
        for xml in [
            "<!DOCTYPE x [<!ENTITY a \"b\">]><GDALMetadata/>",
            "<a></b>",
            "<Item name=\"x\" sample=\"99999999999999999999\">",
        ] {
            let (infos, pairs) = read_items(xml);
            assert!(infos.iter().all(|info| info.description.is_none()) && pairs.len() <= 1, "{xml}");
        }
        assert_eq!(read_items("<!DOCTYPE x><a/>").1[0].0, NOTE);
    }

    #[test]
    fn nodata_must_fit_the_samples() {
        assert_eq!(fitting(-9999.0, Dtype::U8), None);
        assert_eq!(fitting(0.5, Dtype::I16), None);
        assert_eq!(fitting(f64::NAN, Dtype::U16), None);
        assert!(fitting(f64::NAN, Dtype::F32).is_some_and(f64::is_nan));
        assert_eq!(fitting(1e300, Dtype::F32), None);
        assert_eq!(fitting(-3.4e38, Dtype::F32), Some(-3.399_999_952_144_364_2e38));
        assert!(number(" -NaN ").is_some_and(f64::is_nan));
        assert_eq!(number("none"), None);
    }
}

//! What a file says of itself: the tags of each level and GDAL's metadata document.

use super::geokeys;
use super::layout::Level;
use super::moments::Stats;
use super::spec::{Cell, Codec, Reduce, Spec};
use super::tags::{Field, Value};

/// Items of the file that have a TIFF tag of their own.
const TAGGED: [(&str, u16); 7] = [
    ("TIFFTAG_DOCUMENTNAME", 269),
    ("TIFFTAG_IMAGEDESCRIPTION", 270),
    ("TIFFTAG_SOFTWARE", 305),
    ("TIFFTAG_DATETIME", 306),
    ("TIFFTAG_ARTIST", 315),
    ("TIFFTAG_HOSTCOMPUTER", 316),
    ("TIFFTAG_COPYRIGHT", 33432),
];

/// The tags of level `number` with its tile table.
pub(super) fn directory(
    spec: &Spec,
    number: usize,
    level: &Level,
    stats: &Stats,
    (offsets, counts): (Vec<u64>, Vec<u32>),
) -> Vec<Field> {
    let (bits, format, predictor) = sample(spec.dtype);
    let short = |tag, value| Field::new(tag, Value::Short(vec![value]));
    let long = |tag, value: usize| Field::new(tag, Value::Long(vec![value as u32]));
    let mut fields = vec![
        long(256, level.width),
        long(257, level.height),
        short(258, bits),
        short(259, compression(spec.codec)),
        short(262, if spec.palette.is_some() { 3 } else { 1 }),
        short(277, 1),
        short(284, 1),
        long(322, spec.tile),
        long(323, spec.tile),
        Field::new(324, Value::Offset(offsets)),
        Field::new(325, Value::Long(counts)),
        short(339, format),
    ];
    if spec.codec != Codec::None {
        fields.push(short(317, predictor));
    }
    if let Some(palette) = &spec.palette {
        fields.push(Field::new(320, Value::Short(colour_map(palette))));
    }
    if let Some(nodata) = spec.nodata {
        fields.push(Field::new(42113, Value::Ascii(number_text(nodata))));
    }
    if number == 0 {
        fields.extend(geokeys::fields(&spec.grid));
        fields.extend(tagged(&spec.metadata));
        fields.push(Field::new(42112, Value::Ascii(document(spec, stats))));
    } else {
        fields.push(long(254, 1));
    }
    fields
}

/// BitsPerSample, SampleFormat and Predictor.
fn sample(cell: Cell) -> (u16, u16, u16) {
    use super::cell::Sample;
    match cell {
        Cell::U8 => (u8::WIDTH, u8::FORMAT, u8::PREDICTOR),
        Cell::U16 => (u16::WIDTH, u16::FORMAT, u16::PREDICTOR),
        Cell::I16 => (i16::WIDTH, i16::FORMAT, i16::PREDICTOR),
        Cell::F32 => (f32::WIDTH, f32::FORMAT, f32::PREDICTOR),
    }
}

fn compression(codec: Codec) -> u16 {
    match codec {
        Codec::None => 1,
        Codec::Deflate(_) => 8,
        Codec::Zstd(_) => 50000,
    }
}

/// 256 reds, greens and blues of 16 bits; values without a colour are black.
fn colour_map(palette: &[(u8, [u8; 4])]) -> Vec<u16> {
    let mut map = vec![0; 768];
    for (value, [red, green, blue, _]) in palette {
        for (plane, channel) in [red, green, blue].into_iter().enumerate() {
            if let Some(entry) = map.get_mut(plane * 256 + usize::from(*value)) {
                *entry = u16::from(*channel) * 257;
            }
        }
    }
    map
}

fn tagged(metadata: &[(String, String)]) -> impl Iterator<Item = Field> + '_ {
    let tag = |name: &str| TAGGED.iter().find(|(known, _)| *known == name).map(|(_, tag)| *tag);
    metadata.iter().filter_map(move |(name, text)| tag(name).map(|tag| Field::new(tag, Value::Ascii(text.clone()))))
}

/// The tag GDAL_METADATA: items of the file, then of the band.
fn document(spec: &Spec, stats: &Stats) -> String {
    let mut items = String::new();
    let file = spec.metadata.iter().filter(|(name, _)| !TAGGED.iter().any(|(known, _)| known == name));
    for (name, text) in file {
        item(&mut items, name, "", text);
    }
    match spec.overviews {
        Reduce::Average => item(&mut items, "OVERVIEW_RESAMPLING", "", "AVERAGE"),
        Reduce::Mode => item(&mut items, "OVERVIEW_RESAMPLING", "", "MODE"),
        Reduce::None => {}
    }
    for (value, name) in &spec.categories {
        item(&mut items, &format!("CATEGORY_{value}"), r#" sample="0""#, name);
    }
    let statistics = if spec.categories.is_empty() { statistics(stats) } else { Vec::new() };
    for (name, number) in statistics {
        item(&mut items, name, r#" sample="0""#, &number);
    }
    for (name, role, text) in [
        ("OFFSET", "offset", Some(number_text(spec.offset))),
        ("SCALE", "scale", Some(number_text(spec.scale))),
        ("UNITTYPE", "unittype", spec.unit.clone()),
        ("DESCRIPTION", "description", Some(spec.description.clone())),
    ] {
        if let Some(text) = text {
            item(&mut items, name, &format!(r#" sample="0" role="{role}""#), &text);
        }
    }
    format!("<GDALMetadata>\n{items}</GDALMetadata>\n")
}

/// Values are escaped twice, names once: GDAL writes them so and undoes both on reading.
fn item(items: &mut String, name: &str, attributes: &str, text: &str) {
    items.push_str(&format!("  <Item name=\"{}\"{attributes}>{}</Item>\n", escaped(name), escaped(&escaped(text))));
}

/// Text as XML takes it; control characters, which XML cannot say, become blanks.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            character if character.is_control() => out.push(' '),
            character => out.push(character),
        }
    }
    out
}

/// Statistics with GDAL's names and digits; of nothing but the share when no cell is valid.
fn statistics(stats: &Stats) -> Vec<(&'static str, String)> {
    let share = 100.0 * stats.valid as f64 / stats.cells.max(1) as f64;
    let share = ("STATISTICS_VALID_PERCENT", general(share, 4));
    if stats.valid == 0 {
        return vec![share];
    }
    vec![
        ("STATISTICS_MAXIMUM", general(stats.max, 14)),
        ("STATISTICS_MEAN", general(stats.mean, 14)),
        ("STATISTICS_MINIMUM", general(stats.min, 14)),
        ("STATISTICS_STDDEV", general(stats.stddev, 14)),
        share,
    ]
}

/// A number in the fewest digits that read back to it; never thousands of zeros.
fn number_text(number: f64) -> String {
    let size = number.abs();
    match number {
        _ if number.is_nan() => "nan".into(),
        _ if size != 0.0 && !(1e-5..1e17).contains(&size) => format!("{number:e}"),
        _ => number.to_string(),
    }
}

/// C's `%.{digits}g`.
fn general(number: f64, digits: usize) -> String {
    let scientific = format!("{number:.*e}", digits - 1);
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trimmed(mantissa), exponent.abs());
    }
    let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
    trimmed(&format!("{number:.decimals$}")).to_owned()
}

/// Without zeros at the end of a fraction.
fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values are those of C's printf.
    #[test]
    fn general_writes_like_c() {
        for (number, digits, expected) in [
            (0.0, 14, "0"),
            (78.7, 4, "78.7"),
            (100.0, 4, "100"),
            (99.999, 4, "100"),
            (0.01, 4, "0.01"),
            (1498.748120300752, 14, "1498.7481203008"),
            (-32768.0, 14, "-32768"),
            (1.5e-7, 14, "1.5e-07"),
            (1e20, 14, "1e+20"),
            (123_456_789_012_345.0, 14, "1.2345678901234e+14"),
        ] {
            assert_eq!(general(number, digits), expected);
        }
    }

    #[test]
    fn numbers_read_back() {
        for number in [0.0001, -9999.0, 1e300, -3.402_823_466_385_288_6e38, 1e-12, 0.0] {
            assert_eq!(number_text(number).parse::<f64>().unwrap(), number);
            assert!(number_text(number).len() < 30);
        }
    }

    #[test]
    fn text_cannot_leave_its_item() {
        assert_eq!(escaped("a\"<b>&\u{1}é"), "a&quot;&lt;b&gt;&amp; é");
    }
}

//! TIFF directories to bytes: header, GDAL's structural note, directories with their values, tile tables last.

/// GDAL's promise about the layout, read by its optimised readers. The blank at the end leaves
/// room for the YES that GDAL writes over the NO when it edits the file in place.
const NOTE: &str = "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n\
    BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n ";

/// The value of a tag.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Short(Vec<u16>),
    Long(Vec<u32>),
    Double(Vec<f64>),
    /// Text; the NUL at its end is added on writing.
    Ascii(String),
    /// File offsets: four bytes each in TIFF, eight in BigTIFF.
    Offset(Vec<u64>),
}

/// A tag with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) tag: u16,
    value: Value,
}

/// Tags whose values stand behind all directories, so that a reader of the head can skip them.
const TABLES: [u16; 2] = [324, 325];

impl Field {
    pub(super) fn new(tag: u16, value: Value) -> Self {
        Self { tag, value }
    }

    /// TIFF's type number, the count, and the bytes.
    fn parts(&self, big: bool) -> (u16, usize, Vec<u8>) {
        match &self.value {
            Value::Ascii(text) => {
                let mut bytes: Vec<u8> = text.bytes().filter(|byte| *byte != 0).collect();
                bytes.push(0);
                (2, bytes.len(), bytes)
            }
            Value::Short(words) => (3, words.len(), words.iter().flat_map(|word| word.to_le_bytes()).collect()),
            Value::Long(longs) => (4, longs.len(), longs.iter().flat_map(|long| long.to_le_bytes()).collect()),
            Value::Double(doubles) => (12, doubles.len(), doubles.iter().flat_map(|d| d.to_le_bytes()).collect()),
            Value::Offset(offsets) if big => {
                (16, offsets.len(), offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect())
            }
            Value::Offset(offsets) => {
                (4, offsets.len(), offsets.iter().flat_map(|offset| (*offset as u32).to_le_bytes()).collect())
            }
        }
    }
}

/// Everything before the first tile. The length depends on the tags' counts, never on the
/// offsets in them. The fields of a directory may come in any order.
pub(super) fn head(directories: &[Vec<Field>], big: bool) -> Vec<u8> {
    let mut head = Head { bytes: header(big), big, link: if big { 8 } else { 4 }, tables: Vec::new() };
    for fields in directories {
        head.directory(fields);
    }
    for (slot, table) in std::mem::take(&mut head.tables) {
        head.append(slot, &table);
    }
    head.align();
    head.bytes
}

/// The header, whose first link is not set yet, and the note.
fn header(big: bool) -> Vec<u8> {
    let mut bytes = b"II".to_vec();
    if big {
        bytes.extend([43, 0, 8, 0, 0, 0]);
        bytes.extend([0; 8]);
    } else {
        bytes.extend([42, 0]);
        bytes.extend([0; 4]);
    }
    bytes.extend(format!("GDAL_STRUCTURAL_METADATA_SIZE={:06} bytes\n", NOTE.len()).into_bytes());
    bytes.extend(NOTE.as_bytes());
    bytes
}

struct Head {
    bytes: Vec<u8>,
    big: bool,
    /// Where the offset of the next directory goes.
    link: usize,
    /// Values that wait for the end, with the place of their offset.
    tables: Vec<(usize, Vec<u8>)>,
}

impl Head {
    fn directory(&mut self, fields: &[Field]) {
        let mut fields: Vec<&Field> = fields.iter().collect();
        fields.sort_by_key(|field| field.tag);
        self.align();
        self.set_offset(self.link, self.bytes.len());
        let (count_bytes, entry_bytes, inline) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let start = self.bytes.len() + count_bytes;
        let count = (fields.len() as u64).to_le_bytes();
        self.bytes.extend(count.iter().take(count_bytes));
        self.link = start + fields.len() * entry_bytes;
        self.bytes.resize(self.link + inline, 0);
        for (number, field) in fields.into_iter().enumerate() {
            let entry = start + number * entry_bytes;
            let (kind, count, value) = field.parts(self.big);
            self.set(entry, &field.tag.to_le_bytes());
            self.set(entry + 2, &kind.to_le_bytes());
            self.set_offset(entry + 4, count);
            let slot = entry + 4 + inline;
            if value.len() <= inline {
                self.set(slot, &value);
            } else if TABLES.contains(&field.tag) {
                self.tables.push((slot, value));
            } else {
                self.append(slot, &value);
            }
        }
    }

    /// Puts a value at the end and its offset into `slot`.
    fn append(&mut self, slot: usize, value: &[u8]) {
        self.align();
        self.set_offset(slot, self.bytes.len());
        self.bytes.extend_from_slice(value);
    }

    fn align(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
    }

    /// A number of the width that offsets and counts have.
    fn set_offset(&mut self, at: usize, number: usize) {
        let bytes = (number as u64).to_le_bytes();
        let (short, _) = bytes.split_at(4);
        if self.big { self.set(at, &bytes) } else { self.set(at, short) }
    }

    fn set(&mut self, at: usize, value: &[u8]) {
        if let Some(place) = self.bytes.get_mut(at..at + value.len()) {
            place.copy_from_slice(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_tells_its_length() {
        let header = header(false);
        let text = String::from_utf8_lossy(&header[8..]).into_owned();
        let (first, rest) = text.split_once('\n').unwrap();
        assert_eq!(first, format!("GDAL_STRUCTURAL_METADATA_SIZE={:06} bytes", rest.len()));
        assert!(rest.ends_with("KNOWN_INCOMPATIBLE_EDITION=NO\n "));
    }

    #[test]
    fn the_length_does_not_depend_on_offsets() {
        for big in [false, true] {
            let of = |offset| {
                let one = vec![Field::new(325, Value::Long(vec![7])), Field::new(324, Value::Offset(vec![offset]))];
                let many = vec![Field::new(324, Value::Offset(vec![offset; 5]))];
                head(&[one, many], big)
            };
            let (low, high) = (of(0), of(0xfedc_ba98));
            assert!(low.len() == high.len() && low != high);
        }
    }
}

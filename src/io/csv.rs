//! Tables as comma-separated values (RFC 4180): read into rows of fields, written back with quotes where needed.

use crate::error::{Error, Result};

/// The rows of a table; rows without a field are left out. Quoted fields may hold commas, line ends and doubled
/// quotes; a byte order mark and lines that begin with `#` are passed over.
///
/// # Errors
/// `Malformed` with the line for a quote that is never closed, or text behind a closing quote.
pub fn rows(text: &str) -> Result<Vec<Vec<String>>> {
    let mut rest = text.trim_start_matches('\u{feff}');
    let mut line = 1;
    let mut found = Vec::new();
    while !rest.is_empty() {
        if rest.starts_with('#') {
            let end = rest.find('\n').map_or(rest.len(), |end| end + 1);
            rest = rest.get(end..).unwrap_or_default();
            line += 1;
            continue;
        }
        let (row, behind) = row(rest).map_err(|error| error.at(format!("line {line}")))?;
        line += rest
            .len()
            .checked_sub(behind.len())
            .map_or(0, |taken| rest.get(..taken).unwrap_or_default().matches('\n').count());
        rest = behind;
        if row.iter().any(|field| !field.is_empty()) {
            found.push(row);
        }
    }
    Ok(found)
}

/// One row, and what comes behind it.
fn row(text: &str) -> Result<(Vec<String>, &str)> {
    let (mut fields, mut rest) = (Vec::new(), text);
    loop {
        let (field, behind) =
            if let Some(quoted) = rest.strip_prefix('"') { quoted_field(quoted)? } else { plain_field(rest) };
        fields.push(field);
        match behind.strip_prefix(',') {
            Some(more) => rest = more,
            None => {
                let behind = behind.strip_prefix('\r').unwrap_or(behind);
                return match behind.strip_prefix('\n') {
                    Some(behind) => Ok((fields, behind)),
                    None if behind.is_empty() => Ok((fields, behind)),
                    None => Err(Error::malformed("text behind a closing quote")),
                };
            }
        }
    }
}

fn plain_field(text: &str) -> (String, &str) {
    let end = text.find([',', '\n']).unwrap_or(text.len());
    let (field, behind) = text.split_at(end);
    (field.trim().to_owned(), behind)
}

fn quoted_field(mut text: &str) -> Result<(String, &str)> {
    let mut field = String::new();
    loop {
        let (part, behind) = text.split_once('"').ok_or_else(|| Error::malformed("a quote is never closed"))?;
        field.push_str(part);
        match behind.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                text = more;
            }
            None => return Ok((field, behind)),
        }
    }
}

/// Fields as one line with its end.
pub fn line<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = |field: &str| {
        if field.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field.to_owned()
        }
    };
    let fields: Vec<String> = fields.into_iter().map(quoted).collect();
    fields.join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_of_every_kind() {
        let text = "\u{feff}a, b ,c\r\n# said by the way\n\n\"x, \"\"y\"\"\n z\",,2\n,,\nlast";
        assert_eq!(rows(text).unwrap(), [vec!["a", "b", "c"], vec!["x, \"y\"\n z", "", "2"], vec!["last"]]);
        assert!(rows("").unwrap().is_empty());
    }

    #[test]
    fn broken_quotes_are_placed() {
        for text in ["a\nb,\"c", "a\n\"b\"c\n"] {
            assert_eq!(rows(text).unwrap_err().place(), Some("line 2"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(fields in prop::collection::vec("[a-c,\"\n\r ]{1,6}", 1..5)) {
            let marked: Vec<String> = fields.iter().map(|field| format!("<{field}>")).collect();
            let text = line(marked.iter().map(String::as_str));
            prop_assert_eq!(rows(&text).unwrap(), vec![marked]);
        }
    }
}

//! Letters: text becomes what the built-in font can show, wrapped to a width in characters.

/// `text` in one line of characters that the font has (Latin-1). Cyrillic is romanised (Ukrainian
/// after the Cabinet of Ministers' table of 2010, Russian letters by the same sounds), dashes and
/// quotes become their plain forms, and whatever is left becomes `?`.
pub(super) fn legible(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut inside_word = false;
    for character in text.chars() {
        match plain(character) {
            Some(same) => line.push(same),
            None => push_romanised(&mut line, character, inside_word),
        }
        inside_word = character.is_alphabetic() || matches!(character, '\'' | '\u{2019}' | '\u{2bc}');
    }
    line
}

/// The character itself or its plain form, if the font has one.
fn plain(character: char) -> Option<char> {
    match character {
        ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{ff}' => Some(character),
        '\t' | '\n' | '\r' | '\u{a0}' | '\u{2009}' | '\u{202f}' => Some(' '),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => Some('-'),
        '\u{2018}' | '\u{2019}' | '\u{2bc}' => Some('\''),
        '\u{201c}'..='\u{201e}' => Some('"'),
        '\u{2264}' => Some('<'),
        '\u{2265}' => Some('>'),
        _ => None,
    }
}

/// Appends a Cyrillic letter in Latin letters, or `?`.
fn push_romanised(line: &mut String, character: char, inside_word: bool) {
    let lower = character.to_lowercase().next().unwrap_or(character);
    let Some(latin) = romanised(lower, inside_word) else {
        line.push('?');
        return;
    };
    let mut letters = latin.chars();
    if lower != character
        && let Some(first) = letters.next()
    {
        line.extend(first.to_uppercase());
    }
    line.push_str(letters.as_str());
}

/// One lower-case Cyrillic letter in Latin letters; some letters differ at the start of a word.
fn romanised(letter: char, inside_word: bool) -> Option<&'static str> {
    let initial = |first, later| if inside_word { later } else { first };
    Some(match letter {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "h",
        'ґ' => "g",
        'д' => "d",
        'е' | 'э' | 'ё' => "e",
        'є' => initial("ye", "ie"),
        'ж' => "zh",
        'з' => "z",
        'и' | 'ы' => "y",
        'і' => "i",
        'ї' => initial("yi", "i"),
        'й' => initial("y", "i"),
        'к' => "k",
        'л' => "l",
        'м' => "m",
        'н' => "n",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'у' => "u",
        'ф' => "f",
        'х' => "kh",
        'ц' => "ts",
        'ч' => "ch",
        'ш' => "sh",
        'щ' => "shch",
        'ь' | 'ъ' => "",
        'ю' => initial("yu", "iu"),
        'я' => initial("ya", "ia"),
        _ => return None,
    })
}

/// `text`, which is legible already, in lines of at most `columns` characters, broken at spaces where possible, and cut with
/// `...` after `lines` lines.
pub(super) fn wrapped(text: &str, columns: usize, lines: usize) -> Vec<String> {
    let columns = columns.max(4);
    let mut done: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace().flat_map(|word| pieces(word, columns)) {
        let needed = line.chars().count() + usize::from(!line.is_empty()) + word.chars().count();
        if needed > columns {
            done.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    done.push(line);
    if done.len() > lines {
        done.truncate(lines);
        if let Some(last) = done.last_mut() {
            *last = last.chars().take(columns - 3).chain("...".chars()).collect();
        }
    }
    done
}

/// A word cut into pieces of at most `columns` characters.
fn pieces(word: &str, columns: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.chunks(columns).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_places_are_romanised() {
        for (given, shown) in [
            ("Вовчанськ", "Vovchansk"),
            ("Яготин, Юрʼївка", "Yahotyn, Yur'ivka"),
            ("Щастя – Київ", "Shchastia - Kyiv"),
            ("dNBR ≥ 0.27", "dNBR > 0.27"),
            ("São Félix", "São Félix"),
            ("東京\u{202e}", "???"),
        ] {
            assert_eq!(legible(given), shown);
        }
    }

    #[test]
    fn lines_keep_to_their_width() {
        assert_eq!(wrapped("one two three", 7, 9), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij kl", 4, 9), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrapped("one two three four", 7, 2), ["one two", "thre..."]);
        assert_eq!(wrapped("", 7, 2), [""]);
    }
}

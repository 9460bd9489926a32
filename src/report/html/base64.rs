//! Base64 (RFC 4648, section 4, with padding): for embedded pictures and the hashes of scripts.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `bytes` in base64.
pub(super) fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, at| bits << 8 | u32::from(group.get(at).copied().unwrap_or(0)));
        for place in 0..4 {
            let written = place <= group.len();
            text.push(if written { letter(bits >> (18 - 6 * place)) } else { '=' });
        }
    }
    text
}

fn letter(bits: u32) -> char {
    ALPHABET.get(bits as usize & 63).map_or('=', |letter| char::from(*letter))
}

#[cfg(test)]
mod tests {
    use super::encoded;

    /// The vectors of RFC 4648, section 10.
    #[test]
    fn vectors_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encoded(bytes.as_bytes()), text);
        }
        assert_eq!(encoded(&[0xff, 0xef, 0xbe]), "/+++");
    }
}

//! Text of a snapshot as valid UTF-8, whatever the JSON held.

use std::fmt;
use std::ops::Deref;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A string in which each lone surrogate (legal in a Python `str`, not in UTF-8) has become U+FFFD.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text(pub String);

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As bytes, because only then does serde_json let lone surrogates through (as three bytes each).
        deserializer.deserialize_bytes(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Text, E> {
        Ok(Text(match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => without_surrogates(bytes),
        }))
    }
}

/// Replaces each encoded surrogate (ED A0..BF xx), or any other byte that is not UTF-8, by one U+FFFD.
fn without_surrogates(bytes: &[u8]) -> String {
    let mut cleaned = Vec::with_capacity(bytes.len());
    let mut position = 0;
    while position < bytes.len() {
        match bytes[position..] {
            [0xED, 0xA0..=0xBF, 0x80..=0xBF, ..] => {
                cleaned.extend_from_slice("\u{FFFD}".as_bytes());
                position += 3;
            }
            _ => {
                cleaned.push(bytes[position]);
                position += 1;
            }
        }
    }
    String::from_utf8_lossy(&cleaned).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_become_one_replacement_character() {
        let text: Text = serde_json::from_str(r#""a\ud800b\udfffc""#).unwrap();
        assert_eq!(&*text, "a\u{FFFD}b\u{FFFD}c");
    }

    #[test]
    fn paired_surrogates_and_plain_text_stay() {
        let text: Text = serde_json::from_str(r#""\ud83d\ude00é\u0000""#).unwrap();
        assert_eq!(&*text, "😀é\0");
    }

    #[test]
    fn numbers_are_not_text() {
        assert!(serde_json::from_str::<Text>("[1]").is_err());
        assert!(serde_json::from_str::<Text>("1").is_err());
    }
}

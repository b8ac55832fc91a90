//! Objects as Python literals: what a key is called, what can be pasted.

use super::python_syntax::is_literal;
use super::{HeapGraph, Object};

/// Longest literal shown as a name, in characters.
pub const MAX_LITERAL: usize = 60;

impl HeapGraph {
    /// A literal for people: `'uid'`, `42`, `None`, `('a', 1)`; long text is cut and ends with `…`. `None` when the
    /// snapshot doesn't know the object's text.
    pub fn literal(&self, object: Object) -> Option<String> {
        self.write_literal(object, 2, Exact::No)
    }

    /// A literal that evaluates to an equal object; `None` when the text is unknown or was shortened.
    pub fn exact_literal(&self, object: Object) -> Option<String> {
        self.write_literal(object, 4, Exact::Yes)
    }

    /// `depth` bounds nested tuples, the only containers that can be keys and have a literal.
    fn write_literal(&self, object: Object, depth: u32, exact: Exact) -> Option<String> {
        let of = self.type_of(object);
        if of.module != "builtins" {
            return None;
        }
        match of.name.as_str() {
            "NoneType" => return Some("None".to_owned()),
            "tuple" if depth > 0 => return self.tuple_literal(object, depth, exact),
            _ => {}
        }
        let known = self.text(object)?;
        match (of.name.as_str(), exact) {
            (_, Exact::Yes) if !known.is_whole || known.text.contains('\u{FFFD}') => None,
            ("str", Exact::Yes) => Some(python_str(known.text)),
            ("str", Exact::No) => {
                let (text, is_cut) = shortened(known.text);
                let mut literal = python_str(text);
                if is_cut || !known.is_whole {
                    literal.insert(literal.len() - 1, '…');
                }
                Some(literal)
            }
            ("int" | "float" | "complex" | "bool" | "bytes", _) => {
                let (text, is_cut) = shortened(known.text);
                match exact {
                    // `nan` and `inf` are what repr prints, and no literals; other things a snapshot may claim.
                    Exact::Yes => is_literal(&of.name, known.text).then(|| known.text.to_owned()),
                    Exact::No if is_cut || !known.is_whole => Some(format!("{text}…")),
                    Exact::No => Some(text.to_owned()),
                }
            }
            _ => None,
        }
    }

    fn tuple_literal(&self, tuple: Object, depth: u32, exact: Exact) -> Option<String> {
        if self.references_of(tuple) > 8 {
            return None;
        }
        let mut parts = Vec::new();
        for reference in self.references(tuple) {
            parts.push(self.write_literal(reference.referent?, depth - 1, exact)?);
        }
        Some(match parts.as_slice() {
            [only] => format!("({only},)"),
            _ => format!("({})", parts.join(", ")),
        })
    }
}

/// Whether a literal must evaluate to the object or only name it.
#[derive(Clone, Copy, PartialEq)]
enum Exact {
    Yes,
    No,
}

fn shortened(text: &str) -> (&str, bool) {
    match text.char_indices().nth(MAX_LITERAL) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

/// A Python string literal in single quotes, as `repr` writes it: printable characters as they are, others escaped.
pub fn python_str(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push(quote);
    for character in text.chars() {
        match character {
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c if c == quote => {
                literal.push('\\');
                literal.push(c);
            }
            c if is_unprintable(c) => match u32::from(c) {
                code @ 0..=0xFF => literal.push_str(&format!("\\x{code:02x}")),
                code @ 0x100..=0xFFFF => literal.push_str(&format!("\\u{code:04x}")),
                code => literal.push_str(&format!("\\U{code:08x}")),
            },
            c => literal.push(c),
        }
    }
    literal.push(quote);
    literal
}

/// Characters that would be invisible or change the text around them: controls, line separators, marks of direction,
/// zero-width and private ones.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn string_literals_are_what_repr_prints() {
        assert_eq!(python_str("uid"), "'uid'");
        assert_eq!(python_str("it's"), "\"it's\"");
        assert_eq!(python_str("'\""), "'\\'\"'");
        assert_eq!(python_str("a\n\t\\\u{7}é😀"), "'a\\n\\t\\\\\\x07é😀'");
        assert_eq!(python_str("\u{202E}\u{E0001}"), "'\\u202e\\U000e0001'");
    }
}

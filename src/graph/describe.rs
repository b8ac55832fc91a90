//! What one object is, in a few words: "3 items", a function's name, a short text.

use super::{HeapGraph, Object, ObjectText, literal};

impl HeapGraph {
    /// A few words that tell the object from others of its type; empty when nothing is known.
    ///
    /// Containers say how many elements they have, functions, modules and types their name, others their literal or text.
    pub fn description(&self, object: Object) -> String {
        if let Some(literal) = self.literal(object)
            && self.elements(object).is_none()
        {
            return literal;
        }
        if let Some(ObjectText { text, is_whole, .. }) = self.text(object) {
            return shorten(text, is_whole);
        }
        match self.elements(object) {
            Some((1, what)) => format!("1 {what}"),
            Some((count, what)) => format!("{} {what}s", crate::units::count(count)),
            None => String::new(),
        }
    }
}

fn shorten(text: &str, is_whole: bool) -> String {
    let mut short: String = text.chars().take(literal::MAX_LITERAL).collect();
    if !is_whole || short.len() < text.len() {
        short.push('…');
    }
    short
}

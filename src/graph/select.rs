//! From what a user names to objects: an address, a pattern of types.

use crate::units::Address;

use super::{HeapGraph, Object, Type, short_name};

/// Why a selection found nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// No object at that address.
    #[error(
        "no object at {address} in this snapshot{nearest}; addresses are those of id() when the snapshot was taken: \
         list some with --type NAME"
    )]
    NoSuchAddress {
        /// What was asked for.
        address: Address,
        /// A hint, empty or `(the nearest is 0x…)`.
        nearest: String,
    },
    /// No type fits.
    #[error("no type of this snapshot is called `{pattern}`{close}; see `heapgraph common --full-names` for the names")]
    NoSuchType {
        /// What was asked for.
        pattern: String,
        /// A hint, empty or ` (did you mean …?)`.
        close: String,
    },
    /// The pattern is not one.
    #[error("`{pattern}` is not a pattern of type names: {reason}")]
    BadPattern {
        /// What was asked for.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A type as users name it: short or full name, or an `fnmatch` pattern (`*`, `?`, `[…]`) of either.
#[derive(Debug, Clone)]
pub struct TypePattern {
    text: String,
    pattern: glob::Pattern,
}

impl TypePattern {
    /// As it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of types that are most like what was asked for: empty, or ` (did you mean …?)`. Linear in the names.
    pub fn did_you_mean(&self, names: impl IntoIterator<Item = String>) -> String {
        let wanted = self.text.to_lowercase();
        let likely = |name: String| Some((likeness(&name.to_lowercase(), &wanted)?, name));
        let mut close: Vec<(Likeness, String)> = names.into_iter().filter_map(likely).collect();
        close.sort();
        close.dedup();
        close.truncate(3);
        let close: Vec<String> = close.into_iter().map(|(_, name)| name).collect();
        if close.is_empty() { String::new() } else { format!(" (did you mean {}?)", close.join(", ")) }
    }

    /// Reads a pattern.
    ///
    /// # Errors
    /// [`SelectError::BadPattern`] when a bracket is left open.
    pub fn new(text: &str) -> Result<Self, SelectError> {
        match glob::Pattern::new(text) {
            Ok(pattern) => Ok(TypePattern { text: text.to_owned(), pattern }),
            Err(error) => Err(SelectError::BadPattern { pattern: text.to_owned(), reason: error.msg.to_owned() }),
        }
    }

    /// Whether a type of this full name is meant.
    pub fn matches(&self, full_name: &str) -> bool {
        full_name == self.text || self.pattern.matches(full_name) || self.pattern.matches(short_name(full_name))
    }

    /// Whether all of a text is meant, whatever kind of name it is.
    pub fn matches_whole(&self, text: &str) -> bool {
        self.pattern.matches(text)
    }

    /// Whether a type is meant, by its own name or by that of its module.
    pub fn matches_type_or_module(&self, of: &Type) -> bool {
        self.matches(&of.full_name()) || of.module == self.text || self.pattern.matches(&of.module)
    }
}

impl HeapGraph {
    /// The object at an address, or an error that helps.
    ///
    /// # Errors
    /// [`SelectError::NoSuchAddress`].
    pub fn select_address(&self, address: Address) -> Result<Object, SelectError> {
        self.object_at(address).ok_or_else(|| SelectError::NoSuchAddress { address, nearest: self.holder_of(address) })
    }

    /// An address inside an object is a usual slip (a C pointer, a field): say whose it is.
    fn holder_of(&self, address: Address) -> String {
        let Some(object) = self.addresses.at_or_before(address.0) else { return String::new() };
        let start = self.address(object).0;
        if address.0 - start < self.size(object) {
            format!(" (it lies inside the {} at {})", self.type_of(object).full_name(), Address(start))
        } else {
            String::new()
        }
    }

    /// All objects whose type fits, by ascending address. Linear in the objects.
    ///
    /// # Errors
    /// [`SelectError::NoSuchType`] when no type with instances fits.
    pub fn select_type(&self, pattern: &TypePattern) -> Result<Vec<Object>, SelectError> {
        let fits: Vec<bool> = self.types.iter().map(|of| pattern.matches(&of.full_name())).collect();
        let found: Vec<Object> = self.objects_of_types(&fits).collect();
        if found.is_empty() {
            return Err(self.no_such_type(pattern));
        }
        Ok(found)
    }

    /// For each type whether one of the patterns means it or its module; empty without patterns. Linear in the types.
    ///
    /// # Errors
    /// [`SelectError::NoSuchType`] when a pattern fits no type: it would have no effect.
    pub fn match_types(&self, patterns: &[TypePattern]) -> Result<Vec<bool>, SelectError> {
        if patterns.is_empty() {
            return Ok(Vec::new());
        }
        let mut fits = vec![false; self.types.len()];
        for pattern in patterns {
            let mut is_used = false;
            for (of, fits) in self.types.iter().zip(&mut fits) {
                let is_meant = pattern.matches_type_or_module(of);
                is_used |= is_meant;
                *fits |= is_meant;
            }
            if !is_used {
                return Err(self.no_such_type(pattern));
            }
        }
        Ok(fits)
    }

    fn no_such_type(&self, pattern: &TypePattern) -> SelectError {
        let close = pattern.did_you_mean(self.types.iter().map(|of| of.full_name()));
        SelectError::NoSuchType { pattern: pattern.text.clone(), close }
    }
}

/// How much a type's name is like what was asked for; less is more alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// The same, or one holds the other.
    Same,
    /// So many letters differ.
    Letters(usize),
}

/// `None` when the names have little in common. Both in lower case.
fn likeness(full: &str, wanted: &str) -> Option<Likeness> {
    let short = short_name(full);
    if short == wanted || short.contains(wanted) || wanted.ends_with(&format!(".{short}")) {
        return Some(Likeness::Same);
    }
    // Long names are no slips of the pen, and would take long to compare.
    let name = if wanted.contains('.') { full } else { short };
    if name.len() > 100 || wanted.len() > 100 {
        return None;
    }
    let letters = strsim::osa_distance(name, wanted);
    (letters * 3 <= wanted.chars().count()).then_some(Likeness::Letters(letters))
}

//! What a reference is as an edge: the kind that viewers show it by, and its name.

use crate::graph::{HeapGraph, Reference, Slot, is_identifier};

use super::strings::Strings;

/// Types of edges by their place in `edge_types`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EdgeKind {
    /// Its name is a number.
    Element = 1,
    /// A name, or a key.
    Property = 2,
    /// A slot that Python does not reach.
    Internal = 3,
    /// Keeps nothing alive.
    Weak = 6,
}

/// The names of slots in the table of strings.
pub(super) struct Edges {
    /// By shape its fixed slots: position, kind, name; ascending.
    fields: Vec<Vec<(u32, EdgeKind, u32)>>,
    key: u32,
    value: u32,
    member: u32,
    item: u32,
    unnamed: u32,
}

impl Edges {
    pub fn of(graph: &HeapGraph, strings: &mut Strings) -> Edges {
        let fields = (0..graph.shape_count())
            .map(|shape| {
                let fields = graph.fields_of_shape(shape);
                let named = fields.map(|(position, name)| {
                    let (kind, name) = field(name);
                    (position, kind, strings.fixed(&name))
                });
                named.collect()
            })
            .collect();
        Edges {
            fields,
            key: strings.fixed("key"),
            value: strings.fixed("value of an unknown key"),
            member: strings.fixed("member"),
            item: strings.fixed("item"),
            unnamed: strings.fixed("slot without a name"),
        }
    }

    /// Kind and name of a reference; `name` is an index into the strings, or the number of an element.
    pub fn edge(
        &self,
        graph: &HeapGraph,
        reference: Reference,
        keeps_alive: bool,
        strings: &mut Strings,
    ) -> (EdgeKind, u32) {
        let (kind, name) = match graph.slot(reference) {
            Slot::Field(_) => {
                let fields = &self.fields[graph.shape_index(reference.referrer)];
                match fields.binary_search_by_key(&reference.position, |field| field.0) {
                    Ok(found) => (fields[found].1, fields[found].2),
                    Err(_) => (EdgeKind::Internal, self.unnamed),
                }
            }
            Slot::Index(index) | Slot::Flat(index) if keeps_alive => (EdgeKind::Element, index),
            Slot::Index(_) | Slot::Flat(_) => (EdgeKind::Internal, self.item),
            Slot::Key => (EdgeKind::Internal, self.key),
            Slot::Value(key) => match key.and_then(|key| strings.key(graph, key)) {
                Some(name) => (EdgeKind::Property, name),
                None => (EdgeKind::Internal, self.value),
            },
            Slot::Member => (EdgeKind::Internal, self.member),
            Slot::Unnamed => (EdgeKind::Internal, self.unnamed),
        };
        if keeps_alive { (kind, name) } else { (EdgeKind::Weak, name) }
    }
}

/// An attribute goes without its dot, which viewers write themselves. Where Chrome would take a name for an entry of a `WeakMap`, whose
/// table keeps nothing alive, it is a property.
fn field(name: &str) -> (EdgeKind, String) {
    let bare = name.strip_prefix('.').unwrap_or(name);
    match name.starts_with(['.', '[', '(']) {
        true if is_identifier(bare) => (EdgeKind::Property, bare.to_owned()),
        true => (EdgeKind::Property, name.to_owned()),
        false if name.contains("WeakMap") => (EdgeKind::Property, name.to_owned()),
        false => (EdgeKind::Internal, name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_named_as_viewers_show_it() {
        assert_eq!(field(".user"), (EdgeKind::Property, "user".to_owned()));
        assert_eq!(field(".gi_frame.f_locals['job']"), (EdgeKind::Property, ".gi_frame.f_locals['job']".to_owned()));
        assert_eq!(field("value stack"), (EdgeKind::Internal, "value stack".to_owned()));
        let crafted = "1 / part of key (a @1) -> value (b @2) pair in WeakMap (table @129)";
        assert_eq!(field(crafted).0, EdgeKind::Property);
    }
}

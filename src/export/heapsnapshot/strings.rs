//! The table of strings: names of classes and slots once each, then texts of objects, then keys.

use std::collections::HashMap;
use std::io;

use crate::graph::{HeapGraph, Object, ObjectText};

use super::{NodeKind, Numbers};

/// Which strings stand where. Texts are not copied: they are looked up again when they are written.
pub(super) struct Strings {
    fixed: Vec<String>,
    places: HashMap<String, u32>,
    /// Objects that are named by their text, in the order of their strings.
    texts: Vec<Object>,
    /// Keys that name values, in the order of their strings.
    keys: Vec<Object>,
    /// Per object: 0 when it was not asked as a key, 1 when it has no literal, else the place in `keys` and 2.
    as_key: Vec<u32>,
}

/// The nodes of the objects of a type.
#[derive(Debug, Clone, Copy)]
pub(super) struct TypeNode {
    kind: NodeKind,
    name: u32,
    /// The objects are named by their texts.
    by_text: bool,
}

impl Strings {
    pub fn new() -> Strings {
        Strings { fixed: Vec::new(), places: HashMap::new(), texts: Vec::new(), keys: Vec::new(), as_key: Vec::new() }
    }

    /// The place of a string that is in the table once. All of them come before the first text is asked for.
    pub fn fixed(&mut self, text: &str) -> u32 {
        if let Some(&place) = self.places.get(text) {
            return place;
        }
        let place = self.fixed.len() as u32;
        self.fixed.push(text.to_owned());
        self.places.insert(text.to_owned(), place);
        place
    }

    /// How the objects of each type are shown. Linear in the types.
    pub fn types(&mut self, graph: &HeapGraph) -> Vec<TypeNode> {
        let nodes = graph.types.iter().map(|of| {
            let full = of.full_name();
            let (kind, by_text) = match full.as_str() {
                "str" => (NodeKind::String, true),
                "function" => (NodeKind::Closure, true),
                "code" => (NodeKind::Code, true),
                _ => (NodeKind::Object, false),
            };
            TypeNode { kind, name: self.fixed(&class_name(full)), by_text }
        });
        nodes.collect()
    }

    /// The kind of an object's node and its name. A `str` whose text is unknown is no node of the kind `string`: all of them would
    /// be taken for copies of one.
    pub fn node(&mut self, graph: &HeapGraph, object: Object, types: &[TypeNode]) -> (NodeKind, u32) {
        let of = types[graph.type_id(object).index()];
        match (of.kind, of.by_text && graph.text(object).is_some()) {
            (kind, true) => {
                self.texts.push(object);
                (kind, (self.fixed.len() + self.texts.len() - 1) as u32)
            }
            (NodeKind::String, false) => (NodeKind::Object, of.name),
            (kind, false) => (kind, of.name),
        }
    }

    /// The name of a value behind a key: its literal; `None` when that is unknown. All texts come before the first key.
    pub fn key(&mut self, graph: &HeapGraph, key: Object) -> Option<u32> {
        if self.as_key.is_empty() {
            self.as_key = vec![0; graph.object_count()];
        }
        let known = &mut self.as_key[key.index()];
        if *known == 0 {
            *known = 1;
            if graph.literal(key).is_some() {
                self.keys.push(key);
                *known = self.keys.len() as u32 + 1;
            }
        }
        let at = known.checked_sub(2)?;
        Some((self.fixed.len() + self.texts.len()) as u32 + at)
    }

    /// Writes the table, without its brackets; returns its length.
    pub fn write(&self, graph: &HeapGraph, out: &mut Numbers<'_>) -> io::Result<u64> {
        let mut length = 0;
        let mut line = Vec::new();
        let mut put = |text: &str| {
            line.clear();
            if length > 0 {
                line.extend_from_slice(b",\n");
            }
            serde_json::to_writer(&mut line, text)?;
            length += line.len() as u64;
            out.bytes(&line)
        };
        for text in &self.fixed {
            put(text)?;
        }
        for &object in &self.texts {
            match graph.text(object) {
                Some(ObjectText { text, is_whole: true, .. }) => put(text)?,
                Some(ObjectText { text, .. }) => put(&format!("{text}…"))?,
                None => put("")?,
            }
        }
        for &key in &self.keys {
            put(&graph.literal(key).unwrap_or_default())?;
        }
        Ok(length)
    }
}

/// The name of a class as viewers show it: they cut one that begins with `<` at its first blank, and name an `Object` by its
/// properties; a function is `Function` to them.
fn class_name(full: String) -> String {
    match full.as_str() {
        "" => "(type without a name)".to_owned(),
        "Object" | "Function" | "RegExp" | "Array" => format!("builtins.{full}"),
        _ if full.starts_with(['<', '(']) => format!("type {full}"),
        _ => full,
    }
}

//! Which objects are namespaces: what a program is made of, rather than what it holds.

use crate::graph::{HeapGraph, RootKind, TypeId};

use super::classes::Classes;
use super::object_set::ObjectSet;

/// Modules, classes, their dictionaries, and interpreter state such as `sys.modules`. Linear.
pub fn namespaces(graph: &HeapGraph, classes: &Classes<'_>) -> ObjectSet {
    let holds_names: Vec<bool> = (0..graph.types.len() as u32)
        .map(|id| ["module", "type"].iter().any(|name| classes.derives_from(TypeId(id), name)))
        .collect();
    let mut namespaces = ObjectSet::empty(graph);
    for object in graph.objects_of_types(&holds_names) {
        namespaces.insert(object);
        namespaces.extend(graph.field(object, ".__dict__").and_then(|dict| dict.referent));
    }
    let state = graph.roots.iter().filter(|root| root.kind() == RootKind::Interpreter);
    namespaces.extend(state.map(|root| root.object));
    namespaces
}

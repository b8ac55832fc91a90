//! One object in words and cells, as every report of objects shows it.

use std::collections::HashMap;

use crate::graph::{HeapGraph, Object, RefCount, Root, TypeNames};
use crate::units;

use super::{Cell, description};

/// Words for the objects of one report.
pub(super) struct Words<'g> {
    pub graph: &'g HeapGraph,
    names: TypeNames,
    /// Whose attributes a dictionary holds: modules and classes.
    namespaces: HashMap<Object, String>,
}

impl<'g> Words<'g> {
    /// For a report that shows these objects; with `full`, types keep their modules.
    pub fn new(graph: &'g HeapGraph, shown: impl IntoIterator<Item = Object>, full: bool) -> Self {
        let mut types: Vec<_> = shown.into_iter().map(|object| graph.type_id(object)).collect();
        types.sort_unstable();
        types.dedup();
        let full_names: Vec<String> = types.into_iter().map(|of| graph.type_name(of)).collect();
        let names = TypeNames::new(full_names.iter().map(String::as_str), full);
        Words { graph, names, namespaces: namespaces(graph) }
    }

    /// The object's type.
    pub fn of(&self, object: Object) -> Cell {
        self.type_cell(self.graph.type_of(object).full_name())
    }

    /// A type by its full name.
    pub fn type_cell(&self, full: String) -> Cell {
        Cell::Type { shown: self.names.show(&full).to_owned(), full }
    }

    /// What the object is, in a few words; a module its name, a module's dictionary whose it is.
    pub fn what(&self, object: Object) -> String {
        if let Some(owner) = self.namespaces.get(&object) {
            return format!("{} of {owner}", description(self.graph, object));
        }
        let module = self.graph.roots_of(object).iter().find_map(Root::module);
        module.map_or_else(|| description(self.graph, object), str::to_owned)
    }

    /// Type, what it is, address, in one phrase: `dict, 3 items, 0x7f…`.
    pub fn phrase(&self, object: Object) -> String {
        let parts = [self.of(object).human(), self.what(object), self.graph.address(object).to_string()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// The dictionaries behind modules and classes, and whose they are.
fn namespaces(graph: &HeapGraph) -> HashMap<Object, String> {
    let modules = graph.modules().map(|(root, name)| (root.object, format!("module {name}")));
    let classes = graph.types.iter().filter_map(|of| Some((of.object?, format!("class {}", of.full_name()))));
    // Modules last: where a dictionary is shared, the module is the better name.
    classes
        .chain(modules)
        .filter_map(|(owner, name)| Some((graph.field(owner, ".__dict__")?.referent?, name)))
        .collect()
}

/// The reference count in words.
pub(super) fn refcount(graph: &HeapGraph, object: Object) -> String {
    match graph.refcount(object) {
        RefCount::Known(count) => units::count(count),
        RefCount::Immortal => "immortal".to_owned(),
        RefCount::Unknown => "unknown".to_owned(),
    }
}

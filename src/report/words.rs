//! One object in words and cells, as every report of objects shows it.

use crate::graph::{HeapGraph, Object, RefCount, RootKind, TypeNames};
use crate::units;

use super::Cell;

/// Words for the objects of one report.
pub(super) struct Words<'g> {
    pub graph: &'g HeapGraph,
    names: TypeNames,
}

impl<'g> Words<'g> {
    /// For a report that shows these objects; with `full`, types keep their modules.
    pub fn new(graph: &'g HeapGraph, shown: impl IntoIterator<Item = Object>, full: bool) -> Self {
        let mut types: Vec<_> = shown.into_iter().map(|object| graph.type_id(object)).collect();
        types.sort_unstable();
        types.dedup();
        let full_names: Vec<String> = types.into_iter().map(|of| graph.type_name(of)).collect();
        Words { graph, names: TypeNames::new(full_names.iter().map(String::as_str), full) }
    }

    /// The object's type.
    pub fn of(&self, object: Object) -> Cell {
        self.type_cell(self.graph.type_of(object).full_name())
    }

    /// A type by its full name.
    pub fn type_cell(&self, full: String) -> Cell {
        Cell::Type { shown: self.names.show(&full).to_owned(), full }
    }

    /// What the object is, in a few words; a module its name.
    pub fn what(&self, object: Object) -> String {
        let module = self.graph.roots_of(object).iter().find(|root| root.kind == RootKind::Module);
        module.map_or_else(|| self.graph.description(object), |root| root.name.clone())
    }

    /// Type, what it is, address, in one phrase: `dict, 3 items, 0x7f…`.
    pub fn phrase(&self, object: Object) -> String {
        let parts = [self.of(object).human(), self.what(object), self.graph.address(object).to_string()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// The reference count in words.
pub(super) fn refcount(graph: &HeapGraph, object: Object) -> String {
    match graph.refcount(object) {
        RefCount::Known(count) => units::count(count),
        RefCount::Immortal => "immortal".to_owned(),
        RefCount::Unknown => "unknown".to_owned(),
    }
}

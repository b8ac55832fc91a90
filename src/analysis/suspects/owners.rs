//! Whose doing a suspicious object is.

use std::collections::HashMap;

use super::accumulation::own_code;
use crate::analysis::explored::Explored;
use crate::analysis::gc_roots::GcRootKind;
use crate::analysis::origin::Origin;
use crate::graph::{Object, RootKind};

/// What is needed to tell whose an object is.
pub(super) struct Owners<'h> {
    heap: &'h Explored<'h>,
    /// The name of the module that has this dictionary.
    modules: HashMap<Object, &'h str>,
}

impl<'h> Owners<'h> {
    /// Linear in the modules.
    pub fn of(heap: &'h Explored<'_>) -> Self {
        let graph = heap.graph;
        let modules = graph.roots.iter().filter(|root| root.kind == RootKind::Module);
        let dicts = modules.filter_map(|root| Some((graph.field(root.object, ".__dict__")?.referent?, &*root.name)));
        Owners { heap, modules: dicts.collect() }
    }

    /// Whose doing the object is: code is its module's; an instance of a class that the standard library did not bring is
    /// its class's; anything else is whose code or module leads to it first.
    pub fn origin(&self, object: Object) -> Origin {
        let Owners { heap, modules } = self;
        let graph = heap.graph;
        let held = |object, slot| graph.field(object, slot).and_then(|reference| reference.referent);
        // What decorates a function is the function's.
        let function = held(object, ".__wrapped__").or_else(|| held(object, "wrapped function")).unwrap_or(object);
        let module = held(function, ".__globals__").and_then(|globals| modules.get(&globals));
        if let Some(module) = module {
            return heap.origins.of_module(module);
        }
        let of_type = heap.origins.of_type(graph.type_of(object));
        if matches!(of_type, Origin::Application | Origin::Installed) {
            return of_type;
        }
        let Some(path) = heap.path(object) else { return Origin::Unknown };
        if own_code(heap, &path).is_some() {
            return Origin::Application;
        }
        let root = path.root.named.filter(|_| path.root.kind == GcRootKind::Module);
        root.map_or(Origin::Unknown, |root| heap.origins.of_module(&graph.roots[root as usize].name))
    }
}

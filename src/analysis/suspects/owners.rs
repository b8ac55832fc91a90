//! Whose doing a suspicious object is.

use std::collections::HashMap;

use crate::analysis::explored::Explored;
use crate::analysis::origin::Origin;
use crate::graph::Object;

/// What is needed to tell whose objects are.
pub(super) struct Owners<'h> {
    heap: &'h Explored<'h>,
    /// The name of the module that has this dictionary.
    modules: HashMap<Object, &'h str>,
    /// Whose what leads to an object is, for the objects that were asked about and all on their paths: so that paths which
    /// have a beginning in common are walked once.
    by_path: HashMap<Object, Origin>,
}

impl<'h> Owners<'h> {
    /// Linear in the modules.
    pub fn of(heap: &'h Explored<'_>) -> Self {
        let graph = heap.graph;
        let modules = graph.modules();
        let dicts = modules.filter_map(|(root, name)| Some((graph.field(root.object, ".__dict__")?.referent?, name)));
        Owners { heap, modules: dicts.collect(), by_path: HashMap::new() }
    }

    /// Whose doing the object is: code is its module's; an instance of a class that the standard library did not bring is
    /// its class's; anything else is whose objects or module lead to it.
    pub fn origin(&mut self, object: Object) -> Origin {
        let Owners { heap, modules, .. } = &*self;
        let graph = heap.graph;
        let held = |object, slot| graph.field(object, slot).and_then(|reference| reference.referent);
        // What decorates a function is the function's.
        let function = held(object, ".__wrapped__").or_else(|| held(object, "wrapped function")).unwrap_or(object);
        if let Some(module) = held(function, ".__globals__").and_then(|globals| modules.get(&globals)) {
            return heap.origins().of_module(module);
        }
        match heap.origins().of_type(graph.type_of(object)) {
            known @ (Origin::Application | Origin::Installed) => known,
            Origin::Unknown | Origin::StandardLibrary => self.origin_by_path(object),
        }
    }

    /// The application's when an object on the way is of one of its classes, else that of the module where the way begins.
    fn origin_by_path(&mut self, object: Object) -> Origin {
        let Owners { heap, by_path, .. } = self;
        let mut way = Vec::new();
        let mut at = object;
        let origin = loop {
            if let Some(&known) = by_path.get(&at) {
                break known;
            }
            way.push(at);
            if heap.origins().of_type(heap.graph.type_of(at)) == Origin::Application {
                break Origin::Application;
            }
            match heap.reachability().last_reference(heap.graph, at) {
                Some(reference) => at = reference.referrer,
                None => break origin_of_root(heap, at),
            }
        };
        by_path.extend(way.into_iter().map(|object| (object, origin)));
        origin
    }
}

/// Whose the module is in which an object's path begins.
fn origin_of_root(heap: &Explored<'_>, object: Object) -> Origin {
    let root = heap.reachability().root(heap.graph, object).map(|index| heap.roots.roots[index]);
    let module = root.and_then(|root| root.named(heap.graph)?.module());
    module.map_or(Origin::Unknown, |name| heap.origins().of_module(name))
}

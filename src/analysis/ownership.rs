//! The ownership view: a heap without the references that every function, frame and instance holds for housekeeping.
//!
//! In the exact view a module rarely owns its contents. Each function refers to the module's dictionary
//! (`__globals__`), so that a single callback kept elsewhere shares all that the module holds; each instance refers to its
//! class, and each class to all its bases. That is the truth about what would be freed, and hides whose the memory is. The
//! ownership view sets these references aside. Its dominators and sums are estimates of *whose*, never of *what is freed*,
//! and are to be labelled so.

use crate::graph::{HeapGraph, Object};

use super::dominators::DominatorTree;
use super::gc_roots::{GcRootKind, GcRoots};
use super::object_set::ObjectSet;
use super::reference_view::ReferenceView;

/// A slot that is housekeeping: references through it don't make an owner.
struct Housekeeping {
    /// Full name of the referrer's type; `None` for any.
    of: Option<&'static str>,
    /// The slot.
    slot: &'static str,
}

/// Which slots are housekeeping.
const HOUSEKEEPING: &[Housekeeping] = &[
    // The namespace that code runs in. It is its module's.
    Housekeeping { of: Some("function"), slot: ".__globals__" },
    Housekeeping { of: Some("function"), slot: ".__builtins__" },
    Housekeeping { of: Some("frame"), slot: ".f_globals" },
    Housekeeping { of: Some("frame"), slot: ".f_builtins" },
    // A frame belongs to the one that it runs for, or to the generator or traceback that keeps it; not to its callee.
    Housekeeping { of: Some("frame"), slot: ".f_back" },
    // The class of an instance, and the relatives of a class.
    Housekeeping { of: None, slot: ".__class__" },
    Housekeeping { of: None, slot: ".__mro__" },
    Housekeeping { of: None, slot: ".__base__" },
    Housekeeping { of: None, slot: ".__bases__" },
    // What describes a class refers back to it.
    Housekeeping { of: Some("member_descriptor"), slot: ".__objclass__" },
    Housekeeping { of: Some("getset_descriptor"), slot: ".__objclass__" },
    Housekeeping { of: Some("method_descriptor"), slot: ".__objclass__" },
    Housekeeping { of: Some("classmethod_descriptor"), slot: ".__objclass__" },
    Housekeeping { of: Some("wrapper_descriptor"), slot: ".__objclass__" },
    // The module of a built-in function.
    Housekeeping { of: Some("builtin_function_or_method"), slot: ".__module__" },
];

/// The dominator tree of the ownership view. A dictionary of a module is the module's there, even when C code (the frame
/// that runs the module) holds it too.
///
/// Objects that are alive only through housekeeping references (a class whose only holders are its instances) hang on the
/// virtual root; see [`DominatorTree::from_roots`].
pub fn ownership_tree(graph: &HeapGraph, roots: &GcRoots) -> DominatorTree {
    let modules = graph.modules().map(|(root, _)| root);
    let dicts = modules.filter_map(|root| graph.field(root.object, ".__dict__")?.referent);
    let namespaces = ObjectSet::of(graph, dicts);
    let owners =
        roots.roots.iter().filter(|root| root.kind != GcRootKind::HeldFromC || !namespaces.contains(root.object));
    let owners: Vec<Object> = owners.map(|root| root.object).collect();
    DominatorTree::from_roots(&ownership_view(graph), &owners)
}

/// The ownership view of a heap. Linear in the slots of all shapes.
pub fn ownership_view(graph: &HeapGraph) -> ReferenceView<'_> {
    let names: Vec<String> = graph.types.iter().map(|of| of.full_name()).collect();
    let set_aside = (0..graph.shape_count()).map(|shape| {
        let name = &names[graph.type_of_shape(shape).index()];
        let is_housekeeping =
            |slot: &str| HOUSEKEEPING.iter().any(|rule| rule.slot == slot && rule.of.is_none_or(|of| of == name));
        graph.fields_of_shape(shape).filter(|(_, slot)| is_housekeeping(slot)).map(|(position, _)| position).collect()
    });
    ReferenceView::without(graph, set_aside.collect())
}

#[cfg(test)]
mod tests {
    use crate::analysis::dominators::Dominator;
    use crate::graph::Sketch;

    use super::*;

    #[test]
    fn a_callback_kept_elsewhere_does_not_share_its_module() {
        let mut sketch = Sketch::new();
        sketch.object("app", "module", 1).object("app.dict", "dict", 1).object("CACHE", "dict", 1);
        sketch.object("web", "module", 1).object("web.dict", "dict", 1).object("callback", "function", 1);
        sketch.object("User", "type", 1).object("user", "app.User", 1);
        sketch.refer("app", ".__dict__", "app.dict").refer("app.dict", "['CACHE']", "CACHE");
        sketch.refer("app.dict", "['callback']", "callback").refer("callback", ".__globals__", "app.dict");
        sketch.refer("web", ".__dict__", "web.dict").refer("web.dict", "['callback']", "callback");
        sketch.refer("CACHE", "['u']", "user").refer("user", ".__class__", "User").refer("User", ".x", "User");
        // The frame that runs the module holds its dictionary from C.
        sketch.refcount("app.dict", 3).refcount("app", 0).refcount("web", 0);
        sketch.module_root("app").module_root("web");
        let heap = sketch.build();
        let roots = GcRoots::of(&heap.graph);
        let holder = |tree: &DominatorTree, name| tree.dominator(heap.get(name));
        let exact = DominatorTree::of(&heap.graph, &roots);
        assert_eq!(holder(&exact, "app.dict"), Dominator::Roots);
        assert_eq!(holder(&exact, "User"), Dominator::Object(heap.get("user")));
        let owners = ownership_tree(&heap.graph, &roots);
        assert_eq!(holder(&owners, "app.dict"), Dominator::Object(heap.get("app")));
        assert_eq!(holder(&owners, "CACHE"), Dominator::Object(heap.get("app.dict")));
        assert_eq!(holder(&owners, "callback"), Dominator::Roots);
        assert_eq!(holder(&owners, "User"), Dominator::Roots);
        assert_eq!(owners.reachable_count(), heap.graph.object_count());
    }
}

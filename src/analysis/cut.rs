//! What to cut: the one reference, or root, whose removal frees an object.

use std::collections::HashMap;

use crate::graph::{HeapGraph, Object, Reference, Slot};

use super::classes::Classes;
use super::dominated::DominatedObjects;
use super::dominators::DominatorTree;
use super::gc_roots::{GcRoot, GcRootKind, GcRoots};
use super::object_set::ObjectSet;
use super::retained::RetainedSizes;

/// One place to cut, and what that frees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// What to remove.
    pub place: CutPlace,
    /// What is freed with all that it dominates: the object itself, or one that dominates it.
    pub freed: Object,
    /// Retained size of `freed`.
    pub freed_bytes: u64,
}

/// What to remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutPlace {
    /// This reference: the only strong one that leads to `freed` from outside of what `freed` dominates.
    Reference(Reference),
    /// This root: nothing else leads to `freed` from outside, e.g. a local variable of a running frame.
    Root(GcRoot),
}

/// How an object can be freed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutPlaces {
    /// Each single cut that frees the object, the one that frees least first. Empty when no single cut does.
    pub cuts: Vec<Cut>,
    /// The roots that the object is.
    pub roots: Vec<GcRoot>,
    /// No root reaches the object: it is freed as soon as the collector comes by. `cuts` is empty.
    pub is_unreachable: bool,
}

impl CutPlaces {
    /// Those of the cuts that a program can make: items of a tuple, default arguments, what makes an instance, a class or a
    /// function what it is, and what only C holds, can't be taken away; what holds these can.
    pub fn possible<'a>(&'a self, classes: &'a Classes<'_>) -> impl Iterator<Item = &'a Cut> {
        self.cuts.iter().filter(|cut| match cut.place {
            CutPlace::Reference(reference) => can_be_cut(classes, reference),
            CutPlace::Root(root) => matches!(
                root.kind,
                GcRootKind::Module
                    | GcRootKind::FrameLocal
                    | GcRootKind::Interpreter
                    | GcRootKind::Thread
                    | GcRootKind::Debugger
            ),
        })
    }
}

/// Types whose references last as long as they do.
const UNCHANGEABLE: [&str; 14] = [
    "tuple",
    "frozenset",
    "method",
    "builtin_function_or_method",
    "method-wrapper",
    "code",
    "slice",
    "property",
    "classmethod",
    "staticmethod",
    "mappingproxy",
    "super",
    "types.GenericAlias",
    "functools.partial",
];

/// Slots that make an object what it is, whatever its type.
const FIXED: [&str; 14] = [
    ".__dict__",
    ".__class__",
    ".__mro__",
    ".__bases__",
    ".__base__",
    ".__globals__",
    ".__builtins__",
    ".__code__",
    ".__closure__",
    ".__defaults__",
    ".__kwdefaults__",
    ".__self__",
    ".__wrapped__",
    "wrapped function",
];

/// Whether a program can take a reference away from its referrer.
fn can_be_cut(classes: &Classes<'_>, reference: Reference) -> bool {
    let graph = classes.graph();
    let of = graph.type_id(reference.referrer);
    match graph.slot(reference) {
        Slot::Unnamed => false,
        Slot::Field(name) if FIXED.contains(&name) => false,
        // A view is one as long as it lives.
        Slot::Field(".base") if classes.derives_from(of, "numpy.ndarray") => false,
        Slot::Field(".obj") if classes.derives_from(of, "memoryview") => false,
        _ => !UNCHANGEABLE.iter().any(|name| classes.derives_from(of, name)),
    }
}

/// Finds what to cut for the object to be freed. Linear in the referrers of its dominators.
///
/// Whatever a path to the object must pass, is a dominator of it. A dominator that one reference alone leads to from
/// outside of its own subtree, and that is no root, falls with this reference, and the object with it; references from
/// inside the subtree (cycles) fall too. So these references are all the single cuts there are.
pub fn cut_places(
    graph: &HeapGraph,
    roots: &GcRoots,
    tree: &DominatorTree,
    dominated: &DominatedObjects,
    retained: &RetainedSizes,
    object: Object,
) -> CutPlaces {
    let chain: Vec<Object> = std::iter::once(object).chain(tree.dominators(object)).collect();
    let is_unreachable = !is_reachable(tree, &chain);
    let own_roots = roots.of_object(object).copied().collect();
    if is_unreachable {
        return CutPlaces { cuts: Vec::new(), roots: own_roots, is_unreachable };
    }
    // Of each link its roots: the first, and whether there are more.
    let mut root_of: HashMap<Object, (GcRoot, bool)> = HashMap::new();
    let links = ObjectSet::of(graph, chain.iter().copied());
    for root in roots.roots.iter().filter(|root| links.contains(root.object)) {
        root_of.entry(root.object).and_modify(|known| known.1 = true).or_insert((*root, false));
    }
    let cut = |&link: &Object| {
        let place = match (root_of.get(&link), only_reference(graph, dominated, link)) {
            (None, Held::Once(reference)) => CutPlace::Reference(reference),
            (Some(&(root, false)), Held::Never) => CutPlace::Root(root),
            _ => return None,
        };
        Some(Cut { place, freed: link, freed_bytes: retained.bytes(link) })
    };
    CutPlaces { cuts: chain.iter().filter_map(cut).collect(), roots: own_roots, is_unreachable }
}

/// How a dominator is held from outside of what it dominates.
enum Held {
    Never,
    Once(Reference),
    Often,
}

/// The one strong reference to an object from outside of what it dominates. What no root reaches keeps nothing alive.
fn only_reference(graph: &HeapGraph, dominated: &DominatedObjects, object: Object) -> Held {
    let mut held = Held::Never;
    let mut asked = None;
    // A referrer stands there once for each of its references.
    for referrer in graph.referrers(object) {
        if asked == Some(referrer) || !dominated.is_reached(referrer) || dominated.dominates(object, referrer) {
            continue;
        }
        asked = Some(referrer);
        for reference in graph.references_between(referrer, object).filter(|&reference| graph.is_strong(reference)) {
            held = match held {
                Held::Never => Held::Once(reference),
                Held::Once(_) | Held::Often => return Held::Often,
            };
        }
    }
    held
}

fn is_reachable(tree: &DominatorTree, chain: &[Object]) -> bool {
    let top = chain[chain.len() - 1];
    tree.dominator(top) == super::dominators::Dominator::Roots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{DrawnHeap, Sketch};
    use crate::report::{root_words, slot_label};

    fn places(heap: &DrawnHeap, name: &str) -> CutPlaces {
        let roots = GcRoots::of(&heap.graph);
        let tree = DominatorTree::of(&heap.graph, &roots);
        let retained = RetainedSizes::of(&heap.graph, &tree);
        let dominated = DominatedObjects::of(&tree, &retained);
        cut_places(&heap.graph, &roots, &tree, &dominated, &retained, heap.get(name))
    }

    fn shown(heap: &DrawnHeap, places: &CutPlaces) -> Vec<String> {
        let place = |cut: &Cut| match cut.place {
            CutPlace::Reference(reference) => {
                let slot = slot_label(&heap.graph, heap.graph.slot(reference));
                format!("{}{slot} frees {}", heap.name(reference.referrer), cut.freed_bytes)
            }
            CutPlace::Root(root) => format!("{} frees {}", root_words::of(&heap.graph, &root), cut.freed_bytes),
        };
        places.cuts.iter().map(place).collect()
    }

    #[test]
    fn the_only_reference_from_outside_is_the_cut_even_when_a_cycle_refers_back() {
        let mut sketch = Sketch::new();
        sketch.object("mod", "module", 10).object("user", "app.User", 100).object("order", "app.Order", 7);
        sketch.refer("mod", ".user", "user").refer("user", ".order", "order").refer("order", ".user", "user");
        sketch.module_root("mod");
        let heap = sketch.build();
        assert_eq!(shown(&heap, &places(&heap, "user")), ["mod.user frees 107", "module mod frees 117"]);
        let found = places(&heap, "order");
        assert_eq!(shown(&heap, &found), ["user.order frees 7", "mod.user frees 107", "module mod frees 117"]);
    }

    #[test]
    fn two_holders_leave_the_cut_to_what_holds_both() {
        let mut sketch = Sketch::new();
        sketch.object("mod", "module", 10).object("list", "list", 20).object("a", "app.A", 1).object("b", "app.B", 2);
        sketch.object("shared", "app.Shared", 4).refer("mod", ".list", "list");
        sketch
            .refer("list", "[0]", "a")
            .refer("list", "[1]", "b")
            .refer("a", ".x", "shared")
            .refer("b", ".x", "shared");
        sketch.module_root("mod");
        let heap = sketch.build();
        let found = places(&heap, "shared");
        assert_eq!(shown(&heap, &found), ["mod.list frees 27", "module mod frees 37"]);
    }

    #[test]
    fn a_class_keeps_its_dictionary() {
        let mut sketch = Sketch::new();
        sketch.object("mod", "module", 10).object("Pool", "type", 20).object("vars", "dict", 30).object("a", "list", 1);
        sketch.object("b", "list", 2).object("job", "app.Job", 4).refer("mod", ".Pool", "Pool");
        sketch.refer("Pool", ".__dict__", "vars").refer("vars", "['a']", "a").refer("vars", "['b']", "b");
        sketch.refer("a", "[0]", "job").refer("b", "[0]", "job").module_root("mod");
        let heap = sketch.build();
        let mut found = places(&heap, "job");
        assert_eq!(shown(&heap, &found), ["Pool.__dict__ frees 37", "mod.Pool frees 57", "module mod frees 67"]);
        found.cuts = found.possible(&Classes::of(&heap.graph)).copied().collect();
        assert_eq!(shown(&heap, &found), ["mod.Pool frees 57", "module mod frees 67"]);
    }

    #[test]
    fn what_is_in_a_tuple_is_cut_where_the_tuple_is_held() {
        let mut sketch = Sketch::new();
        sketch.object("mod", "module", 10).object("f", "function", 20).object("defaults", "tuple", 30);
        sketch.object("rows", "list", 40).object("job", "app.Job", 4).object("jobs", "tuple", 50);
        sketch.refer("mod", ".f", "f").refer("f", ".__defaults__", "defaults").refer("defaults", "[0]", "rows");
        sketch.refer("rows", "[0]", "jobs").refer("jobs", "[0]", "job").root("other", "kept by C", "mod");
        let heap = sketch.build();
        let mut found = places(&heap, "job");
        found.cuts = found.possible(&Classes::of(&heap.graph)).copied().collect();
        assert_eq!(shown(&heap, &found), ["rows[0] frees 54", "mod.f frees 144"]);
    }

    #[test]
    fn parallel_references_are_two_to_cut() {
        let mut sketch = Sketch::new();
        sketch.object("mod", "module", 10).object("twice", "app.A", 1);
        sketch.refer("mod", ".a", "twice").refer("mod", ".b", "twice").root("interpreter", "state", "mod");
        sketch.root("other", "again", "mod");
        let heap = sketch.build();
        let found = places(&heap, "twice");
        assert!(found.cuts.is_empty() && !found.is_unreachable);
    }

    #[test]
    fn garbage_needs_no_cut() {
        let mut sketch = Sketch::new();
        sketch.object("a", "app.A", 1).object("b", "app.B", 1).refer("a", ".b", "b").refer("b", ".a", "a");
        let heap = sketch.build();
        let found = places(&heap, "b");
        assert!(found.is_unreachable && found.cuts.is_empty());
    }
}

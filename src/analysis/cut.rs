//! What to cut: the one reference, or root, whose removal frees an object.

use std::collections::HashMap;

use crate::graph::{HeapGraph, Object, Reference, Slot};

use super::dominated::DominatedObjects;
use super::dominators::DominatorTree;
use super::gc_roots::{GcRoot, GcRoots};
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
    /// Those of the cuts that a program can make: what makes an instance, a class or a module what it is can't be taken from
    /// it.
    pub fn possible<'a>(&'a self, graph: &'a HeapGraph) -> impl Iterator<Item = &'a Cut> {
        const FIXED: [&str; 6] = [".__dict__", ".__class__", ".__mro__", ".__bases__", ".__base__", ".__globals__"];
        self.cuts.iter().filter(|cut| match cut.place {
            CutPlace::Reference(reference) => {
                !matches!(graph.slot(reference), Slot::Field(name) if FIXED.contains(&name))
            }
            CutPlace::Root(_) => true,
        })
    }
}

/// Finds what to cut for the object to be freed. One pass over all references, linear.
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
    let mut ways: HashMap<Object, Ways> = chain.iter().map(|&link| (link, Ways::default())).collect();
    for root in &roots.roots {
        if let Some(way) = ways.get_mut(&root.object) {
            way.count += 1;
            way.first_root = way.first_root.or(Some(*root));
        }
    }
    let own_roots = roots.of_object(object).copied().collect();
    let garbage = ObjectSet::of(graph, tree.unreachable());
    // What no root reaches keeps nothing alive.
    for referrer in graph.objects().filter(|&referrer| !garbage.contains(referrer)) {
        let mut from = 0;
        while let Some((position, referent)) = graph.next_strong_reference(referrer, from) {
            from = position + 1;
            let Some(way) = ways.get_mut(&referent) else { continue };
            if dominated.dominates(referent, referrer) {
                continue;
            }
            way.count += 1;
            way.first = way.first.or(Some(Reference { referrer, position, referent: Some(referent) }));
        }
    }
    let cut = |link: &Object| {
        let way = ways.get(link)?;
        let place = match (way.count, way.first, way.first_root) {
            (1, Some(reference), _) => CutPlace::Reference(reference),
            (1, None, Some(root)) => CutPlace::Root(root),
            _ => return None,
        };
        Some(Cut { place, freed: *link, freed_bytes: retained.bytes(*link) })
    };
    let cuts = if is_unreachable { Vec::new() } else { chain.iter().filter_map(cut).collect() };
    CutPlaces { cuts, roots: own_roots, is_unreachable }
}

/// How a dominator is reached from outside of its subtree.
#[derive(Default)]
struct Ways {
    /// References and roots.
    count: u64,
    first: Option<Reference>,
    first_root: Option<GcRoot>,
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
        found.cuts = found.possible(&heap.graph).copied().collect();
        assert_eq!(shown(&heap, &found), ["mod.Pool frees 57", "module mod frees 67"]);
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

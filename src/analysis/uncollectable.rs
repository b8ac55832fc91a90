//! Garbage that the collector can't free: cycles through objects that take no part in collection, and what these hold.

use crate::graph::{HeapGraph, Object, TypeId};

use super::cycles::cycles;
use super::object_set::ObjectSet;
use super::reference_view::ReferenceView;

/// What no root reaches, and yet stays for good.
///
/// The collector frees a cycle when it can account for every reference in it. Of an object whose type takes no part in
/// collection (an array of objects, many types of extensions, a slice before Python 3.9) it sees none, so whatever that object
/// holds looks as if it were in use.
#[derive(Debug)]
pub struct Uncollectable {
    /// All such objects.
    objects: ObjectSet,
    /// Of each such cycle the first object that breaks the chain, with how many objects the cycle has; by address.
    pub breakers: Vec<(Object, u64)>,
}

impl Uncollectable {
    /// Looks for it in the [garbage](super::explored::Explored::garbage). Linear in objects and references where there is some
    /// that may be so, else in the objects.
    pub fn of(graph: &HeapGraph, garbage: &ObjectSet) -> Uncollectable {
        let mut found = Uncollectable { objects: ObjectSet::empty(graph), breakers: Vec::new() };
        let breaks = |object: Object| {
            takes_no_part(graph, graph.type_id(object)) && graph.next_strong_reference(object, 0).is_some()
        };
        if !graph.objects().any(|object| garbage.contains(object) && breaks(object)) {
            return found;
        }
        let mut left: Vec<Object> = Vec::new();
        for cycle in cycles(&ReferenceView::exact(graph), garbage) {
            if cycle.is_garbage
                && let Some(&breaker) = cycle.objects.iter().find(|&&object| breaks(object))
            {
                found.breakers.push((breaker, cycle.objects.len() as u64));
                left.extend(cycle.objects);
            }
        }
        // What a living object holds besides, roots reach.
        while let Some(object) = left.pop() {
            if garbage.contains(object) && found.objects.insert(object) {
                left.extend(graph.strong_referents(object));
            }
        }
        found
    }

    /// How many such objects there are.
    pub fn count(&self) -> u64 {
        self.objects.len() as u64
    }

    /// Whether an object is garbage that stays for good.
    pub fn contains(&self, object: Object) -> bool {
        self.objects.contains(object)
    }
}

/// Whether objects of a type are known to take no part in garbage collection.
pub fn takes_no_part(graph: &HeapGraph, of: TypeId) -> bool {
    const HAVE_GC: u64 = 1 << 14;
    graph.types[of.index()].flags.is_some_and(|flags| flags & HAVE_GC == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::explored::Explored;
    use crate::graph::Sketch;

    #[test]
    fn a_cycle_through_an_object_that_takes_no_part_stays_for_good() {
        let mut sketch = Sketch::new();
        sketch.object("holder", "app.Holder", 1).object("array", "numpy.ndarray", 1).object("held", "app.Held", 1);
        sketch.refer("holder", ".frame", "array").refer("array", ".flat[0]", "holder").refer("holder", ".x", "held");
        // Garbage that holds it, and garbage of its own: both are freed.
        sketch.object("above", "app.Above", 1).refer("above", ".me", "above").refer("above", ".x", "holder");
        sketch.object("lone", "app.Lone", 1).refer("lone", ".me", "lone");
        // An array in no cycle is freed with its holder.
        sketch.object("other", "numpy.ndarray", 1).refer("lone", ".array", "other").refer("other", ".flat[0]", "lone");
        sketch.object("leaf", "numpy.ndarray", 1).object("end", "app.End", 1);
        sketch.refer("above", ".leaf", "leaf").refer("leaf", ".flat[0]", "end");
        for (name, count) in
            [("holder", 2), ("array", 1), ("held", 1), ("above", 1), ("lone", 2), ("other", 1), ("leaf", 1), ("end", 1)]
        {
            sketch.refcount(name, count);
        }
        let heap = sketch.build();
        let mut snapshot = sketch.snapshot();
        for of in &mut snapshot.types {
            of.flags = Some(if &*of.name.0 == "ndarray" { 0 } else { 1 << 14 });
        }
        let graph = HeapGraph::build(snapshot);
        let explored = Explored::of(&graph);
        let stays = |name: &str| explored.uncollectable().contains(heap.get(name));
        let found: Vec<&str> = ["holder", "array", "held", "above", "lone", "other", "leaf", "end"]
            .into_iter()
            .filter(|name| stays(name))
            .collect();
        assert_eq!(found, ["holder", "array", "held", "lone", "other"]);
        let breakers: Vec<(&str, u64)> =
            explored.uncollectable().breakers.iter().map(|&(object, count)| (heap.name(object), count)).collect();
        assert_eq!(breakers, [("array", 2), ("other", 2)]);
        // Nobody knows what types without flags do.
        assert!(Explored::of(&heap.graph).uncollectable().breakers.is_empty());
    }
}

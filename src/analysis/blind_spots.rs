//! What a snapshot doesn't show: how far its answers can be trusted.

use std::collections::HashMap;

use crate::graph::{HeapGraph, RefCount, Slot, TypeId};

use super::explored::Explored;
use super::gc_roots::GcRootKind;
use super::retained::Retained;

/// What is missing from the picture, in numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct BlindSpots {
    /// Resident memory of the process when the dump began; `None` when unknown.
    pub rss_bytes: Option<u64>,
    /// Sum of all shallow sizes.
    pub shallow_bytes: u64,
    /// Sum of what objects are known to hold outside the Python heap.
    pub external_bytes: u64,
    /// What no root reaches.
    pub garbage: Retained,
    /// Of it what the collector can't free; `None` when unknown.
    pub garbage_for_good: Option<Retained>,
    /// How many roots there are of each kind, in order of the kinds. An object may be several.
    pub roots: Vec<(GcRootKind, u64)>,
    /// Types whose objects have references that nothing in the snapshot explains, most references first.
    pub held_from_c: Vec<UnexplainedRow>,
    /// Objects whose reference count is unknown: whether they are held from C can't be told.
    pub unknown_refcounts: u64,
    /// Immortal objects: the interpreter doesn't count their references.
    pub immortal: u64,
    /// Types with objects that the snapshot shows more references to than the interpreter counts, most references first.
    pub beyond_count: Vec<UnexplainedRow>,
    /// Types with references that nobody can name, most first.
    pub unnamed: Vec<(TypeId, u64)>,
    /// References to addresses that are not in the snapshot.
    pub dangling_references: u64,
    /// Roots and locals that are not in the snapshot.
    pub dangling_roots: u64,
}

/// References of one type's objects that don't add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnexplainedRow {
    /// The type of the objects that are referred to.
    pub type_id: TypeId,
    /// How many objects.
    pub objects: u64,
    /// How many references; saturates.
    pub references: u64,
}

impl BlindSpots {
    /// Counts them. Linear in objects and references.
    pub fn of(heap: &Explored<'_>) -> BlindSpots {
        let graph = heap.graph;
        let mut short: HashMap<TypeId, (u64, u64)> = HashMap::new();
        let mut beyond: HashMap<TypeId, (u64, u64)> = HashMap::new();
        let (mut unknown_refcounts, mut immortal) = (0, 0);
        let count = |rows: &mut HashMap<TypeId, (u64, u64)>, of, references: u64| {
            if references > 0 {
                let row = rows.entry(of).or_default();
                row.0 += 1;
                row.1 = row.1.saturating_add(references);
            }
        };
        for (object, account) in heap.roots.accounts(graph) {
            match account.refcount {
                RefCount::Unknown => unknown_refcounts += 1,
                RefCount::Immortal => immortal += 1,
                RefCount::Known(_) => {
                    count(&mut short, graph.type_id(object), account.unexplained.unwrap_or(0));
                    count(&mut beyond, graph.type_id(object), account.beyond);
                }
            }
        }
        let (everything, garbage, garbage_for_good) = heap.totals();
        BlindSpots {
            rss_bytes: graph.header.process.rss_bytes,
            shallow_bytes: everything.bytes,
            external_bytes: everything.external_bytes,
            garbage,
            garbage_for_good,
            roots: GcRootKind::ALL.into_iter().map(|kind| (kind, roots_of_kind(heap, kind))).collect(),
            held_from_c: rows(graph, short),
            unknown_refcounts,
            immortal,
            beyond_count: rows(graph, beyond),
            unnamed: unnamed(graph),
            dangling_references: graph.anomalies.dangling_references,
            dangling_roots: graph.anomalies.dangling_roots,
        }
    }
}

fn roots_of_kind(heap: &Explored<'_>, kind: GcRootKind) -> u64 {
    heap.roots.roots.iter().filter(|root| root.kind == kind).count() as u64
}

fn rows(graph: &HeapGraph, counts: HashMap<TypeId, (u64, u64)>) -> Vec<UnexplainedRow> {
    let row = |(type_id, (objects, references))| UnexplainedRow { type_id, objects, references };
    let mut rows: Vec<UnexplainedRow> = counts.into_iter().map(row).collect();
    rows.sort_by_cached_key(|row| {
        (std::cmp::Reverse((row.references, row.objects)), graph.type_name(row.type_id), row.type_id)
    });
    rows
}

/// References without a name, by the referrer's type. Counted here rather than taken from the dumper's word.
fn unnamed(graph: &HeapGraph) -> Vec<(TypeId, u64)> {
    let mut counts: HashMap<TypeId, u64> = HashMap::new();
    for object in graph.objects() {
        let references = graph.references(object).filter(|&reference| graph.slot(reference) == Slot::Unnamed).count();
        if references > 0 {
            *counts.entry(graph.type_id(object)).or_default() += references as u64;
        }
    }
    let mut rows: Vec<(TypeId, u64)> = counts.into_iter().collect();
    rows.sort_by_cached_key(|&(id, count)| (std::cmp::Reverse(count), graph.type_name(id), id));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Sketch;
    use crate::snapshot::Segment;

    #[test]
    fn what_does_not_add_up_is_counted_by_type() {
        let mut sketch = Sketch::new();
        sketch.object("mod", "module", 10).object("odd", "ext.Odd", 20).elements("odd", Segment::Unnamed);
        sketch.object("a", "app.A", 5).object("b", "app.A", 5).object("c", "app.C", 5);
        sketch.refer("mod", ".odd", "odd").refer("odd", "", "a").refer("odd", "", "c").refer("mod", ".x", "nowhere");
        sketch.refcount("mod", 1).refcount("a", 4).refcount("b", -2).refcount("c", 0).module_root("mod");
        let heap = sketch.build();
        let spots = BlindSpots::of(&Explored::of(&heap.graph));
        let of = |name: &str| heap.graph.type_id(heap.get(name));
        assert_eq!(spots.held_from_c, [UnexplainedRow { type_id: of("a"), objects: 1, references: 3 }]);
        assert_eq!(spots.beyond_count, [UnexplainedRow { type_id: of("c"), objects: 1, references: 1 }]);
        assert_eq!(spots.unnamed, [(of("odd"), 2)]);
        assert_eq!((spots.unknown_refcounts, spots.dangling_references, spots.shallow_bytes), (1, 1, 45));
    }
}

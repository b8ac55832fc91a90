//! The census of one process: what its heap is made of in a few hundred rows, by type and by place.

use std::cmp::Reverse;

use crate::analysis::common::{Grouping, Groups, Tally};
use crate::analysis::explored::Explored;
use crate::analysis::places::{PlaceTree, PlacedHeap};
use crate::analysis::retained::Retained;
use crate::analysis::retained_groups::retained_by_group;
use crate::graph::HeapGraph;
use crate::report::place_texts;

/// Types and places with less than this part of the heap are told in sums, unless there are few.
const LEAST: u64 = 2_000;

/// What a row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// All objects.
    Heap,
    /// Objects that no root reaches.
    Garbage,
    /// Objects of a type.
    Type,
    /// Objects of all types that have no row of their own.
    OtherTypes,
    /// What is at a place and below it.
    Place,
}

impl Counted {
    /// In files: `heap`, `garbage`, `type`, `other types`, `place`.
    pub fn label(self) -> &'static str {
        match self {
            Counted::Heap => "heap",
            Counted::Garbage => "garbage",
            Counted::Type => "type",
            Counted::OtherTypes => "other types",
            Counted::Place => "place",
        }
    }
}

/// One row of a census.
#[derive(Debug, Clone, PartialEq)]
pub struct CensusRow {
    /// What is counted.
    pub counted: Counted,
    /// The full name of the type, or the place; empty for all.
    pub name: String,
    /// Objects; of a place those below it, too.
    pub all: Tally,
    /// The least that would be freed with all of them; `None` of a place.
    pub retained_bytes: Option<u64>,
    /// Of a place: what is there and not below it.
    pub own: Option<Tally>,
    /// Of a place: bytes that others hold, too.
    pub shared_bytes: Option<u64>,
    /// Of a place: how many containers are there.
    pub containers: Option<u64>,
    /// Of a place: what these hold, entries, items, members.
    pub elements: Option<u64>,
    /// Of a place: the type of most elements, else of most objects.
    pub element_type: Option<String>,
}

impl CensusRow {
    fn of(counted: Counted, name: String, all: Tally) -> CensusRow {
        CensusRow {
            counted,
            name,
            all,
            retained_bytes: None,
            own: None,
            shared_bytes: None,
            containers: None,
            elements: None,
            element_type: None,
        }
    }
}

/// The census of a heap: all, garbage, then types and places, the largest first. `limit` is how many of each are told. Near-linear.
pub fn census(heap: &Explored<'_>, placed: &PlacedHeap<'_>, limit: usize) -> Vec<CensusRow> {
    let tally = |of: Retained| Tally { count: of.objects, shallow_bytes: of.bytes };
    let (everything, garbage) = (heap.retained().everything(), heap.retained().unreachable);
    let mut rows = vec![
        CensusRow::of(Counted::Heap, String::new(), tally(everything)),
        CensusRow::of(Counted::Garbage, String::new(), tally(garbage)),
    ];
    rows.extend(types(heap.graph, heap, limit));
    rows.extend(places(&placed.tree, limit));
    rows
}

fn types(graph: &HeapGraph, heap: &Explored<'_>, limit: usize) -> Vec<CensusRow> {
    // Types of one name are one.
    let groups = Groups::of(graph, Grouping::Type);
    let sums = retained_by_group(graph, heap.dominated().walk(), heap.retained(), groups.names.len(), |object| {
        groups.group(graph, object)
    });
    let mut order: Vec<usize> = (0..groups.names.len()).filter(|&at| sums[at].count > 0).collect();
    order.sort_by_key(|&at| (Reverse((sums[at].shallow_bytes, sums[at].count)), at));
    let told = order.len().min(limit);
    let row = |&at: &usize| CensusRow {
        retained_bytes: Some(sums[at].retained_bytes),
        ..CensusRow::of(
            Counted::Type,
            groups.names[at].clone(),
            Tally { count: sums[at].count, shallow_bytes: sums[at].shallow_bytes },
        )
    };
    let mut rows: Vec<CensusRow> = order[..told].iter().map(row).collect();
    let mut rest = Tally::default();
    order[told..]
        .iter()
        .for_each(|&at| rest.add(Tally { count: sums[at].count, shallow_bytes: sums[at].shallow_bytes }));
    if rest.count > 0 {
        rows.push(CensusRow::of(Counted::OtherTypes, String::new(), rest));
    }
    rows
}

fn places(tree: &PlaceTree, limit: usize) -> Vec<CensusRow> {
    let folded = tree.folded(tree.whole.shallow_bytes / LEAST);
    let texts = place_texts(&folded);
    let mut order: Vec<usize> = (0..folded.places.len()).collect();
    order.sort_by(|&one, &other| {
        let key =
            |at: usize| (Reverse((folded.places[at].whole.shallow_bytes, folded.places[at].whole.count)), &texts[at]);
        key(one).cmp(&key(other))
    });
    let row = |&at: &usize| {
        let place = &folded.places[at];
        let most = place.contents.most.or(place.kind);
        CensusRow {
            own: Some(place.own),
            shared_bytes: Some(place.shared_bytes),
            containers: Some(place.contents.containers),
            elements: Some(place.contents.elements),
            element_type: most.map(|(of, _)| folded.types[of as usize].clone()),
            ..CensusRow::of(Counted::Place, texts[at].clone(), place.whole)
        }
    };
    order.iter().take(limit).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Sketch;
    use crate::snapshot::Segment;

    #[test]
    fn what_has_no_row_is_summed_up() {
        let mut sketch = Sketch::new();
        sketch.object("app", "module", 8).object("names", "dict", 64).object("CACHE", "list", 100);
        sketch.object("key", "str", 50).text("key", "CACHE").object("lost", "app.Lost", 7).refcount("lost", 0);
        sketch.refer("app", ".__dict__", "names").elements("names", Segment::Mapping).module_root("app");
        sketch.refer("names", "", "key").refer("names", "", "CACHE").elements("CACHE", Segment::Sequence);
        for user in ["a", "b", "c"] {
            sketch.object(user, "app.User", 16).refer("CACHE", "", user);
        }
        let heap = sketch.build();
        let explored = Explored::of(&heap.graph);
        let placed = PlacedHeap::of(&heap.graph, &explored.roots);
        let rows = census(&explored, &placed, 2);
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.counted.label(), row.name.as_str(), row.all.count, row.all.shallow_bytes))
            .collect();
        assert_eq!(
            told,
            [
                ("heap", "", 8, 277),
                ("garbage", "", 1, 7),
                ("type", "list", 1, 100),
                ("type", "dict", 1, 64),
                ("other types", "", 6, 113),
                ("place", "app", 7, 270),
                ("place", "app.CACHE", 4, 148),
            ]
        );
        assert_eq!(rows[2].retained_bytes, Some(148));
        assert_eq!((rows[6].elements, rows[6].element_type.as_deref()), (Some(3), Some("app.User")));
    }
}

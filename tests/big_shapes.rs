//! Heaps of a million objects in the shapes that break recursive and quadratic algorithms, and the counter-examples to
//! summing up referents naively.

use heapgraph::analysis::cycles::{cycle_patterns, cycles};
use heapgraph::analysis::dominators::Dominator;
use heapgraph::analysis::explored::Explored;
use heapgraph::analysis::ownership::{ownership_tree, ownership_view};
use heapgraph::analysis::root_paths::{PathTree, independent_paths};
use heapgraph::analysis::suspects::{self, Thresholds};
use heapgraph::graph::{HeapGraph, Object, Sketch};
use heapgraph::snapshot::{RootRecord, Segment, ShapeRecord, Snapshot, TypeRecord, WireAddress};

const MILLION: u64 = 1_000_000;

fn address(index: u64) -> u64 {
    0x1_0000 + 16 * index
}

/// A heap of `count` objects of 10 bytes, the first of which is a root; `referents` gives each object's, by index.
fn heap<I: IntoIterator<Item = u64>>(count: u64, referents: impl Fn(u64) -> I) -> HeapGraph {
    let mut snapshot = Snapshot::default();
    snapshot.types.push(TypeRecord { module: "app".into(), name: "Thing".into(), ..TypeRecord::default() });
    snapshot.shapes.push(ShapeRecord { type_index: 0, slots: vec![Segment::Sequence] });
    let objects = &mut snapshot.objects;
    for index in 0..count {
        let before = objects.referent.len();
        objects.address.push(address(index));
        objects.shape.push(0);
        objects.size.push(10);
        objects.referent.extend(referents(index).into_iter().map(address));
        objects.reference_count.push((objects.referent.len() - before) as u32);
    }
    let mut found = vec![0; count as usize];
    for referent in objects.referent.iter() {
        found[((referent - address(0)) / 16) as usize] += 1;
    }
    assert!(found.into_iter().all(|count| objects.refcount.push(count)));
    snapshot.roots.push(RootRecord {
        kind: "module".into(),
        name: "app".into(),
        address: WireAddress::at(address(0)),
        file: None,
    });
    HeapGraph::build(snapshot)
}

/// Asks everything there is to ask; returns retained size and path length of the last object, and how many cycles there are.
fn ask_everything(graph: &HeapGraph) -> (u64, usize, usize) {
    let heap = Explored::of(graph);
    let last = Object(graph.object_count() as u32 - 1);
    let path = heap.path(last).expect("reachable");
    assert!(heap.expression(&path).text.is_some());
    assert_eq!(heap.retained().bytes(Object(0)), 10 * graph.object_count() as u64);
    assert_eq!(ownership_tree(graph, &heap.roots).reachable_count(), graph.object_count());
    let found = cycles(&ownership_view(graph), heap.garbage());
    cycle_patterns(&ownership_view(graph), &heap.classes, heap.namespaces(), &found);
    suspects::find(&heap, &Thresholds::default());
    heap.cut_places(last);
    independent_paths(&heap, last, 3, 10);
    let targets: Vec<Object> = graph.objects().collect();
    let tree = PathTree::of(graph, &heap.roots, heap.reachability(), &targets);
    assert_eq!(tree.unreachable, 0);
    (heap.retained().bytes(last), path.hops.len(), found.len())
}

#[test]
fn a_linked_list() {
    let graph = heap(MILLION, |index| (index + 1 < MILLION).then_some(index + 1));
    assert_eq!(ask_everything(&graph), (10, MILLION as usize - 1, 0));
}

#[test]
fn a_wide_container() {
    let graph = heap(MILLION, |index| if index == 0 { 1..MILLION } else { 0..0 });
    assert_eq!(ask_everything(&graph), (10, 1, 0));
}

#[test]
fn a_complete_binary_tree() {
    let graph = heap(MILLION, |index| [2 * index + 1, 2 * index + 2].into_iter().filter(|&below| below < MILLION));
    assert_eq!(ask_everything(&graph), (10, 19, 0));
}

#[test]
fn a_chain_of_diamonds() {
    // 0 → 1, 2 → 3 → 4, 5 → 6 …
    let graph = heap(MILLION, |index| {
        let below = match index % 3 {
            0 => [index + 1, index + 2],
            1 => [index + 2, MILLION],
            _ => [index + 1, MILLION],
        };
        below.into_iter().filter(|&below| below < MILLION)
    });
    let heap = Explored::of(&graph);
    assert_eq!(heap.tree().dominator(Object(999_999)), Dominator::Object(Object(999_996)));
    assert_eq!(ask_everything(&graph), (10, 666_666, 0));
}

#[test]
fn one_giant_strongly_connected_component() {
    let graph = heap(MILLION, |index| [(index + 1) % MILLION, (index * 7 + 3) % MILLION, (index * 31 + 11) % MILLION]);
    let (_, _, cycles) = ask_everything(&graph);
    assert_eq!(cycles, 1);
}

/// Sizes of the root's only referent when referents are summed up under a cycle: `A` must count what only the way back
/// through `B` or `C` finds.
fn retained(edges: &[(&str, &str)], sizes: &[(&str, u64)], asked: &str) -> u64 {
    let mut sketch = Sketch::new();
    sketch.object("root", "module", 1).module_root("root");
    for (name, size) in sizes {
        sketch.object(name, "app.Thing", *size);
    }
    for (from, to) in edges {
        sketch.refer(from, &format!(".{to}"), to);
    }
    let heap = sketch.build();
    Explored::of(&heap.graph).retained().bytes(heap.get(asked))
}

#[test]
fn an_object_retains_the_cycle_behind_it() {
    let edges = [("root", "A"), ("A", "B"), ("B", "C"), ("C", "B")];
    assert_eq!(retained(&edges, &[("A", 10), ("B", 1000), ("C", 1000)], "A"), 2010);
}

#[test]
fn an_object_retains_the_rest_of_its_own_cycle() {
    let edges = [("root", "A"), ("A", "B"), ("B", "C"), ("C", "A")];
    assert_eq!(retained(&edges, &[("A", 1), ("B", 10), ("C", 1000)], "A"), 1011);
}

#[test]
fn an_object_does_not_retain_what_another_way_into_its_cycle_keeps() {
    let edges = [("root", "A"), ("root", "C"), ("A", "B"), ("B", "C"), ("C", "B")];
    assert_eq!(retained(&edges, &[("A", 10), ("B", 1000), ("C", 1000)], "A"), 10);
}

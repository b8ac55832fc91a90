//! Retained sizes, dominators and root paths of thousands of random heaps, against brute force and petgraph.

mod random_heap;

use std::collections::HashMap;

use heapgraph::analysis::dominated::{DominatedObjects, Step};
use heapgraph::analysis::dominators::{Dominator, DominatorTree};
use heapgraph::analysis::gc_roots::GcRoots;
use heapgraph::analysis::object_set::ObjectSet;
use heapgraph::analysis::retained::{RetainedSizes, retained_by};
use heapgraph::analysis::retained_groups::retained_by_group;
use heapgraph::graph::{HeapGraph, Object};
use petgraph::graph::{DiGraph, NodeIndex};
use random_heap::{RandomHeap, Rng};

const HEAPS: u64 = 3000;

struct Analysed {
    graph: HeapGraph,
    roots: GcRoots,
    tree: DominatorTree,
    retained: RetainedSizes,
}

fn analysed(graph: HeapGraph) -> Analysed {
    let roots = GcRoots::of(&graph);
    let tree = DominatorTree::of(&graph, &roots);
    let retained = RetainedSizes::of(&graph, &tree);
    Analysed { graph, roots, tree, retained }
}

/// What is reached from `starts` over strong references, without entering what `is_out`.
fn walk(graph: &HeapGraph, starts: &[Object], is_out: impl Fn(Object) -> bool) -> Vec<bool> {
    let mut met = vec![false; graph.object_count()];
    let mut left: Vec<Object> = starts.iter().copied().filter(|&start| !is_out(start)).collect();
    while let Some(object) = left.pop() {
        if !std::mem::replace(&mut met[object.index()], true) {
            let references = graph.references(object).filter(|&reference| graph.is_strong(reference));
            left.extend(references.filter_map(|reference| reference.referent).filter(|&referent| !is_out(referent)));
        }
    }
    met
}

/// Bytes that are reached before the set is taken out and not after, never entering what `is_ignored`.
fn freed(
    graph: &HeapGraph,
    starts: &[Object],
    is_ignored: impl Fn(Object) -> bool,
    is_out: impl Fn(Object) -> bool,
) -> u64 {
    let before = walk(graph, starts, &is_ignored);
    let after = walk(graph, starts, |object| is_ignored(object) || is_out(object));
    graph
        .objects()
        .filter(|object| before[object.index()] && !after[object.index()])
        .map(|object| graph.size(object))
        .sum()
}

#[test]
fn every_retained_size_is_what_goes_when_the_object_goes() {
    for seed in 0..HEAPS {
        let heap = analysed(RandomHeap::new(seed).graph());
        let starts = heap.roots.objects(&heap.graph);
        let reached = walk(&heap.graph, &starts, |_| false);
        for object in heap.graph.objects().filter(|object| reached[object.index()]) {
            let expected = freed(&heap.graph, &starts, |_| false, |other| other == object);
            assert_eq!(heap.retained.bytes(object), expected, "seed {seed}, {object:?}");
        }
        let count = reached.iter().filter(|reached| **reached).count();
        assert_eq!(heap.tree.reachable_count(), count, "seed {seed}");
        assert_eq!(heap.retained.reachable.objects, count as u64, "seed {seed}");
    }
}

#[test]
fn garbage_is_held_by_groups_that_nothing_else_refers_to() {
    for seed in 0..HEAPS {
        let heap = analysed(RandomHeap::new(seed).graph());
        let graph = &heap.graph;
        let reached = walk(graph, &heap.roots.objects(graph), |_| false);
        let tops: Vec<Object> =
            graph.objects().filter(|&object| heap.tree.dominator(object) == Dominator::Unreachable).collect();
        let alive = |object: Object| reached[object.index()];
        // Everything unreachable is met from the tops, and what nothing unreachable refers to is one.
        let met = walk(graph, &tops, alive);
        assert!(graph.objects().all(|object| met[object.index()] != alive(object)), "seed {seed}");
        for object in graph.objects().filter(|&object| !alive(object)) {
            let mut holders = graph.objects().filter(|&other| !alive(other) && other != object);
            let is_held = holders.any(|other| graph.strong_referents(other).any(|referent| referent == object));
            assert!(is_held || tops.contains(&object), "seed {seed}, {object:?}");
        }
        for object in graph.objects().filter(|&object| !alive(object)) {
            let expected = freed(graph, &tops, alive, |other| other == object);
            assert_eq!(heap.retained.bytes(object), expected, "seed {seed}, {object:?}");
        }
    }
}

#[test]
fn dominators_are_those_of_petgraph() {
    for seed in 0..HEAPS {
        let heap = analysed(RandomHeap::new(seed).graph());
        let mut graph: DiGraph<(), ()> = DiGraph::new();
        let nodes: Vec<NodeIndex> = heap.graph.objects().map(|_| graph.add_node(())).collect();
        let root = graph.add_node(());
        for object in heap.roots.objects(&heap.graph) {
            graph.add_edge(root, nodes[object.index()], ());
        }
        for object in heap.graph.objects() {
            for referent in heap.graph.strong_referents(object) {
                graph.add_edge(nodes[object.index()], nodes[referent.index()], ());
            }
        }
        let expected = petgraph::algo::dominators::simple_fast(&graph, root);
        for object in heap.graph.objects() {
            let found = match heap.tree.dominator(object) {
                Dominator::Roots => Some(root),
                Dominator::Object(holder) => Some(nodes[holder.index()]),
                Dominator::Unreachable => None,
            };
            let is_alive = expected.dominators(nodes[object.index()]).is_some();
            let found = found.filter(|_| is_alive);
            assert_eq!(found, expected.immediate_dominator(nodes[object.index()]), "seed {seed}, {object:?}");
        }
    }
}

#[test]
fn a_set_retains_what_goes_when_all_of_it_goes() {
    for seed in 0..HEAPS {
        let heap = analysed(RandomHeap::new(seed).graph());
        let mut rng = Rng::new(!seed);
        let set = ObjectSet::of(&heap.graph, heap.graph.objects().filter(|_| rng.below(4) == 0));
        let tops: Vec<Object> =
            heap.tree.order().filter(|&object| !matches!(heap.tree.dominator(object), Dominator::Object(_))).collect();
        let reached = walk(&heap.graph, &heap.roots.objects(&heap.graph), |_| false);
        let (alive, garbage): (Vec<Object>, Vec<Object>) = tops.iter().partition(|top| reached[top.index()]);
        let expected = freed(&heap.graph, &alive, |_| false, |object| set.contains(object))
            + freed(&heap.graph, &garbage, |object| reached[object.index()], |object| set.contains(object));
        assert_eq!(retained_by(&heap.graph, &heap.tree, &set).bytes, expected, "seed {seed}");
    }
}

#[test]
fn what_types_retain_is_a_lower_bound_and_exact_for_one_uppermost() {
    for seed in 0..HEAPS {
        let heap = analysed(RandomHeap::new(seed).graph());
        let dominated = DominatedObjects::of(&heap.tree, &heap.retained);
        let group = |object: Object| heap.graph.type_id(object).index();
        let sums = retained_by_group(&heap.graph, dominated.walk(), &heap.retained, heap.graph.types.len(), group);
        for (index, sum) in sums.iter().enumerate() {
            let set = ObjectSet::of(&heap.graph, heap.graph.objects().filter(|&object| group(object) == index));
            let exact = retained_by(&heap.graph, &heap.tree, &set).bytes;
            assert_eq!(sum.count, set.len() as u64);
            assert!(sum.retained_bytes <= exact && sum.retained_bytes >= sum.shallow_bytes, "seed {seed}");
            if sum.is_exact() {
                assert_eq!(sum.retained_bytes, exact, "seed {seed}");
            }
        }
    }
}

#[test]
fn a_walk_without_some_objects_is_the_walk_without_what_they_dominate() {
    for seed in 0..HEAPS {
        let heap = analysed(RandomHeap::new(seed).graph());
        let dominated = DominatedObjects::of(&heap.tree, &heap.retained);
        let mut rng = Rng::new(!seed);
        let left_out: Vec<Object> = heap.graph.objects().filter(|_| rng.below(5) == 0).collect();
        let is_left = |step: &Step| {
            let (Step::Enter(object) | Step::Leave(object)) = *step;
            !left_out.iter().any(|&top| dominated.dominates(top, object))
        };
        let expected: Vec<Step> = dominated.walk().filter(is_left).collect();
        assert_eq!(dominated.walk_without(&left_out).collect::<Vec<_>>(), expected, "seed {seed}");
    }
}

#[test]
fn the_tree_read_downwards_is_the_tree_read_upwards() {
    for seed in 0..HEAPS / 10 {
        let heap = analysed(RandomHeap::new(seed).graph());
        let dominated = DominatedObjects::of(&heap.tree, &heap.retained);
        for one in heap.graph.objects() {
            for other in heap.graph.objects() {
                let expected = one == other || heap.tree.dominators(other).any(|holder| holder == one);
                assert_eq!(dominated.dominates(one, other), expected, "seed {seed}");
            }
            let subtree: Vec<Object> = dominated.subtree(one).collect();
            assert_eq!(subtree.len() as u64, dominated.count(one));
            let sum: u64 = subtree.iter().map(|&object| heap.graph.size(object)).sum();
            assert_eq!(sum, heap.retained.bytes(one));
            let below = dominated.by(Dominator::Object(one));
            assert!(below.is_sorted_by_key(|object| (std::cmp::Reverse(heap.retained.bytes(object)), object)));
        }
    }
}

#[test]
fn the_order_of_the_file_never_shows() {
    for seed in 0..HEAPS / 10 {
        let random = RandomHeap::new(seed);
        let one = analysed(random.graph());
        let other = analysed(random.shuffled(seed ^ 0x5EED).graph());
        let facts = |heap: &Analysed| -> HashMap<u64, (Dominator, u64)> {
            let of =
                |object| (heap.graph.address(object).0, (heap.tree.dominator(object), heap.retained.bytes(object)));
            heap.graph.objects().map(of).collect()
        };
        assert_eq!(facts(&one), facts(&other), "seed {seed}");
        assert_eq!(one.roots.roots, other.roots.roots, "seed {seed}");
    }
}

//! Root paths, cuts and cycles of thousands of random heaps, against plain searches and petgraph.

mod random_heap;

use std::collections::VecDeque;

use heapgraph::analysis::blind_spots::BlindSpots;
use heapgraph::analysis::cut::CutPlace;
use heapgraph::analysis::cycles::{cycle_patterns, cycles, shortest_round};
use heapgraph::analysis::dominators::Dominator;
use heapgraph::analysis::explored::Explored;
use heapgraph::analysis::gc_roots::{GcRoot, Rank};
use heapgraph::analysis::object_set::ObjectSet;
use heapgraph::analysis::ownership::ownership_tree;
use heapgraph::analysis::reference_view::ReferenceView;
use heapgraph::analysis::root_paths::{PathTree, RootPath, independent_paths};
use heapgraph::analysis::suspects::{self, Thresholds};
use heapgraph::graph::{HeapGraph, Object, Reference};
use petgraph::graph::{DiGraph, NodeIndex};
use random_heap::RandomHeap;

const HEAPS: u64 = 3000;

/// Distances over strong references from these objects.
fn distances(graph: &HeapGraph, starts: impl Iterator<Item = Object>) -> Vec<Option<u32>> {
    let mut found = vec![None; graph.object_count()];
    let mut queue: VecDeque<(Object, u32)> = starts.map(|start| (start, 0)).collect();
    while let Some((object, distance)) = queue.pop_front() {
        if found[object.index()].is_none() {
            found[object.index()] = Some(distance);
            queue.extend(graph.strong_referents(object).map(|referent| (referent, distance + 1)));
        }
    }
    found
}

fn of_rank<'r>(roots: &'r [GcRoot], rank: Rank) -> impl Iterator<Item = Object> + 'r {
    roots.iter().filter(move |root| root.kind.rank() == rank).map(|root| root.object)
}

fn assert_is_a_path(graph: &HeapGraph, path: &RootPath) {
    let mut at = path.root.object;
    for hop in &path.hops {
        assert_eq!(hop.reference.referrer, at);
        assert_eq!(hop.reference.referent, Some(hop.object));
        assert!(graph.is_strong(hop.reference));
        assert!(graph.references(at).any(|reference| reference == hop.reference));
        at = hop.object;
    }
}

#[test]
fn every_root_path_is_a_shortest_one_from_the_best_rank() {
    for seed in 0..HEAPS {
        let graph = RandomHeap::new(seed).graph();
        let heap = Explored::of(&graph);
        let ranks = [Rank::Named, Rank::Described, Rank::HeldFromC, Rank::Immortal];
        let found = ranks.map(|rank| (rank, distances(&graph, of_rank(&heap.roots.roots, rank))));
        for object in graph.objects() {
            let expected = found.iter().find_map(|(rank, found)| Some((*rank, found[object.index()]?)));
            let path = heap.path(object);
            let shown = path.as_ref().map(|path| (path.root.kind.rank(), path.hops.len() as u32));
            assert_eq!(shown, expected, "seed {seed}, {object:?}");
            assert_eq!(heap.reachability().cost(object), expected.map(|(_, distance)| distance));
            if let Some(path) = path {
                assert_eq!(path.target(), object);
                assert_is_a_path(&graph, &path);
            }
        }
    }
}

#[test]
fn further_paths_are_real_and_as_disjoint_as_they_say() {
    for seed in 0..HEAPS {
        let graph = RandomHeap::new(seed).graph();
        let heap = Explored::of(&graph);
        let target = Object((seed % graph.object_count() as u64) as u32);
        let found = independent_paths(&heap, target, 4, usize::MAX);
        assert_eq!(found.paths.is_empty(), !heap.reachability().is_reached(target), "seed {seed}");
        for (place, one) in found.paths.iter().enumerate() {
            assert_is_a_path(&graph, &one.path);
            assert_eq!(one.path.target(), target);
            let inner = |path: &RootPath| path.objects().filter(|&object| object != target).collect::<Vec<_>>();
            assert_eq!(inner(&one.path).len(), one.path.hops.len(), "a path passes its target once, seed {seed}");
            let before = &found.paths[..place];
            let is_shared = |object: &Object| before.iter().any(|other| inner(&other.path).contains(object));
            assert!(!one.is_disjoint || !inner(&one.path).iter().any(is_shared), "seed {seed}");
            assert!(before.iter().all(|other| other.path != one.path), "seed {seed}");
        }
        // What holds the target is what the roots reach without it.
        let mut avoided = ObjectSet::of(&graph, [target]);
        let mut left: Vec<Object> = heap.roots.objects(&graph).into_iter().filter(|&o| avoided.insert(o)).collect();
        let mut expected = Vec::new();
        while let Some(holder) = left.pop() {
            expected.extend(graph.strong_referents(holder).any(|referent| referent == target).then_some(holder));
            left.extend(graph.strong_referents(holder).filter(|&referent| avoided.insert(referent)));
        }
        expected.sort();
        let mut shown: Vec<Object> = found.holders.iter().map(|holder| holder.reference.referrer).collect();
        shown.sort();
        assert_eq!(shown, expected, "seed {seed}");
        assert_eq!(found.more_holders, 0);
        for holder in &found.holders {
            assert_is_a_path(&graph, &holder.path);
            assert_eq!((holder.path.target(), holder.reference.referent), (holder.reference.referrer, Some(target)));
            assert!(graph.is_strong(holder.reference) && holder.path.objects().all(|object| object != target));
            let references = graph.references_between(holder.reference.referrer, target);
            assert_eq!(holder.parallel + 1, references.filter(|&one| graph.is_strong(one)).count() as u64);
        }
    }
}

/// Whether the roots still reach the object without one reference, or without one root.
fn is_alive_without(heap: &Explored<'_>, object: Object, cut: CutPlace) -> bool {
    let graph = heap.graph;
    let mut met = vec![false; graph.object_count()];
    let roots = heap.roots.roots.iter().filter(|&&root| cut != CutPlace::Root(root));
    let mut left: Vec<Object> = roots.map(|root| root.object).collect();
    while let Some(holder) = left.pop() {
        if !std::mem::replace(&mut met[holder.index()], true) {
            let kept = |&reference: &Reference| graph.is_strong(reference) && cut != CutPlace::Reference(reference);
            left.extend(graph.references(holder).filter(kept).filter_map(|reference| reference.referent));
        }
    }
    met[object.index()]
}

#[test]
fn the_single_cuts_are_all_that_free_the_object() {
    for seed in 0..HEAPS {
        let graph = RandomHeap::new(seed).graph();
        let heap = Explored::of(&graph);
        let object = Object((seed % graph.object_count() as u64) as u32);
        let found = heap.cut_places(object);
        assert_eq!(found.is_unreachable, !heap.reachability().is_reached(object));
        if found.is_unreachable {
            continue;
        }
        let references = graph.objects().flat_map(|holder| graph.references(holder)).map(CutPlace::Reference);
        let roots = heap.roots.roots.iter().map(|&root| CutPlace::Root(root));
        for place in references.chain(roots) {
            let is_cut = found.cuts.iter().any(|cut| cut.place == place);
            assert_eq!(is_cut, !is_alive_without(&heap, object, place), "seed {seed}, {object:?}, {place:?}");
        }
    }
}

#[test]
fn cycles_are_the_strongly_connected_components() {
    for seed in 0..HEAPS {
        let graph = RandomHeap::new(seed).graph();
        let heap = Explored::of(&graph);
        let view = ReferenceView::exact(&graph);
        let found = cycles(&view, heap.garbage());
        let mut other: DiGraph<(), ()> = DiGraph::new();
        let nodes: Vec<NodeIndex> = graph.objects().map(|_| other.add_node(())).collect();
        for object in graph.objects() {
            for referent in graph.strong_referents(object) {
                other.add_edge(nodes[object.index()], nodes[referent.index()], ());
            }
        }
        let mut expected: Vec<Vec<u32>> = petgraph::algo::kosaraju_scc(&other)
            .into_iter()
            .map(|group| group.into_iter().map(|node| node.index() as u32).collect::<Vec<u32>>())
            .filter(|group| group.len() > 1 || other.contains_edge(nodes[group[0] as usize], nodes[group[0] as usize]))
            .collect();
        expected.iter_mut().for_each(|group| group.sort());
        expected.sort();
        let shown: Vec<Vec<u32>> =
            found.iter().map(|cycle| cycle.objects.iter().map(|object| object.0).collect()).collect();
        assert_eq!(shown, expected, "seed {seed}");
        for cycle in &found {
            let reached = heap.reachability().is_reached(cycle.objects[0]);
            assert_eq!(cycle.is_garbage, !reached);
            let round = shortest_round(&view, cycle);
            assert!(!round.is_empty() && round.len() <= cycle.objects.len());
            for (place, reference) in round.iter().enumerate() {
                assert!(graph.is_strong(*reference));
                assert_eq!(reference.referent, Some(round[(place + 1) % round.len()].referrer), "seed {seed}");
            }
        }
    }
}

#[test]
fn the_merged_tree_counts_every_target_once() {
    for seed in 0..HEAPS {
        let graph = RandomHeap::new(seed).graph();
        let heap = Explored::of(&graph);
        let targets: Vec<Object> = graph.objects().filter(|object| object.0 % 3 != 0).collect();
        let tree = PathTree::of(&graph, &heap.roots, heap.reachability(), &targets);
        let ending: u64 = tree.steps.iter().map(|step| step.ending).sum();
        assert_eq!(ending + tree.unreachable, targets.len() as u64, "seed {seed}");
        let tops: u64 = tree.tops.iter().map(|&top| tree.steps[top as usize].targets).sum();
        assert_eq!(tops, ending);
        for step in &tree.steps {
            let below: u64 = step.below.iter().map(|&below| tree.steps[below as usize].targets).sum();
            assert_eq!(step.targets, step.ending + below);
        }
    }
}

#[test]
fn unreachable_is_the_same_to_paths_and_dominators() {
    for seed in 0..HEAPS {
        let graph = RandomHeap::new(seed).graph();
        let heap = Explored::of(&graph);
        let unreachable: Vec<Object> = heap.tree().unreachable().collect();
        for object in graph.objects() {
            assert_eq!(unreachable.contains(&object), !heap.reachability().is_reached(object), "seed {seed}");
            if heap.tree().dominator(object) == Dominator::Unreachable {
                assert!(unreachable.contains(&object));
            }
        }
        assert_eq!(heap.reachability().reached_count(), heap.tree().reachable_count());
    }
}

/// Everything that the analyses say about a heap, as text.
fn told(graph: &HeapGraph) -> String {
    let heap = Explored::of(graph);
    let view = ReferenceView::exact(graph);
    let found = cycles(&view, heap.garbage());
    let patterns = cycle_patterns(&view, &heap.classes, heap.namespaces(), &found);
    let targets: Vec<Object> = graph.objects().filter(|object| object.0 % 2 == 0).collect();
    let of = |object| (heap.path(object), heap.cut_places(object), independent_paths(&heap, object, 3, 3));
    let objects: Vec<_> = graph.objects().map(of).collect();
    let expressions: Vec<_> = graph.objects().filter_map(|object| Some(heap.expression(&heap.path(object)?))).collect();
    let owners: Vec<Dominator> = {
        let tree = ownership_tree(graph, &heap.roots);
        graph.objects().map(|object| tree.dominator(object)).collect()
    };
    let tree = PathTree::of(graph, &heap.roots, heap.reachability(), &targets);
    let suspects = suspects::find(&heap, &Thresholds::default());
    let spots = BlindSpots::of(&heap);
    format!("{objects:?}\n{expressions:?}\n{owners:?}\n{patterns:?}\n{tree:?}\n{suspects:?}\n{spots:?}")
}

#[test]
fn the_order_of_the_file_never_shows_in_what_is_told() {
    for seed in 0..HEAPS / 10 {
        let random = RandomHeap::new(seed);
        assert_eq!(told(&random.graph()), told(&random.shuffled(!seed).graph()), "seed {seed}");
    }
}

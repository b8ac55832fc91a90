//! Places of thousands of random heaps: every object has one, and all numbers add up.

mod random_heap;

use heapgraph::analysis::gc_roots::GcRoots;
use heapgraph::analysis::places::growth::{GrownPlace, GrowthOptions, PlaceGrowth};
use heapgraph::analysis::places::{PlaceTree, PlacedHeap};
use heapgraph::graph::HeapGraph;
use heapgraph::snapshot::{RootRecord, Segment, ShapeRecord, Snapshot, TypeRecord, WireAddress};
use random_heap::RandomHeap;

const HEAPS: u64 = 3000;

fn places(graph: &HeapGraph) -> PlaceTree {
    PlaceTree::of(graph, &GcRoots::of(graph))
}

/// Children and own are the whole of each place; tops are the whole of the heap.
fn assert_adds_up(tree: &PlaceTree, graph: &HeapGraph, at: &str) {
    for (index, place) in tree.places.iter().enumerate() {
        let below = place.below.iter().map(|&below| &tree.places[below as usize]);
        let mut whole = place.own;
        for below in below {
            assert_eq!(below.above, Some(index as u32), "{at}");
            whole.add(below.whole);
        }
        assert_eq!(whole, place.whole, "{at}, place {index}");
        assert!(place.above.is_none_or(|above| (above as usize) < index), "{at}");
        assert!(place.shared_bytes <= place.whole.shallow_bytes, "{at}");
        assert!(place.own.count >= place.contents.containers, "{at}");
    }
    let tops = tree.tops.iter().map(|&top| tree.places[top as usize].whole);
    let sum = tops.fold((0, 0_u64), |sum, top| (sum.0 + top.count, sum.1.saturating_add(top.shallow_bytes)));
    assert_eq!(sum, (graph.object_count() as u64, graph.total_size()), "{at}");
    assert_eq!((tree.whole.count, tree.whole.shallow_bytes), sum, "{at}");
}

#[test]
fn every_object_has_one_place_and_all_sums_are_the_heap() {
    for seed in 0..HEAPS {
        let graph = RandomHeap::new(seed).graph();
        let roots = GcRoots::of(&graph);
        let placed = PlacedHeap::of(&graph, &roots);
        let at = format!("seed {seed}");
        assert_adds_up(&placed.tree, &graph, &at);
        for (index, place) in placed.tree.places.iter().enumerate() {
            let here = graph.objects().filter(|&object| placed.place(object) == index as u32);
            assert_eq!(here.count() as u64, place.own.count, "{at}");
        }
        for least in [1, 1 << 20, u64::MAX] {
            assert_adds_up(&placed.tree.folded(least), &graph, &at);
        }
    }
}

/// A snapshot of objects that each refer to others by fields of these names; the first is a module.
fn drawn(fields: &[Vec<(String, u64)>], size: u64) -> HeapGraph {
    let mut snapshot = Snapshot::default();
    for name in ["module", "dict"] {
        snapshot.types.push(TypeRecord { module: "builtins".into(), name: name.into(), ..TypeRecord::default() });
    }
    let address = |index: u64| 0x1_0000 + 16 * index;
    for (own, index) in fields.iter().zip(0..) {
        let names = own.iter().map(|(name, _)| name.as_str().into()).collect();
        snapshot.shapes.push(ShapeRecord { type_index: u32::from(index > 0), slots: vec![Segment::Fields(names)] });
        let objects = &mut snapshot.objects;
        objects.address.push(address(index));
        objects.shape.push(index as u32);
        objects.size.push(size);
        assert!(objects.refcount.push(-2));
        objects.reference_count.push(own.len() as u32);
        objects.referent.extend(own.iter().map(|(_, referent)| address(*referent)));
    }
    let (kind, name) = ("module".into(), "app".into());
    snapshot.roots.push(RootRecord { kind, name, address: WireAddress::at(address(0)), file: None });
    HeapGraph::build(snapshot)
}

#[test]
fn hostile_heaps_have_a_bounded_number_of_places() {
    // A chain in which no step repeats, and one object with more names than there may be places.
    let names = 200_000;
    let chain: Vec<Vec<(String, u64)>> = (0..names).map(|at| vec![(format!(".f{at}"), (at + 1) % names)]).collect();
    let graph = drawn(&chain, 1);
    let tree = places(&graph);
    assert_adds_up(&tree, &graph, "chain");
    assert!(tree.places.len() < 100, "{}", tree.places.len());
    let mut star = vec![Vec::new(); names as usize];
    star[0] = (1..names).map(|at| (format!(".f{at}"), at)).collect();
    let graph = drawn(&star, 1);
    let tree = places(&graph);
    assert_adds_up(&tree, &graph, "star");
    assert!(tree.places.len() <= 1 << 17, "{}", tree.places.len());
    assert_eq!(tree.crowded + tree.places.len() as u64, names, "what has no place of its own is counted");
    // Sizes that no machine has.
    let graph = drawn(&chain[..100].iter().map(|own| vec![(own[0].0.clone(), 0)]).collect::<Vec<_>>(), u64::MAX);
    let (tree, nothing) = (places(&graph), PlaceTree::default());
    let options = GrowthOptions { least_bytes: 1, least_elements: 1 };
    let growth = PlaceGrowth::between(&[&nothing, &tree], options);
    assert!(growth.grown.iter().all(|row| row.bytes_growth() > 0));
    assert!(!PlaceGrowth::between(&[&tree, &nothing], options).grown.iter().any(|row| row.bytes_growth() > 0));
}

#[test]
fn the_order_of_a_file_does_not_show() {
    for seed in 0..HEAPS {
        let heap = RandomHeap::new(seed);
        let (one, other) = (places(&heap.graph()), places(&heap.shuffled(seed + 1).graph()));
        assert_eq!(one.places, other.places, "seed {seed}");
        assert_eq!(one.tops, other.tops, "seed {seed}");
    }
}

#[test]
fn growths_by_place_and_the_rest_are_the_growth_of_the_heap() {
    let mut told = 0;
    for seed in 0..HEAPS {
        let trees = [0, 1, 2].map(|more| places(&RandomHeap::new(3 * seed + more).graph()));
        let all: Vec<&PlaceTree> = trees.iter().collect();
        for least_bytes in [1, 1 << 30] {
            let growth = PlaceGrowth::between(&all, GrowthOptions { least_bytes, least_elements: 3 });
            let sum: i128 = growth.grown.iter().map(GrownPlace::bytes_growth).sum();
            let whole = |tree: &PlaceTree| i128::from(tree.whole.shallow_bytes);
            assert_eq!(sum + growth.rest_bytes, whole(&trees[2]) - whole(&trees[0]), "seed {seed}");
            told += growth.grown.len();
            // Told once: no place below one whose whole growth is told.
            for row in &growth.grown {
                let is_above = |other: &&GrownPlace| other.way.len() < row.way.len() && row.way.starts_with(&other.way);
                let whole_above = growth
                    .grown
                    .iter()
                    .filter(is_above)
                    .filter(|other| !matches!(other.grew, heapgraph::analysis::places::growth::Grew::Bytes { .. }));
                assert_eq!(whole_above.count(), 0, "seed {seed}");
            }
        }
        let same = PlaceGrowth::between(&[all[0], all[0]], GrowthOptions { least_bytes: 1, least_elements: 1 });
        assert!(same.grown.is_empty() && same.rest_bytes == 0, "seed {seed}");
    }
    assert!(told > HEAPS as usize, "{told}");
}

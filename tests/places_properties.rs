//! Places of thousands of random heaps: every object has one, and all numbers add up.

mod random_heap;

use heapgraph::analysis::gc_roots::GcRoots;
use heapgraph::analysis::places::growth::{GrownPlace, GrowthOptions, PlaceGrowth};
use heapgraph::analysis::places::{PlaceTree, PlacedHeap};
use heapgraph::graph::HeapGraph;
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

//! Which objects of a heap are worth telling where not all can be told.

use std::cmp::Reverse;

use crate::graph::Object;

use super::dominators::Dominator;
use super::explored::Explored;
use super::suspects::{Accumulation, Finding, Joined, ScatteredType, Suspects};

/// The objects that retain at least so many bytes, the largest first; ties by address. O(k log k) for k objects found and what
/// they immediately dominate.
pub fn large(heap: &Explored<'_>, least_bytes: u64, limit: usize) -> Vec<Object> {
    let retained = heap.retained();
    let is_large = |object: &Object| retained.bytes(*object) >= least_bytes.max(1);
    let below = |dominator| heap.dominated().by(dominator).take_while(is_large);
    let mut next: Vec<Object> = below(Dominator::Roots).chain(below(Dominator::Unreachable)).collect();
    let mut found = Vec::new();
    while let Some(object) = next.pop() {
        found.push(object);
        next.extend(below(Dominator::Object(object)));
    }
    found.sort_by_key(|&object| (Reverse(retained.bytes(object)), object));
    found.truncate(limit);
    found
}

/// Of each type the objects that retain most, up to `limit`, the largest first; ties by address. Linear in the objects for a
/// small limit.
pub fn largest_of_types(heap: &Explored<'_>, limit: usize) -> Vec<Vec<Object>> {
    let retained = heap.retained();
    let mut found: Vec<Vec<Object>> = vec![Vec::new(); heap.graph.types.len()];
    for object in heap.graph.objects() {
        let largest = &mut found[heap.graph.type_id(object).index()];
        let bytes = retained.bytes(object);
        // Of equals, the one that was there before.
        let place = largest.partition_point(|&other| retained.bytes(other) >= bytes);
        if place < limit {
            largest.truncate(limit - 1);
            largest.insert(place, object);
        }
    }
    found
}

/// The objects that suspects are told by, in their order: points, their containers, examples of rules, what holds them.
pub fn of_suspects(suspects: &Suspects) -> Vec<Object> {
    let mut found: Vec<Object> = suspects.suspects.iter().flat_map(|joined| of_suspect(suspects, joined)).collect();
    found.extend(suspects.large.iter().flat_map(|&index| of_point(&suspects.accumulations[index])));
    found.extend(suspects.largest.iter().flat_map(of_point));
    found
}

/// Those of one suspect; the first is what it is best told by.
pub fn of_suspect(suspects: &Suspects, joined: &Joined) -> Vec<Object> {
    let mut found = Vec::new();
    joined.accumulations.iter().for_each(|&index| found.extend(of_point(&suspects.accumulations[index])));
    joined.findings.iter().for_each(|&index| found.extend(of_finding(&suspects.findings[index])));
    joined.types.iter().for_each(|&index| found.extend(of_type(&suspects.types[index])));
    found
}

/// A point of accumulation, and its containers.
pub fn of_point(point: &Accumulation) -> impl Iterator<Item = Object> + '_ {
    std::iter::once(point.object).chain(point.containers.iter().map(|container| container.object))
}

/// What a rule has found, and what holds it.
pub fn of_finding(finding: &Finding) -> impl Iterator<Item = Object> + '_ {
    let holders = finding.gatherings.iter().map(|gathering| gathering.container.object);
    finding.hits.iter().map(|hit| hit.object).chain(holders)
}

fn of_type(of: &ScatteredType) -> impl Iterator<Item = Object> + '_ {
    let holders = of.gatherings.iter().map(|gathering| gathering.container.object);
    of.instances.iter().copied().take(1).chain(holders)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{DrawnHeap, Sketch};

    /// A module that holds a list of three users of different sizes, and one user beside it.
    fn heap() -> DrawnHeap {
        let mut sketch = Sketch::new();
        sketch.object("app", "module", 10).object("users", "list", 20).module_root("app");
        sketch.object("a", "app.User", 5).object("b", "app.User", 50).object("c", "app.User", 5);
        sketch.object("d", "app.User", 7).refer("app", ".users", "users").refer("app", ".d", "d");
        sketch.refer("users", "[0]", "a").refer("users", "[1]", "b").refer("users", "[2]", "c");
        sketch.build()
    }

    fn names(heap: &DrawnHeap, objects: &[Object]) -> Vec<String> {
        objects.iter().map(|&object| heap.name(object).to_owned()).collect()
    }

    #[test]
    fn what_retains_enough_is_told_and_nothing_below_it_that_does_not() {
        let drawn = heap();
        let heap = Explored::of(&drawn.graph);
        assert_eq!(names(&drawn, &large(&heap, 50, 9)), ["app", "users", "b"]);
        assert_eq!(names(&drawn, &large(&heap, 5, 9)), ["app", "users", "b", "d", "a", "c"]);
        assert_eq!(names(&drawn, &large(&heap, 5, 2)), ["app", "users"]);
    }

    #[test]
    fn of_each_type_the_largest_are_told() {
        let drawn = heap();
        let heap = Explored::of(&drawn.graph);
        let of = |limit| {
            let found = largest_of_types(&heap, limit);
            let users = drawn.graph.type_id(drawn.get("a")).index();
            names(&drawn, &found[users])
        };
        assert_eq!(of(3), ["b", "d", "a"]);
        assert_eq!(of(1), ["b"]);
        assert_eq!(of(9), ["b", "d", "a", "c"]);
    }
}

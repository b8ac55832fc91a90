//! Containers: what one holds, and which of them hold many objects of a kind.

use std::collections::HashMap;

use crate::graph::{HeapGraph, Object, Reference, Slot, TypeId};

use super::callee::callee;
use super::explored::Explored;

/// A container, and what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Container {
    /// The container.
    pub object: Object,
    /// How the object that was asked about holds it; `None` when it is that itself.
    pub held: Option<Reference>,
    /// How many elements it has (pairs, for a mapping).
    pub elements: u64,
    /// The most common type of its elements (values, for a mapping), with how many are of it; `None` when it is empty.
    pub most: Option<(TypeId, u64)>,
    /// The function that most of its elements call, an example of it, with how many do; `None` when fewer than half call one.
    pub calls: Option<(Object, u64)>,
    /// Its own retained size; small when its elements are held elsewhere too.
    pub retained_bytes: u64,
}

/// A container through which many objects of one type are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gathering {
    /// The container.
    pub container: Container,
    /// How many of the objects it holds, directly or through what stands between (a closure, a bound method, a record).
    pub holds: u64,
}

/// From so many elements on a container gathers.
const MANY: u32 = 16;

/// What stands between an object and the container is looked for among so many objects.
const BETWEEN: usize = 24;

/// The containers that hold at least a tenth of the objects each, most first; at most `limit`.
///
/// From each object up its referrers, at most 24 of them, not beyond a container of many elements, nor into a namespace.
/// Linear in the objects and their references.
pub fn gatherings(heap: &Explored<'_>, objects: &[Object], limit: usize) -> Vec<Gathering> {
    let graph = heap.graph;
    let mut counts: HashMap<Object, u64> = HashMap::new();
    for &object in objects {
        let mut between = vec![object];
        let mut containers: Vec<Object> = Vec::new();
        let mut place = 0;
        while let Some(&below) = between.get(place) {
            place += 1;
            for referrer in graph.referrers(below).take(BETWEEN) {
                if between.len() + containers.len() > BETWEEN {
                    break;
                }
                let is_met = between.contains(&referrer) || containers.contains(&referrer);
                if is_met || heap.namespaces().contains(referrer) || !heap.reachability().is_reached(referrer) {
                    continue;
                }
                if gathers(graph, referrer) {
                    containers.push(referrer);
                } else if holds(graph, referrer, below) {
                    between.push(referrer);
                }
            }
        }
        for container in containers {
            *counts.entry(container).or_default() += 1;
        }
    }
    let least = (objects.len() as u64).div_ceil(10).max(2);
    let mut found: Vec<(Object, u64)> = counts.into_iter().filter(|&(_, count)| count >= least).collect();
    found.sort_unstable_by_key(|&(object, count)| (std::cmp::Reverse(count), object));
    found.truncate(limit);
    let gathering = |(object, holds)| Some(Gathering { container: container(heap, object, None)?, holds });
    found.into_iter().filter_map(gathering).collect()
}

fn gathers(graph: &HeapGraph, object: Object) -> bool {
    graph.elements(object).is_some_and(|(elements, _)| elements >= MANY)
}

/// Whether a referrer of few references keeps the object alive.
fn holds(graph: &HeapGraph, referrer: Object, object: Object) -> bool {
    !graph.has_weak_slots(referrer) || graph.references_between(referrer, object).any(|slot| graph.is_strong(slot))
}

/// Counts the elements of a container; `None` when the object is none.
pub fn container(heap: &Explored<'_>, object: Object, held: Option<Reference>) -> Option<Container> {
    let graph = heap.graph;
    let (elements, _) = graph.elements(object)?;
    let mut types: HashMap<TypeId, u64> = HashMap::new();
    // By code: each closure is a function of its own.
    let mut callees: HashMap<Object, (Object, u64)> = HashMap::new();
    for reference in graph.references(object) {
        let is_element =
            matches!(graph.slot(reference), Slot::Index(_) | Slot::Flat(_) | Slot::Value(_) | Slot::Member);
        if let Some(element) = reference.referent.filter(|_| is_element) {
            *types.entry(graph.type_id(element)).or_default() += 1;
            if let Some(function) = callee(graph, element) {
                let code = graph.field(function, ".__code__").and_then(|code| code.referent).unwrap_or(function);
                callees.entry(code).or_insert((function, 0)).1 += 1;
            }
        }
    }
    let most = types.into_iter().min_by_key(|&(id, count)| (std::cmp::Reverse(count), graph.type_name(id), id));
    let most_called = callees.into_iter().min_by_key(|&(code, (_, count))| (std::cmp::Reverse(count), code));
    let calls = most_called.map(|(_, calls)| calls).filter(|(_, count)| count * 2 > u64::from(elements));
    let retained_bytes = heap.retained().bytes(object);
    Some(Container { object, held, elements: u64::from(elements), most, calls, retained_bytes })
}

//! Who else holds what is in a container: what two containers hold together is freed by neither alone.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::analysis::object_set::ObjectSet;
use crate::analysis::ownership::ownership_view;
use crate::graph::{HeapGraph, Object};

use super::PlacedHeap;

/// Another place that holds what a container has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The place: of `among`, or where the holder itself is.
    pub place: u32,
    /// How many of the container's elements it holds.
    pub elements: u64,
}

/// An element that more objects refer to is common to all, and nobody's.
const MOST_REFERRERS: usize = 1000;

impl PlacedHeap<'_> {
    /// The places that also hold elements of the containers at a place, most first; `among` are places that name a holder below
    /// them. An object that an element itself leads to is none. One pass over all references.
    pub fn holders(&self, of: u32, among: &[u32]) -> Vec<Holder> {
        let graph = self.graph;
        let mut wanted = ObjectSet::empty(graph);
        let is_container = |&object: &Object| self.place(object) == of && !self.namespaces.contains(object);
        for container in graph.objects().filter(is_container) {
            let own = elements(graph, container).into_iter();
            wanted.extend(own.filter(|&element| is_somebodys(graph, element)));
        }
        if wanted.is_empty() {
            return Vec::new();
        }
        let view = ownership_view(graph);
        let mut found: Vec<(u32, Object)> = Vec::new();
        for referrer in graph.objects().filter(|&object| self.place(object) != of) {
            for element in view.referents(referrer).filter(|&held| wanted.contains(held)) {
                let place = self.place(referrer);
                if !self.is_below(place, self.place(element)) {
                    found.extend(self.name(place, of, among).map(|place| (place, element)));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        let mut holders: Vec<Holder> = found
            .chunk_by(|one, next| one.0 == next.0)
            .map(|held| Holder { place: held[0].0, elements: held.len() as u64 })
            .collect();
        holders.sort_by_key(|holder| (Reverse(holder.elements), holder.place));
        holders
    }

    /// What a place is told by: the elements of its containers, each once, or the objects there. Linear in the objects.
    pub fn told_at(&self, place: u32, is_by_elements: bool) -> Vec<Object> {
        let here = self.graph.objects().filter(|&object| self.place(object) == place);
        if !is_by_elements {
            return here.collect();
        }
        let containers = here.filter(|&object| !self.namespaces.contains(object));
        let mut all: Vec<Object> = containers.flat_map(|container| elements(self.graph, container)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// One object at each of some places: the first container that holds something, else the first object, by address. Linear
    /// in the objects.
    pub fn examples(&self, of: &[u32]) -> HashMap<u32, Object> {
        let mut is_asked = vec![false; self.tree.places.len()];
        for &place in of {
            is_asked[place as usize] = true;
        }
        let holds = |object: Object| {
            !self.namespaces.contains(object) && self.graph.elements(object).is_some_and(|(count, _)| count > 0)
        };
        let (mut containers, mut objects) = (HashMap::new(), HashMap::new());
        for object in self.graph.objects().filter(|&object| is_asked[self.place(object) as usize]) {
            let found = if holds(object) { &mut containers } else { &mut objects };
            found.entry(self.place(object)).or_insert(object);
        }
        objects.extend(containers);
        objects
    }

    /// The place of `among` that is the holder's or above it, else the holder's; `None` when it is that of the container.
    fn name(&self, holder: u32, of: u32, among: &[u32]) -> Option<u32> {
        let mut next = Some(holder);
        while let Some(at) = next {
            if at == of {
                return None;
            }
            if among.contains(&at) {
                return Some(at);
            }
            next = self.tree.places[at as usize].above;
        }
        Some(holder)
    }

    /// Whether a place is another or below it.
    pub fn is_below(&self, place: u32, other: u32) -> bool {
        std::iter::successors(Some(place), |&at| self.tree.places[at as usize].above).any(|at| at == other)
    }
}

/// Not a number or a text, which anybody may have, nor what everybody has.
fn is_somebodys(graph: &HeapGraph, element: Object) -> bool {
    let is_plain = graph.type_of(element).module == "builtins" && graph.strong_referents(element).next().is_none();
    !is_plain && graph.referrers(element).len() <= MOST_REFERRERS
}

/// What a container holds: items, members, values.
fn elements(graph: &HeapGraph, container: Object) -> Vec<Object> {
    let mut values: Vec<Object> = graph.entries(container).filter_map(|(_, value)| value).collect();
    if values.is_empty() {
        let count = graph.elements(container).map_or(0, |(count, _)| count);
        let first = graph.references_of(container).saturating_sub(count);
        values = graph.references(container).skip(first as usize).filter_map(|held| held.referent).collect();
    }
    values
}

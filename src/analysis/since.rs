//! Which objects are new since an earlier snapshot: for certain, or perhaps.
//!
//! An address alone is no identity: what is freed leaves its address to others. An object is new for certain where the earlier
//! snapshot has nothing at its address, or what can't have become it; it is the same for certain where a mark tells so
//! ([`Collector::marked_since`](crate::snapshot::Collector)), or where it can never be freed. All others may be either, so a
//! number of new objects has two bounds. Addresses of two processes have nothing in common: there, objects are counted by place
//! and type, which says how many are more, and not always which.

mod by_group;
mod by_place;
mod earlier;

pub use by_group::{born_between, groups_with_new};
pub use by_place::EarlierPlaces;
pub use earlier::Earlier;

use crate::graph::{HeapGraph, Object};

use super::common::Tally;
use super::object_set::ObjectSet;

/// What is known of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// It is in the earlier snapshot. Of different processes: that has as many of its type at its place.
    Old,
    /// It may be new, or not.
    Unknown,
    /// It is not in the earlier snapshot.
    New,
}

/// By what objects are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// A mark, for all that the collector tracks; addresses for the rest.
    Mark,
    /// Addresses, types and contents that never change.
    Address,
    /// Numbers by place and type, as the snapshots are of different processes.
    Place,
}

/// How many, and how many bytes: at least and at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// New for certain.
    pub least: Tally,
    /// And what may be new.
    pub most: Tally,
}

impl Bounds {
    /// Whether both bounds are one.
    pub fn is_exact(&self) -> bool {
        self.least == self.most
    }

    /// Adds what has nothing in common with it.
    pub fn add(&mut self, other: Bounds) {
        self.least.add(other.least);
        self.most.add(other.most);
    }
}

/// What of a heap is new since an earlier snapshot. Keeps a bit or two per object.
#[derive(Debug)]
pub struct Since {
    /// By what the objects are told apart.
    pub evidence: Evidence,
    new: ObjectSet,
    unknown: ObjectSet,
    /// Of different processes: how many of the unknown are new, by a number for each place and type.
    surplus: Vec<by_place::Surplus>,
    /// Objects of the earlier snapshot.
    pub earlier_objects: u64,
}

impl Since {
    /// What is known of an object.
    pub fn age(&self, object: Object) -> Age {
        if self.new.contains(object) {
            Age::New
        } else if self.unknown.contains(object) {
            Age::Unknown
        } else {
            Age::Old
        }
    }

    /// Those of some objects that are new for certain, and those that may be, in their order.
    pub fn split(&self, objects: &[Object]) -> (Vec<Object>, Vec<Object>) {
        let of = |age| objects.iter().copied().filter(|&object| self.age(object) == age).collect();
        (of(Age::New), of(Age::Unknown))
    }

    /// How many objects of each group are new; `group` names the group of an object, below `groups`, by its type alone. Linear.
    pub fn bounds(&self, graph: &HeapGraph, groups: usize, group: impl Fn(Object) -> usize) -> Vec<Bounds> {
        let mut sums = vec![Bounds::default(); groups];
        let by_address = self.evidence != Evidence::Place;
        for object in graph.objects() {
            let one = Tally { count: 1, shallow_bytes: graph.size(object) };
            match self.age(object) {
                Age::New => sums[group(object)].add(Bounds { least: one, most: one }),
                Age::Unknown if by_address => sums[group(object)].most.add(one),
                Age::Unknown | Age::Old => {}
            }
        }
        for surplus in &self.surplus {
            sums[group(surplus.example)].add(surplus.bounds());
        }
        sums
    }

    /// The classic rule of three snapshots: of what is new since the first, how much was there in the second; `self` is since
    /// the first, `second` since the second. What is new for certain is looked at alone: at least, where a mark tells that it is the
    /// same as in the second, at most, where its address may have been used again. Linear.
    pub fn born_before(
        &self,
        second: &Since,
        graph: &HeapGraph,
        groups: usize,
        group: impl Fn(Object) -> usize,
    ) -> Vec<Bounds> {
        let mut sums = vec![Bounds::default(); groups];
        for object in graph.objects().filter(|&object| self.age(object) == Age::New) {
            let one = Tally { count: 1, shallow_bytes: graph.size(object) };
            match second.age(object) {
                Age::Old => sums[group(object)].add(Bounds { least: one, most: one }),
                Age::Unknown => sums[group(object)].most.add(one),
                Age::New => {}
            }
        }
        sums
    }

    /// How many objects are new in all. Linear.
    pub fn all(&self, graph: &HeapGraph) -> Bounds {
        self.bounds(graph, 1, |_| 0)[0]
    }

    /// Per object its shallow size if it is new for certain, and if it may be; else 0. Linear.
    pub fn sizes(&self, graph: &HeapGraph) -> (Vec<u64>, Vec<u64>) {
        let of = |is_counted: &dyn Fn(Age) -> bool| {
            graph.objects().map(|object| if is_counted(self.age(object)) { graph.size(object) } else { 0 }).collect()
        };
        (of(&|age| age == Age::New), of(&|age| age != Age::Old))
    }
}

#[cfg(test)]
mod tests;

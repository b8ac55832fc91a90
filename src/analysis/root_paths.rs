//! Why an object is alive: the references that lead to it from a GC root.

mod expression;
mod independent;
mod merged;

pub use expression::{Gap, PathExpression, attribute_name, expression};
pub use independent::{Holder, IndependentPath, IndependentPaths, independent_paths};
pub use merged::{PathStep, PathTree};

use crate::graph::{HeapGraph, Object, Reference};

use super::gc_roots::{GcRoot, GcRoots};
use super::reachability::Reachability;

/// A strong path from a GC root to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootPath {
    /// Where it begins.
    pub root: GcRoot,
    /// One hop per reference, from the root on; empty when the object is the root.
    pub hops: Vec<Hop>,
}

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// The reference; [`HeapGraph::slot`] names it.
    pub reference: Reference,
    /// Where it leads.
    pub object: Object,
}

impl RootPath {
    /// The object that the path explains.
    pub fn target(&self) -> Object {
        self.hops.last().map_or(self.root.object, |hop| hop.object)
    }

    /// All objects of the path, the root first, the target last.
    pub fn objects(&self) -> impl DoubleEndedIterator<Item = Object> + '_ {
        std::iter::once(self.root.object).chain(self.hops.iter().map(|hop| hop.object))
    }
}

/// A shortest path to the object; `None` when no root reaches it. Linear in the path's length.
///
/// What is preferred among several is said at [`Reachability`].
pub fn shortest_path(
    graph: &HeapGraph,
    roots: &GcRoots,
    reachability: &Reachability,
    object: Object,
) -> Option<RootPath> {
    let last = reachability.last_reference(graph, object);
    let references = std::iter::successors(last, |reference| reachability.last_reference(graph, reference.referrer));
    let mut hops: Vec<Hop> =
        references.filter_map(|reference| Some(Hop { reference, object: reference.referent? })).collect();
    hops.reverse();
    let begin = hops.first().map_or(object, |hop| hop.reference.referrer);
    let root = roots.roots[reachability.root(graph, begin)?];
    Some(RootPath { root, hops })
}

/// The first strong reference between two objects. Linear in the references of `referrer`.
pub(super) fn strong_reference(graph: &HeapGraph, referrer: Object, referent: Object) -> Option<Reference> {
    graph.references_between(referrer, referent).find(|&reference| graph.is_strong(reference))
}

#[cfg(test)]
mod tests;

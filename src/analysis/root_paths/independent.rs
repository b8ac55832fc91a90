//! Several paths to one object that have as little in common as can be.

use crate::graph::{HeapGraph, Object, Reference};

use super::{Hop, RootPath, shortest_path, strong_reference};
use crate::analysis::explored::Explored;
use crate::analysis::gc_roots::GcRoots;
use crate::analysis::object_set::ObjectSet;
use crate::analysis::reachability::Reachability;

/// One of several paths to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndependentPath {
    /// The path.
    pub path: RootPath,
    /// Whether it has no object but the target in common with the paths before it.
    pub is_disjoint: bool,
}

/// Several paths to one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndependentPaths {
    /// The paths, the best explanation first.
    pub paths: Vec<IndependentPath>,
    /// How many further paths there are that end with another referrer or begin with the target as another root.
    pub more: u64,
    /// What holds the object, the best explained first; so many at most as were asked for.
    pub holders: Vec<Holder>,
    /// How many more holders there are.
    pub more_holders: u64,
}

/// An object that holds another and is alive without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The first strong reference by which it does.
    pub reference: Reference,
    /// How many further strong references there are between the two.
    pub parallel: u64,
    /// Why the holder itself is alive: a shortest path that does not lead through what it holds.
    pub path: RootPath,
}

/// Up to `limit` paths to an object: it as a root by itself, then paths without any object in common, each the shortest that
/// is left, then paths that at least end with another referrer. Empty when no root reaches the object.
///
/// Also up to `holder_limit` of its holders. O(limit × (n + m)) for n objects and m references.
pub fn independent_paths(heap: &Explored<'_>, target: Object, limit: usize, holder_limit: usize) -> IndependentPaths {
    let (graph, roots) = (heap.graph, &heap.roots);
    let own: Vec<_> = roots.of_object(target).copied().collect();
    let mut paths: Vec<RootPath> = own.iter().map(|&root| RootPath { root, hops: Vec::new() }).collect();
    // A path must not lead through the target, or it would explain the target by itself.
    let mut used = ObjectSet::of(graph, [target]);
    let mut holders = holders_of(heap, target);
    // Most shortest paths lead around the target anyway; a second search of the heap is for the others.
    let around = heap.reachability().leads_through(graph, target, &holders);
    let around = around.then(|| Reachability::avoiding(graph, roots, &used));
    let free = around.as_ref().unwrap_or_else(|| heap.reachability());
    sort_by_distance(graph, free, &mut holders);
    let mut ends: Vec<Object> = Vec::new();
    while ends.len() < limit && ends.len() < holders.len() {
        // Nothing is used before the first path.
        let left = (!ends.is_empty()).then(|| Reachability::avoiding(graph, roots, &used));
        let found = left.as_ref().unwrap_or(free);
        let mut left: Vec<Object> = holders.iter().copied().filter(|&holder| found.is_reached(holder)).collect();
        sort_by_distance(graph, found, &mut left);
        let Some(&holder) = left.first() else { break };
        let Some(path) = path_over(graph, roots, found, holder, target) else { break };
        used.extend(path.objects());
        ends.push(holder);
        paths.push(path);
    }
    let left = limit.saturating_sub(ends.len());
    let others = holders.iter().filter(|holder| !ends.contains(holder)).take(left);
    paths.extend(others.filter_map(|&holder| path_over(graph, roots, free, holder, target)));
    let more = (own.len() + holders.len()).saturating_sub(paths.len().min(limit)) as u64;
    // What C or immortality explains comes after what is named; the sort is stable.
    paths.sort_by_key(|path| path.root.kind.rank());
    paths.truncate(limit);
    let mut told = ObjectSet::of(graph, [target]);
    let paths = paths.into_iter().map(|path| {
        let is_disjoint = path.objects().all(|object| object == target || !told.contains(object));
        told.extend(path.objects());
        IndependentPath { path, is_disjoint }
    });
    let told: Vec<Holder> =
        holders.iter().take(holder_limit).filter_map(|&one| holder(graph, roots, free, one, target)).collect();
    let more_holders = (holders.len() - told.len()) as u64;
    IndependentPaths { paths: paths.collect(), more, holders: told, more_holders }
}

/// The objects that hold the target and are alive without it: roots reach them, and it does not dominate them.
fn holders_of(heap: &Explored<'_>, target: Object) -> Vec<Object> {
    let (graph, dominated) = (heap.graph, heap.dominated());
    let mut holders: Vec<Object> = graph.referrers(target).collect();
    holders.dedup();
    holders.retain(|&holder| dominated.is_reached(holder) && !dominated.dominates(target, holder));
    if holders.iter().any(|&holder| graph.has_weak_slots(holder)) {
        holders.retain(|&holder| !graph.has_weak_slots(holder) || strong_reference(graph, holder, target).is_some());
    }
    holders
}

/// Those with the best path first.
fn sort_by_distance(graph: &HeapGraph, found: &Reachability, holders: &mut [Object]) {
    let begins = found.roots_of(graph, holders);
    let mut sorted: Vec<_> = holders.iter().copied().zip(begins).collect();
    sorted.sort_by_key(|&(holder, begin)| (found.rank(holder), found.cost(holder), begin, holder));
    holders.iter_mut().zip(sorted).for_each(|(holder, (next, _))| *holder = next);
}

fn holder(graph: &HeapGraph, roots: &GcRoots, found: &Reachability, holder: Object, target: Object) -> Option<Holder> {
    let mut strong = graph.references_between(holder, target).filter(|&reference| graph.is_strong(reference));
    let reference = strong.next()?;
    Some(Holder { reference, parallel: strong.count() as u64, path: shortest_path(graph, roots, found, holder)? })
}

fn path_over(
    graph: &HeapGraph,
    roots: &GcRoots,
    found: &Reachability,
    holder: Object,
    target: Object,
) -> Option<RootPath> {
    let mut path = shortest_path(graph, roots, found, holder)?;
    path.hops.push(Hop { reference: strong_reference(graph, holder, target)?, object: target });
    Some(path)
}

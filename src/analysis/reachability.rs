//! How far each object is from the GC roots, and through which reference a shortest path leads to it.

use crate::graph::{HeapGraph, Object, Reference};

use super::gc_roots::{GcRoot, GcRoots};
use super::object_set::ObjectSet;

/// Shortest strong paths from the GC roots to all objects.
///
/// Roots are asked in order of their [rank](super::gc_roots::Rank): first everything that named roots reach, then what only
/// C code holds, then what is left to immortal objects. Among paths from one rank the shortest counts; ties go to the better
/// root, then to the first slot on the way.
#[derive(Debug)]
pub struct Reachability {
    /// Per object the referrer on its path; [`NONE`] for the roots and what isn't reached.
    parent: Vec<u32>,
    /// Per object which reference of `parent` it is.
    position: Vec<u32>,
    /// Per object the index in [`GcRoots::roots`] where its path begins; [`NONE`] when it isn't reached.
    root: Vec<u32>,
    distance: Vec<u32>,
    reached: usize,
}

const NONE: u32 = u32::MAX;

impl Reachability {
    /// Breadth-first search from all roots. Linear; keeps 16 bytes per object.
    pub fn of(graph: &HeapGraph, roots: &GcRoots) -> Reachability {
        Reachability::avoiding(graph, roots, &ObjectSet::empty(graph))
    }

    /// The same on the heap without the objects of a set.
    pub fn avoiding(graph: &HeapGraph, roots: &GcRoots, avoided: &ObjectSet) -> Reachability {
        let count = graph.object_count();
        let mut found = Reachability {
            parent: vec![NONE; count],
            position: vec![0; count],
            root: vec![NONE; count],
            distance: vec![NONE; count],
            reached: 0,
        };
        let mut queue: Vec<Object> = Vec::new();
        for (begin, roots_of_rank) in by_rank(roots) {
            queue.clear();
            for (root, index) in roots_of_rank.iter().zip(begin..) {
                let place = root.object.index();
                if found.root[place] == NONE && !avoided.contains(root.object) {
                    found.root[place] = index;
                    found.distance[place] = 0;
                    queue.push(root.object);
                }
            }
            let mut next = 0;
            while let Some(&object) = queue.get(next) {
                next += 1;
                let (root, distance) = (found.root[object.index()], found.distance[object.index()] + 1);
                let mut from = 0;
                while let Some((position, referent)) = graph.next_strong_reference(object, from) {
                    from = position + 1;
                    let place = referent.index();
                    if found.root[place] == NONE && !avoided.contains(referent) {
                        found.root[place] = root;
                        found.distance[place] = distance;
                        found.parent[place] = object.0;
                        found.position[place] = position;
                        queue.push(referent);
                    }
                }
            }
            found.reached += queue.len();
        }
        found
    }

    /// References from the root to the object, 0 for a root; `None` when no root reaches it.
    pub fn distance(&self, object: Object) -> Option<u32> {
        (self.distance[object.index()] != NONE).then(|| self.distance[object.index()])
    }

    /// Whether a root reaches the object.
    pub fn is_reached(&self, object: Object) -> bool {
        self.root[object.index()] != NONE
    }

    /// How many objects the roots reach.
    pub fn reached_count(&self) -> usize {
        self.reached
    }

    /// The root where the object's path begins, as an index into [`GcRoots::roots`]; `None` when no root reaches it.
    pub fn root(&self, object: Object) -> Option<usize> {
        (self.root[object.index()] != NONE).then(|| self.root[object.index()] as usize)
    }

    /// The last reference of the object's path; `None` for a root and for what no root reaches.
    pub fn last_reference(&self, object: Object) -> Option<Reference> {
        let parent = self.parent[object.index()];
        (parent != NONE).then(|| Reference {
            referrer: Object(parent),
            position: self.position[object.index()],
            referent: Some(object),
        })
    }
}

/// The roots rank by rank, each with the index of its first.
fn by_rank(roots: &GcRoots) -> impl Iterator<Item = (u32, &[GcRoot])> {
    let mut begin = 0;
    roots.roots.chunk_by(|one, next| one.kind.rank() == next.kind.rank()).map(move |chunk| {
        let first = begin;
        begin += chunk.len() as u32;
        (first, chunk)
    })
}

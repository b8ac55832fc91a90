//! Retained sizes: what would be freed with an object, or with a set of objects.

use std::io::{self, Seek, Write};
use std::sync::Arc;

use crate::graph::{HeapGraph, Object};
use crate::sections::{CompactColumn, SectionWriter, Sections};

use super::dominators::{Dominator, DominatorTree};
use super::object_set::ObjectSet;
use super::reference_view::ReferenceView;

/// The retained size of every object.
///
/// Sums of *shallow* sizes: what the snapshot measured. Bytes outside the Python heap ([`HeapGraph::external_bytes`]) are
/// summed apart, as the process gets them back in another way, or not at all (a mapped file). All sums saturate.
#[derive(Debug)]
pub struct RetainedSizes {
    bytes: CompactColumn,
    /// Empty when the snapshot knows of no external bytes.
    external: CompactColumn,
    /// All objects that the roots reach.
    pub reachable: Retained,
    /// All objects that no root reaches.
    pub unreachable: Retained,
}

/// What would be freed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Retained {
    /// Number of objects.
    pub objects: u64,
    /// Sum of their shallow sizes; saturates.
    pub bytes: u64,
    /// Sum of what they hold outside the Python heap; saturates.
    pub external_bytes: u64,
}

impl Retained {
    /// The sum of two that have nothing in common.
    pub fn and(self, other: Retained) -> Retained {
        Retained {
            objects: self.objects + other.objects,
            bytes: self.bytes.saturating_add(other.bytes),
            external_bytes: self.external_bytes.saturating_add(other.external_bytes),
        }
    }

    /// All that the objects are known to take, in the Python heap and outside of it; saturates.
    pub fn all_bytes(self) -> u64 {
        self.bytes.saturating_add(self.external_bytes)
    }

    /// Counts one object more.
    pub fn add(&mut self, graph: &HeapGraph, object: Object) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(graph.size(object));
        self.external_bytes = self.external_bytes.saturating_add(graph.external_bytes(object));
    }
}

impl RetainedSizes {
    /// All objects of the heap.
    pub fn everything(&self) -> Retained {
        self.reachable.and(self.unreachable)
    }

    /// Sums up the dominator tree from its leaves. Linear; keeps 2 bytes per object, 4 when there are external bytes.
    pub fn of(graph: &HeapGraph, tree: &DominatorTree) -> RetainedSizes {
        let mut bytes: Vec<u64> = graph.sizes().collect();
        sum_up(&mut bytes, tree);
        let mut external = Vec::new();
        if graph.has_external_bytes() {
            external = graph.objects().map(|object| graph.external_bytes(object)).collect();
            sum_up(&mut external, tree);
        }
        // What the virtual roots hold are all objects.
        let (mut reachable, mut unreachable) = (Retained::default(), Retained::default());
        for object in graph.objects() {
            let total = match tree.dominator(object) {
                Dominator::Object(_) => continue,
                Dominator::Roots => &mut reachable,
                Dominator::Unreachable => &mut unreachable,
            };
            total.bytes = total.bytes.saturating_add(bytes[object.index()]);
            total.external_bytes =
                total.external_bytes.saturating_add(external.get(object.index()).copied().unwrap_or(0));
        }
        reachable.objects = tree.reachable_count() as u64;
        unreachable.objects = graph.object_count() as u64 - reachable.objects;
        let (bytes, external) = (bytes.into_iter().collect(), external.into_iter().collect());
        RetainedSizes { bytes, external, reachable, unreachable }
    }

    /// The same of other sizes than the shallow ones, one per object: what of each object's subtree is new, for instance. The
    /// totals hold only bytes. Linear.
    pub fn of_sizes(tree: &DominatorTree, mut sizes: Vec<u64>) -> RetainedSizes {
        let (mut reachable, mut unreachable) = (Retained::default(), Retained::default());
        for (place, object) in tree.order().enumerate() {
            let total = if place < tree.reachable_count() { &mut reachable } else { &mut unreachable };
            total.bytes = total.bytes.saturating_add(sizes[object.index()]);
        }
        sum_up(&mut sizes, tree);
        RetainedSizes { bytes: sizes.into_iter().collect(), external: CompactColumn::default(), reachable, unreachable }
    }

    /// The object's retained size in bytes: its own shallow size and those of all that it dominates.
    pub fn bytes(&self, object: Object) -> u64 {
        self.bytes.get(object.index())
    }

    /// What the object and all that it dominates hold outside the Python heap.
    pub fn external_bytes(&self, object: Object) -> u64 {
        if self.external.is_empty() { 0 } else { self.external.get(object.index()) }
    }
}

impl RetainedSizes {
    pub(super) fn write<W: Write + Seek>(&self, out: &mut SectionWriter<W>) -> io::Result<()> {
        self.bytes.write(out, "retained")?;
        self.external.write(out, "retained.external")?;
        out.value("retained.totals", &(self.reachable, self.unreachable))
    }

    /// `None` when the sections are not there, or not of so many objects.
    pub(super) fn of_sections(sections: &Arc<Sections>, objects: usize) -> Option<RetainedSizes> {
        let (reachable, unreachable) = sections.value("retained.totals")?;
        let bytes = CompactColumn::of(sections, "retained")?;
        let external = CompactColumn::of(sections, "retained.external")?;
        let fits = bytes.len() == objects && (external.is_empty() || external.len() == objects);
        fits.then_some(RetainedSizes { bytes, external, reachable, unreachable })
    }
}

fn sum_up(sums: &mut [u64], tree: &DominatorTree) {
    for object in tree.order().rev() {
        if let Dominator::Object(holder) = tree.dominator(object) {
            sums[holder.index()] = sums[holder.index()].saturating_add(sums[object.index()]);
        }
    }
}

/// What would be freed if all these objects went at once: exact for any set. One walk over the heap, linear.
///
/// Removes the set and walks again, from what the virtual roots of the dominator tree hold; what is not met is retained.
/// Unreachable objects are part of the set's account only when the set holds them.
pub fn retained_by(graph: &HeapGraph, tree: &DominatorTree, set: &ObjectSet) -> Retained {
    let view = ReferenceView::exact(graph);
    let reachable = ObjectSet::of(graph, tree.order().take(tree.reachable_count()));
    let mut met = ObjectSet::empty(graph);
    let mut left: Vec<Object> = Vec::new();
    for top in tree.order().filter(|&object| !matches!(tree.dominator(object), Dominator::Object(_))) {
        // Garbage holds nothing that is reachable.
        let is_alive = reachable.contains(top);
        let holds = |object| !set.contains(object) && reachable.contains(object) == is_alive;
        if holds(top) && met.insert(top) {
            left.push(top);
        }
        while let Some(object) = left.pop() {
            for referent in view.referents(object) {
                if holds(referent) && met.insert(referent) {
                    left.push(referent);
                }
            }
        }
    }
    let mut freed = Retained::default();
    for object in graph.objects().filter(|&object| !met.contains(object)) {
        freed.add(graph, object);
    }
    freed
}

//! Which references a walk follows: all strong ones, or those that are left when some slots are set aside.

use crate::graph::{HeapGraph, Object};

/// A heap as a walk sees it. Weak references never count ([`HeapGraph::is_strong`]); a view may set aside more.
#[derive(Debug)]
pub struct ReferenceView<'g> {
    graph: &'g HeapGraph,
    /// Per shape, the positions that are set aside, ascending; empty as a whole when none is.
    set_aside: Vec<Box<[u32]>>,
}

impl<'g> ReferenceView<'g> {
    /// Every strong reference counts.
    pub fn exact(graph: &'g HeapGraph) -> Self {
        ReferenceView { graph, set_aside: Vec::new() }
    }

    /// Every strong reference counts but those of `set_aside`: per shape ([`HeapGraph::shape_index`]) ascending positions.
    pub(super) fn without(graph: &'g HeapGraph, set_aside: Vec<Box<[u32]>>) -> Self {
        debug_assert_eq!(set_aside.len(), graph.shape_count());
        ReferenceView { graph, set_aside }
    }

    /// The heap.
    pub fn graph(&self) -> &'g HeapGraph {
        self.graph
    }

    /// Whether every strong reference counts.
    pub fn is_exact(&self) -> bool {
        self.set_aside.is_empty()
    }

    /// The first reference in slot `from` or later that counts: its position and its referent.
    #[inline]
    pub fn next(&self, referrer: Object, from: u32) -> Option<(u32, Object)> {
        let mut next = self.graph.next_strong_reference(referrer, from);
        if self.set_aside.is_empty() {
            return next;
        }
        let set_aside = &self.set_aside[self.graph.shape_index(referrer)];
        while let Some((position, _)) = next
            && set_aside.binary_search(&position).is_ok()
        {
            next = self.graph.next_strong_reference(referrer, position + 1);
        }
        next
    }

    /// Positions and referents of the strong references that the view sets aside, in slot order.
    pub fn set_aside(&self, referrer: Object) -> impl Iterator<Item = (u32, Object)> + '_ {
        let positions = self.set_aside.get(self.graph.shape_index(referrer)).map_or(&[][..], |some| some);
        positions.iter().filter_map(move |&position| {
            let reference = self.graph.reference_at(referrer, position)?;
            self.graph.is_strong(reference).then_some((position, reference.referent?))
        })
    }

    /// Positions and referents of the references that count, in slot order.
    #[inline]
    pub fn references(&self, referrer: Object) -> impl Iterator<Item = (u32, Object)> + '_ {
        let mut from = 0;
        std::iter::from_fn(move || {
            let (position, referent) = self.next(referrer, from)?;
            from = position + 1;
            Some((position, referent))
        })
    }
}

//! Which references a walk follows: all strong ones, or those that are left when some slots are set aside.

use crate::graph::{HeapGraph, Object};

/// A heap as a walk sees it. Weak references never count ([`HeapGraph::is_strong`]); a view may set aside more.
#[derive(Debug)]
pub struct ReferenceView<'g> {
    graph: &'g HeapGraph,
    /// Per shape, the positions that are set aside, ascending; empty as a whole when none is.
    set_aside: Vec<Box<[u32]>>,
}

/// Where a walk stands in the references of one object.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The number of the next reference ([`HeapGraph::reference_number`]), and of the one after the last.
    next: u32,
    end: u32,
    /// The number of the first; [`PLAIN`] for an object all references of which count.
    first: u32,
}

/// More references than a heap has.
const PLAIN: u32 = u32::MAX;

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

    /// The beginning of an object's references.
    #[inline]
    pub fn row(&self, referrer: Object) -> Row {
        let numbers = self.graph.reference_numbers(referrer);
        let is_plain = !self.graph.has_weak_slots(referrer)
            && (self.set_aside.is_empty() || self.set_aside[self.graph.shape_index(referrer)].is_empty());
        Row { next: numbers.start, end: numbers.end, first: if is_plain { PLAIN } else { numbers.start } }
    }

    /// Goes on in a row to the next reference that counts: its referent. `referrer` is asked for where some do not.
    #[inline]
    pub fn next_in(&self, row: &mut Row, referrer: impl FnOnce() -> Object) -> Option<Object> {
        if row.first != PLAIN {
            let (position, referent) = self.next(referrer(), row.next - row.first)?;
            row.next = row.first + position + 1;
            return Some(referent);
        }
        while row.next < row.end {
            row.next += 1;
            let referent = self.graph.referent_numbered(row.next - 1);
            if referent.is_some() {
                return referent;
            }
        }
        None
    }

    /// Positions and referents of the strong references that the view sets aside, in slot order.
    pub fn set_aside(&self, referrer: Object) -> impl Iterator<Item = (u32, Object)> + '_ {
        let positions = self.set_aside.get(self.graph.shape_index(referrer)).map_or(&[][..], |some| some);
        positions.iter().filter_map(move |&position| {
            let reference = self.graph.reference_at(referrer, position)?;
            self.graph.is_strong(reference).then_some((position, reference.referent?))
        })
    }

    /// The referents of the references that count, in slot order, once per reference.
    #[inline]
    pub fn referents(&self, referrer: Object) -> impl Iterator<Item = Object> + '_ {
        let mut row = self.row(referrer);
        std::iter::from_fn(move || self.next_in(&mut row, || referrer))
    }
}

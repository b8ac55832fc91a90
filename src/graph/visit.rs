//! petgraph's traits over the compact store, so that its algorithms run on the heap itself.
//!
//! petgraph's own `Csr` keeps one direction and refuses parallel edges, and `Graph` takes 24 bytes per reference; a heap has
//! parallel references by nature (`[x, x]`), and both directions are asked for all the time.

use petgraph::Direction;
use petgraph::visit::{
    GraphBase, GraphProp, IntoNeighbors, IntoNeighborsDirected, IntoNodeIdentifiers, NodeCompactIndexable, NodeCount,
    NodeIndexable, VisitMap, Visitable,
};

use super::{HeapGraph, Object};

impl GraphBase for HeapGraph {
    type NodeId = Object;
    /// The place of a reference in the order of referrers, then slots.
    type EdgeId = u32;
}

impl GraphProp for HeapGraph {
    type EdgeType = petgraph::Directed;
}

impl NodeCount for HeapGraph {
    fn node_count(&self) -> usize {
        self.object_count()
    }
}

impl NodeIndexable for HeapGraph {
    fn node_bound(&self) -> usize {
        self.object_count()
    }

    fn to_index(&self, object: Object) -> usize {
        object.index()
    }

    fn from_index(&self, index: usize) -> Object {
        Object(index as u32)
    }
}

impl NodeCompactIndexable for HeapGraph {}

/// Which objects were visited, one bit each.
#[derive(Debug, Clone, Default)]
pub struct Visited(Vec<u64>);

impl VisitMap<Object> for Visited {
    fn visit(&mut self, object: Object) -> bool {
        let word = &mut self.0[object.index() / 64];
        let bit = 1 << (object.0 % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    fn is_visited(&self, object: &Object) -> bool {
        self.0[object.index() / 64] & (1 << (object.0 % 64)) != 0
    }

    fn unvisit(&mut self, object: Object) -> bool {
        let was = self.is_visited(&object);
        self.0[object.index() / 64] &= !(1 << (object.0 % 64));
        was
    }
}

impl Visitable for HeapGraph {
    type Map = Visited;

    fn visit_map(&self) -> Visited {
        Visited(vec![0; self.object_count().div_ceil(64)])
    }

    fn reset_map(&self, map: &mut Visited) {
        *map = self.visit_map();
    }
}

impl<'g> IntoNodeIdentifiers for &'g HeapGraph {
    type NodeIdentifiers = Box<dyn Iterator<Item = Object> + 'g>;

    fn node_identifiers(self) -> Self::NodeIdentifiers {
        Box::new(self.objects())
    }
}

/// Neighbours in one direction: a row of the store.
#[derive(Debug, Clone)]
pub struct Neighbours<'g>(std::slice::Iter<'g, u32>);

impl Iterator for Neighbours<'_> {
    type Item = Object;

    fn next(&mut self) -> Option<Object> {
        self.0.find(|&&object| object != super::DANGLING).map(|&object| Object(object))
    }
}

impl<'g> IntoNeighbors for &'g HeapGraph {
    type Neighbors = Neighbours<'g>;

    fn neighbors(self, object: Object) -> Neighbours<'g> {
        Neighbours(self.row(object).iter())
    }
}

impl<'g> IntoNeighborsDirected for &'g HeapGraph {
    type NeighborsDirected = Neighbours<'g>;

    fn neighbors_directed(self, object: Object, direction: Direction) -> Neighbours<'g> {
        match direction {
            Direction::Outgoing => self.neighbors(object),
            Direction::Incoming => Neighbours(self.referrer_row(object).iter()),
        }
    }
}

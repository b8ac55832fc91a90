//! What most questions about a heap need, computed together: roots, paths, dominators, retained sizes.

use crate::graph::{HeapGraph, Object};

use super::classes::Classes;
use super::cut::{CutPlaces, cut_places};
use super::dominated::DominatedObjects;
use super::dominators::DominatorTree;
use super::gc_roots::GcRoots;
use super::namespaces::namespaces;
use super::object_set::ObjectSet;
use super::origin::Origins;
use super::reachability::Reachability;
use super::retained::RetainedSizes;
use super::root_paths::{PathExpression, RootPath, expression, shortest_path};
use super::uncollectable::Uncollectable;

/// A heap with everything that several analyses share. About 60 bytes per object on top of the graph.
#[derive(Debug)]
pub struct Explored<'g> {
    /// The heap.
    pub graph: &'g HeapGraph,
    /// Its roots.
    pub roots: GcRoots,
    /// Shortest paths from them.
    pub reachability: Reachability,
    /// The exact dominator tree.
    pub tree: DominatorTree,
    /// Retained sizes over that tree.
    pub retained: RetainedSizes,
    /// That tree, downwards.
    pub dominated: DominatedObjects,
    /// What is known of the classes.
    pub classes: Classes<'g>,
    /// Garbage that stays for good.
    pub uncollectable: Uncollectable,
    /// What the program is made of.
    pub namespaces: ObjectSet,
    /// Whose code is whose.
    pub origins: Origins,
}

impl<'g> Explored<'g> {
    /// Computes all of it. Near-linear in objects and references; see the parts.
    pub fn of(graph: &'g HeapGraph) -> Self {
        let roots = GcRoots::of(graph);
        let tree = DominatorTree::of(graph, &roots);
        let retained = RetainedSizes::of(graph, &tree);
        let dominated = DominatedObjects::of(&tree, &retained);
        let reachability = Reachability::of(graph, &roots);
        let (classes, origins) = (Classes::of(graph), Origins::of(graph));
        let namespaces = namespaces(graph, &classes);
        let uncollectable = Uncollectable::of(graph, &tree);
        Explored { graph, roots, reachability, tree, retained, dominated, classes, uncollectable, namespaces, origins }
    }

    /// A shortest path from a root; `None` when no root reaches the object.
    pub fn path(&self, object: Object) -> Option<RootPath> {
        shortest_path(self.graph, &self.roots, &self.reachability, object)
    }

    /// The path as Python.
    pub fn expression(&self, path: &RootPath) -> PathExpression {
        expression(self.graph, &self.classes, path)
    }

    /// What to cut for the object to be freed.
    pub fn cut_places(&self, object: Object) -> CutPlaces {
        let Explored { graph, roots, tree, dominated, retained, .. } = self;
        cut_places(graph, roots, tree, dominated, retained, object)
    }
}

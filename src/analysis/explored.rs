//! What most questions about a heap need: roots, paths, dominators, retained sizes, each computed when it is first asked.

use std::cell::OnceCell;
use std::io::{self, Seek, Write};
use std::sync::Arc;

use crate::graph::{HeapGraph, Object};
use crate::sections::{SectionWriter, Sections};
use crate::threads;

use super::classes::Classes;
use super::cut::{CutPlaces, cut_places};
use super::dominated::DominatedObjects;
use super::dominators::{DominatorTree, reachable_from};
use super::gc_roots::GcRoots;
use super::namespaces::namespaces;
use super::object_set::ObjectSet;
use super::origin::Origins;
use super::places::PlaceTree;
use super::reachability::Reachability;
use super::reference_view::ReferenceView;
use super::retained::{Retained, RetainedSizes};
use super::root_paths::{PathExpression, RootPath, expression, shortest_path};
use super::uncollectable::Uncollectable;

/// Sections by which an index tells what it has.
const REACHABILITY: &str = "path.via";
const TREE: &str = "dominator";
const PLACES: &str = "places";

/// A heap with what several analyses share. Roots and classes are there from the start, all else from when it is first asked: a
/// question pays for what it needs. Paths, tree and sums take 24 bytes per object on top of the graph.
#[derive(Debug)]
pub struct Explored<'g> {
    /// The heap.
    pub graph: &'g HeapGraph,
    /// Its roots.
    pub roots: GcRoots,
    /// What is known of the classes.
    pub classes: Classes<'g>,
    reachability: OnceCell<Reachability>,
    tree: OnceCell<TreeBothWays>,
    places: OnceCell<PlaceTree>,
    garbage: OnceCell<ObjectSet>,
    uncollectable: OnceCell<Uncollectable>,
    namespaces: OnceCell<ObjectSet>,
    origins: OnceCell<Origins>,
}

/// The exact dominator tree, upwards and downwards, with its sums: what needs one of them nearly always needs the others.
#[derive(Debug)]
struct TreeBothWays {
    tree: DominatorTree,
    retained: RetainedSizes,
    dominated: DominatedObjects,
}

impl TreeBothWays {
    fn of(graph: &HeapGraph, roots: &GcRoots) -> TreeBothWays {
        let tree = DominatorTree::of(graph, roots);
        let retained = RetainedSizes::of(graph, &tree);
        let dominated = DominatedObjects::of(&tree, &retained);
        TreeBothWays { tree: tree.with_order(dominated.shared_walk()), retained, dominated }
    }

    /// All of it or nothing: an index has its parts together.
    fn of_sections(index: &Arc<Sections>, objects: usize) -> Option<TreeBothWays> {
        let retained = RetainedSizes::of_sections(index, objects)?;
        let (tree, dominated) = DominatedObjects::of_sections(index, objects)?;
        Some(TreeBothWays { tree, retained, dominated })
    }
}

impl<'g> Explored<'g> {
    /// Finds the roots. Linear in objects and references; so, nearly, is each of the parts when it is first asked. What the graph's
    /// index has is taken from there.
    pub fn of(graph: &'g HeapGraph) -> Self {
        let stored = graph.index().and_then(|index| GcRoots::of_sections(index, graph));
        Explored {
            graph,
            roots: stored.unwrap_or_else(|| GcRoots::of(graph)),
            classes: Classes::of(graph),
            reachability: OnceCell::new(),
            tree: OnceCell::new(),
            places: OnceCell::new(),
            garbage: OnceCell::new(),
            uncollectable: OnceCell::new(),
            namespaces: OnceCell::new(),
            origins: OnceCell::new(),
        }
    }

    /// Shortest paths from the roots.
    pub fn reachability(&self) -> &Reachability {
        self.reachability.get_or_init(|| {
            let stored = self.graph.index().and_then(|index| Reachability::of_sections(index, self.graph));
            stored.unwrap_or_else(|| Reachability::of(self.graph, &self.roots))
        })
    }

    /// The exact dominator tree.
    pub fn tree(&self) -> &DominatorTree {
        &self.tree_both_ways().tree
    }

    /// Retained sizes over the exact tree.
    pub fn retained(&self) -> &RetainedSizes {
        &self.tree_both_ways().retained
    }

    /// The exact tree, downwards.
    pub fn dominated(&self) -> &DominatedObjects {
        &self.tree_both_ways().dominated
    }

    fn tree_both_ways(&self) -> &TreeBothWays {
        self.take_tree();
        self.tree.get_or_init(|| TreeBothWays::of(self.graph, &self.roots))
    }

    /// Computes paths and tree at once, for a question that needs both and has none of them.
    pub fn paths_and_tree(&self) {
        self.take_tree();
        if self.tree.get().is_some() || self.is_there(&self.reachability, REACHABILITY) {
            return;
        }
        let (graph, roots) = (self.graph, &self.roots);
        let (tree, paths) = threads::both(|| TreeBothWays::of(graph, roots), || Reachability::of(graph, roots));
        // Neither is there yet.
        let _ = (self.tree.set(tree), self.reachability.set(paths));
    }

    /// Takes the tree from the index, where that has it.
    fn take_tree(&self) {
        if self.tree.get().is_none()
            && let Some(index) = self.graph.index()
            && let Some(tree) = TreeBothWays::of_sections(index, self.graph.object_count())
        {
            let _ = self.tree.set(tree);
        }
    }

    /// The tree of places.
    pub fn places(&self) -> &PlaceTree {
        self.places.get_or_init(|| {
            let stored = self.graph.index().and_then(|index| index.value(PLACES));
            let stored = stored.filter(|places: &PlaceTree| places.fits_together());
            stored.unwrap_or_else(|| PlaceTree::of(self.graph, &self.roots))
        })
    }

    /// Writes what an index has: the graph, the roots, and of all else what has been asked; with `all`, everything.
    pub fn write_sections<W: Write + Seek>(&self, out: &mut SectionWriter<W>, all: bool) -> io::Result<()> {
        self.graph.write_sections(out)?;
        self.roots.write(out)?;
        if all {
            self.paths_and_tree();
        }
        if all || self.is_there(&self.reachability, REACHABILITY) {
            self.reachability().write(out)?;
        }
        if all || self.is_there(&self.tree, TREE) {
            self.dominated().write(self.tree(), out)?;
            self.retained().write(out)?;
        }
        if all || self.is_there(&self.places, PLACES) {
            out.value(PLACES, self.places())?;
        }
        Ok(())
    }

    /// Whether something was computed that the graph's index does not have.
    pub(crate) fn has_more_than_index(&self) -> bool {
        let is_new = |is_computed: bool, name| is_computed && !self.graph.index().is_some_and(|index| index.has(name));
        self.graph.index().is_none()
            || is_new(self.reachability.get().is_some(), REACHABILITY)
            || is_new(self.tree.get().is_some(), TREE)
            || is_new(self.places.get().is_some(), PLACES)
    }

    /// Whether the graph's index has everything.
    pub(crate) fn is_all_in_index(&self) -> bool {
        self.graph.index().is_some_and(|index| [REACHABILITY, TREE, PLACES].iter().all(|name| index.has(name)))
    }

    fn is_there<T>(&self, computed: &OnceCell<T>, name: &str) -> bool {
        computed.get().is_some() || self.graph.index().is_some_and(|index| index.has(name))
    }

    /// What no root reaches. Taken from the tree where that is there, and else found without it; linear.
    pub fn garbage(&self) -> &ObjectSet {
        self.garbage.get_or_init(|| {
            self.take_tree();
            if let Some(of) = self.tree.get() {
                return ObjectSet::of(self.graph, of.tree.unreachable());
            }
            let reached = reachable_from(&ReferenceView::exact(self.graph), &self.roots.objects(self.graph));
            ObjectSet::of(self.graph, self.graph.objects().filter(|&object| !reached.contains(object)))
        })
    }

    /// Garbage that stays for good.
    pub fn uncollectable(&self) -> &Uncollectable {
        self.uncollectable.get_or_init(|| Uncollectable::of(self.graph, self.garbage()))
    }

    /// What the program is made of.
    pub fn namespaces(&self) -> &ObjectSet {
        self.namespaces.get_or_init(|| namespaces(self.graph, &self.classes))
    }

    /// Whose code is whose.
    pub fn origins(&self) -> &Origins {
        self.origins.get_or_init(|| Origins::of(self.graph))
    }

    /// All objects of the heap, those of them that no root reaches, and of these what stays for good (`None` where the snapshot
    /// doesn't say which types take part in collection). Does not need the tree; linear.
    pub fn totals(&self) -> (Retained, Retained, Option<Retained>) {
        let (garbage, uncollectable) = (self.garbage(), self.uncollectable());
        let mut is_known = true;
        let (mut everything, mut unreachable, mut for_good) = <(Retained, Retained, Retained)>::default();
        for object in self.graph.objects() {
            everything.add(self.graph, object);
            if garbage.contains(object) {
                unreachable.add(self.graph, object);
                is_known &= self.graph.type_of(object).flags.is_some();
            }
            if uncollectable.contains(object) {
                for_good.add(self.graph, object);
            }
        }
        (everything, unreachable, is_known.then_some(for_good))
    }

    /// A shortest path from a root; `None` when no root reaches the object.
    pub fn path(&self, object: Object) -> Option<RootPath> {
        shortest_path(self.graph, &self.roots, self.reachability(), object)
    }

    /// The path as Python.
    pub fn expression(&self, path: &RootPath) -> PathExpression {
        expression(self.graph, &self.classes, path)
    }

    /// What to cut for the object to be freed.
    pub fn cut_places(&self, object: Object) -> CutPlaces {
        cut_places(self.graph, &self.roots, self.tree(), self.dominated(), self.retained(), object)
    }
}

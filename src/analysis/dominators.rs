//! The dominator tree: for each object the one that must go for it to go too.

use std::sync::Arc;

use crate::graph::{HeapGraph, Object};
use crate::sections::Column;

use super::gc_roots::GcRoots;
use super::object_set::ObjectSet;
use super::reference_view::{ReferenceView, Row};

/// What an object dies with: its immediate dominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dominator {
    /// No single object: it is a GC root, or several roots or objects that nothing else has in common hold it.
    Roots,
    /// No object at all: no root reaches it. It is garbage that the collector has not met yet, and the first of its kind.
    Unreachable,
    /// This object: every path from a root to the other leads through it, and no later object has this property.
    Object(Object),
}

/// The dominator tree of a heap under one virtual root, that refers to every GC root.
///
/// Unreachable objects stand in a second tree of their own, under [`Dominator::Unreachable`]: from each group of them that
/// nothing else refers to, the object of the lowest address is taken for its root. References from unreachable objects to
/// reachable ones count for nothing, as they keep nothing alive for long.
#[derive(Debug)]
pub struct DominatorTree {
    /// Per object its dominator, or one of the two constants below.
    dominator: Column<u32>,
    /// All objects, each after its dominator, the reachable ones first.
    order: Arc<Column<u32>>,
    reachable: usize,
}

const ROOTS: u32 = u32::MAX;
const UNREACHABLE: u32 = u32::MAX - 1;

impl DominatorTree {
    /// The exact tree, over all strong references.
    ///
    /// Semi-NCA on depth-first numbers (Georgiadis, *Linear-Time Algorithms for Dominators and Related Problems*, 2005),
    /// with compact arrays and no recursion: O(m log n) at worst for n objects and m references, in practice linear. Takes
    /// 20 bytes per object on top of the graph, and 8 for each reference to what is no root and was found otherwise before;
    /// keeps 8 per object.
    pub fn of(graph: &HeapGraph, roots: &GcRoots) -> DominatorTree {
        DominatorTree::from_roots(&ReferenceView::exact(graph), &roots.objects(graph))
    }

    /// The tree over the references of a view, with these objects as roots; one that is listed twice counts once. Objects
    /// that are alive only by references that the view sets aside hang on the virtual root, the first of each group.
    pub fn from_roots(view: &ReferenceView<'_>, roots: &[Object]) -> DominatorTree {
        let mut numbering = Numbering::new(view);
        numbering.walk_from(view, roots);
        if !view.is_exact() {
            let alive = reachable_from(&ReferenceView::exact(view.graph()), roots);
            let entries = entries(view, |object| alive.contains(object) && !numbering.has(object));
            numbering.walk_from(view, &entries);
        }
        let reachable = numbering.object.len() - 1;
        let unreachable = numbering.add_virtual();
        if reachable < view.graph().object_count() {
            let entries = entries(view, |object| !numbering.has(object));
            numbering.walk_from(view, &entries);
        }
        let (object, dominator_number) = numbering.dominators();

        let mut dominator = vec![ROOTS; view.graph().object_count()];
        let mut order = Vec::with_capacity(dominator.len());
        for (number, &own) in (0_u32..).zip(&object) {
            if number == ROOTS_NUMBER || number == unreachable {
                continue;
            }
            order.push(own);
            dominator[own as usize] = match dominator_number[number as usize] {
                ROOTS_NUMBER => ROOTS,
                holder if holder == unreachable => UNREACHABLE,
                holder => object[holder as usize],
            };
        }
        DominatorTree { dominator: dominator.into(), order: Arc::new(order.into()), reachable }
    }

    /// The object's immediate dominator.
    pub fn dominator(&self, object: Object) -> Dominator {
        match self.dominator.get(object.index()) {
            ROOTS => Dominator::Roots,
            UNREACHABLE => Dominator::Unreachable,
            holder => Dominator::Object(Object(holder)),
        }
    }

    /// The object's dominators, the immediate one first; may be as long as the heap is deep.
    pub fn dominators(&self, object: Object) -> impl Iterator<Item = Object> + '_ {
        let chain = std::iter::successors(self.dominating(object), |&holder| self.dominating(holder));
        // So many objects there are: an index may say anything.
        chain.take(self.dominator.len())
    }

    /// All objects, each after its dominator; those that roots reach come first.
    pub fn order(&self) -> impl DoubleEndedIterator<Item = Object> + ExactSizeIterator + '_ {
        self.order.all().iter().map(|&object| Object(object))
    }

    /// How many objects the roots reach: so many of [`DominatorTree::order`] come first.
    pub fn reachable_count(&self) -> usize {
        self.reachable
    }

    /// Objects that no root reaches, each after its dominator.
    pub fn unreachable(&self) -> impl ExactSizeIterator<Item = Object> + '_ {
        self.order.slice(self.reachable..self.order.len()).iter().map(|&object| Object(object))
    }

    /// The tree of an index. `order`: all objects, each after its dominator, the reachable ones first.
    pub(super) fn of_columns(
        dominator: Column<u32>,
        order: Arc<Column<u32>>,
        reachable: usize,
    ) -> Option<DominatorTree> {
        let fits = dominator.len() == order.len() && reachable <= order.len();
        fits.then_some(DominatorTree { dominator, order, reachable })
    }

    /// The same tree with another order, which somebody else keeps anyway; it has the properties of [`DominatorTree::order`].
    pub(super) fn with_order(self, order: Arc<Column<u32>>) -> DominatorTree {
        DominatorTree { order, ..self }
    }

    /// Per object its dominator, as [`DominatorTree::of_columns`] takes it.
    pub(super) fn column(&self) -> &Column<u32> {
        &self.dominator
    }

    fn dominating(&self, object: Object) -> Option<Object> {
        match self.dominator(object) {
            Dominator::Object(holder) => Some(holder),
            Dominator::Roots | Dominator::Unreachable => None,
        }
    }
}

/// The number of the virtual root.
const ROOTS_NUMBER: u32 = 0;
/// No number yet.
const UNNUMBERED: u32 = u32::MAX;
/// No number yet, and to be a child of the virtual root.
const HELD: u32 = u32::MAX - 1;
/// In place of an object, or of a reference: none.
const NONE: u32 = u32::MAX;

/// Objects and the two virtual roots by depth-first number, with what the dominators are computed from.
///
/// What a virtual root holds is dominated by nothing else, so other references to it say nothing: they are left out, and so
/// are most references of a heap, which lead to classes and to constants. A reference to a descendant is a candidate for its
/// semidominator as it stands. What remains leads back or across, to a lower number.
struct Numbering {
    /// Per object its number.
    number: Vec<u32>,
    /// Per number the object; [`NONE`] for a virtual root.
    object: Vec<u32>,
    /// Per number the number that found it.
    parent: Vec<u32>,
    /// Per number what is known of the references to it.
    found: Vec<Found>,
    /// References from higher numbers to lower ones.
    back: Vec<BackReference>,
    /// The virtual root of the tree that is being walked.
    tree: u32,
}

#[derive(Clone, Copy)]
struct Found {
    /// The lowest of its ancestors that refer to it.
    from: u32,
    /// The last of the references from higher numbers, an index into [`Numbering::back`]; [`NONE`] when there is none.
    last: u32,
}

#[derive(Clone, Copy)]
struct BackReference {
    referrer: u32,
    /// The one before it to the same number; [`NONE`] for the first.
    before: u32,
}

impl Numbering {
    fn new(view: &ReferenceView<'_>) -> Self {
        let count = view.graph().object_count();
        let mut numbering = Numbering {
            number: vec![UNNUMBERED; count],
            object: Vec::with_capacity(count + 2),
            parent: Vec::with_capacity(count + 2),
            found: Vec::with_capacity(count + 2),
            back: Vec::new(),
            tree: ROOTS_NUMBER,
        };
        numbering.add_virtual();
        numbering
    }

    fn has(&self, object: Object) -> bool {
        self.number[object.index()] != UNNUMBERED
    }

    /// Begins a tree under a virtual root.
    fn add_virtual(&mut self) -> u32 {
        self.tree = self.object.len() as u32;
        self.add(NONE, self.tree)
    }

    fn add(&mut self, object: u32, parent: u32) -> u32 {
        let number = self.object.len() as u32;
        self.object.push(object);
        self.parent.push(parent);
        self.found.push(Found { from: parent, last: NONE });
        number
    }

    /// Numbers, in depth-first order, what these objects reach and has no number yet. The virtual root holds all of them.
    fn walk_from(&mut self, view: &ReferenceView<'_>, held: &[Object]) {
        for object in held {
            self.number[object.index()] = HELD;
        }
        let mut path = Vec::new();
        for &object in held {
            if self.number[object.index()] == HELD {
                self.walk(view, object, &mut path);
            }
        }
    }

    fn walk(&mut self, view: &ReferenceView<'_>, start: Object, path: &mut Vec<Row>) {
        let mut own = self.add(start.0, self.tree);
        self.number[start.index()] = own;
        // `path`: where the walk stands in the rows of the ancestors of `own`, and in its own.
        path.push(view.row(start));
        while let Some(row) = path.last_mut() {
            let Some(referent) = view.next_in(row, || Object(self.object[own as usize])) else {
                path.pop();
                own = self.parent[own as usize];
                continue;
            };
            match self.number[referent.index()] {
                HELD => {}
                UNNUMBERED => {
                    own = self.add(referent.0, own);
                    self.number[referent.index()] = own;
                    path.push(view.row(referent));
                }
                other => {
                    let found = &mut self.found[other as usize];
                    // What another virtual root reaches is none of this one's.
                    if other < self.tree || found.from == self.tree || other == own {
                        continue;
                    }
                    if other > own {
                        found.from = found.from.min(own);
                    } else {
                        self.back.push(BackReference { referrer: own, before: found.last });
                        found.last = self.back.len() as u32 - 1;
                    }
                }
            }
        }
    }

    /// Per number its object, and the number of its immediate dominator.
    fn dominators(self) -> (Vec<u32>, Vec<u32>) {
        let Numbering { number, object, parent: mut dominator, mut found, back, .. } = self;
        drop(number);
        // The forest of what was processed: `from` of a number is the smallest semidominator on the path from it up to, without,
        // its ancestor.
        let mut ancestor = dominator.clone();
        let mut path = Vec::new();
        for own in (1..found.len() as u32).rev() {
            let Found { from: mut semidominator, mut last } = found[own as usize];
            while last != NONE {
                let BackReference { referrer, before } = back[last as usize];
                semidominator = semidominator.min(lowest(referrer, own + 1, &mut ancestor, &mut found, &mut path));
                last = before;
            }
            // Nobody asks for its references again: their place is free for the semidominator.
            found[own as usize] = Found { from: semidominator, last: semidominator };
        }
        drop((back, ancestor));
        for (own, &Found { last: semidominator, .. }) in found.iter().enumerate().skip(1) {
            let mut candidate = dominator[own];
            while candidate > semidominator {
                candidate = dominator[candidate as usize];
            }
            dominator[own] = candidate;
        }
        (object, dominator)
    }
}

/// The smallest semidominator on the path from `number`, which was processed, up through what was (`first_processed` and
/// later). Compresses the path.
#[inline]
fn lowest(number: u32, first_processed: u32, ancestor: &mut [u32], found: &mut [Found], path: &mut Vec<u32>) -> u32 {
    let mut top = number;
    while ancestor[top as usize] >= first_processed {
        path.push(top);
        top = ancestor[top as usize];
    }
    let above = ancestor[top as usize];
    let mut smallest = found[top as usize].from;
    while let Some(below) = path.pop() {
        smallest = smallest.min(found[below as usize].from);
        found[below as usize].from = smallest;
        ancestor[below as usize] = above;
    }
    smallest
}

/// What is reachable from some objects, themselves included. Linear.
pub fn reachable_from(view: &ReferenceView<'_>, starts: &[Object]) -> ObjectSet {
    let mut reached = ObjectSet::empty(view.graph());
    let mut left: Vec<Object> = Vec::new();
    for &start in starts {
        reach(view, start, &mut reached, &mut left, &|_| true);
    }
    reached
}

/// The garbage that keeps all other garbage: of each group that no other garbage refers to, the object of the lowest address, as
/// [`DominatorTree`] has them. `alive` is what the roots reach. Ascending. Linear.
pub fn garbage_entries(view: &ReferenceView<'_>, alive: &ObjectSet) -> Vec<Object> {
    if alive.len() == view.graph().object_count() {
        return Vec::new();
    }
    entries(view, |object| !alive.contains(object))
}

/// Adds to `reached` what `start` reaches over objects that `is_inside` and were not reached before.
fn reach(
    view: &ReferenceView<'_>,
    start: Object,
    reached: &mut ObjectSet,
    left: &mut Vec<Object>,
    is_inside: &impl Fn(Object) -> bool,
) -> bool {
    if !is_inside(start) || !reached.insert(start) {
        return false;
    }
    left.push(start);
    while let Some(object) = left.pop() {
        for referent in view.referents(object) {
            if is_inside(referent) && reached.insert(referent) {
                left.push(referent);
            }
        }
    }
    true
}

/// Objects from which all others inside can be reached, one for each group (strongly connected component) that nothing else
/// inside refers to: its lowest address. Ascending. Linear.
///
/// A first round of walks, by ascending address, starts once in each such group, and perhaps in groups that a later start
/// reaches. A second round takes the starts of the first from last to first, so that those are found reached.
fn entries(view: &ReferenceView<'_>, is_inside: impl Fn(Object) -> bool) -> Vec<Object> {
    let graph = view.graph();
    let mut left = Vec::new();
    let mut reached = ObjectSet::empty(graph);
    let mut starts: Vec<Object> =
        graph.objects().filter(|&object| reach(view, object, &mut reached, &mut left, &is_inside)).collect();
    let mut reached = ObjectSet::empty(graph);
    starts.reverse();
    starts.retain(|&object| reach(view, object, &mut reached, &mut left, &is_inside));
    starts.reverse();
    starts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Sketch;

    fn tree(edges: &[(&str, &str)], roots: &[&str]) -> Vec<(String, String)> {
        let mut sketch = Sketch::new();
        let mut names: Vec<&str> =
            edges.iter().flat_map(|&(from, to)| [from, to]).chain(roots.iter().copied()).collect();
        names.sort();
        names.dedup();
        for name in &names {
            sketch.object(name, "app.Thing", 1);
        }
        for (from, to) in edges {
            sketch.refer(from, &format!(".{to}"), to);
        }
        for root in roots {
            sketch.root("other", root, root);
        }
        let heap = sketch.build();
        let roots: Vec<Object> = roots.iter().map(|root| heap.get(root)).collect();
        let tree = DominatorTree::from_roots(&ReferenceView::exact(&heap.graph), &roots);
        let holder = |name: &str| match tree.dominator(heap.get(name)) {
            Dominator::Roots => "roots".to_owned(),
            Dominator::Unreachable => "unreachable".to_owned(),
            Dominator::Object(object) => heap.name(object).to_owned(),
        };
        names.iter().map(|name| (name.to_string(), holder(name))).collect()
    }

    fn is(found: &[(String, String)], expected: &[(&str, &str)]) {
        let found: Vec<(&str, &str)> = found.iter().map(|(name, holder)| (name.as_str(), holder.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_two_hold_belongs_to_what_holds_both() {
        let found = tree(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e"), ("e", "b")], &["a"]);
        is(&found, &[("a", "roots"), ("b", "a"), ("c", "a"), ("d", "a"), ("e", "d")]);
    }

    /// The example of Lengauer and Tarjan's paper (1979), figure 1.
    #[test]
    fn the_example_of_lengauer_and_tarjan() {
        let edges = "ra rb rc ad ba bd be cf cg dl eh fi gi gj he hk ik ji ki kr lh";
        let edges: Vec<(&str, &str)> = edges.split(' ').map(|edge| edge.split_at(1)).collect();
        let found: String = tree(&edges, &["r"]).iter().map(|(_, holder)| &holder[..1]).collect();
        //                  abcdefghijkl
        assert_eq!(found, "rrrrrccrrgrdr");
    }

    #[test]
    fn a_root_that_another_root_holds_belongs_to_none() {
        is(&tree(&[("a", "b"), ("b", "c")], &["a", "b"]), &[("a", "roots"), ("b", "roots"), ("c", "b")]);
    }

    #[test]
    fn unreachable_objects_have_a_tree_of_their_own_and_hold_nothing_alive() {
        let edges = [("a", "b"), ("x", "y"), ("y", "x"), ("x", "b"), ("y", "z"), ("w", "x")];
        let found = tree(&edges, &["a"]);
        let expected = [("a", "roots"), ("b", "a"), ("w", "unreachable"), ("x", "w"), ("y", "x"), ("z", "y")];
        is(&found, &expected);
        is(&tree(&[("x", "y"), ("y", "x")], &[]), &[("x", "unreachable"), ("y", "x")]);
    }

    #[test]
    fn parallel_references_and_references_to_oneself_change_nothing() {
        let edges = [("a", "b"), ("a", "b"), ("b", "b"), ("b", "c"), ("b", "c"), ("c", "c")];
        is(&tree(&edges, &["a"]), &[("a", "roots"), ("b", "a"), ("c", "b")]);
    }
}

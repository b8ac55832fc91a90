//! The dominator tree read downwards: what each object dominates.

use std::io::{self, Seek, Write};
use std::sync::Arc;

use crate::graph::Object;
use crate::sections::{Column, CompactColumn, SectionWriter, Sections};

use super::dominators::{Dominator, DominatorTree};
use super::retained::RetainedSizes;

/// For each object the objects it immediately dominates, the largest retained size first; ties by address.
///
/// The tree is a depth-first walk of it that is written down: each object stands before all that it dominates, and how many these
/// are tells where they end.
#[derive(Debug)]
pub struct DominatedObjects {
    /// All objects in the order of the walk: first what the roots reach. Its tree has the same for its order.
    walk: Arc<Column<u32>>,
    /// Per object its place in the walk.
    place: Column<u32>,
    /// Per place how many objects its object dominates, itself included.
    count: CompactColumn,
    /// Where the objects begin that no root reaches.
    reachable: usize,
}

impl DominatedObjects {
    /// Turns the tree around. O(n log n) for the order of siblings, n objects; takes 14 bytes per object meanwhile, and keeps 10.
    pub fn of(tree: &DominatorTree, retained: &RetainedSizes) -> DominatedObjects {
        let objects = tree.order().len();
        let mut siblings = by_dominator(tree);
        let mut count = vec![1_u32; objects];
        for object in tree.order().rev() {
            if let Dominator::Object(holder) = tree.dominator(object) {
                count[holder.index()] += count[object.index()];
            }
        }
        // First how far each object is behind its dominator; then, downwards, where it is.
        let mut place = vec![0_u32; objects];
        for row in siblings.chunk_by_mut(|&one, &next| tree.dominator(one) == tree.dominator(next)) {
            // They are in the order of addresses, which stays among those that retain the same.
            row.sort_by_key(|&object| std::cmp::Reverse(retained.bytes(object)));
            let mut next = match tree.dominator(row[0]) {
                Dominator::Object(_) => 1,
                Dominator::Roots => 0,
                Dominator::Unreachable => tree.reachable_count() as u32,
            };
            for object in row {
                place[object.index()] = next;
                next += count[object.index()];
            }
        }
        drop(siblings);
        for object in tree.order() {
            if let Dominator::Object(holder) = tree.dominator(object) {
                place[object.index()] += place[holder.index()];
            }
        }
        let mut walk = vec![0_u32; objects];
        for (object, &place) in (0..).zip(&place) {
            walk[place as usize] = object;
        }
        let count = walk.iter().map(|&object| count[object as usize].into()).collect();
        DominatedObjects { walk: Arc::new(walk.into()), place: place.into(), count, reachable: tree.reachable_count() }
    }

    /// All objects in the order of the walk, which the tree keeps as well.
    pub(super) fn shared_walk(&self) -> Arc<Column<u32>> {
        Arc::clone(&self.walk)
    }

    /// What the object, or a virtual root, immediately dominates.
    pub fn by(&self, dominator: Dominator) -> impl Iterator<Item = Object> + '_ {
        let (mut next, end) = match dominator {
            Dominator::Roots => (0, self.reachable),
            Dominator::Unreachable => (self.reachable, self.walk.len()),
            Dominator::Object(object) => {
                let place = self.place(object) as usize;
                (place + 1, (place + self.count_at(place)).min(self.walk.len()))
            }
        };
        std::iter::from_fn(move || {
            let object = (next < end).then(|| Object(self.walk.get(next)))?;
            next += self.count_at(next);
            Some(object)
        })
    }

    fn count_at(&self, place: usize) -> usize {
        self.count.get(place).max(1) as usize
    }

    /// Whether the first object dominates the second; each object dominates itself. Constant time.
    pub fn dominates(&self, dominator: Object, object: Object) -> bool {
        let start = self.place(dominator);
        (start..start + self.count_at(start as usize) as u32).contains(&self.place(object))
    }

    /// The object's place in a depth-first walk of the tree: who dominates others comes before them, and what no root reaches last.
    pub fn place(&self, object: Object) -> u32 {
        self.place.get(object.index())
    }

    /// Whether a root reaches the object.
    pub fn is_reached(&self, object: Object) -> bool {
        (self.place(object) as usize) < self.reachable
    }

    /// Those of some objects that no other of them dominates, in the order of [`DominatedObjects::place`]. O(k log k).
    pub fn uppermost(&self, objects: &[Object]) -> Vec<Object> {
        let mut by_place: Vec<Object> = objects.to_vec();
        by_place.sort_unstable_by_key(|&object| self.place(object));
        let mut end = 0;
        by_place.retain(|&object| {
            let start = self.place(object);
            let own_end = start + self.count_at(start as usize) as u32;
            let is_uppermost = start >= end;
            if is_uppermost {
                end = own_end;
            }
            is_uppermost
        });
        by_place
    }

    /// How many objects the object dominates, itself included.
    pub fn count(&self, object: Object) -> u64 {
        self.count_at(self.place(object) as usize) as u64
    }

    /// Objects under `top`, itself first, depth first, the largest sibling first.
    pub fn subtree(&self, top: Object) -> impl Iterator<Item = Object> + '_ {
        let start = self.place(top) as usize;
        let end = (start + self.count_at(start)).min(self.walk.len());
        self.walk.slice(start..end).iter().map(|&object| Object(object))
    }

    /// A depth-first walk through both trees that enters and leaves each object once.
    pub fn walk(&self) -> impl Iterator<Item = Step> + '_ {
        self.walk_without(&[])
    }

    /// The walk, but for some objects and all that they dominate. These take no time.
    pub fn walk_without(&self, left_out: &[Object]) -> impl Iterator<Item = Step> + use<'_> {
        let stretch = |&object: &Object| (self.place(object) as usize, self.count(object) as usize);
        let mut left_out: Vec<(usize, usize)> = self.uppermost(left_out).iter().rev().map(stretch).collect();
        let walk = self.walk.all();
        let mut path: Vec<(Object, usize)> = Vec::new();
        let mut next = 0;
        std::iter::from_fn(move || {
            loop {
                if let Some(&(object, end)) = path.last()
                    && end <= next
                {
                    path.pop();
                    return Some(Step::Leave(object));
                }
                match left_out.pop_if(|(place, _)| *place == next) {
                    Some((_, count)) => next += count,
                    None => break,
                }
            }
            let object = Object(*walk.get(next)?);
            path.push((object, next + self.count_at(next)));
            next += 1;
            Some(Step::Enter(object))
        })
    }

    /// The tree as sections.
    pub(super) fn write<W: Write + Seek>(&self, tree: &DominatorTree, out: &mut SectionWriter<W>) -> io::Result<()> {
        out.column("dominator", tree.column().all())?;
        out.column("dominated.walk", self.walk.all())?;
        out.column("dominated.place", self.place.all())?;
        self.count.write(out, "dominated.count")?;
        out.value("dominated.reachable", &self.reachable)
    }

    /// The tree of an index, upwards and downwards; `None` when the sections are not there, or not of so many objects.
    pub(super) fn of_sections(sections: &Arc<Sections>, objects: usize) -> Option<(DominatorTree, DominatedObjects)> {
        let walk: Arc<Column<u32>> = Arc::new(sections.column("dominated.walk")?);
        let reachable = sections.value("dominated.reachable")?;
        let tree = DominatorTree::of_columns(sections.column("dominator")?, Arc::clone(&walk), reachable)?;
        let place: Column<u32> = sections.column("dominated.place")?;
        let count = CompactColumn::of(sections, "dominated.count")?;
        let fits = walk.len() == objects && place.len() == objects && count.len() == objects;
        fits.then_some((tree, DominatedObjects { walk, place, count, reachable }))
    }
}

/// One step of a walk through the dominator tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The object comes after its dominator and before all that it dominates.
    Enter(Object),
    /// All that it dominates has been walked.
    Leave(Object),
}

/// All objects, those with one dominator side by side, by ascending address; those under the virtual roots last. Counting sort, linear.
fn by_dominator(tree: &DominatorTree) -> Vec<Object> {
    let objects = tree.order().len();
    let row = |object: Object| match tree.dominator(object) {
        Dominator::Object(holder) => holder.index(),
        Dominator::Roots => objects,
        Dominator::Unreachable => objects + 1,
    };
    let all = || (0..objects as u32).map(Object);
    let mut next = vec![0_u32; objects + 3];
    all().for_each(|object| next[row(object) + 1] += 1);
    for index in 0..objects + 2 {
        next[index + 1] += next[index];
    }
    let mut sorted = vec![Object(0); objects];
    for object in all() {
        let next = &mut next[row(object)];
        sorted[*next as usize] = object;
        *next += 1;
    }
    sorted
}

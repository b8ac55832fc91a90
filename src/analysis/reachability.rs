//! How far each object is from the GC roots, and through which reference a shortest path leads to it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{self, Seek, Write};
use std::sync::Arc;

use crate::graph::{HeapGraph, Object, Reference};
use crate::sections::{Column, CompactColumn, SectionWriter, Sections};

use super::aliases::Aliases;
use super::gc_roots::{GcRoot, GcRoots, Rank};
use super::object_set::ObjectSet;

/// Shortest strong paths from the GC roots to all objects.
///
/// Roots are asked in order of their [rank](super::gc_roots::Rank): first everything that named roots reach, then what only
/// C code holds, then what is left to immortal objects. Among paths from one rank the shortest counts, where to go on from
/// an [alias](super::aliases::Aliases) costs two references more: what is behind something that a module has imported
/// is told by the module that has made it, unless that takes a longer way. Ties go to a path that does not end with an
/// alias, then to the better root, then to the first slot on the way.
#[derive(Debug)]
pub struct Reachability {
    /// Per object the number of the last reference on its path; where a path [begins](Self::begins), the index of the root in
    /// [`GcRoots::roots`].
    via: Column<u32>,
    /// The roots that are reached first by being roots.
    begins: ObjectSet,
    /// Per object one more than the cost of its path on top of the base of its rank; 0 when no root reaches it.
    distance: CompactColumn,
    /// The best rank at a root of which a path begins, and what its distances start from; by ascending base.
    ranks: Vec<(u32, Rank)>,
    reached: usize,
}

const NONE: u32 = u32::MAX;

/// How many references more it costs to go on from an alias.
const ALIAS_COSTS: usize = 2;

impl Reachability {
    /// Breadth-first search from all roots. Linear; keeps 6 bytes per object.
    pub fn of(graph: &HeapGraph, roots: &GcRoots) -> Reachability {
        Reachability::avoiding(graph, roots, &ObjectSet::empty(graph))
    }

    /// The same on the heap without the objects of a set.
    pub fn avoiding(graph: &HeapGraph, roots: &GcRoots, avoided: &ObjectSet) -> Reachability {
        let count = graph.object_count();
        let mut via = vec![0_u32; count];
        let mut distances = vec![NONE; count];
        let mut begins = ObjectSet::empty(graph);
        let mut ranks = Vec::new();
        let mut reached = 0;
        let aliases = Aliases::of(graph);
        // One level of the search, and the next one: together smaller than all of the heap. What only an alias leads to comes
        // last in its level, and waits for some levels before it leads on.
        let (mut level, mut next_level): (Vec<Object>, Vec<Object>) = (Vec::new(), Vec::new());
        let mut by_alias: Vec<(Object, u32)> = Vec::new();
        let mut waiting: VecDeque<Vec<Object>> = vec![Vec::new(); ALIAS_COSTS].into();
        let mut distance = 0;
        for (begin, roots_of_rank) in by_rank(roots) {
            for (root, index) in roots_of_rank.iter().zip(begin..) {
                let place = root.object.index();
                if distances[place] == NONE && !avoided.contains(root.object) {
                    distances[place] = distance;
                    via[place] = index;
                    begins.insert(root.object);
                    level.push(root.object);
                }
            }
            if let Some(first) = roots_of_rank.first() {
                ranks.push((distance, first.kind.rank()));
            }
            while !level.is_empty() || waiting.iter().any(|some| !some.is_empty()) {
                distance += 1;
                reached += level.len();
                for &object in &level {
                    let may_have_aliases = aliases.may_have(object);
                    let mut from = 0;
                    while let Some((position, referent)) = graph.next_strong_reference(object, from) {
                        from = position + 1;
                        let place = referent.index();
                        if distances[place] != NONE || avoided.contains(referent) {
                            continue;
                        }
                        let number = graph.reference_number(object, position);
                        if may_have_aliases && aliases.is_alias(object, position, referent) {
                            by_alias.push((referent, number));
                        } else {
                            distances[place] = distance;
                            via[place] = number;
                            next_level.push(referent);
                        }
                    }
                }
                let mut late = Vec::new();
                for (referent, number) in by_alias.drain(..) {
                    let place = referent.index();
                    if distances[place] == NONE {
                        distances[place] = distance;
                        via[place] = number;
                        late.push(referent);
                    }
                }
                waiting.push_back(late);
                next_level.extend(waiting.pop_front().into_iter().flatten());
                level.clear();
                std::mem::swap(&mut level, &mut next_level);
            }
        }
        // 0 for what is not reached: garbage may be most of a heap, and must not be a large number.
        let distance = distances.into_iter().map(|distance| distance.wrapping_add(1).into()).collect();
        Reachability { via: via.into(), begins, distance, ranks, reached }
    }

    /// As sections.
    pub(super) fn write<W: Write + Seek>(&self, out: &mut SectionWriter<W>) -> io::Result<()> {
        out.column("path.via", self.via.all())?;
        self.distance.write(out, "path.distance")?;
        out.column("path.begins", self.begins.words())?;
        out.value("path.ranks", &(&self.ranks, self.reached))
    }

    /// That of an index; `None` when the sections are not there, or not of this heap.
    pub(super) fn of_sections(sections: &Arc<Sections>, graph: &HeapGraph) -> Option<Reachability> {
        let via: Column<u32> = sections.column("path.via")?;
        let distance = CompactColumn::of(sections, "path.distance")?;
        let begins = ObjectSet::of_words(graph, sections.column("path.begins")?.all().to_vec())?;
        let (ranks, reached) = sections.value("path.ranks")?;
        let fits = via.len() == graph.object_count() && distance.len() == graph.object_count();
        fits.then_some(Reachability { via, begins, distance, ranks, reached })
    }

    /// What the path costs: its references, to go on from an alias counting for two more; `None` when no root reaches the object.
    pub fn cost(&self, object: Object) -> Option<u32> {
        let distance = self.distance(object)?;
        self.base(object).map(|(base, _)| distance - base)
    }

    /// The rank of the root where the object's path begins; `None` when no root reaches it.
    pub fn rank(&self, object: Object) -> Option<Rank> {
        self.base(object).map(|(_, rank)| rank)
    }

    fn base(&self, object: Object) -> Option<(u32, Rank)> {
        let distance = self.distance(object)?;
        self.ranks.iter().rev().find(|(base, _)| *base <= distance).copied()
    }

    /// Whether a root reaches the object.
    pub fn is_reached(&self, object: Object) -> bool {
        self.distance.get(object.index()) != 0
    }

    /// `None` when no root reaches the object.
    fn distance(&self, object: Object) -> Option<u32> {
        self.distance.get(object.index()).checked_sub(1).map(|distance| distance as u32)
    }

    /// How many objects the roots reach.
    pub fn reached_count(&self) -> usize {
        self.reached
    }

    /// Whether the path of one of some objects leads through this one, which is none of them.
    pub fn leads_through(&self, graph: &HeapGraph, through: Object, objects: &[Object]) -> bool {
        let is_next = |referent: Object| {
            self.last_reference(graph, referent).is_some_and(|reference| reference.referrer == through)
        };
        if !graph.strong_referents(through).any(is_next) {
            return false;
        }
        let Some(nearest) = self.distance(through) else { return false };
        let mut clear: HashSet<Object> = HashSet::new();
        for &object in objects {
            // What is no further away than the object can't be behind it.
            let mut at = object;
            while self.distance(at) > Some(nearest) && clear.insert(at) {
                let Some(reference) = self.last_reference(graph, at) else { break };
                if reference.referrer == through {
                    return true;
                }
                at = reference.referrer;
            }
        }
        false
    }

    /// The root where the object's path begins, as an index into [`GcRoots::roots`]; `None` when no root reaches it. Walks the path.
    pub fn root(&self, graph: &HeapGraph, object: Object) -> Option<usize> {
        if !self.is_reached(object) {
            return None;
        }
        let mut begin = object;
        while let Some(reference) = self.last_reference(graph, begin) {
            begin = reference.referrer;
        }
        Some(self.via.get(begin.index()) as usize)
    }

    /// The same for many objects, walking what their paths have in common once.
    pub fn roots_of(&self, graph: &HeapGraph, objects: &[Object]) -> Vec<Option<usize>> {
        let mut known: HashMap<Object, usize> = HashMap::new();
        let mut walked: Vec<Object> = Vec::new();
        let mut root_of = |object: Object| {
            if !self.is_reached(object) {
                return None;
            }
            walked.clear();
            let mut at = object;
            let root = loop {
                if let Some(&root) = known.get(&at) {
                    break root;
                }
                walked.push(at);
                match self.last_reference(graph, at) {
                    Some(reference) => at = reference.referrer,
                    None => break self.via.get(at.index()) as usize,
                }
            };
            known.extend(walked.iter().map(|&object| (object, root)));
            Some(root)
        };
        objects.iter().map(|&object| root_of(object)).collect()
    }

    /// The last reference of the object's path; `None` for a root and for what no root reaches. Logarithmic.
    pub fn last_reference(&self, graph: &HeapGraph, object: Object) -> Option<Reference> {
        if !self.is_reached(object) || self.begins.contains(object) {
            return None;
        }
        let last = graph.reference_numbered(self.via.get(object.index()));
        // An index may say anything: a path that leads round and round would have no end.
        let (before, here) = (self.distance(last.referrer), self.distance(object));
        if before.is_none() || before >= here {
            crate::sections::give_up();
        }
        Some(last)
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

//! Which small part of the heap is worth drawing around some objects.
//!
//! A picture is small by construction, and what is left out is counted.

use std::collections::HashMap;

use crate::graph::{HeapGraph, Object, Reference, RootKind};

/// Which way an excerpt grows from its targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Towards {
    /// To the objects that refer to them: why are they alive?
    Referrers,
    /// To the objects that they refer to: what do they hold?
    Referents,
}

/// How much is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest number of references from a target.
    pub depth: u32,
    /// Largest number of neighbours drawn for one object; what is beyond is counted.
    pub too_many: usize,
    /// Largest number of objects in all.
    pub max_objects: usize,
}

/// An object of an excerpt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The object.
    pub object: Object,
    /// References from the nearest target; 0 for a target.
    pub distance: u32,
}

/// The references from one member to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Index of the referrer in [`Excerpt::members`].
    pub from: usize,
    /// Index of the referent in [`Excerpt::members`].
    pub to: usize,
    /// The first references in slot order, at most [`MAX_NAMED`]. Strong ones come first.
    pub references: Vec<Reference>,
    /// How many further references there are.
    pub more: u64,
    /// Whether all of them are weak.
    pub weak: bool,
}

/// How many parallel references of a link are told apart.
pub const MAX_NAMED: usize = 3;

/// Why neighbours of a member are not in the excerpt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cut {
    /// The object has more than `too_many`.
    TooMany,
    /// The depth was reached.
    Depth,
    /// The excerpt is full.
    Full,
}

/// Neighbours of a member that were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// Index of the member.
    pub at: usize,
    /// How many different objects.
    pub objects: u64,
    /// Why.
    pub cut: Cut,
}

/// A small part of the heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The direction in which it was collected.
    pub towards: Towards,
    /// Its objects: targets first, then by distance.
    pub members: Vec<Member>,
    /// All references between members, by `from` then `to`.
    pub links: Vec<Link>,
    /// What is missing, by member.
    pub left_out: Vec<LeftOut>,
}

impl Excerpt {
    /// Collects what surrounds `targets`, breadth first.
    ///
    /// A GC root that is a module is drawn but not walked beyond: what refers to a module says nothing about the target.
    /// Where there are too many neighbours, those nearest to a GC root are drawn, ties broken by address.
    ///
    /// O(members × their references), and once O(n + m) over the heap when something has to be chosen.
    pub fn around(graph: &HeapGraph, targets: &[Object], towards: Towards, limits: Limits) -> Excerpt {
        let mut excerpt = Excerpt { towards, members: Vec::new(), links: Vec::new(), left_out: Vec::new() };
        let mut places: HashMap<Object, usize> = HashMap::new();
        for &target in targets {
            places.entry(target).or_insert_with(|| {
                excerpt.members.push(Member { object: target, distance: 0 });
                excerpt.members.len() - 1
            });
        }
        let mut root_distances = None;
        let mut place = 0;
        while place < excerpt.members.len() {
            let Member { object, distance } = excerpt.members[place];
            let is_end = distance > 0 && towards == Towards::Referrers && is_module_root(graph, object);
            if !is_end {
                let found = distinct_neighbours(graph, object, towards);
                let mut fresh: Vec<Object> = found.into_iter().filter(|other| !places.contains_key(other)).collect();
                let (room, cut) = match (distance >= limits.depth, limits.max_objects - excerpt.members.len()) {
                    (true, _) => (0, Cut::Depth),
                    (false, room) if room < fresh.len().min(limits.too_many) => (room, Cut::Full),
                    (false, _) => (limits.too_many, Cut::TooMany),
                };
                if fresh.len() > room {
                    if room > 0 {
                        let distances = root_distances.get_or_insert_with(|| distances_from_roots(graph));
                        fresh.sort_by_key(|&other| (distances[other.index()], other));
                    }
                    excerpt.left_out.push(LeftOut { at: place, objects: (fresh.len() - room) as u64, cut });
                    fresh.truncate(room);
                }
                for other in fresh {
                    places.insert(other, excerpt.members.len());
                    excerpt.members.push(Member { object: other, distance: distance + 1 });
                }
            }
            place += 1;
        }
        excerpt.links = links(graph, &excerpt.members, &places);
        excerpt
    }
}

/// Whether the object is a module in `sys.modules`.
pub fn is_module_root(graph: &HeapGraph, object: Object) -> bool {
    graph.roots_of(object).iter().any(|root| root.kind == RootKind::Module)
}

/// Referrers or referents, each once, by address.
fn distinct_neighbours(graph: &HeapGraph, object: Object, towards: Towards) -> Vec<Object> {
    let mut found: Vec<Object> = match towards {
        Towards::Referrers => graph.referrers(object).collect(),
        Towards::Referents => {
            let mut referents: Vec<Object> = graph.referents(object).collect();
            referents.sort_unstable();
            referents
        }
    };
    found.dedup();
    found
}

/// References from the nearest named GC root, weak ones not counted; `u32::MAX` when there is no path. Breadth first.
fn distances_from_roots(graph: &HeapGraph) -> Vec<u32> {
    let mut distances = vec![u32::MAX; graph.object_count()];
    let mut queue: Vec<Object> = Vec::new();
    for root in &graph.roots {
        if distances[root.object.index()] == u32::MAX {
            distances[root.object.index()] = 0;
            queue.push(root.object);
        }
    }
    let mut next = 0;
    while next < queue.len() {
        let object = queue[next];
        next += 1;
        let distance = distances[object.index()] + 1;
        for referent in graph.strong_referents(object) {
            if distances[referent.index()] == u32::MAX {
                distances[referent.index()] = distance;
                queue.push(referent);
            }
        }
    }
    distances
}

/// Every reference between two members.
fn links(graph: &HeapGraph, members: &[Member], places: &HashMap<Object, usize>) -> Vec<Link> {
    let mut links = Vec::new();
    for (from, member) in members.iter().enumerate() {
        let mut parallel: HashMap<usize, Vec<Reference>> = HashMap::new();
        let mut counts: HashMap<usize, u64> = HashMap::new();
        for reference in graph.references(member.object) {
            let Some(&to) = reference.referent.and_then(|referent| places.get(&referent)) else { continue };
            *counts.entry(to).or_default() += 1;
            let named = parallel.entry(to).or_default();
            let is_strong = graph.is_strong(reference);
            if named.len() < MAX_NAMED {
                named.push(reference);
            } else if is_strong && let Some(weak) = named.iter().position(|&other| !graph.is_strong(other)) {
                named[weak] = reference;
            }
        }
        let mut row: Vec<Link> = parallel
            .into_iter()
            .map(|(to, mut references)| {
                references.sort_by_key(|&reference| (!graph.is_strong(reference), reference));
                let more = counts[&to] - references.len() as u64;
                let weak = !graph.is_strong(references[0]);
                Link { from, to, references, more, weak }
            })
            .collect();
        row.sort_by_key(|link| link.to);
        links.append(&mut row);
    }
    links
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Sketch;

    const LIMITS: Limits = Limits { depth: 3, too_many: 10, max_objects: 100 };

    #[test]
    fn referrers_are_collected_up_to_the_module() {
        let mut sketch = Sketch::new();
        for name in ["main", "names", "y", "inner", "x"] {
            sketch.object(name, if name == "main" { "module" } else { "list" }, 56);
        }
        sketch.object("above", "dict", 64).refer("above", "['main']", "main");
        sketch.refer("main", ".__dict__", "names").refer("names", "['x']", "x").refer("names", "['y']", "y");
        sketch.refer("y", "[0]", "x").refer("y", "[1]", "inner").refer("inner", "[0]", "x").module_root("main");
        let heap = sketch.build();
        let excerpt = Excerpt::around(&heap.graph, &[heap.get("x")], Towards::Referrers, LIMITS);
        let members: Vec<_> =
            excerpt.members.iter().map(|member| (heap.name(member.object), member.distance)).collect();
        assert_eq!(members, [("x", 0), ("names", 1), ("y", 1), ("inner", 1), ("main", 2)]);
        assert!(excerpt.left_out.is_empty(), "a module ends the excerpt: {:?}", excerpt.left_out);
        assert_eq!(excerpt.links.len(), 6);
    }

    #[test]
    fn what_is_too_many_or_too_far_is_counted() {
        let mut sketch = Sketch::new();
        sketch.object("target", "str", 50).object("root", "dict", 64).object("far", "dict", 64);
        for number in 0..20 {
            let holder = format!("holder {number}");
            sketch.object(&holder, "list", 56).refer(&holder, "[0]", "target");
        }
        sketch.refer("far", "[0]", "root").refer("root", "['h']", "holder 17").root("other", "r", "root");
        let heap = sketch.build();
        let limits = Limits { depth: 1, too_many: 3, max_objects: 100 };
        let excerpt = Excerpt::around(&heap.graph, &[heap.get("target")], Towards::Referrers, limits);
        let names: Vec<_> = excerpt.members.iter().map(|member| heap.name(member.object)).collect();
        assert_eq!(names, ["target", "holder 17", "holder 0", "holder 1"], "the one nearest to a root comes first");
        assert_eq!(excerpt.left_out[0], LeftOut { at: 0, objects: 17, cut: Cut::TooMany });
        assert_eq!(excerpt.left_out[1], LeftOut { at: 1, objects: 1, cut: Cut::Depth });
    }

    #[test]
    fn parallel_references_are_one_link() {
        let mut sketch = Sketch::new();
        sketch.object("a", "list", 56).object("b", "str", 50);
        sketch.refer("a", "~()", "b");
        for number in 0..5 {
            sketch.refer("a", &format!("[{number}]"), "b");
        }
        sketch.refer("b", ".me", "b");
        let heap = sketch.build();
        let excerpt = Excerpt::around(&heap.graph, &[heap.get("b")], Towards::Referrers, LIMITS);
        let link = excerpt.links.iter().find(|link| link.from == 1).unwrap();
        assert_eq!((link.references.len(), link.more, link.weak), (3, 3, false));
        assert!(link.references.iter().all(|reference| heap.graph.is_strong(*reference)));
        assert!(excerpt.links.iter().any(|link| link.from == 0 && link.to == 0), "a reference to itself is kept");
    }

    #[test]
    fn a_full_excerpt_says_so() {
        let mut sketch = Sketch::new();
        sketch.object("target", "dict", 64);
        for number in 0..8 {
            let part = format!("part {number}");
            sketch.object(&part, "str", 50).refer("target", &format!("[{number}]"), &part);
        }
        let heap = sketch.build();
        let limits = Limits { depth: 3, too_many: 100, max_objects: 4 };
        let excerpt = Excerpt::around(&heap.graph, &[heap.get("target")], Towards::Referents, limits);
        assert_eq!(excerpt.members.len(), 4);
        assert_eq!(excerpt.left_out, [LeftOut { at: 0, objects: 5, cut: Cut::Full }]);
    }
}

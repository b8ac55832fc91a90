//! Everything around the targets that may be drawn, before anything is folded or left out.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet, VecDeque};

use crate::analysis::explored::Explored;
use crate::analysis::fold::{self, Folded, Freedom, Neighbourhood};
use crate::analysis::gc_roots::{GcRoot, Rank};
use crate::analysis::object_set::ObjectSet;
use crate::analysis::reachability::Reachability;
use crate::analysis::root_paths::{Hop, attribute_name, shortest_path};
use crate::graph::{HeapGraph, Object, Reference, Slot};

use super::lens::{Lens, Neighbour, SeenReference};
use super::{Towards, Wish, is_variable};

/// More objects than anyone draws, few enough to fold them in a second. What is beyond is left out by whole distances, so that no fold
/// holds only those that happened to come first.
const MOST: usize = 500_000;
/// Where the depth ends at more objects than this, they are not followed to their GC roots.
const MOST_ENDS: usize = 200;
/// So many objects are followed there in all: long ones are runs, most of them.
const MOST_ON_WAYS: usize = 20_000;

/// Objects around the targets, each with a place: targets first, then by distance, at last what only a path leads to.
pub(super) struct Gathered {
    pub objects: Vec<Object>,
    /// References from the nearest target, by place.
    pub distance: Vec<u32>,
    /// By place, whether the object holds what is nearer by weak references alone.
    pub is_weak: Vec<bool>,
    pub places: HashMap<Object, usize>,
    pub target_count: usize,
    /// Up to this distance everything was gathered.
    pub depth: u32,
    /// There was more than could be looked at.
    pub is_crowded: bool,
    /// Shortest paths as places, from a target to its root.
    pub paths: Vec<Vec<usize>>,
    /// The root where each path begins, by the place of its object.
    pub path_roots: HashMap<usize, GcRoot>,
    pub path_references: HashSet<Reference>,
    /// Shortest ways from where the depth ended to GC roots, as places, the end of the depth first.
    pub ways: Vec<Vec<usize>>,
    /// Targets to which no root leads.
    pub unreachable: u64,
    /// References that are seen between gathered objects, by place of the referrer, then slot.
    pub references: Vec<GatheredReference>,
}

/// A reference between two places.
pub(super) struct GatheredReference {
    pub from: usize,
    pub to: usize,
    pub seen: SeenReference,
}

/// Walks from the targets, breadth first. Linear in the objects found and their references.
pub(super) fn gather(lens: &Lens<'_>, heap: &Explored<'_>, targets: &[Object], wish: &Wish) -> Gathered {
    let mut gathered = Gathered {
        objects: Vec::new(),
        distance: Vec::new(),
        is_weak: Vec::new(),
        places: HashMap::new(),
        target_count: 0,
        depth: 0,
        is_crowded: false,
        paths: Vec::new(),
        path_roots: HashMap::new(),
        path_references: HashSet::new(),
        ways: Vec::new(),
        unreachable: 0,
        references: Vec::new(),
    };
    for &target in targets {
        gathered.place(target, 0, false);
    }
    gathered.target_count = gathered.objects.len();
    let mut paths: Vec<Vec<Object>> = Vec::new();
    if wish.towards == Towards::Referrers {
        // A crowd of targets becomes one box: one path is enough to say why the first is alive.
        let with_path = if gathered.target_count > wish.limits.too_many { 1 } else { gathered.target_count };
        for place in 0..gathered.target_count {
            let target = gathered.objects[place];
            if !heap.reachability().is_reached(target) {
                gathered.unreachable += 1;
            } else if place < with_path
                && let Some(path) = heap.path(target)
            {
                gathered.path_references.extend(path.hops.iter().map(|hop| hop.reference));
                let mut seen: Vec<Object> = path.objects().rev().map(|object| lens.seen_as(object)).collect();
                seen.dedup();
                let root = lens.seen_as(path.root.object);
                debug_assert_eq!(seen.last(), Some(&root));
                gathered.path_roots.insert(paths.len(), path.root);
                paths.push(seen);
            }
        }
    }
    let on_path: HashSet<Object> = paths.iter().flatten().copied().collect();
    gathered.walk(lens, wish, &on_path);
    gathered.add_paths(paths);
    if wish.towards == Towards::Referrers && wish.limits.on_to_roots {
        gathered.add_ways(lens, heap, wish);
    }
    gathered.join(lens);
    gathered
}

/// A module, or interpreter state: alive by itself, so that who refers to it explains nothing.
pub(super) fn is_end(graph: &HeapGraph, object: Object) -> bool {
    graph.roots_of(object).iter().any(|root| !is_variable(root.kind()))
}

impl Gathered {
    /// The place of an object, a new one if it has none.
    fn place(&mut self, object: Object, distance: u32, is_weak: bool) -> usize {
        let next = self.objects.len();
        let place = *self.places.entry(object).or_insert(next);
        if place == next {
            self.objects.push(object);
            self.distance.push(distance);
            self.is_weak.push(is_weak);
        }
        place
    }

    pub fn is_target(&self, place: usize) -> bool {
        place < self.target_count
    }

    /// Whether what is behind an object is followed, as far as the depth allows.
    pub fn is_followed(&self, lens: &Lens<'_>, place: usize) -> bool {
        self.is_target(place) || (!self.is_weak[place] && !is_end(lens.graph, self.objects[place]))
    }

    fn walk(&mut self, lens: &Lens<'_>, wish: &Wish, on_path: &HashSet<Object>) {
        let mut level: VecDeque<usize> = (0..self.objects.len()).collect();
        while self.depth < wish.limits.depth && !level.is_empty() {
            let begin = self.objects.len();
            // What was found to be held strongly after all is walked once more.
            let mut again: HashSet<usize> = HashSet::new();
            while let Some(place) = level.pop_front() {
                if !self.is_followed(lens, place) {
                    continue;
                }
                for neighbour in lens.neighbours(self.objects[place]) {
                    let Neighbour::Seen { object, weak } = neighbour else { continue };
                    let is_weak = weak && !on_path.contains(&object);
                    match self.places.get(&object) {
                        Some(&known) if !is_weak && self.is_weak[known] => {
                            self.is_weak[known] = false;
                            if known < begin && again.insert(known) {
                                level.push_back(known);
                            }
                        }
                        Some(_) => {}
                        None if !wish.may_draw(lens.graph.type_id(object)) => {}
                        None if self.depth == 0 && self.objects.len() >= MOST => self.is_crowded = true,
                        None => {
                            self.place(object, self.distance[place] + 1, is_weak);
                        }
                    }
                }
                if self.objects.len() > MOST {
                    break;
                }
            }
            if self.objects.len() > MOST && self.depth > 0 {
                for object in self.objects.drain(begin..) {
                    self.places.remove(&object);
                }
                self.distance.truncate(begin);
                self.is_weak.truncate(begin);
                self.is_crowded = true;
                break;
            }
            self.depth += 1;
            level = (begin..self.objects.len()).collect();
        }
    }

    fn add_paths(&mut self, paths: Vec<Vec<Object>>) {
        let roots = std::mem::take(&mut self.path_roots);
        for (number, path) in paths.into_iter().enumerate() {
            let mut places: Vec<usize> = Vec::with_capacity(path.len());
            for object in path {
                let distance = places.last().map_or(0, |&before| self.distance[before] + 1);
                places.push(self.place(object, distance, false));
            }
            if let (Some(&root), Some(of_path)) = (places.last(), roots.get(&number)) {
                self.path_roots.insert(root, *of_path);
            }
            self.paths.push(places);
        }
    }

    /// Follows what the depth cut off to GC roots, around the targets: so that each holder's own reason is seen.
    fn add_ways(&mut self, lens: &Lens<'_>, heap: &Explored<'_>, wish: &Wish) {
        let is_cut_off = |place: &usize| {
            self.distance[*place] == self.depth && self.is_followed(lens, *place) && !self.is_target(*place)
        };
        let ends: Vec<usize> = (0..self.objects.len()).filter(is_cut_off).collect();
        if ends.is_empty() || ends.len() > MOST_ENDS {
            return;
        }
        let targets = ObjectSet::of(lens.graph, self.objects[..self.target_count].iter().copied());
        // Most shortest paths lead around the targets anyway; a second search of the heap is for the others.
        let around: OnceCell<Reachability> = OnceCell::new();
        let mut left = MOST_ON_WAYS;
        for end in ends {
            let object = self.objects[end];
            let path_by = |found: &Reachability| {
                // Its cost is no less than its length.
                let length = found.cost(object).filter(|&length| length as usize <= left)?;
                Some((length as usize, shortest_path(lens.graph, &heap.roots, found, object)?))
            };
            let mut way = path_by(heap.reachability());
            if way.as_ref().is_some_and(|(_, path)| path.objects().any(|one| targets.contains(one))) {
                way = path_by(around.get_or_init(|| Reachability::avoiding(lens.graph, &heap.roots, &targets)));
            }
            let Some((length, path)) = way else { continue };
            let may_follow = |hop: &Hop| lens.housekeeping(hop.reference).is_none();
            if path.root.kind.rank() > Rank::Described
                || !path.hops.iter().all(may_follow)
                || !path.objects().all(|one| wish.may_draw(lens.graph.type_id(one)))
            {
                continue;
            }
            let mut seen: Vec<Object> = path.objects().rev().map(|one| lens.seen_as(one)).collect();
            seen.dedup();
            let mut way: Vec<usize> = Vec::with_capacity(seen.len());
            for object in seen {
                let distance = way.last().map_or(0, |&before| self.distance[before] + 1);
                way.push(self.place(object, distance, false));
            }
            left -= length;
            self.ways.push(way);
        }
    }

    /// Finds the references between what was gathered.
    fn join(&mut self, lens: &Lens<'_>) {
        for from in 0..self.objects.len() {
            lens.each_reference(self.objects[from], |seen| {
                let is_seen = seen.housekeeping.is_none() || self.path_references.contains(&seen.reference);
                if is_seen && let Some(&to) = self.places.get(&seen.to) {
                    self.references.push(GatheredReference { from, to, seen });
                }
            });
        }
    }

    /// Folds what is alike; with `fold` off, everything stays as it is.
    pub fn fold(&self, lens: &Lens<'_>, wish: &Wish) -> Folded {
        if !wish.fold {
            return Folded::nothing(self.objects.len());
        }
        let graph = lens.graph;
        let mut freedom = vec![Freedom::Free; self.objects.len()];
        for &place in self.paths.iter().flatten() {
            freedom[place] = Freedom::Run;
        }
        let is_crowd = self.target_count > wish.limits.too_many;
        for (place, &object) in self.objects.iter().enumerate() {
            let stands_out = wish.highlights(graph.type_id(object))
                || !graph.roots_of(object).is_empty()
                || self.path_roots.contains_key(&place);
            if (self.is_target(place) && !is_crowd) || stands_out {
                freedom[place] = Freedom::Alone;
            } else if self.is_target(place) {
                freedom[place] = Freedom::Free;
            }
        }
        let mut names: HashMap<String, u32> = HashMap::new();
        let mut links = Vec::with_capacity(self.references.len());
        for reference in &self.references {
            let next = names.len() as u32;
            let slot = *names.entry(role(graph, reference.seen)).or_insert(next);
            links.push(fold::Link { from: reference.from as u32, to: reference.to as u32, slot });
        }
        fold::fold(&Neighbourhood {
            types: self.objects.iter().map(|&object| graph.type_id(object).0).collect(),
            distance: self.distance.clone(),
            freedom,
            links,
        })
    }
}

/// What makes two references play the same role: the same attribute, or both elements, keys, values, members.
fn role(graph: &HeapGraph, seen: SeenReference) -> String {
    let weak = if graph.is_strong(seen.reference) { "" } else { "~" };
    match graph.slot(seen.reference) {
        Slot::Field(name) => format!("{weak}{name}"),
        Slot::Value(Some(key)) if seen.through_dict => match attribute_name(graph, key) {
            Some(name) => format!(".{name}"),
            None => "value".to_owned(),
        },
        Slot::Value(_) => "value".to_owned(),
        Slot::Index(_) | Slot::Flat(_) => "index".to_owned(),
        Slot::Key => "key".to_owned(),
        Slot::Member => "member".to_owned(),
        Slot::Unnamed => "?".to_owned(),
    }
}

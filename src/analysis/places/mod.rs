//! Places: where memory lives, written so that it means the same in another snapshot, another process, another version.
//!
//! A place is the way from a root to an object, with the contents of containers merged: any key, any index. Objects that the
//! same way leads to are at one place; places form a tree in which each object stands once.
//!
//! The way is the best one in the [ownership view](crate::analysis::ownership): from modules before threads, threads before
//! local variables, local variables before what only C holds; of ways from one kind of root the shortest, where what a module
//! has imported is told by the module that has made it ([`crate::analysis::aliases`]). So it leads through all dominators
//! of the object. What others hold too, beside its way, is counted with the place and told as shared.

pub mod growth;
pub mod holders;
mod shared;
mod threads;
mod ways;

use std::cmp::Reverse;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::graph::{ElementKind, HeapGraph, Object};
use crate::snapshot::CodeLine;

use super::common::Tally;
use super::gc_roots::GcRoots;
use super::object_set::ObjectSet;
use super::ownership::{ownership_tree, ownership_view};
use super::step::Step;
use crate::threads::both;
use ways::{NONE, Ways};

/// One place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The place above, an index into [`PlaceTree::places`]; `None` where a way begins.
    pub above: Option<u32>,
    /// The last step of the way.
    pub step: Step,
    /// Objects here.
    pub own: Tally,
    /// Objects here and at all places below.
    pub whole: Tally,
    /// Bytes of `whole` that something else holds too, beside the way: they would stay if the place were cut.
    pub shared_bytes: u64,
    /// The type of the first object that the way leads to, an index into [`PlaceTree::types`]: of an instance, a module or a
    /// class its own, while most objects here may be its names.
    pub first: u32,
    /// The type of most objects here: an index into [`PlaceTree::types`], and how many.
    pub kind: Option<(u32, u64)>,
    /// The line that made most bytes of `whole`, and how many; `None` in it: nobody knows which. `None` for all: not asked for,
    /// see [`PlacedHeap::count_lines`].
    pub made_at: Option<(Option<CodeLine>, u64)>,
    /// What the containers here hold.
    pub contents: Contents,
    /// The places below, most bytes first, then most objects, then by step.
    pub below: Vec<u32>,
}

/// What the containers at a place hold, whether or not that is placed there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// What an element is called.
    pub kind: Element,
    /// How many containers.
    pub containers: u64,
    /// Their items, entries, members; saturates.
    pub elements: u64,
    /// The type of most of them: an index into [`PlaceTree::types`], and how many. Of entries it is that of their values, of
    /// their keys where the values are `None`.
    pub most: Option<(u32, u64)>,
}

/// What the elements of containers are; of several kinds at one place the last counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Element {
    /// Of a sequence or an array, or of nothing known.
    #[default]
    Item,
    /// Of a set.
    Member,
    /// Of a mapping.
    Entry,
}

/// The places of a heap; holds nothing of the graph.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PlaceTree {
    /// All places, each after the one above it.
    pub places: Vec<Place>,
    /// The places where ways begin, most bytes first.
    pub tops: Vec<u32>,
    /// Full names of types.
    pub types: Vec<String>,
    /// All objects.
    pub whole: Tally,
    /// Objects that are told one place higher than they are, because there would have been too many places.
    pub crowded: u64,
}

/// The places of a heap, and which object is where.
#[derive(Debug)]
pub struct PlacedHeap<'g> {
    /// The heap.
    pub graph: &'g HeapGraph,
    /// Its places.
    pub tree: PlaceTree,
    /// Per object its place.
    place: Vec<u32>,
    /// Dictionaries whose keys are names.
    namespaces: ObjectSet,
}

/// A [`PlacedHeap`] without its heap, to be handed on together with that.
#[derive(Debug)]
pub struct DetachedPlaces {
    tree: PlaceTree,
    place: Vec<u32>,
    namespaces: ObjectSet,
}

impl DetachedPlaces {
    /// The places with their heap: it must be the one that they were found in.
    pub fn of(self, graph: &HeapGraph) -> PlacedHeap<'_> {
        let DetachedPlaces { tree, place, namespaces } = self;
        PlacedHeap { graph, tree, place, namespaces }
    }
}

impl<'g> PlacedHeap<'g> {
    /// As [`PlaceTree::of`]; keeps 4 bytes per object.
    pub fn of(graph: &'g HeapGraph, roots: &GcRoots) -> PlacedHeap<'g> {
        let view = ownership_view(graph);
        let (dominators, found) = both(|| ownership_tree(graph, roots), || ways::find(graph, roots, &view));
        let ways = found.with_garbage(&view, &dominators);
        let mut tree = PlaceTree::counted(graph, &ways);
        shared::count(graph, &dominators, &ways, &mut tree.places);
        PlacedHeap { graph, tree, place: ways.place, namespaces: ways.namespaces }
    }

    /// Lets go of the heap.
    pub fn detached(self) -> DetachedPlaces {
        let PlacedHeap { tree, place, namespaces, .. } = self;
        DetachedPlaces { tree, place, namespaces }
    }

    /// Notes for each place which line made most of what is there and below. O(n log n): of two places that are joined the
    /// lines of the smaller one are moved.
    pub fn count_lines(&mut self) {
        let mut lines: Vec<HashMap<Option<CodeLine>, u64>> = vec![HashMap::new(); self.tree.places.len()];
        for object in self.graph.objects() {
            let bytes = lines[self.place(object) as usize].entry(self.graph.line_of(object)).or_default();
            *bytes = bytes.saturating_add(self.graph.size(object));
        }
        for index in (0..lines.len()).rev() {
            let mut own = std::mem::take(&mut lines[index]);
            let place = &mut self.tree.places[index];
            place.made_at = own.iter().map(|(at, bytes)| (*at, *bytes)).max_by_key(|&(at, bytes)| (bytes, Reverse(at)));
            if let Some(above) = place.above {
                let above = &mut lines[above as usize];
                if above.len() < own.len() {
                    std::mem::swap(above, &mut own);
                }
                for (at, bytes) in own {
                    let sum = above.entry(at).or_default();
                    *sum = sum.saturating_add(bytes);
                }
            }
        }
    }

    /// Where an object is: an index into [`PlaceTree::places`].
    pub fn place(&self, object: Object) -> u32 {
        self.place[object.index()]
    }
}

impl PlaceTree {
    /// The places of a heap, with what is shared. Near-linear in objects and references; takes about 70 bytes per object
    /// meanwhile, and keeps at most 131,072 places.
    ///
    /// ```
    /// use heapgraph::analysis::gc_roots::GcRoots;
    /// use heapgraph::analysis::places::PlaceTree;
    /// use heapgraph::graph::Sketch;
    ///
    /// let mut sketch = Sketch::new();
    /// sketch.object("app", "module", 8).object("names", "dict", 64).object("CACHE", "dict", 64);
    /// sketch.object("key", "str", 50).text("key", "CACHE").object("a", "app.User", 16).object("b", "app.User", 16);
    /// sketch.refer("app", ".__dict__", "names").elements("names", heapgraph::snapshot::Segment::Mapping);
    /// sketch.refer("names", "", "key").refer("names", "", "CACHE");
    /// sketch.refer("CACHE", "[1]", "a").refer("CACHE", "[2]", "b").module_root("app");
    /// let heap = sketch.build();
    /// let places = PlaceTree::of(&heap.graph, &GcRoots::of(&heap.graph));
    /// assert_eq!(places.whole.shallow_bytes, 218);
    /// assert_eq!(places.tops.len(), 1);
    /// ```
    pub fn of(graph: &HeapGraph, roots: &GcRoots) -> PlaceTree {
        PlacedHeap::of(graph, roots).tree
    }

    fn counted(graph: &HeapGraph, ways: &Ways) -> PlaceTree {
        let mut places: Vec<Place> = ways
            .nodes
            .iter()
            .map(|node| Place {
                above: (node.above != NONE).then_some(node.above),
                step: ways.steps[node.step as usize].clone(),
                own: Tally::default(),
                whole: Tally::default(),
                shared_bytes: 0,
                first: node.first.0,
                kind: None,
                made_at: None,
                contents: Contents::default(),
                below: Vec::new(),
            })
            .collect();
        let mut kinds: HashMap<(u32, u32), u64> = HashMap::new();
        let mut held: HashMap<(u32, u32), u64> = HashMap::new();
        let mut elements = Elements::of(graph);
        for object in graph.objects() {
            let at = ways.place[object.index()];
            let place = &mut places[at as usize];
            place.own.add(Tally { count: 1, shallow_bytes: graph.size(object) });
            *kinds.entry((at, graph.type_id(object).0)).or_default() += 1;
            if !ways.namespaces.contains(object)
                && let Some((count, kind)) = graph.elements(object)
            {
                let kind = match kind {
                    ElementKind::Member => Element::Member,
                    ElementKind::Item if graph.entries(object).next().is_some() => Element::Entry,
                    ElementKind::Item => Element::Item,
                };
                place.contents.kind = place.contents.kind.max(kind);
                place.contents.containers += 1;
                place.contents.elements = place.contents.elements.saturating_add(u64::from(count));
                elements.count(object, |of, count| *held.entry((at, of)).or_default() += count);
            }
        }
        let types: Vec<String> = graph.types.iter().map(|of| of.full_name()).collect();
        let most = |counts: HashMap<(u32, u32), u64>, put: &mut dyn FnMut(u32, (u32, u64))| {
            let mut counts: Vec<((u32, u32), u64)> = counts.into_iter().collect();
            counts.sort_unstable_by_key(|&((at, of), count)| (at, Reverse(count), &types[of as usize], of));
            counts.dedup_by_key(|((at, _), _)| *at);
            counts.into_iter().for_each(|((at, of), count)| put(at, (of, count)));
        };
        most(kinds, &mut |at, kind| places[at as usize].kind = Some(kind));
        most(held, &mut |at, most| places[at as usize].contents.most = Some(most));
        let mut all = PlaceTree { places, tops: Vec::new(), types, whole: Tally::default(), crowded: ways.crowded };
        all.sum_up();
        all
    }

    /// Computes `whole`, `below` and `tops` from `own` and `above`.
    fn sum_up(&mut self) {
        let places = &mut self.places;
        self.tops.clear();
        self.whole = Tally::default();
        for place in places.iter_mut() {
            place.whole = place.own;
            place.below.clear();
        }
        for index in (0..places.len()).rev() {
            let whole = places[index].whole;
            match places[index].above {
                Some(above) => {
                    places[above as usize].whole.add(whole);
                    places[above as usize].below.push(index as u32);
                }
                None => {
                    self.whole.add(whole);
                    self.tops.push(index as u32);
                }
            }
        }
        for index in 0..places.len() {
            let mut below = std::mem::take(&mut places[index].below);
            below.sort_by(|&one, &other| order(&places[one as usize], &places[other as usize]));
            places[index].below = below;
        }
        self.tops.sort_by(|&one, &other| order(&places[one as usize], &places[other as usize]));
    }

    /// The tree without places of less than `least` bytes: what is there is told with the place above, tops stay. A few
    /// thousand places for a ten-thousandth of any heap. Linear.
    pub fn folded(&self, least: u64) -> PlaceTree {
        self.folded_into(least).0
    }

    /// The same, and for each place the one that it is told with.
    pub fn folded_into(&self, least: u64) -> (PlaceTree, Vec<u32>) {
        let mut into = vec![0_u32; self.places.len()];
        let mut places: Vec<Place> = Vec::new();
        for (index, place) in self.places.iter().enumerate() {
            match place.above {
                Some(above) if place.whole.shallow_bytes < least => {
                    into[index] = into[above as usize];
                    let above = &mut places[into[index] as usize];
                    above.own.add(place.own);
                }
                above => {
                    into[index] = places.len() as u32;
                    places.push(Place { above: above.map(|above| into[above as usize]), ..place.clone() });
                }
            }
        }
        let mut folded = PlaceTree {
            places,
            tops: Vec::new(),
            types: self.types.clone(),
            whole: Tally::default(),
            crowded: self.crowded,
        };
        folded.sum_up();
        (folded, into)
    }

    /// The same types with other places, of which `own` and `above` count; each comes after the one above it.
    pub fn with_places(self, places: Vec<Place>) -> PlaceTree {
        let mut tree = PlaceTree { places, ..self };
        tree.sum_up();
        tree
    }

    /// Whether the numbers of a tree that was read from an index are places of it, each after the one above.
    pub(super) fn fits_together(&self) -> bool {
        let is_place = |&place: &u32| (place as usize) < self.places.len();
        let is_type = |of: u32| (of as usize) < self.types.len();
        let is_known = |kind: Option<(u32, u64)>| kind.is_none_or(|(of, _)| is_type(of));
        self.tops.iter().all(is_place)
            && (0..).zip(&self.places).all(|(index, place)| {
                place.above.is_none_or(|above| above < index)
                    && place.below.iter().all(|&below| is_place(&below) && below > index)
                    && is_type(place.first)
                    && is_known(place.kind)
                    && is_known(place.contents.most)
            })
    }

    /// The steps of a place's way, from its root.
    pub fn way(&self, place: u32) -> Vec<&Step> {
        let mut steps = Vec::new();
        let mut next = Some(place);
        while let Some(at) = next {
            let place = &self.places[at as usize];
            steps.push(&place.step);
            next = place.above;
        }
        steps.reverse();
        steps
    }
}

/// Most bytes first, then most objects, then by step.
fn order(one: &Place, other: &Place) -> std::cmp::Ordering {
    let key = |place: &Place| Reverse((place.whole.shallow_bytes, place.whole.count));
    key(one).cmp(&key(other)).then_with(|| one.step.cmp(&other.step))
}

/// Counts the elements of one container by type.
struct Elements<'g> {
    graph: &'g HeapGraph,
    count: Vec<u32>,
    met: Vec<u32>,
}

impl<'g> Elements<'g> {
    fn of(graph: &'g HeapGraph) -> Self {
        Elements { graph, count: vec![0; graph.types.len()], met: Vec::new() }
    }

    fn count(&mut self, container: Object, mut tell: impl FnMut(u32, u64)) {
        let graph = self.graph;
        let is_mapping = graph.entries(container).next().is_some();
        if is_mapping {
            for (key, value) in graph.entries(container) {
                let value = value.filter(|&value| graph.type_of(value).name != "NoneType");
                self.meet(value.or(key));
            }
        } else {
            let elements = graph.elements(container).map_or(0, |(count, _)| count);
            let first = graph.references_of(container) - elements;
            for held in graph.references(container).skip(first as usize) {
                self.meet(held.referent);
            }
        }
        for of in self.met.drain(..) {
            let count = std::mem::take(&mut self.count[of as usize]);
            tell(of, u64::from(count));
        }
    }

    fn meet(&mut self, element: Option<Object>) {
        let Some(element) = element else { return };
        let of = self.graph.type_id(element);
        let count = &mut self.count[of.index()];
        if *count == 0 {
            self.met.push(of.0);
        }
        *count = count.saturating_add(1);
    }
}

//! One object for a page: what it is, where it is held, what it refers to, what to cut.

use std::collections::HashMap;

use serde::Serialize;

use crate::analysis::dominators::Dominator;
use crate::analysis::explored::Explored;
use crate::analysis::root_paths::RootPath;
use crate::analysis::search::{Wish, search};
use crate::analysis::since::Age;
use crate::graph::{HeapGraph, Object, Reference, TypePattern};
use crate::report::line_words::LineWords;
use crate::report::words::{Words, refcount};
use crate::report::{root_words, slot_label, why};
use crate::units::{self, Address};

use super::{PageView, short, short_sentence};

/// All that a panel tells of an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ObjectCard {
    /// Its type, with the module.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What it is, in a few words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// Its own bytes.
    pub shallow_bytes: u64,
    /// What would be freed with it.
    pub retained_bytes: u64,
    /// Objects that would be.
    pub dominated_objects: u64,
    /// The reference count, in words.
    pub reference_count: String,
    /// The GC roots that it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roots: Vec<String>,
    /// Its place, an index into the places of the page.
    pub place: u32,
    /// Whether it is new, in words; `None` where nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<String>,
    /// Where it was made, in words; `None` where the program did not trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made: Option<String>,
    /// Why it is alive.
    pub path: PathCard,
    /// What to cut, in sentences.
    pub cut: Vec<String>,
    /// What it refers to.
    pub slots: Rows,
    /// What refers to it.
    pub holders: Rows,
    /// What it immediately dominates.
    pub dominated: Rows,
}

/// A path from a GC root.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PathCard {
    /// As Python; `None` where no expression leads there.
    pub expression: Option<String>,
    /// What must be known of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The objects, the root first; in the first row the slot is the root itself.
    pub rows: Vec<ReferenceRow>,
    /// How many steps are left out, after half of the rows.
    #[serde(skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

/// Some of many rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Rows {
    /// How many there are in all.
    pub all: u64,
    /// Those that are shown.
    pub rows: Vec<ReferenceRow>,
}

/// A reference and the object at its other end: slot, address, type, what it is, retained size, and the GC root that it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ReferenceRow(
    pub String,
    pub Option<Address>,
    pub String,
    pub String,
    pub u64,
    #[serde(skip_serializing_if = "String::is_empty")] pub String,
);

/// Another path to an object.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AroundCard {
    /// The path; `None` when none was found.
    pub path: Option<PathCard>,
    /// So many objects were looked at, and there may be a path beyond; `None` when all were.
    pub looked_at: Option<u64>,
}

/// What somebody looks for; empty and 0 for what does not matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'w> {
    /// A pattern of full names of types.
    pub type_name: &'w str,
    /// Part of the text of a place.
    pub place: &'w str,
    /// Part of the object's own text.
    pub text: &'w str,
    /// Smallest retained size.
    pub bytes: u64,
    /// Smallest number of elements.
    pub elements: u64,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Found {
    /// How many objects fit.
    pub all: u64,
    /// Some of them, most retained first.
    pub rows: Vec<ReferenceRow>,
    /// What is wrong with the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong: Option<String>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// So many rows of a path are told.
const MOST_STEPS: usize = 24;
/// Nobody reads more of what a search finds.
const MOST_FOUND: usize = 100_000;
/// Where more objects refer to one, those near a root are not looked for: they come by address.
const MOST_SORTED: usize = 10_000;

/// What all cards of a heap have in common.
pub struct Cards<'a> {
    view: PageView<'a>,
    words: Words<'a>,
    lines: LineWords<'a>,
    /// For each place of the heap the one that it is told with.
    places: Vec<u32>,
    /// The best root that an object is.
    roots: HashMap<Object, u32>,
}

impl<'a> Cards<'a> {
    /// For a page; `places` tells for each place of the heap the one of the page. Linear in roots, modules, classes and lines.
    pub fn new(view: PageView<'a>, places: Vec<u32>) -> Cards<'a> {
        let mut roots = HashMap::new();
        for (root, index) in view.heap.roots.roots.iter().zip(0..) {
            roots.entry(root.object).or_insert(index);
        }
        let graph = view.heap.graph;
        Cards { view, words: Words::new(graph, [], true), lines: LineWords::of(graph), places, roots }
    }

    /// The heap.
    pub fn heap(&self) -> &'a Explored<'a> {
        self.view.heap
    }

    fn graph(&self) -> &'a HeapGraph {
        self.view.heap.graph
    }

    /// The card of an object, with so many rows of each kind. Linear in what the object refers to and is referred to by, in its
    /// path, and in what refers to its dominators.
    pub fn card(&self, object: Object, rows: usize) -> ObjectCard {
        let (heap, graph) = (self.view.heap, self.graph());
        let path = heap.path(object);
        let roots = self
            .roots
            .contains_key(&object)
            .then(|| heap.roots.of_object(object).map(|root| short(root_words::of(graph, root))).collect());
        ObjectCard {
            type_name: short(graph.type_of(object).full_name()),
            what: short(self.words.what(object)),
            shallow_bytes: graph.size(object),
            retained_bytes: heap.retained().bytes(object),
            dominated_objects: heap.dominated().count(object),
            reference_count: self.reference_count(object),
            roots: roots.unwrap_or_default(),
            place: self.places[self.view.placed.place(object) as usize],
            age: self.view.since.map(|view| {
                match view.since.age(object) {
                    Age::New => "new",
                    Age::Unknown => "may be new, or not",
                    Age::Old => "was there already",
                }
                .to_owned()
            }),
            made: self.lines.made_at(object).map(short),
            path: path.map(|path| self.path(&path)).unwrap_or_default(),
            cut: why::cut_sentences(heap, &self.words, object, &heap.cut_places(object))
                .into_iter()
                .map(short_sentence)
                .collect(),
            slots: self.slots(object, 0, rows),
            holders: self.holders(object, 0, rows),
            dominated: self.dominated(object, 0, rows),
        }
    }

    fn reference_count(&self, object: Object) -> String {
        let account = self.view.heap.roots.account(self.graph(), object);
        let count = refcount(self.graph(), object);
        match account.unexplained {
            Some(0) | None => count,
            Some(more) => format!("{count}, {} of them from C", units::count(more)),
        }
    }

    /// A path as Python and as rows, its middle left out where it is long.
    pub fn path(&self, path: &RootPath) -> PathCard {
        let heap = self.view.heap;
        let (told, whole) = why::expression_words(heap, path);
        let expression = whole.filter(|whole| told.first() == Some(whole));
        let notes = super::verdict::expression_notes(told, expression.is_some());
        let stretches = why::stretches(heap, path);
        let (shown, left_out) = why::ends(&stretches, MOST_STEPS);
        let row = |stretch: &why::Stretch| self.row(stretch.label(self.graph(), path), stretch.object);
        PathCard { expression, notes, rows: shown.into_iter().map(row).collect(), left_out: left_out as u64 }
    }

    fn row(&self, slot: String, object: Object) -> ReferenceRow {
        let heap = self.view.heap;
        let graph = heap.graph;
        let root = self.roots.get(&object).map(|&index| root_words::of(graph, &heap.roots.roots[index as usize]));
        ReferenceRow(
            short(slot),
            Some(graph.address(object)),
            short(graph.type_of(object).full_name()),
            short(self.words.what(object)),
            heap.retained().bytes(object),
            short(root.unwrap_or_default()),
        )
    }

    fn slot(&self, reference: Reference) -> String {
        let graph = self.graph();
        let slot = slot_label(graph, graph.slot(reference));
        if graph.is_strong(reference) { slot } else { format!("{slot} (weak)") }
    }

    /// What the object refers to, in slot order, from the row numbered `from` on.
    pub fn slots(&self, object: Object, from: u64, rows: usize) -> Rows {
        let graph = self.graph();
        let row = |reference: Reference| match reference.referent {
            Some(referent) => self.row(self.slot(reference), referent),
            None => ReferenceRow(
                self.slot(reference),
                None,
                "not in the snapshot".to_owned(),
                String::new(),
                0,
                String::new(),
            ),
        };
        let first = usize::try_from(from).unwrap_or(usize::MAX);
        let shown = graph.references(object).skip(first).take(rows).map(row).collect();
        Rows { all: graph.references_of(object).into(), rows: shown }
    }

    /// What refers to the object, each once, those with the best path from a root first.
    pub fn holders(&self, object: Object, from: u64, rows: usize) -> Rows {
        let heap = self.view.heap;
        let graph = heap.graph;
        let mut holders: Vec<Object> = graph.referrers(object).collect();
        holders.dedup();
        let on_path = heap.reachability().last_reference(graph, object).map(|reference| reference.referrer);
        if holders.len() <= MOST_SORTED {
            let found = heap.reachability();
            let key = |holder: Object| {
                (Some(holder) != on_path, found.rank(holder).is_none(), found.rank(holder), found.cost(holder))
            };
            holders.sort_by_cached_key(|&holder| (key(holder), holder));
        } else if let Some(place) = on_path.and_then(|first| holders.binary_search(&first).ok()) {
            holders[..=place].rotate_right(1);
        }
        let first = usize::try_from(from).unwrap_or(usize::MAX);
        let row = |&holder: &Object| {
            let mut references = graph.references_between(holder, object);
            let Some(reference) = references.next() else { return ReferenceRow::default() };
            let more = references.count() as u64;
            let slot = self.slot(reference);
            let slot = if more == 0 { slot } else { format!("{slot} and {}", units::counted(more, "more slot")) };
            self.row(slot, holder)
        };
        Rows { all: holders.len() as u64, rows: holders.iter().skip(first).take(rows).map(row).collect() }
    }

    /// The texts of all places of the heap, for [`Cards::search`].
    pub fn place_texts(&self) -> Vec<String> {
        crate::report::place_texts(&self.view.placed.tree)
    }

    /// Another path, or what is known where there is none.
    pub fn around(&self, path: Option<&RootPath>, looked_at: Option<u64>) -> AroundCard {
        AroundCard { path: path.map(|path| self.path(path)), looked_at }
    }

    /// The objects that fit, from the row numbered `from` on. One pass over the heap.
    pub fn search(&self, wanted: &Wanted<'_>, places: &[String], from: u64, rows: usize) -> Found {
        let heap = self.view.heap;
        let mut wish = Wish { bytes: wanted.bytes, elements: wanted.elements, ..Wish::default() };
        if !wanted.type_name.is_empty() {
            let pattern = TypePattern::new(wanted.type_name);
            match pattern.and_then(|pattern| heap.graph.match_types(&[pattern])) {
                Ok(types) => wish.types = Some(types),
                Err(error) => return Found { wrong: Some(short_sentence(error.to_string())), ..Found::default() },
            }
        }
        if !wanted.place.is_empty() {
            wish.places = Some(places.iter().map(|text| text.contains(wanted.place)).collect());
        }
        wish.text = (!wanted.text.is_empty()).then(|| wanted.text.to_owned());
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(MOST_FOUND);
        let (all, objects) = search(heap, self.view.placed, &wish, from + rows);
        let rows = objects.into_iter().skip(from).map(|object| self.row(String::new(), object)).collect();
        Found { all, rows, wrong: None }
    }

    /// What the object immediately dominates, the largest first.
    pub fn dominated(&self, object: Object, from: u64, rows: usize) -> Rows {
        let below = || self.view.heap.dominated().by(Dominator::Object(object));
        let first = usize::try_from(from).unwrap_or(usize::MAX);
        let row = |object: Object| self.row(String::new(), object);
        Rows { all: below().count() as u64, rows: below().skip(first).take(rows).map(row).collect() }
    }
}

//! A page of a heap: the verdict, what memory is made of, places and types, and one object after the other.

mod cards;
mod columns;
mod memory;
mod tables;
mod verdict;

pub use cards::{AroundCard, Cards, Found, ObjectCard, PathCard, ReferenceRow, Rows, Wanted};
pub use columns::{PlaceColumns, TypeColumns};
pub use memory::MemoryPart;
pub use tables::LinkedTable;
pub use verdict::{SuspectCard, Told};

use serde::Serialize;

use crate::analysis::common::Counts;
use crate::analysis::excerpt::{Excerpt, Limits, Towards, Wish};
use crate::analysis::explored::Explored;
use crate::analysis::object_set::ObjectSet;
use crate::analysis::places::{PlaceTree, PlacedHeap};
use crate::graph::Object;
use crate::units;

use super::diagram::Diagram;
use super::{ExcerptView, Report, SinceView};

/// What a page is made of.
#[derive(Debug, Clone, Copy)]
pub struct PageView<'a> {
    /// The heap.
    pub heap: &'a Explored<'a>,
    /// Its places.
    pub placed: &'a PlacedHeap<'a>,
    /// How the user calls the snapshot.
    pub argument: &'a str,
    /// The earlier snapshot, where growth is told.
    pub earlier: Option<&'a EarlierHeap>,
    /// Which objects are new; `None` where nobody asked, or the snapshots are of different processes.
    pub since: Option<SinceView<'a>>,
    /// Whether objects are asked for one by one, so that none has to be in the page.
    pub is_served: bool,
}

/// What is kept of an earlier snapshot.
#[derive(Debug)]
pub struct EarlierHeap {
    /// How the user calls it.
    pub name: String,
    /// Its places.
    pub places: PlaceTree,
    /// Its types.
    pub types: Counts,
}

/// A page without its objects.
#[derive(Debug)]
pub struct Page {
    /// What `suspects` says: the title, its notes, and the snapshots.
    pub report: Report,
    /// The suspects, with what to cut.
    pub suspects: Vec<SuspectCard>,
    /// What else the verdict says: paragraphs of lines.
    pub others: Vec<Vec<String>>,
    /// What resident memory is made of; empty where it is unknown.
    pub memory: Vec<MemoryPart>,
    /// The same in a sentence.
    pub memory_sentence: String,
    /// Places and types as tables.
    pub tables: Vec<LinkedTable>,
    /// What the page looks things up in.
    pub data: PageData,
    /// Objects that are worth telling, the most telling first.
    pub notable: Vec<Object>,
    /// What is left out, a sentence each.
    pub left_out: Vec<String>,
}

/// What a page looks things up in, beside its objects.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PageData {
    /// See [`super::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Whether objects are asked for one by one.
    pub is_served: bool,
    /// The snapshot as a word of a command.
    pub snapshot: String,
    /// The earlier snapshot; `None` where growth is not told.
    pub earlier: Option<String>,
    /// Sum of all shallow sizes.
    pub shallow_bytes: u64,
    /// Number of objects.
    pub objects: u64,
    /// The places.
    pub places: PlaceColumns,
    /// The types.
    pub types: TypeColumns,
}

/// Longer names of a heap lose their middle, and so do longer sentences about it.
const LONGEST_NAME: usize = 240;
const LONGEST_SENTENCE: usize = 800;

/// A name that is not longer than a page can show; what is left out is counted.
fn short(name: String) -> String {
    shortened(name, LONGEST_NAME)
}

/// The same of a sentence.
fn short_sentence(sentence: String) -> String {
    shortened(sentence, LONGEST_SENTENCE)
}

fn shortened(text: String, longest: usize) -> String {
    let length = text.chars().count();
    if length <= longest {
        return text;
    }
    let first: String = text.chars().take(longest / 2).collect();
    let last: String = text.chars().skip(length - longest / 4).collect();
    let more = (length - longest / 2 - longest / 4) as u64;
    format!("{first}… ({} characters) …{last}", units::count(more))
}

/// So many holders of a suspect are told one by one.
const HOLDERS: usize = 5;
/// Of a path so many objects at each end.
const ENDS: usize = 12;

impl Page {
    /// The page of a heap. `report` is what `suspects` says of it, `suspects` the object of each of its paragraphs, `telling` other
    /// objects that it names. Also what each object is told with. Near-linear in the heap.
    pub fn of<'a>(view: PageView<'a>, report: Report, suspects: &[Told], telling: Vec<Object>) -> (Page, Cards<'a>) {
        let heap = view.heap;
        let cards_of = verdict::suspects(&view, &report, suspects);
        let shown = columns::places(&view);
        let (types, largest) = columns::types(&view, &shown.into);
        let tables = vec![tables::places(&view, &shown), tables::types(&view, &types)];
        let facts = report.snapshots.last().cloned().unwrap_or_default().explaining(heap.graph.total_bytes());
        let (memory, memory_sentence) = memory::memory(&facts);
        // First what the verdict leads to, then what can be clicked, then what is on the way there.
        let mut notable = Notable::new(heap);
        notable.extend(suspects.iter().filter_map(|told| told.object));
        let first = notable.objects.len();
        (0..first).for_each(|index| notable.add_holders(index));
        (0..first).for_each(|index| notable.add_path(index));
        notable.extend(telling);
        notable.extend_in_turn([shown.examples.clone(), columns::large(&view), largest]);
        (0..notable.objects.len()).for_each(|index| notable.add_path(index));
        let data = PageData {
            schema_version: super::SCHEMA_VERSION,
            is_served: view.is_served,
            snapshot: super::shell_word(view.argument),
            earlier: view.earlier.map(|earlier| earlier.name.clone()),
            shallow_bytes: heap.graph.total_size(),
            objects: heap.graph.object_count() as u64,
            places: shown.columns,
            types,
        };
        let left_out = (data.places.folded > 0).then(|| {
            let folded = units::counted(data.places.folded, "smaller place");
            format!("not drawn one by one: {folded}; they are part of the place above, or of the last one")
        });
        let page = Page {
            others: verdict::others(&report),
            report,
            suspects: cards_of,
            memory,
            memory_sentence,
            tables,
            data,
            notable: notable.objects,
            left_out: left_out.into_iter().collect(),
        };
        (page, Cards::new(view, shown.into))
    }
}

/// Objects that are worth telling, each once.
struct Notable<'a> {
    heap: &'a Explored<'a>,
    seen: ObjectSet,
    objects: Vec<Object>,
}

impl<'a> Notable<'a> {
    fn new(heap: &'a Explored<'a>) -> Self {
        Notable { heap, seen: ObjectSet::empty(heap.graph), objects: Vec::new() }
    }

    fn extend(&mut self, objects: impl IntoIterator<Item = Object>) {
        for object in objects {
            if self.seen.insert(object) {
                self.objects.push(object);
            }
        }
    }

    /// One of each list, then the next of each.
    fn extend_in_turn<const N: usize>(&mut self, lists: [Vec<Object>; N]) {
        let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
        (0..longest).for_each(|rank| self.extend(lists.iter().filter_map(|list| list.get(rank).copied())));
    }

    fn add_holders(&mut self, index: usize) {
        let graph = self.heap.graph;
        self.extend(graph.referrers(self.objects[index]).take(HOLDERS));
    }

    /// Both ends of the path: the middle of a long one is alike.
    fn add_path(&mut self, index: usize) {
        let Some(path) = self.heap.path(self.objects[index]) else { return };
        let ends: Vec<Object> = path.objects().take(ENDS).chain(path.objects().rev().take(ENDS)).collect();
        self.extend(ends);
    }
}

/// Who refers to an object, as `backrefs` draws it without options.
pub fn backrefs_diagram(heap: &Explored<'_>, object: Object) -> Diagram {
    let limits = Limits::default();
    let wish = Wish::new(Towards::Referrers, limits);
    let excerpt = Excerpt::around(heap, &[object], &wish);
    let view = ExcerptView {
        full_names: false,
        extra: &[],
        retained: None,
        highlight: &[],
        too_many: limits.too_many,
        depth: limits.depth,
        max_boxes: limits.max_boxes,
        new: None,
    };
    super::diagram(heap.graph, &excerpt, view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_has_its_beginning_and_its_end() {
        assert_eq!(short("x".repeat(240)), "x".repeat(240));
        let text = short(format!("{}{}", "a".repeat(2000), "z".repeat(1000)));
        assert!(text.starts_with("aaa") && text.ends_with("zzz") && text.contains("… (2,820 characters) …"), "{text}");
    }
}

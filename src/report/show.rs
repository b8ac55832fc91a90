//! The report of `show`: one object on one screen.

use crate::analysis::cut::CutPlaces;
use crate::analysis::dominators::Dominator;
use crate::analysis::explored::Explored;
use crate::graph::{Object, RefCount, Reference};
use crate::units;

use super::line_words::LineWords;
use super::table::up_to;
use super::words::{Words, refcount};
use super::{Cell, NextStep, Report, Section, Table};
use super::{root_words, slot_label};

/// How an object is shown.
#[derive(Debug, Clone, Copy)]
pub struct ShowView {
    /// How many rows of each table; `None` for all.
    pub limit: Option<usize>,
    /// Types with their modules.
    pub full_names: bool,
}

impl Report {
    /// Everything about one object.
    pub fn show(heap: &Explored<'_>, object: Object, cut: &CutPlaces, view: ShowView, argument: &str) -> Report {
        let graph = heap.graph;
        let word = super::shell_word(argument);
        let slots: Vec<Reference> = graph.references(object).collect();
        let mut referrers: Vec<Object> = graph.referrers(object).collect();
        referrers.dedup();
        let held: Vec<Reference> =
            referrers.iter().flat_map(|&referrer| graph.references_between(referrer, object).take(3)).collect();
        let below: Vec<Object> = heap.dominated().by(Dominator::Object(object)).collect();
        let limit = |all: usize| view.limit.unwrap_or(all).min(all);
        let shown = slots[..limit(slots.len())]
            .iter()
            .filter_map(|reference| reference.referent)
            .chain(held[..limit(held.len())].iter().map(|reference| reference.referrer))
            .chain(below[..limit(below.len())].iter().copied())
            .chain([object]);
        let words = Words::new(graph, shown, view.full_names);
        let account = heap.roots.account(graph, object);
        let path = heap.path(object);
        let expression = path.as_ref().map(|path| heap.expression(path));
        let dominator = match heap.tree().dominator(object) {
            Dominator::Roots => Cell::Text("the GC roots".to_owned()),
            Dominator::Unreachable if heap.uncollectable().contains(object) => {
                Cell::Text("nothing: garbage that the collector can't free".to_owned())
            }
            Dominator::Unreachable => Cell::Text("nothing: garbage waiting for the collector".to_owned()),
            Dominator::Object(other) => Cell::Text(words.phrase(other)),
        };
        let roots: Vec<String> = heap.roots.of_object(object).map(|root| root_words::of(graph, root)).collect();
        let mut facts = vec![
            ("type", Cell::Text(graph.type_of(object).full_name())),
            ("what", Cell::Text(words.what(object))),
            ("address", Cell::Address(graph.address(object))),
            ("shallow size", Cell::Bytes(graph.size(object))),
            ("retained size", Cell::Bytes(heap.retained().bytes(object))),
            ("dominated objects", Cell::Count(heap.dominated().count(object))),
            ("reference count", Cell::Text(refcount(graph, object))),
            ("of these explained", Cell::Count(account.found + account.from_roots)),
            ("held from C", account.unexplained.map_or(Cell::Missing, Cell::Count)),
            ("immediate dominator", dominator),
        ];
        if graph.has_external_bytes() {
            facts.push(("outside the heap", Cell::Bytes(graph.external_bytes(object))));
        }
        let lines = LineWords::of(graph);
        if let Some(frames) = lines.frames(object) {
            facts.push(("made at", frames.first().map_or(Cell::Missing, |&at| Cell::Text(lines.line(at)))));
            let callers: Vec<String> = frames.iter().skip(1).map(|&at| lines.line(at)).collect();
            if !callers.is_empty() {
                facts.push(("called from", Cell::Text(callers.join(" ← "))));
            }
        }
        if !roots.is_empty() {
            facts.push(("GC root", Cell::Text(roots.join("; "))));
        }
        facts.retain(|(_, value)| *value != Cell::Text(String::new()));
        let facts = Table::of("facts", &facts).column("fact", "", |(name, _)| Cell::Text((*name).to_owned())).column(
            "value",
            "",
            |(_, value)| value.clone(),
        );
        let mut sections = vec![Section::Table(facts.done())];
        if let Some(text) = expression.and_then(|expression| expression.text) {
            sections.push(Section::Expression { key: "expressions", lines: vec![text.clone()], whole: Some(text) });
        }
        sections.push(Section::Table(references("slots", "refers to", &words, heap, &slots, Side::Referent, view)));
        sections.push(Section::Table(references(
            "referrers",
            "referred to by",
            &words,
            heap,
            &held,
            Side::Referrer,
            view,
        )));
        sections.push(Section::Table(dominated(&words, heap, &below, view)));
        if let Some(first) = cut.possible(&heap.classes).next() {
            let text =
                format!("One cut frees it, with {} in all: see `heapgraph why`.", units::bytes(first.freed_bytes));
            sections.push(Section::Paragraphs { key: "cut", paragraphs: vec![text] });
        }
        if graph.has_allocations() {
            let frames = lines.frames(object).unwrap_or_default();
            let table = Table::of("traceback", frames)
                .machines("file", |&at| lines.file(at))
                .machines("line", |at| Cell::Count(at.line.into()))
                .machines("function", |&at| lines.function(at));
            sections.push(Section::Table(table.done()));
        }
        let address = graph.address(object);
        Report {
            title: words.phrase(object),
            totals: vec![
                ("address", Cell::Address(graph.address(object))),
                ("type", Cell::Text(graph.type_of(object).full_name())),
                ("shallow_bytes", Cell::Bytes(graph.size(object))),
                ("retained_bytes", Cell::Bytes(heap.retained().bytes(object))),
                ("dominated_objects", Cell::Count(heap.dominated().count(object))),
                (
                    "reference_count",
                    match account.refcount {
                        RefCount::Known(count) => Cell::Count(count),
                        RefCount::Immortal | RefCount::Unknown => Cell::Missing,
                    },
                ),
                ("references_found", Cell::Count(account.found + account.from_roots)),
                ("references_unexplained", account.unexplained.map_or(Cell::Missing, Cell::Count)),
            ],
            sections,
            next: vec![
                NextStep::new(format!("why {word} --id {address}"), "what keeps it alive, and what to cut"),
                NextStep::new(
                    format!("backrefs {word} --id {address} -o backrefs.png"),
                    "who refers to it, as a picture",
                ),
            ],
            ..Report::about("show", graph, argument)
        }
    }
}

/// Which end of a reference a table is about.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Referent,
    Referrer,
}

fn references(
    key: &'static str,
    title: &str,
    words: &Words<'_>,
    heap: &Explored<'_>,
    all: &[Reference],
    side: Side,
    view: ShowView,
) -> Table {
    let graph = heap.graph;
    let (rows, rest) = up_to(view.limit, all);
    let other = |reference: &Reference| match side {
        Side::Referent => reference.referent,
        Side::Referrer => Some(reference.referrer),
    };
    let of_other = |reference: &Reference, cell: &dyn Fn(Object) -> Cell| other(reference).map_or(Cell::Missing, cell);
    let slot = |reference: &Reference| {
        let slot = slot_label(graph, graph.slot(*reference));
        Cell::Text(if graph.is_strong(*reference) { slot } else { format!("{slot} (weak)") })
    };
    Table::of(key, rows)
        .titled(format!("{title} ({})", units::count(all.len() as u64)))
        .column("slot", "slot", slot)
        .column("type", "type", |reference| {
            other(reference).map_or(Cell::Text("not in the snapshot".into()), |other| words.of(other))
        })
        .column("description", "what", |reference| of_other(reference, &|other| Cell::Text(words.what(other))))
        .column("address", "address", |reference| of_other(reference, &|other| Cell::Address(graph.address(other))))
        .column("retained_bytes", "retained size", |reference| {
            of_other(reference, &|other| Cell::Bytes(heap.retained().bytes(other)))
        })
        .leaves_out(rest, ("reference", "references"), [])
        .done()
}

fn dominated(words: &Words<'_>, heap: &Explored<'_>, below: &[Object], view: ShowView) -> Table {
    let (rows, rest) = up_to(view.limit, below);
    Table::of("dominates", rows)
        .titled(format!("immediately dominates ({})", units::count(below.len() as u64)))
        .column("type", "type", |&object| words.of(object))
        .column("description", "what", |&object| Cell::Text(words.what(object)))
        .column("address", "address", |&object| Cell::Address(heap.graph.address(object)))
        .column("retained_bytes", "retained size", |&object| Cell::Bytes(heap.retained().bytes(object)))
        .leaves_out(rest, ("object", "objects"), [])
        .done()
}

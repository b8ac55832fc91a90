//! The report of `info`: what a snapshot is of, how it came about, what it doesn't show.

mod facts;

use crate::analysis::blind_spots::{BlindSpots, UnexplainedRow};
use crate::analysis::explored::Explored;
use crate::graph::HeapGraph;
use crate::snapshot::{Frame, Text, Thread};
use crate::units;

use super::phrases::counted;
use super::table::up_to;
use super::{Cell, NextStep, Report, Section, Table};

/// Something that is known, or known to be missing.
struct Fact {
    /// For machines, with the unit.
    key: &'static str,
    /// For people.
    what: &'static str,
    value: Cell,
}

/// Facts under one heading.
struct Group {
    key: &'static str,
    heading: &'static str,
    facts: Vec<Fact>,
}

impl Report {
    /// Process, interpreter, how the snapshot was taken, totals, roots, threads, blind spots. `limit` is how many types of
    /// each blind spot are listed.
    pub fn info(heap: &Explored<'_>, spots: &BlindSpots, limit: Option<usize>, argument: &str) -> Report {
        let graph = heap.graph;
        let groups = facts::groups(heap, spots);
        let facts: Vec<(&'static str, &Fact)> =
            groups.iter().flat_map(|group| group.facts.iter().map(|fact| (group.key, fact))).collect();
        let all = Table::of("rows", &facts)
            .machines("group", |(group, _)| Cell::Text((*group).to_owned()))
            .machines("fact", |(_, fact)| Cell::Text(fact.key.to_owned()))
            .machines("value", |(_, fact)| fact.value.clone());
        let mut sections = vec![Section::Table(all.done())];
        sections.extend(groups.iter().map(|group| Section::Table(for_people(group))));
        sections.push(Section::Table(roots(spots)));
        sections.extend(threads(graph).map(Section::Table));
        sections.extend(blind_spots(graph, spots, limit).into_iter().map(Section::Table));
        sections.extend(errors(graph).map(Section::Table));
        let word = super::shell_word(argument);
        Report {
            totals: facts.iter().map(|(_, fact)| (fact.key, fact.value.clone())).collect(),
            summary: format!(
                "{} · {} · {} shallow size",
                counted(graph.object_count() as u64, "object", "objects"),
                counted(graph.reference_count() as u64, "reference", "references"),
                units::bytes(spots.shallow_bytes)
            ),
            sections,
            next: vec![
                NextStep::new(format!("suspects {word}"), "what holds a large share of the heap"),
                NextStep::new(format!("common {word}"), "the most common types"),
            ],
            ..Report::about("info", graph, argument)
        }
    }
}

/// The facts of a group side by side; its heading heads the first column.
fn for_people(group: &Group) -> Table {
    Table::of(group.key, &group.facts)
        .people("fact", group.heading, |fact| Cell::Text(fact.what.to_owned()))
        .people("value", "", told)
        .done()
}

/// As text, so that a column of mixed facts stays on the left.
fn told(fact: &Fact) -> Cell {
    // A process id is a name, not a count: no separators.
    let is_id = fact.key == "pid" && fact.value != Cell::Missing;
    Cell::Text(if is_id { fact.value.raw() } else { fact.value.human() })
}

fn roots(spots: &BlindSpots) -> Table {
    Table::of("roots", &spots.roots)
        .column("kind", "GC roots", |(kind, _)| Cell::Text(kind.label().to_owned()))
        .column("count", "count", |&(_, count)| Cell::Count(count))
        .done()
}

/// The threads with their innermost frames; `None` when the snapshot lists none.
fn threads(graph: &HeapGraph) -> Option<Table> {
    if graph.threads.is_empty() {
        return None;
    }
    let text = |text: Option<&Text>| text.map_or(Cell::Missing, |text| Cell::Text(text.0.clone()));
    let innermost = |frame: &Frame| {
        let file = frame.file.as_ref().map_or("unknown", |file| file.0.rsplit(['/', '\\']).next().unwrap_or(""));
        let line = frame.line.map_or(String::new(), |line| format!(":{line}"));
        Cell::Text(format!("{} ({file}{line})", &*frame.function))
    };
    let of_frame =
        |thread: &'_ Thread, cell: &dyn Fn(&Frame) -> Cell| thread.frames.first().map_or(Cell::Missing, cell);
    let table = Table::of("threads", &graph.threads)
        .column("name", "thread", move |thread| text(thread.name.as_ref()))
        .people("shown_id", "id", |thread| thread.id.map_or(Cell::Missing, |id| Cell::Text(id.to_string())))
        .machines("id", |thread| thread.id.map_or(Cell::Missing, Cell::Count))
        .column("daemon", "daemon", |thread| thread.daemon.map_or(Cell::Missing, Cell::Flag))
        .column("frame_count", "frames", |thread| Cell::Count(thread.frames.len() as u64))
        .people("innermost", "innermost frame", move |thread| of_frame(thread, &innermost))
        .machines("function", move |thread| of_frame(thread, &|frame| Cell::Text(frame.function.0.clone())))
        .machines("file", move |thread| of_frame(thread, &|frame| text(frame.file.as_ref())))
        .machines("line", move |thread| of_frame(thread, &|frame| frame.line.map_or(Cell::Missing, Cell::Count)));
    Some(table.done())
}

/// Where the graph's references don't add up, by type.
fn blind_spots(graph: &HeapGraph, spots: &BlindSpots, limit: Option<usize>) -> Vec<Table> {
    let unexplained = |key, header, all: &[UnexplainedRow]| {
        let (rows, rest) = up_to(limit, all);
        let left = rest.iter().fold(0_u64, |sum, row| sum.saturating_add(row.references));
        let table = Table::of(key, rows)
            .column("type", header, |row| row.type_id.into_cell(graph))
            .column("object_count", "objects", |row| Cell::Count(row.objects))
            .column("reference_count", "references", |row| Cell::Count(row.references))
            .leaves_out(rest, ("type", "types"), [("reference_count", Cell::Count(left))]);
        (!all.is_empty()).then(|| table.done())
    };
    let unnamed = {
        let (rows, rest) = up_to(limit, &spots.unnamed);
        let left = rest.iter().map(|(_, count)| count).sum();
        let table = Table::of("unnamed", rows)
            .column("type", "types with references that nobody can name", |(of, _)| of.into_cell(graph))
            .column("reference_count", "references", |&(_, count)| Cell::Count(count))
            .leaves_out(rest, ("type", "types"), [("reference_count", Cell::Count(left))]);
        (!spots.unnamed.is_empty()).then(|| table.done())
    };
    [
        unexplained("held_from_c", "types with objects that something outside of the graph holds", &spots.held_from_c),
        unexplained("beyond_count", "types with more references found than counted", &spots.beyond_count),
        unnamed,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A type as a cell, with its module.
trait IntoCell {
    fn into_cell(self, graph: &HeapGraph) -> Cell;
}

impl IntoCell for crate::graph::TypeId {
    fn into_cell(self, graph: &HeapGraph) -> Cell {
        let full = graph.type_name(self);
        Cell::Type { shown: full.clone(), full }
    }
}

/// What the dumper could not do; `None` when it could do everything.
fn errors(graph: &HeapGraph) -> Option<Table> {
    let errors = &graph.end.errors;
    let table = Table::of("errors", errors)
        .column("what", "errors of the dumper", |error| Cell::Text(error.what.0.clone()))
        .column("type", "type", |error| {
            error.type_name.as_ref().map_or(Cell::Missing, |name| Cell::Text(name.0.clone()))
        })
        .column("count", "count", |error| Cell::Count(error.count));
    (!errors.is_empty()).then(|| table.done())
}

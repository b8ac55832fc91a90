//! The report of `info`: what a snapshot is of, how it came about, what it doesn't show.

mod facts;

use crate::analysis::blind_spots::{BlindSpots, UnexplainedRow};
use crate::analysis::explored::Explored;
use crate::graph::HeapGraph;
use crate::units;

use super::phrases::counted;
use super::{Cell, Column, NextStep, NotShown, Report, Section, SnapshotFacts, Table};

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
        let rows = groups.iter().flat_map(|group| {
            group
                .facts
                .iter()
                .map(|fact| vec![Cell::Text(group.key.to_owned()), Cell::Text(fact.key.to_owned()), fact.value.clone()])
        });
        let mut sections = vec![Section::Table(Table {
            key: "rows",
            columns: ["group", "fact", "value"].map(Column::for_machines).to_vec(),
            rows: rows.collect(),
            ..Table::default()
        })];
        sections.extend(groups.iter().map(|group| Section::Table(for_people(group))));
        sections.push(Section::Table(roots(spots)));
        sections.extend(threads(graph).map(Section::Table));
        sections.extend(blind_spots(graph, spots, limit).into_iter().map(Section::Table));
        sections.extend(errors(graph).map(Section::Table));
        let word = super::shell_word(argument);
        Report {
            command: "info",
            snapshots: vec![SnapshotFacts::new(argument, &graph.header, &graph.end)],
            totals: groups.iter().flat_map(|group| &group.facts).map(|fact| (fact.key, fact.value.clone())).collect(),
            summary: format!(
                "{} · {} · {} shallow size",
                counted(graph.object_count() as u64, "object", "objects"),
                counted(graph.reference_count() as u64, "reference", "references"),
                units::bytes(spots.shallow_bytes)
            ),
            sections,
            notes: super::facts::graph_notes(graph),
            next: vec![
                NextStep::new(format!("suspects {word}"), "what holds a large share of the heap"),
                NextStep::new(format!("common {word}"), "the most common types"),
            ],
            ..Report::default()
        }
    }
}

/// The facts of a group side by side; its heading heads the first column.
fn for_people(group: &Group) -> Table {
    Table {
        key: group.key,
        columns: vec![Column::for_people("fact", group.heading), Column::for_people("value", "")],
        rows: group.facts.iter().map(|fact| vec![Cell::Text(fact.what.to_owned()), told(fact)]).collect(),
        ..Table::default()
    }
}

/// As text, so that a column of mixed facts stays on the left.
fn told(fact: &Fact) -> Cell {
    // A process id is a name, not a count: no separators.
    let is_id = fact.key == "pid" && fact.value != Cell::Missing;
    Cell::Text(if is_id { fact.value.raw() } else { fact.value.human() })
}

fn roots(spots: &BlindSpots) -> Table {
    Table {
        key: "roots",
        columns: vec![Column::new("kind", "GC roots"), Column::new("count", "count")],
        rows: spots
            .roots
            .iter()
            .map(|&(kind, count)| vec![Cell::Text(kind.label().to_owned()), Cell::Count(count)])
            .collect(),
        ..Table::default()
    }
}

/// The threads with their innermost frames; `None` when the snapshot lists none.
fn threads(graph: &HeapGraph) -> Option<Table> {
    if graph.threads.is_empty() {
        return None;
    }
    let row = |thread: &crate::snapshot::Thread| {
        let frame = thread.frames.first();
        let text = |text: Option<&crate::snapshot::Text>| text.map_or(Cell::Missing, |text| Cell::Text(text.0.clone()));
        let place = frame.map(|frame| {
            let file = frame.file.as_ref().map_or("unknown", |file| file.0.rsplit(['/', '\\']).next().unwrap_or(""));
            let line = frame.line.map_or(String::new(), |line| format!(":{line}"));
            format!("{} ({file}{line})", &*frame.function)
        });
        vec![
            text(thread.name.as_ref()),
            thread.id.map_or(Cell::Missing, |id| Cell::Text(id.to_string())),
            thread.id.map_or(Cell::Missing, Cell::Count),
            thread.daemon.map_or(Cell::Missing, Cell::Flag),
            Cell::Count(thread.frames.len() as u64),
            place.map_or(Cell::Missing, Cell::Text),
            frame.map_or(Cell::Missing, |frame| Cell::Text(frame.function.0.clone())),
            text(frame.and_then(|frame| frame.file.as_ref())),
            frame.and_then(|frame| frame.line).map_or(Cell::Missing, Cell::Count),
        ]
    };
    Some(Table {
        key: "threads",
        columns: vec![
            Column::new("name", "thread"),
            Column::for_people("shown_id", "id"),
            Column::for_machines("id"),
            Column::new("daemon", "daemon"),
            Column::new("frame_count", "frames"),
            Column::for_people("innermost", "innermost frame"),
            Column::for_machines("function"),
            Column::for_machines("file"),
            Column::for_machines("line"),
        ],
        rows: graph.threads.iter().map(row).collect(),
        ..Table::default()
    })
}

/// Where the graph's references don't add up, by type.
fn blind_spots(graph: &HeapGraph, spots: &BlindSpots, limit: Option<usize>) -> Vec<Table> {
    let unexplained = |key, header, rows: &[UnexplainedRow]| {
        let row = |row: &UnexplainedRow| {
            vec![row.type_id.into_cell(graph), Cell::Count(row.objects), Cell::Count(row.references)]
        };
        let columns = vec![
            Column::new("type", header),
            Column::new("object_count", "objects"),
            Column::new("reference_count", "references"),
        ];
        let sum = |rows: &[UnexplainedRow]| rows.iter().fold(0_u64, |sum, row| sum.saturating_add(row.references));
        by_type(key, columns, rows, limit, row, sum)
    };
    let unnamed = {
        let row = |&(of, count): &(crate::graph::TypeId, u64)| vec![of.into_cell(graph), Cell::Count(count)];
        let columns = vec![
            Column::new("type", "types with references that nobody can name"),
            Column::new("reference_count", "references"),
        ];
        by_type("unnamed", columns, &spots.unnamed, limit, row, |rows| rows.iter().map(|(_, count)| count).sum())
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

/// A table of the first rows, the last column summed up over the rest; `None` without rows.
fn by_type<R>(
    key: &'static str,
    columns: Vec<Column>,
    rows: &[R],
    limit: Option<usize>,
    row: impl Fn(&R) -> Vec<Cell>,
    sum: impl Fn(&[R]) -> u64,
) -> Option<Table> {
    let (shown, rest) = rows.split_at(limit.unwrap_or(rows.len()).min(rows.len()));
    let last = columns.last()?.key;
    (!rows.is_empty()).then(|| Table {
        key,
        columns,
        rows: shown.iter().map(row).collect(),
        not_shown: (!rest.is_empty()).then(|| NotShown {
            rows: rest.len() as u64,
            what: ("type", "types"),
            sums: vec![(last, Cell::Count(sum(rest)))],
        }),
        ..Table::default()
    })
}

/// What the dumper could not do; `None` when it could do everything.
fn errors(graph: &HeapGraph) -> Option<Table> {
    let errors = &graph.end.errors;
    let row = |error: &crate::snapshot::ErrorCount| {
        vec![
            Cell::Text(error.what.0.clone()),
            error.type_name.as_ref().map_or(Cell::Missing, |name| Cell::Text(name.0.clone())),
            Cell::Count(error.count),
        ]
    };
    (!errors.is_empty()).then(|| Table {
        key: "errors",
        columns: vec![
            Column::new("what", "errors of the dumper"),
            Column::new("type", "type"),
            Column::new("count", "count"),
        ],
        rows: errors.iter().map(row).collect(),
        ..Table::default()
    })
}

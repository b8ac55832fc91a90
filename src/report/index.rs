//! The report of `index`: what now stands beside a snapshot.

use crate::graph::HeapGraph;

use super::phrases::counted;
use super::{Cell, NextStep, Report, Section, Table};

/// What is known of an index.
#[derive(Debug, Clone, Copy)]
pub struct IndexFacts<'a> {
    /// Its path.
    pub file: &'a str,
    /// How long it is.
    pub bytes: u64,
    /// It was there, whole, before.
    pub was_there: bool,
}

impl Report {
    /// The index of a heap.
    pub fn index(graph: &HeapGraph, facts: IndexFacts<'_>, argument: &str) -> Report {
        let word = super::shell_word(argument);
        let state = if facts.was_there { "up to date" } else { "written" };
        let rows = [
            ("index", "index", Cell::Text(facts.file.to_owned())),
            ("state", "state", Cell::Text(state.to_owned())),
            ("bytes", "size", Cell::Bytes(facts.bytes)),
        ];
        let table = Table::of("rows", &rows)
            .machines("fact", |row| Cell::Text(row.0.to_owned()))
            .people("name", "", |row| Cell::Text(row.1.to_owned()))
            .column("value", "", |row| row.2.clone());
        Report {
            totals: rows.iter().map(|row| (row.0, row.2.clone())).collect(),
            summary: format!(
                "{} · {}",
                counted(graph.object_count() as u64, "object", "objects"),
                counted(graph.reference_count() as u64, "reference", "references")
            ),
            sections: vec![Section::Table(table.done())],
            notes: vec![format!(
                "commands use it as long as the snapshot is not changed; remove {} to be rid of it",
                super::shell_word(facts.file)
            )],
            next: vec![NextStep::new(format!("suspects {word}"), "what holds a large share of the heap")],
            ..Report::about("index", graph, argument)
        }
    }
}

//! When a type has many objects: the candidates, and how to pick one.

use crate::graph::{HeapGraph, Object};

use super::description;
use super::{Cell, Column, NextStep, NotShown, Report, Section, SnapshotFacts, Table};

impl Report {
    /// Lists the objects of a type for a command that wants one of them, largest first, ties by address. `pattern` is how the
    /// user named the type.
    pub fn candidates(
        graph: &HeapGraph,
        objects: &[Object],
        limit: Option<usize>,
        command: &'static str,
        pattern: &str,
        argument: &str,
    ) -> Report {
        let word = super::shell_word(argument);
        let mut order = objects.to_vec();
        order.sort_by_key(|&object| (std::cmp::Reverse(graph.size(object)), object));
        let shown = limit.unwrap_or(order.len()).min(order.len());
        let (rows, rest) = order.split_at(shown);
        let row = |&object: &Object| {
            let full = graph.type_of(object).full_name();
            vec![
                Cell::Address(graph.address(object)),
                Cell::Type { shown: full.clone(), full },
                Cell::Text(description(graph, object)),
                Cell::Bytes(graph.size(object)),
                Cell::Count(graph.referrers(object).len() as u64),
            ]
        };
        let table = Table {
            key: "rows",
            title: String::new(),
            columns: vec![
                Column::new("address", "address"),
                Column::new("type", "type"),
                Column::new("description", "what"),
                Column::new("shallow_bytes", "shallow size"),
                Column::new("referrer_count", "references to it"),
            ],
            rows: rows.iter().map(row).collect(),
            not_shown: (!rest.is_empty()).then(|| NotShown {
                rows: rest.len() as u64,
                what: ("object", "objects"),
                sums: vec![("shallow_bytes", Cell::Bytes(rest.iter().map(|&object| graph.size(object)).sum()))],
            }),
        };
        let first = rows.first().map_or(String::new(), |&object| graph.address(object).to_string());
        let pattern = super::shell_word(pattern);
        let mut next = vec![
            NextStep::new(format!("why {word} --type {pattern}"), "what keeps them alive, and all that hold them"),
            NextStep::new(format!("{command} {word} --id {first}"), "this one"),
        ];
        if command != "show" {
            let picture = format!("{command} {word} --type {pattern} --all -o {command}.svg");
            next.insert(1, NextStep::new(picture, "all of them in one picture"));
        }
        Report {
            command,
            snapshots: vec![SnapshotFacts::new(argument, &graph.header, &graph.end)],
            title: format!("{} objects match; pick one by address.", crate::units::count(objects.len() as u64)),
            totals: vec![("objects", Cell::Count(objects.len() as u64))],
            summary: String::new(),
            sections: vec![Section::Table(table)],
            notes: super::facts::graph_notes(graph),
            next,
            ..Report::default()
        }
    }
}

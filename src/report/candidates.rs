//! When a type has many objects: the candidates, and how to pick one.

use crate::graph::{HeapGraph, Object};

use super::description;
use super::table::up_to;
use super::{Cell, NextStep, Report, Section, Table};

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
        let (rows, rest) = up_to(limit, &order);
        let full_name = |object| {
            let full = graph.type_of(object).full_name();
            Cell::Type { shown: full.clone(), full }
        };
        let table = Table::of("rows", rows)
            .column("address", "address", |&object| Cell::Address(graph.address(object)))
            .column("type", "type", |&object| full_name(object))
            .column("description", "what", |&object| Cell::Text(description(graph, object)))
            .column("shallow_bytes", "shallow size", |&object| Cell::Bytes(graph.size(object)))
            .column("referrer_count", "references to it", |&object| Cell::Count(graph.referrers(object).len() as u64))
            .leaves_out(rest, ("object", "objects"), {
                [("shallow_bytes", Cell::Bytes(rest.iter().map(|&object| graph.size(object)).sum()))]
            })
            .done();
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
            title: format!("{} objects match; pick one by address.", crate::units::count(objects.len() as u64)),
            totals: vec![("objects", Cell::Count(objects.len() as u64))],
            sections: vec![Section::Table(table)],
            next,
            ..Report::about(command, graph, argument)
        }
    }
}

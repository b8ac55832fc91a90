//! Types and modules with how many of their objects are new: a table of its own, and the report of `common --since`.

use crate::analysis::common::{Counts, Grouping};
use crate::analysis::since::{Bounds, groups_with_new};
use crate::graph::{HeapGraph, TypeNames};

use super::since::{SinceView, bytes, counts};
use super::table::up_to;
use super::{Cell, CommonView, NextStep, Report, Section, SnapshotFacts, Table};

/// A table of groups with what is new in them.
pub(super) fn groups_table(
    (key, title): (&'static str, &str),
    grouping: Grouping,
    groups: &[(String, Bounds)],
    limit: Option<usize>,
    full_names: bool,
    now: Option<&Counts>,
) -> Table {
    let (header, what) = match grouping {
        Grouping::Module => ("module", ("module", "modules")),
        _ => ("type", ("type", "types")),
    };
    let (rows, rest) = up_to(limit, groups);
    let is_full = full_names || grouping == Grouping::Module;
    let names = TypeNames::new(rows.iter().map(|(name, _)| name.as_str()), is_full);
    let mut left = Bounds::default();
    rest.iter().for_each(|(_, new)| left.add(*new));
    let (count_header, size_header) =
        if now.is_some() { ("new", "shallow size of new") } else { ("objects", "shallow size") };
    let count_now = |name: &str| {
        let tally = now.and_then(|now| now.groups.get(name));
        tally.map_or(Cell::Missing, |tally| Cell::Count(tally.count))
    };
    Table::of(key, rows)
        .titled(title)
        .column(header, header, |(name, _)| Cell::Type { shown: names.show(name).to_owned(), full: name.clone() })
        .people("new_count", count_header, |(_, new)| Cell::Text(counts(*new)))
        .machines("new_count_least", |(_, new)| Cell::Count(new.least.count))
        .machines("new_count_most", |(_, new)| Cell::Count(new.most.count))
        .when(now.is_some(), |table| table.column("count", "now", |(name, _)| count_now(name)))
        .people("new_shallow_bytes", size_header, |(_, new)| Cell::Text(bytes(*new)))
        .machines("new_shallow_bytes_least", |(_, new)| Cell::Bytes(new.least.shallow_bytes))
        .machines("new_shallow_bytes_most", |(_, new)| Cell::Bytes(new.most.shallow_bytes))
        .leaves_out(rest, what, [("new_count", Cell::Text(counts(left)))])
        .done()
}

impl Report {
    /// How many objects of each type or module are new since an earlier snapshot. Groups with none are left out.
    pub fn common_since(
        graph: &HeapGraph,
        facts: SnapshotFacts,
        new: SinceView<'_>,
        grouping: Grouping,
        view: CommonView,
    ) -> Report {
        let counts = Counts::of_graph(graph, grouping);
        let groups = groups_with_new(graph, new.since, grouping, view.order);
        let table = groups_table(("rows", ""), grouping, &groups, view.limit, view.full_names, Some(&counts));
        let word = super::shell_word(&facts.argument);
        let option = new.option();
        let mut next = Vec::new();
        let certain = groups.iter().filter(|(_, new)| new.least.count > 0);
        let telling = super::most_telling(certain.map(|(name, _)| (name.as_str(), counts.origins[name])));
        if let (Grouping::Type, Some(name)) = (grouping, telling) {
            let name = super::shell_word(name);
            next.push(NextStep::new(format!("why {word} --type {name}{option}"), "what keeps the new ones alive"));
        }
        next.push(NextStep::new(format!("suspects {word}{option}"), "what grew, with the shapes of leaks"));
        let mut totals = vec![("objects", Cell::Count(graph.object_count() as u64))];
        totals.extend(new.totals());
        Report {
            command: "common",
            snapshots: vec![facts],
            totals,
            summary: new.summary(graph),
            sections: vec![Section::Table(table)],
            notes: new.notes().into_iter().chain(super::facts::graph_notes(graph)).collect(),
            next,
            ..Report::default()
        }
    }
}

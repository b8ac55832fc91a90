//! What is new since an earlier snapshot, in words and cells: exact, or between two bounds. And the report of `common --since`.

use crate::analysis::common::{Counts, Grouping, Order};
use crate::analysis::since::{Bounds, Evidence, Since};
use crate::graph::{HeapGraph, Object, TypeNames};
use crate::units;

use super::table::up_to;
use super::{Cell, CommonView, NextStep, Report, Section, SnapshotFacts, Table};

/// What of a heap is new, and since when.
#[derive(Debug, Clone, Copy)]
pub struct SinceView<'a> {
    /// Which objects are new.
    pub since: &'a Since,
    /// How the user calls the earlier snapshot.
    pub earlier: &'a str,
    /// How many are new in all.
    pub all: Bounds,
}

impl SinceView<'_> {
    /// The option that asks for the same in a command.
    pub(super) fn option(&self) -> String {
        format!(" --since {}", super::shell_word(self.earlier))
    }

    /// By what the objects are told apart, and how sure that is.
    pub fn notes(&self) -> Vec<String> {
        let earlier = self.earlier;
        let unsure = self.all.most.count - self.all.least.count;
        let unsure = super::phrases::counted(unsure, "object", "objects");
        match self.since.evidence {
            Evidence::Mark if self.all.is_exact() => vec![format!("new since {earlier}: told apart by its mark")],
            Evidence::Mark => vec![format!(
                "new since {earlier}: told apart by its mark; of {unsure} that the collector doesn't track (texts, numbers) the \
                 address may have been used again"
            )],
            Evidence::Address if self.all.is_exact() => {
                vec![format!("new since {earlier}: what is at addresses where that has nothing it could be")]
            }
            Evidence::Address => vec![format!(
                "new since {earlier} for certain: what is at addresses where that has nothing it could be. {} where it has an \
                 object of the same type, which may be this one, or have been freed; an earlier snapshot taken with \
                 `snapshot_dumper.mark` instead of `dump` would tell",
                if unsure.starts_with("1 ") { format!("{unsure} is") } else { format!("{unsure} are") }
            )],
            Evidence::Place => vec![format!(
                "{earlier} is of another process: new is what it has not, or fewer of, by type at the same place; so it is \
                 known how many are new, and not always which"
            )],
        }
    }

    /// The note of a command that is restricted to some of the new objects: so many of them, and so many that may be.
    pub fn restricted(&self, new: u64, unknown: u64, is_unknown_shown: bool) -> Vec<String> {
        let objects = |count| super::phrases::counted(count, "object", "objects");
        let mut notes = vec![match (is_unknown_shown, unknown) {
            (true, _) => format!("none is new for certain: shown are {} that may be new", objects(unknown)),
            (false, 0) => format!("shown are the {} that are new since {}", objects(new), self.earlier),
            (false, _) => format!(
                "shown are the {} that are new since {} for certain; {} more may be",
                objects(new),
                self.earlier,
                units::count(unknown)
            ),
        }];
        notes.extend(self.notes());
        notes
    }

    /// Says in a report what it is restricted to, and asks for the same in its next steps by type.
    pub fn restrict(&self, report: &mut Report, notes: Vec<String>) {
        report.notes = notes.into_iter().chain(std::mem::take(&mut report.notes)).collect();
        for step in report.next.iter_mut().filter(|step| step.arguments.contains(" --type ")) {
            step.arguments = match step.arguments.split_once(" -o ") {
                Some((before, file)) => format!("{before}{} -o {file}", self.option()),
                None => format!("{}{}", step.arguments, self.option()),
            };
        }
    }

    /// The totals for machines.
    pub fn totals(&self) -> Vec<(&'static str, Cell)> {
        let evidence = match self.since.evidence {
            Evidence::Mark => "mark",
            Evidence::Address => "address",
            Evidence::Place => "place",
        };
        let Bounds { least, most } = self.all;
        vec![
            ("since", Cell::Text(self.earlier.to_owned())),
            ("since_evidence", Cell::Text(evidence.to_owned())),
            ("new_count_least", Cell::Count(least.count)),
            ("new_count_most", Cell::Count(most.count)),
            ("new_shallow_bytes_least", Cell::Bytes(least.shallow_bytes)),
            ("new_shallow_bytes_most", Cell::Bytes(most.shallow_bytes)),
        ]
    }

    /// `1,000 to 1,200 of 54,000 objects are new (2.0 to 2.4 MiB)`.
    pub(super) fn summary(&self, graph: &HeapGraph) -> String {
        format!(
            "{} of {} new since {} · {}",
            counts(self.all),
            super::phrases::counted(graph.object_count() as u64, "object", "objects"),
            self.earlier,
            bytes(self.all)
        )
    }
}

/// A number between two bounds: `5,000`, `1,204 to 6,000`, `at most 6,000`.
pub(super) fn counts(bounds: Bounds) -> String {
    between(bounds.least.count, bounds.most.count, units::count)
}

/// The same of bytes.
pub(super) fn bytes(bounds: Bounds) -> String {
    between(bounds.least.shallow_bytes, bounds.most.shallow_bytes, units::bytes)
}

/// What lies between two bounds.
pub(super) fn between(least: u64, most: u64, word: impl Fn(u64) -> String) -> String {
    match (least, most) {
        (least, most) if least == most => word(least),
        (0, most) => format!("at most {}", word(most)),
        (least, most) => format!("{} to {}", word(least), word(most)),
    }
}

/// Types or modules with how many of their objects there are of a kind; those without any are left out. `bounds` counts by groups:
/// how many there are, and which is that of an object.
fn groups(
    graph: &HeapGraph,
    grouping: Grouping,
    order: Order,
    bounds: impl Fn(usize, &dyn Fn(Object) -> usize) -> Vec<Bounds>,
) -> Vec<(String, Bounds)> {
    let name_of = |of: &crate::graph::Type| match grouping {
        Grouping::Module => of.module.clone(),
        _ => of.full_name(),
    };
    let mut names: Vec<String> = graph.types.iter().map(name_of).collect();
    names.sort();
    names.dedup();
    let group: Vec<usize> = graph.types.iter().map(|of| names.partition_point(|name| *name < name_of(of))).collect();
    let bounds = bounds(names.len(), &|object| group[graph.type_id(object).index()]);
    let mut groups: Vec<(String, Bounds)> =
        names.into_iter().zip(bounds).filter(|(_, new)| new.most.count > 0).collect();
    let by_count = |new: &Bounds| (new.least.count, new.least.shallow_bytes, new.most.count);
    let by_size = |new: &Bounds| (new.least.shallow_bytes, new.least.count, new.most.shallow_bytes);
    match order {
        Order::Count => groups.sort_by_key(|(_, new)| std::cmp::Reverse(by_count(new))),
        Order::Size => groups.sort_by_key(|(_, new)| std::cmp::Reverse(by_size(new))),
        Order::Name => {}
    }
    groups
}

/// What was made between the first two of several snapshots and is alive in the last, by type; most objects first.
pub fn born_between(graph: &HeapGraph, since_first: &Since, since_second: &Since) -> Vec<(String, Bounds)> {
    groups(graph, Grouping::Type, Order::Count, |groups, group| {
        since_first.born_before(since_second, graph, groups, group)
    })
}

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
        let groups = groups(graph, grouping, view.order, |groups, group| new.since.bounds(graph, groups, group));
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

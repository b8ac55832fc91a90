//! The report of `dominators`: what keeps most memory alive.

use crate::analysis::common::{Grouping, Groups};
use crate::analysis::dominated::DominatedObjects;
use crate::analysis::dominators::Dominator;
use crate::analysis::retained::RetainedSizes;
use crate::analysis::retained_groups::{GroupRetained, retained_by_group};
use crate::graph::{HeapGraph, Object};
use crate::units;

use super::line_words::GroupWords;
use super::since::{self, SinceView};
use super::table::up_to;
use super::words::Words;
use super::{Cell, NextStep, NotShown, Report, Section, Table};

/// A dominator tree with its sums.
#[derive(Debug, Clone, Copy)]
pub struct Dominance<'a> {
    /// The heap.
    pub graph: &'a HeapGraph,
    /// Sums over the tree.
    pub retained: &'a RetainedSizes,
    /// The tree, downwards.
    pub dominated: &'a DominatedObjects,
    /// Whether it is the ownership view, whose sums say whose and not what would be freed.
    pub is_ownership: bool,
    /// Where only what is new is told: then `retained` and `dominated` are of its bytes alone.
    pub new: Option<NewSizes<'a>>,
}

/// What is new below each object.
#[derive(Debug, Clone, Copy)]
pub struct NewSizes<'a> {
    /// What is new, and since when.
    pub view: SinceView<'a>,
    /// Per object the bytes below it that are new for certain.
    pub least: &'a RetainedSizes,
    /// And those that may be.
    pub most: &'a RetainedSizes,
}

impl NewSizes<'_> {
    fn text(&self, object: Object) -> String {
        since::between(self.least.bytes(object), self.most.bytes(object), units::bytes)
    }
}

/// How the tree is shown.
#[derive(Debug, Clone, Copy)]
pub struct DominatorsView {
    /// How many levels.
    pub depth: u32,
    /// How many objects below one; `None` for all.
    pub limit: Option<usize>,
    /// Types with their modules.
    pub full_names: bool,
}

impl Dominance<'_> {
    fn notes(&self) -> Vec<String> {
        let mut notes = self.new.map_or_else(Vec::new, |new| {
            let mut notes = new.view.notes();
            if new.view.all.least.count == 0 && new.view.all.most.count > 0 {
                notes.insert(0, "nothing is new for certain: the order is that of what may be new".to_owned());
            }
            notes
        });
        notes.extend(super::facts::graph_notes(self.graph));
        if self.is_ownership {
            notes.insert(
                0,
                "ownership view: housekeeping references (__globals__, __class__, __mro__, …) are set aside, so sizes say \
                 whose memory it is, not what would be freed"
                    .to_owned(),
            );
        }
        notes
    }

    fn size_header(&self) -> &'static str {
        if self.is_ownership { "owned size" } else { "retained size" }
    }

    /// Options that ask for the same view in a command.
    fn options(&self) -> String {
        let view = if self.is_ownership { " --view ownership" } else { "" };
        view.to_owned() + &self.new.map_or(String::new(), |new| new.view.option())
    }
}

impl Report {
    /// The objects under a virtual root or an object, largest first, some levels deep.
    pub fn dominators(dominance: Dominance<'_>, top: Option<Object>, view: DominatorsView, argument: &str) -> Report {
        let Dominance { graph, retained, dominated, .. } = dominance;
        let word = super::shell_word(argument);
        let whole = match dominance.new {
            Some(_) => retained.everything().bytes,
            None => graph.total_size(),
        };
        let rows = rows_below(dominance, top, view);
        let words = Words::new(graph, rows.iter().filter_map(|row| row.object), view.full_names);
        let is_list = view.depth == 1 && top.is_none();
        let rest = rows.iter().find_map(|row| row.rest);
        let shown: Vec<&Row> = rows.iter().filter(|row| !is_list || row.object.is_some()).collect();
        let of = |row: &Row, cell: &dyn Fn(Object) -> Cell| row.object.map_or(Cell::Missing, cell);
        let table = Table::of("rows", &shown);
        let table = match dominance.new {
            Some(new) => table
                .people("new_bytes", if dominance.is_ownership { "new, owned" } else { "new, retained" }, move |row| {
                    of(row, &|object| Cell::Text(new.text(object)))
                })
                .machines("new_bytes_least", move |row| of(row, &|object| Cell::Bytes(new.least.bytes(object))))
                .machines("new_bytes_most", move |row| of(row, &|object| Cell::Bytes(new.most.bytes(object)))),
            None => table.column("retained_bytes", dominance.size_header(), |row| {
                of(row, &|object| Cell::Bytes(retained.bytes(object)))
            }),
        };
        let share = if dominance.new.is_some() { "new_bytes_share" } else { "retained_bytes_share" };
        let table = table
            .column(share, "share", |row| of(row, &|object| Cell::Share { part: retained.bytes(object), whole }))
            .column("shallow_bytes", "shallow size", |row| of(row, &|object| Cell::Bytes(graph.size(object))))
            .column("dominated_objects", "objects", |row| of(row, &|object| Cell::Count(dominated.count(object))))
            .column("type", "type", |row| of(row, &|object| words.of(object)))
            .column("description", "what", |row| of(row, &|object| Cell::Text(words.what(object))))
            .column("address", "address", |row| of(row, &|object| Cell::Address(graph.address(object))));
        let section = if is_list {
            let sum = if dominance.new.is_some() { "new_bytes" } else { "retained_bytes" };
            let not_shown = rest.map(|(objects, last)| NotShown {
                rows: objects,
                what: ("object", "objects"),
                sums: vec![(sum, Cell::Bytes(sum_from(retained, dominated, top, last)))],
            });
            Section::Table(table.not_showing(not_shown).done())
        } else {
            let address = |object| Cell::Address(graph.address(object));
            Section::Tree(
                table
                    .machines("immediate_dominator", |row| row.dominator.map_or(Cell::Missing, address))
                    .machines("not_shown_objects", |row| match row.object {
                        Some(_) => Cell::Missing,
                        None => Cell::Count(row.rest.map_or(0, |(objects, _)| objects)),
                    })
                    .tree(|row| row.depth, |row| tree_row(row, &words, dominance, whole)),
            )
        };
        let reachable = retained.reachable;
        let mut next = Vec::new();
        if let Some(object) = rows.iter().filter_map(|row| row.object).find(|&object| Some(object) != top) {
            let address = graph.address(object);
            next.push(NextStep::new(
                format!("dominators {word} --id {address}{}", dominance.options()),
                "what is in it",
            ));
            next.push(NextStep::new(format!("why {word} --id {address}"), "what keeps it alive"));
        }
        Report {
            title: top.map_or(String::new(), |top| format!("What {} dominates", words.phrase(top))),
            totals: match dominance.new {
                Some(new) => new.view.totals(),
                None => vec![
                    ("objects", Cell::Count(graph.object_count() as u64)),
                    ("shallow_bytes", Cell::Bytes(whole)),
                    ("reachable_objects", Cell::Count(reachable.objects)),
                    ("reachable_bytes", Cell::Bytes(reachable.bytes)),
                    ("unreachable_objects", Cell::Count(retained.unreachable.objects)),
                    ("unreachable_bytes", Cell::Bytes(retained.unreachable.bytes)),
                ],
            },
            summary: match dominance.new {
                Some(new) => new.view.summary(graph),
                None => format!(
                    "{} in {} reached from GC roots · {} in {} that no root reaches",
                    units::bytes(reachable.bytes),
                    units::counted(reachable.objects, "object"),
                    units::bytes(retained.unreachable.bytes),
                    units::counted(retained.unreachable.objects, "object")
                ),
            },
            sections: vec![section],
            notes: dominance.notes(),
            next,
            ..Report::about("dominators", graph, argument)
        }
    }

    /// What the objects of each type or module retain together.
    pub fn retained_groups(
        dominance: Dominance<'_>,
        grouping: Grouping,
        view: DominatorsView,
        argument: &str,
    ) -> Report {
        let graph = dominance.graph;
        let groups = retained_groups(dominance, grouping);
        let word = super::shell_word(argument);
        let whole = graph.total_size();
        let (rows, rest) = up_to(view.limit, &groups);
        let words = GroupWords::new(grouping, rows.iter().map(|(name, _)| name.as_str()), view.full_names);
        let key = words.key;
        let table = Table::of("rows", rows)
            .column(key, key, |(name, _)| words.cell(name, None))
            .column("retained_bytes", dominance.size_header(), |(_, group)| retained_cell(group))
            .people("retained_share", "share", |(_, group)| Cell::Share { part: group.retained_bytes, whole })
            .machines("retained_bytes_is_exact", |(_, group)| Cell::Flag(group.is_exact()))
            .column("count", "count", |(_, group)| Cell::Count(group.count))
            .column("shallow_bytes", "shallow size", |(_, group)| Cell::Bytes(group.shallow_bytes))
            .leaves_out(rest, (words.key, words.many), {
                [("shallow_bytes", Cell::Bytes(rest.iter().map(|(_, group)| group.shallow_bytes).sum()))]
            })
            .done();
        let mut notes = dominance.notes();
        notes.push("groups overlap: what one type retains may be of another type".to_owned());
        notes.push("≥ marks a lower bound: several objects may hold together what none of them holds alone".to_owned());
        Report {
            totals: vec![("groups", Cell::Count(groups.len() as u64)), ("shallow_bytes", Cell::Bytes(whole))],
            sections: vec![Section::Table(table)],
            notes,
            next: vec![NextStep::new(format!("dominators {word}"), "the single objects that retain most")],
            ..Report::about("dominators", graph, argument)
        }
    }
}

/// What each group retains; most bytes first, ties by name. Types of one full name are one group.
pub fn retained_groups(dominance: Dominance<'_>, grouping: Grouping) -> Vec<(String, GroupRetained)> {
    let graph = dominance.graph;
    let groups = Groups::of(graph, grouping);
    let sums = retained_by_group(graph, dominance.dominated.walk(), dominance.retained, groups.names.len(), |object| {
        groups.group(graph, object)
    });
    let mut groups: Vec<(String, GroupRetained)> =
        groups.names.into_iter().zip(sums).filter(|(_, group)| group.count > 0).collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.retained_bytes));
    groups
}

/// Exact, or marked as a lower bound.
pub(super) fn retained_cell(group: &GroupRetained) -> Cell {
    if group.is_exact() { Cell::Bytes(group.retained_bytes) } else { Cell::AtLeastBytes(group.retained_bytes) }
}

/// A row of the tree: an object, or what was left out below one.
struct Row {
    depth: u32,
    object: Option<Object>,
    dominator: Option<Object>,
    /// How many siblings are left out, and how many are shown before them.
    rest: Option<(u64, usize)>,
}

fn children(dominated: &DominatedObjects, of: Option<Object>) -> impl Iterator<Item = Object> {
    dominated.by(of.map_or(Dominator::Roots, Dominator::Object))
}

/// The first levels of the tree, depth first, without recursion.
fn rows_below(dominance: Dominance<'_>, top: Option<Object>, view: DominatorsView) -> Vec<Row> {
    let Dominance { retained, dominated, new, .. } = dominance;
    let mut rows = Vec::new();
    let mut stack: Vec<Row> = Vec::new();
    let push_children = |of: Option<Object>, depth: u32, stack: &mut Vec<Row>| {
        // Largest first: what has nothing new below it comes last.
        let mut all = children(dominated, of).take_while(|&object| new.is_none() || retained.bytes(object) > 0);
        let shown: Vec<Object> = all.by_ref().take(view.limit.unwrap_or(usize::MAX)).collect();
        let left = all.count() as u64;
        if left > 0 {
            stack.push(Row { depth, object: None, dominator: of, rest: Some((left, shown.len())) });
        }
        stack.extend(shown.into_iter().rev().map(|object| Row {
            depth,
            object: Some(object),
            dominator: of,
            rest: None,
        }));
    };
    match top {
        Some(top) => stack.push(Row { depth: 0, object: Some(top), dominator: None, rest: None }),
        None => push_children(None, 0, &mut stack),
    }
    let levels = view.depth - u32::from(top.is_none() && view.depth > 0);
    while let Some(row) = stack.pop() {
        if let Some(object) = row.object
            && row.depth < levels
        {
            push_children(Some(object), row.depth + 1, &mut stack);
        }
        rows.push(row);
    }
    rows
}

fn sum_from(retained: &RetainedSizes, dominated: &DominatedObjects, of: Option<Object>, first: usize) -> u64 {
    children(dominated, of).skip(first).fold(0, |sum, object| sum.saturating_add(retained.bytes(object)))
}

fn tree_row(row: &Row, words: &Words<'_>, Dominance { retained, new, .. }: Dominance<'_>, whole: u64) -> Vec<Cell> {
    let Some(object) = row.object else {
        let objects = row.rest.map_or(0, |(objects, _)| objects);
        return vec![Cell::Faint(units::counted(objects, "more object"))];
    };
    let bytes = retained.bytes(object);
    vec![
        Cell::Strong(new.map_or_else(|| units::bytes(bytes), |new| new.text(object))),
        Cell::Share { part: bytes, whole },
        words.of(object),
        Cell::Text(words.what(object)),
        Cell::Address(words.graph.address(object)),
    ]
}

//! The report of `diff`: what changed between snapshots.

use std::collections::BTreeMap;

use crate::analysis::growth::{GroupGrowth, Growth};
use crate::analysis::growth_limit::GrowthLimit;
use crate::analysis::histogram::Grouping;
use crate::analysis::origin::Origin;
use crate::units;

use super::line_words::GroupWords;
use super::{Cell, Column, NextStep, NotShown, Report, Section, SnapshotFacts, Table};

/// How growth is shown.
#[derive(Debug, Clone, Copy)]
pub struct GrowthView {
    /// What the groups are.
    pub grouping: Grouping,
    /// How many rows; `None` for all.
    pub limit: Option<usize>,
    /// Types with their modules.
    pub full_names: bool,
}

impl Report {
    /// What changed from the first to the last of the snapshots. `notes` are those of their files.
    ///
    /// `held`: for the name of a group of the last snapshot, the place that holds most of it; empty where nobody asked.
    pub fn growth(
        snapshots: Vec<SnapshotFacts>,
        growth: &Growth,
        view: GrowthView,
        held: &BTreeMap<String, String>,
        notes: Vec<String>,
    ) -> Report {
        let shown = view.limit.unwrap_or(growth.changed.len()).min(growth.changed.len());
        let (rows, rest) = growth.changed.split_at(shown);
        let words = GroupWords::new(view.grouping, rows.iter().map(|group| group.name.as_str()), view.full_names);
        let (key, many) = (words.key, words.many);
        let several = snapshots.len() > 2;
        let mut columns = vec![
            Column::new(key, key),
            Column::new("count_before", "before"),
            Column::new("count_after", "after"),
            Column::new("count_growth", "growth"),
            Column::new("shallow_bytes_growth", "growth in bytes"),
            Column::for_machines("shallow_bytes_before"),
            Column::for_machines("shallow_bytes_after"),
            Column::new("change", ""),
        ];
        if several {
            columns.push(Column::new("grew_each_time", "grew each time"));
        }
        if view.grouping == Grouping::Line {
            columns.push(Column::for_machines("function"));
        }
        if !held.is_empty() {
            columns.push(Column::new("held_at", "held most at"));
        }
        let row = |group: &GroupGrowth| {
            let change = match (group.is_new(), group.is_gone()) {
                (true, false) => Cell::Text("new".into()),
                (false, true) => Cell::Text("gone".into()),
                _ => Cell::Text(String::new()),
            };
            let mut cells = vec![
                words.cell(&group.name, group.function.as_deref()),
                Cell::Count(group.first().count),
                Cell::Count(group.last().count),
                Cell::CountGrowth(group.count_growth()),
                Cell::BytesGrowth(group.shallow_bytes_growth()),
                Cell::Bytes(group.first().shallow_bytes),
                Cell::Bytes(group.last().shallow_bytes),
                change,
            ];
            if several {
                cells.push(Cell::Flag(group.grew_each_time()));
            }
            if view.grouping == Grouping::Line {
                cells.push(group.function.clone().map_or(Cell::Missing, Cell::Text));
            }
            if !held.is_empty() {
                cells.push(held.get(&group.name).cloned().map_or(Cell::Text(String::new()), Cell::Text));
            }
            cells
        };
        let table = Table {
            key: "rows",
            title: String::new(),
            columns,
            rows: rows.iter().map(row).collect(),
            not_shown: (!rest.is_empty()).then(|| NotShown {
                rows: rest.len() as u64,
                what: match view.grouping {
                    Grouping::Type => ("changed type", "changed types"),
                    Grouping::Module => ("changed module", "changed modules"),
                    Grouping::Line => ("changed line", "changed lines"),
                    Grouping::Function => ("changed function", "changed functions"),
                    Grouping::File => ("changed file", "changed files"),
                },
                sums: vec![
                    ("count_growth", Cell::CountGrowth(rest.iter().map(GroupGrowth::count_growth).sum())),
                    (
                        "shallow_bytes_growth",
                        Cell::BytesGrowth(rest.iter().map(GroupGrowth::shallow_bytes_growth).sum()),
                    ),
                ],
            }),
        };
        let title = if growth.changed.is_empty() {
            format!("Nothing changed: no {key} has more, fewer, larger or smaller objects.")
        } else {
            String::new()
        };
        let mut next = Vec::new();
        let grown = growth.changed.iter().filter(|group| group.count_growth() > 0);
        let grown = grown.map(|group| (group.name.as_str(), group.origin.unwrap_or(Origin::Unknown)));
        if let (Grouping::Type, Some(name)) = (view.grouping, super::most_telling(grown)) {
            let word = super::shell_word(snapshots.last().map_or("snap.json", |facts| facts.argument.as_str()));
            let name = super::shell_word(name);
            next.push(NextStep::new(format!("backrefs {word} --type {name}"), "who holds what grew"));
        }
        let lead = match snapshots.as_slice() {
            [first, .., last] => super::facts::mostly_other_growth(first, last).into_iter().collect(),
            _ => Vec::new(),
        };
        let total = &growth.total;
        let summary = format!(
            "{} → {} objects ({}) · {} → {} shallow size ({}) · {} {} unchanged",
            units::count(total.first().count),
            units::count(total.last().count),
            Cell::CountGrowth(total.count_growth()).human(),
            units::bytes(total.first().shallow_bytes),
            units::bytes(total.last().shallow_bytes),
            Cell::BytesGrowth(total.shallow_bytes_growth()).human(),
            units::count(growth.unchanged),
            many,
        );
        Report {
            command: "diff",
            lead,
            snapshots,
            title,
            totals: vec![
                ("count_before", Cell::Count(growth.total.first().count)),
                ("count_after", Cell::Count(growth.total.last().count)),
                ("count_growth", Cell::CountGrowth(growth.total.count_growth())),
                ("shallow_bytes_before", Cell::Bytes(growth.total.first().shallow_bytes)),
                ("shallow_bytes_after", Cell::Bytes(growth.total.last().shallow_bytes)),
                ("shallow_bytes_growth", Cell::BytesGrowth(growth.total.shallow_bytes_growth())),
                ("unchanged", Cell::Count(growth.unchanged)),
            ],
            sections: if growth.changed.is_empty() { Vec::new() } else { vec![Section::Table(table)] },
            summary,
            notes,
            next,
        }
    }
    /// Adds whether the growth stayed within a limit, and what didn't.
    pub fn add_gate(&mut self, grouping: Grouping, limit: &GrowthLimit, exceeded: &[&GroupGrowth]) {
        let one = GroupWords::new(grouping, [], false).key;
        let objects = limit.objects.map(|objects| format!("{} objects", units::count(objects)));
        let bytes = limit.shallow_bytes.map(units::bytes);
        let allowed: Vec<String> = objects.into_iter().chain(bytes).collect();
        let allowed = allowed.join(" or ");
        let mut paragraphs = vec![match exceeded.len() {
            0 => format!("Gate passed: no {one} grew by more than {allowed}."),
            1 => format!("Gate failed: 1 {one} grew by more than {allowed}."),
            failed => format!("Gate failed: {} {one}s grew by more than {allowed}.", units::count(failed as u64)),
        }];
        paragraphs.extend(exceeded.iter().map(|group| {
            format!(
                "`{}`: {} objects, {}.",
                group.name,
                Cell::CountGrowth(group.count_growth()).human(),
                Cell::BytesGrowth(group.shallow_bytes_growth()).human()
            )
        }));
        self.totals.push(("gate_failures", Cell::Count(exceeded.len() as u64)));
        self.sections.push(Section::Paragraphs { key: "gate", paragraphs });
    }
}

//! The report of `diff`: what changed between snapshots.

use std::collections::BTreeMap;

use crate::analysis::common::Grouping;
use crate::analysis::diff::{Diff, GroupGrowth};
use crate::analysis::growth_limit::GrowthLimit;
use crate::analysis::origin::Origin;
use crate::units;

use super::line_words::GroupWords;
use super::phrases::counted;
use super::table::up_to;
use super::{Cell, NextStep, Report, Section, SnapshotFacts, Table};

/// How growth is shown.
#[derive(Debug, Clone, Copy)]
pub struct DiffView {
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
    pub fn diff(
        snapshots: Vec<SnapshotFacts>,
        diff: &Diff,
        view: DiffView,
        held: &BTreeMap<String, String>,
        notes: Vec<String>,
    ) -> Report {
        let (rows, rest) = up_to(view.limit, &diff.changed);
        let words = GroupWords::new(view.grouping, rows.iter().map(|group| group.name.as_str()), view.full_names);
        let (key, many) = (words.key, words.many);
        let several = snapshots.len() > 2;
        let change = |group: &GroupGrowth| match (group.is_new(), group.is_gone()) {
            (true, false) => "new",
            (false, true) => "gone",
            _ => "",
        };
        let what = match view.grouping {
            Grouping::Type => ("changed type", "changed types"),
            Grouping::Module => ("changed module", "changed modules"),
            Grouping::Line => ("changed line", "changed lines"),
            Grouping::Function => ("changed function", "changed functions"),
            Grouping::File => ("changed file", "changed files"),
        };
        let table = Table::of("rows", rows)
            .column(key, key, |group| words.cell(&group.name, group.function.as_deref()))
            .column("count_before", "before", |group| Cell::Count(group.first().count))
            .column("count_after", "after", |group| Cell::Count(group.last().count))
            .column("count_growth", "growth", |group| Cell::CountGrowth(group.count_growth()))
            .column("shallow_bytes_growth", "growth in bytes", |group| Cell::BytesGrowth(group.shallow_bytes_growth()))
            .machines("shallow_bytes_before", |group| Cell::Bytes(group.first().shallow_bytes))
            .machines("shallow_bytes_after", |group| Cell::Bytes(group.last().shallow_bytes))
            .column("change", "", |group| Cell::Text(change(group).to_owned()))
            .when(several, |table| {
                table.column("grew_each_time", "grew each time", |group| Cell::Flag(group.grew_each_time()))
            })
            .when(view.grouping == Grouping::Line, |table| {
                table.machines("function", |group| group.function.clone().map_or(Cell::Missing, Cell::Text))
            })
            .when(!held.is_empty(), |table| {
                table.column("held_at", "held most at", |group| {
                    Cell::Text(held.get(&group.name).cloned().unwrap_or_default())
                })
            })
            .leaves_out(
                rest,
                what,
                [
                    ("count_growth", Cell::CountGrowth(rest.iter().map(GroupGrowth::count_growth).sum())),
                    (
                        "shallow_bytes_growth",
                        Cell::BytesGrowth(rest.iter().map(GroupGrowth::shallow_bytes_growth).sum()),
                    ),
                ],
            )
            .done();
        let title = if diff.changed.is_empty() {
            format!("Nothing changed: no {key} has more, fewer, larger or smaller objects.")
        } else {
            String::new()
        };
        let mut next = Vec::new();
        let grown = diff.changed.iter().filter(|group| group.count_growth() > 0);
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
        let total = &diff.total;
        let summary = format!(
            "{} → {} objects ({}) · {} → {} shallow size ({}) · {} unchanged",
            units::count(total.first().count),
            units::count(total.last().count),
            Cell::CountGrowth(total.count_growth()).human(),
            units::bytes(total.first().shallow_bytes),
            units::bytes(total.last().shallow_bytes),
            Cell::BytesGrowth(total.shallow_bytes_growth()).human(),
            counted(diff.unchanged, key, many),
        );
        Report {
            command: "diff",
            lead,
            snapshots,
            title,
            totals: vec![
                ("count_before", Cell::Count(diff.total.first().count)),
                ("count_after", Cell::Count(diff.total.last().count)),
                ("count_growth", Cell::CountGrowth(diff.total.count_growth())),
                ("shallow_bytes_before", Cell::Bytes(diff.total.first().shallow_bytes)),
                ("shallow_bytes_after", Cell::Bytes(diff.total.last().shallow_bytes)),
                ("shallow_bytes_growth", Cell::BytesGrowth(diff.total.shallow_bytes_growth())),
                ("unchanged", Cell::Count(diff.unchanged)),
            ],
            sections: if diff.changed.is_empty() { Vec::new() } else { vec![Section::Table(table)] },
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

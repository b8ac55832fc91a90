//! The report of `common`: the most common types.

use std::collections::BTreeMap;

use crate::analysis::common::{Counts, Grouping, Order, Tally, UNKNOWN};
use crate::analysis::retained_groups::GroupRetained;
use crate::units;

use super::dominators::retained_cell;
use super::line_words::GroupWords;
use super::{Cell, NextStep, Report, Section, SnapshotFacts, Table};

/// How the counts are shown.
#[derive(Debug, Clone, Copy)]
pub struct CommonView {
    /// Which groups come first.
    pub order: Order,
    /// How many rows; `None` for all.
    pub limit: Option<usize>,
    /// Types with their modules.
    pub full_names: bool,
}

impl Report {
    /// The most common types or modules of a snapshot.
    ///
    /// With `retained`, a column more says what each group retains, and the groups come in its order.
    pub fn common(
        snapshot: SnapshotFacts,
        notes: Vec<String>,
        counts: &Counts,
        retained: Option<&[(String, GroupRetained)]>,
        view: CommonView,
    ) -> Report {
        let mut ranked: Vec<(&str, Tally)> = match retained {
            Some(groups) => groups.iter().map(|(name, _)| (name.as_str(), counts.groups[name])).collect(),
            None => counts.ranked(view.order),
        };
        let word = super::shell_word(&snapshot.argument);
        let shown = view.limit.unwrap_or(ranked.len()).min(ranked.len());
        // What nobody knows is always told.
        if counts.grouping.is_of_allocations()
            && let Some(unknown) = ranked.iter().position(|(name, _)| *name == UNKNOWN)
            && unknown >= shown
            && shown > 0
        {
            let unknown = ranked.remove(unknown);
            ranked.insert(shown - 1, unknown);
        }
        let (rows, rest) = ranked.split_at(shown);
        let words = GroupWords::new(counts.grouping, rows.iter().map(|(name, _)| *name), view.full_names);
        let (key, what) = (words.key, words.many);
        let function = |name: &str| counts.functions.get(name).map(String::as_str);
        let total = counts.total;
        let by_name: BTreeMap<&str, &GroupRetained> =
            retained.unwrap_or_default().iter().map(|(name, group)| (name.as_str(), group)).collect();
        let retained_of = |name: &str| by_name.get(name).copied();
        let share = |part: u64, whole: u64| Cell::Share { part, whole };
        let left = rest.iter().fold(Tally::default(), |sum, (_, tally)| Tally {
            count: sum.count + tally.count,
            shallow_bytes: sum.shallow_bytes.saturating_add(tally.shallow_bytes),
        });
        let table = Table::of("rows", rows)
            .column(key, key, |(name, _)| words.cell(name, function(name)))
            .column("count", "count", |(_, tally)| Cell::Count(tally.count))
            .column("count_share", "share", |(_, tally)| share(tally.count, total.count))
            .column("shallow_bytes", "shallow size", |(_, tally)| Cell::Bytes(tally.shallow_bytes))
            .column("shallow_bytes_share", "share", |(_, tally)| share(tally.shallow_bytes, total.shallow_bytes))
            .when(counts.grouping == Grouping::Line, |table| {
                let named =
                    |name: &str| function(name).map_or(Cell::Missing, |function| Cell::Text(function.to_owned()));
                table.machines("function", move |(name, _)| named(name))
            })
            .when(retained.is_some(), |table| {
                table
                    .column("retained_bytes", "retained size", |(name, _)| {
                        retained_of(name).map_or(Cell::Missing, retained_cell)
                    })
                    .machines("retained_bytes_is_exact", |(name, _)| {
                        retained_of(name).map_or(Cell::Missing, |group| Cell::Flag(group.is_exact()))
                    })
            })
            .leaves_out(
                rest,
                (key, what),
                [("count", Cell::Count(left.count)), ("shallow_bytes", Cell::Bytes(left.shallow_bytes))],
            )
            .done();
        let mut next =
            vec![NextStep::new(format!("diff {word} LATER.json"), "what grew, once there is a second snapshot")];
        if let Grouping::Line = counts.grouping {
            let file = super::most_telling(ranked.iter().map(|(name, _)| (*name, counts.origins[*name])));
            if let Some((file, _)) = file.and_then(|name| name.rsplit_once(':')) {
                let file = super::shell_word(file);
                next.insert(0, NextStep::new(format!("lines {file} {word}"), "its source, with what each line made"));
            }
        }
        let telling = super::most_telling(ranked.iter().map(|(name, _)| (*name, counts.origins[*name])));
        if let (Grouping::Type, Some(name)) = (counts.grouping, telling) {
            let name = super::shell_word(name);
            next.insert(0, NextStep::new(format!("why {word} --type {name}"), "what keeps objects of a type alive"));
        }
        Report {
            command: "common",
            lead: snapshot.mostly_other_memory().into_iter().collect(),
            snapshots: vec![snapshot],
            totals: vec![
                ("objects", Cell::Count(total.count)),
                ("shallow_bytes", Cell::Bytes(total.shallow_bytes)),
                (what, Cell::Count(counts.groups.len() as u64)),
            ],
            summary: format!(
                "{} objects · {} shallow size · {} {what}",
                units::count(total.count),
                units::bytes(total.shallow_bytes),
                units::count(counts.groups.len() as u64)
            ),
            sections: vec![Section::Table(table)],
            notes,
            next,
            ..Report::default()
        }
    }
}

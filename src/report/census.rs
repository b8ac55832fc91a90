//! The report of `common`: the most common types.

use crate::analysis::histogram::{Grouping, Histogram, Order, Tally, UNKNOWN};
use crate::analysis::retained_groups::GroupRetained;
use crate::units;

use super::dominators::retained_cell;
use super::line_words::GroupWords;
use super::{Cell, Column, NextStep, NotShown, Report, Section, SnapshotFacts, Table};

/// How the census is shown.
#[derive(Debug, Clone, Copy)]
pub struct CensusView {
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
    pub fn census(
        snapshot: SnapshotFacts,
        notes: Vec<String>,
        histogram: &Histogram,
        retained: Option<&[(String, GroupRetained)]>,
        view: CensusView,
    ) -> Report {
        let mut ranked: Vec<(&str, Tally)> = match retained {
            Some(groups) => groups.iter().map(|(name, _)| (name.as_str(), histogram.groups[name])).collect(),
            None => histogram.ranked(view.order),
        };
        let word = super::shell_word(&snapshot.argument);
        let shown = view.limit.unwrap_or(ranked.len()).min(ranked.len());
        // What nobody knows is always told.
        if histogram.grouping.is_of_allocations()
            && let Some(unknown) = ranked.iter().position(|(name, _)| *name == UNKNOWN)
            && unknown >= shown
            && shown > 0
        {
            let unknown = ranked.remove(unknown);
            ranked.insert(shown - 1, unknown);
        }
        let (rows, rest) = ranked.split_at(shown);
        let words = GroupWords::new(histogram.grouping, rows.iter().map(|(name, _)| *name), view.full_names);
        let (key, what) = (words.key, words.many);
        let function = |name: &str| histogram.functions.get(name).map(String::as_str);
        let total = histogram.total;
        let row = |name: &str, tally: Tally| {
            let mut cells = vec![
                words.cell(name, function(name)),
                Cell::Count(tally.count),
                Cell::Share { part: tally.count, whole: total.count },
                Cell::Bytes(tally.shallow_bytes),
                Cell::Share { part: tally.shallow_bytes, whole: total.shallow_bytes },
            ];
            if histogram.grouping == Grouping::Line {
                cells.push(function(name).map_or(Cell::Missing, |function| Cell::Text(function.to_owned())));
            }
            if let Some((_, group)) = retained.and_then(|groups| groups.iter().find(|(other, _)| other == name)) {
                cells.push(retained_cell(group));
                cells.push(Cell::Flag(group.is_exact()));
            }
            cells
        };
        let mut columns = vec![
            Column::new(key, key),
            Column::new("count", "count"),
            Column::new("count_share", "share"),
            Column::new("shallow_bytes", "shallow size"),
            Column::new("shallow_bytes_share", "share"),
        ];
        if histogram.grouping == Grouping::Line {
            columns.push(Column::for_machines("function"));
        }
        if retained.is_some() {
            columns.push(Column::new("retained_bytes", "retained size"));
            columns.push(Column::for_machines("retained_bytes_is_exact"));
        }
        let rest_sum = rest.iter().fold(Tally::default(), |sum, (_, tally)| Tally {
            count: sum.count + tally.count,
            shallow_bytes: sum.shallow_bytes.saturating_add(tally.shallow_bytes),
        });
        let table = Table {
            key: "rows",
            title: String::new(),
            columns,
            rows: rows.iter().map(|(name, tally)| row(name, *tally)).collect(),
            not_shown: (!rest.is_empty()).then(|| NotShown {
                rows: rest.len() as u64,
                what: (key, what),
                sums: vec![
                    ("count", Cell::Count(rest_sum.count)),
                    ("shallow_bytes", Cell::Bytes(rest_sum.shallow_bytes)),
                ],
            }),
        };
        let mut next =
            vec![NextStep::new(format!("diff {word} LATER.json"), "what grew, once there is a second snapshot")];
        if let Grouping::Line = histogram.grouping {
            let file = super::most_telling(ranked.iter().map(|(name, _)| (*name, histogram.origins[*name])));
            if let Some((file, _)) = file.and_then(|name| name.rsplit_once(':')) {
                let file = super::shell_word(file);
                next.insert(0, NextStep::new(format!("lines {file} {word}"), "its source, with what each line made"));
            }
        }
        let telling = super::most_telling(ranked.iter().map(|(name, _)| (*name, histogram.origins[*name])));
        if let (Grouping::Type, Some(name)) = (histogram.grouping, telling) {
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
                (what, Cell::Count(histogram.groups.len() as u64)),
            ],
            summary: format!(
                "{} objects · {} shallow size · {} {what}",
                units::count(total.count),
                units::bytes(total.shallow_bytes),
                units::count(histogram.groups.len() as u64)
            ),
            sections: vec![Section::Table(table)],
            notes,
            next,
            ..Report::default()
        }
    }
}

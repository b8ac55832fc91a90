//! The report of `lines`: a source file, with what each line made that is held now.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::histogram::Tally;
use crate::units;

use super::{Cell, Column, NextStep, Report, Section, SnapshotFacts, Table};

/// What is known of one line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListedLine {
    /// What it made that is held in the last snapshot.
    pub held: Tally,
    /// The same in each of several snapshots, in the order of time; empty for one alone.
    pub series: Vec<Tally>,
    /// The place that holds most of it, and the type of most of it.
    pub place: String,
    /// Full name of that type.
    pub type_name: String,
    /// How often it ran, and how long.
    pub time: Option<TimedLine>,
}

/// How often a line ran.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TimedLine {
    /// Number of times.
    pub hits: u64,
    /// In all.
    pub seconds: f64,
}

/// A source file and what is known of its lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// How the user calls the file.
    pub file: String,
    /// Its lines; empty when there is no source.
    pub source: Vec<String>,
    /// By line, from 1.
    pub lines: BTreeMap<u32, ListedLine>,
    /// Names of functions by their first and last line.
    pub functions: BTreeMap<(u32, u32), String>,
    /// Objects that other files made, and those of which nobody knows who made them; `None` when no snapshot was taken.
    pub elsewhere: Option<(Tally, Tally)>,
    /// How many snapshots there are.
    pub snapshots: usize,
}

/// How a listing is shown.
#[derive(Debug, Clone, Default)]
pub struct ListingView {
    /// Only lines with something held, or that ran.
    pub only_held: bool,
    /// Only these lines, first and last included, as for one function; all without.
    pub only: Option<(u32, u32)>,
    /// A snapshot that can be asked further; `None` when it was not kept.
    pub argument: Option<String>,
}

impl Report {
    /// The listing. `notes` are those of the snapshot.
    pub fn lines(facts: Vec<SnapshotFacts>, listing: &Listing, view: &ListingView, mut notes: Vec<String>) -> Report {
        let has_time = listing.lines.values().any(|line| line.time.is_some());
        let has_held = listing.elsewhere.is_some();
        let is_series = listing.snapshots > 1;
        let all_seconds: f64 = listing.lines.values().filter_map(|line| line.time).map(|time| time.seconds).sum();
        let last = listing.source.len().max(listing.lines.keys().last().map_or(0, |last| *last as usize)) as u32;
        let is_within = |line: &u32| view.only.is_none_or(|(first, last)| (first..=last).contains(line));
        let shown: BTreeSet<u32> = if view.only_held || listing.source.is_empty() {
            listing.lines.keys().copied().filter(is_within).collect()
        } else {
            (1..=last).filter(is_within).collect()
        };
        let mut columns = vec![Column::new("line", "line")];
        if has_time {
            columns.extend([
                Column::new("hits", "hits"),
                Column::new("seconds", "time"),
                Column::new("seconds_per_hit", "per hit"),
                Column::new("seconds_share", "% time"),
            ]);
        }
        if has_held {
            columns.extend([Column::new("objects", "objects"), Column::new("shallow_bytes", "held now")]);
            if is_series {
                columns.extend([
                    Column::new("shallow_bytes_first", "first"),
                    Column::new("shallow_bytes_highest", "highest"),
                    Column::new("shallow_bytes_growth", "growth"),
                ]);
            }
            columns.extend([Column::new("place", "held most at"), Column::for_machines("type")]);
        }
        columns.push(Column::new("source", "source"));
        let row = |number: u32| {
            let line = listing.lines.get(&number);
            let mut cells = vec![Cell::Count(number.into())];
            if has_time {
                cells.extend(match line.and_then(|line| line.time) {
                    Some(time) => [
                        Cell::Count(time.hits),
                        Cell::Duration(time.seconds),
                        Cell::Duration(if time.hits > 0 { time.seconds / time.hits as f64 } else { 0.0 }),
                        Cell::Share { part: nanoseconds(time.seconds), whole: nanoseconds(all_seconds) },
                    ],
                    None => [(); 4].map(|()| Cell::Blank),
                });
            }
            if has_held {
                let held = line.filter(|line| line.held.count > 0 || line.series.iter().any(|one| one.count > 0));
                cells.extend(match held {
                    Some(line) => [Cell::Count(line.held.count), Cell::Bytes(line.held.shallow_bytes)],
                    None => [Cell::Blank, Cell::Blank],
                });
                if is_series {
                    let bytes = || held.map(|line| line.series.iter().map(|one| one.shallow_bytes));
                    let first = bytes().and_then(|mut bytes| bytes.next());
                    let highest = bytes().and_then(Iterator::max);
                    let growth = held.zip(first).map(|(line, first)| {
                        Cell::BytesGrowth(i128::from(line.held.shallow_bytes) - i128::from(first))
                    });
                    cells.extend([
                        first.map_or(Cell::Blank, Cell::Bytes),
                        highest.map_or(Cell::Blank, Cell::Bytes),
                        growth.unwrap_or(Cell::Blank),
                    ]);
                }
                cells.extend(match held.filter(|line| !line.place.is_empty()) {
                    Some(line) => [
                        Cell::Text(line.place.clone()),
                        Cell::Type { shown: line.type_name.clone(), full: line.type_name.clone() },
                    ],
                    None => [Cell::Blank, Cell::Blank],
                });
            }
            cells.push(match listing.source.get(number as usize - 1) {
                Some(source) => Cell::Text(source.clone()),
                None => Cell::Missing,
            });
            cells
        };
        let hidden = if listing.source.is_empty() { 0 } else { last as usize - shown.len() };
        let rows = shown.iter().filter(|line| **line > 0).map(|&line| row(line)).collect();
        let held = listing.lines.values().fold(Tally::default(), |mut sum, line| {
            sum.add(line.held);
            sum
        });
        let mut totals = vec![("source_lines", Cell::Count(listing.source.len() as u64))];
        let mut summary = Vec::new();
        if has_time {
            let hits: u64 = listing.lines.values().filter_map(|line| line.time).map(|time| time.hits).sum();
            totals.extend([("hits", Cell::Count(hits)), ("seconds", Cell::Seconds(all_seconds))]);
            summary.push(format!("{} for {} hits", Cell::Duration(all_seconds).human(), units::count(hits)));
        }
        if let Some((others, unknown)) = listing.elsewhere {
            totals.extend([
                ("objects", Cell::Count(held.count)),
                ("shallow_bytes", Cell::Bytes(held.shallow_bytes)),
                ("other_files_objects", Cell::Count(others.count)),
                ("other_files_shallow_bytes", Cell::Bytes(others.shallow_bytes)),
                ("unknown_objects", Cell::Count(unknown.count)),
                ("unknown_shallow_bytes", Cell::Bytes(unknown.shallow_bytes)),
            ]);
            summary.push(format!(
                "held now: {} in {} by these lines",
                units::bytes(held.shallow_bytes),
                units::counted(held.count, "object")
            ));
            summary.push(format!("{} by other files", units::bytes(others.shallow_bytes)));
            summary.push(format!("unknown: {}", units::bytes(unknown.shallow_bytes)));
        }
        if listing.source.is_empty() {
            notes.insert(0, format!("{}: no source to be read here; lines are told by number", listing.file));
        }
        if hidden > 0 && view.only.is_none() {
            let lines = units::counted(hidden as u64, "line");
            notes.insert(0, format!("not shown: {lines} of which nothing is held (--only-held)"));
        }
        let word = view.argument.as_deref().map(super::shell_word);
        // What is built in is everywhere.
        let telling = listing.lines.values().filter(|line| line.held.count > 0 && line.type_name.contains('.'));
        let largest = telling.max_by_key(|line| line.held.shallow_bytes);
        let next = match (word, largest) {
            (Some(word), Some(line)) => {
                let of = super::shell_word(&line.type_name);
                vec![NextStep::new(format!("why {word} --type {of}"), "what keeps alive what these lines made")]
            }
            (Some(word), None) => vec![NextStep::new(format!("common {word} --by line"), "the lines that made most")],
            (None, _) => Vec::new(),
        };
        Report {
            command: "lines",
            snapshots: facts,
            title: listing.file.clone(),
            totals,
            summary: summary.join(" · "),
            sections: vec![Section::Table(Table { key: "rows", title: String::new(), columns, rows, not_shown: None })],
            notes,
            next,
            ..Report::default()
        }
    }
}

fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

//! The report of `lines`: a source file, with what each line made that is held now.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::common::Tally;
use crate::units;

use super::{Cell, NextStep, Report, Section, SnapshotFacts, Table};

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
        let all_seconds: f64 = listing.lines.values().filter_map(|line| line.time).map(|time| time.seconds).sum();
        let is_within = |line: &u32| view.only.is_none_or(|(first, last)| (first..=last).contains(line));
        let in_source = 1..=listing.source.len() as u32;
        // Lines that a snapshot tells beyond the source, by number: there may be few, and far away.
        let mut shown: BTreeSet<u32> = listing.lines.keys().copied().filter(|line| *line > 0).collect();
        if !view.only_held {
            shown.extend(in_source.clone());
        }
        let shown: Vec<u32> = shown.into_iter().filter(is_within).collect();
        let hidden = in_source.filter(|line| shown.binary_search(line).is_err()).count();

        let line = |number: &u32| listing.lines.get(number);
        let time = |number: &u32| line(number).and_then(|line| line.time);
        let held = |number: &u32| {
            line(number).filter(|line| line.held.count > 0 || line.series.iter().any(|one| one.count > 0))
        };
        let at_place = |number: &u32| held(number).filter(|line| !line.place.is_empty());
        let bytes = |number: &u32| held(number).map(|line| line.series.iter().map(|one| one.shallow_bytes));
        let first = |number: &u32| bytes(number).and_then(|mut bytes| bytes.next());
        let growth = |number: &u32| {
            let (line, first) = held(number).zip(first(number))?;
            Some(Cell::BytesGrowth(i128::from(line.held.shallow_bytes) - i128::from(first)))
        };
        let per_hit = |time: TimedLine| if time.hits > 0 { time.seconds / time.hits as f64 } else { 0.0 };
        let share = |time: TimedLine| Cell::Share { part: nanoseconds(time.seconds), whole: nanoseconds(all_seconds) };
        let or_blank = |cell: Option<Cell>| cell.unwrap_or(Cell::Blank);
        let table = Table::of("rows", &shown)
            .column("line", "line", |&number| Cell::Count(number.into()))
            .when(has_time, |table| {
                table
                    .column("hits", "hits", |number| or_blank(time(number).map(|time| Cell::Count(time.hits))))
                    .column("seconds", "time", |number| or_blank(time(number).map(|time| Cell::Duration(time.seconds))))
                    .column("seconds_per_hit", "per hit", |number| {
                        or_blank(time(number).map(|time| Cell::Duration(per_hit(time))))
                    })
                    .column("seconds_share", "% time", |number| or_blank(time(number).map(share)))
            })
            .when(has_held, |table| {
                table
                    .column("objects", "objects", |number| {
                        or_blank(held(number).map(|line| Cell::Count(line.held.count)))
                    })
                    .column("shallow_bytes", "held now", |number| {
                        or_blank(held(number).map(|line| Cell::Bytes(line.held.shallow_bytes)))
                    })
            })
            .when(has_held && listing.snapshots > 1, |table| {
                table
                    .column("shallow_bytes_first", "first", |number| or_blank(first(number).map(Cell::Bytes)))
                    .column("shallow_bytes_highest", "highest", |number| {
                        or_blank(bytes(number).and_then(Iterator::max).map(Cell::Bytes))
                    })
                    .column("shallow_bytes_growth", "growth", |number| or_blank(growth(number)))
            })
            .when(has_held, |table| {
                table
                    .column("place", "held most at", |number| {
                        or_blank(at_place(number).map(|line| Cell::Text(line.place.clone())))
                    })
                    .machines("type", |number| {
                        let of = |line: &ListedLine| line.type_name.clone();
                        or_blank(at_place(number).map(|line| Cell::Type { shown: of(line), full: of(line) }))
                    })
            })
            .column("source", "source", |&number| {
                listing.source.get(number as usize - 1).map_or(Cell::Missing, |source| Cell::Text(source.clone()))
            })
            .done();
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
            sections: vec![Section::Table(table)],
            notes,
            next,
            ..Report::default()
        }
    }
}

fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A snapshot may tell any number; once a listing had all lines up to it.
    #[test]
    fn a_line_far_beyond_the_source_is_one_row() {
        let listing = Listing {
            source: vec!["x = [1]".to_owned(), "y = [x]".to_owned()],
            lines: [(0, ListedLine::default()), (u32::MAX, ListedLine::default())].into(),
            elsewhere: Some(Default::default()),
            ..Listing::default()
        };
        let report = Report::lines(Vec::new(), &listing, &ListingView::default(), Vec::new());
        let [Section::Table(table)] = report.sections.as_slice() else { panic!("{report:?}") };
        let numbers: Vec<&Cell> = table.rows.iter().map(|row| &row[0]).collect();
        assert_eq!(numbers, [&Cell::Count(1), &Cell::Count(2), &Cell::Count(u32::MAX.into())]);
        assert_eq!(table.rows[2].last(), Some(&Cell::Missing));
    }
}

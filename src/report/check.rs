//! The report of `check`: which limits were kept, and of the others where what is too much is held.

use crate::analysis::limits::{Measure, Verdict};
use crate::units;

use super::{Cell, NextStep, Report, Section, SnapshotFacts, Table};

/// A limit in words, and how it failed; what continuous integration shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckCase {
    /// `max app.Session = 10`.
    pub name: String,
    /// What to know to find the line of code; `None` when the limit was kept.
    pub failure: Option<String>,
}

/// Where what is too much is held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Places with how many of the objects are there, most first.
    pub places: Vec<(String, u64)>,
    /// Other places that hold what is there, too, and how much of it.
    pub also_held_by: Vec<(String, u64)>,
    /// The lines that made it; `None` where the program did not trace.
    pub made_at: Option<String>,
    /// Python that evaluates to one of the objects within the process.
    pub expression: Option<String>,
}

/// So many types or places that are beyond a limit are told of.
const MOST_TOLD: usize = 5;

/// The limit as it was given: `max app.Session = 10`.
fn name_of(verdict: &Verdict<'_>) -> String {
    let (flag, most) = match verdict.limit.measure {
        Measure::Count => ("max", units::count(verdict.limit.most)),
        Measure::Growth => ("max-growth", units::count(verdict.limit.most)),
        Measure::Bytes => ("max-retained", units::bytes(verdict.limit.most)),
    };
    format!("{flag} {} = {most}", verdict.limit.text())
}

/// A case for each limit, and one for garbage where that is not allowed. `evidence` is asked for what is told.
pub fn check_cases(
    verdicts: &[Verdict<'_>],
    garbage: Option<&[(String, u64)]>,
    mut evidence: impl FnMut(&str, bool) -> Evidence,
) -> Vec<CheckCase> {
    let mut cases: Vec<CheckCase> = Vec::new();
    for verdict in verdicts {
        let mut lines: Vec<String> = Vec::new();
        for (subject, found) in verdict.beyond.iter().take(MOST_TOLD) {
            let what = match (verdict.limit.measure, subject.is_place) {
                (Measure::Count, true) => super::phrases::counted(*found, "entry", "entries"),
                (Measure::Count, false) => units::counted(*found, "object"),
                (Measure::Growth, true) => format!("{} more", super::phrases::counted(*found, "entry", "entries")),
                (Measure::Growth, false) => format!("{} more", units::counted(*found, "object")),
                (Measure::Bytes, true) => units::bytes(*found),
                (Measure::Bytes, false) => format!("retains {}", units::bytes(*found)),
            };
            let most = match verdict.limit.measure {
                Measure::Bytes => units::bytes(verdict.limit.most),
                _ => units::count(verdict.limit.most),
            };
            lines.push(format!("`{}`: {what}; at most {most} allowed", subject.name));
            let found = evidence(&subject.name, subject.is_place);
            for (place, count) in &found.places {
                lines.push(format!("  {} at `{place}`: cut there", units::count(*count)));
            }
            for (other, count) in &found.also_held_by {
                lines.push(format!("  {} also held by `{other}`: cut both", units::count(*count)));
            }
            lines.extend(found.made_at.map(|made| format!("  made at {made}")));
            lines.extend(found.expression.map(|expression| format!("  one of them: {expression}")));
        }
        if let Some(rest) = verdict.beyond.len().checked_sub(MOST_TOLD).filter(|rest| *rest > 0) {
            lines.push(format!("not shown: {} more", units::count(rest as u64)));
        }
        let failure = (!lines.is_empty()).then(|| lines.join("\n"));
        cases.push(CheckCase { name: name_of(verdict), failure });
    }
    if let Some(garbage) = garbage {
        let told: Vec<String> =
            garbage.iter().take(MOST_TOLD).map(|(of, count)| format!("  {} of `{of}`", units::count(*count))).collect();
        let all: u64 = garbage.iter().map(|(_, count)| count).sum();
        let failure = (all > 0).then(|| {
            format!(
                "{} no root reaches: garbage in reference cycles\n{}",
                units::counted(all, "object"),
                told.join("\n")
            )
        });
        cases.push(CheckCase { name: "no-garbage".to_owned(), failure });
    }
    cases
}

impl Report {
    /// The limits with what was found. `notes` are those of the snapshots, and of limits that limit nothing.
    pub fn check(facts: Vec<SnapshotFacts>, cases: &[CheckCase], notes: Vec<String>) -> Report {
        let failures: Vec<&CheckCase> = cases.iter().filter(|case| case.failure.is_some()).collect();
        let title = match failures.len() {
            0 => format!("Check passed: {}.", units::counted(cases.len() as u64, "limit")),
            failed => format!(
                "Check failed: {} of {}.",
                units::count(failed as u64),
                units::counted(cases.len() as u64, "limit")
            ),
        };
        let word = super::shell_word(facts.last().map_or("snap.json", |facts| facts.argument.as_str()));
        let next = if failures.is_empty() {
            Vec::new()
        } else {
            vec![NextStep::new(format!("suspects {word}"), "leak suspects, with evidence")]
        };
        let table = Table::of("rows", cases)
            .column("limit", "limit", |case| Cell::Text(case.name.clone()))
            .column("result", "result", |case| {
                Cell::Text(if case.failure.is_some() { "failed" } else { "passed" }.to_owned())
            })
            .machines("failure", |case| case.failure.clone().map_or(Cell::Missing, Cell::Text))
            .done();
        let told =
            failures.iter().map(|case| format!("{}\n{}", case.name, case.failure.as_deref().unwrap_or_default()));
        Report {
            command: "check",
            snapshots: facts,
            title,
            totals: vec![
                ("limits", Cell::Count(cases.len() as u64)),
                ("gate_failures", Cell::Count(failures.len() as u64)),
            ],
            sections: vec![Section::Table(table), Section::Paragraphs { key: "failures", paragraphs: told.collect() }],
            notes,
            next,
            ..Report::default()
        }
    }
}

//! The report of `suspects --since`: what grew and looks like a leak, then what only grew.

use crate::analysis::explored::Explored;
use crate::analysis::suspects::grown::{GrownSuspect, GrownSuspects};
use crate::analysis::suspects::{Accumulation, Thresholds};
use crate::graph::HeapGraph;
use crate::report::phrases::{counted, threshold};
use crate::report::since::{SinceView, between};
use crate::report::{Cell, Changes, LineWords, NextStep, Report, Section, SnapshotFacts, Table};
use crate::report::{diff_places, place_text};
use crate::units;

use super::words::Words;

/// What grew, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct GrownView<'a> {
    /// Growth by place, with details.
    pub changes: &'a Changes,
    /// The suspects among it.
    pub found: &'a GrownSuspects,
    /// Which objects are new; `None` where the snapshots are of different processes.
    pub new: Option<SinceView<'a>>,
    /// How the user calls the earlier snapshot.
    pub earlier: &'a str,
}

impl Report {
    /// What grew since an earlier snapshot and has a shape of leaks, in words that can be pasted. `facts` are those of both.
    pub fn suspects_since(
        heap: &Explored<'_>,
        facts: Vec<SnapshotFacts>,
        view: GrownView<'_>,
        thresholds: &Thresholds,
        mut notes: Vec<String>,
        argument: &str,
    ) -> Report {
        let GrownView { changes, found, earlier, .. } = view;
        let lines = heap.graph.has_allocations().then(|| LineWords::of(heap.graph));
        let words = Words { heap, thresholds, heap_bytes: heap.graph.total_size(), argument, lines };
        let paragraphs = found.suspects.iter().zip(1..);
        let paragraphs: Vec<String> =
            paragraphs.map(|(suspect, number)| format!("{number}. {}", paragraph(&words, view, suspect))).collect();
        let others: Vec<String> = found.others.iter().map(|other| sentence(view, other)).collect();
        let mut sections = vec![Section::Paragraphs { key: "paragraphs", paragraphs }];
        if !others.is_empty() {
            let besides = if found.suspects.is_empty() { "" } else { " besides" };
            let heading = format!(
                "Grew{besides}, with nothing of a leak about it; a third snapshot shows whether it goes on (`heapgraph diff`):"
            );
            let paragraphs = vec![format!("{heading}\n- {}", others.join("\n- "))];
            sections.push(Section::Paragraphs { key: "grown", paragraphs });
        }
        sections.push(rows(heap.graph, view));
        notes.insert(
            0,
            format!(
                "looked for places that have at least {} of all that grew ({}), and {} known shapes of leaks there; --share \
                 changes that",
                threshold(thresholds.share),
                units::bytes(found.growth_bytes),
                crate::analysis::suspects::RULES.len()
            ),
        );
        if found.smaller > 0 {
            let smaller = counted(found.smaller, "place", "places");
            notes.push(format!("{smaller} that grew by less not told; `heapgraph diff` does"));
        }
        let [(_, before), (_, after)] = changes.totals;
        let mut totals = vec![
            ("objects", Cell::Count(heap.graph.object_count() as u64)),
            ("shallow_bytes_before", Cell::Bytes(before)),
            ("shallow_bytes_after", Cell::Bytes(after)),
            ("growth_bytes", Cell::Bytes(found.growth_bytes)),
            ("suspects", Cell::Count(found.suspects.len() as u64)),
            ("threshold_share", super::threshold_cell(thresholds.share)),
        ];
        match view.new {
            Some(new) => totals.extend(new.totals()),
            None => totals.push(("since", Cell::Text(earlier.to_owned()))),
        }
        Report {
            command: "suspects",
            title: title(view),
            lead: diff_places::lead(&facts),
            summary: format!(
                "{} → {} shallow size ({})",
                units::bytes(before),
                units::bytes(after),
                Cell::BytesGrowth(i128::from(after) - i128::from(before)).human()
            ),
            snapshots: facts,
            totals,
            sections,
            notes,
            next: next(view, argument),
        }
    }
}

fn title(GrownView { found, earlier, changes, .. }: GrownView<'_>) -> String {
    let of = |list: &[GrownSuspect]| {
        let bytes = |one: &GrownSuspect| u64::try_from(changes.grown.grown[one.row].bytes_growth()).unwrap_or(0);
        let sum = list.iter().fold(0_u64, |sum, one| sum.saturating_add(bytes(one)));
        units::share(sum.into(), found.growth_bytes.into())
    };
    match (found.suspects.len() as u64, found.others.len()) {
        (0, 0) => format!("Nothing grew since {earlier} that could be a leak."),
        (0, _) => format!("No leak suspect: what grew since {earlier} has nothing of a leak about it."),
        (count, _) => format!(
            "{} since {earlier}, with {} of all that grew.",
            counted(count, "leak suspect", "leak suspects"),
            of(&found.suspects)
        ),
    }
}

/// What grew, by how much, and which part of the growth it is.
fn sentence(GrownView { changes, found, .. }: GrownView<'_>, one: &GrownSuspect) -> String {
    let row = &changes.grown.grown[one.row];
    format!(
        "`{}` grew by {}, {} of all that grew: {}.",
        place_text(&row.way),
        units::bytes(row.bytes_growth()),
        units::share(row.bytes_growth(), found.growth_bytes.into()),
        diff_places::what(row)
    )
}

fn paragraph(words: &Words<'_>, view: GrownView<'_>, one: &GrownSuspect) -> String {
    let mut lines = vec![sentence(view, one)];
    let place = |row: usize| format!("`{}`", place_text(&view.changes.grown.grown[row].way));
    if !one.with.is_empty() {
        let others: Vec<String> = one.with.iter().map(|&row| place(row)).collect();
        lines.push(format!("The same objects are held by {}, too: cut all of them.", others.join(" and by ")));
    }
    if let Some((new, unknown)) = one.new.filter(|new| *new != (0, 0)) {
        let count = between(new, new + unknown, units::count);
        lines.push(format!("Of what is there now, {count} {} new.", if new + unknown == 1 { "is" } else { "are" }));
    }
    if let Some(point) = &one.point {
        lines.push(words.accumulation_sentence(point));
        lines.extend(words.held_by(point));
    }
    if one.is_made_by_the_program {
        lines.push("Shape of the leak: it gathers what the program makes one by one.".to_owned());
    }
    let findings = one.findings.iter().map(|&index| &view.found.findings[index]);
    lines.extend(findings.flat_map(|finding| words.finding(finding, "Shape of the leak: ")));
    let row = &view.changes.grown.grown[one.row];
    let word = crate::report::shell_word(words.argument);
    let step = diff_places::more_of(row, &view.changes.details[one.row], &word);
    lines.extend(step.map(|step| format!("Next: heapgraph {}", with_since(&step.arguments, view))));
    lines.join("\n   ")
}

/// A command that asks for what is new alone, where that is known.
fn with_since(arguments: &str, view: GrownView<'_>) -> String {
    let option = view.new.filter(|new| new.all.least.count > 0 && arguments.contains(" --type "));
    format!("{arguments}{}", option.map_or(String::new(), |new| new.option()))
}

fn next(view: GrownView<'_>, argument: &str) -> Vec<NextStep> {
    let word = crate::report::shell_word(argument);
    let earlier = crate::report::shell_word(view.earlier);
    let mut steps = Vec::new();
    if let Some(first) = view.found.suspects.first() {
        let row = &view.changes.grown.grown[first.row];
        let step = diff_places::more_of(row, &view.changes.details[first.row], &word);
        steps.extend(step.map(|step| NextStep { arguments: with_since(&step.arguments, view), ..step }));
    }
    steps.push(NextStep::new(format!("diff {earlier} {word}"), "all that grew, by place and by type"));
    steps
}

/// The places for machines.
fn rows(graph: &HeapGraph, view: GrownView<'_>) -> Section {
    let GrownView { changes, found, .. } = view;
    let grown = |one: &GrownSuspect| &changes.grown.grown[one.row];
    let series = |one: &GrownSuspect| grown(one).telling().collect::<Vec<u64>>();
    let part = |one: &GrownSuspect| u64::try_from(grown(one).bytes_growth()).unwrap_or(0);
    let point =
        |one: &GrownSuspect, cell: &dyn Fn(&Accumulation) -> Cell| one.point.as_ref().map_or(Cell::Missing, cell);
    let rules = |one: &GrownSuspect| {
        one.findings.iter().map(|&index| found.findings[index].rule.id).collect::<Vec<_>>().join(" ")
    };
    let with = |one: &GrownSuspect| {
        let places = one.with.iter().map(|&row| place_text(&changes.grown.grown[row].way));
        places.collect::<Vec<_>>().join("\n")
    };
    let suspects = found.suspects.iter().map(|one| ("suspect", one));
    let all: Vec<(&str, &GrownSuspect)> = suspects.chain(found.others.iter().map(|one| ("grew", one))).collect();
    Section::Table(
        Table::of("rows", &all)
            .machines("standing", |(standing, _)| Cell::Text((*standing).to_owned()))
            .machines("place", |(_, one)| Cell::Text(place_text(&grown(one).way)))
            .machines("shallow_bytes_growth", |(_, one)| Cell::BytesGrowth(grown(one).bytes_growth()))
            .machines("growth_share", |(_, one)| Cell::Share { part: part(one), whole: found.growth_bytes })
            .machines("count_before", |(_, one)| Cell::Count(series(one).first().copied().unwrap_or(0)))
            .machines("count_after", |(_, one)| Cell::Count(series(one).last().copied().unwrap_or(0)))
            .machines("new_count_least", |(_, one)| one.new.map_or(Cell::Missing, |(new, _)| Cell::Count(new)))
            .machines("new_count_most", |(_, one)| {
                one.new.map_or(Cell::Missing, |(new, unknown)| Cell::Count(new + unknown))
            })
            .machines("address", |(_, one)| point(one, &|point| Cell::Address(graph.address(point.object))))
            .machines("retained_bytes", |(_, one)| point(one, &|point| Cell::Bytes(point.retained_bytes)))
            .machines("gathers_what_the_program_makes", |(_, one)| Cell::Flag(one.is_made_by_the_program))
            .machines("rules", |(_, one)| Cell::Text(rules(one)))
            .machines("held_with", |(_, one)| Cell::Text(with(one)))
            .done(),
    )
}

//! The report of `suspects`: paragraphs for a ticket, rows for machines.

mod grown;
mod rows;
mod rule_words;
mod words;

use crate::analysis::explored::Explored;
use crate::analysis::suspects::{Joined, RULES, Suspects, Thresholds};
use crate::units;

use super::line_words::LineWords;
use super::phrases::{counted, threshold};
pub use grown::GrownView;

use super::{Cell, NextStep, Report, Section, SnapshotFacts};

impl Report {
    /// What explains a large share of the heap, in words that can be pasted, and with its evidence.
    pub fn suspects(heap: &Explored<'_>, suspects: &Suspects, thresholds: &Thresholds, argument: &str) -> Report {
        let graph = heap.graph;
        let words = words::Words {
            heap,
            thresholds,
            heap_bytes: suspects.heap_bytes,
            argument,
            lines: graph.has_allocations().then(|| LineWords::of(graph)),
        };
        let paragraphs = suspects.suspects.iter().zip(1..);
        let paragraphs: Vec<String> =
            paragraphs.map(|(joined, number)| format!("{number}. {}", words.suspect(suspects, joined))).collect();
        let found = paragraphs.len() as u64;
        let large = suspects.large.iter().map(|&index| &suspects.accumulations[index]).chain(&suspects.largest);
        let large: Vec<String> = large.map(|point| words.accumulation_sentence(point)).collect();
        let facts = SnapshotFacts::new(argument, &graph.header, &graph.end)
            .explaining(heap.retained().everything().all_bytes());
        let lead = facts.mostly_other_memory();
        let mut sections = vec![Section::Paragraphs { key: "paragraphs", paragraphs }];
        if !large.is_empty() {
            let heading = match (suspects.large.len(), found) {
                (0, _) => "The largest owner:",
                (_, 0) => "Large, with nothing of a leak about it; it is one if it grows, which two snapshots show:",
                _ => "Large besides, with nothing of a leak about it:",
            };
            let paragraphs = vec![format!("{heading}\n- {}", large.join("\n- "))];
            sections.push(Section::Paragraphs { key: "large", paragraphs });
        }
        sections.extend(rows::sections(heap, suspects));
        sections.extend(words.lines.as_ref().map(|lines| rows::made(heap, suspects, lines)));
        Report {
            command: "suspects",
            snapshots: vec![facts],
            title: title(found, suspects, lead.is_some()),
            lead: lead.into_iter().collect(),
            totals: vec![
                ("objects", Cell::Count(graph.object_count() as u64)),
                ("shallow_bytes", Cell::Bytes(suspects.heap_bytes)),
                ("suspects", Cell::Count(found)),
                ("large", Cell::Count(suspects.large.len() as u64)),
                ("threshold_share", threshold_cell(thresholds.share)),
                ("threshold_rule_share", threshold_cell(thresholds.rule_share)),
                ("threshold_descend_share", threshold_cell(thresholds.descend)),
            ],
            summary: format!(
                "{} · {} shallow size",
                counted(graph.object_count() as u64, "object", "objects"),
                units::bytes(suspects.heap_bytes)
            ),
            sections,
            notes: [looked_for(thresholds, suspects.heap_bytes)]
                .into_iter()
                .chain(super::facts::graph_notes(graph))
                .collect(),
            next: next(heap, suspects, argument),
        }
    }
}

/// A threshold for machines, from 0 to 1.
fn threshold_cell(share: f64) -> Cell {
    Cell::Share { part: (share * 1e6).round() as u64, whole: 1_000_000 }
}

fn title(found: u64, suspects: &Suspects, is_other_memory: bool) -> String {
    let all = |indices: &mut dyn Iterator<Item = usize>| {
        indices.fold(0_u64, |sum, index| sum.saturating_add(suspects.accumulations[index].retained_bytes))
    };
    if found == 0 && is_other_memory {
        return "Nothing suspicious among the Python objects, but they are not what takes the memory.".to_owned();
    }
    if found == 0 {
        let large = share(all(&mut suspects.large.iter().copied()), suspects);
        return match suspects.large.len() {
            0 => "No leak suspect: no object, type or known shape of leak holds a large share of this heap.".to_owned(),
            1 => format!("No leak suspect; one object that is no sign of a leak holds {large} of this heap."),
            many => format!("No leak suspect; {many} objects that are no sign of a leak hold {large} of this heap."),
        };
    }
    let points: Vec<usize> =
        suspects.suspects.iter().filter_map(|joined| joined.accumulations.first().copied()).collect();
    let one_place = share(all(&mut points.iter().copied()), suspects);
    let count = counted(found, "leak suspect", "leak suspects");
    match points.len() {
        0 => format!("{count}; no single object holds a large share of this heap."),
        1 => format!("{count}; one object holds {one_place} of this heap."),
        many => format!("{count}; {many} objects hold {one_place} of this heap."),
    }
}

fn share(bytes: u64, suspects: &Suspects) -> String {
    units::share(bytes.into(), suspects.heap_bytes.into())
}

/// What was looked for, so that a reader knows what "nothing" means.
fn looked_for(thresholds: &Thresholds, heap_bytes: u64) -> String {
    format!(
        "looked for single objects that retain at least {share} of the heap's {}, types of the program whose objects \
         retain {share} together, and {} known shapes of leaks that retain {}; --share changes that",
        units::bytes(heap_bytes),
        RULES.len(),
        threshold(thresholds.rule_share),
        share = threshold(thresholds.share),
    )
}

/// The first suspects as commands.
fn next(heap: &Explored<'_>, suspects: &Suspects, argument: &str) -> Vec<NextStep> {
    let word = super::shell_word(argument);
    let mut steps = Vec::new();
    let first = suspects.suspects.first();
    let point = |joined: &Joined| joined.accumulations.first().map(|&index| suspects.accumulations[index].object);
    let hit = |joined: &Joined| joined.findings.first().and_then(|&index| suspects.findings[index].hits.first());
    if let Some(object) = first.and_then(|first| point(first).or_else(|| hit(first).map(|hit| hit.object))) {
        let id = heap.graph.address(object);
        steps.push(NextStep::new(
            format!("why {word} --id {id}"),
            "what keeps the first suspect alive, and what to cut",
        ));
        steps
            .push(NextStep::new(format!("backrefs {word} --id {id} -o suspect.svg"), "who refers to it, as a picture"));
        steps.push(NextStep::new(format!("dominators {word} --id {id}"), "what it retains, the largest first"));
    } else if let Some(&index) = first.and_then(|first| first.types.first()) {
        let name = super::shell_word(&heap.graph.type_name(suspects.types[index].type_id));
        steps.push(NextStep::new(format!("why {word} --type {name}"), "what keeps objects of this type alive"));
    } else {
        let large = suspects.large.first().map(|&index| &suspects.accumulations[index]).or(suspects.largest.as_ref());
        steps.push(NextStep::new(format!("diff {word} LATER.json"), "what grew, once there is a second snapshot"));
        match large {
            Some(point) => {
                let id = heap.graph.address(point.object);
                steps.push(NextStep::new(format!("why {word} --id {id}"), "what keeps the largest owner alive"));
            }
            None => steps.push(NextStep::new(format!("dominators {word}"), "what retains most, however little")),
        }
    }
    steps
}

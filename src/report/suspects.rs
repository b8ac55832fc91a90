//! The report of `suspects`: paragraphs for a ticket, rows for machines.

mod rows;
mod words;

use crate::analysis::explored::Explored;
use crate::analysis::suspects::{RULES, Suspects, Thresholds};
use crate::units;

use super::phrases::{counted, threshold};
use super::{Cell, NextStep, Report, Section, SnapshotFacts};

impl Report {
    /// What explains a large share of the heap, in words that can be pasted, and with its evidence.
    pub fn suspects(heap: &Explored<'_>, suspects: &Suspects, thresholds: &Thresholds, argument: &str) -> Report {
        let graph = heap.graph;
        let words = words::Words { heap, thresholds, heap_bytes: suspects.heap_bytes, argument };
        let points = suspects.accumulations.iter().map(|point| words.accumulation(point));
        let types = suspects.types.iter().map(|scattered| words.scattered_type(scattered));
        let findings = suspects.findings.iter().map(|finding| words.finding(finding));
        let mut paragraphs = Vec::new();
        for (text, number) in points.chain(types).chain(findings).zip(1..) {
            paragraphs.push(format!("{number}. {text}"));
        }
        let found = paragraphs.len() as u64;
        let facts =
            SnapshotFacts::new(argument, &graph.header, &graph.end).explaining(heap.retained.everything().all_bytes());
        let lead = facts.mostly_other_memory();
        let mut sections = vec![Section::Paragraphs { key: "paragraphs", paragraphs }];
        sections.extend(rows::sections(heap, suspects));
        Report {
            command: "suspects",
            snapshots: vec![facts],
            title: title(found, suspects, lead.is_some()),
            lead: lead.into_iter().collect(),
            totals: vec![
                ("objects", Cell::Count(graph.object_count() as u64)),
                ("shallow_bytes", Cell::Bytes(suspects.heap_bytes)),
                ("suspects", Cell::Count(found)),
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
    if found == 0 && is_other_memory {
        return "Nothing suspicious among the Python objects, but they are not what takes the memory.".to_owned();
    }
    if found == 0 {
        return "Nothing suspicious: no object, type or known shape of leak holds a large share of this heap."
            .to_owned();
    }
    let one_place = suspects.accumulations.iter().fold(0_u64, |sum, point| sum.saturating_add(point.retained_bytes));
    let count = counted(found, "leak suspect", "leak suspects");
    match suspects.accumulations.len() {
        0 => format!("{count}; no single object holds a large share of this heap."),
        1 => format!("{count}; one object holds {} of this heap.", share(one_place, suspects)),
        many => format!("{count}; {many} objects hold {} of this heap.", share(one_place, suspects)),
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
    if let Some(point) = suspects.accumulations.first() {
        let id = heap.graph.address(point.object);
        steps.push(NextStep::new(
            format!("why {word} --id {id}"),
            "what keeps the first suspect alive, and what to cut",
        ));
        steps
            .push(NextStep::new(format!("backrefs {word} --id {id} -o suspect.svg"), "who refers to it, as a picture"));
        steps.push(NextStep::new(format!("dominators {word} --id {id}"), "what it retains, the largest first"));
    } else if let Some(scattered) = suspects.types.first() {
        let name = super::shell_word(&heap.graph.type_name(scattered.type_id));
        steps.push(NextStep::new(format!("why {word} --type {name}"), "what keeps objects of this type alive"));
    } else if let Some(hit) = suspects.findings.first().and_then(|finding| finding.hits.first()) {
        let id = heap.graph.address(hit.object);
        steps.push(NextStep::new(
            format!("why {word} --id {id}"),
            "what keeps the first suspect alive, and what to cut",
        ));
    } else {
        steps.push(NextStep::new(format!("dominators {word}"), "what retains most, however little"));
        steps.push(NextStep::new(format!("diff {word} LATER.json"), "what grew, once there is a second snapshot"));
    }
    steps
}

//! The suspects as rows for machines.

use crate::analysis::explored::Explored;
use crate::analysis::lines::lines_of;
use crate::analysis::origin::Origin;
use crate::analysis::root_paths::RootPath;
use crate::analysis::suspects::{Accumulation, Suspects};
use crate::graph::Object;
use crate::report::line_words::LineWords;
use crate::report::phrases::slot_of_owner;
use crate::report::root_words;
use crate::report::{Cell, Column, Section, Table};

use super::rule_words;

/// Accumulation points, then their contents and containers by their address; types; what holds many of a
/// type or of a rule's hits; findings of the rules, then their hits.
pub(super) fn sections(heap: &Explored<'_>, suspects: &Suspects) -> Vec<Section> {
    let points = &suspects.accumulations;
    let whole = suspects.heap_bytes;
    let graph = heap.graph;
    let of = |id| Cell::Text(graph.type_name(id));
    let address = |object: Object| Cell::Address(graph.address(object));
    let contents = points.iter().flat_map(|point| {
        point.contents.iter().map(move |row| {
            vec![address(point.object), of(row.type_id), Cell::Count(row.count), Cell::Bytes(row.retained_bytes)]
        })
    });
    let containers = points.iter().flat_map(|point| {
        point.containers.iter().map(move |container| {
            let slot = container.held.map(|held| slot_of_owner(graph, point.object, held));
            vec![
                address(point.object),
                address(container.object),
                slot.map_or(Cell::Missing, Cell::Text),
                of(graph.type_id(container.object)),
                Cell::Count(container.elements),
                container.most.map_or(Cell::Missing, |(id, _)| of(id)),
                container.most.map_or(Cell::Missing, |(_, count)| Cell::Count(count)),
                Cell::Bytes(container.retained_bytes),
            ]
        })
    });
    let types = suspects.types.iter().map(|scattered| {
        let sum = scattered.sum;
        vec![
            of(scattered.type_id),
            Cell::Count(sum.count),
            if sum.is_exact() { Cell::Bytes(sum.retained_bytes) } else { Cell::AtLeastBytes(sum.retained_bytes) },
            Cell::Flag(sum.is_exact()),
            Cell::Share { part: sum.retained_bytes, whole },
            Cell::Count(scattered.garbage),
        ]
    });
    let of_types = suspects.types.iter().map(|scattered| (of(scattered.type_id), &scattered.gatherings));
    let of_rules =
        suspects.findings.iter().map(|finding| (Cell::Text(finding.rule.id.to_owned()), &finding.gatherings));
    let gatherings = of_types.chain(of_rules).flat_map(|(what, gatherings)| {
        gatherings.iter().map(move |gathering| {
            let object = gathering.container.object;
            vec![
                what.clone(),
                address(object),
                of(graph.type_id(object)),
                expression(heap, heap.path(object).as_ref()),
                Cell::Count(gathering.container.elements),
                Cell::Count(gathering.holds),
                Cell::Bytes(gathering.container.retained_bytes),
            ]
        })
    });
    let findings = suspects.findings.iter().map(|finding| {
        vec![
            Cell::Text(finding.rule.id.to_owned()),
            Cell::Text(rule_words::of(finding.rule).title.to_owned()),
            Cell::Text(rule_words::of(finding.rule).advice.to_owned()),
            Cell::Count(finding.count),
            Cell::AtLeastBytes(finding.retained_bytes),
            Cell::Flag(finding.count == 1),
            Cell::Share { part: finding.retained_bytes, whole },
            Cell::Count(finding.garbage),
            Cell::Count(finding.set_aside),
        ]
    });
    let hits = suspects.findings.iter().flat_map(|finding| {
        finding.hits.iter().map(move |hit| {
            let path = heap.path(hit.object);
            vec![
                Cell::Text(finding.rule.id.to_owned()),
                address(hit.object),
                of(graph.type_id(hit.object)),
                expression(heap, path.as_ref()),
                Cell::Count(hit.entries),
                Cell::Bytes(hit.retained_bytes),
                Cell::Text(origin(hit.origin).to_owned()),
                Cell::Flag(hit.is_garbage),
            ]
        })
    });
    vec![
        table(
            "rows",
            &ROWS,
            points
                .iter()
                .zip(0..)
                .map(|(point, index)| row(heap, point, suspects.large.contains(&index), whole))
                .collect(),
        ),
        table("contents", &["suspect", "type", "count", "retained_bytes"], contents.collect()),
        table("containers", &CONTAINERS, containers.collect()),
        table(
            "types",
            &["type", "count", "retained_bytes", "retained_bytes_exact", "retained_bytes_share", "garbage_count"],
            types.collect(),
        ),
        table("gatherings", &GATHERINGS, gatherings.collect()),
        table("findings", &FINDINGS, findings.collect()),
        table("hits", &HITS, hits.collect()),
    ]
}

/// The lines that made what each accumulation point holds, most bytes first; without a file: nobody knows.
pub(super) fn made(heap: &Explored<'_>, suspects: &Suspects, lines: &LineWords<'_>) -> Section {
    let graph = heap.graph;
    let rows = suspects.accumulations.iter().flat_map(|point| {
        let held = heap.dominated().subtree(point.object);
        let made = lines_of(graph, held).into_iter().take(MOST_LINES);
        made.map(move |(at, tally)| {
            let start = [Cell::Address(graph.address(point.object))];
            let numbers = [Cell::Count(tally.count), Cell::Bytes(tally.shallow_bytes)];
            start.into_iter().chain(lines.cells(at)).chain(numbers).collect()
        })
    });
    table("made_at", &["suspect", "file", "line", "function", "objects", "shallow_bytes"], rows.collect())
}

/// So many lines are told of each.
const MOST_LINES: usize = 20;

const ROWS: [&str; 13] = [
    "standing",
    "address",
    "type",
    "shallow_bytes",
    "retained_bytes",
    "retained_bytes_share",
    "retained_objects",
    "chain_links",
    "expression",
    "root",
    "is_garbage",
    "own_code",
    "own_code_type",
];
const CONTAINERS: [&str; 8] =
    ["suspect", "address", "slot", "type", "element_count", "most_type", "most_count", "retained_bytes"];
const GATHERINGS: [&str; 7] = ["of", "address", "type", "expression", "element_count", "holds_count", "retained_bytes"];
const FINDINGS: [&str; 9] = [
    "rule",
    "title",
    "advice",
    "count",
    "retained_bytes",
    "retained_bytes_exact",
    "retained_bytes_share",
    "garbage_count",
    "libraries_set_aside",
];
const HITS: [&str; 8] = ["rule", "address", "type", "expression", "entries", "retained_bytes", "origin", "is_garbage"];

fn table(key: &'static str, columns: &[&'static str], rows: Vec<Vec<Cell>>) -> Section {
    let columns = columns.iter().map(|column| Column::for_machines(column)).collect();
    Section::Table(Table { key, columns, rows, ..Table::default() })
}

/// One accumulation point.
fn row(heap: &Explored<'_>, point: &Accumulation, is_large: bool, whole: u64) -> Vec<Cell> {
    let graph = heap.graph;
    let text = |text: Option<String>| text.map_or(Cell::Missing, Cell::Text);
    vec![
        Cell::Text(if is_large { "large" } else { "suspect" }.to_owned()),
        Cell::Address(graph.address(point.object)),
        Cell::Text(graph.type_of(point.object).full_name()),
        Cell::Bytes(graph.size(point.object)),
        Cell::Bytes(point.retained_bytes),
        Cell::Share { part: point.retained_bytes, whole },
        Cell::Count(point.objects),
        point.chain.map_or(Cell::Missing, Cell::Count),
        expression(heap, point.path.as_ref()),
        text(point.path.as_ref().map(|path| root_words::of(graph, &path.root))),
        Cell::Flag(point.path.is_none()),
        point.own_code.map_or(Cell::Missing, |own| Cell::Address(graph.address(own))),
        text(point.own_code.map(|own| graph.type_of(own).full_name())),
    ]
}

fn expression(heap: &Explored<'_>, path: Option<&RootPath>) -> Cell {
    path.and_then(|path| heap.expression(path).text).map_or(Cell::Missing, Cell::Text)
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Application => "application",
        Origin::Installed => "installed",
        Origin::Unknown => "unknown",
        Origin::StandardLibrary => "standard library",
    }
}

//! The suspects as rows for machines.

use crate::analysis::explored::Explored;
use crate::analysis::lines::lines_of;
use crate::analysis::origin::Origin;
use crate::analysis::root_paths::RootPath;
use crate::analysis::suspects::{Accumulation, Suspects};
use crate::graph::{HeapGraph, Object};
use crate::report::dominators::retained_cell;
use crate::report::line_words::LineWords;
use crate::report::phrases::slot_of_owner;
use crate::report::root_words;
use crate::report::{Cell, Section, Table};

use super::rule_words;

/// Accumulation points, then their contents and containers by their address; types; what holds many of a
/// type or of a rule's hits; findings of the rules, then their hits.
pub(super) fn sections(heap: &Explored<'_>, suspects: &Suspects) -> Vec<Section> {
    let tables = [
        points(heap, suspects),
        contents(heap, suspects),
        containers(heap, suspects),
        types(heap, suspects),
        gatherings(heap, suspects),
        findings(suspects),
        hits(heap, suspects),
    ];
    tables.into_iter().map(Section::Table).collect()
}

/// The points of accumulation.
fn points(heap: &Explored<'_>, suspects: &Suspects) -> Table {
    let (graph, whole) = (heap.graph, suspects.heap_bytes);
    let text = |text: Option<String>| text.map_or(Cell::Missing, Cell::Text);
    let standing = |index| if suspects.large.contains(&index) { "large" } else { "suspect" };
    let rows: Vec<(usize, &Accumulation)> = suspects.accumulations.iter().enumerate().collect();
    Table::of("rows", &rows)
        .machines("standing", |&(index, _)| Cell::Text(standing(index).to_owned()))
        .machines("address", |(_, point)| address(graph, point.object))
        .machines("type", |(_, point)| Cell::Text(graph.type_of(point.object).full_name()))
        .machines("shallow_bytes", |(_, point)| Cell::Bytes(graph.size(point.object)))
        .machines("retained_bytes", |(_, point)| Cell::Bytes(point.retained_bytes))
        .machines("retained_bytes_share", |(_, point)| Cell::Share { part: point.retained_bytes, whole })
        .machines("retained_objects", |(_, point)| Cell::Count(point.objects))
        .machines("chain_links", |(_, point)| point.chain.map_or(Cell::Missing, Cell::Count))
        .machines("expression", |(_, point)| expression(heap, point.path.as_ref()))
        .machines("root", |(_, point)| text(point.path.as_ref().map(|path| root_words::of(graph, &path.root))))
        .machines("is_garbage", |(_, point)| Cell::Flag(point.path.is_none()))
        .machines("own_code", |(_, point)| point.own_code.map_or(Cell::Missing, |own| address(graph, own)))
        .machines("own_code_type", |(_, point)| text(point.own_code.map(|own| graph.type_of(own).full_name())))
        .done()
}

/// What hangs on each point, by type.
fn contents(heap: &Explored<'_>, suspects: &Suspects) -> Table {
    let graph = heap.graph;
    let points = suspects.accumulations.iter();
    let rows: Vec<_> = points.flat_map(|point| point.contents.iter().map(move |row| (point, row))).collect();
    Table::of("contents", &rows)
        .machines("suspect", |(point, _)| address(graph, point.object))
        .machines("type", |(_, row)| Cell::Text(graph.type_name(row.type_id)))
        .machines("count", |(_, row)| Cell::Count(row.count))
        .machines("retained_bytes", |(_, row)| Cell::Bytes(row.retained_bytes))
        .done()
}

/// The containers at each point.
fn containers(heap: &Explored<'_>, suspects: &Suspects) -> Table {
    let graph = heap.graph;
    let points = suspects.accumulations.iter();
    let rows: Vec<_> = points.flat_map(|point| point.containers.iter().map(move |row| (point, row))).collect();
    Table::of("containers", &rows)
        .machines("suspect", |(point, _)| address(graph, point.object))
        .machines("address", |(_, container)| address(graph, container.object))
        .machines("slot", |(point, container)| {
            let slot = container.held.map(|held| slot_of_owner(graph, point.object, held));
            slot.map_or(Cell::Missing, Cell::Text)
        })
        .machines("type", |(_, container)| Cell::Text(graph.type_name(graph.type_id(container.object))))
        .machines("element_count", |(_, container)| Cell::Count(container.elements))
        .machines("most_type", |(_, container)| {
            container.most.map_or(Cell::Missing, |(id, _)| Cell::Text(graph.type_name(id)))
        })
        .machines("most_count", |(_, container)| container.most.map_or(Cell::Missing, |(_, count)| Cell::Count(count)))
        .machines("retained_bytes", |(_, container)| Cell::Bytes(container.retained_bytes))
        .done()
}

/// Types without a common holder.
fn types(heap: &Explored<'_>, suspects: &Suspects) -> Table {
    Table::of("types", &suspects.types)
        .machines("type", |scattered| Cell::Text(heap.graph.type_name(scattered.type_id)))
        .machines("count", |scattered| Cell::Count(scattered.sum.count))
        .machines("retained_bytes", |scattered| retained_cell(&scattered.sum))
        .machines("retained_bytes_exact", |scattered| Cell::Flag(scattered.sum.is_exact()))
        .machines("retained_bytes_share", |scattered| Cell::Share {
            part: scattered.sum.retained_bytes,
            whole: suspects.heap_bytes,
        })
        .machines("garbage_count", |scattered| Cell::Count(scattered.garbage))
        .done()
}

/// What holds many of a type, or of what a rule found.
fn gatherings(heap: &Explored<'_>, suspects: &Suspects) -> Table {
    let graph = heap.graph;
    let of_types = suspects.types.iter().map(|scattered| (graph.type_name(scattered.type_id), &scattered.gatherings));
    let of_rules = suspects.findings.iter().map(|finding| (finding.rule.id.to_owned(), &finding.gatherings));
    let rows: Vec<_> = of_types
        .chain(of_rules)
        .flat_map(|(of, gatherings)| gatherings.iter().map(move |gathering| (of.clone(), gathering)))
        .collect();
    Table::of("gatherings", &rows)
        .machines("of", |(of, _)| Cell::Text(of.clone()))
        .machines("address", |(_, gathering)| address(graph, gathering.container.object))
        .machines("type", |(_, gathering)| Cell::Text(graph.type_name(graph.type_id(gathering.container.object))))
        .machines("expression", |(_, gathering)| expression(heap, heap.path(gathering.container.object).as_ref()))
        .machines("element_count", |(_, gathering)| Cell::Count(gathering.container.elements))
        .machines("holds_count", |(_, gathering)| Cell::Count(gathering.holds))
        .machines("retained_bytes", |(_, gathering)| Cell::Bytes(gathering.container.retained_bytes))
        .done()
}

/// What the rules found.
fn findings(suspects: &Suspects) -> Table {
    Table::of("findings", &suspects.findings)
        .machines("rule", |finding| Cell::Text(finding.rule.id.to_owned()))
        .machines("title", |finding| Cell::Text(rule_words::of(finding.rule).title.to_owned()))
        .machines("advice", |finding| Cell::Text(rule_words::of(finding.rule).advice.to_owned()))
        .machines("count", |finding| Cell::Count(finding.count))
        .machines("retained_bytes", |finding| Cell::AtLeastBytes(finding.retained_bytes))
        .machines("retained_bytes_exact", |finding| Cell::Flag(finding.count == 1))
        .machines("retained_bytes_share", |finding| Cell::Share {
            part: finding.retained_bytes,
            whole: suspects.heap_bytes,
        })
        .machines("garbage_count", |finding| Cell::Count(finding.garbage))
        .machines("libraries_set_aside", |finding| Cell::Count(finding.set_aside))
        .done()
}

/// The objects that the rules found.
fn hits(heap: &Explored<'_>, suspects: &Suspects) -> Table {
    let graph = heap.graph;
    let findings = suspects.findings.iter();
    let rows: Vec<_> =
        findings.flat_map(|finding| finding.hits.iter().map(move |hit| (finding.rule.id, hit))).collect();
    Table::of("hits", &rows)
        .machines("rule", |(rule, _)| Cell::Text((*rule).to_owned()))
        .machines("address", |(_, hit)| address(graph, hit.object))
        .machines("type", |(_, hit)| Cell::Text(graph.type_name(graph.type_id(hit.object))))
        .machines("expression", |(_, hit)| expression(heap, heap.path(hit.object).as_ref()))
        .machines("entries", |(_, hit)| Cell::Count(hit.entries))
        .machines("retained_bytes", |(_, hit)| Cell::Bytes(hit.retained_bytes))
        .machines("origin", |(_, hit)| Cell::Text(origin(hit.origin).to_owned()))
        .machines("is_garbage", |(_, hit)| Cell::Flag(hit.is_garbage))
        .done()
}

fn address(graph: &HeapGraph, object: Object) -> Cell {
    Cell::Address(graph.address(object))
}

/// The lines that made what each accumulation point holds, most bytes first; without a file: nobody knows.
pub(super) fn made(heap: &Explored<'_>, suspects: &Suspects, lines: &LineWords<'_>) -> Section {
    let graph = heap.graph;
    let rows: Vec<_> = suspects
        .accumulations
        .iter()
        .flat_map(|point| {
            let held = heap.dominated().subtree(point.object);
            lines_of(graph, held).into_iter().take(MOST_LINES).map(move |(at, tally)| (point, lines.cells(at), tally))
        })
        .collect();
    Section::Table(
        Table::of("made_at", &rows)
            .machines("suspect", |(point, ..)| address(graph, point.object))
            .machines("file", |(_, line, _)| line[0].clone())
            .machines("line", |(_, line, _)| line[1].clone())
            .machines("function", |(_, line, _)| line[2].clone())
            .machines("objects", |(.., tally)| Cell::Count(tally.count))
            .machines("shallow_bytes", |(.., tally)| Cell::Bytes(tally.shallow_bytes))
            .done(),
    )
}

/// So many lines are told of each.
const MOST_LINES: usize = 20;

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

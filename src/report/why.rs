//! The report of `why`: what keeps an object alive, and what to cut.

use crate::analysis::containers::Gathering;
use crate::analysis::cut::{Cut, CutPlace, CutPlaces};
use crate::analysis::explored::Explored;
use crate::analysis::gc_roots::GcRootKind;
use crate::analysis::lines::lines_of;
use crate::analysis::object_set::ObjectSet;
use crate::analysis::retained::retained_by;
use crate::analysis::root_paths::{Gap, Holder, IndependentPaths, PathStep, PathTree, RootPath};
use crate::graph::{HeapGraph, Object};
use crate::units;

use super::line_words::LineWords;
use super::phrases::gathered;
use super::table::up_to;
use super::words::Words;
use super::{Cell, NextStep, NotShown, Report, Section, Table};
use super::{root_words, slot_label, step_label};

/// From this length on an expression is left to JSON: nobody pastes it.
const LONGEST_EXPRESSION: usize = 2_000;

/// So many lines that made objects are told.
const MOST_LINES: usize = 3;

/// How a path is shown.
#[derive(Debug, Clone, Copy)]
pub struct WhyView {
    /// How many rows of a path or tree; `None` for all.
    pub limit: Option<usize>,
    /// Types with their modules.
    pub full_names: bool,
}

impl Report {
    /// Why one object is alive: paths from GC roots, and what to cut.
    pub fn why(
        heap: &Explored<'_>,
        target: Object,
        paths: &IndependentPaths,
        cut: &CutPlaces,
        view: WhyView,
        argument: &str,
    ) -> Report {
        let graph = heap.graph;
        let word = super::shell_word(argument);
        let on_paths = paths.paths.iter().flat_map(|one| one.path.objects());
        let holders = paths.holders.iter().map(|holder| holder.reference.referrer);
        let freed = cut.cuts.iter().map(|cut| cut.freed);
        let words = Words::new(graph, on_paths.chain(holders).chain(freed).chain([target]), view.full_names);
        let mut sections = Vec::new();
        for (number, one) in paths.paths.iter().enumerate() {
            let (lines, whole) = expression_words(heap, &one.path);
            sections.push(Section::Expression { key: "expressions", lines, whole });
            let title = match paths.paths.len() {
                1 => String::new(),
                _ if one.is_disjoint => format!("path {} (shares no object with those before)", number + 1),
                _ => format!("path {}", number + 1),
            };
            sections.push(Section::Table(path_table(heap, &words, &one.path, title, view.limit)));
        }
        sections.push(Section::Paragraphs { key: "cut", paragraphs: cut_words(heap, &words, target, paths, cut) });
        let address = graph.address(target);
        let lines = LineWords::of(graph);
        let [file, line, function] = lines.cells(graph.line_of(target));
        let made = [("made_at_file", file), ("made_at_line", line), ("made_at_function", function)];
        let made = made.into_iter().filter(|_| graph.has_allocations());
        let mut notes = super::facts::graph_notes(graph);
        if paths.more > 0 {
            notes.insert(
                0,
                format!("not shown: {}, each over another referrer (--paths)", units::counted(paths.more, "more path")),
            );
        }
        Report {
            title: format!("Why is {} alive?", words.phrase(target)),
            totals: [
                ("address", Cell::Address(address)),
                ("shallow_bytes", Cell::Bytes(graph.size(target))),
                ("retained_bytes", Cell::Bytes(heap.retained().bytes(target))),
                ("distance", paths.paths.first().map_or(Cell::Missing, |one| Cell::Count(one.path.hops.len() as u64))),
            ]
            .into_iter()
            .chain(made)
            .collect(),
            summary: format!(
                "{} shallow size · {} retained size{}",
                units::bytes(graph.size(target)),
                units::bytes(heap.retained().bytes(target)),
                lines.made_at(target).map_or(String::new(), |made| format!(" · {made}"))
            ),
            sections,
            notes,
            next: vec![
                NextStep::new(format!("why {word} --id {address} -o why.svg"), "the path as a picture"),
                NextStep::new(format!("dominators {word} --id {address}"), "what it keeps alive"),
            ],
            ..Report::about("why", graph, argument)
        }
    }

    /// Why the objects of a type are alive: all their paths merged into a tree.
    pub fn why_many(
        heap: &Explored<'_>,
        targets: &[Object],
        tree: &PathTree,
        holders: &[Gathering],
        what: &str,
        view: WhyView,
        argument: &str,
    ) -> Report {
        let graph = heap.graph;
        let words = Words::new(graph, tree.steps.iter().map(|step| step.example), view.full_names);
        let word = super::shell_word(argument);
        let mut rows: Vec<(u32, &PathStep)> = Vec::new();
        let mut stack: Vec<(u32, u32)> = tree.tops.iter().rev().map(|&step| (step, 0)).collect();
        while let Some((index, depth)) = stack.pop() {
            let step = &tree.steps[index as usize];
            stack.extend(step.below.iter().rev().map(|&below| (below, depth + 1)));
            rows.push((depth, step));
        }
        let (shown, hidden) = up_to(view.limit, &rows);
        let text = |step: &PathStep| {
            let mut text = vec![Cell::Strong(step_label(&step.step))];
            if step.repeats > 1 {
                text.push(Cell::Faint(format!("× {}", units::count(step.repeats))));
            }
            text.push(Cell::Faint("→".into()));
            text.push(words.type_cell(graph.type_name(step.type_id)));
            text.push(Cell::Text(units::counted(step.targets, "object")));
            if step.ending > 0 {
                let bytes = units::bytes(step.ending_bytes);
                let end = if step.ending == 1 { "ends" } else { "end" };
                text.push(Cell::Strong(format!("({} {end} here, {bytes})", units::count(step.ending))));
            }
            text.push(Cell::Faint("e.g.".into()));
            text.push(Cell::Address(graph.address(step.example)));
            text
        };
        let branches = Table::of("rows", shown)
            .machines("label", |(_, step)| Cell::Text(step_label(&step.step)))
            .machines("type", |(_, step)| Cell::Text(graph.type_name(step.type_id)))
            .machines("targets", |(_, step)| Cell::Count(step.targets))
            .machines("ending", |(_, step)| Cell::Count(step.ending))
            .machines("ending_shallow_bytes", |(_, step)| Cell::Bytes(step.ending_bytes))
            .machines("repeats", |(_, step)| Cell::Count(step.repeats.into()))
            .machines("example", |(_, step)| Cell::Address(graph.address(step.example)))
            .tree(|row| row.0, |row| text(row.1));
        let mut notes = super::facts::graph_notes(graph);
        if !hidden.is_empty() {
            let count = units::count(hidden.len() as u64);
            notes.insert(0, format!("not shown: {count} more branches; --limit 0 shows all"));
        }
        if tree.unreachable > 0 {
            let stays = targets.iter().filter(|&&target| heap.uncollectable().contains(target)).count() as u64;
            notes.insert(0, no_root_reaches(tree.unreachable, stays));
        }
        let mut sections = vec![Section::Tree(branches)];
        if let Some(places) = gathered(heap, holders) {
            let all = if holders.len() > 1 { " An object goes when every one that holds it lets it go." } else { "" };
            let paragraphs = vec![format!("Held by {places}.{all}")];
            sections.push(Section::Paragraphs { key: "holders", paragraphs });
        }
        let lines = LineWords::of(graph);
        let made = if graph.has_allocations() { lines_of(graph, targets.iter().copied()) } else { Vec::new() };
        if graph.has_allocations() {
            let paragraphs = vec![format!("They were made at {}.", lines.parts(&made, MOST_LINES))];
            sections.push(Section::Paragraphs { key: "made", paragraphs });
            sections.push(Section::Table(super::line_words::made_table(&lines, &made)));
        }
        let together = Together::of(heap, targets);
        let example = graph.address(targets[0]);
        Report {
            title: format!("What keeps the {} objects of {what} alive?", units::count(targets.len() as u64)),
            totals: vec![
                ("objects", Cell::Count(targets.len() as u64)),
                ("unreachable", Cell::Count(tree.unreachable)),
                ("shallow_bytes", Cell::Bytes(together.shallow)),
                ("retained_bytes", Cell::Bytes(together.retained)),
            ],
            summary: format!(
                "{} shallow size · {} retained size together",
                units::bytes(together.shallow),
                units::bytes(together.retained)
            ),
            sections,
            notes,
            next: vec![NextStep::new(format!("why {word} --id {example}"), "one of them, with what to cut")],
            ..Report::about("why", graph, argument)
        }
    }
}

/// A path as Python: the expression, or why there is none, then what must be known of it; and all of the expression.
pub(super) fn expression_words(heap: &Explored<'_>, path: &RootPath) -> (Vec<String>, Option<String>) {
    let graph = heap.graph;
    let expression = heap.expression(path);
    let text = match &expression.text {
        Some(text) if text.len() <= LONGEST_EXPRESSION => text.clone(),
        Some(text) => {
            format!("(an expression of {} characters: see --format json)", units::count(text.len() as u64))
        }
        None => "(no Python expression leads there)".to_owned(),
    };
    let mut lines = vec![text];
    let imports: Vec<&str> = expression.imports.clone();
    if !imports.is_empty() && expression.text.is_some() {
        lines.push(format!("    with import {}", imports.join(", ")));
    }
    if path.root.kind.is_of_a_frame() {
        lines.push("    as long as its thread stands where it stood; counted from the innermost frame".to_owned());
    }
    if path.root.kind == GcRootKind::HeldFromC {
        lines.push(format!("    held from C: {}", root_words::held_from_c(heap, path.root.object)));
    }
    match expression.gap {
        Some(Gap::Root) => lines.push(format!(
            "    the path begins at a root that Python does not reach: {}",
            root_words::of(graph, &path.root)
        )),
        Some(Gap::Hop(hop)) if expression.text.is_none() => {
            lines.push(format!("    Python can't follow step {}", hop + 1));
        }
        Some(Gap::Hop(hop)) => lines.push(format!(
            "    Python can't follow step {}; the expression finds the object behind it by its address",
            hop + 1
        )),
        None => {}
    }
    (lines, expression.text)
}

/// What some objects take, and what goes with all of them.
struct Together {
    shallow: u64,
    retained: u64,
}

impl Together {
    fn of(heap: &Explored<'_>, objects: &[Object]) -> Together {
        let shallow = objects.iter().fold(0_u64, |sum, &object| sum.saturating_add(heap.graph.size(object)));
        let set = ObjectSet::of(heap.graph, objects.iter().copied());
        Together { shallow, retained: retained_by(heap.graph, heap.tree(), &set).bytes }
    }
}

/// A stretch of a path: one hop, or several alike in a row.
pub(super) struct Stretch {
    /// The slot's label; empty for the root.
    pub slot: String,
    /// The last object of the stretch.
    pub object: Object,
    /// How many hops.
    pub hops: u64,
}

impl Stretch {
    /// The slot that leads there, with how many references have it; of the first stretch the root.
    pub(super) fn label(&self, graph: &HeapGraph, path: &RootPath) -> String {
        match self.hops {
            0 => root_words::of(graph, &path.root),
            1 => self.slot.clone(),
            many => format!("{} × {}", self.slot, units::count(many)),
        }
    }
}

/// The path with runs of alike hops (same slot, same type) told once. The first stretch is the root.
pub(super) fn stretches(heap: &Explored<'_>, path: &RootPath) -> Vec<Stretch> {
    let graph = heap.graph;
    let mut stretches = vec![Stretch { slot: String::new(), object: path.root.object, hops: 0 }];
    for hop in &path.hops {
        let slot = slot_label(graph, graph.slot(hop.reference));
        let last = stretches.last_mut().expect("the root is there");
        if last.hops > 0 && last.slot == slot && graph.type_id(last.object) == graph.type_id(hop.object) {
            last.object = hop.object;
            last.hops += 1;
        } else {
            stretches.push(Stretch { slot, object: hop.object, hops: 1 });
        }
    }
    stretches
}

/// The first and the last of a path's stretches, `most` of them together, and how many are left out between: the ends matter most.
pub(super) fn ends(all: &[Stretch], most: usize) -> (Vec<&Stretch>, usize) {
    let hidden = all.len().saturating_sub(most);
    let head = (all.len() - hidden).div_ceil(2);
    let shown = all.iter().enumerate().filter(|(place, _)| *place < head || *place >= head + hidden);
    (shown.map(|(_, stretch)| stretch).collect(), hidden)
}

fn path_table(heap: &Explored<'_>, words: &Words<'_>, path: &RootPath, title: String, limit: Option<usize>) -> Table {
    let graph = heap.graph;
    let all = stretches(heap, path);
    let (shown, hidden) = ends(&all, limit.unwrap_or(all.len()).max(2));
    Table::of("rows", &shown)
        .titled(title)
        .column("slot", "slot", |stretch| Cell::Text(stretch.label(graph, path)))
        .column("type", "type", |stretch| words.of(stretch.object))
        .column("description", "what", |stretch| Cell::Text(words.what(stretch.object)))
        .column("address", "address", |stretch| Cell::Address(graph.address(stretch.object)))
        .column("retained_bytes", "retained size", |stretch| Cell::Bytes(heap.retained().bytes(stretch.object)))
        .machines("hops", |stretch| Cell::Count(stretch.hops))
        .not_showing((hidden > 0).then(|| NotShown {
            rows: hidden as u64,
            what: ("step in the middle", "steps in the middle"),
            sums: Vec::new(),
        }))
        .done()
}

/// What to cut, in words, and who holds it where that is told besides.
fn cut_words(
    heap: &Explored<'_>,
    words: &Words<'_>,
    target: Object,
    paths: &IndependentPaths,
    cut: &CutPlaces,
) -> Vec<String> {
    let mut paragraphs = cut_sentences(heap, words, target, cut);
    let has_cuts = cut.possible(&heap.classes).next().is_some();
    if !cut.is_unreachable && (!has_cuts || paths.holders.len() as u64 + paths.more_holders > 1) {
        let mut lines = vec!["Held by:".to_owned()];
        lines.extend(cut.roots.iter().map(|root| format!("  GC root: {}", root_words::of(heap.graph, root))));
        lines.extend(paths.holders.iter().map(|holder| holder_words(heap, words, holder)));
        if paths.more_holders > 0 {
            lines.push(format!("  not shown: {} more", units::count(paths.more_holders)));
        }
        paragraphs.push(lines.join("\n"));
    }
    paragraphs
}

/// What to cut, in sentences.
pub(super) fn cut_sentences(heap: &Explored<'_>, words: &Words<'_>, target: Object, cut: &CutPlaces) -> Vec<String> {
    let graph = heap.graph;
    let place = |place: &CutPlace| match place {
        CutPlace::Reference(reference) => {
            let slot = slot_label(graph, graph.slot(*reference));
            format!("the reference {slot} of {}", words.phrase(reference.referrer))
        }
        CutPlace::Root(root) => format!("the root {}", root_words::of(graph, root)),
    };
    if cut.is_unreachable && heap.uncollectable().contains(target) {
        return vec![
            "No GC root reaches it, and yet the collector can't free it: it is held by a reference cycle through an object whose \
             type takes no part in collection (`heapgraph cycles` says which)."
                .to_owned(),
        ];
    }
    if cut.is_unreachable {
        return vec![
            "No GC root reaches it: it is garbage waiting for the collector (gc.collect() frees it).".to_owned(),
        ];
    }
    let mut paragraphs = Vec::new();
    let cuts: Vec<&Cut> = cut.possible(&heap.classes).collect();
    if let Some(first) = cuts.first() {
        let what =
            if first.freed == target { "it".to_owned() } else { format!("it with {}", words.phrase(first.freed)) };
        paragraphs.push(format!(
            "To free {what}, cut {}: that frees {}.",
            place(&first.place),
            units::bytes(first.freed_bytes)
        ));
        if let Some(last) = cuts.last().filter(|_| cuts.len() > 1) {
            let others = match cuts.len() - 1 {
                1 => "Another single cut does it too".to_owned(),
                more => format!("{} other single cuts do it too", units::count(more as u64)),
            };
            paragraphs.push(format!(
                "{others}, up to {}: that frees {}.",
                place(&last.place),
                units::bytes(last.freed_bytes)
            ));
        }
    } else if let Some(only) = cut.cuts.last() {
        paragraphs.push(format!(
            "No cut that a program can make frees it: {} holds it alone, and can't be taken away.",
            place(&only.place)
        ));
    } else {
        paragraphs.push("No single cut frees it: it is held in several ways.".to_owned());
    }
    paragraphs
}

/// A holder in words: the slot, the object, and where that is found.
fn holder_words(heap: &Explored<'_>, words: &Words<'_>, holder: &Holder) -> String {
    let graph = heap.graph;
    let mut line = format!("  {}", slot_label(graph, graph.slot(holder.reference)));
    if holder.parallel > 0 {
        line.push_str(&format!(" and {}", units::counted(holder.parallel, "more slot")));
    }
    line.push_str(&format!(" of {}", words.phrase(holder.reference.referrer)));
    match super::phrases::name_by_path(heap, &holder.path) {
        Some(name) => line.push_str(&format!(": {name}")),
        None => line.push_str(&format!(", from {}", root_words::of(graph, &holder.path.root))),
    }
    line
}

/// What to say of targets that are garbage, `stays` of them for good.
fn no_root_reaches(unreachable: u64, stays: u64) -> String {
    let all = units::count(unreachable);
    match stays {
        0 => format!("no GC root reaches {all} of them: garbage waiting for the collector"),
        _ if stays == unreachable => format!("no GC root reaches {all} of them: garbage that the collector can't free"),
        some => format!(
            "no GC root reaches {all} of them: garbage, of which the collector can't free {}",
            units::count(some)
        ),
    }
}

//! The report of `cycles`: patterns of reference cycles, and one of them step by step.

use crate::analysis::classes::Classes;
use crate::analysis::cycles::CyclePattern;
use crate::analysis::retained::Retained;
use crate::graph::{HeapGraph, Object, Reference, TypeNames};
use crate::units;

use super::diagram::{Arrow, BoxRole, Diagram, DiagramBox, FINALIZER, TargetEnd};
use super::phrases::counted;
use super::words::refcount;
use super::{Cell, NextStep, Report, Section, Table, Tree};
use super::{description, root_words, slot_label};

/// So many types of a pattern are named for people.
const TYPES_SHOWN: usize = 4;

/// How cycles are shown.
#[derive(Debug, Clone, Copy)]
pub struct CyclesView {
    /// How many patterns; `None` for all.
    pub limit: Option<usize>,
    /// Which pattern's example is told, from 0.
    pub pattern: usize,
    /// How many objects of the example are told.
    pub max_objects: usize,
    /// Types with their modules.
    pub full_names: bool,
}

/// What several patterns add up to.
#[derive(Default, Clone, Copy)]
struct Sum {
    cycles: u64,
    garbage_cycles: u64,
    total: Retained,
    garbage: Retained,
}

impl Sum {
    fn of(patterns: &[CyclePattern]) -> Sum {
        patterns.iter().fold(Sum::default(), |sum, pattern| Sum {
            cycles: sum.cycles + pattern.count,
            garbage_cycles: sum.garbage_cycles + pattern.garbage_count,
            total: sum.total.and(pattern.total),
            garbage: sum.garbage.and(pattern.garbage),
        })
    }
}

impl Report {
    /// The patterns of reference cycles, most bytes first; `set_aside` are only counted.
    pub fn cycles(
        graph: &HeapGraph,
        patterns: &[CyclePattern],
        set_aside: &[CyclePattern],
        view: CyclesView,
        argument: &str,
    ) -> Report {
        let all = Sum::of(patterns);
        let aside = Sum::of(set_aside);
        let shown = view.limit.unwrap_or(patterns.len()).min(patterns.len());
        let mut sections = vec![Section::Table(table(graph, patterns, shown, view))];
        let mut next = Vec::new();
        let word = super::shell_word(argument);
        if let Some(pattern) = patterns.get(view.pattern) {
            sections.push(Section::Tree(round_tree(graph, pattern, view)));
            let number = view.pattern + 1;
            next.push(NextStep::new(
                format!("cycles {word} --pattern {number} -o cycle.svg"),
                "the example as a picture",
            ));
            if !pattern.smallest.is_garbage {
                let id =
                    graph.address(pattern.example.first().map_or(pattern.smallest.objects[0], |first| first.referrer));
                next.push(NextStep::new(format!("why {word} --id {id}"), "what keeps the example alive"));
            }
        }
        let mut notes = Vec::new();
        let for_good =
            patterns.iter().filter(|pattern| pattern.garbage_count > 0 && !pattern.break_the_chain.is_empty());
        let for_good: Vec<&CyclePattern> = for_good.collect();
        let mut breaking: Vec<String> =
            for_good.iter().flat_map(|pattern| &pattern.break_the_chain).map(|&of| graph.type_name(of)).collect();
        breaking.sort();
        breaking.dedup();
        let cycles_for_good: u64 = for_good.iter().map(|pattern| pattern.garbage_count).sum();
        if cycles_for_good > 0 {
            notes.push(format!(
                "of the garbage the collector can never free {}: {} {} no part in garbage collection",
                counted(cycles_for_good, "cycle", "cycles"),
                breaking.join(", "),
                if breaking.len() == 1 { "takes" } else { "take" },
            ));
        }
        if aside.cycles > 0 {
            notes.push(format!(
                "set aside: {} through modules and classes, as code refers to code ({}, {}{}); --structure lists them",
                counted(aside.cycles, "cycle", "cycles"),
                counted(aside.total.objects, "object", "objects"),
                units::bytes(aside.total.bytes),
                match aside.garbage.bytes {
                    0 => String::new(),
                    bytes => format!(", of which garbage {}", units::bytes(bytes)),
                },
            ));
        }
        notes.push(
            "references of functions to their globals, of instances to their classes, and the like are not followed: \
             they tie most of any program into one cycle"
                .to_owned(),
        );
        let about = Report::about("cycles", graph, argument);
        notes.extend(about.notes);
        Report {
            command: about.command,
            snapshots: about.snapshots,
            title: match patterns.len() {
                0 => "No reference cycle of the program's own objects.".to_owned(),
                _ => String::new(),
            },
            totals: vec![
                ("patterns", Cell::Count(patterns.len() as u64)),
                ("cycles", Cell::Count(all.cycles)),
                ("objects", Cell::Count(all.total.objects)),
                ("shallow_bytes", Cell::Bytes(all.total.bytes)),
                ("garbage_cycles", Cell::Count(all.garbage_cycles)),
                ("garbage_objects", Cell::Count(all.garbage.objects)),
                ("garbage_shallow_bytes", Cell::Bytes(all.garbage.bytes)),
                ("uncollectable_cycles", Cell::Count(cycles_for_good)),
                ("structure_patterns", Cell::Count(set_aside.len() as u64)),
                ("structure_cycles", Cell::Count(aside.cycles)),
                ("structure_objects", Cell::Count(aside.total.objects)),
                ("structure_shallow_bytes", Cell::Bytes(aside.total.bytes)),
                ("structure_garbage_shallow_bytes", Cell::Bytes(aside.garbage.bytes)),
            ],
            summary: format!(
                "{} of {} · {} · {} shallow size · {}: {}, {}",
                counted(all.cycles, "cycle", "cycles"),
                counted(patterns.len() as u64, "pattern", "patterns"),
                counted(all.total.objects, "object", "objects"),
                units::bytes(all.total.bytes),
                if cycles_for_good == 0 { "garbage waiting for the collector" } else { "garbage" },
                counted(all.garbage_cycles, "cycle", "cycles"),
                units::bytes(all.garbage.bytes),
            ),
            sections,
            notes,
            next,
            ..Report::default()
        }
    }
}

fn table(graph: &HeapGraph, patterns: &[CyclePattern], shown: usize, view: CyclesView) -> Table {
    let numbered: Vec<(u64, &CyclePattern)> = (1..).zip(patterns).collect();
    let (rows, rest) = numbered.split_at(shown);
    let names = Names::new(graph, rows.iter().map(|(_, pattern)| *pattern), view.full_names);
    let left = Sum::of(&patterns[shown..]);
    Table::of("rows", rows)
        .column("pattern", "no.", |&(number, _)| Cell::Count(number))
        .column("types", "types", |(_, pattern)| names.pattern(pattern))
        .column("count", "cycles", |(_, pattern)| Cell::Count(pattern.count))
        .column("objects", "objects", |(_, pattern)| Cell::Count(pattern.total.objects))
        .column("shallow_bytes", "shallow size", |(_, pattern)| Cell::Bytes(pattern.total.bytes))
        .column("garbage_count", "garbage", |(_, pattern)| Cell::Count(pattern.garbage_count))
        .machines("garbage_shallow_bytes", |(_, pattern)| Cell::Bytes(pattern.garbage.bytes))
        .column("has_finalizer", "finalizer", |(_, pattern)| pattern.has_finalizer.map_or(Cell::Missing, Cell::Flag))
        .machines("is_structure", |(_, pattern)| Cell::Flag(pattern.is_structure))
        .column("smallest_objects", "smallest", |(_, pattern)| Cell::Count(pattern.smallest.objects.len() as u64))
        .leaves_out(
            rest,
            ("pattern", "patterns"),
            [
                ("count", Cell::Count(left.cycles)),
                ("shallow_bytes", Cell::Bytes(left.total.bytes)),
                ("garbage_count", Cell::Count(left.garbage_cycles)),
            ],
        )
        .done()
}

/// How the types of some patterns are shown.
struct Names<'g> {
    graph: &'g HeapGraph,
    names: TypeNames,
}

impl<'g> Names<'g> {
    fn new<'p>(graph: &'g HeapGraph, patterns: impl IntoIterator<Item = &'p CyclePattern>, full: bool) -> Self {
        let types = patterns.into_iter().flat_map(|pattern| &pattern.types);
        let full_names: Vec<String> = types.map(|&of| graph.type_name(of)).collect();
        Names { graph, names: TypeNames::new(full_names.iter().map(String::as_str), full) }
    }

    fn of(&self, object: Object) -> String {
        self.names.show(&self.graph.type_of(object).full_name()).to_owned()
    }

    /// `Order + User`, `A + B + C + D + 3 more`; all, with their modules, for machines.
    fn pattern(&self, pattern: &CyclePattern) -> Cell {
        let mut full: Vec<String> = pattern.types.iter().map(|&of| self.graph.type_name(of)).collect();
        // What the program made says more than what it is made of.
        full.sort_by_key(|name| !name.contains('.'));
        let mut shown: Vec<String> =
            full.iter().take(TYPES_SHOWN).map(|name| self.names.show(name).to_owned()).collect();
        if full.len() > TYPES_SHOWN {
            shown.push(format!("{} more", units::count((full.len() - TYPES_SHOWN) as u64)));
        }
        Cell::Type { shown: shown.join(" + "), full: full.join(" + ") }
    }
}

/// The references of a round that are told, and how many are not.
fn told(pattern: &CyclePattern, view: CyclesView) -> (&[Reference], u64) {
    let round = pattern.example.as_slice();
    // The last object of a round that is cut still has to lead back.
    let shown = if round.len() > view.max_objects { view.max_objects - 1 } else { round.len() };
    (&round[..shown], (round.len() - shown) as u64)
}

/// The round of a pattern's example, a row per reference.
fn round_tree(graph: &HeapGraph, pattern: &CyclePattern, view: CyclesView) -> Tree {
    let names = Names::new(graph, [pattern], view.full_names);
    let (shown, hidden) = told(pattern, view);
    let object_row = |slot, object, mark: &'static str| RoundRow { slot, object: Some(object), mark: mark.to_owned() };
    let mut rows: Vec<RoundRow> = shown.iter().take(1).map(|first| object_row(None, first.referrer, "")).collect();
    for (place, reference) in shown.iter().enumerate() {
        let Some(referent) = reference.referent else { continue };
        let is_last = place + 1 == shown.len() && hidden == 0;
        let slot = slot_label(graph, graph.slot(*reference));
        rows.push(object_row(Some(slot), referent, if is_last { "where it began" } else { "" }));
    }
    if hidden > 0 {
        let mark =
            format!("{} until where it began (--max-nodes)", counted(hidden, "more reference", "more references"));
        rows.push(RoundRow { slot: None, object: None, mark });
    }
    let is_garbage = match (pattern.smallest.is_garbage, pattern.break_the_chain.is_empty()) {
        (false, _) => "reachable",
        (true, true) => "garbage",
        (true, false) => "garbage for good",
    };
    let of = |row: &RoundRow, cell: &dyn Fn(Object) -> Cell| row.object.map_or(Cell::Missing, cell);
    let known = |text: &str| if text.is_empty() { Cell::Missing } else { Cell::Text(text.to_owned()) };
    Table::of("example", &rows)
        .titled(format!(
            "An example of no. {}: the shortest round through the smallest cycle ({}, {is_garbage})",
            view.pattern + 1,
            counted(pattern.smallest.objects.len() as u64, "object", "objects")
        ))
        .machines("slot", |row| row.slot.clone().map_or(Cell::Missing, Cell::Text))
        .machines("address", |row| of(row, &|object| Cell::Address(graph.address(object))))
        .machines("type", |row| of(row, &|object| Cell::Text(graph.type_of(object).full_name())))
        .machines("shallow_bytes", |row| of(row, &|object| Cell::Bytes(graph.size(object))))
        .machines("mark", |row| known(&row.mark))
        .tree(
            |row| u32::from(row.slot.is_some() || row.object.is_none()),
            |row| match row.object {
                Some(object) => round_text(graph, &names, row, object),
                None => vec![Cell::Faint(row.mark.clone())],
            },
        )
}

/// An object of a round, or what is left out of it.
struct RoundRow {
    /// The slot of the row above that refers to it.
    slot: Option<String>,
    object: Option<Object>,
    /// What is to be said of it; empty for nothing.
    mark: String,
}

fn round_text(graph: &HeapGraph, names: &Names, row: &RoundRow, object: Object) -> Vec<Cell> {
    let mut text = Vec::new();
    if let Some(slot) = &row.slot {
        text.push(Cell::Strong(slot.clone()));
        text.push(Cell::Faint("→".into()));
    }
    text.push(Cell::Type { shown: names.of(object), full: graph.type_of(object).full_name() });
    let what = description(graph, object);
    if !what.is_empty() && row.mark.is_empty() {
        text.push(Cell::Text(what));
    }
    text.push(Cell::Address(graph.address(object)));
    text.push(Cell::Faint(match row.mark.as_str() {
        "" => units::bytes(graph.size(object)),
        mark => format!("({mark})"),
    }));
    text
}

/// The round of a pattern's example as a picture.
pub fn round_diagram(graph: &HeapGraph, pattern: &CyclePattern, view: CyclesView) -> Diagram {
    let (names, classes) = (Names::new(graph, [pattern], view.full_names), Classes::of(graph));
    let (shown, hidden) = told(pattern, view);
    let state = match (pattern.smallest.is_garbage, pattern.break_the_chain.is_empty()) {
        (false, _) => "alive",
        (true, true) => "garbage waiting for the collector",
        (true, false) => "garbage that the collector can't free",
    };
    let mut diagram = Diagram {
        title: format!("A reference cycle of {} ({state})", names.pattern(pattern).human()),
        target_end: TargetEnd::First,
        ..Diagram::default()
    };
    for (reference, distance) in shown.iter().zip(0..) {
        diagram.boxes.push(object_box(&classes, &names, reference.referrer, distance));
    }
    if hidden > 0 {
        let objects = hidden - 1;
        // The reference that leads out of what is shown ends at an object that is drawn.
        if let Some(referent) = shown.last().and_then(|reference| reference.referent) {
            diagram.boxes.push(object_box(&classes, &names, referent, shown.len() as u32));
        }
        diagram.boxes.push(DiagramBox {
            address: None,
            role: BoxRole::More,
            heading: format!("{} more", units::count(objects)),
            lines: vec!["objects".to_owned()],
            facts: vec!["left out: too many (--max-nodes)".to_owned()],
            distance: shown.len() as u32 + 1,
            objects,
            root: None,
            highlighted: false,
            series: Vec::new(),
            finalizer: false,
        });
        diagram.notes.push(format!("not shown: {} of the round (--max-nodes)", counted(objects, "object", "objects")));
    }
    let count = diagram.boxes.len();
    for from in 0..count {
        let labels = shown.get(from).map(|reference| slot_label(graph, graph.slot(*reference)));
        diagram.arrows.push(Arrow {
            from,
            to: (from + 1) % count,
            labels: labels.into_iter().collect(),
            unnamed_more: 0,
            weak: false,
            emphasised: false,
        });
    }
    let besides = pattern.smallest.objects.len() - pattern.example.len();
    if besides > 0 {
        let objects = counted(besides as u64, "object", "objects");
        diagram.notes.push(format!("{objects} more belong to this cycle; the picture is its shortest round"));
    }
    if pattern.count > 1 {
        let cycles = counted(pattern.count - 1, "cycle", "cycles");
        diagram.notes.push(format!("{cycles} more are of the same types"));
    }
    diagram
}

fn object_box(classes: &Classes<'_>, names: &Names<'_>, object: Object, distance: u32) -> DiagramBox {
    let graph = classes.graph();
    let address = graph.address(object);
    let mut lines = vec![description(graph, object), address.to_string()];
    lines.retain(|line| !line.is_empty());
    let finalizer = classes.has_finalizer(graph.type_id(object));
    lines.extend(finalizer.then(|| FINALIZER.to_owned()));
    let root = graph.roots_of(object).first().map(root_words::of_named);
    DiagramBox {
        address: Some(address),
        role: match (distance, &root) {
            (0, _) => BoxRole::Target,
            (_, Some(_)) => BoxRole::Root,
            (_, None) => BoxRole::Object,
        },
        heading: names.of(object),
        lines,
        facts: vec![
            format!("type: {}", graph.type_of(object).full_name()),
            format!("address: {address}"),
            format!("shallow size: {}", units::bytes(graph.size(object))),
            format!("reference count: {}", refcount(graph, object)),
        ],
        distance,
        objects: 1,
        root,
        highlighted: false,
        series: Vec::new(),
        finalizer,
    }
}

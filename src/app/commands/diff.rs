//! `heapgraph diff`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::analysis::gc_roots::GcRoots;
use crate::analysis::growth::{Growth, GrowthOrder};
use crate::analysis::growth_limit::GrowthLimit;
use crate::analysis::histogram::{Grouping, Groups, Histogram};
use crate::analysis::places::PlacedHeap;
use crate::app::cli::{DiffArgs, DiffGroupArg, SortArg};
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, input, output};
use crate::graph::{HeapGraph, TypePattern};
use crate::report::{GrowthView, Report, SnapshotFacts, line_notes, place_text_at, snapshot_notes};
use crate::snapshot::Wanted;

/// What must be known of such a comparison.
pub(super) const OF_DIFFERENT_PROCESSES: &str =
    "the snapshots are of different processes (pid): growth compares places and types, not objects";

pub fn run(args: &DiffArgs) -> anyhow::Result<ExitCode> {
    if args.sort == Some(SortArg::Retained) {
        return Err(UsageError("diff compares counts and shallow sizes: --sort count, size or name".to_owned()).into());
    }
    input::refuse_standard_input_twice(std::iter::once(&args.before).chain(&args.after))?;
    let is_gate = args.max_growth.is_some() || args.max_growth_bytes.is_some() || !args.only.is_empty();
    let mut has_no_places = false;
    let grouping = match args.group {
        Some(DiffGroupArg::Type) => Grouping::Type,
        Some(DiffGroupArg::Module) => Grouping::Module,
        Some(DiffGroupArg::Line) => Grouping::Line,
        Some(DiffGroupArg::Function) => Grouping::Function,
        Some(DiffGroupArg::File) => Grouping::File,
        None if is_gate => Grouping::Type,
        Some(DiffGroupArg::Place) if is_gate => {
            return Err(UsageError("--max-growth limits types or modules, not places".to_owned()).into());
        }
        Some(DiffGroupArg::Place) | None => match super::diff_places::run(args)? {
            Some(code) => return Ok(code),
            None => {
                has_no_places = true;
                Grouping::Type
            }
        },
    };
    let limit = GrowthLimit {
        objects: args.max_growth,
        shallow_bytes: args.max_growth_bytes,
        of: args.only.iter().map(|text| TypePattern::new(text)).collect::<Result<_, _>>()?,
    };
    if !limit.is_set() && !limit.of.is_empty() {
        return Err(UsageError(
            "--only says which types --max-growth or --max-growth-bytes limits: give one".to_owned(),
        )
        .into());
    }
    let mut facts = Vec::new();
    let mut histograms = Vec::new();
    let mut notes = Vec::new();
    for path in std::iter::once(&args.before).chain(&args.after) {
        let snapshot = input::read(path, Wanted::Objects, args.output.quiet)?;
        super::need_lines(grouping, &snapshot.header, &input::name(path))?;
        if grouping.is_of_allocations() {
            notes.extend(line_notes(&snapshot.header));
            notes.dedup();
        }
        histograms.push(Histogram::of(&snapshot, grouping));
        let fact =
            SnapshotFacts::new(&input::name(path), &snapshot.header, &snapshot.end).explaining(snapshot.all_bytes());
        notes.extend(
            snapshot_notes(&snapshot.end, &snapshot.oddities).into_iter().map(|note| format!("{}: {note}", fact.file)),
        );
        facts.push(fact);
    }
    if facts.windows(2).any(|pair| pair[0].pid != pair[1].pid) {
        notes.insert(0, OF_DIFFERENT_PROCESSES.to_owned());
    }
    if has_no_places {
        notes.insert(0, "a snapshot has no references: growth is told by type, not by place".to_owned());
    }
    let order = match args.sort {
        Some(SortArg::Size) => GrowthOrder::Size,
        Some(SortArg::Name) => GrowthOrder::Name,
        Some(SortArg::Count | SortArg::Retained) | None => GrowthOrder::Count,
    };
    let names = histograms.iter().flat_map(|histogram| histogram.groups.keys());
    for pattern in limit.unused(names.clone()) {
        let hint = pattern.did_you_mean(names.clone().cloned());
        let text = pattern.text();
        notes.insert(0, format!("--only {text} limits nothing: no object of such a type is in these snapshots{hint}"));
    }
    let growth = Growth::between(&histograms, order);
    let exceeded = limit.exceeded_by(&growth);
    let view = GrowthView { grouping, limit: super::limit(args.limit), full_names: args.full_names };
    let held = match args.after.last().filter(|_| grouping.is_of_allocations()) {
        Some(last) => held_most_at(last, grouping, args.output.quiet)?,
        None => BTreeMap::new(),
    };
    let mut report = Report::growth(facts, &growth, view, &held, notes);
    if !limit.is_set() {
        output::write_report(&report, &args.output)?;
        return Ok(ExitCode::Ok);
    }
    report.add_gate(grouping, &limit, &exceeded);
    output::write_report(&report, &args.output)?;
    Ok(if exceeded.is_empty() { ExitCode::Ok } else { ExitCode::Gate })
}

/// For the name of each group of a snapshot, the place that holds most bytes of its objects.
fn held_most_at(path: &Path, grouping: Grouping, quiet: bool) -> anyhow::Result<BTreeMap<String, String>> {
    let graph = HeapGraph::build(input::read(path, Wanted::References, quiet)?);
    let placed = PlacedHeap::of(&graph, &GcRoots::of(&graph));
    let groups = Groups::of(&graph, grouping);
    let mut sums: BTreeMap<(usize, u32), u64> = BTreeMap::new();
    for object in graph.objects() {
        let sum = sums.entry((groups.group(&graph, object), placed.place(object))).or_default();
        *sum = sum.saturating_add(graph.size(object));
    }
    let mut most: BTreeMap<usize, (u64, u32)> = BTreeMap::new();
    for ((group, place), bytes) in sums {
        let known = most.entry(group).or_insert((bytes, place));
        if bytes > known.0 {
            *known = (bytes, place);
        }
    }
    let text = |place| place_text_at(&placed.tree, place);
    Ok(most.into_iter().map(|(group, (_, place))| (groups.names[group].clone(), text(place))).collect())
}

//! `heapgraph diff`.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::analysis::common::{Counts, Grouping, Groups};
use crate::analysis::diff::{Diff, DiffOrder};
use crate::analysis::gc_roots::GcRoots;
use crate::analysis::growth_limit::GrowthLimit;
use crate::analysis::places::PlacedHeap;
use crate::app::arguments::{self, OutputArgs, PictureArgs, SortArg};
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, input, output};
use crate::graph::TypePattern;
use crate::report::{DiffView, Report, SnapshotFacts, line_notes, place_text_at, snapshot_notes};
use crate::snapshot::Wanted;

/// Help after `diff --help`.
pub const EXAMPLES: &str = "\
Examples:
  heapgraph diff a.json b.json                    the places that grew, and who holds what is in them
  heapgraph diff a.json b.json c.json             and how: each time, or stopped
  heapgraph diff a.json b.json -o growth.svg      a picture of who holds what grew (.png, .dot, .mmd)
  heapgraph diff a.json b.json --max-growth 0 --only 'app.*'";

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier snapshot
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// The later snapshot; with several, growth is from BEFORE to the last, and rows say how it went
    #[arg(value_name = "AFTER", required = true)]
    pub after: Vec<PathBuf>,
    /// How many rows of each table; 0 for all
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    /// Which rows come first [default: size, count with --group type or module]
    #[arg(long, value_enum)]
    pub sort: Option<SortArg>,
    /// What growth is told by [default: place, type with the limits of a build]
    #[arg(long, visible_alias = "by", value_enum)]
    pub group: Option<DiffGroupArg>,
    /// Tell places that grew by at least this (500K, 20M) [default: a thousandth of the heap, from 16K to 1M]
    #[arg(long, value_name = "BYTES", value_parser = arguments::byte_size)]
    pub min: Option<u64>,
    /// Types with their modules: app.models.Session instead of Session
    #[arg(long)]
    pub full_names: bool,
    /// Exit with 3 when a type has more than N objects more than in BEFORE; 0 allows no growth
    #[arg(long, value_name = "N", help_heading = "For a build that must not leak")]
    pub max_growth: Option<u64>,
    /// Exit with 3 when the objects of a type take more than this more than in BEFORE (500K, 20M)
    #[arg(long, value_name = "BYTES", value_parser = arguments::byte_size, help_heading = "For a build that must not leak")]
    pub max_growth_bytes: Option<u64>,
    /// The types that these limits are for, as app.models.Session, Session or 'app.*'; all when none is named
    #[arg(long, value_name = "TYPE", help_heading = "For a build that must not leak")]
    pub only: Vec<String>,
    #[command(flatten)]
    pub output: OutputArgs,
    // Last: its heading would hold for what follows.
    #[command(flatten)]
    pub picture: PictureArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffGroupArg {
    /// Where memory lives, then types
    Place,
    Type,
    /// The module of the type
    Module,
    /// The line that made the objects, and where they are held
    Line,
    /// The function that made them
    Function,
    /// The source file that made them
    File,
}

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
    let mut counts = Vec::new();
    let mut notes = Vec::new();
    let count = |path: &Path| {
        let snapshot = input::read(path, Wanted::Objects, args.output.quiet)?;
        super::need_lines(grouping, &snapshot.header, &input::name(path))?;
        let fact =
            SnapshotFacts::new(&input::name(path), &snapshot.header, &snapshot.end).explaining(snapshot.all_bytes());
        let of_lines = if grouping.is_of_allocations() { line_notes(&snapshot.header) } else { Vec::new() };
        let own = snapshot_notes(&snapshot.end, &snapshot.oddities);
        let own: Vec<String> = own.into_iter().map(|note| format!("{}: {note}", fact.file)).collect();
        Ok((Counts::of(&snapshot, grouping), fact, of_lines, own))
    };
    let files: Vec<&Path> = std::iter::once(&args.before).chain(&args.after).map(PathBuf::as_path).collect();
    for (one, fact, of_lines, own) in input::each(&files, count)? {
        if grouping.is_of_allocations() {
            notes.extend(of_lines);
            notes.dedup();
        }
        counts.push(one);
        notes.extend(own);
        facts.push(fact);
    }
    if facts.windows(2).any(|pair| pair[0].pid != pair[1].pid) {
        notes.insert(0, OF_DIFFERENT_PROCESSES.to_owned());
    }
    if has_no_places {
        notes.insert(0, "a snapshot has no references: growth is told by type, not by place".to_owned());
    }
    let order = match args.sort {
        Some(SortArg::Size) => DiffOrder::Size,
        Some(SortArg::Name) => DiffOrder::Name,
        Some(SortArg::Count | SortArg::Retained) | None => DiffOrder::Count,
    };
    let names = counts.iter().flat_map(|one| one.groups.keys());
    for pattern in limit.unused(names.clone()) {
        let hint = pattern.did_you_mean(names.clone().cloned());
        let text = pattern.text();
        notes.insert(0, format!("--only {text} limits nothing: no object of such a type is in these snapshots{hint}"));
    }
    let diff = Diff::between(&counts, order);
    let exceeded = limit.exceeded_by(&diff);
    let view = DiffView { grouping, limit: arguments::limit(args.limit), full_names: args.full_names };
    let held = match args.after.last().filter(|_| grouping.is_of_allocations()) {
        Some(last) => held_most_at(last, grouping, args.output.quiet)?,
        None => BTreeMap::new(),
    };
    let mut report = Report::diff(facts, &diff, view, &held, notes);
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
    let graph = input::built(input::read(path, Wanted::References, quiet)?);
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

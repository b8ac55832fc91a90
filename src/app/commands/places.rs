//! `heapgraph places`.

use clap::Args;

use crate::analysis::explored::Explored;
use crate::analysis::places::PlacedHeap;
use crate::app::arguments::{self, OutputArgs, SnapshotArg};
use crate::app::{ExitCode, index, input, output};
use crate::report::{LineWords, PlacesView, Report, SnapshotFacts, place_notes, place_stacks};

#[derive(Debug, Args)]
pub struct PlacesArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    /// How many levels of the tree [default: 3, 64 for flame graphs]
    #[arg(long, value_name = "N")]
    pub depth: Option<u32>,
    /// How many places on each level; 0 for all with a ten-thousandth of the heap
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub limit: usize,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Levels of the tree on a terminal.
const DEPTH: u32 = 3;
/// Levels of a flame graph: what is deeper is too thin to be seen.
const FOLDED_DEPTH: u32 = 64;

pub fn run(args: &PlacesArgs) -> anyhow::Result<ExitCode> {
    let stacks_format = output::stacks_format(&args.output);
    if stacks_format.is_none() {
        output::format(&args.output)?;
    }
    let graph = input::graph(&args.snapshot, args.output.quiet)?;
    let heap = Explored::of(&graph);
    let lines = graph.has_allocations().then(|| LineWords::of(&graph));
    let with_lines = (lines.is_some() && stacks_format.is_none()).then(|| {
        let mut placed = PlacedHeap::of(&graph, &heap.roots);
        placed.count_lines();
        placed.tree
    });
    let places = with_lines.as_ref().unwrap_or_else(|| heap.places());
    if let Some(format) = stacks_format {
        let stacks = place_stacks(places, args.depth.unwrap_or(FOLDED_DEPTH).max(1));
        output::write_stacks(&stacks, format, &format!("Places of {}", input::argument(&args.snapshot)), &args.output)?;
        return Ok(ExitCode::Ok);
    }
    let facts =
        SnapshotFacts::new(&input::argument(&args.snapshot), &graph.header, &graph.end).explaining(graph.total_bytes());
    let view = PlacesView { depth: args.depth.unwrap_or(DEPTH).max(1), limit: arguments::limit(args.limit) };
    let report = Report::places(facts, places, lines.as_ref(), view, place_notes(&graph));
    output::write_report(&report, &args.output)?;
    index::keep(input::file(&args.snapshot), &heap);
    Ok(ExitCode::Ok)
}

//! `heapgraph census`: one process in a few rows, for people and for scrapers.

use clap::Args;

use crate::analysis::explored::Explored;
use crate::analysis::places::PlacedHeap;
use crate::app::arguments::{self, FormatArg, OutputArgs, SnapshotArg};
use crate::app::{ExitCode, input, output};
use crate::export::census::{CensusRow, Counted, census};
use crate::export::openmetrics::openmetrics;
use crate::report::{CountedRow, Report, SnapshotFacts, place_notes};

/// Help after `census --help`.
pub const EXAMPLES: &str = "\
Examples:
  heapgraph census --pid PID
  heapgraph census --pid PID --format openmetrics -o /var/lib/node_exporter/app.prom
  heapgraph export --pid PID --census -o heaps/            the same as Parquet, for a fleet";

#[derive(Debug, Args)]
pub struct CensusArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    /// How many types, and how many places; 0 for all with a two-thousandth of the heap
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub fn run(args: &CensusArgs) -> anyhow::Result<ExitCode> {
    let is_metrics = args.output.format == Some(FormatArg::Openmetrics);
    if !is_metrics {
        output::format(&args.output)?;
    }
    let graph = input::graph(&args.snapshot, args.output.quiet)?;
    let heap = Explored::of(&graph);
    let placed = PlacedHeap::of(&graph, &heap.roots);
    let rows = census(&heap, &placed, arguments::limit(args.limit).unwrap_or(usize::MAX));
    if is_metrics {
        output::write_bytes(openmetrics(&graph.header, &rows).as_bytes(), args.output.file())?;
        return Ok(ExitCode::Ok);
    }
    let of = |counted: Counted| rows.iter().filter(move |row| row.counted == counted);
    let row = |row: &CensusRow| CountedRow {
        name: if row.name.is_empty() { row.counted.label().to_owned() } else { row.name.clone() },
        objects: row.all.count,
        shallow_bytes: row.all.shallow_bytes,
        elements: row.elements.filter(|_| row.containers > Some(0)),
    };
    let total = |counted| of(counted).next().map_or((0, 0), |row| (row.all.count, row.all.shallow_bytes));
    let types: Vec<CountedRow> = of(Counted::Type).chain(of(Counted::OtherTypes)).map(row).collect();
    let places: Vec<CountedRow> = of(Counted::Place).map(row).collect();
    let facts =
        SnapshotFacts::new(&input::argument(&args.snapshot), &graph.header, &graph.end).explaining(graph.total_bytes());
    let totals = [total(Counted::Heap), total(Counted::Garbage)];
    let report = Report::process_census(facts, &graph.header, totals, &types, &places, place_notes(&graph));
    output::write_report(&report, &args.output)?;
    Ok(ExitCode::Ok)
}

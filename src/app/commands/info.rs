//! `heapgraph info`.

use clap::Args;

use crate::analysis::blind_spots::BlindSpots;
use crate::analysis::explored::Explored;
use crate::app::arguments::{self, OutputArgs, SnapshotArg};
use crate::app::{ExitCode, index, input, output};
use crate::report::Report;

#[derive(Debug, Args)]
pub struct InfoArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    /// How many types of each blind spot; 0 for all
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub limit: usize,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub fn run(args: &InfoArgs) -> anyhow::Result<ExitCode> {
    output::format(&args.output)?;
    let mut graph = input::graph(&args.snapshot, args.output.quiet)?;
    graph.bring_in();
    let heap = Explored::of(&graph);
    let spots = BlindSpots::of(&heap);
    let report = Report::info(&heap, &spots, arguments::limit(args.limit), &input::argument(&args.snapshot));
    output::write_report(&report, &args.output)?;
    index::keep(input::file(&args.snapshot), &heap);
    Ok(ExitCode::Ok)
}

//! `heapgraph info`.

use crate::analysis::blind_spots::BlindSpots;
use crate::analysis::explored::Explored;
use crate::app::cli::InfoArgs;
use crate::app::{ExitCode, input, output};
use crate::report::Report;

pub fn run(args: &InfoArgs) -> anyhow::Result<ExitCode> {
    output::format(&args.output)?;
    let graph = input::graph(&args.snapshot, args.output.quiet)?;
    let heap = Explored::of(&graph);
    let spots = BlindSpots::of(&heap);
    let report = Report::info(&heap, &spots, super::limit(args.limit), &input::argument(&args.snapshot));
    output::write_report(&report, &args.output)?;
    Ok(ExitCode::Ok)
}

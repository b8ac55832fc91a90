//! `heapgraph info`.

use crate::analysis::blind_spots::BlindSpots;
use crate::analysis::explored::Explored;
use crate::app::cli::InfoArgs;
use crate::app::{ExitCode, index, input, output};
use crate::report::Report;

pub fn run(args: &InfoArgs) -> anyhow::Result<ExitCode> {
    output::format(&args.output)?;
    let mut graph = input::graph(&args.snapshot, args.output.quiet)?;
    graph.bring_in();
    let heap = Explored::of(&graph);
    let spots = BlindSpots::of(&heap);
    let report = Report::info(&heap, &spots, super::limit(args.limit), &input::argument(&args.snapshot));
    output::write_report(&report, &args.output)?;
    index::keep(input::file(&args.snapshot), &heap);
    Ok(ExitCode::Ok)
}

//! `heapgraph common`.

use crate::analysis::histogram::Histogram;
use crate::app::cli::CommonArgs;
use crate::app::{ExitCode, input, output};
use crate::report::{CensusView, Report};
use crate::snapshot::Wanted;

pub fn run(args: &CommonArgs) -> anyhow::Result<ExitCode> {
    let snapshot = input::read(&args.snapshot.snapshot, Wanted::Objects, args.output.quiet)?;
    let histogram = Histogram::of(&snapshot, super::grouping(args.list.group));
    let view = CensusView {
        order: super::order(args.list.sort),
        limit: super::limit(args.list.limit),
        full_names: args.list.full_names,
    };
    let report = Report::census(&input::argument(&args.snapshot.snapshot), &snapshot, &histogram, view);
    output::write_report(&report, &args.output)?;
    Ok(ExitCode::Ok)
}

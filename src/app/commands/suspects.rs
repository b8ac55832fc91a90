//! `heapgraph suspects`.

use crate::analysis::explored::Explored;
use crate::analysis::suspects::{self, Thresholds};
use crate::app::cli::SuspectsArgs;
use crate::app::{ExitCode, input, output};
use crate::report::Report;

pub fn run(args: &SuspectsArgs) -> anyhow::Result<ExitCode> {
    output::format(&args.output)?;
    let usual = Thresholds::default();
    let thresholds = Thresholds {
        share: args.share,
        rule_share: args.share * usual.rule_share / usual.share,
        limit: super::limit(args.limit).unwrap_or(usize::MAX),
        ..usual
    };
    let graph = input::graph(&args.snapshot, args.output.quiet)?;
    let heap = Explored::of(&graph);
    let found = suspects::find(&heap, &thresholds);
    let report = Report::suspects(&heap, &found, &thresholds, &input::argument(&args.snapshot));
    output::write_report(&report, &args.output)?;
    Ok(ExitCode::Ok)
}

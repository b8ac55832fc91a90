//! `heapgraph show`.

use crate::analysis::explored::Explored;
use crate::app::cli::ShowArgs;
use crate::app::{ExitCode, input, output};
use crate::report::{Report, ShowView};

pub fn run(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    output::format(&args.output)?;
    let graph = input::graph(&args.snapshot, args.output.quiet)?;
    let argument = input::argument(&args.snapshot);
    let targets = super::select_all(&graph, &args.target)?;
    let &[object] = targets.as_slice() else {
        let report = Report::candidates(&graph, &targets, super::limit(args.limit), "show", &argument);
        output::write_report(&report, &args.output)?;
        return Ok(ExitCode::Ok);
    };
    let heap = Explored::of(&graph);
    let cut = heap.cut_places(object);
    let view = ShowView { limit: super::limit(args.limit), full_names: args.full_names };
    output::write_report(&Report::show(&heap, object, &cut, view, &argument), &args.output)?;
    Ok(ExitCode::Ok)
}

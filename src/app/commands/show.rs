//! `heapgraph show`.

use crate::analysis::explored::Explored;
use crate::app::cli::ShowArgs;
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, index, input, output};
use crate::report::{Report, ShowView};

pub fn run(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    output::format(&args.output)?;
    if args.target.id.len() > 1 {
        return Err(UsageError("show tells of one object: give one --id".to_owned()).into());
    }
    let graph = input::graph(&args.snapshot, args.output.quiet)?;
    let argument = input::argument(&args.snapshot);
    let targets = super::select_all(&graph, &args.target)?;
    let &[object] = targets.as_slice() else {
        let pattern = args.target.type_name.as_deref().unwrap_or_default();
        let report = Report::candidates(&graph, &targets, super::limit(args.limit), "show", pattern, &argument);
        output::write_report(&report, &args.output)?;
        return Ok(ExitCode::Ok);
    };
    let heap = Explored::of(&graph);
    let cut = heap.cut_places(object);
    let view = ShowView { limit: super::limit(args.limit), full_names: args.full_names };
    output::write_report(&Report::show(&heap, object, &cut, view, &argument), &args.output)?;
    index::keep(input::file(&args.snapshot), &heap);
    Ok(ExitCode::Ok)
}

//! `heapgraph show`.

use clap::Args;

use crate::analysis::explored::Explored;
use crate::app::arguments::{self, OutputArgs, SnapshotArg, TargetArgs};
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, index, input, output};
use crate::report::{Report, ShowView};

#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    #[command(flatten)]
    pub target: TargetArgs,
    /// How many slots, referrers and dominated objects; 0 for all
    #[arg(long, default_value_t = 12, value_name = "N")]
    pub limit: usize,
    /// Types with their modules: app.models.Session instead of Session
    #[arg(long)]
    pub full_names: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

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
        let report = Report::candidates(&graph, &targets, arguments::limit(args.limit), "show", pattern, &argument);
        output::write_report(&report, &args.output)?;
        return Ok(ExitCode::Ok);
    };
    let heap = Explored::of(&graph);
    heap.paths_and_tree();
    let cut = heap.cut_places(object);
    let view = ShowView { limit: arguments::limit(args.limit), full_names: args.full_names };
    output::write_report(&Report::show(&heap, object, &cut, view, &argument), &args.output)?;
    index::keep(input::file(&args.snapshot), &heap);
    Ok(ExitCode::Ok)
}

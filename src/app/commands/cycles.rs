//! `heapgraph cycles`.

use clap::Args;

use crate::analysis::cycles::{cycle_patterns, cycles};
use crate::analysis::explored::Explored;
use crate::analysis::ownership::ownership_view;
use crate::app::arguments::{self, OutputArgs, PictureArgs, SnapshotArg};
use crate::app::exit_code::UsageError;
use crate::app::output::{self, Destination};
use crate::app::{ExitCode, index, input};
use crate::report::{CyclesView, Report, round_diagram};

#[derive(Debug, Args)]
pub struct CyclesArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    /// Which pattern's example is told or drawn, by its number in the list
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub pattern: u32,
    /// List the cycles of modules, classes and functions as well
    #[arg(long)]
    pub structure: bool,
    /// How many patterns; 0 for all
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    /// Show or draw at most N objects of the example; count the rest
    #[arg(long, default_value_t = 40, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub max_nodes: u32,
    /// Types with their modules: app.models.Session instead of Session
    #[arg(long)]
    pub full_names: bool,
    #[command(flatten)]
    pub picture: PictureArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub fn run(args: &CyclesArgs) -> anyhow::Result<ExitCode> {
    let destination = output::destination(&args.output)?;
    let mut graph = input::graph(&args.snapshot, args.output.quiet)?;
    graph.bring_in();
    let heap = Explored::of(&graph);
    let view = ownership_view(&graph);
    let found = cycles(&view, heap.garbage());
    let (structure, data): (Vec<_>, Vec<_>) = cycle_patterns(&view, &heap.classes, heap.namespaces(), &found)
        .into_iter()
        .partition(|pattern| pattern.is_structure && !args.structure);
    let count = data.len();
    let Some(pattern) = (args.pattern as usize).checked_sub(1).filter(|&place| place < count.max(1)) else {
        let message = format!("--pattern {}: there are only {}", args.pattern, crate::units::count(count as u64));
        return Err(UsageError(message).into());
    };
    let how = CyclesView {
        limit: arguments::limit(args.limit),
        pattern,
        max_objects: args.max_nodes as usize,
        full_names: args.full_names,
    };
    match destination {
        Destination::Report => {
            let argument = input::argument(&args.snapshot);
            output::write_report(&Report::cycles(&graph, &data, &structure, how, &argument), &args.output)?;
        }
        Destination::Picture(format) => {
            let Some(pattern) = data.get(pattern) else {
                anyhow::bail!("nothing was drawn: there is no reference cycle of the program's own objects");
            };
            let diagram = round_diagram(&graph, pattern, how);
            output::write_picture(&diagram, format, &args.picture, &args.output)?;
            output::say_notes(&diagram.notes, args.output.quiet);
        }
    }
    index::keep(input::file(&args.snapshot), &heap);
    Ok(ExitCode::Ok)
}

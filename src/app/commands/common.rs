//! `heapgraph common`.

use clap::Args;

use crate::analysis::common::{Counts, Grouping};
use crate::analysis::explored::Explored;
use crate::app::arguments::{self, GroupArg, OutputArgs, SinceArg, SnapshotArg, SortArg};
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, input, output};
use crate::report::{
    CommonView, Dominance, Report, SnapshotFacts, graph_notes, line_notes, retained_groups, snapshot_notes,
};
use crate::snapshot::{Header, Wanted};

use super::since::WithSince;

#[derive(Debug, Args)]
pub struct CommonArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    #[command(flatten)]
    pub since: SinceArg,
    #[command(flatten)]
    pub list: ListArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How groups of objects are counted and listed.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// How many rows; 0 for all
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    /// Which rows come first
    #[arg(long, value_enum, default_value_t = SortArg::Count)]
    pub sort: SortArg,
    /// What objects are counted under
    #[arg(long, visible_alias = "by", value_enum, default_value_t = GroupArg::Type)]
    pub group: GroupArg,
    /// Types with their modules: app.models.Session instead of Session
    #[arg(long)]
    pub full_names: bool,
}

pub fn run(args: &CommonArgs) -> anyhow::Result<ExitCode> {
    output::format(&args.output)?;
    let argument = input::argument(&args.snapshot);
    let grouping = args.list.group.grouping();
    let view = CommonView {
        order: args.list.sort.order(),
        limit: arguments::limit(args.list.limit),
        full_names: args.list.full_names,
    };
    if args.since.since.is_some() {
        if args.list.sort == SortArg::Retained {
            let message = "what is new is counted, not what it retains: `heapgraph dominators --since` tells that";
            return Err(UsageError(message.to_owned()).into());
        }
        if grouping.is_of_allocations() {
            let message =
                "what is new is counted by type and module: `heapgraph diff --by` tells which lines' objects grew";
            return Err(UsageError(message.to_owned()).into());
        }
        let heap = WithSince::read(&args.snapshot, &args.since, args.output.quiet)?;
        if let Some(new) = heap.view() {
            let graph = &heap.graph;
            let facts = SnapshotFacts::new(&argument, &graph.header, &graph.end).explaining(graph.total_bytes());
            output::write_report(&Report::common_since(graph, facts, new, grouping, view), &args.output)?;
        }
        return Ok(ExitCode::Ok);
    }
    let report = if args.list.sort == SortArg::Retained {
        let graph = input::graph(&args.snapshot, args.output.quiet)?;
        super::need_lines(grouping, &graph.header, &argument)?;
        let heap = Explored::of(&graph);
        let (retained, dominated) = (heap.retained(), heap.dominated());
        let dominance = Dominance { graph: &graph, retained, dominated, is_ownership: false, new: None };
        let groups = retained_groups(dominance, grouping);
        let counts = Counts::of_graph(&graph, grouping);
        let facts =
            SnapshotFacts::new(&argument, &graph.header, &graph.end).explaining(retained.everything().all_bytes());
        let notes = notes(grouping, &graph.header, graph_notes(&graph));
        Report::common(facts, notes, &counts, Some(&groups), view)
    } else {
        let snapshot = input::snapshot(&args.snapshot, Wanted::Objects, args.output.quiet)?;
        super::need_lines(grouping, &snapshot.header, &argument)?;
        let counts = Counts::of(&snapshot, grouping);
        let facts = SnapshotFacts::new(&argument, &snapshot.header, &snapshot.end).explaining(snapshot.all_bytes());
        let notes = notes(grouping, &snapshot.header, snapshot_notes(&snapshot.end, &snapshot.oddities));
        Report::common(facts, notes, &counts, None, view)
    };
    output::write_report(&report, &args.output)?;
    Ok(ExitCode::Ok)
}

/// What must be known of lines, before what must be known of any snapshot.
fn notes(grouping: Grouping, header: &Header, of_snapshot: Vec<String>) -> Vec<String> {
    let of_lines = if grouping.is_of_allocations() { line_notes(header) } else { Vec::new() };
    of_lines.into_iter().chain(of_snapshot).collect()
}

//! `heapgraph dominators`.

use clap::{Args, ValueEnum};

use crate::analysis::dominated::DominatedObjects;
use crate::analysis::explored::Explored;
use crate::analysis::ownership::ownership_tree;
use crate::analysis::retained::RetainedSizes;
use crate::app::arguments::{self, GroupArg, OutputArgs, SinceArg, SnapshotArg};
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, index, input, output};
use crate::report::{Dominance, DominatorsView, NewSizes, Report, folded_stacks};
use crate::units::Address;

use super::since::WithSince;

#[derive(Debug, Args)]
pub struct DominatorsArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    #[command(flatten)]
    pub since: SinceArg,
    /// Only what this object dominates
    #[arg(long, value_name = "ADDRESS")]
    pub id: Option<Address>,
    /// What each type or module retains together, nothing counted twice
    #[arg(long, visible_alias = "by", value_enum, conflicts_with = "id")]
    pub group: Option<GroupArg>,
    /// How many levels of the tree [default: 1, 3 with --id, 64 for flame graphs]
    #[arg(long, value_name = "N")]
    pub depth: Option<u32>,
    /// How many objects on each level; 0 for all
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    /// exact: what would be freed. ownership: whose it is, with housekeeping references (__globals__, __class__, …) set aside
    #[arg(long, value_enum, default_value_t = ViewArg::Exact)]
    pub view: ViewArg,
    /// Types with their modules: app.models.Session instead of Session
    #[arg(long)]
    pub full_names: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ViewArg {
    Exact,
    Ownership,
}

/// Levels of a flame graph: what is deeper is too thin to be seen.
const FOLDED_DEPTH: u32 = 64;

pub fn run(args: &DominatorsArgs) -> anyhow::Result<ExitCode> {
    let stacks_format = output::stacks_format(&args.output);
    if stacks_format.is_none() {
        output::format(&args.output)?;
    }
    if let (Some(_), Some(group)) = (&args.since.since, args.group) {
        let group = if group == GroupArg::Module { " --group module" } else { "" };
        let message =
            format!("what is new is told object by object: `heapgraph common --since EARLIER{group}` counts groups");
        return Err(UsageError(message).into());
    }
    let with_since = WithSince::read(&args.snapshot, &args.since, args.output.quiet)?;
    let graph = &with_since.graph;
    let argument = input::argument(&args.snapshot);
    let top = args.id.map(|address| graph.select_address(address)).transpose()?;
    let heap = Explored::of(graph);
    let owners = (args.view == ViewArg::Ownership).then(|| ownership_tree(graph, &heap.roots));
    let tree = owners.as_ref().unwrap_or_else(|| heap.tree());
    let new_sizes = with_since.view().map(|view| {
        let (least, most) = view.since.sizes(graph);
        (view, RetainedSizes::of_sizes(tree, least), RetainedSizes::of_sizes(tree, most))
    });
    let new = new_sizes.as_ref().map(|(view, least, most)| NewSizes { view: *view, least, most });
    let of_owners = owners.as_ref().filter(|_| new.is_none()).map(|tree| RetainedSizes::of(graph, tree));
    // Without anything that is new for certain, what may be new is told.
    let of_new = new.map(|new| if new.view.all.least.count > 0 { new.least } else { new.most });
    let retained = of_new.or(of_owners.as_ref()).unwrap_or_else(|| heap.retained());
    let other = (new.is_some() || owners.is_some()).then(|| DominatedObjects::of(tree, retained));
    let dominated = other.as_ref().unwrap_or_else(|| heap.dominated());
    let is_ownership = args.view == ViewArg::Ownership;
    let dominance = Dominance { graph, retained, dominated, is_ownership, new };
    if let Some(format) = stacks_format {
        let stacks = folded_stacks(dominance, args.depth.unwrap_or(FOLDED_DEPTH));
        output::write_stacks(
            &stacks,
            format,
            &format!("{} of {argument}", if is_ownership { "Owners" } else { "Dominators" }),
            &args.output,
        )?;
        return Ok(ExitCode::Ok);
    }
    let view = DominatorsView {
        depth: args.depth.unwrap_or(if top.is_some() { 3 } else { 1 }).max(1),
        limit: arguments::limit(args.limit),
        full_names: args.full_names,
    };
    let report = match args.group {
        Some(group) => {
            super::need_lines(group.grouping(), &graph.header, &argument)?;
            Report::retained_groups(dominance, group.grouping(), view, &argument)
        }
        None => Report::dominators(dominance, top, view, &argument),
    };
    output::write_report(&report, &args.output)?;
    index::keep(input::file(&args.snapshot), &heap);
    Ok(ExitCode::Ok)
}

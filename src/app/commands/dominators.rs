//! `heapgraph dominators`.

use crate::analysis::dominated::DominatedObjects;
use crate::analysis::dominators::DominatorTree;
use crate::analysis::gc_roots::GcRoots;
use crate::analysis::ownership::ownership_tree;
use crate::analysis::retained::RetainedSizes;
use crate::app::cli::{DominatorsArgs, FormatArg, ViewArg};
use crate::app::{ExitCode, input, output};
use crate::render::folded;
use crate::report::{Dominance, DominatorsView, Report, folded_stacks};

/// Levels of a flame graph: what is deeper is too thin to be seen.
const FOLDED_DEPTH: u32 = 64;

pub fn run(args: &DominatorsArgs) -> anyhow::Result<ExitCode> {
    let is_folded = args.output.format == Some(FormatArg::Folded);
    if !is_folded {
        output::format(&args.output)?;
    }
    let graph = input::graph(&args.snapshot, args.output.quiet)?;
    let argument = input::argument(&args.snapshot);
    let top = args.id.map(|address| graph.select_address(address)).transpose()?;
    let roots = GcRoots::of(&graph);
    let tree = match args.view {
        ViewArg::Exact => DominatorTree::of(&graph, &roots),
        ViewArg::Ownership => ownership_tree(&graph, &roots),
    };
    let retained = RetainedSizes::of(&graph, &tree);
    let dominated = DominatedObjects::of(&tree, &retained);
    let is_ownership = args.view == ViewArg::Ownership;
    let dominance = Dominance { graph: &graph, retained: &retained, dominated: &dominated, is_ownership };
    if is_folded {
        let stacks = folded_stacks(dominance, args.depth.unwrap_or(FOLDED_DEPTH));
        output::write_bytes(&folded::write(&stacks), args.output.file())?;
        return Ok(ExitCode::Ok);
    }
    let view = DominatorsView {
        depth: args.depth.unwrap_or(if top.is_some() { 3 } else { 1 }).max(1),
        limit: super::limit(args.limit),
        full_names: args.full_names,
    };
    let report = match args.group {
        Some(group) => {
            super::need_lines(super::grouping(group), &graph.header, &argument)?;
            Report::retained_groups(dominance, super::grouping(group), view, &argument)
        }
        None => Report::dominators(dominance, top, view, &argument),
    };
    output::write_report(&report, &args.output)?;
    Ok(ExitCode::Ok)
}

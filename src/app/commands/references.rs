//! `heapgraph backrefs` and `heapgraph refs`: the same question in two directions.

use crate::analysis::excerpt::{Excerpt, Limits, Towards};
use crate::app::cli::{ReferencesArgs, TargetArgs};
use crate::app::exit_code::UsageError;
use crate::app::output::{self, Destination};
use crate::app::{ExitCode, input};
use crate::graph::{HeapGraph, Object, TypePattern};
use crate::report::{self, ExcerptView, Report};

pub fn backrefs(args: &ReferencesArgs) -> anyhow::Result<ExitCode> {
    run(args, Towards::Referrers, "backrefs")
}

pub fn refs(args: &ReferencesArgs) -> anyhow::Result<ExitCode> {
    run(args, Towards::Referents, "refs")
}

fn run(args: &ReferencesArgs, towards: Towards, command: &'static str) -> anyhow::Result<ExitCode> {
    // Before the work: a name that can't be written to must not cost minutes.
    let destination = output::destination(&args.output)?;
    let graph = input::graph(&args.snapshot.snapshot, args.output.quiet)?;
    let argument = input::argument(&args.snapshot.snapshot);
    let targets = match select(&graph, &args.target)? {
        Selection::Targets(targets) => targets,
        Selection::Candidates(objects) => {
            let report = Report::candidates(&graph, &objects, super::limit(args.limit), command, &argument);
            if destination == Destination::Report {
                output::write_report(&report, &args.output)?;
                return Ok(ExitCode::Ok);
            }
            output::print_report(&report, args.output.color)?;
            let count = crate::units::count(objects.len() as u64);
            return Err(UsageError(format!("nothing was drawn: {count} objects fit --type; pick one with --id")).into());
        }
    };
    let limits = Limits { depth: args.depth, too_many: args.too_many, max_objects: args.max_nodes.max(targets.len()) };
    let excerpt = Excerpt::around(&graph, &targets, towards, limits);
    let view = ExcerptView {
        full_names: args.full_names,
        refcounts: args.refcounts,
        too_many: args.too_many,
        depth: args.depth,
    };
    match destination {
        Destination::Report => {
            output::write_report(&Report::excerpt(&graph, &excerpt, view, &argument), &args.output)?;
        }
        Destination::Picture(format) => {
            let diagram = report::diagram(&graph, &excerpt, view);
            // The heap is not needed for drawing, and pixels take memory of their own.
            drop(graph);
            output::write_picture(&diagram, format, &args.picture, &args.output)?;
            output::say_notes(&diagram.notes, args.output.quiet);
        }
    }
    Ok(ExitCode::Ok)
}

/// What `--id` and `--type` mean together.
enum Selection {
    /// These objects.
    Targets(Vec<Object>),
    /// One of these: the user has to pick.
    Candidates(Vec<Object>),
}

fn select(graph: &HeapGraph, args: &TargetArgs) -> anyhow::Result<Selection> {
    let mut targets = Vec::new();
    for &address in &args.id {
        targets.push(graph.select_address(address)?);
    }
    if let Some(name) = &args.type_name {
        let objects = graph.select_type(&TypePattern::new(name)?)?;
        match objects.as_slice() {
            [one] => targets.push(*one),
            _ if targets.is_empty() => return Ok(Selection::Candidates(objects)),
            _ => targets.retain(|target| objects.contains(target)),
        }
    }
    Ok(Selection::Targets(targets))
}

//! `heapgraph backrefs` and `heapgraph refs`: the same question in two directions.

use crate::analysis::excerpt::{Excerpt, Limits, Towards, Wish};
use crate::analysis::explored::Explored;
use crate::app::cli::{DrawingArgs, ExtraArg, ReferencesArgs};
use crate::app::exit_code::UsageError;
use crate::app::output::{self, Destination};
use crate::app::{ExitCode, index, input};
use crate::graph::{HeapGraph, TypePattern};
use crate::report::{self, ExcerptView, ExtraFact, Report};

use super::since::WithSince;

/// How many references are drawn from a target when the user doesn't say.
const DEPTH: u32 = 3;

pub fn backrefs(args: &ReferencesArgs) -> anyhow::Result<ExitCode> {
    run(args, Towards::Referrers, "backrefs")
}

pub fn refs(args: &ReferencesArgs) -> anyhow::Result<ExitCode> {
    run(args, Towards::Referents, "refs")
}

fn run(args: &ReferencesArgs, towards: Towards, command: &'static str) -> anyhow::Result<ExitCode> {
    // Before the work: a name that can't be written to must not cost minutes.
    let destination = output::destination(&args.output)?;
    let with_since = WithSince::read(&args.snapshot, &args.since, args.output.quiet)?;
    let graph = &with_since.graph;
    let argument = input::argument(&args.snapshot);
    let (targets, since_notes) = with_since.restrict(super::select_all(graph, &args.target)?, &args.target)?;
    if args.target.id.is_empty() && targets.len() > 1 && !args.all {
        let pattern = args.target.type_name.as_deref().unwrap_or_default();
        let mut report = Report::candidates(graph, &targets, super::limit(args.limit), command, pattern, &argument);
        with_since.note(&mut report, since_notes);
        if destination == Destination::Report {
            output::write_report(&report, &args.output)?;
            return Ok(ExitCode::Ok);
        }
        output::print_report(&report, args.output.color)?;
        let count = crate::units::count(targets.len() as u64);
        return Err(UsageError(format!("nothing was drawn: {count} objects match --type; pick one with --id")).into());
    }
    let drawing = &args.drawing;
    let wish = wish(graph, drawing, towards)?;
    let heap = Explored::of(graph);
    let excerpt = Excerpt::around(&heap, &targets, &wish);
    let extra = extra_facts(drawing);
    let retained = extra.contains(&ExtraFact::Retained).then(|| heap.retained());
    let view = ExcerptView {
        full_names: drawing.full_names,
        extra: &extra,
        retained,
        highlight: &wish.highlight,
        too_many: drawing.too_many,
        depth: drawing.depth.unwrap_or(DEPTH),
        max_boxes: drawing.max_nodes,
        new: with_since.view().map(|view| view.since),
    };
    match destination {
        Destination::Report => {
            let mut report = Report::excerpt(graph, &excerpt, view, &argument);
            with_since.note(&mut report, since_notes);
            output::write_report(&report, &args.output)?;
        }
        Destination::Picture(format) => {
            let diagram = report::diagram(graph, &excerpt, view);
            output::write_picture(&diagram, format, &args.picture, &args.output)?;
            output::say_notes(&diagram.notes, args.output.quiet);
            output::say_notes(&since_notes, args.output.quiet);
        }
    }
    if args.picture.open {
        output::open(&args.output)?;
    }
    index::keep(input::file(&args.snapshot), &heap);
    Ok(ExitCode::Ok)
}

fn wish(graph: &HeapGraph, args: &DrawingArgs, towards: Towards) -> anyhow::Result<Wish> {
    let types = |patterns: &[String]| -> anyhow::Result<Vec<bool>> {
        let patterns: Vec<TypePattern> =
            patterns.iter().map(|text| TypePattern::new(text)).collect::<Result<_, _>>()?;
        Ok(graph.match_types(&patterns)?)
    };
    let (filtered, excluded) = (types(&args.filter)?, types(&args.exclude)?);
    let may_draw = |of: usize| filtered.get(of).copied().unwrap_or(true) && !excluded.get(of).copied().unwrap_or(false);
    let limits = Limits {
        depth: args.depth.unwrap_or(DEPTH),
        on_to_roots: args.depth.is_none(),
        too_many: args.too_many,
        max_boxes: args.max_nodes,
    };
    Ok(Wish {
        expand: args.expand,
        fold: !args.no_fold,
        may_draw: (0..graph.types.len()).map(may_draw).collect(),
        highlight: types(&args.highlight)?,
        ..Wish::new(towards, limits)
    })
}

/// Each fact once, in the order asked for.
fn extra_facts(args: &DrawingArgs) -> Vec<ExtraFact> {
    let asked = args.extra.iter().map(|extra| match extra {
        ExtraArg::Size => ExtraFact::Size,
        ExtraArg::Retained => ExtraFact::Retained,
        ExtraArg::Refcount => ExtraFact::RefCount,
        ExtraArg::References => ExtraFact::References,
    });
    let mut facts = Vec::new();
    for fact in asked.chain(args.refcounts.then_some(ExtraFact::RefCount)) {
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    facts
}

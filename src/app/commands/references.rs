//! `heapgraph backrefs` and `heapgraph refs`: the same question in two directions.

use clap::{Args, ValueEnum};

use crate::analysis::excerpt::{Excerpt, Limits, Towards, Wish};
use crate::analysis::explored::Explored;
use crate::app::arguments::{self, OutputArgs, PictureArgs, SinceArg, SnapshotArg, TargetArgs};
use crate::app::exit_code::UsageError;
use crate::app::output::{self, Destination};
use crate::app::{ExitCode, index, input};
use crate::graph::{HeapGraph, TypePattern};
use crate::report::{self, ExcerptView, ExtraFact, Report};

use super::since::WithSince;

#[derive(Debug, Args)]
pub struct ReferencesArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    #[command(flatten)]
    pub since: SinceArg,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Take all objects that --type fits as targets, instead of listing them
    #[arg(long, requires = "type_name")]
    pub all: bool,
    /// How many candidates are listed when --type fits several objects; 0 for all
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    #[command(flatten)]
    pub output: OutputArgs,
    // Last: their headings would hold for what follows.
    #[command(flatten)]
    pub drawing: DrawingArgs,
    #[command(flatten)]
    pub picture: PictureArgs,
}

/// What is drawn around the targets.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is drawn")]
pub struct DrawingArgs {
    /// How many references from the target; the shortest path to a GC root is drawn beyond [default: 3, and
    /// for backrefs on to GC roots where there is room]
    #[arg(long, value_name = "N")]
    pub depth: Option<u32>,
    /// Draw at most N neighbours per box; count the rest
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub too_many: usize,
    /// Draw at most N boxes in all; count the rest
    #[arg(long, default_value_t = 60, value_name = "N")]
    pub max_nodes: usize,
    /// Draw each object apart, even where many are alike
    #[arg(long)]
    pub no_fold: bool,
    /// Draw the heap as it is: each __dict__ apart from its object, and globals, classes and their tables, too
    #[arg(long)]
    pub expand: bool,
    /// Draw only objects whose type or module fits, e.g. app.*; may be given several times
    #[arg(long, value_name = "PATTERN")]
    pub filter: Vec<String>,
    /// Don't draw objects whose type or module fits; may be given several times
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// Make objects stand out whose type or module fits; may be given several times
    #[arg(long, value_name = "PATTERN")]
    pub highlight: Vec<String>,
    /// Facts to show in each box; several with commas
    #[arg(long, value_enum, value_name = "FACT", value_delimiter = ',')]
    pub extra: Vec<ExtraArg>,
    /// Show reference counts: short for --extra refcount
    #[arg(long)]
    pub refcounts: bool,
    /// Types with their modules: app.models.Session instead of Session
    #[arg(long)]
    pub full_names: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExtraArg {
    /// Shallow size
    Size,
    /// Retained size: what would be freed with it
    Retained,
    /// Reference count
    Refcount,
    /// References to it and from it
    References,
}

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
        let mut report = Report::candidates(graph, &targets, arguments::limit(args.limit), command, pattern, &argument);
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

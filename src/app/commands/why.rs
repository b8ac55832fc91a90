//! `heapgraph why`.

use clap::Args;

use crate::analysis::containers::gatherings;
use crate::analysis::explored::Explored;
use crate::analysis::root_paths::{PathTree, independent_paths};
use crate::app::arguments::{self, OutputArgs, PictureArgs, SinceArg, SnapshotArg, TargetArgs};
use crate::app::output::{self, Destination};
use crate::app::{ExitCode, index, input};
use crate::graph::Object;
use crate::report::{Report, WhyView, path_diagram};

use super::since::WithSince;

#[derive(Debug, Args)]
pub struct WhyArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    #[command(flatten)]
    pub since: SinceArg,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Show up to N paths that share no object but the target
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub paths: usize,
    /// How many rows of a long path, or of a tree of paths; 0 for all
    #[arg(long, default_value_t = 40, value_name = "N")]
    pub limit: usize,
    /// Types with their modules: app.models.Session instead of Session
    #[arg(long)]
    pub full_names: bool,
    #[command(flatten)]
    pub picture: PictureArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How many holders of an object are listed.
const HOLDERS: usize = 10;

pub fn run(args: &WhyArgs) -> anyhow::Result<ExitCode> {
    let destination = output::destination(&args.output)?;
    let with_since = WithSince::read(&args.snapshot, &args.since, args.output.quiet)?;
    let graph = &with_since.graph;
    let argument = input::argument(&args.snapshot);
    let (targets, notes): (Vec<Object>, Vec<String>) =
        with_since.restrict(super::select_all(graph, &args.target)?, &args.target)?;
    let heap = Explored::of(graph);
    let view = WhyView { limit: arguments::limit(args.limit), full_names: args.full_names };
    match (targets.as_slice(), destination) {
        (&[target], Destination::Picture(format)) => {
            let Some(path) = heap.path(target) else {
                anyhow::bail!("{}: no GC root reaches it: there is no path to draw", graph.address(target));
            };
            output::write_picture(&path_diagram(&heap, &path, args.full_names), format, &args.picture, &args.output)?;
            output::say_notes(&notes, args.output.quiet);
        }
        (&[target], Destination::Report) => {
            heap.paths_and_tree();
            let paths = independent_paths(&heap, target, args.paths.max(1), HOLDERS);
            let cut = heap.cut_places(target);
            let mut report = Report::why(&heap, target, &paths, &cut, view, &argument);
            with_since.note(&mut report, notes);
            output::write_report(&report, &args.output)?;
        }
        (many, Destination::Report) => {
            heap.paths_and_tree();
            let tree = PathTree::of(graph, &heap.roots, heap.reachability(), many);
            let holders = gatherings(&heap, many, HOLDERS);
            let what = args.target.type_name.clone().unwrap_or_else(|| {
                let first = graph.type_id(many[0]);
                let is_one = many.iter().all(|&object| graph.type_id(object) == first);
                if is_one { graph.type_name(first) } else { "several types".to_owned() }
            });
            let mut report = Report::why_many(&heap, many, &tree, &holders, &what, view, &argument);
            with_since.note(&mut report, notes);
            output::write_report(&report, &args.output)?;
        }
        (many, Destination::Picture(format)) => {
            let tree = PathTree::of(graph, &heap.roots, heap.reachability(), many);
            let Some((path, alike)) = tree.most().and_then(|(object, alike)| Some((heap.path(object)?, alike))) else {
                anyhow::bail!("no GC root reaches any of them: there is no path to draw");
            };
            output::write_picture(&path_diagram(&heap, &path, args.full_names), format, &args.picture, &args.output)?;
            let (alike, all) = (crate::units::count(alike), crate::units::count(many.len() as u64));
            let note =
                format!("drawn is {}, one of {alike} held this way, of {all} in all", graph.address(path.target()));
            output::say_notes(&[note], args.output.quiet);
            output::say_notes(&notes, args.output.quiet);
        }
    }
    index::keep(input::file(&args.snapshot), &heap);
    Ok(ExitCode::Ok)
}

//! `heapgraph report`: a heap as one page.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::analysis::common::{Counts, Grouping};
use crate::analysis::explored::Explored;
use crate::analysis::notable;
use crate::analysis::places::PlacedHeap;
use crate::analysis::since::{Earlier, Since};
use crate::analysis::suspects::{self, Thresholds, grown};
use crate::app::arguments::{SinceArg, SnapshotArg};
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, input, output};
use crate::graph::{HeapGraph, Object};
use crate::render::page::{self, Limits};
use crate::report::page::{Cards, EarlierHeap, Page, PageView, Told, backrefs_diagram};
use crate::report::{GrownView, Report, SinceView};

use super::diff_places::{self, Kept};
use super::since::{by_address, earlier_graph};
use super::suspects::together;

pub const EXAMPLES: &str = "\
One file, to be mailed:           heapgraph report snap.json
Of a process that runs:           heapgraph report --pid PID -o report.html
With what grew since a snapshot:  heapgraph report b.json --since a.json --open

The page needs no network and no server; what it leaves out of a large heap, it says.";

#[derive(Debug, Args)]
pub struct ReportArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    #[command(flatten)]
    pub since: SinceArg,
    /// The page; - is standard output
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    pub output: PathBuf,
    /// Show the page when it is written
    #[arg(long)]
    pub open: bool,
    /// No progress and no notes on standard error
    #[arg(short, long)]
    pub quiet: bool,
}

/// So many rows of each kind are told with an object.
const ROWS: usize = 8;

pub fn run(args: &ReportArgs) -> anyhow::Result<ExitCode> {
    // Before the work: a name that says another format must not cost minutes.
    let file = Some(args.output.as_path()).filter(|path| *path != Path::new("-"));
    if let Some(path) = file
        && !matches!(output::extension(path).as_str(), "html" | "htm")
    {
        return Err(output::unknown_extension(path, &output::extension(path), ".html"));
    }
    if args.open && file.is_none() {
        return Err(UsageError("--open needs -o FILE".to_owned()).into());
    }
    let earlier = args.since.since.as_deref().map(|path| EarlierSnapshot::read(path, args.quiet)).transpose()?;
    let graph = input::graph(&args.snapshot, args.quiet)?;
    let argument = input::argument(&args.snapshot);
    let bytes = with_page(&graph, &argument, earlier, false, |page, cards| {
        let told = page.notable.iter().map(|&object| (graph.address(object), cards.card(object, ROWS)));
        let drawn = page.notable.iter().map(|&object| (graph.address(object), backrefs_diagram(cards.heap(), object)));
        page::write(page, told, drawn, Limits::default())
    });
    output::write_bytes(&bytes, file)?;
    if let Some(path) = file {
        say(path, &argument, args.quiet);
        if args.open {
            output::open_file(path)?;
        }
    }
    Ok(ExitCode::Ok)
}

/// Where the page is, and what comes next.
fn say(path: &Path, argument: &str, quiet: bool) {
    if quiet {
        return;
    }
    let name = crate::render::reports::safe_for_terminal(&input::name(path));
    let word = crate::render::reports::safe_for_terminal(&crate::report::shell_word(argument));
    eprintln!("heapgraph: {name} is written: it opens in any browser, from mail too");
    eprintln!("next: heapgraph suspects {word}  # the verdict on the terminal");
}

/// What a page needs of an earlier snapshot.
pub(super) struct EarlierSnapshot {
    kept: Kept,
    known: Earlier,
    page: EarlierHeap,
}

impl EarlierSnapshot {
    pub fn read(path: &Path, quiet: bool) -> anyhow::Result<EarlierSnapshot> {
        let name = input::name(path);
        let graph = earlier_graph(path, quiet)?;
        let (kept, _) = Kept::of(&graph, &name);
        let page = EarlierHeap { name, places: kept.places.clone(), types: Counts::of_graph(&graph, Grouping::Type) };
        Ok(EarlierSnapshot { kept, known: Earlier::of(&graph), page })
    }
}

/// Puts a page together and hands it on with what tells its objects.
pub(super) fn with_page<R>(
    graph: &HeapGraph,
    argument: &str,
    earlier: Option<EarlierSnapshot>,
    is_served: bool,
    then: impl FnOnce(&Page, &Cards<'_>) -> R,
) -> R {
    let heap = Explored::of(graph);
    heap.paths_and_tree();
    let thresholds = Thresholds::default();
    let Some(EarlierSnapshot { kept: before, known, page: earlier }) = earlier else {
        let mut placed = PlacedHeap::of(graph, &heap.roots);
        if graph.has_allocations() {
            placed.count_lines();
        }
        let found = suspects::find(&heap, &thresholds);
        let report = Report::suspects(&heap, &found, &thresholds, argument);
        let told = |joined: &suspects::Joined| Told {
            object: notable::of_suspect(&found, joined).first().copied(),
            is_one_of_many: joined.accumulations.is_empty(),
        };
        let objects: Vec<Told> = found.suspects.iter().map(told).collect();
        let view = PageView { heap: &heap, placed: &placed, argument, earlier: None, since: None, is_served };
        let (page, cards) = Page::of(view, report, &objects, notable::of_suspects(&found));
        return then(&page, &cards);
    };
    let since: Option<Since> = by_address(&known, graph);
    drop(known);
    let (after, mut placed) = Kept::of(graph, argument);
    let mut all = [before, after];
    let mut changes = diff_places::compare(&all, diff_places::least_bytes(&all, None));
    placed.tree = std::mem::take(&mut all[1].places);
    if graph.has_allocations() {
        placed.count_lines();
    }
    changes.details = diff_places::details(&placed, &changes.grown.grown);
    let together = together(&changes.grown, &changes.details);
    let found = grown::find(&heap, &placed, &changes.grown, &together, since.as_ref(), &thresholds);
    let new = since.as_ref().map(|since| SinceView { since, earlier: &earlier.name, all: since.all(graph) });
    let mut notes = match new {
        Some(new) => new.notes(),
        None => vec![super::diff::OF_DIFFERENT_PROCESSES.to_owned()],
    };
    let mut facts = Vec::new();
    for kept in all {
        notes.extend(kept.notes);
        facts.push(kept.facts);
    }
    let grown_view = GrownView { changes: &changes, found: &found, new, earlier: &earlier.name };
    let report = Report::suspects_since(&heap, facts, grown_view, &thresholds, notes, argument);
    let example = |row: usize| changes.details[row].example.and_then(|address| graph.object_at(address));
    let told = |suspect: &grown::GrownSuspect| Told {
        object: suspect.point.as_ref().map(|point| point.object).or_else(|| example(suspect.row)),
        is_one_of_many: false,
    };
    let objects: Vec<Told> = found.suspects.iter().map(told).collect();
    let mut telling: Vec<Object> = found.others.iter().filter_map(|other| example(other.row)).collect();
    telling.extend(found.findings.iter().flat_map(notable::of_finding));
    let view = PageView { heap: &heap, placed: &placed, argument, earlier: Some(&earlier), since: new, is_served };
    let (page, cards) = Page::of(view, report, &objects, telling);
    then(&page, &cards)
}

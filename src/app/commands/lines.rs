//! `heapgraph lines`.

mod source;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use crate::analysis::common::Tally;
use crate::analysis::gc_roots::GcRoots;
use crate::analysis::lines::held_lines;
use crate::analysis::places::PlacedHeap;
use crate::app::arguments::{self, OutputArgs, SnapshotArg};
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, input, output, system};
use crate::graph::HeapGraph;
use crate::report::{
    Listing, ListingView, Report, SnapshotFacts, TimedLine, graph_notes, line_notes, no_lines, place_text_at,
};
use crate::snapshot::Wanted;

/// Help after `lines --help`.
pub const EXAMPLES: &str = "\
Examples:
  heapgraph lines app/cache.py snap.json          what each line made that is held now, and where
  heapgraph lines app/cache.py b.json --since a.json
  heapgraph lines --run -- python app.py          run it with allocations traced, then its listing
  heapgraph lines app/cache.py --run --every 5 -- python app.py
  heapgraph lines --run --time -- python app.py   and how often each line ran, and how long
  heapgraph lines app/cache.py -o lines.html      (.csv, .json, .md, .txt)

A line is credited with what it made and what it called made, as far as the program keeps tracebacks: one frame with
`python -X tracemalloc`, ten with --run. Snapshots know lines when the program traced its allocations.";

/// Reads `3-17`.
fn span(text: &str) -> Result<(u32, u32), String> {
    let ends = text.split_once('-').and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    ends.filter(|(first, last)| (1..=*last).contains(first)).ok_or_else(|| "expected lines such as 3-17".to_owned())
}

#[derive(Debug, Args)]
pub struct LinesArgs {
    /// The source file, as in the program, or the end of its name; with --run by default the script
    #[arg(value_name = "FILE.py", required_unless_present = "run")]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    /// Compare with an earlier snapshot of the program: each line's growth
    #[arg(long, value_name = "EARLIER", conflicts_with = "run")]
    pub since: Option<PathBuf>,
    /// Only lines of which something is held, or that ran
    #[arg(long)]
    pub only_held: bool,
    /// Only this function, by its name or qualified name
    #[arg(long, value_name = "NAME")]
    pub function: Option<String>,
    /// Only these lines, FIRST-LAST
    #[arg(long, value_name = "FIRST-LAST", value_parser = span, conflicts_with = "function")]
    pub span: Option<(u32, u32)>,
    /// Where the text of FILE.py is, when it is not a file, or not that file any more
    #[arg(long, value_name = "FILE")]
    pub source: Option<PathBuf>,
    /// A file of how often lines ran, as the Python package writes it
    #[arg(long, value_name = "FILE", hide = true, conflicts_with = "run")]
    pub times: Option<PathBuf>,
    /// Run a program with allocations traced, and list what its lines have made that is there at its end
    #[arg(long, requires = "program")]
    pub run: bool,
    /// With --run: how many frames of each traceback are kept
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=255), help_heading = "With --run")]
    pub frames: u32,
    /// With --run: take snapshots every SECONDS seconds, too, and tell the first, highest and last bytes of each line
    #[arg(long, value_name = "SECONDS", value_parser = arguments::seconds, requires = "run", help_heading = "With --run")]
    pub every: Option<f64>,
    /// With --run: run the program once more, before, to measure how often each line ran and how long, by
    /// line_profiler (pip install 'heapgraph[lines]')
    #[arg(long, requires = "run", help_heading = "With --run")]
    pub time: bool,
    /// With --run: keep the snapshot of the end
    #[arg(long, value_name = "FILE", requires = "run", help_heading = "With --run")]
    pub keep_snapshot: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
    /// The program to run, after --: python app.py …, python -m module …, or a script for Python
    #[arg(last = true, value_name = "PROGRAM", requires = "run")]
    pub program: Vec<OsString>,
}

pub fn run(args: &LinesArgs) -> anyhow::Result<ExitCode> {
    output::format(&args.output)?;
    if args.run {
        return run_program(args);
    }
    let file = args.file.clone().unwrap_or_default();
    let mut told = Told::new(&file, args);
    if let Some(earlier) = &args.since {
        told.add(
            &HeapGraph::build(input::read(earlier, Wanted::References, args.output.quiet)?),
            &input::name(earlier),
        )?;
    }
    if let Some(times) = &args.times {
        told.listing.times(&measured(times)?, &file);
    }
    let argument = input::argument(&args.snapshot);
    told.add(&input::graph(&args.snapshot, args.output.quiet)?, &argument)?;
    told.view.argument = Some(argument);
    told.write(args)?;
    Ok(ExitCode::Ok)
}

/// How often lines ran, and how long, by file and line.
pub(in crate::app) type Times = Vec<(String, u32, TimedLine)>;

/// Reads what `timed.py` or the Python package has written.
///
/// # Errors
/// When the file can't be read or is another.
pub(in crate::app) fn measured(path: &Path) -> anyhow::Result<Times> {
    #[derive(serde::Deserialize)]
    struct Measured {
        lines: Vec<(String, u32, u64, f64)>,
    }
    let text = input::bytes(path)?;
    let measured: Measured = serde_json::from_slice(&text)
        .with_context(|| format!("{}: expected {{\"lines\": [[file, line, hits, seconds], …]}}", path.display()))?;
    let time = |(file, line, hits, seconds)| (file, line, TimedLine { hits, seconds });
    Ok(measured.lines.into_iter().map(time).collect())
}

/// A program that was started with its allocations traced, and has ended.
pub(in crate::app) struct Traced {
    /// The program's exit code.
    pub code: ExitCode,
    /// The snapshots, in the order of time.
    pub snapshots: Vec<PathBuf>,
    /// The script that ran; `None` of a module or code.
    pub script: Option<PathBuf>,
    /// How often lines ran, by file and line.
    pub times: Times,
    /// Keeps the snapshots until they are read.
    pub folder: tempfile::TempDir,
}

fn run_program(args: &LinesArgs) -> anyhow::Result<ExitCode> {
    let ran = system::run_traced(args)?;
    let file = args.file.clone().or(ran.script.clone());
    let Some(file) = file else {
        return Err(UsageError(
            "the program is no script: name the file to list, `heapgraph lines FILE.py --run -- …`".to_owned(),
        )
        .into());
    };
    let mut told = Told::new(&file, args);
    told.listing.times(&ran.times, &file);
    for snapshot in &ran.snapshots {
        told.add(&HeapGraph::build(input::read(snapshot, Wanted::References, true)?), &input::name(snapshot))?;
    }
    drop(ran.folder);
    told.view.argument = args.keep_snapshot.as_deref().map(input::name);
    told.write(args)?;
    Ok(ran.code)
}

/// What will be told, snapshot by snapshot.
struct Told {
    file: PathBuf,
    facts: Vec<SnapshotFacts>,
    notes: Vec<String>,
    listing: Listing,
    view: ListingView,
}

impl Told {
    fn new(file: &Path, args: &LinesArgs) -> Self {
        let listing = Listing {
            file: input::name(file),
            source: source::lines_of(args.source.as_deref().unwrap_or(file)),
            ..Listing::default()
        };
        Told {
            file: file.to_owned(),
            facts: Vec::new(),
            notes: Vec::new(),
            listing,
            view: ListingView { only_held: args.only_held, ..ListingView::default() },
        }
    }

    /// Adds what a snapshot knows of the lines; places and types are those of the last one.
    fn add(&mut self, graph: &HeapGraph, name: &str) -> anyhow::Result<()> {
        if !graph.has_allocations() {
            bail!("{name}: {}", no_lines());
        }
        let files: Vec<&str> = graph.allocations().files.iter().map(|file| &**file).collect();
        let is_of_file = source::matching(&files, &self.file)?;
        let placed = PlacedHeap::of(graph, &GcRoots::of(graph));
        let before = self.listing.snapshots;
        for line in self.listing.lines.values_mut() {
            line.held = Tally::default();
            line.place.clear();
        }
        let mut held = Tally::default();
        for row in held_lines(&placed, &is_of_file) {
            held.add(row.held);
            let line = self.listing.lines.entry(row.line).or_default();
            line.series.resize(before, Tally::default());
            line.held = row.held;
            line.place = place_text_at(&placed.tree, row.place.0);
            line.type_name = graph.type_name(row.kind.0);
        }
        for line in self.listing.lines.values_mut() {
            line.series.resize(before, Tally::default());
            line.series.push(line.held);
        }
        self.listing.snapshots += 1;
        let less = |all: Tally, part: Tally| Tally {
            count: all.count.saturating_sub(part.count),
            shallow_bytes: all.shallow_bytes.saturating_sub(part.shallow_bytes),
        };
        let mut unknown = Tally::default();
        for object in graph.objects().filter(|&object| graph.traceback_of(object).is_none()) {
            unknown.add(Tally { count: 1, shallow_bytes: graph.size(object) });
        }
        let all = Tally { count: graph.object_count() as u64, shallow_bytes: graph.total_size() };
        self.listing.elsewhere = Some((less(less(all, unknown), held), unknown));
        let allocations = graph.allocations();
        for row in allocations.functions.iter().filter(|row| is_of_file[row.file as usize]) {
            self.listing.functions.insert((row.first, row.last), row.name.0.clone());
        }
        let facts = SnapshotFacts::new(name, &graph.header, &graph.end).explaining(graph.total_bytes());
        if self.notes.is_empty() {
            let frames = graph.header.tracing.frames.unwrap_or(1);
            self.notes.push(source::reach(frames));
            self.notes.extend(source::age(&self.file, graph.header.capture.time.as_deref()));
        }
        self.notes.extend(line_notes(&graph.header).into_iter().chain(graph_notes(graph)));
        self.facts.push(facts);
        Ok(())
    }

    fn write(mut self, args: &LinesArgs) -> anyhow::Result<()> {
        self.view.only = args.span;
        if let Some(name) = &args.function {
            self.view.only = Some(source::span_of(&self.listing, name)?);
        }
        self.notes.dedup();
        let report = Report::lines(self.facts, &self.listing, &self.view, self.notes);
        output::write_report(&report, &args.output)
    }
}

impl Listing {
    /// Takes over how often the lines of the file ran.
    fn times(&mut self, times: &Times, file: &Path) {
        let names: Vec<&str> = times.iter().map(|(file, ..)| file.as_str()).collect();
        let Ok(is_of_file) = source::matching(&names, file) else { return };
        for ((_, line, time), _) in times.iter().zip(is_of_file).filter(|(_, is_meant)| *is_meant) {
            self.lines.entry(*line).or_default().time = Some(*time);
        }
    }
}

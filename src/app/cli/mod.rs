//! The command line: every command, flag and help text.

mod check;
mod cycles;
mod diff;
mod dominators;
mod draw;
mod dump;
mod index;
mod info;
mod lines;
mod places;
mod reference;
mod show;
mod suspects;
mod watch;
mod why;

pub use check::CheckArgs;
pub use cycles::CyclesArgs;
pub use diff::{DiffArgs, DiffGroupArg};
pub use index::IndexArgs;
pub use info::InfoArgs;
pub use lines::LinesArgs;
pub use places::PlacesArgs;
pub use reference::{CompletionsArgs, ManArgs};
pub use suspects::SuspectsArgs;

use std::path::{Path, PathBuf};

pub use dominators::{DominatorsArgs, ViewArg};
pub use draw::DrawArgs;
pub(super) use dump::byte_size;
#[cfg_attr(not(target_os = "linux"), allow(unused_imports))] // `elsewhere` needs none of these.
pub use dump::{AttachArgs, NewSnapshotArgs, TextArg, TriggerArgs, ViaArg};
pub use dump::{DumpArgs, RunArgs};
pub use show::ShowArgs;
pub use watch::WatchArgs;
pub use why::WhyArgs;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::units::Address;

/// Find out why a Python process grows, from snapshots of its heap.
#[derive(Debug, Parser)]
#[command(
    name = "heapgraph",
    version,
    max_term_width = 100,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "\
Straight to an answer:               heapgraph suspects --pid PID
Of a process that runs:              heapgraph dump --pid PID
Of one that left a core file:        heapgraph dump --core FILE
Of a program from its start:         heapgraph dump -- python app.py
From within the program:             import snapshot_dumper; snapshot_dumper.dump(\"snap.json\")
See it work on a leaking example:    heapgraph demo

Exit codes: 0 ok, 1 error, 2 usage, 3 a gate failed; `run` and `dump --` pass on the program's."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take a snapshot of a Python process that runs, of a core file, or of a program that is started now
    #[command(after_help = dump::DUMP_EXAMPLES)]
    Dump(DumpArgs),
    /// Run a Python program and take snapshots of it: the same as `dump -- PROGRAM`
    #[command(after_help = dump::RUN_EXAMPLES)]
    Run(RunArgs),
    /// The most common types: how many objects, how many bytes
    Common(CommonArgs),
    /// What grew from one snapshot to another: the places, who holds them, and the types
    #[command(after_help = diff::EXAMPLES)]
    Diff(DiffArgs),
    /// Watch a process from outside until what grows in it is known
    #[command(after_help = watch::EXAMPLES)]
    Watch(WatchArgs),
    /// Limits for a build: fail when a type or a place has too much, or has grown
    #[command(after_help = check::EXAMPLES)]
    Check(CheckArgs),
    /// Who refers to an object: a tree, or a picture with -o
    Backrefs(ReferencesArgs),
    /// What an object refers to: a tree, or a picture with -o
    Refs(ReferencesArgs),
    /// Why an object is alive: the path from a root as Python, and what to cut
    Why(WhyArgs),
    /// What keeps most memory alive: objects by retained size
    Dominators(DominatorsArgs),
    /// Where memory lives: the ways to it, with the contents of containers merged
    Places(PlacesArgs),
    /// A source file, with what each of its lines made that is held now
    #[command(after_help = lines::EXAMPLES)]
    Lines(LinesArgs),
    /// All about one object on one screen
    Show(ShowArgs),
    /// Leak suspects: what holds a large share of the heap, in words, with evidence
    Suspects(SuspectsArgs),
    /// Reference cycles by the types in them, and which are garbage
    Cycles(CyclesArgs),
    /// What the snapshot is of, how it was taken, and what it doesn't show
    Info(InfoArgs),
    /// Write the index beside a snapshot now, so that the first question is answered at once, too
    Index(IndexArgs),
    /// Draw a graph that -o FILE.json has written, perhaps after you have changed it
    Draw(DrawArgs),
    /// Take snapshots of a small leaking program and look at them
    Demo(DemoArgs),
    /// Print what completes these commands in a shell: `heapgraph completions bash > FILE`
    Completions(CompletionsArgs),
    /// Print a manual page: `heapgraph man suspects | man -l -`
    Man(ManArgs),
}

/// The command line; each command offers the values that it takes.
pub fn command_line() -> clap::Command {
    let mut all = <Cli as clap::CommandFactory>::command();
    let with_format = |command: &clap::Command| command.get_arguments().any(|argument| argument.get_id() == "format");
    let names: Vec<String> = all
        .get_subcommands()
        .filter(|command| with_format(command))
        .map(|command| command.get_name().to_owned())
        .collect();
    for name in names.iter().filter(|name| !["dominators", "places"].contains(&name.as_str())) {
        all = all.mut_subcommand(name, |command| {
            command.mut_arg("format", |format| format.value_parser(all_but(FormatArg::Folded)))
        });
    }
    all.mut_subcommand("diff", |diff| diff.mut_arg("sort", |sort| sort.value_parser(all_but(SortArg::Retained))))
}

/// The values of an option without one of them.
fn all_but<V: ValueEnum + PartialEq + Send + Sync + 'static>(without: V) -> impl TypedValueParser<Value = V> {
    let values = V::value_variants().iter().filter(|value| **value != without);
    PossibleValuesParser::new(values.filter_map(|value| value.to_possible_value()))
        .try_map(|text| V::from_str(&text, false))
}

/// Which snapshot.
#[derive(Debug, Args)]
pub struct SnapshotArg {
    /// The snapshot, .json or .json.gz; - is standard input
    #[arg(env = "HEAPGRAPH_SNAPSHOT", default_value = "snap.json", value_name = "SNAPSHOT", hide_env_values = true)]
    pub snapshot: PathBuf,
    /// Read this process from outside instead of a snapshot; nothing runs in it, no file is written
    #[arg(long, value_name = "PID", value_parser = pid)]
    pub pid: Option<u32>,
    /// Neither use the index beside the snapshot nor write one
    #[arg(long, env = "HEAPGRAPH_NO_INDEX", hide_env = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub no_index: bool,
}

/// Only what is new.
#[derive(Debug, Args)]
pub struct SinceArg {
    /// Only what is not in this earlier snapshot, of the same process or of another
    #[arg(long, value_name = "EARLIER")]
    pub since: Option<PathBuf>,
}

/// The number of a process.
fn pid(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(pid) if pid > 0 => Ok(pid),
        _ => Err("expected the number of a process, as `pgrep -af python` lists them".to_owned()),
    }
}

/// Where the answer goes and how it looks.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// How the answer is written; by default as the name after -o says, else text
    #[arg(long, value_enum)]
    pub format: Option<FormatArg>,
    /// Write the answer to a file; - is standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Colours on standard output
    #[arg(long, value_enum, default_value_t = ColorArg::Auto)]
    pub color: ColorArg,
    /// No progress and no notes on standard error
    #[arg(short, long)]
    pub quiet: bool,
}

impl OutputArgs {
    /// The file after `-o`; `None` for standard output, which `-o -` is, too.
    pub fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    Text,
    Json,
    Csv,
    Markdown,
    Html,
    /// Stacks for flame graphs, of `dominators` and `places`
    Folded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SortArg {
    Count,
    Size,
    Name,
    /// By what would be freed with all of them; takes longer
    Retained,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GroupArg {
    Type,
    /// The module of the type
    Module,
    /// The line that made the object, where the program has traced its allocations
    Line,
    /// The function that made it
    Function,
    /// The source file that made it
    File,
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

/// How a picture is drawn, with -o FILE.svg, .png, .dot, .mmd or .json.
#[derive(Debug, Args)]
pub struct PictureArgs {
    /// Which engine places the boxes
    #[arg(long, value_enum, default_value_t = LayoutArg::Auto, help_heading = "Pictures")]
    pub layout: LayoutArg,
    /// Where arrows point, from referrer to referent
    #[arg(long, value_enum, default_value_t = DirectionArg::Down, help_heading = "Pictures")]
    pub direction: DirectionArg,
    /// Colours of a picture; auto is light, and SVG follows the viewer
    #[arg(long, value_enum, default_value_t = ThemeArg::Auto, help_heading = "Pictures")]
    pub theme: ThemeArg,
    /// PNG: pixels for each unit of the picture [default: 2, and less for a very large picture]
    #[arg(long, value_name = "FACTOR", help_heading = "Pictures")]
    pub scale: Option<f64>,
    /// PNG: draw no more pixels than this
    #[arg(long, default_value_t = 60_000_000, value_name = "N", help_heading = "Pictures")]
    pub max_pixels: u64,
    /// Show the picture, or whatever -o writes, with the desktop's program for it
    #[arg(long, requires = "output", help_heading = "Pictures")]
    pub open: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LayoutArg {
    Auto,
    LayoutRs,
    Native,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DirectionArg {
    Down,
    Up,
    Right,
    Left,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ThemeArg {
    Auto,
    Light,
    Dark,
}

/// Which objects.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct TargetArgs {
    /// Address of an object as id() prints it, 0x7f… or decimal; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub id: Vec<Address>,
    /// Objects of a type, by short or full name or a pattern such as app.*Session; lists them when there are several
    #[arg(long = "type", value_name = "NAME")]
    pub type_name: Option<String>,
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The Python to run the example with
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    pub python: PathBuf,
    /// Where the snapshots and pictures go
    #[arg(long, value_name = "FOLDER", default_value = "heapgraph-demo")]
    pub folder: PathBuf,
    /// Colours on standard output
    #[arg(long, value_enum, default_value_t = ColorArg::Auto)]
    pub color: ColorArg,
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        crate::app::command_line().debug_assert();
    }
}

//! Arguments of `heapgraph lines`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::{OutputArgs, SnapshotArg, dump};

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
    #[arg(long, value_name = "SECONDS", value_parser = dump::seconds, requires = "run", help_heading = "With --run")]
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

//! Arguments of `heapgraph check`.

use std::path::PathBuf;

use clap::Args;

use super::OutputArgs;

/// Help after `check --help`.
pub const EXAMPLES: &str = "\
Examples:
  heapgraph check snap.json --max 'app.Session=10'
  heapgraph check before.json after.json --max-growth 'app.*=0' --junit check.xml
  heapgraph check snap.json --max-retained 'app.cache.*=50MB' --no-garbage

A name is a type (app.Session, Session) or a place as `heapgraph places` and `heapgraph diff` tell it
(app.cache.SESSIONS); * and ? stand for anything. The same in a file:

  [check]
  no-garbage = true
  [check.max]
  \"app.Session\" = 10
  [check.max-growth]
  \"app.*\" = 0
  [check.max-retained]
  \"app.cache.*\" = \"50MB\"

Exit codes: 0 all limits were kept, 3 one was not, 1 and 2 errors.";

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The snapshots in the order of time; limits are for the last, growth is from the first to the last
    #[arg(value_name = "SNAPSHOT", required = true)]
    pub snapshots: Vec<PathBuf>,
    /// At most N objects of a type, or entries at a place; may be given several times
    #[arg(long, value_name = "NAME=N")]
    pub max: Vec<String>,
    /// At most N more than in the first snapshot; may be given several times
    #[arg(long, value_name = "NAME=N")]
    pub max_growth: Vec<String>,
    /// At most so many bytes that a type retains, or that are at a place (500K, 50MB); may be given several times
    #[arg(long, value_name = "NAME=BYTES")]
    pub max_retained: Vec<String>,
    /// No garbage in reference cycles
    #[arg(long)]
    pub no_garbage: bool,
    /// Read limits from this file, too [default: heapgraph.toml in the current folder, when no limit is given]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Also write the result as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    #[command(flatten)]
    pub output: OutputArgs,
}

//! Arguments of `heapgraph report`.

use std::path::PathBuf;

use clap::Args;

use super::{SinceArg, SnapshotArg};

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

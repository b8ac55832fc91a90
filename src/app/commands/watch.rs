//! `heapgraph watch`.

use std::path::PathBuf;

use clap::Args;

use crate::app::arguments::{self, OutputArgs};
use crate::app::{ExitCode, system};

/// Help after `watch --help`.
pub const EXAMPLES: &str = "\
Examples:
  heapgraph watch --pid 4711 --every 60 --count 2     what grew in a minute, and who holds it
  heapgraph watch --pid 4711 --every 30               until there is a verdict
  heapgraph watch --pid 4711 --every 30 --keep a.json     and keep the snapshots: a.1.json, a.2.json, …

The process is read from outside; nothing runs in it, and nothing is left behind after Ctrl-C. Three steps in each
of which a place grew are a leak; after five without one the verdict is that there is none.";

#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The process to watch; CPython 3.8 or later
    #[arg(long, value_name = "PID", value_parser = arguments::pid)]
    pub pid: u32,
    /// Take a snapshot every SECONDS seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = arguments::seconds)]
    pub every: f64,
    /// Take N snapshots, whatever they tell, instead of as many as a verdict needs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub count: Option<u32>,
    /// Keep the snapshots under this name with a number
    #[arg(long, value_name = "FILE")]
    pub keep: Option<PathBuf>,
    /// Pack the columns of the snapshots that are kept: half the size or less
    #[arg(long, requires = "keep")]
    pub packed: bool,
    /// How many rows of each table; 0 for all
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    /// Tell places that grew by at least this (500K, 20M) [default: a thousandth of the heap, from 16K to 1M]
    #[arg(long, value_name = "BYTES", value_parser = arguments::byte_size)]
    pub min: Option<u64>,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub fn run(args: &WatchArgs) -> anyhow::Result<ExitCode> {
    system::watch(args)
}

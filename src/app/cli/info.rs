//! Arguments of `heapgraph info`.

use clap::Args;

use super::{OutputArgs, SnapshotArg};

#[derive(Debug, Args)]
pub struct InfoArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    /// How many types of each blind spot; 0 for all
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub limit: usize,
    #[command(flatten)]
    pub output: OutputArgs,
}

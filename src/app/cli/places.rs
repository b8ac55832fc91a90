//! Arguments of `heapgraph places`.

use clap::Args;

use super::{OutputArgs, SnapshotArg};

#[derive(Debug, Args)]
pub struct PlacesArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    /// How many levels of the tree [default: 3, 64 with --format folded]
    #[arg(long, value_name = "N")]
    pub depth: Option<u32>,
    /// How many places on each level; 0 for all with a ten-thousandth of the heap
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub limit: usize,
    #[command(flatten)]
    pub output: OutputArgs,
}

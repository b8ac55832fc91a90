//! Arguments of `heapgraph show`.

use clap::Args;

use super::{OutputArgs, SnapshotArg, TargetArgs};

#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    #[command(flatten)]
    pub target: TargetArgs,
    /// How many slots, referrers and dominated objects; 0 for all
    #[arg(long, default_value_t = 12, value_name = "N")]
    pub limit: usize,
    /// Types with their modules: app.models.Session instead of Session
    #[arg(long)]
    pub full_names: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

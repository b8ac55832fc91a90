//! Arguments of `heapgraph why`.

use clap::Args;

use super::{OutputArgs, PictureArgs, SinceArg, SnapshotArg, TargetArgs};

#[derive(Debug, Args)]
pub struct WhyArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    #[command(flatten)]
    pub since: SinceArg,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Show up to N paths that share no object but the target
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub paths: usize,
    /// How many rows of a long path, or of a tree of paths; 0 for all
    #[arg(long, default_value_t = 40, value_name = "N")]
    pub limit: usize,
    /// Types with their modules: app.models.Session instead of Session
    #[arg(long)]
    pub full_names: bool,
    #[command(flatten)]
    pub picture: PictureArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

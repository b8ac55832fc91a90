//! Arguments of `heapgraph cycles`.

use clap::Args;

use super::{OutputArgs, PictureArgs, SnapshotArg};

#[derive(Debug, Args)]
pub struct CyclesArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    /// Which pattern's example is told or drawn, by its number in the list
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub pattern: u32,
    /// List the cycles of modules, classes and functions as well
    #[arg(long)]
    pub structure: bool,
    /// How many patterns; 0 for all
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    /// Show or draw at most N objects of the example; count the rest
    #[arg(long, default_value_t = 40, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub max_nodes: u32,
    /// Types with their modules: app.models.Session instead of Session
    #[arg(long)]
    pub full_names: bool,
    #[command(flatten)]
    pub picture: PictureArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

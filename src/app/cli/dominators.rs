//! Arguments of `heapgraph dominators`.

use clap::{Args, ValueEnum};

use crate::units::Address;

use super::{GroupArg, OutputArgs, SinceArg, SnapshotArg};

#[derive(Debug, Args)]
pub struct DominatorsArgs {
    #[command(flatten)]
    pub snapshot: SnapshotArg,
    #[command(flatten)]
    pub since: SinceArg,
    /// Only what this object dominates
    #[arg(long, value_name = "ADDRESS")]
    pub id: Option<Address>,
    /// What each type or module retains together, nothing counted twice
    #[arg(long, visible_alias = "by", value_enum, conflicts_with = "id")]
    pub group: Option<GroupArg>,
    /// How many levels of the tree [default: 1, 3 with --id, 64 with --format folded]
    #[arg(long, value_name = "N")]
    pub depth: Option<u32>,
    /// How many objects on each level; 0 for all
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    /// exact: what would be freed. ownership: whose it is, with housekeeping references (__globals__, __class__, …) set aside
    #[arg(long, value_enum, default_value_t = ViewArg::Exact)]
    pub view: ViewArg,
    /// Types with their modules: app.models.Session instead of Session
    #[arg(long)]
    pub full_names: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ViewArg {
    Exact,
    Ownership,
}

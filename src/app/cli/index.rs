//! Arguments of `heapgraph index`.

use std::path::PathBuf;

use clap::Args;

use super::OutputArgs;

#[derive(Debug, Args)]
pub struct IndexArgs {
    /// The snapshot, .json or .json.gz
    #[arg(env = "HEAPGRAPH_SNAPSHOT", default_value = "snap.json", value_name = "SNAPSHOT", hide_env_values = true)]
    pub snapshot: PathBuf,
    #[command(flatten)]
    pub output: OutputArgs,
}

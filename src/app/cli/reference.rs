//! Arguments of `heapgraph completions` and `heapgraph man`.

use clap::Args;

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// The page of this command [default: that of heapgraph]
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

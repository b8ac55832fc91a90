//! Arguments of `heapgraph draw`.

use std::path::PathBuf;

use clap::Args;

use super::PictureArgs;

#[derive(Debug, Args)]
pub struct DrawArgs {
    /// The graph, as `-o FILE.json` of a command that draws writes it; - is standard input
    #[arg(value_name = "GRAPH")]
    pub graph: PathBuf,
    /// Draw into this file: .svg, .png, .dot, .mmd or .json
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// No notes on standard error
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub picture: PictureArgs,
}

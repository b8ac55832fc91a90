//! `heapgraph index`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::analysis::explored::Explored;
use crate::app::arguments::OutputArgs;
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, index, input, output};
use crate::report::{IndexFacts, Report};

#[derive(Debug, Args)]
pub struct IndexArgs {
    /// The snapshot, .json, .json.gz or .json.zst
    #[arg(env = "HEAPGRAPH_SNAPSHOT", default_value = "snap.json", value_name = "SNAPSHOT", hide_env_values = true)]
    pub snapshot: PathBuf,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub fn run(args: &IndexArgs) -> anyhow::Result<ExitCode> {
    output::format(&args.output)?;
    let path = &args.snapshot;
    if path == Path::new("-") {
        return Err(UsageError("an index stands beside its snapshot: name a file".to_owned()).into());
    }
    index::wait_until_settled(path);
    let graph = input::graph_of(path, args.output.quiet)?;
    let heap = Explored::of(&graph);
    let (bytes, was_there) = index::write_all(path, &heap)?;
    let file = input::name(&index::path_of(path));
    let facts = IndexFacts { file: &file, bytes, was_there };
    output::write_report(&Report::index(&graph, facts, &input::name(path)), &args.output)?;
    Ok(ExitCode::Ok)
}

//! Arguments of `heapgraph diff`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{OutputArgs, PictureArgs, SortArg, dump};

/// Help after `diff --help`.
pub const EXAMPLES: &str = "\
Examples:
  heapgraph diff a.json b.json                    the places that grew, and who holds what is in them
  heapgraph diff a.json b.json c.json             and how: each time, or stopped
  heapgraph diff a.json b.json -o growth.svg      a picture of who holds what grew (.png, .dot, .mmd)
  heapgraph diff a.json b.json --max-growth 0 --only 'app.*'";

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The earlier snapshot
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// The later snapshot; with several, growth is from BEFORE to the last, and rows say how it went
    #[arg(value_name = "AFTER", required = true)]
    pub after: Vec<PathBuf>,
    /// How many rows of each table; 0 for all
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub limit: usize,
    /// Which rows come first [default: size, count with --group type or module]
    #[arg(long, value_enum)]
    pub sort: Option<SortArg>,
    /// What growth is told by [default: place, type with the limits of a build]
    #[arg(long, visible_alias = "by", value_enum)]
    pub group: Option<DiffGroupArg>,
    /// Tell places that grew by at least this (500K, 20M) [default: a thousandth of the heap, from 16K to 1M]
    #[arg(long, value_name = "BYTES", value_parser = dump::byte_size)]
    pub min: Option<u64>,
    /// Types with their modules: app.models.Session instead of Session
    #[arg(long)]
    pub full_names: bool,
    /// Exit with 3 when a type has more than N objects more than in BEFORE; 0 allows no growth
    #[arg(long, value_name = "N", help_heading = "For a build that must not leak")]
    pub max_growth: Option<u64>,
    /// Exit with 3 when the objects of a type take more than this more than in BEFORE (500K, 20M)
    #[arg(long, value_name = "BYTES", value_parser = dump::byte_size, help_heading = "For a build that must not leak")]
    pub max_growth_bytes: Option<u64>,
    /// The types that these limits are for, as app.models.Session, Session or 'app.*'; all when none is named
    #[arg(long, value_name = "TYPE", help_heading = "For a build that must not leak")]
    pub only: Vec<String>,
    #[command(flatten)]
    pub output: OutputArgs,
    // Last: its heading would hold for what follows.
    #[command(flatten)]
    pub picture: PictureArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffGroupArg {
    /// Where memory lives, then types
    Place,
    Type,
    /// The module of the type
    Module,
    /// The line that made the objects, and where they are held
    Line,
    /// The function that made them
    Function,
    /// The source file that made them
    File,
}

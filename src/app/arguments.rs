//! Arguments that several commands take: the snapshot, the objects, how the answer and pictures look.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::analysis::common::{Grouping, Order};
use crate::units::Address;

/// Which snapshot.
#[derive(Debug, Args)]
pub struct SnapshotArg {
    /// The snapshot, .json, .json.gz or .json.zst; - is standard input
    #[arg(env = "HEAPGRAPH_SNAPSHOT", default_value = "snap.json", value_name = "SNAPSHOT", hide_env_values = true)]
    pub snapshot: PathBuf,
    /// Read this process from outside instead of a snapshot; nothing runs in it, no file is written
    #[arg(long, value_name = "PID", value_parser = pid)]
    pub pid: Option<u32>,
    #[command(flatten)]
    pub index: IndexArg,
}

/// Whether indexes are read and written. [`run`](super::run) looks at it.
#[derive(Debug, Default, Args)]
pub struct IndexArg {
    /// Neither use the index beside the snapshot nor write one
    #[arg(long, env = "HEAPGRAPH_NO_INDEX", hide_env = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub no_index: bool,
}

/// Only what is new.
#[derive(Debug, Args)]
pub struct SinceArg {
    /// Only what is not in this earlier snapshot, of the same process or of another
    #[arg(long, value_name = "EARLIER")]
    pub since: Option<PathBuf>,
}

/// The number of a process.
pub fn pid(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(pid) if pid > 0 => Ok(pid),
        _ => Err("expected the number of a process, as `pgrep -af python` lists them".to_owned()),
    }
}

/// Where the answer goes and how it looks.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// How the answer is written; by default as the name after -o says, else text
    #[arg(long, value_enum)]
    pub format: Option<FormatArg>,
    /// Write the answer to a file; - is standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Colours on standard output
    #[arg(long, value_enum, default_value_t = ColorArg::Auto)]
    pub color: ColorArg,
    /// No progress and no notes on standard error
    #[arg(short, long)]
    pub quiet: bool,
}

impl OutputArgs {
    /// The file after `-o`; `None` for standard output, which `-o -` is, too.
    pub fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    Text,
    Json,
    Csv,
    Markdown,
    Html,
    /// Stacks for flame graphs, of `dominators` and `places`
    Folded,
    /// Text for a scraper, of `census`
    Openmetrics,
    /// The same for speedscope.app, with bytes as the unit
    Speedscope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SortArg {
    Count,
    Size,
    Name,
    /// By what would be freed with all of them; takes longer
    Retained,
}

impl SortArg {
    /// The order; by retained size groups are put in order later, when it is known.
    pub fn order(self) -> Order {
        match self {
            SortArg::Count | SortArg::Retained => Order::Count,
            SortArg::Size => Order::Size,
            SortArg::Name => Order::Name,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GroupArg {
    Type,
    /// The module of the type
    Module,
    /// The line that made the object, where the program has traced its allocations
    Line,
    /// The function that made it
    Function,
    /// The source file that made it
    File,
}

impl GroupArg {
    /// What it stands for.
    pub fn grouping(self) -> Grouping {
        match self {
            GroupArg::Type => Grouping::Type,
            GroupArg::Module => Grouping::Module,
            GroupArg::Line => Grouping::Line,
            GroupArg::Function => Grouping::Function,
            GroupArg::File => Grouping::File,
        }
    }
}

/// How a picture is drawn, with -o FILE.svg, .png, .dot, .mmd or .json.
#[derive(Debug, Args)]
pub struct PictureArgs {
    /// Which engine places the boxes
    #[arg(long, value_enum, default_value_t = LayoutArg::Auto, help_heading = "Pictures")]
    pub layout: LayoutArg,
    /// Where arrows point, from referrer to referent
    #[arg(long, value_enum, default_value_t = DirectionArg::Down, help_heading = "Pictures")]
    pub direction: DirectionArg,
    /// Colours of a picture; auto is light, and SVG follows the viewer
    #[arg(long, value_enum, default_value_t = ThemeArg::Auto, help_heading = "Pictures")]
    pub theme: ThemeArg,
    /// PNG: pixels for each unit of the picture [default: 2, and less for a very large picture]
    #[arg(long, value_name = "FACTOR", help_heading = "Pictures")]
    pub scale: Option<f64>,
    /// PNG: draw no more pixels than this
    #[arg(long, default_value_t = 60_000_000, value_name = "N", help_heading = "Pictures")]
    pub max_pixels: u64,
    /// Show the picture, or whatever -o writes, with the desktop's program for it
    #[arg(long, requires = "output", help_heading = "Pictures")]
    pub open: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LayoutArg {
    Auto,
    LayoutRs,
    Native,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DirectionArg {
    Down,
    Up,
    Right,
    Left,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ThemeArg {
    Auto,
    Light,
    Dark,
}

/// Which objects.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct TargetArgs {
    /// Address of an object as id() prints it, 0x7f… or decimal; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub id: Vec<Address>,
    /// Objects of a type, by short or full name or a pattern such as app.*Session; lists them when there are several
    #[arg(long = "type", value_name = "NAME")]
    pub type_name: Option<String>,
}

/// `--limit`: 0 stands for all.
pub fn limit(number: usize) -> Option<usize> {
    (number > 0).then_some(number)
}

/// A span of time.
pub fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        // The upper limit keeps sums with the clock in range.
        Ok(number) if number > 0.0 && number <= 1e9 => Ok(number),
        _ => Err("expected seconds, more than 0".to_owned()),
    }
}

/// Reads `1048576`, `512K`, `500M`, `2G`, `1.5GiB`: powers of 1024.
pub fn byte_size(text: &str) -> Result<u64, String> {
    let wrong = || "expected bytes like 1048576, 500M or 2G".to_owned();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        "T" | "TB" | "TIB" => 40,
        _ => return Err(wrong()),
    };
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    let bytes = number * (1u64 << shift) as f64;
    if (1.0..1e18).contains(&bytes) { Ok(bytes as u64) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        assert_eq!(byte_size("1048576"), Ok(1 << 20));
        assert_eq!(byte_size("500M"), Ok(500 << 20));
        assert_eq!(byte_size("1.5GiB"), Ok(3 << 29));
        for wrong in ["", "M", "-1", "0", "1X", "nan", "inf", "1e30"] {
            assert!(byte_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_finite_and_positive() {
        assert_eq!(seconds("0.5"), Ok(0.5));
        for wrong in ["", "0", "-1", "nan", "inf", "1e300"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}

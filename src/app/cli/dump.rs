//! Arguments of `heapgraph dump` and `heapgraph run`.

use crate::app::system;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Help after `dump --help`.
pub const DUMP_EXAMPLES: &str = "\
Examples:
  heapgraph dump --pid 4711                       of a process that runs, as root or as its user
  heapgraph dump --pid 4711 -o monday.json.gz     compressed
  heapgraph dump --pid 4711 --tree                and of every Python process below it, one file each
  heapgraph dump --core core.4711                 of a process that has left a core file
  heapgraph dump --pid 4711 --via signal          of a process that has called snapshot_dumper.install()
  heapgraph dump -- python app.py                 of a program that is started now, when it ends
  heapgraph dump --every 60 --keep 5 -- python -m app
  heapgraph dump --print-dumper > snapshot_dumper.py    for `import snapshot_dumper`, at a pdb prompt too

With --pid the memory of the process is read from outside: nothing needs to be installed in it, nothing runs in
it. Only a file that is complete gets the name after -o, readable by its owner alone.";

/// Help after `run --help`.
pub const RUN_EXAMPLES: &str = "\
Examples:
  heapgraph run python app.py --port 8000         a snapshot when the program ends
  heapgraph run --on-signal USR1 python -m app    and whenever `kill -USR1 PID` says so
  heapgraph run --at-rss 2G --keep 3 gunicorn app:app

The program's own arguments, exit code, output and signals are its own. 128 + N is the exit code when signal N
ended it, as in a shell; 1 also when it ended well and no snapshot could be written.";

/// A snapshot of a process that runs, of a core file, or of a program that is started for it.
#[derive(Debug, Args)]
pub struct DumpArgs {
    /// The process to take a snapshot of; CPython 3.8 or later
    #[arg(long, value_name = "PID", value_parser = super::pid, conflicts_with_all = ["program", "TriggerArgs"])]
    pub pid: Option<u32>,
    /// Also of every Python process below it: one file each, with its PID in the name
    #[arg(long, requires = "pid", help_heading = "With --pid")]
    pub tree: bool,
    /// Of a process that has left this core file, of the kernel or of gcore
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pid", "program", "TriggerArgs", "AttachArgs"])]
    pub core: Option<PathBuf>,
    /// The program that left the core file, when it is not where the core says
    #[arg(long, value_name = "PYTHON", requires = "core", conflicts_with = "pid", help_heading = "With --core")]
    pub exe: Option<PathBuf>,
    #[command(flatten)]
    pub snapshot: NewSnapshotArgs,
    #[command(flatten)]
    pub attach: AttachArgs,
    #[command(flatten)]
    pub triggers: TriggerArgs,
    /// Print the dumper, one Python file, for use within a program: heapgraph dump --print-dumper > snapshot_dumper.py
    #[arg(long, exclusive = true)]
    pub print_dumper: bool,
    /// The program to start, after --: python app.py …, python -m module …, or a script for Python
    #[arg(last = true, value_name = "PROGRAM", conflicts_with = "AttachArgs")]
    pub program: Vec<OsString>,
}

/// A program that is started under the dumper.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub snapshot: NewSnapshotArgs,
    #[command(flatten)]
    pub triggers: TriggerArgs,
    /// The program: python app.py …, python -m module …, or a script for Python
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "PROGRAM")]
    pub program: Vec<OsString>,
}

/// What the snapshot is to hold, and where it goes.
#[derive(Debug, Args)]
pub struct NewSnapshotArgs {
    /// The snapshot's name; compressed when it ends in .gz
    #[arg(short, long, value_name = "FILE", default_value = "snap.json")]
    pub output: PathBuf,
    /// Which texts of the program are written: names of its code; also dictionary keys; also values
    #[arg(long, value_enum, default_value_t = TextArg::Keys)]
    pub text: TextArg,
    /// With a program: run the garbage collector first: unreachable cycles are then not in the snapshot
    #[arg(long)]
    pub collect: bool,
    /// No progress and no notes on standard error
    #[arg(short, long)]
    pub quiet: bool,
}

/// How a process that runs is reached.
#[derive(Debug, Args)]
#[group(id = "AttachArgs", multiple = true)]
pub struct AttachArgs {
    /// Who writes: the tool, from outside, or the program itself
    #[arg(long, value_enum, default_value_t = ViaArg::Memory, help_heading = "With --pid")]
    pub via: ViaArg,
    /// How long to wait for a moment at which the heap is still, or for the program's file
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds, help_heading = "With --pid")]
    pub timeout: f64,
    /// With --via signal: the signal that the process has armed
    #[arg(long, value_name = "SIGNAL", default_value = "SIGUSR1", value_parser = system::signal_name, help_heading = "With --pid")]
    pub signal: String,
    /// With --via signal: the file that it writes, as it sees it; snap.json in its folder by default
    #[arg(long, value_name = "FILE", help_heading = "With --pid")]
    pub armed_file: Option<PathBuf>,
}

/// When a program that is started now takes snapshots.
#[derive(Debug, Args)]
#[group(id = "TriggerArgs", multiple = true)]
pub struct TriggerArgs {
    /// Take a snapshot every SECONDS seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds, help_heading = "With a program")]
    pub every: Option<f64>,
    /// Take a snapshot when the resident memory reaches this (500M, 2G), and at each further quarter
    #[arg(long, value_name = "BYTES", value_parser = byte_size, help_heading = "With a program")]
    pub at_rss: Option<u64>,
    /// Take a snapshot whenever this signal comes: USR1, SIGUSR2, 10
    #[arg(long, value_name = "SIGNAL", value_parser = system::signal_name, help_heading = "With a program")]
    pub on_signal: Option<String>,
    /// Number the files (snap.1.json, …); keep the last COUNT, and the one at the end
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..), help_heading = "With a program")]
    pub keep: Option<u64>,
    /// Take no snapshot when the program ends
    #[arg(long, help_heading = "With a program")]
    pub no_exit: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ViaArg {
    /// The memory of the process is read from outside; nothing runs in it
    Memory,
    /// The program has called snapshot_dumper.install(), and writes the file when the signal comes
    Signal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TextArg {
    None,
    Names,
    Keys,
    All,
}

impl TextArg {
    /// The word for it.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub fn word(self) -> &'static str {
        match self {
            TextArg::None => "none",
            TextArg::Names => "names",
            TextArg::Keys => "keys",
            TextArg::All => "all",
        }
    }
}

pub(super) fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        // The upper limit keeps sums with the clock in range.
        Ok(number) if number > 0.0 && number <= 1e9 => Ok(number),
        _ => Err("expected seconds, more than 0".to_owned()),
    }
}

/// Reads `1048576`, `512K`, `500M`, `2G`, `1.5GiB`: powers of 1024.
pub(in crate::app) fn byte_size(text: &str) -> Result<u64, String> {
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

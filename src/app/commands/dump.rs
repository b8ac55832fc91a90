//! `heapgraph dump` and `heapgraph run`: a snapshot, or the dumper that takes it.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::app::arguments;
use crate::app::{ExitCode, output, system};
use crate::snapshot::Columns;

/// Help after `dump --help`.
pub const DUMP_EXAMPLES: &str = "\
Examples:
  heapgraph dump --pid 4711                       of a process that runs, as root or as its user
  heapgraph dump --pid 4711 -o monday.json.gz     compressed
  heapgraph dump --pid 4711 -o monday.json.zst --packed    a tenth of the size
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
    #[arg(long, value_name = "PID", value_parser = arguments::pid, conflicts_with_all = ["program", "TriggerArgs"])]
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
    /// The snapshot's name; compressed when it ends in .gz or .zst
    #[arg(short, long, value_name = "FILE", default_value = "snap.json")]
    pub output: PathBuf,
    /// Which texts of the program are written: names of its code; also dictionary keys; also values
    #[arg(long, value_enum, default_value_t = TextArg::Keys)]
    pub text: TextArg,
    /// Pack the columns of numbers: half the size or less; `heapgraph export` unpacks them for other tools
    #[arg(long)]
    pub packed: bool,
    /// With a program: run the garbage collector first: unreachable cycles are then not in the snapshot
    #[arg(long)]
    pub collect: bool,
    /// No progress and no notes on standard error
    #[arg(short, long)]
    pub quiet: bool,
}

impl NewSnapshotArgs {
    /// How columns are to be written.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub fn columns(&self) -> Columns {
        columns(self.packed)
    }
}

/// How columns are to be written where `--packed` may stand.
pub fn columns(is_packed: bool) -> Columns {
    if is_packed { Columns::Packed } else { Columns::Plain }
}

/// How a process that runs is reached.
#[derive(Debug, Args)]
#[group(id = "AttachArgs", multiple = true)]
pub struct AttachArgs {
    /// Who writes: the tool, from outside, or the program itself
    #[arg(long, value_enum, default_value_t = ViaArg::Memory, help_heading = "With --pid")]
    pub via: ViaArg,
    /// How long to wait for a moment at which the heap is still, or for the program's file
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = arguments::seconds, help_heading = "With --pid")]
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
    #[arg(long, value_name = "SECONDS", value_parser = arguments::seconds, help_heading = "With a program")]
    pub every: Option<f64>,
    /// Take a snapshot when the resident memory reaches this (500M, 2G), and at each further quarter
    #[arg(long, value_name = "BYTES", value_parser = arguments::byte_size, help_heading = "With a program")]
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

/// What a command says that was given no process, no core file and no program.
pub const NOTHING_TO_TAKE: &str = "\
nothing to take a snapshot of: name a process that runs, `heapgraph dump --pid PID` (`pgrep -af python` lists them), \
or a program to start, `heapgraph dump -- python app.py …`";

pub fn run(args: &DumpArgs) -> anyhow::Result<ExitCode> {
    if args.print_dumper {
        output::write_bytes(super::DUMPER.as_bytes(), None)?;
        return Ok(ExitCode::Ok);
    }
    system::dump(args)
}

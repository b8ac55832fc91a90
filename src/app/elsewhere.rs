//! What the porch says where live processes and core files can't be read: on every system but Linux.

use anyhow::bail;

use crate::app::commands::dump::{DumpArgs, RunArgs};
use crate::app::commands::lines::LinesArgs;
use crate::app::commands::watch::WatchArgs;
use crate::snapshot::Snapshot;

use super::ExitCode;
use super::commands::dump::NOTHING_TO_TAKE;
use super::commands::lines::Traced;
use super::exit_code::UsageError;

pub(super) fn dump(args: &DumpArgs) -> anyhow::Result<ExitCode> {
    if args.pid.is_none() && args.core.is_none() && args.program.is_empty() {
        return Err(UsageError(NOTHING_TO_TAKE.to_owned()).into());
    }
    bail!(
        "this system is not Linux: use the dumper itself, `python snapshot_dumper.py app.py`, or \
         `snapshot_dumper.install(signal=\"SIGUSR1\")` in the program"
    )
}

pub(super) fn run_program(_: &RunArgs) -> anyhow::Result<ExitCode> {
    bail!("this system is not Linux: use the dumper itself, `python snapshot_dumper.py app.py`")
}

pub(super) fn watch(_: &WatchArgs) -> anyhow::Result<ExitCode> {
    bail!("watch reads processes of Linux: take snapshots with the dumper, and compare them with `heapgraph diff`")
}

pub(super) fn snapshot_of(_: u32, _: bool) -> anyhow::Result<Snapshot> {
    bail!("--pid reads processes of Linux: take a snapshot with the dumper, and name its file")
}

pub(super) fn signal_name(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

pub(super) fn run_traced(_: &LinesArgs) -> anyhow::Result<Traced> {
    bail!("--run runs programs on Linux: start yours with `python -X tracemalloc`, and dump it from within")
}

/// Nobody knows.
pub(super) fn room() -> Option<u64> {
    None
}

/// Nothing is known of what an allocator keeps.
pub(super) fn give_back() {}

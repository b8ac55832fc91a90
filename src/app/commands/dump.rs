//! `heapgraph dump` and `heapgraph run`: a snapshot, or the dumper that takes it.

use crate::app::cli::DumpArgs;
use crate::app::{ExitCode, output, system};

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

//! `heapgraph dump` and `heapgraph run`: which of the two ways to a snapshot is meant.

#[cfg(target_os = "linux")]
pub(super) mod interrupt;
#[cfg(target_os = "linux")]
mod live;
#[cfg(target_os = "linux")]
pub(super) mod numbered;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
mod python_command;
#[cfg(target_os = "linux")]
pub(super) mod snapshot_file;
#[cfg(target_os = "linux")]
pub(super) mod traced;
#[cfg(target_os = "linux")]
mod triggers;

use crate::app::cli::{DumpArgs, RunArgs};
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, output};

const WHICH: &str = "\
nothing to take a snapshot of: name a process that runs, `heapgraph dump --pid PID` (`pgrep -af python` lists them), \
or a program to start, `heapgraph dump -- python app.py …`";

pub fn run(args: &DumpArgs) -> anyhow::Result<ExitCode> {
    if args.print_dumper {
        output::write_bytes(super::DUMPER.as_bytes(), None)?;
        return Ok(ExitCode::Ok);
    }
    take(args)
}

/// A snapshot is a file, named when it is complete.
#[cfg(target_os = "linux")]
fn refuse_standard_output(output: &std::path::Path) -> anyhow::Result<()> {
    if output == std::path::Path::new("-") {
        return Err(
            UsageError("-o - : a snapshot is a file: give it a name, or /dev/stdout in a pipe".to_owned()).into()
        );
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn take(args: &DumpArgs) -> anyhow::Result<ExitCode> {
    refuse_standard_output(&args.snapshot.output)?;
    if let Some(core) = &args.core {
        return live::run_core(core, args);
    }
    match args.pid {
        Some(pid) => live::run(pid, args),
        None if args.program.is_empty() => Err(UsageError(WHICH.to_owned()).into()),
        None => program::run(&args.program, &args.snapshot, &args.triggers),
    }
}

#[cfg(target_os = "linux")]
pub fn run_program(args: &RunArgs) -> anyhow::Result<ExitCode> {
    refuse_standard_output(&args.snapshot.output)?;
    program::run(&args.program, &args.snapshot, &args.triggers)
}

#[cfg(not(target_os = "linux"))]
fn take(args: &DumpArgs) -> anyhow::Result<ExitCode> {
    if args.pid.is_none() && args.program.is_empty() {
        return Err(UsageError(WHICH.to_owned()).into());
    }
    not_here()
}

#[cfg(not(target_os = "linux"))]
pub fn run_program(_: &RunArgs) -> anyhow::Result<ExitCode> {
    not_here()
}

#[cfg(not(target_os = "linux"))]
fn not_here() -> anyhow::Result<ExitCode> {
    anyhow::bail!(
        "this system is not Linux: use the dumper itself, `python snapshot_dumper.py app.py`, or \
         `snapshot_dumper.install(signal=\"SIGUSR1\")` in the program"
    )
}

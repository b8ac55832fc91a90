//! What the porch does with live processes and core files. On other systems `elsewhere` has the same functions.

mod capture;
mod interrupt;
mod live;
mod numbered;
mod program;
mod python_command;
mod room;
mod snapshot_file;
mod traced;
mod triggers;
mod watch;

use std::path::Path;

use nix::sys::signal::Signal;

use crate::app::commands::dump::{DumpArgs, RunArgs};
use crate::cpython::capture::CaptureOptions;
use crate::snapshot::Snapshot;

use super::commands::dump::NOTHING_TO_TAKE;
use super::exit_code::UsageError;
use super::{ExitCode, input};

pub(super) use room::{give_back, room};
pub(super) use traced::run as run_traced;
pub(super) use watch::run as watch;

/// `heapgraph dump`, of what its arguments name.
pub(super) fn dump(args: &DumpArgs) -> anyhow::Result<ExitCode> {
    refuse_standard_output(&args.snapshot.output)?;
    if let Some(core) = &args.core {
        return live::run_core(core, args);
    }
    match args.pid {
        Some(pid) => live::run(pid, args),
        None if args.program.is_empty() => Err(UsageError(NOTHING_TO_TAKE.to_owned()).into()),
        None => program::run(&args.program, &args.snapshot, &args.triggers),
    }
}

/// `heapgraph run`.
pub(super) fn run_program(args: &RunArgs) -> anyhow::Result<ExitCode> {
    refuse_standard_output(&args.snapshot.output)?;
    program::run(&args.program, &args.snapshot, &args.triggers)
}

/// A snapshot is a file, named when it is complete.
fn refuse_standard_output(output: &Path) -> anyhow::Result<()> {
    if output == Path::new("-") {
        return Err(
            UsageError("-o - : a snapshot is a file: give it a name, or /dev/stdout in a pipe".to_owned()).into()
        );
    }
    Ok(())
}

/// The heap of a live process, for a question that needs no file.
pub(super) fn snapshot_of(pid: u32, quiet: bool) -> anyhow::Result<Snapshot> {
    let captured = capture::of_process(pid, &CaptureOptions::default())?;
    input::note_live();
    if !quiet {
        eprintln!("heapgraph: note: process {pid}: {}", capture::noticed(&captured));
    }
    Ok(captured.snapshot)
}

/// The full name of a signal that can be handled: `SIGUSR1` of `USR1`, `usr1`, `10`.
pub(super) fn signal_name(text: &str) -> Result<String, String> {
    let upper = text.to_ascii_uppercase();
    let name = if upper.starts_with("SIG") { upper } else { format!("SIG{upper}") };
    let named = text.parse().ok().and_then(|number: i32| Signal::try_from(number).ok());
    match named.or_else(|| name.parse().ok()) {
        Some(Signal::SIGKILL | Signal::SIGSTOP) => Err("no program can handle this signal".to_owned()),
        Some(signal) => Ok(signal.as_str().to_owned()),
        None => Err("expected the name of a signal such as USR1, or its number".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_names_and_numbers() {
        for text in ["USR1", "usr1", "SIGUSR1", "10"] {
            assert_eq!(signal_name(text).as_deref(), Ok("SIGUSR1"), "{text}");
        }
        assert!(signal_name("KILL").unwrap_err().contains("no program"));
        assert!(signal_name("nothing").is_err());
    }
}

//! `heapgraph dump --pid` and `--core`: snapshots that are read from outside, or asked for by a signal.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use nix::sys::signal::Signal;

use crate::app::arguments::ColorArg;
use crate::app::commands::dump::{AttachArgs, DumpArgs, TextArg, ViaArg};
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, output};
use crate::attach;
use crate::cpython::TextLevel;
use crate::cpython::capture::{CaptureOptions, Captured, CapturedCore, capture_core};
use crate::render::reports::safe_for_terminal;
use crate::report::{NextStep, Report, Section, shell_word};
use crate::snapshot::Snapshot;
use crate::units;

use super::capture;
use super::interrupt::Interrupt;
use super::numbered::numbered;
use super::snapshot_file::SnapshotFile;

pub fn run(pid: u32, args: &DumpArgs) -> anyhow::Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let result = match args.attach.via {
        _ if args.snapshot.collect => Err(UsageError(
            "--collect is for a program that is started: nothing of ours runs in a process that is read with --pid"
                .to_owned(),
        )
        .into()),
        ViaArg::Signal if args.tree => {
            Err(UsageError("--tree reads from outside: without --via signal".to_owned()).into())
        }
        ViaArg::Signal => by_signal(pid, args, &interrupt),
        ViaArg::Memory if args.tree => tree(pid, args, &interrupt),
        ViaArg::Memory => by_memory(pid, args, &interrupt),
    };
    // Everything is tidied up by now.
    interrupt.end_if_any();
    output::print_report(&result?, ColorArg::Auto)?;
    Ok(ExitCode::Ok)
}

pub(super) fn level(text: TextArg) -> TextLevel {
    match text {
        TextArg::None => TextLevel::None,
        TextArg::Names => TextLevel::Names,
        TextArg::Keys => TextLevel::Keys,
        TextArg::All => TextLevel::All,
    }
}

fn options(args: &DumpArgs, interrupt: &Interrupt) -> CaptureOptions {
    CaptureOptions {
        text: level(args.snapshot.text),
        timeout: Duration::from_secs_f64(args.attach.timeout),
        cancelled: Arc::clone(interrupt.flag()),
    }
}

fn by_memory(pid: u32, args: &DumpArgs, interrupt: &Interrupt) -> anyhow::Result<Report> {
    let file = SnapshotFile::create(&args.snapshot.output)?;
    let bar = progress(args.snapshot.quiet);
    bar.set_message(format!("reading process {pid}"));
    let captured = capture::of_process(pid, &options(args, interrupt))?;
    let size = write(file, &captured.snapshot, args, interrupt)?;
    bar.finish_and_clear();
    let name = args.snapshot.output.to_string_lossy();
    let facts = vec![format!("{}\n{}", version_of(pid, &captured.snapshot), capitalised(&capture::noticed(&captured)))];
    Ok(report(&name, &captured.snapshot, size, facts))
}

/// The snapshot into its file; the size of that on disk.
fn write(file: SnapshotFile, snapshot: &Snapshot, args: &DumpArgs, interrupt: &Interrupt) -> anyhow::Result<u64> {
    if interrupt.flag().load(std::sync::atomic::Ordering::Relaxed) {
        bail!("interrupted");
    }
    file.write_snapshot(snapshot, args.snapshot.columns())
}

fn version_of(pid: u32, snapshot: &Snapshot) -> String {
    let version = snapshot.header.interpreter.version.as_deref().unwrap_or("of an unknown version");
    format!("process {pid} (Python {version}), read from outside")
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

fn report(name: &str, snapshot: &Snapshot, size: u64, facts: Vec<String>) -> Report {
    let end = &snapshot.end;
    let mut notes = Vec::new();
    let errors: u64 = end.errors.iter().map(|error| error.count).sum();
    if errors > 0 {
        notes.push(format!("{} objects could not be read in full; the snapshot counts them", units::count(errors)));
    }
    let word = shell_word(name);
    Report {
        command: "dump",
        title: format!(
            "{name}: {} objects, {} references, {}",
            units::count(end.objects),
            units::count(end.references),
            units::bytes(size)
        ),
        sections: vec![Section::Paragraphs { key: "facts", paragraphs: facts }],
        notes,
        next: vec![
            NextStep::new(format!("suspects {word}"), "what may leak, and who holds it"),
            NextStep::new(format!("common {word}"), "what is in its memory"),
        ],
        ..Report::default()
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// A tree of processes

/// Every Python process from `pid` downwards, one file each.
fn tree(pid: u32, args: &DumpArgs, interrupt: &Interrupt) -> anyhow::Result<Report> {
    attach::check(pid)?;
    let processes = attach::descendants(pid);
    let mut paragraphs = Vec::new();
    let mut files = Vec::new();
    let mut refused = Vec::new();
    for process in std::iter::once(pid).chain(processes) {
        if interrupt.flag().load(std::sync::atomic::Ordering::Relaxed) {
            bail!("interrupted; {} snapshots were written", files.len());
        }
        let bar = progress(args.snapshot.quiet);
        bar.set_message(format!("reading process {process}"));
        let captured: anyhow::Result<Captured> = capture::of_process(process, &options(args, interrupt));
        match captured {
            Ok(captured) => {
                let path = numbered(&args.snapshot.output, process.into());
                let size = write(SnapshotFile::create(&path)?, &captured.snapshot, args, interrupt)?;
                bar.finish_and_clear();
                paragraphs.push(format!(
                    "{}: {} objects, {}; {}",
                    path.display(),
                    units::count(captured.snapshot.end.objects),
                    units::bytes(size),
                    capture::noticed(&captured)
                ));
                files.push(path);
            }
            Err(error) => {
                bar.finish_and_clear();
                refused.push(format!("process {process} was skipped: {error:#}"));
            }
        }
    }
    let Some(first) = files.first() else {
        bail!("no Python process could be read from process {pid} downwards: {}", refused.join("; "));
    };
    let word = shell_word(&first.to_string_lossy());
    Ok(Report {
        command: "dump",
        title: format!("{} snapshots from process {pid} downwards", files.len()),
        sections: vec![Section::Paragraphs { key: "facts", paragraphs: vec![paragraphs.join("\n")] }],
        notes: refused,
        next: vec![NextStep::new(format!("suspects {word}"), "what may leak, and who holds it")],
        ..Report::default()
    })
}

// ---------------------------------------------------------------------------------------------------------------------
// Core files

pub fn run_core(core: &Path, args: &DumpArgs) -> anyhow::Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let result = by_core(core, args, &interrupt);
    interrupt.end_if_any();
    output::print_report(&result?, ColorArg::Auto)?;
    Ok(ExitCode::Ok)
}

fn by_core(core: &Path, args: &DumpArgs, interrupt: &Interrupt) -> anyhow::Result<Report> {
    let file = SnapshotFile::create(&args.snapshot.output)?;
    let bar = progress(args.snapshot.quiet);
    let core_name = core.to_string_lossy().into_owned();
    bar.set_message(format!("reading {}", safe_for_terminal(&core_name)));
    let CapturedCore { snapshot, shortfalls, runtime } =
        capture_core(core, args.exe.as_deref(), level(args.snapshot.text)).with_context(|| core_name.clone())?;
    let size = write(file, &snapshot, args, interrupt)?;
    bar.finish_and_clear();
    let name = args.snapshot.output.to_string_lossy();
    let mut report = report(
        &name,
        &snapshot,
        size,
        vec![format!("read from the core file {core_name} (Python {})", runtime.version)],
    );
    report.notes.extend(capture::shortfalls(&shortfalls));
    Ok(report)
}

// ---------------------------------------------------------------------------------------------------------------------
// A program that writes itself

/// Asks a process that has armed the dumper itself, and takes the file that it writes.
fn by_signal(pid: u32, args: &DumpArgs, interrupt: &Interrupt) -> anyhow::Result<Report> {
    let signal: Signal =
        args.attach.signal.parse().map_err(|_| UsageError(format!("unknown signal {}", args.attach.signal)))?;
    let armed = armed_file(pid, &args.attach)?;
    let mut file = SnapshotFile::create(&args.snapshot.output)?;
    let bar = progress(args.snapshot.quiet);
    bar.set_message(format!("waiting for process {pid} to write {}", safe_for_terminal(&armed.to_string_lossy())));
    let timeout = Duration::from_secs_f64(args.attach.timeout);
    let found = attach::request_by_signal(pid, signal as i32, &armed, timeout)?;
    let taken = file.take_over(Interruptible { input: found, interrupt }, args.snapshot.columns());
    taken.with_context(|| args.snapshot.output.display().to_string())?;
    let size = file.commit()?;
    bar.finish_and_clear();
    let name = args.snapshot.output.to_string_lossy();
    Ok(Report {
        command: "dump",
        title: format!("{name}: {}", units::bytes(size)),
        sections: vec![Section::Paragraphs {
            key: "facts",
            paragraphs: vec![format!("process {pid} wrote it on {}, to {}", args.attach.signal, armed.display())],
        }],
        next: vec![NextStep::new(format!("common {}", shell_word(&name)), "what is in its memory")],
        ..Report::default()
    })
}

/// Input that ends with an error when the user interrupts.
struct Interruptible<'i, R> {
    input: R,
    interrupt: &'i Interrupt,
}

impl<R: Read> Read for Interruptible<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.interrupt.flag().load(std::sync::atomic::Ordering::Relaxed) {
            return Err(io::Error::other("interrupted"));
        }
        self.input.read(bytes)
    }
}

/// The file that the armed process writes, as an absolute path in its own view.
fn armed_file(pid: u32, args: &AttachArgs) -> anyhow::Result<PathBuf> {
    let file = args.armed_file.as_deref().unwrap_or(Path::new("snap.json"));
    if file.is_absolute() {
        return Ok(file.to_owned());
    }
    let folder = std::fs::read_link(format!("/proc/{pid}/cwd"))
        .with_context(|| format!("the folder of process {pid} can't be found; give --armed-file an absolute name"))?;
    Ok(folder.join(file))
}

/// A line on a terminal that says what is being waited for.
fn progress(quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_the_command_line() {
        let args = [TextArg::None, TextArg::Names, TextArg::Keys, TextArg::All];
        let levels = [TextLevel::None, TextLevel::Names, TextLevel::Keys, TextLevel::All];
        assert_eq!(args.map(level), levels);
    }
}

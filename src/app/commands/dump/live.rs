//! `heapgraph dump --pid`: a snapshot of a process that runs.

use std::io::{IsTerminal, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use nix::sys::signal::Signal;

use super::interrupt::Interrupt;
use super::receive::{self, Delivery, Status};
use super::snapshot_file::SnapshotFile;
use super::source;
use crate::app::cli::{AttachArgs, ColorArg, DumpArgs, NewSnapshotArgs, ViaArg};
use crate::app::exit_code::UsageError;
use crate::app::{ExitCode, output};
use crate::attach::{self, AttachError, AttachOptions, Attached, Method};
use crate::render::reports::safe_for_terminal;
use crate::report::{NextStep, Report, Section, shell_word};
use crate::units;

pub fn run(pid: u32, args: &DumpArgs) -> anyhow::Result<ExitCode> {
    let interrupt = Interrupt::watch()?;
    let result = match args.attach.via {
        ViaArg::Signal => by_signal(pid, args, &interrupt),
        via => by_attaching(pid, via, args, &interrupt),
    };
    // Everything is tidied up by now.
    interrupt.end_if_any();
    output::print_report(&result?, ColorArg::Auto)?;
    Ok(ExitCode::Ok)
}

fn by_attaching(pid: u32, via: ViaArg, args: &DumpArgs, interrupt: &Interrupt) -> anyhow::Result<Report> {
    let mut file = SnapshotFile::create(&args.snapshot.output)?;
    let bar = progress(args.snapshot.quiet);
    bar.set_message(format!("waiting for process {pid}"));
    let options = AttachOptions {
        method: Method::Ptrace,
        timeout: Duration::from_secs_f64(args.attach.timeout),
        exchange_folder: args.attach.exchange_folder.clone(),
        begun: Some("status"),
        cancelled: Arc::clone(interrupt.flag()),
    };
    let source = source::source(&args.snapshot);
    let attached = attach(pid, via, &source, &options, args.snapshot.quiet)?;
    let delivery = Delivery { pid, exchange: &attached.exchange, cancelled: interrupt.flag(), bar: &bar };
    let status = delivery.receive(&mut file)?;
    let received = file.written();
    let size = file.commit()?;
    bar.finish_and_clear();
    reap(pid, &attached, &status, &options);
    Ok(report(pid, &args.snapshot, &attached, &status, received, size))
}

/// Has the dumper run in the process, by the method asked for.
fn attach(pid: u32, via: ViaArg, source: &str, options: &AttachOptions, quiet: bool) -> Result<Attached, AttachError> {
    let by = |method| attach::run_python(pid, source, &AttachOptions { method, ..options.clone() });
    match via {
        ViaArg::Gdb => by(Method::Gdb),
        ViaArg::RemoteExec => by(Method::RemoteExec),
        ViaArg::Ptrace | ViaArg::Signal => by(Method::Ptrace),
        ViaArg::Auto => match by(Method::Ptrace) {
            // gdb is never tried unasked: it may deadlock the process.
            Err(first @ (AttachError::Unsupported { .. } | AttachError::NoSafePoint { .. })) => {
                by(Method::RemoteExec).map_err(|_| first).inspect(|_| {
                    if !quiet {
                        eprintln!("heapgraph: note: ptrace was not possible; used remote-exec");
                    }
                })
            }
            other => other,
        },
    }
}

/// Init reaps the forked copy. Where the target is init itself (in a container) and does not expect
/// a child, it is asked to.
fn reap(pid: u32, attached: &Attached, status: &Status, options: &AttachOptions) {
    let Some(inner) = status.pid.filter(|_| status.method.as_deref() == Some("fork")) else { return };
    // It is about to end: its last word was that it is done.
    for _ in 0..100 {
        match receive::copy_of(pid, inner) {
            Some(stat) if stat.state == 'Z' && stat.ppid == pid as i32 => {
                let source = format!(
                    "import posix\ntry:\n    posix.waitpid({inner}, posix.WNOHANG)\nexcept OSError:\n    pass\n"
                );
                let options = AttachOptions { method: attached.method, begun: None, ..options.clone() };
                // Without success a dead entry stays in the list of processes: no reason to fail.
                let _ = attach::run_python(pid, &source, &options);
                return;
            }
            Some(stat) if stat.ppid == pid as i32 => std::thread::sleep(Duration::from_millis(10)),
            _ => return,
        }
    }
}

/// Asks a process that has armed the dumper itself, and takes the file that it writes.
fn by_signal(pid: u32, args: &DumpArgs, interrupt: &Interrupt) -> anyhow::Result<Report> {
    if args.snapshot.in_process || args.snapshot.collect {
        let message = "--via signal takes the snapshot as the program has armed it: without --in-process and --collect";
        return Err(UsageError(message.to_owned()).into());
    }
    let signal: Signal =
        args.attach.signal.parse().map_err(|_| UsageError(format!("unknown signal {}", args.attach.signal)))?;
    let armed = armed_file(pid, &args.attach)?;
    let mut file = SnapshotFile::create(&args.snapshot.output)?;
    let bar = progress(args.snapshot.quiet);
    bar.set_message(format!("waiting for process {pid} to write {}", safe_for_terminal(&armed.to_string_lossy())));
    let timeout = Duration::from_secs_f64(args.attach.timeout);
    let mut found = attach::request_by_signal(pid, signal as i32, &armed, timeout)?;
    let mut start = [0; 2];
    let is_compressed = found.read_exact(&mut start).is_ok() && start == [0x1f, 0x8b];
    found.rewind()?;
    if is_compressed {
        let name = args.snapshot.output.display();
        let mut plain = flate2::read::GzDecoder::new(found);
        copy_plain(&mut plain, &mut file).with_context(|| name.to_string())?;
    } else {
        receive::copy(&mut found, &mut file, interrupt.flag(), &bar)?;
    }
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

fn copy_plain(from: &mut impl Read, file: &mut SnapshotFile) -> anyhow::Result<()> {
    let mut buffer = vec![0; 1 << 20];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            length => file.write(&buffer[..length])?,
        }
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

fn report(pid: u32, args: &NewSnapshotArgs, attached: &Attached, status: &Status, received: u64, size: u64) -> Report {
    let name = args.output.to_string_lossy();
    let known = |number: Option<u64>| number.map_or("an unknown number of".to_owned(), units::count);
    let mut title = format!(
        "{name}: {} objects, {} references, {}",
        known(status.objects),
        known(status.references),
        units::bytes(size)
    );
    if size != received {
        title.push_str(&format!(" (compressed from {})", units::bytes(received)));
    }
    let mut how = format!("process {pid} (Python {}), by {}", attached.interpreter, attached.method);
    if let (Some(stopped), Some(place)) = (attached.stopped_seconds, &attached.stopped_in) {
        how.push_str(&format!(": one thread was stopped for {} ({place})", time(stopped)));
    }
    let pause = status.pause_seconds.map_or("for an unknown time".to_owned(), |pause| format!("for {}", time(pause)));
    let reason = status.reason.as_deref().unwrap_or("unknown");
    let work = match status.method.as_deref() {
        Some("fork") => {
            let took = status.real_seconds.map_or(String::new(), |took| format!(" in {}", time(took)));
            let cost = status.cpu_seconds.map_or(String::new(), |cpu| format!(", {} of processor time", time(cpu)));
            let memory =
                status.growth_bytes.map_or(String::new(), |bytes| format!(", {} of memory", units::bytes(bytes)));
            format!("the process stood still {pause}; a forked copy wrote the snapshot{took}{cost}{memory} ({reason})")
        }
        _ => format!("the process stood still {pause}: it wrote the snapshot itself ({reason})"),
    };
    let mut notes = Vec::new();
    if let Some(errors) = status.errors.filter(|&errors| errors > 0) {
        notes.push(format!("{} objects could not be read in full; the snapshot counts them", units::count(errors)));
    }
    let word = shell_word(&name);
    Report {
        command: "dump",
        title,
        sections: vec![Section::Paragraphs { key: "facts", paragraphs: vec![format!("{how}\n{work}")] }],
        notes,
        next: vec![NextStep::new(format!("common {word}"), "what is in its memory")],
        ..Report::default()
    }
}

/// Seconds for people.
pub fn time(seconds: f64) -> String {
    if seconds < 0.01 {
        format!("{:.1} ms", seconds * 1e3)
    } else if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
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

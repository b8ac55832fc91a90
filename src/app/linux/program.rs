//! `heapgraph dump -- PROGRAM`: runs a Python program, with the dumper for its end, and tells what came of it.

use std::ffi::OsString;
use std::io::{self, Read, Seek, SeekFrom};
use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, pthread_sigmask};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::app::ExitCode;
use crate::app::commands::dump::{NewSnapshotArgs, TriggerArgs};
use crate::render::reports::safe_for_terminal;
use crate::report::shell_word;
use crate::units;

use super::capture::time;
use super::numbered::Numbered;
use super::python_command::PythonCommand;
use super::triggers::Triggers;

/// Sent to the tool alone, these are passed on. The rest ends, stops or continues both.
const FORWARDED: [Signal; 8] = [
    Signal::SIGINT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGWINCH,
];
/// How often the program's memory and the dumper's report are looked at.
const LOOK: Duration = Duration::from_millis(200);

pub fn run(words: &[OsString], args: &NewSnapshotArgs, triggers: &TriggerArgs) -> anyhow::Result<ExitCode> {
    let ran = run_with(PythonCommand::parse(words)?, &Additions::default(), args, triggers)?;
    if !args.quiet {
        say_next(&ran.log);
    }
    Ok(ran.code)
}

/// What is added to the command line of a program.
#[derive(Debug, Default)]
pub(super) struct Additions {
    /// Options of Python, the last ones before the program.
    pub python: Vec<OsString>,
    /// A Python file to be run in place of the dumper, which it finds beside itself.
    pub starter: Option<&'static str>,
    /// Its arguments, before the dumper's options.
    pub before_options: Vec<OsString>,
    /// Whether the snapshot of the end is read from outside while the program waits, as long as that can be done.
    pub hands_over: bool,
    /// Whether snapshots are passing ones, of which nothing is told.
    pub tells_nothing: bool,
}

/// A program that has ended.
pub(super) struct Ran {
    pub code: ExitCode,
    log: Log,
}

impl Ran {
    /// The snapshots that can be read, in the order in which they were first written.
    pub fn snapshots(&self) -> Vec<PathBuf> {
        there(&self.log.lines).into_iter().map(Path::to_owned).collect()
    }
}

/// Runs a program to its end.
pub(super) fn run_with(
    python: PythonCommand,
    additions: &Additions,
    args: &NewSnapshotArgs,
    triggers: &TriggerArgs,
) -> anyhow::Result<Ran> {
    let output = std::path::absolute(&args.output)?;
    let mut triggers_due = Triggers::new(triggers, args.text);
    let mut files = Numbered::new(output, args.columns(), triggers.keep)?;
    let folder = tempfile::Builder::new().prefix("heapgraph-").tempdir().context("no temporary folder")?;
    let dumper = folder.path().join("snapshot_dumper.py");
    std::fs::write(&dumper, crate::app::commands::DUMPER).context("the dumper can't be put into a temporary folder")?;
    let report = folder.path().join("report");

    let mut command = Command::new(&python.interpreter[0]);
    let mut first = dumper.clone();
    if let Some(starter) = additions.starter {
        first = folder.path().join("starter.py");
        std::fs::write(&first, starter).context("a file can't be put into a temporary folder")?;
    }
    command.args(&python.interpreter[1..]).args(&additions.python).arg(&first).args(&additions.before_options);
    command.args(dumper_options(&files, &report, args, triggers));
    let mut hand_over = if additions.hands_over { Some(HandOver::new(&mut command)?) } else { None };
    command.args(&python.program);
    let began = Instant::now();
    let mut log =
        Log { path: report, read: 0, lines: Vec::new(), quiet: args.quiet || additions.tells_nothing, waiting: None };
    let ended = supervise(&mut command, &mut log, &mut triggers_due, &mut files, &mut hand_over)
        .with_context(|| format!("{} can't be run", python.interpreter[0].to_string_lossy()))?;
    log.read(&mut files);
    if !args.quiet {
        tell(&ended, began.elapsed(), &log);
    }
    let code = exit_code(ended.status);
    if code == 0 && !triggers.no_exit && !log.lines.iter().any(Line::is_of_the_end) {
        let failures = log.lines.iter().filter(|line| line.is_end() && line.error.is_some()).count();
        if failures == 0 {
            anyhow::bail!("no snapshot was written: the program ended without coming to its end (os._exit or exec?)");
        }
        anyhow::bail!("no snapshot was written when the program ended");
    }
    Ok(Ran { code: ExitCode::Program(code), log })
}

fn dumper_options(files: &Numbered, report: &Path, args: &NewSnapshotArgs, triggers: &TriggerArgs) -> Vec<OsString> {
    let mut options: Vec<OsString> = Vec::new();
    let mut add = |name: &str, value: OsString| options.extend([OsString::from(name), value]);
    let (output, is_to_number) = files.for_the_program();
    add("-o", output.into());
    if is_to_number {
        add("--keep", u32::MAX.to_string().into());
    }
    add("--report", report.into());
    add("--text", args.text.word().into());
    if let Some(signal) = &triggers.on_signal {
        add("--signal", signal.into());
    }
    let flags = [(args.collect, "--collect"), (triggers.no_exit, "--no-exit")];
    options.extend(flags.into_iter().filter(|(wanted, _)| *wanted).map(|(_, flag)| flag.into()));
    options
}

/// How a program ended, and what it used.
struct Ended {
    status: ExitStatus,
    user: Duration,
    system: Duration,
    /// Seen while it ran; `None` when it was too short.
    peak_rss: Option<u64>,
}

/// Runs the program to its end, passing signals on and taking the snapshots that are due.
fn supervise(
    command: &mut Command,
    log: &mut Log,
    triggers: &mut Triggers,
    files: &mut Numbered,
    hand_over: &mut Option<HandOver>,
) -> io::Result<Ended> {
    let mut signals: SigSet = FORWARDED.into_iter().collect();
    signals.add(Signal::SIGCHLD);
    let mut before = SigSet::empty();
    pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&signals), Some(&mut before))?;
    // SAFETY: one system call between fork and exec. The program gets the signal mask that the tool was given.
    unsafe { command.pre_exec(move || Ok(pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?)) };
    // Not `Child::wait`: it would keep what the program has used for itself.
    #[allow(clippy::zombie_processes)]
    let pid = command.spawn()?.id() as i32;
    let mut peak_rss = None;
    loop {
        let (rss, peak) = memory_of(pid);
        peak_rss = peak.or(peak_rss);
        log.read(files);
        if let Some(trigger) = log.waiting.take()
            && let Some(pipe) = hand_over.take()
        {
            match triggers.take(pid.cast_unsigned(), &trigger, files) {
                Ok(line) => log.add(line),
                Err(_) => pipe.ask_for_a_dump(),
            }
        }
        if let Some((status, usage)) = reap(pid)? {
            let duration = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
            return Ok(Ended { status, user: duration(usage.ru_utime), system: duration(usage.ru_stime), peak_rss });
        }
        match next_signal(&signals, triggers.patience().min(LOOK)) {
            Some(signal) => {
                let _ = kill(Pid::from_raw(pid), signal);
            }
            // What fails because the program has ended meanwhile is its end, and no failure.
            None => {
                let line = triggers.serve(pid.cast_unsigned(), rss, files);
                if let Some(line) = line.filter(|line| line.error.is_none() || is_running(pid)) {
                    log.add(line);
                }
            }
        }
    }
}

/// A pipe at which a program waits at its end, until the tool has read it, or has died.
struct HandOver(std::io::PipeWriter);

impl HandOver {
    /// Gives the program its end of the pipe, and tells it in an option.
    fn new(command: &mut Command) -> anyhow::Result<Self> {
        use std::os::fd::AsRawFd;
        let (reader, writer) = std::io::pipe().context("no pipe")?;
        let fd = reader.as_raw_fd();
        command.args(["--hand-over".into(), OsString::from(fd.to_string())]);
        // SAFETY: one system call between fork and exec, on a descriptor that the closure keeps open. All others close by themselves.
        unsafe {
            command.pre_exec(move || match libc::fcntl(reader.as_raw_fd(), libc::F_SETFD, 0) {
                -1 => Err(io::Error::last_os_error()),
                _ => Ok(()),
            })
        };
        Ok(HandOver(writer))
    }

    /// Lets the program write the snapshot itself. A program that has gone meanwhile needs none.
    fn ask_for_a_dump(mut self) {
        use std::io::Write;
        let _ = self.0.write_all(b"d");
    }
}

/// The exit status of the program and what it and its children have used; `None` while it runs.
fn reap(pid: i32) -> io::Result<Option<(ExitStatus, libc::rusage)>> {
    use std::os::unix::process::ExitStatusExt;
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both places are valid, and all zeroes are a valid `rusage`.
    let (result, usage) = unsafe {
        let result = libc::wait4(pid, &mut status, libc::WNOHANG, usage.as_mut_ptr());
        (result, usage.assume_init())
    };
    match result {
        0 => Ok(None),
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(Some((ExitStatus::from_raw(status), usage))),
    }
}

/// Waits for so long; a signal that a process sent to the tool, and that is therefore to be passed on.
fn next_signal(signals: &SigSet, patience: Duration) -> Option<Signal> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let timeout = libc::timespec { tv_sec: 0, tv_nsec: i64::from(patience.subsec_nanos()) };
    // SAFETY: all three places are valid, and all zeroes are a valid `siginfo_t`.
    let (number, info) = unsafe {
        let number = libc::sigtimedwait(signals.as_ref(), info.as_mut_ptr(), &timeout);
        (number, info.assume_init())
    };
    // What comes from the terminal (Ctrl-C) has come to the program too.
    let from_terminal = info.si_code == libc::SI_KERNEL;
    Signal::try_from(number).ok().filter(|signal| *signal != Signal::SIGCHLD && !from_terminal)
}

/// The resident memory of a process and its peak, in bytes; `None` when it has ended.
fn memory_of(pid: i32) -> (Option<u64>, Option<u64>) {
    let bytes = |kibibytes: Option<u64>| kibibytes.map(|kibibytes| kibibytes * 1024);
    let status = procfs::process::Process::new(pid).and_then(|process| process.status());
    status.map_or((None, None), |status| (bytes(status.vmrss), bytes(status.vmhwm)))
}

/// Whether a child has not ended yet; leaves its exit status where it is.
fn is_running(pid: i32) -> bool {
    use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    matches!(waitid(Id::Pid(Pid::from_raw(pid)), flags), Ok(WaitStatus::StillAlive))
}

/// As a shell has it: 128 and the signal that ended the program.
fn exit_code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => code as u8,
        (None, Some(signal)) => 128 + signal as u8,
        (None, None) => 1,
    }
}

/// A snapshot, or why there is none: a line of the dumper's report, or what the tool has done.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Line {
    pub path: PathBuf,
    pub trigger: String,
    pub error: Option<String>,
    pub objects: u64,
    pub pause_seconds: Option<f64>,
    pub cpu_seconds: Option<f64>,
    pub peak_rss_bytes: Option<u64>,
    /// No snapshot yet: the program waits for the tool to read it.
    pub hand_over: bool,
}

impl Line {
    /// A snapshot that could not be taken.
    pub fn failed(path: &Path, trigger: &str, error: String) -> Self {
        Self { path: path.to_owned(), trigger: trigger.to_owned(), error: Some(error), ..Self::default() }
    }

    /// Whether it is of the program's end.
    pub fn is_end(&self) -> bool {
        self.trigger == "exit" || self.trigger == "error"
    }

    fn is_of_the_end(&self) -> bool {
        self.is_end() && self.error.is_none()
    }

    /// One line for people.
    fn say(&self) {
        let name = safe_for_terminal(&shown(&self.path));
        let why = match self.trigger.as_str() {
            "exit" => "the program ends".to_owned(),
            "error" => "the program failed".to_owned(),
            "timer" => "--every".to_owned(),
            "rss" => "--at-rss".to_owned(),
            "signal" => "--on-signal".to_owned(),
            other => safe_for_terminal(other),
        };
        match &self.error {
            Some(error) => eprintln!("heapgraph: {name}: no snapshot ({why}): {}", safe_for_terminal(error)),
            None => {
                let size = std::fs::metadata(&self.path)
                    .map_or(String::new(), |file| format!(", {}", units::bytes(file.len())));
                let pause = self.pause_seconds.map_or(String::new(), |pause| format!(", pause {}", time(pause)));
                eprintln!("heapgraph: {name}: {} objects{size}{pause} ({why})", units::count(self.objects));
            }
        }
    }
}

/// What has been done; the dumper's part of it is read as it grows.
struct Log {
    path: PathBuf,
    read: u64,
    lines: Vec<Line>,
    quiet: bool,
    /// What the program waits for.
    waiting: Option<String>,
}

impl Log {
    /// Reads what is new, gives it its name, and tells it.
    fn read(&mut self, files: &mut Numbered) {
        let mut new = String::new();
        let read = std::fs::File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.read))?;
            file.read_to_string(&mut new)
        });
        let Some(end) = new.rfind('\n').filter(|_| read.is_ok()) else { return };
        self.read += end as u64 + 1;
        for mut line in new[..end].lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
            if line.hand_over {
                self.waiting = Some(line.trigger);
                continue;
            }
            files.take_over(&mut line);
            self.add(line);
        }
    }

    /// Tells what has been done, and keeps it.
    fn add(&mut self, line: Line) {
        if !self.quiet || line.error.is_some() {
            line.say();
        }
        self.lines.push(line);
    }
}

/// What the program used, and what to do next.
fn tell(ended: &Ended, real: Duration, log: &Log) {
    let reported = log.lines.iter().filter_map(|line| line.peak_rss_bytes).max();
    let peak = ended.peak_rss.max(reported).map_or("unknown".to_owned(), units::bytes);
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    let snapshots: Vec<f64> =
        log.lines.iter().filter(|line| line.error.is_none()).filter_map(|line| line.cpu_seconds).collect();
    let mut of_these = String::new();
    if !snapshots.is_empty() {
        of_these = format!(" (user and sys with {} for snapshots)", time(snapshots.iter().sum()));
    }
    eprintln!(
        "heapgraph: real {}  user {}  sys {}  peak RSS {peak}{of_these}",
        seconds(real),
        seconds(ended.user),
        seconds(ended.system)
    );
}

fn say_next(log: &Log) {
    // Growth shows while the program runs; at its end much is gone already.
    let running = there(log.lines.iter().filter(|line| !line.is_end()));
    let there = if running.len() > 1 { running } else { there(&log.lines) };
    match there[..] {
        [] => {}
        [one] => eprintln!("Next: heapgraph common {}", word(one)),
        [first, .., last] => eprintln!("Next: heapgraph diff {} {}", word(first), word(last)),
    }
}

/// The snapshots that can be read now, in the order in which they were first written.
fn there<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Vec<&'a Path> {
    let mut there: Vec<&Path> = Vec::new();
    for line in lines.into_iter().filter(|line| line.error.is_none()) {
        if !there.contains(&line.path.as_path()) && line.path.exists() {
            there.push(&line.path);
        }
    }
    there
}

fn word(path: &Path) -> String {
    safe_for_terminal(&shell_word(&shown(path)))
}

/// A path below the current folder without that folder.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let short = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    short.unwrap_or_else(|| path.to_owned()).to_string_lossy().into_owned()
}

//! From a process or a core file to a snapshot: the moment, the walk, and what the kernel adds.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::gil::InterpreterLocks;
use super::layout::Layout;
use super::{TextLevel, WalkError, WalkOptions, layout_of, read_heap};
use crate::memory::AddressSpace;
use crate::memory::copied::{CopiedMemory, Copying};
use crate::memory::core_file::{CoreError, CoreFile, Shortfalls};
use crate::memory::elf::Images;
use crate::memory::interpreter_image::{NotFound, Runtime, find_runtime};
use crate::memory::live::LiveProcess;
use crate::memory::moment::{MomentError, MomentOptions, Still, hold_still};
use crate::memory::process::ProcessFacts;
use crate::snapshot::{ResidentParts, Snapshot, Text};

/// How often a process is read that turns out not to have been quiet, before a moment is made.
const TRIES_OF_A_QUIET_ONE: u32 = 5;
/// How long a large process has to be quiet before it is read without a copy.
const WATCH_BEFORE_A_LONG_READ: Duration = Duration::from_millis(30);
/// How long a thread that runs Python is waited for before quiet moments are tried again.
const WAIT_FOR_A_HOLDER: Duration = Duration::from_secs(2);
/// What a process has written to is copied at once, up to so many bytes: in a moment of quiet at first, and later, when
/// nothing else has helped.
const SMALL_COPY: u64 = 192 << 20;
const LARGE_COPY: u64 = 2 << 30;
/// How often the lists of a running process are looked at before no table fits.
const TRIES_OF_A_LAYOUT: u32 = 100;

/// How a heap is to be captured.
#[derive(Debug, Clone)]
pub struct CaptureOptions {
    /// Which texts the snapshot holds.
    pub text: TextLevel,
    /// How long to look for a moment, in all.
    pub timeout: Duration,
    /// Becomes true when the caller does not want to wait any longer.
    pub cancelled: Arc<AtomicBool>,
}

impl Default for CaptureOptions {
    fn default() -> Self {
        Self { text: TextLevel::Keys, timeout: Duration::from_secs(60), cancelled: Arc::default() }
    }
}

/// What was noticed of the capture by the process.
#[derive(Debug, Clone, PartialEq)]
pub enum Noticed {
    /// Nothing: no thread was stopped.
    Nothing,
    /// These threads stood still for so long, each time.
    Stopped(Vec<(i32, Duration)>),
}

/// A snapshot of a live process, and what it took.
#[derive(Debug)]
pub struct Captured {
    /// The heap.
    pub snapshot: Snapshot,
    /// What the process noticed.
    pub noticed: Noticed,
    /// How the heap was still, one sentence without a full stop.
    pub how: String,
}

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The process can't be read: gone, or forbidden.
    #[error("process {pid} can't be read: {error}")]
    Unreadable {
        /// The process.
        pid: u32,
        /// The kernel's word.
        error: std::io::Error,
    },
    /// It holds no CPython that can be read.
    #[error("{0}")]
    NotPython(NotFound),
    /// Its heap can't be read.
    #[error("{0}")]
    Walk(WalkError),
    /// There was no moment at which its heap was still.
    #[error("{0}")]
    Moment(MomentError),
    /// The core file can't be read.
    #[error("{0}")]
    Core(CoreError),
}

/// Reads the heap of process `pid` from outside; nothing runs in it.
///
/// # Errors
/// [`CaptureError`]. In every case the process goes on as it was.
pub fn capture_process(pid: u32, options: &CaptureOptions) -> Result<Captured, CaptureError> {
    let began = Instant::now();
    let unreadable = |error| CaptureError::Unreadable { pid, error };
    let process = LiveProcess::open(pid).map_err(unreadable)?;
    let runtime = find_runtime(&process).map_err(CaptureError::NotPython)?;
    let layout = patient_layout(&process, &runtime)?;
    let walk = WalkOptions { text: options.text, ..WalkOptions::default() };
    let mut locks = InterpreterLocks::new(&process, &layout, runtime.address);
    let facts = ProcessFacts::of(pid);
    let interpreter_loop = interpreter_loop(&process);
    let (mut quiet_tries, mut rounds) = (0, 0);
    let mut last = None;
    loop {
        let waited = began.elapsed();
        if last.is_some() && (waited >= options.timeout || options.cancelled.load(Ordering::Relaxed)) {
            return Err(match last {
                // Of all the waits together, not of the last one.
                Some(CaptureError::Moment(MomentError::NoMoment { last_seen, .. })) => {
                    CaptureError::Moment(MomentError::NoMoment { waited, last_seen })
                }
                last => last.unwrap_or(CaptureError::Walk(WalkError::Torn)),
            });
        }
        let left = options.timeout.saturating_sub(waited);
        let may_be_quiet = quiet_tries < TRIES_OF_A_QUIET_ONE;
        let wanted = MomentOptions {
            timeout: if may_be_quiet { left } else { left.min(WAIT_FOR_A_HOLDER) },
            cancelled: Arc::clone(&options.cancelled),
            heap_bytes: facts.resident_bytes.unwrap_or(u64::MAX),
            may_be_quiet,
            preferred_code: interpreter_loop.clone(),
            ..MomentOptions::default()
        };
        let still = match hold_still(pid, &mut locks, &wanted) {
            // Its moments of running are too short to be met: quiet ones are worth another look.
            Err(error @ MomentError::NoMoment { .. }) if !may_be_quiet => {
                (quiet_tries, rounds) = (0, rounds + 1);
                last = Some(CaptureError::Moment(error));
                continue;
            }
            still => still.map_err(CaptureError::Moment)?,
        };
        // What is mapped may have changed since.
        let process = LiveProcess::open(pid).map_err(unreadable)?;
        let (read, noticed, how) = match still {
            Still::Quiet(moment) => {
                let limit = if rounds == 0 { SMALL_COPY } else { LARGE_COPY };
                let copying = CopiedMemory::of(&process, limit, &mut || moment.was_quiet(&mut locks));
                // A large one is read for a second and more: that is only begun where nobody has run for a while.
                if matches!(copying, Copying::Unfit) {
                    std::thread::sleep(WATCH_BEFORE_A_LONG_READ);
                }
                let was_quiet = !matches!(copying, Copying::Disturbed) && moment.was_quiet(&mut locks);
                let copied = if let Copying::Done(copied) = copying { Some(copied) } else { None };
                let read = match &copied {
                    _ if !was_quiet => Err(WalkError::Torn),
                    Some(copied) => read_heap(copied, &runtime, &walk),
                    None => read_heap(&process, &runtime, &walk),
                };
                if !was_quiet || copied.is_none() && !moment.was_quiet(&mut locks) {
                    quiet_tries += if was_quiet { TRIES_OF_A_QUIET_ONE } else { 1 };
                    last = Some(CaptureError::Moment(MomentError::NoMoment {
                        waited: began.elapsed(),
                        last_seen: "it was quiet, but not for long enough".to_owned(),
                    }));
                    continue;
                }
                (read, noticed_of(moment.pauses().to_vec()), "nobody ran Python while the heap was read".to_owned())
            }
            Still::Copy(copy) => {
                let space = process.with_memory_of(copy.pid()).map_err(unreadable)?;
                let read = read_heap(&space, &runtime, &walk);
                (read, noticed_of(copy.pauses().to_vec()), "a copy of the process was read, which never ran".to_owned())
            }
            Still::Stopped(threads) => {
                let why = threads.why_no_copy().map(|why| format!(" ({why})")).unwrap_or_default();
                let read = read_heap(&process, &runtime, &walk);
                let was_still = threads.was_still(&mut locks);
                let pauses = threads.release();
                if !was_still {
                    last = Some(CaptureError::Walk(WalkError::Torn));
                    continue;
                }
                (
                    read,
                    noticed_of(pauses),
                    format!("the thread that ran Python stood still while the heap was read{why}"),
                )
            }
        };
        match read {
            Ok(mut snapshot) => {
                fill_header(&mut snapshot, &facts, &how);
                snapshot.end.pause_seconds = Some(longest(&noticed).as_secs_f64());
                snapshot.end.real_seconds = Some(began.elapsed().as_secs_f64());
                snapshot.end.growth_bytes = Some(0);
                return Ok(Captured { snapshot, noticed, how });
            }
            Err(error @ (WalkError::Collecting | WalkError::Torn)) => {
                last = Some(CaptureError::Walk(error));
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(CaptureError::Walk(error)),
        }
    }
}

/// The layout of a process that may change its lists while they are looked at, or is just starting.
fn patient_layout(process: &LiveProcess, runtime: &Runtime) -> Result<Layout, CaptureError> {
    let mut tries = 0;
    loop {
        match layout_of(process, runtime) {
            Err(WalkError::NotInitialized) if tries < TRIES_OF_A_LAYOUT => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(2));
            }
            result => return result.map_err(CaptureError::Walk),
        }
    }
}

/// A snapshot out of a core file, and what the core lacks.
#[derive(Debug)]
pub struct CapturedCore {
    /// The heap.
    pub snapshot: Snapshot,
    /// What could not be read because the core does not have it.
    pub shortfalls: Shortfalls,
    /// Which CPython it was.
    pub runtime: Runtime,
}

/// Reads the heap of a process that has left a core file. `program`: its executable, when the core's own word is wrong.
///
/// # Errors
/// [`CaptureError`].
pub fn capture_core(path: &Path, program: Option<&Path>, text: TextLevel) -> Result<CapturedCore, CaptureError> {
    let began = Instant::now();
    let core = CoreFile::open(path, program).map_err(CaptureError::Core)?;
    let runtime = find_runtime(&core).map_err(CaptureError::NotPython)?;
    let walk = WalkOptions { text, ..WalkOptions::default() };
    let mut snapshot = read_heap(&core, &runtime, &walk).map_err(CaptureError::Walk)?;
    let facts = ProcessFacts { own_pid: core.pid().map(u64::from), ..ProcessFacts::default() };
    fill_header(&mut snapshot, &facts, "read from a core file");
    snapshot.header.capture.method = Some("core".into());
    snapshot.header.capture.trigger = Some("core".into());
    // When the process died, the core does not tell.
    snapshot.header.capture.time = None;
    snapshot.end.real_seconds = Some(began.elapsed().as_secs_f64());
    Ok(CapturedCore { snapshot, shortfalls: core.shortfalls(), runtime })
}

fn noticed_of(pauses: Vec<(i32, Duration)>) -> Noticed {
    if pauses.is_empty() { Noticed::Nothing } else { Noticed::Stopped(pauses) }
}

/// How long the thread stood still that did so longest, all its stops together.
pub fn longest(noticed: &Noticed) -> Duration {
    let Noticed::Stopped(pauses) = noticed else { return Duration::ZERO };
    let sum = |tid: i32| pauses.iter().filter(|(of, _)| *of == tid).map(|(_, pause)| *pause).sum();
    pauses.iter().map(|(tid, _)| sum(*tid)).max().unwrap_or(Duration::ZERO)
}

fn fill_header(snapshot: &mut Snapshot, facts: &ProcessFacts, how: &str) {
    let header = &mut snapshot.header;
    header.dumper.name = Some("heapgraph".into());
    header.dumper.version = Some(env!("CARGO_PKG_VERSION").into());
    header.process.pid = facts.own_pid;
    header.process.rss_bytes = facts.resident_bytes;
    header.process.rss_parts = facts.resident_parts.map(|parts| ResidentParts {
        heap: Some(parts.heap),
        anonymous: Some(parts.anonymous),
        stack: Some(parts.stack),
        mapped: Some(parts.mapped),
    });
    header.process.peak_rss_bytes = facts.peak_resident_bytes;
    header.process.memory_limit_bytes = facts.memory_limit_bytes;
    header.process.user_seconds = facts.user_seconds;
    header.process.system_seconds = facts.system_seconds;
    header.process.real_seconds = facts.real_seconds;
    if let Ok(system) = nix::sys::utsname::uname() {
        let text = |part: &std::ffi::OsStr| Some(Text(part.to_string_lossy().into_owned()));
        header.platform.system = text(system.sysname());
        header.platform.release = text(system.release());
        header.platform.machine = text(system.machine());
    }
    header.capture.method = Some("memory".into());
    header.capture.reason = Some(how.into());
    header.capture.trigger = Some("attach".into());
    header.capture.time = Some(Text(humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()));
}

/// The code that runs Python itself: a thread that is stopped there is not in the middle of a change that C makes to an object.
fn interpreter_loop(space: &dyn AddressSpace) -> Vec<Range<u64>> {
    let images = Images::of(space).images;
    let symbols = images.iter().filter_map(|image| image.exported(space, "_PyEval_EvalFrameDefault"));
    symbols.map(|symbol| symbol.address..symbol.address.saturating_add(symbol.size)).collect()
}

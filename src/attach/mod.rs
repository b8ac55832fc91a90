//! Runs Python source in a live, unmodified CPython process.
//!
//! [`run_python`] does it with nothing installed in the target, whatever the target is doing, and
//! waits for the result. How the source gets to run is the [`Method`]'s business; the rest is the
//! same for all of them: a private folder both sides can see ([`Exchange`]), the source in it, and
//! an outcome that the target writes there.
//!
//! | method | works | takes |
//! |---|---|---|
//! | [`Method::Ptrace`] | CPython 3.8 to 3.14, Linux x86-64, in any state | one thread stopped: 1 ms at best, 5 ms with six programs for each processor |
//! | [`Method::RemoteExec`] | CPython 3.14 and later ([PEP 768]) | waits until the main thread runs Python code |
//! | [`Method::Gdb`] | wherever `gdb` does | all threads stopped for about a second; may deadlock the target when it is busy |
//! | [`request_by_signal`] | where the program armed a signal before | nothing is injected |
//!
//! [PEP 768]: https://peps.python.org/pep-0768/

#[cfg(not(target_os = "linux"))]
mod elsewhere;
mod error;
#[cfg(target_os = "linux")]
mod exchange;
#[cfg(target_os = "linux")]
mod gdb;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod injection;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod memory;
#[cfg(target_os = "linux")]
mod process;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod remote_exec;
#[cfg(target_os = "linux")]
mod signal;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod symbols;
#[cfg(target_os = "linux")]
mod target_root;
#[cfg(target_os = "linux")]
mod wait;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

#[cfg(not(target_os = "linux"))]
pub use self::elsewhere::{Exchange, request_by_signal, run_python};
pub use self::error::AttachError;
#[cfg(target_os = "linux")]
pub use self::exchange::{Exchange, STREAM};
#[cfg(target_os = "linux")]
pub use self::signal::request_by_signal;

/// How the source gets to run in the target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// A thread of its own, started by a thread of the target that is borrowed for a moment.
    #[default]
    Ptrace,
    /// The interpreter's own interface for debuggers.
    RemoteExec,
    /// `gdb -p PID`, calling the interpreter's functions.
    Gdb,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ptrace => "ptrace",
            Self::RemoteExec => "remote-exec",
            Self::Gdb => "gdb",
        })
    }
}

/// How to attach.
#[derive(Debug, Clone)]
pub struct AttachOptions {
    /// How the source gets to run.
    pub method: Method,
    /// How long to wait: for a safe moment, for the interpreter lock, for the source.
    pub timeout: Duration,
    /// Where the exchange folder is made, in the target's view; `None` for its `TMPDIR`, `/tmp`,
    /// `/var/tmp` or `/dev/shm`, whichever can be written to.
    pub exchange_folder: Option<PathBuf>,
    /// Name of a file of the exchange folder by which the source says that it has begun: from then on
    /// it is waited for as long as it takes. With `None`, `timeout` holds for the source as well.
    pub begun: Option<&'static str>,
    /// Becomes true when the caller does not want to wait any longer.
    pub cancelled: Arc<AtomicBool>,
}

impl Default for AttachOptions {
    fn default() -> Self {
        Self {
            method: Method::default(),
            timeout: Duration::from_secs(60),
            exchange_folder: None,
            begun: None,
            cancelled: Arc::default(),
        }
    }
}

/// What came of an attach.
#[derive(Debug)]
pub struct Attached {
    /// How the source was run.
    pub method: Method,
    /// Version of the target's interpreter, e.g. `3.13.0`.
    pub interpreter: String,
    /// The text that the source left in its global `outcome`; empty when it left none.
    pub outcome: String,
    /// How long the tool kept any thread of the target from running, in seconds; `None` when the
    /// method cannot tell (gdb). The time in which the source itself ran is not included.
    pub stopped_seconds: Option<f64>,
    /// Where the borrowed thread was stopped, e.g. `blocked in epoll_wait`; `None` when no thread was.
    pub stopped_in: Option<String>,
    /// The folder; files that the source wrote there can be opened until this is dropped.
    pub exchange: Exchange,
}

/// Runs `source` in the CPython process `pid` and waits until it is done.
///
/// The source is executed once, with the interpreter lock held, in a fresh namespace that is cleared
/// afterwards. Two names are predefined: `exchange_folder` (text: a private, writable folder, as the
/// target sees it) and `outcome` (`''`). What it leaves in `outcome`, a `str`, is returned. It runs
/// in a thread that is not the main thread (ptrace) or in the main thread (the other methods). It must
/// not let threads or callbacks of its own outlive it: the namespace is gone then. It may fork; a child
/// may go on using the folder until the result is dropped here.
///
/// What remains noticeable in the target: for as long as the source runs there is one more thread (from
/// 3.12 on `os.fork` then warns of threads), and the interpreter lock is taken like by any thread of the
/// program. Compiling the source keeps the lock without a pause, about 1 ms for 50 lines.
///
/// # Errors
/// An [`AttachError`] says what is missing or went wrong, and what to do. The target is running as
/// before in every case; after [`AttachError::TimedOut`] with the source already running, it still
/// does so in the target.
#[cfg(target_os = "linux")]
pub fn run_python(pid: u32, source: &str, options: &AttachOptions) -> Result<Attached, AttachError> {
    let target = process::Target::find(pid)?;
    let result = match options.method {
        Method::Gdb => gdb::run(&target, source, options),
        #[cfg(target_arch = "x86_64")]
        Method::Ptrace => wait::run_in_thread(&target, source, options),
        #[cfg(target_arch = "x86_64")]
        Method::RemoteExec => remote_exec::run(&target, source, options),
        #[cfg(not(target_arch = "x86_64"))]
        method => Err(AttachError::Unsupported {
            what: format!("--via {method}"),
            reason: "it needs an x86-64 processor".to_owned(),
            instead: "--via gdb or --via signal".to_owned(),
        }),
    };
    // What ends meanwhile looks like anything: unreadable, changed, not Python.
    result.map_err(|error| match error {
        AttachError::Script { .. } => error,
        _ if !target.is_alive() => AttachError::Died { pid },
        _ => error,
    })
}

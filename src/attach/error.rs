//! Why an attach did not happen, each reason with what to do about it.

use std::time::Duration;

use super::Method;

/// Why Python source could not be run in the target.
///
/// Whatever the reason, the target runs on as it did before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttachError {
    /// There is no such process in the tool's own PID namespace.
    #[error("there is no process {pid} here{hint}")]
    NoSuchProcess {
        /// The PID that was asked for.
        pid: u32,
        /// Empty, or where a process with this PID was found, beginning with `; `.
        hint: String,
    },
    /// The process is dead and waits for its parent.
    #[error("process {pid} is a zombie: it has ended, only its exit status is left")]
    Zombie {
        /// The PID that was asked for.
        pid: u32,
    },
    /// The process is stopped by a signal, and no code can run in it.
    #[error("process {pid} is stopped (SIGSTOP or Ctrl-Z): continue it first with `kill -CONT {pid}`")]
    Stopped {
        /// The PID that was asked for.
        pid: u32,
    },
    /// A debugger or tracer holds the process.
    #[error("process {pid} is already traced by process {tracer} ({name}): end that debugger or tracer first")]
    Traced {
        /// The PID that was asked for.
        pid: u32,
        /// PID of the tracer, 0 when it is outside the tool's PID namespace.
        tracer: i32,
        /// Command name of the tracer.
        name: String,
    },
    /// The process is not a CPython interpreter this tool can serve.
    #[error("process {pid} ({program}) {reason}")]
    NotPython {
        /// The PID that was asked for.
        pid: u32,
        /// Its executable.
        program: String,
        /// What is missing, as the rest of a sentence.
        reason: String,
    },
    /// The kernel refused.
    #[error("may not attach to process {pid}: {missing}; {fix}")]
    Permission {
        /// The PID that was asked for.
        pid: u32,
        /// What is missing.
        missing: String,
        /// How to get it.
        fix: String,
    },
    /// This method does not work on this system, or not for this target.
    #[error("{what} is not supported here: {reason}; use {instead}")]
    Unsupported {
        /// What was asked for.
        what: String,
        /// Why it is not possible.
        reason: String,
        /// What to use instead.
        instead: String,
    },
    /// No folder could be found that the target and the tool can both write to.
    #[error("no folder for exchanging files with process {pid}: {reason}; name one with --exchange-folder")]
    Exchange {
        /// The PID that was asked for.
        pid: u32,
        /// What was tried, and what happened.
        reason: String,
    },
    /// The target was never seen at a point where it may be borrowed safely.
    #[error(
        "no thread of process {pid} came to a safe point in {:.1} s (last seen: {last}); \
         try again, give a longer --timeout, or use --via gdb",
        waited.as_secs_f64()
    )]
    NoSafePoint {
        /// The PID that was asked for.
        pid: u32,
        /// How long it was watched.
        waited: Duration,
        /// Why the last stop was not safe.
        last: String,
    },
    /// The source was handed over, but did not finish in time.
    #[error("process {pid} did not finish within {:.1} s: {state}", waited.as_secs_f64())]
    TimedOut {
        /// The PID that was asked for.
        pid: u32,
        /// How long the tool waited for it.
        waited: Duration,
        /// How far it came.
        state: String,
    },
    /// The target ended meanwhile.
    #[error("process {pid} ended during the attach")]
    Died {
        /// The PID that was asked for.
        pid: u32,
    },
    /// [`cancelled`](super::AttachOptions::cancelled) was set.
    #[error("attaching to process {pid} was given up")]
    Cancelled {
        /// The PID that was asked for.
        pid: u32,
    },
    /// The source raised an exception in the target.
    #[error("the code that ran in process {pid} (Python {interpreter}) failed: {traceback}")]
    Script {
        /// The PID that was asked for.
        pid: u32,
        /// Version of the target's interpreter, e.g. `3.13.0`; `?` when unknown.
        interpreter: String,
        /// The exception with its lines, innermost last.
        traceback: String,
    },
    /// The method's own machinery failed; the target was put back as it was.
    #[error("attaching to process {pid} by {method} failed: {reason}")]
    Failed {
        /// The PID that was asked for.
        pid: u32,
        /// The method that failed.
        method: Method,
        /// What happened.
        reason: String,
    },
}

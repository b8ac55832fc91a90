//! Why a live process can't be reached, each reason with what to do about it.

use std::time::Duration;

/// Why a process can't be reached. Whatever the reason, it runs on as it did before.
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
    /// The process is stopped by a signal, and runs no handler of another.
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
    /// The kernel refused.
    #[error("may not read process {pid}: {missing}; {fix}")]
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
    /// The program was asked for its snapshot, and has not written it in time.
    #[error("process {pid} did not finish within {:.1} s: {state}", waited.as_secs_f64())]
    TimedOut {
        /// The PID that was asked for.
        pid: u32,
        /// How long the tool waited for it.
        waited: Duration,
        /// What is still missing.
        state: String,
    },
    /// The target ended meanwhile.
    #[error("process {pid} ended meanwhile")]
    Died {
        /// The PID that was asked for.
        pid: u32,
    },
}

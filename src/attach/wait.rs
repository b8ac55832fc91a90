//! Waiting for what was started in the target, and telling what it is doing meanwhile.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::exchange::{Exchange, Outcome};
use super::process::Target;
use super::{AttachError, AttachOptions, Attached, Method};

/// Runs `source` in a new thread of the target.
#[cfg(target_arch = "x86_64")]
pub(super) fn run_in_thread(target: &Target, source: &str, options: &AttachOptions) -> Result<Attached, AttachError> {
    use super::injection::{self, Progress};
    use super::memory::Memory;

    let pid = target.pid;
    let deadline = Instant::now() + options.timeout;
    target.check_architecture()?;
    let memory = Memory::of(pid).map_err(|error| target.inaccessible(&error))?;
    let code = injection::locate(target, &memory)?;
    let exchange = prepare(target, source, options)?;
    let started = injection::start(target, &code, memory, &exchange.bootstrap(), deadline)?;
    let mut progress = Some(Progress::NotStarted);
    let result = until_outcome(target, &exchange, options, deadline, || {
        progress = started.progress();
        match progress {
            Some(Progress::NotInitialized) => {
                Waiting::Hopeless("its interpreter is not initialised: it is starting up or shutting down".to_owned())
            }
            Some(Progress::Failed) => {
                Waiting::Hopeless("the outcome could not be written in the exchange folder (disk full?)".to_owned())
            }
            Some(Progress::NotStarted) => {
                Waiting::For("the new thread has not been given any processor time".to_owned())
            }
            Some(Progress::WaitsForGil) => Waiting::For(
                "the interpreter lock is held all the time, by C code that does not give it up; \
                 try again, or give a longer --timeout"
                    .to_owned(),
            ),
            // The outcome comes before the end: when the thread is through, it is there.
            Some(Progress::Runs) => Waiting::For(STILL_RUNS.to_owned()),
            Some(Progress::Done) | None => Waiting::ForLastTime,
        }
    });
    let (place, stopped) = (started.place.clone(), started.stopped);
    match result {
        Ok(outcome) => {
            // Until the thread has released the interpreter lock, its own state is still there.
            let patience = Instant::now() + Duration::from_secs(1);
            while matches!(started.progress(), Some(Progress::Runs)) && Instant::now() < patience {
                std::thread::sleep(Duration::from_micros(200));
            }
            started.release();
            finish(target, outcome, exchange, Method::Ptrace, Some(stopped), Some(place))
        }
        Err(error) => {
            started.cancel();
            let AttachError::TimedOut { pid, waited, .. } = error else { return Err(error) };
            // It may have begun before it could be told not to.
            let patience = Instant::now() + Duration::from_secs(1);
            while matches!(started.progress(), Some(Progress::Runs)) && Instant::now() < patience {
                std::thread::sleep(Duration::from_micros(200));
            }
            match (exchange.outcome(), started.progress()) {
                (Some(outcome), _) => finish(target, outcome, exchange, Method::Ptrace, Some(stopped), Some(place)),
                (None, Some(Progress::Runs)) => {
                    Err(AttachError::TimedOut { pid, waited, state: STILL_RUNS.to_owned() })
                }
                (None, _) => Err(error),
            }
        }
    }
}

/// Why there is no outcome yet when the source has begun.
const STILL_RUNS: &str = "the code is still running in it";

/// Makes the exchange folder and puts the source into it.
pub(super) fn prepare(target: &Target, source: &str, options: &AttachOptions) -> Result<Exchange, AttachError> {
    let exchange = Exchange::create(target, options.exchange_folder.as_deref())?;
    exchange.write("source.py", source.as_bytes()).map_err(|error| AttachError::Exchange {
        pid: target.pid,
        reason: format!("{}: {error}", exchange.path_in_target().display()),
    })?;
    Ok(exchange)
}

/// What is known of the target while there is no outcome.
pub(super) enum Waiting {
    /// There is reason to wait; what for, should it take too long.
    For(String),
    /// It is over: the outcome is there or will never be.
    ForLastTime,
    /// There will be no outcome.
    Hopeless(String),
}

/// Whether the source has said that it has begun.
pub(super) fn has_begun(exchange: &Exchange, options: &AttachOptions) -> bool {
    options.begun.is_some_and(|name| exchange.open(name).is_ok())
}

/// Waits for the outcome; `look` is asked before each look at the folder.
pub(super) fn until_outcome(
    target: &Target,
    exchange: &Exchange,
    options: &AttachOptions,
    deadline: Instant,
    mut look: impl FnMut() -> Waiting,
) -> Result<Outcome, AttachError> {
    let pid = target.pid;
    let mut pause = Duration::from_micros(200);
    loop {
        let waiting = look();
        let alive = target.is_alive();
        if let Some(outcome) = exchange.outcome() {
            return Ok(outcome);
        }
        let failed = |reason| Err(AttachError::Failed { pid, method: options.method, reason });
        match waiting {
            _ if !alive => return Err(AttachError::Died { pid }),
            Waiting::Hopeless(reason) => return failed(reason),
            Waiting::ForLastTime => return failed("the code ended without an outcome".to_owned()),
            _ if options.cancelled.load(Ordering::Relaxed) => return Err(AttachError::Cancelled { pid }),
            Waiting::For(state) if Instant::now() >= deadline && !has_begun(exchange, options) => {
                return Err(AttachError::TimedOut { pid, waited: options.timeout, state });
            }
            Waiting::For(_) => {}
        }
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(10));
    }
}

/// Turns an outcome into the caller's result.
pub(super) fn finish(
    target: &Target,
    outcome: Outcome,
    exchange: Exchange,
    method: Method,
    stopped: Option<Duration>,
    stopped_in: Option<String>,
) -> Result<Attached, AttachError> {
    if !outcome.succeeded {
        return Err(AttachError::Script { pid: target.pid, interpreter: outcome.interpreter, traceback: outcome.text });
    }
    Ok(Attached {
        method,
        interpreter: outcome.interpreter,
        outcome: outcome.text,
        stopped_seconds: stopped.map(|time| time.as_secs_f64()),
        stopped_in,
        exchange,
    })
}

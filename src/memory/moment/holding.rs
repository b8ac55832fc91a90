//! The threads that are stopped now, and the copy: the state of the tracing thread.

use std::path::Path;
use std::time::{Duration, Instant};

use libc::c_int;

use super::tracee::{Report, Tracee};

/// How long a thread may take to stop: it may be waiting for a processor.
const STOP_TIME: Duration = Duration::from_secs(1);
/// How long a thread that was let go is watched until it has buried its child.
const BURIAL_TIME: Duration = Duration::from_secs(2);

/// All that is traced now.
///
/// Nothing needs to be done when this is dropped: with its thread all tracing ends. Threads go on, the copy is killed.
#[derive(Debug, Default)]
pub(super) struct Holding {
    pub(super) threads: Vec<Stopped>,
    /// A thread could not be let go one by one: it is when this tracer ends.
    pub(super) must_end: bool,
    pub(super) copy: Option<Tracee>,
}

/// A thread that stands still.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) tracee: Tracee,
    /// When it was asked to stop.
    pub(super) since: Instant,
    /// What it is to be told when it is let go.
    pub(super) signal: c_int,
    /// Its child, which it buries by itself as soon as it is let go.
    pub(super) child: Option<i32>,
}

/// How an attempt to stop a thread ended.
#[derive(Debug)]
pub(super) enum Stop {
    /// It stands still, in code of the program at this address.
    InUserSpace(u64),
    /// It was inside a system call, and was let go.
    InKernel(Duration),
    /// The whole process is stopped by job control.
    JobControl,
    /// It has ended.
    Gone,
    /// It has not stopped in time. It will; so this tracer has to end.
    Late,
    /// The kernel forbids it.
    Refused(std::io::Error),
}

impl Holding {
    /// Stops one thread, if it is in user space.
    pub(super) fn stop(&mut self, pid: i32, tid: i32) -> Stop {
        let tracee = match Tracee::seize(tid) {
            Ok(tracee) => tracee,
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => return Stop::Gone,
            // A thread that is about to end cannot be seized either.
            Err(_) if super::sleeper::look(pid, tid) == super::sleeper::Doing::Gone => return Stop::Gone,
            Err(error) => return Stop::Refused(error),
        };
        let since = Instant::now();
        if tracee.interrupt().is_err() {
            return Stop::Gone;
        }
        loop {
            let resumed = match tracee.wait(since + STOP_TIME) {
                Ok(Some(Report::Interrupted)) => break,
                Ok(Some(Report::JobControl)) => {
                    tracee.detach(0);
                    return Stop::JobControl;
                }
                Ok(Some(Report::Ended)) => return Stop::Gone,
                Ok(Some(Report::Signal(signal))) => tracee.resume(signal),
                Ok(Some(Report::Cloned)) => tracee.resume(0),
                Ok(None) | Err(_) => return Stop::Late,
            };
            if resumed.is_err() {
                return Stop::Gone;
            }
        }
        let Some(place) = place_in_user_space(pid, &tracee) else {
            tracee.detach(0);
            return Stop::InKernel(since.elapsed());
        };
        self.threads.push(Stopped { tracee, since, signal: 0, child: None });
        Stop::InUserSpace(place)
    }

    /// Lets all threads go; how long each stood still.
    pub(super) fn release(&mut self) -> Vec<(i32, Duration)> {
        for thread in &self.threads {
            self.must_end |= !thread.tracee.detach(thread.signal);
        }
        let burial = Instant::now() + BURIAL_TIME;
        let end_of = |thread: Stopped| {
            // The last that it does before it goes on is to bury its child: then its own pause is over.
            if let Some(child) = thread.child {
                let child = format!("/proc/{child}");
                while Path::new(&child).exists() && Instant::now() < burial {
                    std::thread::sleep(Duration::from_micros(20));
                }
            }
            (thread.tracee.tid, thread.since.elapsed())
        };
        self.threads.drain(..).map(end_of).collect()
    }

    /// Ends the copy.
    pub(super) fn end_copy(&mut self) {
        if let Some(copy) = self.copy.take() {
            copy.kill();
        }
    }
}

/// The address at which a stopped thread runs code of the program; `None` inside a system call.
#[cfg(target_arch = "x86_64")]
fn place_in_user_space(_pid: i32, tracee: &Tracee) -> Option<u64> {
    let registers = tracee.registers().ok()?;
    (registers.orig_rax == u64::MAX).then_some(registers.rip)
}

/// The address at which a stopped thread runs code of the program; `None` inside a system call.
#[cfg(not(target_arch = "x86_64"))]
fn place_in_user_space(pid: i32, tracee: &Tracee) -> Option<u64> {
    // `-1 STACK CODE`, or the number of the call, its arguments and the same.
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{}/syscall", tracee.tid)).ok()?;
    let mut words = text.split_ascii_whitespace();
    let outside = words.next()? == "-1";
    let place = u64::from_str_radix(words.next_back()?.trim_start_matches("0x"), 16).ok()?;
    outside.then_some(place)
}

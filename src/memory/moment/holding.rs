//! The threads that are stopped now, and the copy: the state of the tracing thread.

use std::path::Path;
use std::time::{Duration, Instant};

use libc::c_int;
use nix::sched::{sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use procfs::process::Process;

use super::LockPlace;
use super::tracee::{Report, Tracee};
use crate::memory::AddressSpace;
use crate::memory::live::LiveProcess;

/// How long a thread may take to stop: it may be waiting for a processor.
const STOP_TIME: Duration = Duration::from_secs(1);
/// How long a system call may take in which a thread was met.
#[cfg(target_arch = "x86_64")]
const TIME_OF_A_CALL: Duration = Duration::from_millis(50);
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
    /// It stands still in code of the program, at this address, and has just come out of a system call.
    AfterCall(u64),
    /// It did not take the lock in time, or another thread did.
    NotTaken,
    /// It was inside a system call, stood still there for so long, and was let go.
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
        match seize(pid, tid) {
            Ok(tracee) => self.interrupt(pid, tracee),
            Err(stop) => stop,
        }
    }

    /// Watches a lock that nobody has, and stops `tid`, which had it last, as soon as it takes it again.
    pub(super) fn stop_when_taken(&mut self, process: &LiveProcess, lock: LockPlace, tid: i32, time: Duration) -> Stop {
        let pid = process.pid().cast_signed();
        // First, so that nothing is left to do then but to stop it: it may have the lock for microseconds.
        let tracee = match seize(pid, tid) {
            Ok(tracee) => tracee,
            Err(stop) => return stop,
        };
        leave_processor_of(pid, tid);
        let end = Instant::now() + time;
        if is_taken_again(process, lock, end) {
            return self.interrupt(pid, tracee);
        }
        // A thread that runs is let go only so.
        self.must_end = true;
        Stop::NotTaken
    }

    /// Asks a thread to stop, and keeps it when it does so in user space.
    fn interrupt(&mut self, pid: i32, tracee: Tracee) -> Stop {
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
                Ok(Some(Report::Cloned | Report::Call)) => tracee.resume(0),
                Ok(None) | Err(_) => return Stop::Late,
            };
            if resumed.is_err() {
                return Stop::Gone;
            }
        }
        if let Some(place) = place_in_user_space(pid, &tracee) {
            self.threads.push(Stopped { tracee, since, signal: 0, child: None });
            return Stop::InUserSpace(place);
        }
        let pause = since.elapsed();
        match lead_out(&tracee) {
            Ok(Led::Out(place)) => {
                self.threads.push(Stopped { tracee, since: Instant::now(), signal: 0, child: None });
                Stop::AfterCall(place)
            }
            Ok(Led::StaysInside) => {
                self.must_end = true;
                Stop::InKernel(pause)
            }
            Ok(Led::JobControl) => {
                tracee.detach(0);
                Stop::JobControl
            }
            Err(_) => Stop::Gone,
        }
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

/// Where a thread is that was stopped inside a system call and let go on to its end.
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "system calls are told apart on x86-64 only"))]
enum Led {
    /// In code of the program, at this address, the call behind it; it stands still.
    Out(u64),
    /// The call has not ended in time, or where it ends is not told on this processor.
    StaysInside,
    JobControl,
}

/// Lets a thread that stands still inside a system call, which it goes on with or repeats, go on until that has ended by
/// itself, and has it stand still there. So it is stopped once, and not time and again, where it sleeps nearly always.
#[cfg(target_arch = "x86_64")]
fn lead_out(tracee: &Tracee) -> std::io::Result<Led> {
    /// What the registers hold where a call begins, and results that mean that it will be repeated.
    const BEGINS: i64 = -(libc::ENOSYS as i64);
    const REPEATED: std::ops::RangeInclusive<i64> = -516..=-512;
    let end = Instant::now() + TIME_OF_A_CALL;
    tracee.report_calls()?;
    let mut signal = 0;
    loop {
        tracee.resume_to_call(signal)?;
        signal = match tracee.wait(end)? {
            Some(Report::Call) => {
                let registers = tracee.registers()?;
                let result = registers.rax.cast_signed();
                if result != BEGINS && !REPEATED.contains(&result) {
                    return Ok(Led::Out(registers.rip));
                }
                0
            }
            Some(Report::Signal(signal)) => signal,
            Some(Report::JobControl) => return Ok(Led::JobControl),
            Some(Report::Interrupted | Report::Cloned) => 0,
            Some(Report::Ended) => return Err(std::io::Error::from_raw_os_error(libc::ESRCH)),
            None => return Ok(Led::StaysInside),
        };
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn lead_out(_tracee: &Tracee) -> std::io::Result<Led> {
    Ok(Led::StaysInside)
}

/// Becomes the tracer of a thread, which goes on meanwhile.
fn seize(pid: i32, tid: i32) -> Result<Tracee, Stop> {
    Tracee::seize(tid).map_err(|error| match error.raw_os_error() {
        Some(libc::ESRCH) => Stop::Gone,
        // A thread that is about to end cannot be seized either.
        _ if super::sleeper::look(pid, tid) == super::sleeper::Doing::Gone => Stop::Gone,
        _ => Stop::Refused(error),
    })
}

/// The word that is 1 while somebody has the lock; `None` when it can't be read any more.
fn word_of(process: &LiveProcess, lock: LockPlace) -> Option<u32> {
    let mut word = [0; 4];
    (process.read(lock.word, &mut word) == word.len()).then(|| u32::from_le_bytes(word))
}

/// Whether nobody has the lock.
pub(super) fn is_free(process: &LiveProcess, lock: LockPlace) -> bool {
    word_of(process, lock) == Some(0)
}

/// Looks at a lock that nobody has, without a pause, until the thread takes it that had it last: whether that came before `end`.
fn is_taken_again(process: &LiveProcess, lock: LockPlace, end: Instant) -> bool {
    let holder = || {
        let mut word = [0; 8];
        (process.read(lock.holder, &mut word) == word.len()).then_some(word)
    };
    let before = holder();
    if before.is_none() || !is_free(process, lock) {
        return false;
    }
    while Instant::now() < end {
        match word_of(process, lock) {
            None => return false,
            Some(1) => return holder() == before,
            Some(_) => {}
        }
    }
    false
}

/// Moves this thread to other processors than the one that `tid` has run on: who watches from there would keep it from running,
/// and never see it run. Nothing happens where there is no other.
fn leave_processor_of(pid: i32, tid: i32) {
    let stat = Process::new(pid).and_then(|process| process.task_from_tid(tid)?.stat());
    let Some(of_thread) = stat.ok().and_then(|stat| usize::try_from(stat.processor?).ok()) else { return };
    let this = Pid::from_raw(0);
    let Ok(mut others) = sched_getaffinity(this) else { return };
    // The kernel refuses a set without any.
    if others.unset(of_thread).is_ok() {
        let _ = sched_setaffinity(this, &others);
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

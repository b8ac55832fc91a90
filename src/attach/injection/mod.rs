//! Runs the bootstrap in a new thread of the target, started by a thread borrowed with `ptrace`.
//!
//! **Why a thread.** Code that is made to run at an arbitrary stop of a thread deadlocks on locks
//! which that very thread holds: the allocator's, the interpreter's. A thread of its own holds
//! nothing. It can wait for the interpreter lock like any other thread, whether the main thread is
//! parked in a system call, busy, or in C code that keeps the lock for seconds. All that is asked of
//! the borrowed thread is one `pthread_create`, at a stop where that is safe ([`safe_point`]).
//!
//! **One thread is stopped, for about a millisecond of work.** The others are never touched. Which thread to
//! stop is chosen from what `/proc` tells about each; an unsafe stop is given back at once.
//!
//! **The target never depends on the tool.** When a tracer dies, the kernel lets its tracees go on
//! with the registers they have. So every diversion ends by itself in `rt_sigreturn` on a frame that
//! holds the interrupted context, exactly as a signal handler's return does ([`sigframe`]); it is
//! complete in the target's memory *before* the registers are set. No code of the target is patched,
//! there are no breakpoints, and `PTRACE_O_EXITKILL` is not set. The steps, and what the death of
//! the tool after each one means:
//!
//! 1. Stop the thread: it goes on, system calls restarted by the kernel.
//! 2. Write a frame below its red zone, where the next signal would put one: unused memory.
//! 3. Point it at a `syscall; ret` of the C library that maps memory and returns into
//!    `rt_sigreturn`: it maps, and goes on where it was.
//! 4. Fill the mapping with code, data, frame and stack ([`region`]); point the thread at that code:
//!    it blocks signals, calls `pthread_create`, waits 0.2 s for the tool, goes on where it was.
//! 5. With the tool alive, `rt_sigreturn` is not needed: the thread is stopped once more where the
//!    kernel delivers signals, and given its old registers including the number of the system call.
//!    The kernel then restarts that itself, with the time that was left: nothing is noticed, where
//!    the frame alone would begin a timed wait again.
//!
//! The new thread writes how far it is into the mapping, and unmaps it at the end.

mod diversion;
mod locate;
mod region;
mod safe_point;
mod sigframe;
mod tracee;

use std::io;
use std::time::{Duration, Instant};

use procfs::process::{MemoryMaps, Process};

use self::diversion::{Diversion, Failure, Stop};
pub(super) use self::locate::{Code, locate};
pub(in crate::attach) use self::region::Progress;
use self::region::Region;
use self::safe_point::Rank;
use self::tracee::{Report, Tracee};
use super::memory::Memory;
use super::process::Target;
use super::{AttachError, Method};

/// How long a thread in uninterruptible sleep is waited for, before others are looked at.
const STOP_TIME: Duration = Duration::from_millis(20);
/// How long any other thread may take to stop: it may be waiting for a processor.
const STOP_TIME_LIMIT: Duration = Duration::from_secs(5);

/// A started thread.
#[derive(Debug)]
pub(super) struct Started {
    region: Region,
    memory: Memory,
    /// Where the borrowed thread was, for people.
    pub(super) place: String,
    /// How long threads of the target were stopped or diverted, in all.
    pub(super) stopped: Duration,
}

impl Started {
    /// How far the new thread has come; `None` when it has ended and returned its memory.
    pub(super) fn progress(&self) -> Option<Progress> {
        self.region.progress(&self.memory)
    }

    /// Tells the new thread not to begin if it still waits for the interpreter lock.
    pub(super) fn cancel(&self) {
        self.region.cancel(&self.memory);
        self.region.release(&self.memory);
    }

    /// Lets the thread return its memory, and waits a little until it has.
    pub(super) fn release(self) {
        self.region.release(&self.memory);
        let deadline = Instant::now() + Duration::from_millis(50);
        while self.progress().is_some() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_micros(500));
        }
    }
}

/// Starts a thread in the target that runs `source` (the bootstrap) when it gets the interpreter
/// lock. Returns as soon as the thread exists.
pub(super) fn start(
    target: &Target,
    code: &Code,
    memory: Memory,
    source: &str,
    deadline: Instant,
) -> Result<Started, AttachError> {
    // A thread of its own: when it ends, for whatever reason, the kernel lets every tracee go.
    let (result, memory) = std::thread::scope(|scope| {
        let tracing = scope.spawn(|| {
            tracee::sleep_precisely();
            let result = Attempt { target, code, memory: &memory, source, stopped: Duration::ZERO, late: Vec::new() }
                .run(deadline);
            (result, memory)
        });
        match tracing.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    let (region, place, stopped) = result?;
    Ok(Started { region, memory, place, stopped })
}

struct Attempt<'a> {
    target: &'a Target,
    code: &'a Code,
    memory: &'a Memory,
    source: &'a str,
    stopped: Duration,
    /// Threads that were asked to stop and have not yet: they will, and must not be forgotten.
    late: Vec<Tracee>,
}

/// Why one borrowing did not work.
enum Trouble {
    /// Nothing was changed: look again.
    NotNow(String),
    /// It will not work later either.
    Final(AttachError),
}

impl Attempt<'_> {
    fn run(mut self, deadline: Instant) -> Result<(Region, String, Duration), AttachError> {
        let began = Instant::now();
        let mut pause = Duration::from_micros(100);
        let mut last = "no thread could be stopped".to_owned();
        loop {
            let maps = self.target.maps()?;
            let late = self.late.iter().map(|tracee| tracee.tid);
            for tid in late.chain(self.candidates(&maps)).collect::<Vec<_>>() {
                match self.borrow(tid, &maps) {
                    Ok((region, place)) => return Ok((region, place, self.stopped)),
                    Err(Trouble::NotNow(reason)) => last = reason,
                    Err(Trouble::Final(error)) => return Err(error),
                }
            }
            if !self.target.is_alive() {
                return Err(AttachError::Died { pid: self.target.pid });
            }
            if Instant::now() >= deadline {
                return Err(AttachError::NoSafePoint { pid: self.target.pid, waited: began.elapsed(), last });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(3));
        }
    }

    /// The threads worth stopping, best first; the main thread first among equals.
    fn candidates(&self, maps: &MemoryMaps) -> Vec<i32> {
        let pid = self.target.pid;
        let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
            return Vec::new();
        };
        let mut ranked: Vec<(Rank, i32)> = tasks
            .filter_map(|task| {
                let task = task.ok()?;
                let tid = task.file_name().to_str()?.parse().ok()?;
                let text = std::fs::read_to_string(task.path().join("syscall"));
                // Without that file (a kernel without it) every thread has to be looked at.
                let rank = match text {
                    Ok(text) => safe_point::rank(&text, self.code, maps)?,
                    Err(_) => Rank::Running,
                };
                Some((rank, tid))
            })
            .collect();
        ranked.sort_unstable_by_key(|(rank, tid)| (*rank, *tid != pid as i32, *tid));
        ranked.into_iter().map(|(_, tid)| tid).take(16).collect()
    }

    /// Stops one thread and, if that is safe, has it start the new thread.
    fn borrow(&mut self, tid: i32, maps: &MemoryMaps) -> Result<(Region, String), Trouble> {
        let tracee = match self.late.iter().position(|tracee| tracee.tid == tid) {
            Some(index) => self.late.swap_remove(index),
            None => {
                let tracee = Tracee::seize(tid).map_err(|error| self.seize_failed(tid, &error))?;
                if tracee.interrupt().is_err() {
                    return Err(Trouble::NotNow(format!("thread {tid} ended")));
                }
                tracee
            }
        };
        match self.await_stop(&tracee) {
            Ok(Report::Interrupted) => {}
            Ok(Report::JobControl) => {
                tracee.detach();
                return Err(Trouble::Final(AttachError::Stopped { pid: self.target.pid }));
            }
            Ok(_) => return Err(Trouble::NotNow(format!("thread {tid} ended"))),
            Err(reason) => {
                self.late.push(tracee);
                return Err(Trouble::NotNow(reason));
            }
        }
        let began = Instant::now();
        let result = self.divert(&tracee, maps);
        tracee.detach();
        self.stopped += began.elapsed();
        result
    }

    /// Waits for the stop that was asked for. `Err`: it has not come yet.
    fn await_stop(&self, tracee: &Tracee) -> Result<Report, String> {
        let limit = Instant::now() + STOP_TIME_LIMIT;
        loop {
            match tracee.wait(Instant::now() + STOP_TIME).map_err(|error| error.to_string())? {
                Some(Report::Signal(signal)) => drop(tracee.resume(signal)),
                Some(Report::SystemCall) => drop(tracee.resume(0)),
                Some(report) => return Ok(report),
                None if self.state_of(tracee.tid) == 'D' || Instant::now() >= limit => {
                    return Err(format!("thread {} is in uninterruptible sleep", tracee.tid));
                }
                None => {}
            }
        }
    }

    /// Has the stopped thread start the new thread, if that is safe.
    fn divert(&self, tracee: &Tracee, maps: &MemoryMaps) -> Result<(Region, String), Trouble> {
        let stop = self.look(tracee, maps).map_err(Trouble::NotNow)?;
        let diversion = Diversion { code: self.code, memory: self.memory, tracee, stop: &stop };
        match diversion.run(self.source) {
            Ok(region) => Ok((region, stop.point.place)),
            Err(Failure::Ended) => Err(Trouble::NotNow(format!("thread {} ended", tracee.tid))),
            Err(Failure::Failed(reason)) => {
                Err(Trouble::Final(AttachError::Failed { pid: self.target.pid, method: Method::Ptrace, reason }))
            }
        }
    }

    /// The state of a thread as `/proc` tells it: `D` for uninterruptible sleep; `X` for none.
    fn state_of(&self, tid: i32) -> char {
        let task = Process::new(self.target.pid as i32).and_then(|process| process.task_from_tid(tid));
        task.and_then(|task| task.stat()).map_or('X', |stat| stat.state)
    }

    fn seize_failed(&self, tid: i32, error: &io::Error) -> Trouble {
        // A thread that is about to end cannot be seized either.
        if error.raw_os_error() == Some(libc::ESRCH) || matches!(self.state_of(tid), 'Z' | 'X') {
            return Trouble::NotNow(format!("thread {tid} ended"));
        }
        Trouble::Final(self.target.refused())
    }

    /// Reads the stopped thread's state and judges it. `maps` are those of a moment ago: not read
    /// again while the thread stands still.
    fn look(&self, tracee: &Tracee, maps: &MemoryMaps) -> Result<Stop, String> {
        let text = |error: io::Error| error.to_string();
        let registers = tracee.registers().map_err(text)?;
        let mask = tracee.signal_mask().map_err(text)?;
        let status = Process::new(self.target.pid as i32)
            .and_then(|process| process.task_from_tid(tracee.tid))
            .and_then(|task| task.status())
            .map_err(|error| error.to_string())?;
        let pending = (status.sigpnd | status.shdpnd) & status.sigcgt;
        let point = safe_point::judge(&registers, mask, pending, self.code, self.memory, maps)?;
        let extended_state = tracee.extended_state().map_err(text)?;

        // Room for a frame below the red zone, as the kernel would need for a signal.
        const RED_ZONE: u64 = 128;
        const MARGIN: u64 = 4096;
        let need = region::frame_size(&extended_state) + RED_ZONE + MARGIN;
        let stack = maps.iter().find(|map| (map.address.0..map.address.1).contains(&registers.rsp));
        let frame = match stack {
            Some(map) if registers.rsp - map.address.0 > need => registers.rsp - need + MARGIN,
            _ => return Err("too little stack is left".to_owned()),
        };
        Ok(Stop { point, mask, extended_state, frame })
    }
}

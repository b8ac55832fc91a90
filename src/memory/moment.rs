//! The moment at which a heap is still: found by waiting, by stopping who could change it, or kept in a frozen copy.
//!
//! A heap changes only while a thread holds the lock of its interpreter. What that is, the room that knows interpreters tells
//! ([`Locks`]); this room knows threads. Cheapest first:
//!
//! 1. Nobody holds a lock, or its holder sleeps in the kernel: the heap is still by itself ([`QuietMoment`]), which is
//!    verified after the reading. No thread is touched.
//! 2. A holder runs code of the program: it alone is stopped; all others wait for its lock. Where nobody has the lock whenever
//!    one looks, it is watched until somebody takes it. The heap is read while the thread stands still ([`StoppedThreads`]), or
//! 3. it makes a copy of the process that never runs an instruction and is read at leisure ([`FrozenCopy`]). Only where the
//!    program can have a copy without harm; x86-64.
//!
//! No thread is stopped that did not hold a lock a moment ago. One that turns out to be inside a system call is let go on, and is
//! stopped where the call ends by itself; none is led anywhere from inside a call. No code of the program runs, and the death of
//! the tool at any moment leaves nothing behind: no stopped thread, no process.
//!
//! The kernel binds what is traced to one thread of the tracer. That is a thread of its own, kept by what is returned here, so
//! all of it may be used and dropped in any thread.

mod allowed;
#[cfg(target_arch = "x86_64")]
mod frame;
#[cfg(target_arch = "x86_64")]
mod freeze;
#[cfg(target_arch = "x86_64")]
mod gadgets;
mod holding;
mod sleeper;
mod tracee;
mod tracer;

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use self::holding::{Holding, Stop};
use self::sleeper::{Doing, Sleeper};
use self::tracer::Tracer;
use super::live::LiveProcess;

/// Up to this size reading takes less time than making a copy does.
const SMALL_HEAP: u64 = 8 << 20;
/// How often a thread is stopped for a better place in its code before any place will do.
const TRIES_FOR_A_PLACE: u32 = 30;
/// How often a copy is tried at moments that turn out to be unfit, before the threads are kept stopped instead.
const TRIES_FOR_A_COPY: u32 = 40;
const SHORTEST_SLEEP: Duration = Duration::from_micros(100);
const LONGEST_SLEEP: Duration = Duration::from_millis(3);
/// How long a lock that nobody has is watched without a pause for being taken, between two sleeps.
const WATCH: Duration = Duration::from_millis(3);
/// How often: where processors are few, to watch is to keep from running whom one waits for.
const WATCHES: u32 = 100;
const NOBODY_RUNS: &str = "no thread that holds a lock runs code of the program";

/// The locks of a process's interpreters, asked again and again. An answer costs a few reads of the process's memory.
pub trait Locks {
    /// All locks there are, always in the same order; `None` when they cannot be read now.
    fn look(&mut self) -> Option<Vec<LockState>>;
}

/// One interpreter's lock.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockState {
    /// A thread holds it, or may take it and let it go again without changing the stamp.
    pub held: bool,
    /// Which one, as the kernel numbers it for us; `None` when there is none or that is not known.
    pub holder_tid: Option<i32>,
    /// Differs when the lock has changed hands meanwhile.
    pub stamp: u64,
    /// Where it stands in memory; `None` when that is not known.
    pub place: Option<LockPlace>,
}

/// Where a lock keeps its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockPlace {
    /// Address of 32 bits that are 1 exactly while some thread has the lock.
    pub word: u64,
    /// Address of 64 bits that change when another thread takes it than the one that had it last.
    pub holder: u64,
}

/// What is wanted of a moment.
#[derive(Debug, Clone)]
pub struct MomentOptions {
    /// How long to look for one.
    pub timeout: Duration,
    /// Set by whoever wants no moment any more.
    pub cancelled: Arc<AtomicBool>,
    /// A guess of how much will be read: a small heap is read faster than a copy is made.
    pub heap_bytes: u64,
    /// A moment that is quiet by itself will do. Not to be had again after it was not quiet long enough several times.
    pub may_be_quiet: bool,
    /// The program may be made to have a copy, where that does no harm.
    pub may_copy: bool,
    /// Code in which a thread is stopped preferably, such as the interpreter's loop; empty: anywhere.
    pub preferred_code: Vec<Range<u64>>,
}

impl Default for MomentOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            cancelled: Arc::default(),
            heap_bytes: u64::MAX,
            may_be_quiet: true,
            may_copy: true,
            preferred_code: Vec::new(),
        }
    }
}

/// How the heap is still.
#[derive(Debug)]
pub enum Still {
    /// By itself, perhaps: read the process, then ask [`QuietMoment::was_quiet`].
    Quiet(QuietMoment),
    /// In a copy: read that.
    Copy(FrozenCopy),
    /// Because threads stand still: read the process, then ask [`StoppedThreads::was_still`].
    Stopped(StoppedThreads),
}

/// Why there is no moment.
#[derive(Debug, thiserror::Error)]
pub enum MomentError {
    /// None came in time, or it was cancelled.
    #[error("no moment at which the heap is still came in {:.1} s; last seen: {last_seen}", waited.as_secs_f64())]
    NoMoment {
        /// How long was waited.
        waited: Duration,
        /// What stood in the way at last, for people.
        last_seen: String,
    },
    /// The kernel does not allow it.
    #[error("process {pid} may not be traced: {error}")]
    Refused {
        /// The process.
        pid: u32,
        /// The kernel's word.
        error: io::Error,
    },
    /// The process has ended.
    #[error("process {pid} has ended")]
    Died {
        /// The process.
        pid: u32,
    },
}

/// Locks and sleepers of a moment, to be compared with those of a later one.
#[derive(Debug, Clone)]
struct Witness {
    pid: i32,
    locks: Vec<LockState>,
    /// Holders that sleep.
    sleepers: Vec<Sleeper>,
}

impl Witness {
    fn is_unchanged(&self, locks: &mut dyn Locks) -> bool {
        locks.look().is_some_and(|now| now == self.locks) && self.sleepers.iter().all(|one| one.slept_on(self.pid))
    }
}

/// A moment at which nobody was about to change the heap.
#[derive(Debug)]
pub struct QuietMoment {
    witness: Witness,
    pauses: Vec<(i32, Duration)>,
}

impl QuietMoment {
    /// Whether nobody could change the heap from this moment until now.
    pub fn was_quiet(&self, locks: &mut dyn Locks) -> bool {
        self.witness.is_unchanged(locks)
    }

    /// Which threads stood still before this moment was found, and how long each time: mostly none.
    pub fn pauses(&self) -> &[(i32, Duration)] {
        &self.pauses
    }
}

/// A copy of the process that never runs an instruction; ended when dropped.
///
/// It holds no file of the program but those that are mapped.
#[derive(Debug)]
pub struct FrozenCopy {
    pid: u32,
    pauses: Vec<(i32, Duration)>,
    tracer: Tracer<Holding>,
}

impl FrozenCopy {
    /// Whose memory to read, see [`LiveProcess::with_memory_of`].
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// How long each thread stood still, each time, from when it was asked to stop until it went on.
    pub fn pauses(&self) -> &[(i32, Duration)] {
        &self.pauses
    }
}

impl Drop for FrozenCopy {
    fn drop(&mut self) {
        // If that thread is no more the kernel has ended the copy.
        let _ = self.tracer.run(Holding::end_copy);
    }
}

/// The holders of all locks, standing still; they go on when this is dropped.
#[derive(Debug)]
pub struct StoppedThreads {
    witness: Witness,
    pauses: Vec<(i32, Duration)>,
    why_no_copy: Option<String>,
    tracer: Tracer<Holding>,
}

impl StoppedThreads {
    /// Whether nobody could change the heap from this moment until now: another interpreter's lock may have been taken.
    pub fn was_still(&self, locks: &mut dyn Locks) -> bool {
        self.witness.is_unchanged(locks)
    }

    /// Why the threads stand still although a copy was wanted.
    pub fn why_no_copy(&self) -> Option<&str> {
        self.why_no_copy.as_deref()
    }

    /// Lets the threads go on; how long each stood still, each time.
    pub fn release(mut self) -> Vec<(i32, Duration)> {
        let mut pauses = std::mem::take(&mut self.pauses);
        pauses.extend(self.tracer.run(Holding::release).unwrap_or_default());
        pauses
    }
}

impl Drop for StoppedThreads {
    fn drop(&mut self) {
        // If that thread is no more the kernel has let them go.
        let _ = self.tracer.run(Holding::release);
    }
}

/// Waits for, or makes, a moment at which the heap of process `pid` is still.
///
/// # Errors
/// [`MomentError`]: none in time, no permission, or the process has ended. No thread is stopped then.
pub fn hold_still(pid: u32, locks: &mut dyn Locks, options: &MomentOptions) -> Result<Still, MomentError> {
    let began = Instant::now();
    let refused = |error: io::Error| match error.raw_os_error() {
        Some(libc::EACCES | libc::EPERM) => MomentError::Refused { pid, error },
        _ => MomentError::Died { pid },
    };
    let process = LiveProcess::open(pid).map_err(refused)?;
    let mut search = Search {
        pid: pid as i32,
        process: Arc::new(process),
        options,
        tracer: None,
        pauses: Vec::new(),
        watches: 0,
        tries_for_a_place: 0,
        tries_for_a_copy: 0,
        verdicts: HashMap::new(),
        gadgets: Gadgets::NotSearched,
    };
    let mut sleep = SHORTEST_SLEEP;
    loop {
        let last_seen = match search.attempt(locks) {
            Ok(still) => return Ok(still),
            Err(NotYet::Refused(error)) => return Err(MomentError::Refused { pid, error }),
            Err(NotYet::Seen(what)) => what,
        };
        if !search.process.is_alive() {
            return Err(MomentError::Died { pid });
        }
        let waited = began.elapsed();
        if waited >= options.timeout || options.cancelled.load(Ordering::Relaxed) {
            return Err(MomentError::NoMoment { waited, last_seen });
        }
        // Not in step with whatever the program does at regular times.
        let uneven = SHORTEST_SLEEP * (waited.subsec_nanos() / 64 % 8) / 8;
        std::thread::sleep((sleep + uneven).min(options.timeout - waited));
        sleep = (sleep * 2).min(if options.may_be_quiet { LONGEST_SLEEP } else { LONGEST_SLEEP / 4 });
    }
}

/// One call of [`hold_still`].
struct Search<'a> {
    pid: i32,
    process: Arc<LiveProcess>,
    options: &'a MomentOptions,
    tracer: Option<Tracer<Holding>>,
    pauses: Vec<(i32, Duration)>,
    watches: u32,
    tries_for_a_place: u32,
    tries_for_a_copy: u32,
    /// Why a thread may not make a copy.
    verdicts: HashMap<i32, Option<String>>,
    gadgets: Gadgets,
}

/// What a copy needs of the program's code, looked for once.
enum Gadgets {
    NotSearched,
    #[cfg(target_arch = "x86_64")]
    Found(Option<gadgets::Gadgets>),
}

/// Why this attempt has come to nothing.
enum NotYet {
    Seen(String),
    Refused(io::Error),
}

fn seen<T>(what: impl Into<String>) -> Result<T, NotYet> {
    Err(NotYet::Seen(what.into()))
}

/// What came of the wish for a copy while threads stand still.
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "copies are made on x86-64 only"))]
enum Copying {
    /// It is there as soon as the threads are let go.
    Made,
    NotNow(String),
    Never(String),
    /// The thread has gone on by itself.
    GoneOn(String),
}

impl Search<'_> {
    fn attempt(&mut self, locks: &mut dyn Locks) -> Result<Still, NotYet> {
        let (witness, running) = self.look(locks, &[])?;
        if running.is_empty() && self.options.may_be_quiet {
            return Ok(Still::Quiet(QuietMoment { witness, pauses: std::mem::take(&mut self.pauses) }));
        }
        // Who sleeps now is met as soon as it takes its lock again: it may run for some microseconds in each millisecond. It will
        // probably sleep again by then, in the same call: that must be one that goes on as if nothing had been.
        let is_awaited = running.is_empty();
        let lock_of =
            |tid: i32| witness.locks.iter().find(|lock| lock.holder_tid == Some(tid)).and_then(|lock| lock.place);
        let last_holder = witness.locks.iter().find_map(|lock| lock.place.and(lock.holder_tid));
        let running = match last_holder {
            Some(tid) if is_awaited && self.watches < WATCHES && sleeper::may_be_woken(self.pid, tid) => {
                self.watches += 1;
                vec![tid]
            }
            _ => running,
        };
        let Some(&first) = running.first() else {
            return seen(NOBODY_RUNS);
        };

        // All that can be known before is found out before a thread stands still.
        let why_no_copy = self.why_no_copy(&running);
        let result =
            self.stop(&running, lock_of(first), is_awaited).and_then(|()| self.hold(locks, &running, why_no_copy));
        if result.is_err() {
            self.release();
        }
        result
    }

    /// Looks at all locks; which of their holders run. Those in `stopped` are known to stand still.
    fn look(&self, locks: &mut dyn Locks, stopped: &[i32]) -> Result<(Witness, Vec<i32>), NotYet> {
        let Some(states) = locks.look() else { return seen("the interpreter's locks cannot be read") };
        let mut sleepers = Vec::new();
        let mut running = Vec::new();
        for holder in states.iter().filter(|lock| lock.held).map(|lock| lock.holder_tid) {
            let Some(tid) = holder else { return seen("a lock is held by a thread that is not known") };
            if stopped.contains(&tid) || running.contains(&tid) {
                continue;
            }
            match sleeper::look(self.pid, tid) {
                Doing::Sleeping(sleeper) => sleepers.push(sleeper),
                Doing::Running => running.push(tid),
                Doing::Gone => return seen(format!("thread {tid}, which held a lock, has ended")),
            }
        }
        Ok((Witness { pid: self.pid, locks: states, sleepers }, running))
    }

    /// Why there will be no copy, whatever the moment; `Some("")` when none is wanted.
    fn why_no_copy(&mut self, running: &[i32]) -> Option<String> {
        if !self.options.may_copy || self.options.heap_bytes <= SMALL_HEAP {
            return Some(String::new());
        }
        if !self.find_gadgets() {
            return Some("its code has no place to call the kernel from, or this is no x86-64".to_owned());
        }
        let (pid, tid) = (self.pid, *running.first()?);
        self.verdicts.entry(tid).or_insert_with(|| allowed::why_not(pid, tid)).clone()
    }

    /// Stops all of `tids`, in code of the program. `lock`: that of the first; `is_awaited`: it is stopped when it takes that.
    fn stop(&mut self, tids: &[i32], lock: Option<LockPlace>, is_awaited: bool) -> Result<(), NotYet> {
        for &tid in tids {
            let process = Arc::clone(&self.process);
            if self.tracer.is_none() {
                self.tracer = Some(Tracer::start().map_err(NotYet::Refused)?);
            }
            // In the tracer's own thread: to hand the news to another would take longer than the lock is held.
            let stop = move |holding: &mut Holding| match lock {
                Some(place) if is_awaited => holding.stop_when_taken(&process, place, tid, WATCH),
                _ => holding.stop(process.pid().cast_signed(), tid),
            };
            match self.tracer.as_ref().and_then(|tracer| tracer.run(stop)) {
                Some(Stop::NotTaken) => return seen(NOBODY_RUNS),
                Some(ref stop @ (Stop::InUserSpace(place) | Stop::AfterCall(place))) => {
                    let preferred = &self.options.preferred_code;
                    // Who has let go of the lock for the call has nothing half made.
                    let has_let_go = matches!(stop, Stop::AfterCall(_))
                        && lock.is_some_and(|lock| holding::is_free(&self.process, lock));
                    let is_preferred = preferred.is_empty() || preferred.iter().any(|code| code.contains(&place));
                    let is_fit = is_preferred || has_let_go && tids.first() == Some(&tid);
                    if !is_fit && self.tries_for_a_place < TRIES_FOR_A_PLACE {
                        self.tries_for_a_place += 1;
                        return seen(format!("thread {tid} is in code where an object may be half made"));
                    }
                }
                Some(Stop::InKernel(pause)) => {
                    self.pauses.push((tid, pause));
                    return seen(format!("thread {tid}, which holds a lock, is inside a system call"));
                }
                Some(Stop::JobControl) => return seen("the process is being stopped"),
                Some(Stop::Gone) => return seen(format!("thread {tid}, which held a lock, has ended")),
                Some(Stop::Refused(error)) => return Err(NotYet::Refused(error)),
                Some(Stop::Late) | None => {
                    // It will stop at last, unless its tracer has ended by then.
                    self.tracer = None;
                    return seen(format!("thread {tid} does not stop: it may be waiting for a disk or a processor"));
                }
            }
        }
        Ok(())
    }

    /// With all running holders stopped: whether they still are the holders; then the copy, or the threads as they stand.
    fn hold(&mut self, locks: &mut dyn Locks, stopped: &[i32], why_no_copy: Option<String>) -> Result<Still, NotYet> {
        let (witness, running) = self.look(locks, stopped)?;
        let holds = |tid: &i32| witness.locks.iter().any(|lock| lock.held && lock.holder_tid == Some(*tid));
        if !running.is_empty() || !stopped.iter().all(holds) {
            return seen("the lock changed hands before its holder stood still");
        }
        let copying = match why_no_copy {
            Some(reason) => Copying::Never(reason),
            None => self.copy(),
        };
        let why_no_copy = match copying {
            Copying::Made => {
                let was_still = witness.is_unchanged(locks);
                self.release();
                let Some(tracer) = self.tracer.take() else { return seen("the copy was lost") };
                let Some(pid) = find_copy(&tracer) else { return seen("the copy was ended by somebody") };
                let mut copy = FrozenCopy { pid, pauses: Vec::new(), tracer };
                if !was_still {
                    return seen("another interpreter's lock was taken");
                }
                copy.pauses = std::mem::take(&mut self.pauses);
                return Ok(Still::Copy(copy));
            }
            Copying::GoneOn(reason) => {
                self.release();
                // The end of its tracer lets it go for good; next time it is known.
                self.tracer = None;
                self.verdicts.extend(stopped.first().map(|&tid| (tid, Some(reason.clone()))));
                return seen(reason);
            }
            Copying::NotNow(reason) if self.tries_for_a_copy < TRIES_FOR_A_COPY => {
                self.tries_for_a_copy += 1;
                // Its stack may have grown or be newer than what is known of its memory.
                self.release();
                if let Some(process) = Arc::get_mut(&mut self.process) {
                    let _ = process.refresh();
                }
                return seen(reason);
            }
            Copying::NotNow(reason) | Copying::Never(reason) => Some(reason).filter(|reason| !reason.is_empty()),
        };
        let Some(tracer) = self.tracer.take() else { return seen("the thread was lost") };
        Ok(Still::Stopped(StoppedThreads { witness, pauses: std::mem::take(&mut self.pauses), why_no_copy, tracer }))
    }

    fn release(&mut self) {
        let release = |holding: &mut Holding| (holding.release(), holding.must_end && holding.copy.is_none());
        let released = self.tracer.as_ref().and_then(|tracer| tracer.run(release));
        let (pauses, must_end) = released.unwrap_or((Vec::new(), true));
        self.pauses.extend(pauses);
        if must_end {
            self.tracer = None;
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn find_gadgets(&mut self) -> bool {
        if matches!(self.gadgets, Gadgets::NotSearched) {
            self.gadgets = Gadgets::Found(gadgets::find(&*self.process));
        }
        matches!(self.gadgets, Gadgets::Found(Some(_)))
    }

    #[cfg(target_arch = "x86_64")]
    fn copy(&mut self) -> Copying {
        let Gadgets::Found(Some(gadgets)) = self.gadgets else { return Copying::Never(String::new()) };
        let process = Arc::clone(&self.process);
        let tracer = self.tracer.as_ref();
        match tracer.and_then(|tracer| tracer.run(move |holding| freeze::freeze(holding, &process, gadgets))) {
            Some(Ok(())) => Copying::Made,
            Some(Err(freeze::Failure::NotNow(reason))) => Copying::NotNow(reason),
            Some(Err(freeze::Failure::Never(reason))) => Copying::Never(reason),
            Some(Err(freeze::Failure::GoneOn(reason))) => Copying::GoneOn(reason),
            None => Copying::NotNow("the tracing thread ended".to_owned()),
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn find_gadgets(&mut self) -> bool {
        let Gadgets::NotSearched = self.gadgets;
        false
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn copy(&mut self) -> Copying {
        Copying::Never("copies are made on x86-64 only".to_owned())
    }
}

#[cfg(target_arch = "x86_64")]
fn find_copy(tracer: &Tracer<Holding>) -> Option<u32> {
    tracer.run(freeze::find_copy).flatten().map(i32::unsigned_abs)
}

#[cfg(not(target_arch = "x86_64"))]
fn find_copy(_tracer: &Tracer<Holding>) -> Option<u32> {
    None
}

//! How many threads a run may use, and doing several things at once within that.
//!
//! What is done at once is done as one after the other would be: results come in the same order, and of several things that
//! went wrong the first is told. All rooms together never use more threads than allowed; where none is free, the work is done
//! by the thread that asks.

use std::iter;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Builder, ScopedJoinHandle};

/// 0 until it is known.
static ALLOWED: AtomicUsize = AtomicUsize::new(0);
/// Threads that work now beside those that began.
static BESIDE: AtomicUsize = AtomicUsize::new(0);

/// From now on so many threads may work at once; 1 does one thing after the other.
pub fn allow(threads: NonZeroUsize) {
    ALLOWED.store(threads.get(), Ordering::Relaxed);
}

/// How many may: as [`allow`] said, else as many as the process has cores by its affinity and its control groups.
pub fn allowed() -> usize {
    match ALLOWED.load(Ordering::Relaxed) {
        0 => {
            let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
            ALLOWED.store(cores, Ordering::Relaxed);
            cores
        }
        threads => threads,
    }
}

/// The right to work beside others.
struct Place;

impl Place {
    fn take() -> Option<Place> {
        let is_free = |beside| (beside + 1 < allowed()).then_some(beside + 1);
        BESIDE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, is_free).is_ok().then(|| Place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        BESIDE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Does both, at once where another thread may work. A panic of either goes on when both have ended, the first one's before
/// the other's.
pub fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    let Some(place) = Place::take() else { return (one(), other()) };
    // A system that has no thread for us takes nothing away.
    let other = Mutex::new(Some(other));
    let take_other = || other.lock().unwrap_or_else(PoisonError::into_inner).take();
    thread::scope(|scope| {
        let beside = Builder::new().spawn_scoped(scope, || {
            let _place = place;
            take_other().map(|other| other())
        });
        let done = one();
        let other = beside.ok().and_then(|beside| joined(beside));
        (done, other.unwrap_or_else(|| take_other().expect("it was not begun")()))
    })
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// More workers than this would wait for what they are given.
const MOST_WORKERS: usize = 3;
/// So many things wait at a worker while it does another.
const AHEAD: usize = 2;

struct Worker<'scope, T, R> {
    to_do: SyncSender<T>,
    done: Receiver<R>,
    thread: ScopedJoinHandle<'scope, ()>,
}

/// Does `work` to all that `next` gives, and hands the results to `take` in the same order; ends at its first error. `next` and
/// `take` are called by this thread in turn, `next` some things ahead; `work` by others where they may work. So what is in memory at once
/// are at most seven things.
///
/// # Errors
/// That of `take`.
pub fn in_order<T: Send, R: Send, E>(
    mut next: impl FnMut() -> Option<T>,
    work: impl Fn(T) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let places: Vec<Place> = iter::from_fn(Place::take).take(MOST_WORKERS).collect();
    // One thing alone is not worth a thread.
    let look_ahead = if places.is_empty() { 0 } else { 2 };
    let first: Vec<T> = iter::from_fn(&mut next).take(look_ahead).collect();
    if first.len() < look_ahead {
        return first.into_iter().try_for_each(|one| take(work(one)));
    }
    let mut all = first.into_iter().chain(iter::from_fn(next));
    thread::scope(|scope| {
        let work = &work;
        let worker = |place: Place| {
            let (to_do, given) = sync_channel::<T>(AHEAD);
            let (finished, done) = sync_channel(AHEAD);
            let thread = Builder::new().spawn_scoped(scope, move || {
                let _place = place;
                // Nobody waits for more once an error has ended it all.
                let _ = given.into_iter().try_for_each(|one| finished.send(work(one)));
            });
            thread.ok().map(|thread| Worker { to_do, done, thread })
        };
        let mut workers: Vec<Worker<'_, T, R>> = places.into_iter().filter_map(worker).collect();
        if workers.is_empty() {
            return all.try_for_each(|one| take(work(one)));
        }
        let (mut given, mut taken, mut is_all) = (0, 0, false);
        loop {
            let mut is_lost = false;
            while !is_all && given < taken + AHEAD * workers.len() {
                match all.next() {
                    Some(one) => is_lost |= workers[given % workers.len()].to_do.send(one).is_err(),
                    None => {
                        is_all = true;
                        break;
                    }
                }
                given += 1;
            }
            if taken == given {
                return Ok(());
            }
            let at = taken % workers.len();
            match workers[at].done.recv() {
                Ok(done) => take(done)?,
                Err(_) => is_lost = true,
            }
            taken += 1;
            if is_lost {
                // A worker ends before its time by a panic alone.
                workers.drain(..).for_each(|Worker { to_do, done, thread }| {
                    drop((to_do, done));
                    joined(thread);
                });
                unreachable!("a worker was lost and has not panicked");
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// The number of threads is one for all tests: they take turns.
    fn with_threads<T>(threads: usize, run: impl FnOnce() -> T) -> T {
        static TURN: Mutex<()> = Mutex::new(());
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let before = allowed();
        allow(NonZeroUsize::new(threads).unwrap());
        let done = catch_unwind(AssertUnwindSafe(run));
        allow(NonZeroUsize::new(before).unwrap());
        done.unwrap_or_else(|panic| resume_unwind(panic))
    }

    #[test]
    fn results_come_in_order_by_any_number_of_threads() {
        for threads in [1, 2, 3, 9] {
            let mut numbers = 0..100_u64;
            let mut taken = Vec::new();
            let done: Result<(), ()> = with_threads(threads, || {
                in_order(
                    || numbers.next(),
                    |number| {
                        // The early ones take longest.
                        std::hint::black_box((0..(100 - number) * 1000).sum::<u64>());
                        number * 2
                    },
                    |number| {
                        taken.push(number);
                        Ok(())
                    },
                )
            });
            assert_eq!((done, taken), (Ok(()), (0..100).map(|number| number * 2).collect()));
        }
    }

    #[test]
    fn the_first_error_ends_it() {
        for threads in [1, 2, 4] {
            let mut numbers = 0..;
            let fails = |number: u64| if number % 10 == 7 { Err(number) } else { Ok(()) };
            assert_eq!(with_threads(threads, || in_order(|| numbers.next(), fails, |done| done)), Err(7));
        }
    }

    #[test]
    fn a_panic_goes_on() {
        for threads in [1, 2, 4] {
            let panics = |number: u64| assert!(number != 20, "the twentieth");
            let run = || {
                let mut numbers = 0..1000;
                in_order(|| numbers.next(), panics, Ok::<(), ()>)
            };
            let panic = catch_unwind(AssertUnwindSafe(|| with_threads(threads, run))).unwrap_err();
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"the twentieth"));
            let two = || both(|| 1, || -> u8 { panic!("the other") });
            let panic = catch_unwind(AssertUnwindSafe(|| with_threads(threads, two))).unwrap_err();
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"the other"));
        }
    }

    #[test]
    fn both_are_done_at_once_or_one_after_the_other() {
        for threads in [1, 2] {
            let nested = || both(|| both(|| 1, || 2), || both(|| 3, || 4));
            assert_eq!(with_threads(threads, nested), ((1, 2), (3, 4)));
        }
        // Each waits for the other. Other tests may hold some of the threads.
        let meeting = std::sync::Barrier::new(2);
        with_threads(1000, || both(|| meeting.wait(), || meeting.wait()));
    }
}

//! The one thread of the tool that traces: the kernel binds every tracee to the thread that seized it.
//!
//! Whatever happens to the tool, this thread's end is the end of all tracing: the kernel lets the target's threads go and
//! kills the copies.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

type Job<State> = Box<dyn FnOnce(&mut State) + Send>;

/// A thread that owns a `State` and does with it what it is told. It ends, and drops the state, when this is dropped.
#[derive(Debug)]
pub(super) struct Tracer<State> {
    jobs: Option<Sender<Job<State>>>,
    thread: Option<JoinHandle<()>>,
}

impl<State: Default + 'static> Tracer<State> {
    /// Starts the thread.
    pub(super) fn start() -> std::io::Result<Self> {
        let (jobs, queue): (Sender<Job<State>>, Receiver<Job<State>>) = channel();
        let thread = std::thread::Builder::new().name("tracer".to_owned()).spawn(move || {
            sleep_precisely();
            let mut state = State::default();
            for job in queue {
                job(&mut state);
            }
        })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Does `job` there and waits for its result; `None` when the thread has ended in a panic.
    pub(super) fn run<T: Send + 'static>(&self, job: impl FnOnce(&mut State) -> T + Send + 'static) -> Option<T> {
        let (sender, result) = channel();
        let send = move |state: &mut State| drop(sender.send(job(state)));
        self.jobs.as_ref()?.send(Box::new(send)).ok()?;
        result.recv().ok()
    }
}

impl<State> Drop for Tracer<State> {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported already, and the kernel has let everything go.
            let _ = thread.join();
        }
    }
}

/// Makes short sleeps of the calling thread as short as they say; by default they last 50 µs more.
fn sleep_precisely() {
    // SAFETY: no addresses are passed; a failure changes nothing.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1, 0, 0, 0) };
}

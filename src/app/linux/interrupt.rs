//! Ctrl-C and its like while a snapshot is being taken: tidy up first, then end as the signal says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use nix::sys::signal::{SigHandler, SigSet, Signal, raise, signal};

/// How long the tool may take to tidy up.
const PATIENCE: Duration = Duration::from_secs(3);

/// From its making on, SIGINT, SIGTERM and SIGHUP set [`Interrupt::flag`] instead of ending the tool.
pub struct Interrupt {
    flag: Arc<AtomicBool>,
    number: Arc<AtomicI32>,
}

impl Interrupt {
    /// Call it before any other thread is started: they inherit the blocked signals.
    pub fn watch() -> anyhow::Result<Self> {
        let signals: SigSet = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter().collect();
        signals.thread_block()?;
        let (flag, number) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI32::new(0)));
        let (set_flag, set_number) = (Arc::clone(&flag), Arc::clone(&number));
        std::thread::spawn(move || {
            let Ok(received) = signals.wait() else { return };
            set_number.store(received as i32, Ordering::SeqCst);
            set_flag.store(true, Ordering::SeqCst);
            // Nothing that is done here needs the tool to end well; the patience is for what is left over.
            std::thread::sleep(PATIENCE);
            die_of(received);
        });
        Ok(Self { flag, number })
    }

    /// True once a signal has come.
    pub fn flag(&self) -> &Arc<AtomicBool> {
        &self.flag
    }

    /// Ends the tool as the signal would have; returns when none has come.
    pub fn end_if_any(&self) {
        if let Ok(received) = Signal::try_from(self.number.load(Ordering::SeqCst)) {
            die_of(received);
        }
    }
}

fn die_of(received: Signal) {
    // SAFETY: the default action is no handler that could do anything unsafe.
    let _ = unsafe { signal(received, SigHandler::SigDfl) };
    let _ = SigSet::from(received).thread_unblock();
    let _ = raise(received);
}

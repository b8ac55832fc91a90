//! What the kernel tells of a thread without touching it: whether it sleeps, and whether it has slept since.

use std::fs;

use super::allowed::Status;

/// What a thread is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doing {
    /// It is not on a processor, and waits in the kernel.
    Sleeping(Sleeper),
    /// It runs, or waits for a processor.
    Running,
    /// There is no such thread.
    Gone,
}

/// A thread that sleeps, and how often it has gone to sleep so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sleeper {
    tid: i32,
    /// The kernel's counts of how often it gave its processor away, by its own will and not. They go up when it falls
    /// asleep: who sleeps with the same counts has not run.
    switches: [u64; 2],
}

impl Sleeper {
    /// Whether the thread has slept ever since.
    pub(super) fn slept_on(&self, pid: i32) -> bool {
        matches!(look(pid, self.tid), Doing::Sleeping(now) if now == *self)
    }
}

/// Looks at thread `tid` of process `pid`.
pub(super) fn look(pid: i32, tid: i32) -> Doing {
    let folder = format!("/proc/{pid}/task/{tid}");
    // A thread on its way to sleep, or just woken, has the state of a sleeper and is on a processor. This file tells: it
    // waits until the thread has left the processor, and says `running` when that has no end. Only then the counts are read:
    // who is off the processor has been counted.
    if fs::read(format!("{folder}/syscall")).is_ok_and(|call| call.starts_with(b"running")) {
        return Doing::Running;
    }
    let status = Status::of(&format!("{folder}/status"));
    let state = status.field("State").and_then(|state| state.chars().next());
    match state {
        None | Some('Z' | 'X' | 'x') => return Doing::Gone,
        // Sleeping, waiting for a disk; stopped by job control; stopped by another tracer; frozen or idle in the kernel.
        Some('S' | 'D' | 'T' | 't' | 'I') => {}
        Some(_) => return Doing::Running,
    }
    let count = |name: &str| status.field(name).and_then(|count| count.parse().ok());
    match (count("voluntary_ctxt_switches"), count("nonvoluntary_ctxt_switches")) {
        (Some(voluntary), Some(not)) => Doing::Sleeping(Sleeper { tid, switches: [voluntary, not] }),
        _ => Doing::Running,
    }
}

/// Whether a thread sleeps in a system call that goes on, or is repeated with what is left of its time, when the thread has
/// stood still in between: the program does not see that. (`epoll_wait` would end with `EINTR`, `write` with less than all.)
#[cfg(target_arch = "x86_64")]
pub(super) fn may_be_woken(pid: i32, tid: i32) -> bool {
    let call = fs::read_to_string(format!("/proc/{pid}/task/{tid}/syscall")).unwrap_or_default();
    let number = call.split(' ').next().and_then(|number| number.parse::<libc::c_long>().ok());
    number.is_some_and(|number| {
        [
            libc::SYS_nanosleep,
            libc::SYS_clock_nanosleep,
            libc::SYS_futex,
            libc::SYS_poll,
            libc::SYS_ppoll,
            libc::SYS_select,
            libc::SYS_pselect6,
            libc::SYS_wait4,
            libc::SYS_waitid,
        ]
        .contains(&number)
    })
}

/// As on x86-64: not told apart here.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn may_be_woken(_pid: i32, _tid: i32) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    #[test]
    fn who_sleeps_and_who_has_woken() {
        let pid = std::process::id() as i32;
        let (mut ours, mut theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            // SAFETY: a call without arguments.
            sender.send(unsafe { libc::gettid() }).unwrap();
            let mut byte = [0];
            while theirs.read(&mut byte).unwrap() == 1 && byte[0] != b'q' {}
        });
        let tid = receiver.recv().unwrap();
        // It sleeps elsewhere too, for a page of memory or a lock, on its way to the call that has no end.
        let reads = || {
            fs::read_to_string(format!("/proc/{pid}/task/{tid}/syscall"))
                .is_ok_and(|call| call.starts_with(&format!("{} ", libc::SYS_recvfrom)))
        };
        let asleep = || loop {
            match look(pid, tid) {
                Doing::Sleeping(sleeper) if reads() && sleeper.slept_on(pid) => return sleeper,
                _ => {}
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        };
        let sleeper = asleep();
        assert!(sleeper.slept_on(pid));
        // Who is woken counts as running at once, and has been counted when it sleeps again.
        ours.write_all(b"x").unwrap();
        let again = asleep();
        assert!(!sleeper.slept_on(pid) && again.slept_on(pid));
        // SAFETY: a call without arguments.
        assert_eq!(look(pid, unsafe { libc::gettid() }), Doing::Running);
        ours.write_all(b"q").unwrap();
        thread.join().unwrap();
        // The kernel says that a thread has ended before it has taken it from its lists.
        while look(pid, tid) != Doing::Gone {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}

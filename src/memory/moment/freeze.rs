//! A frozen copy of a process: two clones by a borrowed thread, and no instruction of the program's.
//!
//! The first clone makes a child that shares all memory, so that nothing is copied for it; that child clones itself into the
//! copy, which alone gets page tables of its own; then the child ends, and the borrowed thread buries it. Neither clone has an
//! exit signal: there is no `SIGCHLD`, and the program's own `wait` finds nothing. The copy holds no file of the program: the
//! child has emptied its table before. It stops before its first instruction and stays so until it is killed.
//!
//! What the death of the tool means, by the moment at which it comes:
//!
//! 1. The thread is stopped: it goes on.
//! 2. Its stack is prepared and it is diverted, before the child exists: it makes the child or not, waits for it and comes back
//!    ([`super::frame`]); the child's only instructions end it.
//! 3. The child exists and is not yet bound to the tool: the same.
//! 4. From then on the child and all that it makes are killed with the tool (`PTRACE_O_EXITKILL`, inherited from the first
//!    moment on); the thread buries the child and comes back.
//!
//! The thread comes back on the same way when all goes well, so that way is taken every time.

use std::io;
use std::time::{Duration, Instant};

use super::super::live::LiveProcess;
use super::super::{AddressSpace, Range};
use super::frame::{Interrupted, Stack, room_needed};
use super::gadgets::Gadgets;
use super::holding::{Holding, Stopped};
use super::tracee::{Report, Tracee};

/// How long one step may take; the page tables of a large process take a second.
const STEP_TIME: Duration = Duration::from_secs(10);
/// How long a thread is waited for before it is looked at whether it has come back without having stopped.
const GLANCE: Duration = Duration::from_millis(2);

/// Why there is no copy.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another moment may do. The thread still stands still.
    NotNow(String),
    /// No other moment will do. The thread still stands still.
    Never(String),
    /// No other moment will do. The thread has gone on by itself; it is let go when its tracer ends.
    GoneOn(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::NotNow(format!("a thread could not be led: {error}"))
    }
}

/// Has the first stopped thread make a copy. The thread stands still until [`Holding::release`]; then [`find_copy`].
pub(super) fn freeze(holding: &mut Holding, space: &LiveProcess, gadgets: Gadgets) -> Result<(), Failure> {
    let Some(thread) = holding.threads.first_mut() else {
        return Err(Failure::NotNow("no thread is stopped".to_owned()));
    };
    let stack = prepare(&thread.tracee, space, gadgets)?;
    let result = lead(thread, &stack, space);
    if matches!(result, Err(Failure::NotNow(_) | Failure::Never(_))) && thread.child.is_none() {
        // Wherever on its steps it is: what it does next is to come back.
        let _ = thread.tracee.set_registers(&stack.come_back);
    }
    result
}

/// The copy, as soon as it has stopped before its first instruction; `None` when it is no more.
pub(super) fn find_copy(holding: &mut Holding) -> Option<i32> {
    // It was traced before it existed, so all that is known is that it is traced by this thread.
    let copy = Tracee::of_this_thread(Instant::now() + STEP_TIME)?;
    let tid = copy.tid;
    // Let it be the first to go when memory gets short.
    let _ = std::fs::write(format!("/proc/{tid}/oom_score_adj"), "1000");
    holding.copy = Some(copy);
    Some(tid)
}

/// Looks whether the thread may be diverted here, and prepares its stack; nothing of it is changed but unused stack.
fn prepare(tracee: &Tracee, space: &LiveProcess, gadgets: Gadgets) -> Result<Stack, Failure> {
    let not_now = |reason: &str| Err(Failure::NotNow(reason.to_owned()));
    let registers = tracee.registers()?;
    if registers.cs & 0xffff != 0x33 {
        return not_now("it runs 32-bit code");
    }
    if tracee.dispatches_system_calls() {
        return Err(Failure::Never("it handles its system calls itself".to_owned()));
    }
    if tracee.restartable_sequences().is_some_and(|area| in_restartable_sequence(space, area, registers.rip)) {
        return not_now("it is in a restartable sequence");
    }
    let extended_state = tracee.extended_state()?;
    let mask = tracee.signal_mask()?;
    let room = room_needed(&extended_state) + 64;
    let holds = |range: &&Range| (range.start..range.end).contains(&registers.rsp);
    let own_stack = space.ranges().iter().find(holds).filter(|range| {
        // Alternate stacks and those of coroutines may lie between other data, and none tells where they end. On the stack of
        // a thread the block that the C library keeps of it lies above.
        range.writable
            && (range.file.as_ref().is_some_and(|name| name.as_os_str() == "[stack]")
                || (registers.rsp..range.end).contains(&registers.fs_base))
    });
    let Some(own_stack) = own_stack else { return not_now("it is on a stack of an unknown kind") };
    if registers.rsp - own_stack.start < room {
        return not_now("too little of its stack is left");
    }
    let thread = Interrupted { registers: &registers, extended_state: &extended_state, mask };
    let stack = Stack::below(&thread, gadgets);
    // A guard inside the range is found before anything is written.
    let mut before = vec![0; (registers.rsp - stack.address) as usize];
    if space.read(stack.address, &mut before) < before.len() {
        return not_now("too little of its stack is left");
    }
    write(space, stack.address, &stack.bytes)?;
    Ok(stack)
}

/// Whether the thread is between the first and the last instruction of a sequence that the kernel would have to restart: it
/// would not know of it any more when the thread comes back.
fn in_restartable_sequence(space: &LiveProcess, area: u64, instruction: u64) -> bool {
    let words = |address: u64| -> Option<[u64; 4]> {
        let mut bytes = [0; 32];
        (space.read(address, &mut bytes) == bytes.len()).then(|| {
            std::array::from_fn(|index| {
                u64::from_le_bytes(bytes[8 * index..8 * index + 8].try_into().unwrap_or_default())
            })
        })
    };
    // cpu_id_start and cpu_id, rseq_cs …; version and flags, start_ip, post_commit_offset, abort_ip.
    match words(area) {
        Some([_, 0, ..]) => false,
        Some([_, sequence, ..]) => {
            words(sequence).is_none_or(|[_, start, length, _]| instruction.wrapping_sub(start) < length)
        }
        None => true,
    }
}

/// Leads the prepared thread to its child, and that to the copy. When `thread.child` is set the thread comes back by itself.
fn lead(thread: &mut Stopped, stack: &Stack, space: &LiveProcess) -> Result<(), Failure> {
    let tracee = &thread.tracee;
    tracee.trace_children()?;
    // Registers before the mask: a thread that has to come back without the tool gets its own mask from the frame. Both before
    // the first step: it and the child, which inherits the mask, are not to run handlers meanwhile.
    tracee.set_registers(&stack.come_back)?;
    tracee.set_signal_mask(u64::MAX)?;
    tracee.set_registers(&stack.first_step)?;
    make_child(thread, stack, space)?;
    // From here on the thread may not be sent back directly: it has a child to bury.
    let child = thread.tracee.child();
    thread.child = Some(child.as_ref().map_or(-1, |child| child.tid));
    let child = child?;
    let result = make_copy(&child, stack, space);
    if result.is_err() {
        child.kill();
    }
    result
}

/// Lets the thread go its first steps, until it stands still inside `clone` and has a child.
fn make_child(thread: &mut Stopped, stack: &Stack, space: &LiveProcess) -> Result<(), Failure> {
    thread.tracee.resume(0)?;
    let deadline = Instant::now() + STEP_TIME;
    loop {
        let has_come_back = stack.has_come_back(space);
        let report = thread.tracee.wait(Instant::now() + GLANCE)?;
        let reason = match report {
            Some(Report::Cloned) => return Ok(()),
            Some(Report::Ended) => return Err(Failure::NotNow("the thread ended".to_owned())),
            Some(Report::Signal(signal)) => {
                // Only a stop, which nobody can block: it gets it when it is let go.
                thread.signal = signal;
                "a signal arrived"
            }
            Some(Report::Interrupted | Report::JobControl | Report::Call) => "the process is being stopped",
            None if has_come_back => {
                return Err(Failure::GoneOn(
                    "it may not start another process, or orphans become its children".to_owned(),
                ));
            }
            None if Instant::now() < deadline => continue,
            None => return Err(Failure::GoneOn("its system calls do not end".to_owned())),
        };
        // It stands still; unless it is back in its own life it is on a step before it had a child.
        return Err(if stack.holds(thread.tracee.registers()?.rsp) {
            Failure::NotNow(reason.to_owned())
        } else {
            Failure::GoneOn(reason.to_owned())
        });
    }
}

/// Has the child make the copy and end.
fn make_copy(child: &Tracee, stack: &Stack, space: &LiveProcess) -> Result<(), Failure> {
    let lost = || Failure::NotNow("the copy's parent ended too early".to_owned());
    match child.wait(Instant::now() + STEP_TIME)? {
        Some(Report::Interrupted | Report::JobControl) => {}
        _ => return Err(lost()),
    }
    child.die_with_tracer()?;
    child.set_registers(&stack.childs_first_step)?;
    loop {
        child.resume(0)?;
        match child.wait(Instant::now() + STEP_TIME)? {
            Some(Report::Ended) if stack.has_copy(space) => return Ok(()),
            Some(Report::Ended) => return Err(Failure::Never("it may not start another process".to_owned())),
            // Signals to the whole group are not for it.
            Some(_) => {}
            None => return Err(lost()),
        }
    }
}

/// Writes to memory that the process itself may write.
fn write(space: &LiveProcess, address: u64, bytes: &[u8]) -> Result<(), Failure> {
    let here = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let there = libc::iovec { iov_base: address as usize as *mut _, iov_len: bytes.len() };
    let pid = space.pid() as i32;
    // SAFETY: `here` is memory of ours that is only read; `there` is only looked at by the kernel.
    let written = unsafe { libc::process_vm_writev(pid, &raw const here, 1, &raw const there, 1, 0) };
    if written == bytes.len() as isize {
        Ok(())
    } else {
        Err(Failure::NotNow("its stack cannot be written".to_owned()))
    }
}

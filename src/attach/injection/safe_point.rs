//! Whether a stopped thread may be borrowed to start a new one, and which thread to stop first.
//!
//! Borrowed means: it calls `pthread_create`, which takes locks of the C library (the allocator's,
//! the list of thread stacks). That deadlocks if the thread itself holds such a lock, so a stop is
//! accepted only where it cannot:
//!
//! - *In the interpreter's own machine code.* The C library calls back into it only from places
//!   that hold none of those locks.
//! - *Blocked in a system call* that those locks are not held around: everything but memory
//!   management, process creation, and waits for a lock that may be the C library's own.
//!
//! In both cases not inside a C signal handler, below which anything may lie.

use libc::user_regs_struct;
use procfs::process::MemoryMaps;

use super::locate::Code;
use super::sigframe;
use crate::attach::memory::Memory;

/// Results with which the kernel marks a system call that it will restart by itself.
const ERESTARTSYS: i64 = -512;
const ERESTARTNOINTR: i64 = -513;
const ERESTARTNOHAND: i64 = -514;
const ERESTART_RESTARTBLOCK: i64 = -516;
const EINTR: i64 = -(libc::EINTR as i64);
/// No handler of a C signal handler's callees needs more stack than this.
const SCANNED_STACK: usize = 64 << 10;

/// A stop at which the thread may be borrowed.
#[derive(Debug, Clone)]
pub(super) struct SafePoint {
    /// Where the thread was, for people: `blocked in epoll_wait`, `in the interpreter`.
    pub(super) place: String,
    /// Registers with which the tool puts the thread back: the kernel restarts what it interrupted.
    pub(super) resume: user_regs_struct,
    /// Registers with which the thread puts itself back when there is no tool any more.
    pub(super) resume_alone: user_regs_struct,
}

/// How good a thread is to be stopped, best first; from what the kernel tells without stopping it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// Blocked in a call that the kernel restarts unnoticed.
    Restartable,
    /// Running: it has to be looked at.
    Running,
    /// Blocked in a call that returns `EINTR` after any stop, as Linux itself does it.
    Interruptible,
}

/// Reads one thread's `/proc/PID/task/TID/syscall`: `running`, or number and arguments of the
/// system call it is in. `None`: not to be stopped.
pub(super) fn rank(text: &str, code: &Code, maps: &MemoryMaps) -> Option<Rank> {
    let mut words = text.split_ascii_whitespace();
    let first = words.next()?;
    if first == "running" {
        return Some(Rank::Running);
    }
    let number: i64 = first.parse().ok()?;
    let mut arguments = [0u64; 6];
    for (argument, word) in arguments.iter_mut().zip(words) {
        *argument = u64::from_str_radix(word.trim_start_matches("0x"), 16).ok()?;
    }
    if number < 0 {
        // Blocked, but not in a system call: a page fault.
        return None;
    }
    match restart_after_eintr(number, &arguments) {
        Some(false) => Some(Rank::Interruptible),
        Some(true) => Some(Rank::Restartable),
        // What was restarted from a restart block keeps its arguments but not its number; the
        // stop will tell.
        None if number == libc::SYS_restart_syscall => Some(Rank::Restartable),
        None => holds_no_lock(number, &arguments, code, maps).then_some(Rank::Restartable),
    }
}

/// Judges a stop. `Err` says why it is not safe.
pub(super) fn judge(
    registers: &user_regs_struct,
    signal_mask: u64,
    pending_signals: u64,
    code: &Code,
    memory: &Memory,
    maps: &MemoryMaps,
) -> Result<SafePoint, String> {
    let place;
    let mut resume = *registers;
    let mut resume_alone = *registers;
    resume_alone.orig_rax = u64::MAX;
    if registers.cs & 0xffff != 0x33 {
        return Err("in 32-bit code".to_owned());
    }
    if registers.orig_rax.cast_signed() < 0 {
        if !code.python.has_code_at(registers.rip) {
            return Err(format!("in {}", name_of(registers.rip, maps)));
        }
        place = "in the interpreter".to_owned();
    } else {
        let mut number = registers.orig_rax.cast_signed();
        let instruction = memory.bytes(registers.rip.wrapping_sub(7), 7).unwrap_or_default();
        if instruction.get(5..) != Some(&[0x0f, 0x05]) {
            return Err("in a system call made in an unusual way".to_owned());
        }
        if number == libc::SYS_restart_syscall {
            // `mov eax, NUMBER` before the instruction tells what is being restarted.
            match instruction[..5] {
                [0xb8, n0, n1, 0, 0] => number = i64::from(u16::from_le_bytes([n0, n1])),
                _ => return Err("in a restarted system call of unknown kind".to_owned()),
            }
        }
        let arguments = [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9];
        let name = system_call_name(number);
        let again = (number.cast_unsigned(), registers.rip - 2);
        match registers.rax.cast_signed() {
            ERESTARTSYS | ERESTARTNOINTR | ERESTARTNOHAND | ERESTART_RESTARTBLOCK => {
                if !holds_no_lock(number, &arguments, code, maps) {
                    return Err(format!("in {name}, perhaps with a lock of the C library"));
                }
                (resume_alone.rax, resume_alone.rip) = again;
            }
            EINTR => match restart_after_eintr(number, &arguments) {
                Some(true) => {
                    // Without a time limit, beginning again is the same as going on: let the
                    // kernel restart it, so that the program never sees our stop.
                    resume.rax = ERESTARTNOHAND.cast_unsigned();
                    (resume_alone.rax, resume_alone.rip) = again;
                }
                Some(false) => {}
                None => return Err(format!("leaving {name}")),
            },
            _ => return Err(format!("leaving {name}")),
        }
        if pending_signals & !signal_mask != 0 {
            return Err(format!("in {name} with a signal on its way"));
        }
        place = format!("blocked in {name}");
    }
    let stack = memory.bytes_up_to(registers.rsp, SCANNED_STACK);
    if sigframe::in_signal_handler(&stack, registers.rsp, code.sigreturn, signal_mask) {
        return Err("in a signal handler".to_owned());
    }
    Ok(SafePoint { place, resume, resume_alone })
}

/// Calls that end with `EINTR` after a stop even without a signal handler (signal(7)): whether
/// restarting them is the same as going on, because they have no time limit; `None` for all others.
fn restart_after_eintr(number: i64, arguments: &[u64; 6]) -> Option<bool> {
    match number {
        libc::SYS_epoll_wait | libc::SYS_epoll_pwait => Some((arguments[3] as u32).cast_signed() < 0),
        libc::SYS_epoll_pwait2 | libc::SYS_semtimedop => Some(arguments[3] == 0),
        libc::SYS_rt_sigtimedwait => Some(arguments[2] == 0),
        libc::SYS_io_getevents => Some(arguments[4] == 0),
        libc::SYS_semop => Some(true),
        _ => None,
    }
}

/// Whether a thread that is blocked in this system call certainly holds no lock that
/// `pthread_create` takes.
fn holds_no_lock(number: i64, arguments: &[u64; 6], code: &Code, maps: &MemoryMaps) -> bool {
    match number {
        // The allocator and the list of thread stacks call these with their locks held.
        libc::SYS_brk
        | libc::SYS_mmap
        | libc::SYS_munmap
        | libc::SYS_mremap
        | libc::SYS_mprotect
        | libc::SYS_madvise
        | libc::SYS_tgkill => false,
        // fork() holds all of the allocator's locks.
        libc::SYS_clone | libc::SYS_clone3 | libc::SYS_fork | libc::SYS_vfork => false,
        libc::SYS_execve | libc::SYS_execveat | libc::SYS_exit | libc::SYS_exit_group => false,
        libc::SYS_rt_sigreturn | libc::SYS_restart_syscall => false,
        libc::SYS_futex => futex_holds_no_lock(arguments, code, maps),
        _ => true,
    }
}

/// A thread that waits for one lock may hold another. Waits on semaphores and conditions are the
/// interpreter's and the program's; the C library's own locks wait with plain `FUTEX_WAIT`, and lie
/// in its own data or, for the allocator's arenas, at the beginning of a block of 64 MiB.
fn futex_holds_no_lock(arguments: &[u64; 6], code: &Code, maps: &MemoryMaps) -> bool {
    const ARENA: u64 = 64 << 20;
    let address = arguments[0];
    match (arguments[1] as i32) & libc::FUTEX_CMD_MASK {
        libc::FUTEX_WAIT_BITSET => true,
        libc::FUTEX_WAIT => address % ARENA >= 4096 && !code.c_library.iter().any(|file| file.spans(address, &maps.0)),
        _ => false,
    }
}

/// The name of the file that `address` is mapped from.
fn name_of(address: u64, maps: &MemoryMaps) -> String {
    use procfs::process::MMapPath;
    let map = maps.iter().find(|map| (map.address.0..map.address.1).contains(&address));
    match map.map(|map| &map.pathname) {
        Some(MMapPath::Path(path)) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        Some(MMapPath::Vdso) => "the kernel's clock".to_owned(),
        Some(MMapPath::Anonymous) => "generated code".to_owned(),
        _ => "unknown code".to_owned(),
    }
}

/// Names of the calls in which Python programs wait; the number for all others.
fn system_call_name(number: i64) -> String {
    let name = match number {
        libc::SYS_read => "read",
        libc::SYS_write => "write",
        libc::SYS_poll => "poll",
        libc::SYS_ppoll => "ppoll",
        libc::SYS_select => "select",
        libc::SYS_pselect6 => "pselect6",
        libc::SYS_epoll_wait => "epoll_wait",
        libc::SYS_epoll_pwait => "epoll_pwait",
        libc::SYS_nanosleep => "nanosleep",
        libc::SYS_clock_nanosleep => "clock_nanosleep",
        libc::SYS_futex => "futex",
        libc::SYS_wait4 => "wait4",
        libc::SYS_waitid => "waitid",
        libc::SYS_accept => "accept",
        libc::SYS_accept4 => "accept4",
        libc::SYS_connect => "connect",
        libc::SYS_recvfrom => "recvfrom",
        libc::SYS_recvmsg => "recvmsg",
        libc::SYS_sendto => "sendto",
        libc::SYS_sendmsg => "sendmsg",
        libc::SYS_pause => "pause",
        libc::SYS_rt_sigtimedwait => "rt_sigtimedwait",
        libc::SYS_rt_sigsuspend => "rt_sigsuspend",
        libc::SYS_flock => "flock",
        libc::SYS_fcntl => "fcntl",
        libc::SYS_ioctl => "ioctl",
        libc::SYS_semop => "semop",
        other => return format!("system call {other}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_waits_without_a_limit_are_begun_again() {
        let forever = (-1i32) as u32;
        let epoll = |timeout: u32| restart_after_eintr(libc::SYS_epoll_wait, &[5, 0, 10, u64::from(timeout), 0, 0]);
        assert_eq!(epoll(forever), Some(true));
        assert_eq!(epoll(1000), Some(false));
        assert_eq!(epoll(0), Some(false));
        assert_eq!(restart_after_eintr(libc::SYS_epoll_pwait2, &[5, 0, 10, 0x7000, 0, 0]), Some(false));
        assert_eq!(restart_after_eintr(libc::SYS_read, &[0; 6]), None);
    }
}

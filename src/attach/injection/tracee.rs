//! One traced thread of the target: the `ptrace` requests this room needs, typed.

use std::io;
use std::time::{Duration, Instant};

use libc::{c_int, c_void, pid_t, user_regs_struct};

/// `PTRACE_EVENT_STOP`: the stop that `PTRACE_INTERRUPT` asked for, or a job-control stop.
const EVENT_STOP: c_int = 128;
/// Register set of the floating-point and vector registers, in the processor's XSAVE layout.
const NT_X86_XSTATE: c_int = 0x202;
/// Larger than any XSAVE area (AMX: about 11 KiB).
const XSTATE_LIMIT: usize = 64 << 10;

/// How a traced thread reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// Stopped as `PTRACE_INTERRUPT` asked.
    Interrupted,
    /// Stopped with its process by a job-control signal.
    JobControl,
    /// Stopped at the beginning or the end of a system call.
    SystemCall,
    /// A signal is about to be delivered.
    Signal(c_int),
    /// The thread has ended.
    Ended,
}

/// Makes short sleeps of the calling thread as short as they say; by default they last 50 µs more.
pub(super) fn sleep_precisely() {
    // SAFETY: no addresses are passed; a failure changes nothing.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1, 0, 0, 0) };
}

/// A thread seized by this thread of the tool.
///
/// Not detaching is safe: when the tool's tracing thread ends, the kernel lets every tracee go on
/// with the registers it has.
#[derive(Debug)]
pub(super) struct Tracee {
    pub(super) tid: pid_t,
}

impl Tracee {
    /// Seizes `tid` without stopping it.
    pub(super) fn seize(tid: pid_t) -> io::Result<Self> {
        // No PTRACE_O_EXITKILL: the target outlives the tool.
        let options = libc::PTRACE_O_TRACESYSGOOD as usize as *mut c_void;
        request(libc::PTRACE_SEIZE, tid, std::ptr::null_mut(), options)?;
        Ok(Self { tid })
    }

    /// Asks the thread to stop; [`Self::wait`] reports when it has.
    pub(super) fn interrupt(&self) -> io::Result<()> {
        request(libc::PTRACE_INTERRUPT, self.tid, std::ptr::null_mut(), std::ptr::null_mut())
    }

    /// Lets the stopped thread go on until its next signal or interrupt.
    pub(super) fn resume(&self, signal: c_int) -> io::Result<()> {
        request(libc::PTRACE_CONT, self.tid, std::ptr::null_mut(), signal as usize as *mut c_void)
    }

    /// Lets the stopped thread go on until the next beginning or end of a system call.
    pub(super) fn resume_to_system_call(&self, signal: c_int) -> io::Result<()> {
        request(libc::PTRACE_SYSCALL, self.tid, std::ptr::null_mut(), signal as usize as *mut c_void)
    }

    /// Lets the stopped thread go for good.
    pub(super) fn detach(self) {
        // Fails only when the thread has been killed meanwhile.
        let _ = request(libc::PTRACE_DETACH, self.tid, std::ptr::null_mut(), std::ptr::null_mut());
    }

    /// The next report of this thread; `None` when there is none until `deadline`.
    pub(super) fn wait(&self, deadline: Instant) -> io::Result<Option<Report>> {
        // Short sleeps: most reports come within microseconds, the target stands still until they
        // are read, and on a busy machine a sleeper gets a processor sooner than a spinner.
        let mut looks = 0u32;
        loop {
            let mut status = 0;
            // SAFETY: `status` is a valid place for the result.
            let waited = unsafe { libc::waitpid(self.tid, &mut status, libc::__WALL | libc::WNOHANG) };
            if waited == self.tid {
                return Ok(Some(decode(status)));
            }
            if waited < 0 {
                let error = io::Error::last_os_error();
                match error.raw_os_error() {
                    Some(libc::EINTR) => continue,
                    Some(libc::ECHILD) => return Ok(Some(Report::Ended)),
                    _ => return Err(error),
                }
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
            looks += 1;
            std::thread::sleep(Duration::from_micros(if looks < 100 { 20 } else { 1000 }));
        }
    }

    /// General registers of the stopped thread.
    pub(super) fn registers(&self) -> io::Result<user_regs_struct> {
        // SAFETY: all zeroes are a valid `user_regs_struct` (integers only).
        let mut registers: user_regs_struct = unsafe { std::mem::zeroed() };
        let place = (&raw mut registers).cast();
        request(libc::PTRACE_GETREGS, self.tid, std::ptr::null_mut(), place)?;
        Ok(registers)
    }

    /// Sets the general registers of the stopped thread.
    pub(super) fn set_registers(&self, registers: &user_regs_struct) -> io::Result<()> {
        let place = std::ptr::from_ref(registers).cast_mut().cast();
        request(libc::PTRACE_SETREGS, self.tid, std::ptr::null_mut(), place)
    }

    /// Floating-point and vector registers of the stopped thread, in XSAVE layout.
    pub(super) fn extended_state(&self) -> io::Result<Vec<u8>> {
        let mut buffer = vec![0; XSTATE_LIMIT];
        let mut io_vector = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
        request(libc::PTRACE_GETREGSET, self.tid, NT_X86_XSTATE as usize as *mut c_void, (&raw mut io_vector).cast())?;
        buffer.truncate(io_vector.iov_len);
        Ok(buffer)
    }

    /// Sets what [`Self::extended_state`] read.
    pub(super) fn set_extended_state(&self, state: &[u8]) -> io::Result<()> {
        let mut io_vector = libc::iovec { iov_base: state.as_ptr().cast_mut().cast(), iov_len: state.len() };
        request(libc::PTRACE_SETREGSET, self.tid, NT_X86_XSTATE as usize as *mut c_void, (&raw mut io_vector).cast())
    }

    /// The stopped thread's blocked signals; bit `n - 1` is signal `n`.
    pub(super) fn signal_mask(&self) -> io::Result<u64> {
        let mut mask = 0u64;
        request(libc::PTRACE_GETSIGMASK, self.tid, 8 as *mut c_void, (&raw mut mask).cast())?;
        Ok(mask)
    }

    /// Sets the stopped thread's blocked signals.
    pub(super) fn set_signal_mask(&self, mut mask: u64) -> io::Result<()> {
        request(libc::PTRACE_SETSIGMASK, self.tid, 8 as *mut c_void, (&raw mut mask).cast())
    }
}

fn decode(status: c_int) -> Report {
    if !libc::WIFSTOPPED(status) {
        return Report::Ended;
    }
    let signal = libc::WSTOPSIG(status);
    match status >> 16 {
        EVENT_STOP if signal == libc::SIGTRAP => Report::Interrupted,
        EVENT_STOP => Report::JobControl,
        _ if signal == libc::SIGTRAP | 0x80 => Report::SystemCall,
        _ => Report::Signal(signal),
    }
}

fn request(kind: libc::c_uint, tid: pid_t, address: *mut c_void, data: *mut c_void) -> io::Result<()> {
    // SAFETY: the callers pass the addresses that each request asks for; the kernel checks `tid`.
    let result = unsafe { libc::ptrace(kind as _, tid, address, data) };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

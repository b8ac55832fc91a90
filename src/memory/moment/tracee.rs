//! One traced thread or process: the `ptrace` requests that a moment needs, typed.
//!
//! All of them are made by one thread of the tool, see [`super::tracer`].

use std::io;
use std::time::{Duration, Instant};

use libc::{c_int, c_void, pid_t};

/// `PTRACE_EVENT_STOP`: the stop that `PTRACE_INTERRUPT` asked for, a job-control stop, or the first stop of a new child.
const EVENT_STOP: c_int = 128;

/// How a traced thread reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// Stopped as `PTRACE_INTERRUPT` asked, or before its first instruction.
    Interrupted,
    /// Stopped with its process by a job-control signal.
    JobControl,
    /// Stopped inside `clone`, which has made a child.
    Cloned,
    /// Begins or has ended a system call, see [`Tracee::resume_to_call`].
    Call,
    /// A signal is about to be delivered.
    Signal(c_int),
    /// It has ended.
    Ended,
}

/// A thread or process that is traced by the calling thread of the tool.
///
/// Not detaching is safe: when the tracing thread ends, the kernel lets every tracee go on with the registers that it has,
/// or kills it where that was asked for.
#[derive(Debug)]
pub(super) struct Tracee {
    pub(super) tid: pid_t,
}

impl Tracee {
    /// Seizes `tid` without stopping it. No `PTRACE_O_EXITKILL`: the target outlives the tool.
    pub(super) fn seize(tid: pid_t) -> io::Result<Self> {
        request(libc::PTRACE_SEIZE as _, tid, std::ptr::null_mut(), std::ptr::null_mut())?;
        Ok(Self { tid })
    }

    /// Asks the thread to stop; [`Self::wait`] reports when it has.
    pub(super) fn interrupt(&self) -> io::Result<()> {
        request(libc::PTRACE_INTERRUPT as _, self.tid, std::ptr::null_mut(), std::ptr::null_mut())
    }

    /// Lets the stopped thread go on until its next signal, interrupt or child.
    pub(super) fn resume(&self, signal: c_int) -> io::Result<()> {
        request(libc::PTRACE_CONT as _, self.tid, std::ptr::null_mut(), signal as usize as *mut c_void)
    }

    /// Lets the stopped thread go for good, with `signal` delivered to it (0: none). `false`: it does not stand still, as it
    /// has been killed or runs already.
    pub(super) fn detach(&self, signal: c_int) -> bool {
        request(libc::PTRACE_DETACH as _, self.tid, std::ptr::null_mut(), signal as usize as *mut c_void).is_ok()
    }

    /// The next report of this thread; `None` when there is none until `deadline`.
    pub(super) fn wait(&self, deadline: Instant) -> io::Result<Option<Report>> {
        Ok(wait(self.tid, deadline)?.map(|(_, report)| report))
    }

    /// Kills the process and waits until it is gone, as far as its tracer is concerned.
    pub(super) fn kill(&self) {
        // SAFETY: a call without addresses; the PID is ours until it has been waited for.
        unsafe { libc::kill(self.tid, libc::SIGKILL) };
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            match self.wait(deadline) {
                Ok(Some(Report::Ended) | None) | Err(_) => return,
                Ok(Some(_)) => {}
            }
        }
    }
}

/// The next report of `tid`, or (-1) of any tracee of the calling thread; `None` when there is none until `deadline`. A
/// tracee that there is not has ended.
fn wait(tid: pid_t, deadline: Instant) -> io::Result<Option<(pid_t, Report)>> {
    // Short sleeps: most reports come within microseconds, the target stands still until they are read, and on a busy machine
    // a sleeper gets a processor sooner than a spinner.
    let mut looks = 0u32;
    loop {
        let mut status = 0;
        let options = libc::__WALL | libc::__WNOTHREAD | libc::WNOHANG;
        if has_ended_as_our_child(tid, options) {
            return Ok(Some((tid, Report::Ended)));
        }
        // SAFETY: `status` is a valid place for the result.
        let waited = unsafe { libc::waitpid(tid, &raw mut status, options) };
        if waited > 0 {
            return Ok(Some((waited, decode(status))));
        }
        if waited < 0 {
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(libc::EINTR) => continue,
                Some(libc::ECHILD) => return Ok(Some((tid, Report::Ended))),
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

/// Whether `tid` is a child of this process that has ended. Its exit status then stays for who has started it.
fn has_ended_as_our_child(tid: pid_t, options: c_int) -> bool {
    if tid < 0 {
        return false;
    }
    // SAFETY: all zeroes are a valid `siginfo_t`, and the place for the result is valid.
    let (result, found) = unsafe {
        let mut found: libc::siginfo_t = std::mem::zeroed();
        let all = options | libc::WEXITED | libc::WSTOPPED | libc::WNOWAIT;
        (libc::waitid(libc::P_PID, tid.cast_unsigned(), &raw mut found, all), found)
    };
    let has_ended = [libc::CLD_EXITED, libc::CLD_KILLED, libc::CLD_DUMPED].contains(&found.si_code);
    // A thread that is not the first is nobody's child: whoever traces it buries it.
    let is_child =
        |status: procfs::process::Status| status.tgid == tid && status.ppid.cast_unsigned() == std::process::id();
    let status = || procfs::process::Process::new(tid).and_then(|process| process.status());
    result == 0 && has_ended && status().is_ok_and(is_child)
}

fn decode(status: c_int) -> Report {
    if !libc::WIFSTOPPED(status) {
        return Report::Ended;
    }
    let signal = libc::WSTOPSIG(status);
    match status >> 16 {
        EVENT_STOP if signal == libc::SIGTRAP => Report::Interrupted,
        EVENT_STOP => Report::JobControl,
        libc::PTRACE_EVENT_CLONE => Report::Cloned,
        _ if signal == libc::SIGTRAP | 0x80 => Report::Call,
        _ => Report::Signal(signal),
    }
}

/// The type that the C library gives the kind of a request.
#[cfg(target_env = "musl")]
type Request = c_int;
/// The type that the C library gives the kind of a request.
#[cfg(not(target_env = "musl"))]
type Request = libc::c_uint;

fn request(kind: Request, tid: pid_t, address: *mut c_void, data: *mut c_void) -> io::Result<()> {
    // SAFETY: the callers pass the addresses that each request asks for; the kernel checks `tid`.
    let result = unsafe { libc::ptrace(kind, tid, address, data) };
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// What only the clone step needs: registers, and being led from system call to system call.
#[cfg(target_arch = "x86_64")]
mod registers {
    use super::{Report, Tracee, request, wait};
    use libc::{c_int, c_void, pid_t, user_regs_struct};
    use std::io;
    use std::time::Instant;

    /// Register set of the floating-point and vector registers, in the processor's XSAVE layout.
    const NT_X86_XSTATE: usize = 0x202;
    /// Larger than any XSAVE area (AMX: about 11 KiB).
    const EXTENDED_STATE_LIMIT: usize = 64 << 10;
    const GET_RSEQ_CONFIGURATION: usize = 0x420f;
    const GET_SYSCALL_USER_DISPATCH_CONFIG: usize = 0x4211;

    impl Tracee {
        /// Has the stopped thread stop inside its next `clone`, and the child be traced from its first moment on.
        pub(in super::super) fn trace_children(&self) -> io::Result<()> {
            self.set_options(libc::PTRACE_O_TRACECLONE)
        }

        /// Has the stopped process, and all that it makes and that is traced, be killed when the tracer ends.
        pub(in super::super) fn die_with_tracer(&self) -> io::Result<()> {
            self.set_options(libc::PTRACE_O_EXITKILL)
        }

        /// Has the stopped thread report system calls as such, after [`Self::resume_to_call`].
        pub(in super::super) fn report_calls(&self) -> io::Result<()> {
            self.set_options(libc::PTRACE_O_TRACESYSGOOD)
        }

        /// Lets the stopped thread go on until its next system call begins or ends. Should the tracer end meanwhile, the kernel
        /// forgets that (a single step would be remembered, and kill the thread).
        pub(in super::super) fn resume_to_call(&self, signal: c_int) -> io::Result<()> {
            request(libc::PTRACE_SYSCALL as _, self.tid, std::ptr::null_mut(), signal as usize as *mut c_void)
        }

        fn set_options(&self, options: c_int) -> io::Result<()> {
            request(libc::PTRACE_SETOPTIONS as _, self.tid, std::ptr::null_mut(), options as usize as *mut c_void)
        }

        /// The child that a stop inside `clone` reports.
        pub(in super::super) fn child(&self) -> io::Result<Tracee> {
            let mut message: libc::c_ulong = 0;
            let place = (&raw mut message).cast();
            request(libc::PTRACE_GETEVENTMSG as _, self.tid, std::ptr::null_mut(), place)?;
            match pid_t::try_from(message) {
                Ok(tid) if tid > 0 => Ok(Tracee { tid }),
                _ => Err(io::Error::other("the child has no number here")),
            }
        }

        /// The one process that the calling thread traces, once it has stopped; `None` when it has ended.
        pub(in super::super) fn of_this_thread(deadline: Instant) -> Option<Tracee> {
            match wait(-1, deadline) {
                Ok(Some((tid, Report::Interrupted | Report::JobControl))) => Some(Tracee { tid }),
                _ => None,
            }
        }

        /// General registers of the stopped thread.
        pub(in super::super) fn registers(&self) -> io::Result<user_regs_struct> {
            // SAFETY: all zeroes are a valid `user_regs_struct` (integers only).
            let mut registers: user_regs_struct = unsafe { std::mem::zeroed() };
            let place = (&raw mut registers).cast();
            request(libc::PTRACE_GETREGS as _, self.tid, std::ptr::null_mut(), place)?;
            Ok(registers)
        }

        /// Sets the general registers of the stopped thread.
        pub(in super::super) fn set_registers(&self, registers: &user_regs_struct) -> io::Result<()> {
            let place = std::ptr::from_ref(registers).cast_mut().cast();
            request(libc::PTRACE_SETREGS as _, self.tid, std::ptr::null_mut(), place)
        }

        /// Floating-point and vector registers of the stopped thread, in XSAVE layout.
        pub(in super::super) fn extended_state(&self) -> io::Result<Vec<u8>> {
            let mut buffer = vec![0; EXTENDED_STATE_LIMIT];
            let mut io_vector = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
            let place = (&raw mut io_vector).cast();
            request(libc::PTRACE_GETREGSET as _, self.tid, NT_X86_XSTATE as *mut c_void, place)?;
            buffer.truncate(io_vector.iov_len);
            Ok(buffer)
        }

        /// The stopped thread's blocked signals; bit `n - 1` is signal `n`.
        pub(in super::super) fn signal_mask(&self) -> io::Result<u64> {
            let mut mask = 0u64;
            request(libc::PTRACE_GETSIGMASK as _, self.tid, 8 as *mut c_void, (&raw mut mask).cast())?;
            Ok(mask)
        }

        /// Sets the stopped thread's blocked signals.
        pub(in super::super) fn set_signal_mask(&self, mut mask: u64) -> io::Result<()> {
            request(libc::PTRACE_SETSIGMASK as _, self.tid, 8 as *mut c_void, (&raw mut mask).cast())
        }

        /// Where the thread's registration for restartable sequences lies; `None` without one (or a kernel before 5.13).
        pub(in super::super) fn restartable_sequences(&self) -> Option<u64> {
            let mut configuration = [0u64; 3];
            let size = size_of_val(&configuration) as *mut c_void;
            let place = (&raw mut configuration).cast();
            request(GET_RSEQ_CONFIGURATION as _, self.tid, size, place).ok()?;
            Some(configuration[0]).filter(|&address| address != 0)
        }

        /// Whether the thread's system calls are handed to itself (`PR_SET_SYSCALL_USER_DISPATCH`) instead of to the kernel.
        pub(in super::super) fn dispatches_system_calls(&self) -> bool {
            let mut configuration = [0u64; 4];
            let size = size_of_val(&configuration) as *mut c_void;
            let place = (&raw mut configuration).cast();
            request(GET_SYSCALL_USER_DISPATCH_CONFIG as _, self.tid, size, place).is_ok() && configuration[0] != 0
        }
    }
}

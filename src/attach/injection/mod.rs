//! Runs the bootstrap in a new thread of the target, started by a thread borrowed with `ptrace`.
//!
//! **Why a thread.** Code that is made to run at an arbitrary stop of a thread deadlocks on locks
//! which that very thread holds: the allocator's, the interpreter's. A thread of its own holds
//! nothing. It can wait for the interpreter lock like any other thread, whether the main thread is
//! parked in a system call, busy, or in C code that keeps the lock for seconds. All that is asked of
//! the borrowed thread is one `pthread_create`, at a stop where that is safe ([`safe_point`]).
//!
//! **One thread is stopped, for about a millisecond.** The others are never touched. Which thread to
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
//!    it blocks signals, calls `pthread_create`, goes on where it was.
//! 5. With the tool alive, the last `rt_sigreturn` is left out: the thread is stopped once more where
//!    the kernel delivers signals, and given its old registers including the number of the system
//!    call. The kernel then restarts that itself, with the time that was left: nothing is noticed,
//!    where the frame alone would begin a timed wait again.
//!
//! The new thread writes how far it is into the mapping, and unmaps it at the end.

mod region;
mod safe_point;
mod sigframe;
mod tracee;

use std::io;
use std::time::{Duration, Instant};

use libc::{c_int, user_regs_struct};
use procfs::process::{MemoryMaps, Process};

pub(in crate::attach) use self::region::Progress;
use self::region::{C_FUNCTIONS, Functions, PYTHON_FUNCTIONS, Region};
use self::safe_point::{Rank, SafePoint};
use self::tracee::{Report, Tracee};
use super::memory::Memory;
use super::process::Target;
use super::symbols::{self, MappedFile};
use super::{AttachError, Method};

/// How long a thread may take to stop: longer only in uninterruptible sleep.
const STOP_TIME: Duration = Duration::from_millis(50);
/// How long a borrowed thread may take for one system call or `pthread_create`.
const STEP_TIME: Duration = Duration::from_secs(2);
/// `mov rax, 15; syscall`: what the C library gives the kernel as every handler's return address.
const SIGRETURN: &[u8] = &[0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05];
/// `syscall; ret`.
const SYSTEM_CALL: &[u8] = &[0x0f, 0x05, 0xc3];

/// The code of the target that matters here.
#[derive(Debug)]
pub(super) struct Code {
    /// The file that holds the interpreter: `libpython3.x.so` or the program itself.
    python: MappedFile,
    /// The C library, with the older `libpthread` and the dynamic linker.
    c_library: Vec<MappedFile>,
    functions: Functions,
    /// Address of [`SIGRETURN`].
    sigreturn: u64,
    /// Address of [`SYSTEM_CALL`].
    system_call: u64,
}

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

/// Finds in the target all that [`start`] needs; nothing is stopped.
pub(super) fn locate(target: &Target, memory: &Memory) -> Result<Code, AttachError> {
    let pid = target.pid;
    let maps = target.maps()?;
    let root = target.root().ok();
    let not_python = |reason: String| AttachError::NotPython { pid, program: target.program.clone(), reason };
    let (python, python_functions) = find_python(pid, root.as_ref(), memory, &maps).map_err(&not_python)?;

    let is_c_library = |name: &str| {
        ["libc.so", "libc-", "libpthread.so", "libpthread-", "ld-linux", "ld-musl", "ld-2"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
    };
    let c_library: Vec<MappedFile> =
        symbols::mapped_files(&maps).into_iter().filter(|file| is_c_library(&file.name())).collect();
    if c_library.iter().any(|file| file.path() == python.path()) || c_library.is_empty() {
        return Err(not_python(
            "has its C library built in, and its locks cannot be told apart; use --via gdb".to_owned(),
        ));
    }
    // Before glibc 2.34 the thread functions are in libpthread, `munmap` is in both.
    let from = |name: &'static str| {
        let mut last = None;
        for file in &c_library {
            match symbols::resolve(pid, root.as_ref(), memory, file, [name]) {
                Ok([address]) => return Ok(address),
                Err(error @ symbols::SymbolError::Missing { .. }) => last = last.or(Some(error)),
                Err(error) => last = Some(error),
            }
        }
        Err(not_python(format!(
            "cannot start a thread: {}; use --via gdb",
            last.map_or_else(String::new, |e| e.to_string())
        )))
    };
    let mut functions = Functions { c_library: [0; 4], python: python_functions };
    for (slot, name) in functions.c_library.iter_mut().zip(C_FUNCTIONS) {
        *slot = from(name)?;
    }
    let find = |pattern: &[u8]| c_library.iter().find_map(|file| find_bytes(memory, file, pattern));
    let (Some(sigreturn), Some(system_call)) = (find(SIGRETURN), find(SYSTEM_CALL)) else {
        return Err(not_python("has a C library of an unknown kind; use --via gdb".to_owned()));
    };
    Ok(Code { python, c_library, functions, sigreturn, system_call })
}

/// The mapped file that defines the interpreter's functions: `libpython` before the program itself,
/// before anything else with "python" in its path.
fn find_python(
    pid: u32,
    root: Option<&super::target_root::TargetRoot>,
    memory: &Memory,
    maps: &MemoryMaps,
) -> Result<(MappedFile, [u64; 8]), String> {
    let exe = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    let mut candidates: Vec<(u8, MappedFile)> = symbols::mapped_files(maps)
        .into_iter()
        .filter_map(|file| {
            let preference = match file.name() {
                name if name.starts_with("libpython") => 0,
                _ if file.path() == exe => 1,
                name if name.contains("python") && !name.contains(".cpython-") => 2,
                _ => return None,
            };
            Some((preference, file))
        })
        .collect();
    candidates.sort_by_key(|(preference, _)| *preference);
    let mut reasons = Vec::new();
    for (_, file) in candidates {
        match symbols::resolve(pid, root, memory, &file, PYTHON_FUNCTIONS) {
            Ok(functions) => {
                if symbols::resolve(pid, root, memory, &file, ["PyString_FromString"]).is_ok() {
                    return Err("runs Python 2; Python 3.8 or newer is needed".to_owned());
                }
                return Ok((file, functions));
            }
            Err(error) => reasons.push(error.to_string()),
        }
    }
    Err(format!("is not a CPython interpreter that can be attached to: {}", reasons.join("; ")))
}

/// The address of `pattern` in the code of `file`.
fn find_bytes(memory: &Memory, file: &MappedFile, pattern: &[u8]) -> Option<u64> {
    file.code().find_map(|map| {
        let (start, end) = map.address;
        let code = memory.bytes_up_to(start, (end - start) as usize);
        let offset = memchr_windows(&code, pattern)?;
        Some(start + offset as u64)
    })
}

fn memchr_windows(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
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
            let result = Attempt { target, code, memory: &memory, source, stopped: Duration::ZERO }.run(deadline);
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
            for tid in self.candidates() {
                match self.borrow(tid) {
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
    fn candidates(&self) -> Vec<i32> {
        let pid = self.target.pid;
        let Ok(maps) = self.target.maps() else {
            return Vec::new();
        };
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
                    Ok(text) => safe_point::rank(&text, self.code, &maps)?,
                    Err(_) => Rank::Running,
                };
                Some((rank, tid))
            })
            .collect();
        ranked.sort_unstable_by_key(|(rank, tid)| (*rank, *tid != pid as i32, *tid));
        ranked.into_iter().map(|(_, tid)| tid).take(16).collect()
    }

    /// Stops one thread and, if that is safe, has it start the new thread.
    fn borrow(&mut self, tid: i32) -> Result<(Region, String), Trouble> {
        let began = Instant::now();
        let tracee = Tracee::seize(tid).map_err(|error| self.seize_failed(&error))?;
        let result = self.borrow_seized(tracee);
        self.stopped += began.elapsed();
        result
    }

    fn seize_failed(&self, error: &io::Error) -> Trouble {
        match error.raw_os_error() {
            // The thread has ended, or is another tracer's for the moment.
            Some(libc::ESRCH) => Trouble::NotNow("the thread had ended".to_owned()),
            _ => Trouble::Final(self.target.refused()),
        }
    }

    fn borrow_seized(&self, tracee: Tracee) -> Result<(Region, String), Trouble> {
        let tid = tracee.tid;
        let not_now = |what: &str| Trouble::NotNow(format!("thread {tid} {what}"));
        let io = |error: io::Error| Trouble::NotNow(format!("thread {tid}: {error}"));
        tracee.interrupt().map_err(io)?;
        let deadline = Instant::now() + STOP_TIME;
        loop {
            match tracee.wait(deadline).map_err(io)? {
                Some(Report::Interrupted) => break,
                Some(Report::Signal(signal)) => tracee.resume(signal).map_err(io)?,
                Some(Report::SystemCall) => tracee.resume(0).map_err(io)?,
                Some(Report::JobControl) => {
                    tracee.detach();
                    return Err(Trouble::Final(AttachError::Stopped { pid: self.target.pid }));
                }
                Some(Report::Ended) => return Err(not_now("ended")),
                // Uninterruptible: the kernel lets it go when this thread of the tool ends.
                None => return Err(not_now("does not stop (uninterruptible sleep)")),
            }
        }
        let stop = match self.look(&tracee) {
            Ok(stop) => stop,
            Err(reason) => {
                tracee.detach();
                return Err(Trouble::NotNow(reason));
            }
        };
        match self.divert(&tracee, &stop) {
            Ok(region) => {
                tracee.detach();
                Ok((region, stop.point.place))
            }
            Err(Diversion::Ended) => Err(Trouble::NotNow(format!("thread {tid} ended"))),
            Err(Diversion::Failed(reason)) => {
                tracee.detach();
                let method = Method::Ptrace;
                Err(Trouble::Final(AttachError::Failed { pid: self.target.pid, method, reason }))
            }
        }
    }

    /// Reads the stopped thread's state and judges it.
    fn look(&self, tracee: &Tracee) -> Result<Stop, String> {
        let text = |error: io::Error| error.to_string();
        let registers = tracee.registers().map_err(text)?;
        let mask = tracee.signal_mask().map_err(text)?;
        let maps = self.target.maps().map_err(|error| error.to_string())?;
        let status = Process::new(self.target.pid as i32)
            .and_then(|process| process.task_from_tid(tracee.tid))
            .and_then(|task| task.status())
            .map_err(|error| error.to_string())?;
        let pending = (status.sigpnd | status.shdpnd) & status.sigcgt;
        let point = safe_point::judge(&registers, mask, pending, self.code, self.memory, &maps)?;
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

    /// Has the stopped thread map memory and start the new thread; puts it back, in every case.
    fn divert(&self, tracee: &Tracee, stop: &Stop) -> Result<Region, Diversion> {
        let frame =
            sigframe::build(stop.frame, &stop.point.resume_alone, &stop.extended_state, stop.mask, self.code.sigreturn);
        self.memory
            .write(frame.address, &frame.bytes)
            .map_err(|error| Diversion::Failed(format!("its stack cannot be written: {error}")))?;
        let result = self.divert_from(tracee, stop, frame.context - 8);
        if !matches!(result, Err(Diversion::Ended)) {
            self.put_back(tracee, stop)?;
        }
        result
    }

    fn divert_from(&self, tracee: &Tracee, stop: &Stop, return_slot: u64) -> Result<Region, Diversion> {
        let length = Region::length_for(self.source, region::frame_size(&stop.extended_state));
        let protection = (libc::PROT_READ | libc::PROT_WRITE) as u64;
        let flags = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
        let map = [libc::SYS_mmap as u64, 0, length, protection, flags, u64::MAX, 0];
        let base = self.call_kernel(tracee, stop, return_slot, map, "mmap")?;
        let region = Region { base, length };
        let started = self.start_thread(tracee, stop, return_slot, &region);
        if let Err(Diversion::Failed(_)) = started {
            let unmap = [libc::SYS_munmap as u64, base, length, 0, 0, 0, 0];
            self.call_kernel(tracee, stop, return_slot, unmap, "munmap")?;
        }
        started.map(|()| region)
    }

    fn start_thread(&self, tracee: &Tracee, stop: &Stop, return_slot: u64, region: &Region) -> Result<(), Diversion> {
        let failed = |what: String| Diversion::Failed(what);
        region
            .fill(self.memory, &self.code.functions, self.source, |address| {
                sigframe::build(address, &stop.point.resume_alone, &stop.extended_state, stop.mask, self.code.sigreturn)
            })
            .map_err(|error| failed(format!("the lent memory cannot be written: {error}")))?;
        let protection = (libc::PROT_READ | libc::PROT_EXEC) as u64;
        let protect = [libc::SYS_mprotect as u64, region.base, region.code_length(), protection, 0, 0, 0];
        self.call_kernel(tracee, stop, return_slot, protect, "mprotect")?;

        let mut registers = diverted(&stop.point.resume_alone);
        registers.rip = region.base;
        registers.rsp = region.stack_top();
        registers.rbx = region.data();
        tracee.set_registers(&registers)?;
        // It ends in the rt_sigreturn of the region's own code.
        let deadline = Instant::now() + STEP_TIME;
        loop {
            let registers = self.next_system_call(tracee, deadline, "pthread_create")?;
            if registers.orig_rax == libc::SYS_rt_sigreturn as u64 && region.has_code_at(registers.rip) {
                break;
            }
        }
        match region.created(self.memory) {
            Some(0) => Ok(()),
            Some(error) => Err(failed(format!(
                "it may not start a thread: {} (a limit of threads or processes?)",
                io::Error::from_raw_os_error(error as i32)
            ))),
            None => Err(failed("pthread_create did not return".to_owned())),
        }
    }

    /// Has the stopped thread make one system call: number and six arguments.
    fn call_kernel(
        &self,
        tracee: &Tracee,
        stop: &Stop,
        return_slot: u64,
        call: [u64; 7],
        name: &str,
    ) -> Result<u64, Diversion> {
        let mut registers = diverted(&stop.point.resume_alone);
        registers.rip = self.code.system_call;
        registers.rsp = return_slot;
        [registers.rax, registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9] = call;
        tracee.set_registers(&registers)?;
        // After the registers, never before: a thread that goes on by itself gets its mask back
        // from the frame.
        tracee.set_signal_mask(u64::MAX)?;
        let after = self.code.system_call + 2;
        let deadline = Instant::now() + STEP_TIME;
        let mut stops_seen = 0;
        loop {
            let now = self.next_system_call(tracee, deadline, name)?;
            if now.rip == after && now.rsp == return_slot {
                stops_seen += 1;
            }
            if stops_seen == 2 {
                let result = now.rax.cast_signed();
                if (-4095..0).contains(&result) {
                    let error = io::Error::from_raw_os_error(-result as i32);
                    return Err(Diversion::Failed(format!("{name} in the target: {error}")));
                }
                return Ok(now.rax);
            }
        }
    }

    /// Lets the diverted thread go on to the next beginning or end of a system call.
    fn next_system_call(&self, tracee: &Tracee, deadline: Instant, name: &str) -> Result<user_regs_struct, Diversion> {
        let mut signal: c_int = 0;
        loop {
            tracee.resume_to_system_call(signal)?;
            signal = 0;
            match tracee.wait(deadline)? {
                Some(Report::SystemCall) => return Ok(tracee.registers()?),
                Some(Report::Signal(number)) => signal = number,
                Some(Report::Interrupted | Report::JobControl) => {}
                Some(Report::Ended) => return Err(Diversion::Ended),
                None => {
                    // Stop it again, so that it can be put back.
                    tracee.interrupt()?;
                    let stopped = tracee.wait(Instant::now() + STEP_TIME)?;
                    return match stopped {
                        Some(Report::Ended) | None => Err(Diversion::Ended),
                        Some(_) => Err(Diversion::Failed(format!("{name} does not end in the target"))),
                    };
                }
            }
        }
    }

    /// Gives the diverted, stopped thread its own registers back, at a stop where the kernel
    /// restarts the system call that was interrupted.
    fn put_back(&self, tracee: &Tracee, stop: &Stop) -> Result<(), Diversion> {
        // Wherever it stands, make it come to the kernel's exit. A system call that is just about
        // to begin is left out (number -1); the code behind it leads to rt_sigreturn anyway.
        let mut registers = tracee.registers()?;
        registers.orig_rax = u64::MAX;
        tracee.set_registers(&registers)?;
        tracee.interrupt()?;
        let mut signal = 0;
        let deadline = Instant::now() + STEP_TIME;
        loop {
            tracee.resume(signal)?;
            signal = 0;
            match tracee.wait(deadline)? {
                Some(Report::Interrupted) => break,
                Some(Report::Signal(number)) => signal = number,
                Some(Report::SystemCall | Report::JobControl) => {}
                Some(Report::Ended) => return Err(Diversion::Ended),
                None => {
                    return Err(Diversion::Failed("the thread does not stop again".to_owned()));
                }
            }
        }
        tracee.set_extended_state(&stop.extended_state)?;
        tracee.set_signal_mask(stop.mask)?;
        tracee.set_registers(&stop.point.resume)?;
        Ok(())
    }
}

/// A stopped thread that may be borrowed, and all that is needed to put it back.
struct Stop {
    point: SafePoint,
    mask: u64,
    extended_state: Vec<u8>,
    /// Lowest address of the frame on its stack.
    frame: u64,
}

enum Diversion {
    Failed(String),
    /// The thread was killed meanwhile.
    Ended,
}

impl From<io::Error> for Diversion {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::ESRCH) => Self::Ended,
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// Registers for code that is to run in the thread's place: no system call to restart, and the
/// flags that the calling convention asks for.
fn diverted(registers: &user_regs_struct) -> user_regs_struct {
    user_regs_struct { orig_rax: u64::MAX, eflags: 0x202, rbp: 0, ..*registers }
}

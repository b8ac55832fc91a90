//! One borrowing: what a stopped thread is made to do, and how it gets its own life back.

use std::io;
use std::time::{Duration, Instant};

use libc::{c_int, user_regs_struct};

use super::locate::Code;
use super::region::{self, Region};
use super::safe_point::SafePoint;
use super::sigframe;
use super::tracee::{Report, Tracee};
use crate::attach::memory::Memory;

/// How long a borrowed thread may take for one system call or `pthread_create`.
const STEP_TIME: Duration = Duration::from_secs(2);

/// A stopped thread that may be borrowed, and all that is needed to put it back.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) point: SafePoint,
    pub(super) mask: u64,
    pub(super) extended_state: Vec<u8>,
    /// Lowest address of the frame on its stack.
    pub(super) frame: u64,
}

/// Why a diversion came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The thread has been put back.
    Failed(String),
    /// The thread was killed meanwhile.
    Ended,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::ESRCH) => Self::Ended,
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// A stopped thread and the means to divert it.
#[derive(Debug)]
pub(super) struct Diversion<'a> {
    pub(super) code: &'a Code,
    pub(super) memory: &'a Memory,
    pub(super) tracee: &'a Tracee,
    pub(super) stop: &'a Stop,
}

impl Diversion<'_> {
    /// Has the thread map memory and start a new thread with `source`; puts it back, in every case.
    pub(super) fn run(&self, source: &str) -> Result<Region, Failure> {
        let frame = self.frame(self.stop.frame);
        self.memory
            .write(frame.address, &frame.bytes)
            .map_err(|error| Failure::Failed(format!("its stack cannot be written: {error}")))?;
        let mut region = None;
        let result = self.map_and_start(source, frame.context - 8, &mut region);
        if !matches!(result, Err(Failure::Ended)) {
            self.put_back(region.as_ref())?;
        }
        result
    }

    /// `region` is set as soon as the thread may run on the region's stack.
    fn map_and_start(&self, source: &str, return_slot: u64, region: &mut Option<Region>) -> Result<Region, Failure> {
        let length = Region::length_for(source, region::frame_size(&self.stop.extended_state));
        let protection = (libc::PROT_READ | libc::PROT_WRITE) as u64;
        let flags = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
        let map = [libc::SYS_mmap as u64, 0, length, protection, flags, u64::MAX, 0];
        let base = self.call_kernel(return_slot, map, "mmap")?;
        let lent = Region { base, length };
        if let Err(error) = self.furnish(&lent, source, return_slot) {
            if matches!(error, Failure::Failed(_)) {
                let unmap = [libc::SYS_munmap as u64, base, length, 0, 0, 0, 0];
                self.call_kernel(return_slot, unmap, "munmap")?;
            }
            return Err(error);
        }
        *region = Some(lent);
        match self.start_thread(&lent)? {
            0 => Ok(lent),
            error => {
                // Nobody will use the region: unmap it, when the thread has been caught in it.
                if self.stop_again(Some(&lent))? {
                    *region = None;
                    let unmap = [libc::SYS_munmap as u64, base, length, 0, 0, 0, 0];
                    self.call_kernel(return_slot, unmap, "munmap")?;
                }
                Err(Failure::Failed(format!(
                    "it may not start a thread: {} (a limit of threads, processes or memory?)",
                    io::Error::from_raw_os_error(error.cast_signed())
                )))
            }
        }
    }

    /// Fills the region and makes its code executable.
    fn furnish(&self, region: &Region, source: &str, return_slot: u64) -> Result<(), Failure> {
        region
            .fill(self.memory, &self.code.functions, source, |address| self.frame(address))
            .map_err(|error| Failure::Failed(format!("the lent memory cannot be written: {error}")))?;
        let protection = (libc::PROT_READ | libc::PROT_EXEC) as u64;
        let length = region.code_length();
        let protect = [libc::SYS_mprotect as u64, region.base, length, protection, 0, 0, 0];
        self.call_kernel(return_slot, protect, "mprotect").map(|_| ())
    }

    /// Has the thread call `pthread_create`; the result of that. It is left running, waiting.
    fn start_thread(&self, region: &Region) -> Result<u32, Failure> {
        let mut registers = diverted(&self.stop.point.resume_alone);
        registers.rip = region.base;
        registers.rsp = region.stack_top();
        registers.rbx = region.data();
        self.tracee.set_registers(&registers)?;
        self.tracee.resume(0)?;
        // Each stop at a system call would cost the target two switches of the processor. It is
        // watched instead: it leaves a note when it is through, and waits a moment.
        let deadline = Instant::now() + STEP_TIME;
        loop {
            if let Some(result) = region.created(self.memory) {
                return Ok(result);
            }
            match self.tracee.wait(Instant::now())? {
                Some(Report::Signal(signal)) => self.tracee.resume(signal)?,
                Some(Report::Ended) => return Err(Failure::Ended),
                Some(_) => self.tracee.resume(0)?,
                None => {}
            }
            if Instant::now() >= deadline {
                return Err(Failure::Failed("pthread_create does not return".to_owned()));
            }
            std::thread::sleep(Duration::from_micros(20));
        }
    }

    /// Has the stopped thread make one system call: number and six arguments. It is left stopped at
    /// the call's end, about to return to `return_slot`.
    fn call_kernel(&self, return_slot: u64, call: [u64; 7], name: &str) -> Result<u64, Failure> {
        let mut registers = diverted(&self.stop.point.resume_alone);
        registers.rip = self.code.system_call;
        registers.rsp = return_slot;
        [registers.rax, registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9] = call;
        self.tracee.set_registers(&registers)?;
        // After the registers, never before: a thread that goes on by itself gets its mask back
        // from the frame.
        self.tracee.set_signal_mask(u64::MAX)?;
        let after = self.code.system_call + 2;
        let deadline = Instant::now() + STEP_TIME;
        let mut stops_seen = 0;
        loop {
            let now = self.next_system_call(deadline, name)?;
            if now.rip == after && now.rsp == return_slot {
                stops_seen += 1;
            }
            if stops_seen == 2 {
                let result = now.rax.cast_signed();
                if (-4095..0).contains(&result) {
                    let error = io::Error::from_raw_os_error(-result as i32);
                    return Err(Failure::Failed(format!("{name} in the target: {error}")));
                }
                return Ok(now.rax);
            }
        }
    }

    /// Lets the diverted thread go on to the next beginning or end of a system call.
    fn next_system_call(&self, deadline: Instant, name: &str) -> Result<user_regs_struct, Failure> {
        let mut signal: c_int = 0;
        loop {
            self.tracee.resume_to_system_call(signal)?;
            signal = 0;
            match self.tracee.wait(deadline)? {
                Some(Report::SystemCall) => return Ok(self.tracee.registers()?),
                Some(Report::Signal(number)) => signal = number,
                Some(Report::Interrupted | Report::JobControl) => {}
                Some(Report::Ended) => return Err(Failure::Ended),
                None => {
                    // Stop it, as it is at every other return from here.
                    self.tracee.interrupt()?;
                    return match self.tracee.wait(Instant::now() + STEP_TIME)? {
                        Some(Report::Ended) | None => Err(Failure::Ended),
                        Some(_) => Err(Failure::Failed(format!("{name} does not end in the target"))),
                    };
                }
            }
        }
    }

    /// Stops the diverted thread where the kernel delivers signals. `region`: it runs there; else it
    /// stands still at the end of a system call. `false` when it has put itself back meanwhile,
    /// because the tool was too slow.
    fn stop_again(&self, region: Option<&Region>) -> Result<bool, Failure> {
        self.tracee.interrupt()?;
        if region.is_none() {
            self.tracee.resume(0)?;
        }
        let deadline = Instant::now() + STEP_TIME;
        loop {
            match self.tracee.wait(deadline)? {
                // A process that is being stopped by a signal reports both as one.
                Some(Report::Interrupted | Report::JobControl) => break,
                Some(Report::Signal(number)) => self.tracee.resume(number)?,
                Some(Report::SystemCall) => self.tracee.resume(0)?,
                Some(Report::Ended) => return Err(Failure::Ended),
                None => return Err(Failure::Failed("the thread does not stop again".to_owned())),
            }
        }
        match region {
            Some(region) => Ok(region.contains(self.tracee.registers()?.rsp)),
            None => Ok(true),
        }
    }

    /// Gives the diverted thread its own registers back, at a stop where the kernel restarts the
    /// system call that was interrupted.
    fn put_back(&self, region: Option<&Region>) -> Result<(), Failure> {
        if self.stop_again(region)? {
            self.tracee.set_extended_state(&self.stop.extended_state)?;
            self.tracee.set_signal_mask(self.stop.mask)?;
            self.tracee.set_registers(&self.stop.point.resume)?;
        }
        Ok(())
    }

    /// A frame at `address` that puts the thread back without the tool.
    fn frame(&self, address: u64) -> sigframe::Frame {
        let stop = self.stop;
        sigframe::build(address, &stop.point.resume_alone, &stop.extended_state, stop.mask, self.code.sigreturn)
    }
}

/// Registers for code that is to run in the thread's place: no system call to restart, and the
/// flags that the calling convention asks for.
fn diverted(registers: &user_regs_struct) -> user_regs_struct {
    user_regs_struct { orig_rax: u64::MAX, eflags: 0x202, rbp: 0, ..*registers }
}

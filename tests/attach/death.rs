//! The tool is killed in the middle of an attach: the target answers its next request.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::targets::{Interpreter, Target, interpreters};
use super::{LOOK, probe_command};

/// States in which a thread is put back in different ways.
const STATES: [&str; 8] = [
    "idle_select",
    "idle_altstack",
    "idle_poll_timed",
    "idle_sleep_alone",
    "asyncio_idle",
    "asyncio_quiet",
    "busy_python",
    "busy_malloc_alone",
];

fn newest() -> Option<Interpreter> {
    interpreters().into_iter().next_back()
}

#[test]
fn killed_at_fifty_moments() {
    let Some(interpreter) = newest() else { return };
    for (index, state) in STATES.into_iter().enumerate() {
        let mut target = Target::start(&interpreter, state);
        let began = Instant::now();
        let probe = probe_command(target.pid(), LOOK).stdout(Stdio::null()).status().unwrap();
        assert!(probe.success(), "{}", target.label);
        let whole = began.elapsed();
        for moment in 0..50 / STATES.len() + 1 {
            let share = (moment as f64 + index as f64 / STATES.len() as f64) / (50 / STATES.len() + 1) as f64;
            let mut tool = probe_command(target.pid(), LOOK).stdout(Stdio::null()).spawn().unwrap();
            std::thread::sleep(whole.mul_f64(share));
            tool.kill().unwrap();
            tool.wait().unwrap();
            target.check();
        }
        // It still can be attached to.
        let probe = probe_command(target.pid(), LOOK).stdout(Stdio::null()).status().unwrap();
        assert!(probe.success(), "{}", target.label);
    }
}

/// The thorough form: the tool is killed after its first, second, third … call that touches the
/// target (`ptrace`, or a write to its memory), until it comes through. `HEAPGRAPH_TEST_STATE` names another state.
#[test]
fn killed_after_each_step() {
    let Some(interpreter) = newest() else { return };
    let states = match std::env::var("HEAPGRAPH_TEST_STATE") {
        Ok(state) => vec![state],
        // One for each way of being put back; the others by name.
        Err(_) => ["idle_altstack", "idle_poll_timed", "asyncio_quiet", "busy_python"].map(str::to_owned).to_vec(),
    };
    for state in states {
        let mut target = Target::start(&interpreter, &state);
        let mut survived = 0;
        loop {
            assert!(survived < 2000, "{}: the tool does not come to an end", target.label);
            let killed = run_and_kill(&mut probe_command(target.pid(), LOOK), survived + 1);
            target.check();
            if !killed {
                break;
            }
            survived += 1;
        }
        println!("{}: killed after each of {survived} steps", target.label);
        assert!(survived >= 20, "{}: only {survived} steps were seen", target.label);
        assert!(target.is_alive());
    }
}

/// Runs `command` under our own tracing and kills it at the end of its `limit`-th step. Whether it
/// was killed; else it has ended by itself.
fn run_and_kill(command: &mut Command, limit: usize) -> bool {
    let trace_me = || {
        // SAFETY: a request without addresses.
        let result = unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) };
        if result == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
    };
    // SAFETY: one system call, nothing else.
    unsafe { command.pre_exec(trace_me) };
    let mut tool = command.stdout(Stdio::null()).spawn().unwrap();
    let pid = tool.id() as i32;
    let mut steps = 0;
    let mut first_stop = true;
    // All of its threads are reaped even then; the process itself comes last.
    let mut killed = false;
    // Beginning or end of a system call, by thread.
    let mut inside = std::collections::HashMap::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        assert!(Instant::now() < deadline, "the traced tool does not end");
        let mut status = 0;
        // Only what this thread traces: other tests run in parallel.
        // SAFETY: `status` is a valid place for the result.
        let tid = unsafe { libc::waitpid(-1, &mut status, libc::__WALL | libc::__WNOTHREAD) };
        if tid < 0 {
            break;
        }
        if !libc::WIFSTOPPED(status) {
            if tid == pid {
                break;
            }
            continue;
        }
        if first_stop {
            first_stop = false;
            let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_TRACECLONE | libc::PTRACE_O_EXITKILL;
            // SAFETY: a request without addresses.
            unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, tid, 0, options) };
        }
        let mut signal = 0;
        match libc::WSTOPSIG(status) {
            stop if stop == libc::SIGTRAP | 0x80 => {
                // SAFETY: all zeroes are valid, and the request fills it.
                let mut registers: libc::user_regs_struct = unsafe { std::mem::zeroed() };
                // SAFETY: `registers` is a valid place for the result.
                unsafe { libc::ptrace(libc::PTRACE_GETREGS, tid, 0, &raw mut registers) };
                let at_end = inside.entry(tid).or_insert(false);
                let number = registers.orig_rax as i64;
                if *at_end && (number == libc::SYS_ptrace || number == libc::SYS_pwrite64) {
                    steps += 1;
                    if steps == limit {
                        tool.kill().unwrap();
                        killed = true;
                    }
                }
                *at_end = !*at_end;
            }
            libc::SIGTRAP | libc::SIGSTOP => {}
            other => signal = other,
        }
        // SAFETY: a request without addresses.
        unsafe { libc::ptrace(libc::PTRACE_SYSCALL, tid, 0, signal) };
    }
    // Reaped already: this only tells the handle so.
    let _ = tool.wait();
    killed
}

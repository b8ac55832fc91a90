//! The fallback through an installed `gdb`, for targets that the built-in method cannot serve.
//!
//! gdb stops all threads and calls `PyGILState_Ensure`, `PyRun_SimpleString`, `PyGILState_Release` in
//! whichever thread it picked, wherever that was. If that thread was inside the allocator or held the
//! interpreter lock half-way, the target deadlocks: seen in about one of three tries on busy programs.
//! Use it on idle ones.

use std::io;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::process::Target;
use super::wait::{self, Waiting};
use super::{AttachError, AttachOptions, Attached, Method};

/// Runs `source` through gdb.
pub(super) fn run(target: &Target, source: &str, options: &AttachOptions) -> Result<Attached, AttachError> {
    let pid = target.pid;
    let failed = |reason: String| AttachError::Failed { pid, method: Method::Gdb, reason };
    let deadline = Instant::now() + options.timeout;
    let exchange = wait::prepare(target, source, options)?;
    exchange.write_bootstrap().map_err(|error| failed(error.to_string()))?;
    let mut gdb = command(pid, &exchange.one_liner()).spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => AttachError::Unsupported {
            what: "--via gdb".to_owned(),
            reason: "there is no `gdb` program on this machine".to_owned(),
            instead: "--via ptrace, or install gdb".to_owned(),
        },
        _ => failed(error.to_string()),
    })?;
    // Read on the side: gdb must not block on a full pipe.
    let output = gdb.stderr.take().map(|mut stream| {
        std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = io::Read::read_to_end(&mut stream, &mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
    });
    let ended = loop {
        if let Ok(Some(_)) = gdb.try_wait() {
            break true;
        }
        let too_late = Instant::now() >= deadline && !wait::has_begun(&exchange, options);
        if too_late || options.cancelled.load(Ordering::Relaxed) {
            break false;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    if !ended {
        // gdb detaches from its target when it is asked to end, and puts the registers back.
        let gdb_pid = nix::unistd::Pid::from_raw(gdb.id() as i32);
        let _ = nix::sys::signal::kill(gdb_pid, nix::sys::signal::Signal::SIGTERM);
        std::thread::sleep(Duration::from_millis(500));
        let _ = gdb.kill();
        let _ = gdb.wait();
        if options.cancelled.load(Ordering::Relaxed) {
            return Err(AttachError::Cancelled { pid });
        }
        let state = "the call made by gdb has not returned (the target may be deadlocked)".to_owned();
        return Err(AttachError::TimedOut { pid, waited: options.timeout, state });
    }
    let messages = output.and_then(|reader| reader.join().ok()).unwrap_or_default();
    let outcome = wait::until_outcome(target, &exchange, options, deadline, || Waiting::ForLastTime);
    match outcome {
        Ok(outcome) => wait::finish(target, outcome, exchange, Method::Gdb, None, None),
        Err(AttachError::Died { pid }) => Err(AttachError::Died { pid }),
        Err(_) if messages.contains("Operation not permitted") || messages.contains("ptrace:") => Err(target.refused()),
        Err(_) => Err(failed(last_lines(&messages))),
    }
}

fn command(pid: u32, one_liner: &str) -> Command {
    let mut command = Command::new("gdb");
    command.args(["-nx", "-batch", "-iex", "set auto-load off", "-iex", "set debuginfod enabled off"]);
    command.args(["-ex", "set confirm off", "-ex", "set unwindonsignal on", "-p", &pid.to_string()]);
    command.args(["-ex", "set $state = ((int (*)(void))PyGILState_Ensure)()"]);
    let run = format!(
        "call ((int (*)(const char *))PyRun_SimpleString)(\"{}\")",
        one_liner.replace('\\', "\\\\").replace('"', "\\\"")
    );
    command.args(["-ex", &run]);
    command.args(["-ex", "call ((void (*)(int))PyGILState_Release)($state)", "-ex", "detach"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// The end of gdb's messages on one line, shortened: they may hold text of the target.
fn last_lines(messages: &str) -> String {
    let lines: Vec<&str> = messages.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let tail = lines[lines.len().saturating_sub(3)..].join("; ");
    let text: String = tail.chars().filter(|c| !c.is_control()).take(400).collect();
    if text.is_empty() { "gdb ended without running the code".to_owned() } else { text }
}

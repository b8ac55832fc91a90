//! Live Python programs to read: every interpreter that is found, every state they can be in.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[path = "../pythons/mod.rs"]
mod pythons;

#[allow(unused_imports)] // Not every test needs all.
pub use pythons::{Interpreter, few_interpreters, interpreters, versions};

/// The states of `targets/states.py`.
pub const STATES: [&str; 20] = [
    "idle_select",
    "idle_poll_timed",
    "idle_sleep",
    "idle_sleep_alone",
    "idle_read",
    "idle_lock",
    "idle_wait",
    "idle_many",
    "busy_python",
    "busy_malloc",
    "busy_malloc_alone",
    "busy_signals",
    "busy_moments",
    "busy_gil",
    "busy_import",
    "busy_subprocess",
    "busy_fork",
    "asyncio_idle",
    "asyncio_quiet",
    "asyncio_busy",
];

/// What a target says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Rounds of its work so far.
    pub progress: u64,
    /// What went wrong in it, `-` when nothing did.
    pub errors: String,
}

/// A running `states.py`, ended when dropped.
#[derive(Debug)]
pub struct Target {
    child: Child,
    socket: PathBuf,
    _folder: tempfile::TempDir,
    pub label: String,
    pings: u64,
}

impl Target {
    pub fn start(interpreter: &Interpreter, state: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets/states.py");
        let child = Command::new(&interpreter.program)
            .arg(script)
            .arg(state)
            .arg(&socket)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            // Whatever is left there is found.
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let label = format!("{} {state}", interpreter.version);
        let mut target = Self { child, socket, _folder: folder, label, pings: 0 };
        let deadline = Instant::now() + Duration::from_secs(60);
        // Bound is not yet listening.
        while UnixStream::connect(&target.socket).is_err() {
            assert!(Instant::now() < deadline, "{} does not start", target.label);
            assert!(target.child.try_wait().unwrap().is_none(), "{} ended at once", target.label);
            std::thread::sleep(Duration::from_millis(10));
        }
        target.ask();
        target
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// One request and its answer; panics when there is none in time.
    pub fn ask(&mut self) -> Answer {
        self.pings += 1;
        let number = self.pings;
        let answer = self.try_ask(number);
        let label = &self.label;
        answer.unwrap_or_else(|error| panic!("{label}: no answer to request {number}: {error}"))
    }

    fn try_ask(&self, number: u64) -> std::io::Result<Answer> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        // In one piece: the programs with one thread do not put lines together.
        stream.write_all(format!("ping {number}\n").as_bytes())?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        let words: Vec<&str> = line.trim_end().splitn(4, ' ').collect();
        match words[..] {
            ["pong", echo, progress, errors] if echo == number.to_string() => {
                Ok(Answer { progress: progress.parse().unwrap(), errors: errors.to_owned() })
            }
            _ => Err(std::io::Error::other(format!("unexpected answer {line:?}"))),
        }
    }

    /// Checks that the target is alive, makes progress, and has seen nothing go wrong.
    pub fn check(&mut self) {
        let first = self.ask();
        assert_eq!(first.errors, "-", "{}", self.label);
        // An idle program makes progress with every request, a quiet event loop does not count.
        if self.label.ends_with("asyncio_quiet") {
            return;
        }
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let next = self.ask();
            assert_eq!(next.errors, "-", "{}", self.label);
            if next.progress > first.progress {
                return;
            }
            assert!(Instant::now() < deadline, "{} makes no progress", self.label);
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

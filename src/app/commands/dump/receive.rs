//! The way of a snapshot out of the target: through the stream of a forked copy, or as a file.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use procfs::process::{Process, Stat};
use serde::Deserialize;

use super::snapshot_file::SnapshotFile;
use crate::attach::{AttachError, Exchange};
use crate::units;

/// Longer status texts are not ours.
const STATUS_LIMIT: u64 = 1 << 16;
/// How long a copy that has closed the stream may take to say that it is done.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// Without a byte for so long, the copy is looked at.
const SILENCE: Duration = Duration::from_secs(1);

/// What the dumper says in the file `status`. Numbers are its own; `None` is unknown.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Status {
    pub state: String,
    /// Of the process that writes, in its own PID namespace.
    #[serde(default)]
    pub pid: Option<i32>,
    #[serde(default)]
    pub method: Option<String>,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub error: Option<String>,
    #[serde(default)]
    pub bytes: Option<u64>,
    #[serde(default)]
    pub objects: Option<u64>,
    #[serde(default)]
    pub references: Option<u64>,
    #[serde(default)]
    pub errors: Option<u64>,
    #[serde(default)]
    pub real_seconds: Option<f64>,
    #[serde(default)]
    pub cpu_seconds: Option<f64>,
    #[serde(default)]
    pub pause_seconds: Option<f64>,
    #[serde(default)]
    pub growth_bytes: Option<u64>,
}

/// A snapshot on its way.
pub struct Delivery<'a> {
    pub pid: u32,
    pub exchange: &'a Exchange,
    pub cancelled: &'a AtomicBool,
    pub bar: &'a ProgressBar,
}

impl Delivery<'_> {
    /// Takes the whole snapshot into `file`, and what the dumper says of it.
    ///
    /// # Errors
    /// When the dumper failed, was killed, or sent another number of bytes than it says.
    pub fn receive(&self, file: &mut SnapshotFile) -> anyhow::Result<Status> {
        let status = self.status();
        let status = match (self.exchange.stream(), &status) {
            // Without fork the dump is over, and the status says how.
            (_, Some(status)) if status.method.as_deref() != Some("fork") || status.state == "failed" => {
                if status.state == "done" {
                    self.copy(file)?;
                }
                status.clone()
            }
            (Some(stream), _) => self.follow(stream, file)?,
            (None, _) => {
                let status = self.last_words()?;
                if status.state == "done" {
                    self.copy(file)?;
                }
                status
            }
        };
        self.judge(&status, file)?;
        Ok(status)
    }

    fn judge(&self, status: &Status, file: &SnapshotFile) -> anyhow::Result<()> {
        let pid = self.pid;
        let received = units::bytes(file.written());
        match (status.state.as_str(), &status.error) {
            ("done", _) if status.bytes == Some(file.written()) => Ok(()),
            ("done", _) => anyhow::bail!(
                "the snapshot of process {pid} is damaged: {} were written and {received} arrived",
                status.bytes.map_or("an unknown number of bytes".to_owned(), units::bytes),
            ),
            ("failed", Some(error)) => anyhow::bail!("process {pid} could not write its snapshot: {error}"),
            ("failed", None) => anyhow::bail!("process {pid} could not write its snapshot"),
            _ => anyhow::bail!(
                "the forked copy of process {pid} that wrote the snapshot was killed after {received}; was there too \
                 little memory (`dmesg`, the limit of its container)? --in-process needs less, and stops the process meanwhile"
            ),
        }
    }

    /// The status now; `None` while there is none that can be read.
    fn status(&self) -> Option<Status> {
        let mut text = String::new();
        self.exchange.open("status").ok()?.take(STATUS_LIMIT).read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// The file that a dump without fork has left.
    fn copy(&self, file: &mut SnapshotFile) -> anyhow::Result<()> {
        copy(&mut self.exchange.open("snapshot")?, file, self.cancelled, self.bar)
    }

    /// Reads the stream to its end.
    fn follow(&self, mut stream: &File, file: &mut SnapshotFile) -> anyhow::Result<Status> {
        let mut buffer = vec![0; 1 << 20];
        let mut last = Instant::now();
        loop {
            if self.cancelled.load(Ordering::Relaxed) {
                return Err(AttachError::Cancelled { pid: self.pid }.into());
            }
            match stream.read(&mut buffer) {
                Ok(0) => return self.last_words(),
                Ok(length) => {
                    file.write(&buffer[..length])?;
                    say_written(self.bar, file);
                    last = Instant::now();
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                    let mut readable = [PollFd::new(stream.as_fd(), PollFlags::POLLIN)];
                    let _ = poll(&mut readable, PollTimeout::from(100u8));
                    // Another child of the target may have inherited the stream: it never ends then.
                    if last.elapsed() > SILENCE && self.is_over() {
                        return self.last_words();
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Whether the copy is done or gone.
    fn is_over(&self) -> bool {
        self.status().is_some_and(|status| status.state != "dumping" || self.writer(&status).is_none())
    }

    /// The status when the copy is done or gone.
    fn last_words(&self) -> anyhow::Result<Status> {
        let deadline = self.exchange.stream().map(|_| Instant::now() + LAST_WORDS);
        loop {
            // The writer first: it may say its last words and end in between.
            let status = self.status().unwrap_or_default();
            let is_gone = self.writer(&status).is_none();
            let status = self.status().unwrap_or(status);
            if status.state == "done" || status.state == "failed" {
                return Ok(status);
            }
            if is_gone || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(status);
            }
            if self.cancelled.load(Ordering::Relaxed) {
                return Err(AttachError::Cancelled { pid: self.pid }.into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The process that writes, as long as it lives.
    fn writer(&self, status: &Status) -> Option<Stat> {
        copy_of(self.pid, status.pid?).filter(|stat| !matches!(stat.state, 'Z' | 'X'))
    }
}

/// The process that has the PID `inner` in the PID namespace of `target`.
pub fn copy_of(target: u32, inner: i32) -> Option<Stat> {
    let namespace = |pid: i32| std::fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    let ours = namespace(i32::try_from(target).ok()?);
    let found = procfs::process::all_processes().ok()?.filter_map(Result::ok).find(|process: &Process| {
        let status = process.status();
        status.is_ok_and(|status| status.nspid.is_some_and(|pids| pids.last() == Some(&inner)))
            // The namespace of a dead process can't be read any more.
            && namespace(process.pid).is_none_or(|namespace| Some(namespace) == ours)
    });
    found?.stat().ok()
}

/// Copies all of `from`.
pub fn copy(from: &mut File, file: &mut SnapshotFile, cancelled: &AtomicBool, bar: &ProgressBar) -> anyhow::Result<()> {
    let mut buffer = vec![0; 1 << 20];
    loop {
        let length = from.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        anyhow::ensure!(!cancelled.load(Ordering::Relaxed), "given up");
        file.write(&buffer[..length])?;
        say_written(bar, file);
    }
}

fn say_written(bar: &ProgressBar, file: &SnapshotFile) {
    bar.set_message(format!("{} received", units::bytes(file.written())));
}

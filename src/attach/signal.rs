//! Asking a process that armed the dumper's signal handler before.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::AttachError;
use super::process::Target;

/// Sends `signal` to `pid` and waits until the regular file `file` (a path in the target's view) is
/// new or has been replaced; returns the file, opened. Writers are expected to rename a complete
/// file into place.
///
/// `signal` is the system's number of it; on Linux 10 is `SIGUSR1`, 12 is `SIGUSR2`.
///
/// The signal is only sent when the process has a handler for it: the default action of most
/// signals is to end the process.
pub fn request_by_signal(pid: u32, signal: i32, file: &Path, timeout: Duration) -> Result<std::fs::File, AttachError> {
    let target = Target::find(pid)?;
    let Ok(signal) = Signal::try_from(signal) else {
        return Err(AttachError::Unsupported {
            what: format!("--via signal with number {signal}"),
            reason: "there is no such signal".to_owned(),
            instead: "SIGUSR1 or SIGUSR2".to_owned(),
        });
    };
    if target.caught_signals & (1 << (signal as u64 - 1)) == 0 {
        return Err(AttachError::Unsupported {
            what: format!("--via signal with {signal}"),
            reason: format!("process {pid} has no handler for it, and would be ended by it"),
            instead:
                "without --via (it is read from outside), or arm the program with snapshot_dumper.install(signal=…)"
                    .to_owned(),
        });
    }
    if target.is_stopped {
        return Err(AttachError::Stopped { pid });
    }
    let root = target.root()?;
    let identity = |file: &std::fs::File| -> Option<(u64, u64, SystemTime)> {
        use std::os::unix::fs::MetadataExt;
        let metadata = file.metadata().ok()?;
        Some((metadata.ino(), metadata.size(), metadata.modified().ok()?))
    };
    // Kept open: the number of its inode is not given to the next file meanwhile.
    let before = root.open_file(file).ok();
    let before_identity = before.as_ref().and_then(identity);
    match kill(Pid::from_raw(pid as i32), signal) {
        Ok(()) => {}
        Err(Errno::ESRCH) => return Err(AttachError::Died { pid }),
        Err(_) => return Err(target.refused()),
    }
    let deadline = Instant::now() + timeout;
    loop {
        let alive = target.is_alive();
        if let Ok(opened) = root.open_file(file)
            && identity(&opened) != before_identity
        {
            return Ok(opened);
        }
        if !alive {
            return Err(AttachError::Died { pid });
        }
        if Instant::now() >= deadline {
            let state = format!(
                "no new {} has appeared; signal handlers run when the main thread next runs Python code",
                file.display()
            );
            return Err(AttachError::TimedOut { pid, waited: timeout, state });
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

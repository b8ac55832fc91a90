//! The target's file system as the target sees it, reached without leaving its root.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::{Mode, fstat, stat};

/// `/proc/PID/root`: the root of the target's mount namespace, or its chroot.
///
/// Paths are resolved inside that root. A symbolic link that a hostile container plants at `/tmp`
/// leads to a place in the container, never to ours (`RESOLVE_IN_ROOT`).
#[derive(Debug)]
pub(super) struct TargetRoot {
    fd: OwnedFd,
    same_as_ours: bool,
}

impl TargetRoot {
    /// Opens the root of `pid`; needs the permission to trace it.
    pub(super) fn of(pid: u32) -> io::Result<Self> {
        let path = format!("/proc/{pid}/root");
        let fd = open(path.as_str(), OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
        let (theirs, ours) = (fstat(&fd)?, stat("/")?);
        let same_as_ours = (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino);
        Ok(Self { fd, same_as_ours })
    }

    /// Opens `path` (absolute, in the target's view).
    pub(super) fn open(&self, path: &Path, flags: OFlag) -> io::Result<OwnedFd> {
        let flags = flags | OFlag::O_CLOEXEC;
        let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_IN_ROOT);
        match openat2(&self.fd, path, how) {
            // Kernels before 5.6, and some sandboxes. In our own root nothing can lead outside.
            Err(Errno::ENOSYS | Errno::EPERM) if self.same_as_ours => Ok(open(path, flags, Mode::empty())?),
            other => Ok(other?),
        }
    }

    /// Opens the regular file at `path` for reading; a device or a pipe is refused.
    pub(super) fn open_file(&self, path: &Path) -> io::Result<File> {
        let file = File::from(self.open(path, OFlag::O_RDONLY | OFlag::O_NONBLOCK)?);
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"))
        }
    }
}

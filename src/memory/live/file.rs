//! The files that a live process has mapped, opened without being led astray by whoever owns its file system.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sys::stat::{Mode, fstat, stat};
use nix::sys::statfs::fstatfs;

/// What `/proc/PID/maps` tells of the file behind a range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// Its device, as `stat` gives it.
    pub(super) device: u64,
    /// Its number on that device; 0 when there is no file.
    pub(super) inode: u64,
}

/// `/proc/PID/root`: the root of the target's mount namespace, or its chroot.
///
/// Paths are resolved inside that root. A symbolic link that a hostile container plants leads to a place in the container,
/// never to ours (`RESOLVE_IN_ROOT`).
#[derive(Debug)]
pub(super) struct TargetRoot {
    fd: OwnedFd,
    same_as_ours: bool,
}

impl TargetRoot {
    /// Opens the root of the process whose folder of `/proc` is `process`; needs the permission to trace it.
    pub(super) fn of(process: &OwnedFd) -> io::Result<Self> {
        let path = format!("/proc/self/fd/{}/root", process.as_raw_fd());
        let fd = open(path.as_str(), OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
        let (theirs, ours) = (fstat(&fd)?, stat("/")?);
        let same_as_ours = (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino);
        Ok(Self { fd, same_as_ours })
    }

    /// The file at `path` (absolute, in the target's view) as a place only: nothing is opened yet, so that no device and no
    /// pipe notices.
    fn find(&self, path: &Path) -> io::Result<OwnedFd> {
        let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
        let resolve = ResolveFlag::RESOLVE_IN_ROOT | ResolveFlag::RESOLVE_NO_MAGICLINKS;
        match openat2(&self.fd, path, OpenHow::new().flags(flags).resolve(resolve)) {
            // Kernels before 5.6, and some sandboxes. In our own root nothing can lead outside.
            Err(Errno::ENOSYS | Errno::EPERM) if self.same_as_ours => Ok(open(path, flags, Mode::empty())?),
            other => Ok(other?),
        }
    }

    /// Opens the regular file at `path` for reading if it is the one that `identity` tells.
    pub(super) fn open_file(&self, path: &Path, identity: Identity) -> io::Result<File> {
        let place = self.find(path)?;
        if !is_the_same(&place, identity) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "another file lies there now"));
        }
        open_regular(&place)
    }
}

/// Opens the mapping at `range` itself, whatever lies at its path now; few may do that.
pub(super) fn open_mapping(process: &OwnedFd, start: u64, end: u64) -> io::Result<File> {
    open_regular(&find_link(process, &format!("map_files/{start:x}-{end:x}"))?)
}

/// Opens the program of a process, whatever lies at its path now, if it is the file that `identity` tells.
pub(super) fn open_program(process: &OwnedFd, identity: Identity) -> io::Result<File> {
    let place = find_link(process, "exe")?;
    if !is_the_same(&place, identity) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it runs another program now"));
    }
    open_regular(&place)
}

fn find_link(process: &OwnedFd, link: &str) -> io::Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}/{link}", process.as_raw_fd());
    Ok(open(path.as_str(), OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())?)
}

/// Opens for reading what `place` stands for, when it is a regular file.
fn open_regular(place: &OwnedFd) -> io::Result<File> {
    if fstat(place)?.st_mode & libc::S_IFMT != libc::S_IFREG {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let path = format!("/proc/self/fd/{}", place.as_raw_fd());
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    let file = File::from(open(path.as_str(), flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}

/// Whether `place` is the file that the mapping tells.
fn is_the_same(place: &OwnedFd, identity: Identity) -> bool {
    // Of these the kernel tells a mapping's device differently from `stat`.
    const OVERLAY: u64 = 0x794c_7630;
    const BTRFS: u64 = 0x9123_683e;
    let Ok(found) = fstat(place) else { return false };
    if found.st_ino != identity.inode {
        return false;
    }
    found.st_dev == identity.device
        || fstatfs(place.as_fd()).is_ok_and(|system| [OVERLAY, BTRFS].contains(&(system.filesystem_type().0 as u64)))
}

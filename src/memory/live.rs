//! The address space of a live process, and of a frozen copy of it: read from outside, nothing stopped, nothing written.

mod file;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;

use self::file::{Identity, TargetRoot};
use super::{AddressSpace, Range};

/// More lines of `/proc/PID/maps` than the kernel's highest limit of mappings that is in use.
const RANGES_LIMIT: usize = 4 << 20;

/// A live process, or a frozen copy of it, as an address space.
///
/// Ranges are those of the moment when they were read: [`LiveProcess::refresh`] reads them again. What is not in them is
/// not read.
#[derive(Debug)]
pub struct LiveProcess {
    /// Whose memory and ranges are read.
    memory: Handle,
    /// Whose files and root are looked at.
    program: Arc<Program>,
    ranges: Vec<Range>,
    /// Of each range.
    identities: Vec<Identity>,
    /// `/proc/PID/mem`, opened when `process_vm_readv` is forbidden.
    file: OnceLock<Option<File>>,
}

/// A process by its folder in `/proc`: a new process that gets the same PID is not mistaken for it.
#[derive(Debug)]
struct Handle {
    pid: i32,
    folder: OwnedFd,
}

#[derive(Debug)]
struct Program {
    handle: Handle,
    root: Option<TargetRoot>,
    /// The path of its program in its own view.
    executable: Option<PathBuf>,
}

impl LiveProcess {
    /// Opens the address space of `pid`; needs the permission to trace it.
    ///
    /// # Errors
    /// No such process, no permission, or it has no memory: a zombie, a thread of the kernel.
    pub fn open(pid: u32) -> io::Result<Self> {
        let handle = Handle::of(pid)?;
        let root = TargetRoot::of(&handle.folder).ok();
        let executable = nix::fcntl::readlinkat(&handle.folder, "exe").ok().map(PathBuf::from);
        let program = Program { handle: Handle::of(pid)?, root, executable };
        Self::with(handle, Arc::new(program))
    }

    /// The memory of `copy_pid`, a frozen copy of this process, with this process's files. Its ranges are its own: those
    /// of the moment when it was made.
    ///
    /// # Errors
    /// No such process or no permission.
    pub fn with_memory_of(&self, copy_pid: u32) -> io::Result<Self> {
        Self::with(Handle::of(copy_pid)?, Arc::clone(&self.program))
    }

    fn with(memory: Handle, program: Arc<Program>) -> io::Result<Self> {
        let mut process = Self { memory, program, ranges: Vec::new(), identities: Vec::new(), file: OnceLock::new() };
        process.refresh()?;
        Ok(process)
    }

    /// Whose memory is read.
    pub fn pid(&self) -> u32 {
        self.memory.pid.unsigned_abs()
    }

    /// The path of the program, in the process's own view.
    pub fn executable(&self) -> Option<&Path> {
        self.program.executable.as_deref()
    }

    /// Whether the process still exists (a zombie does not count).
    pub fn is_alive(&self) -> bool {
        self.memory.text("stat").is_ok_and(|stat| {
            let state = stat.iter().rposition(|&byte| byte == b')').and_then(|end| stat.get(end + 2));
            !matches!(state, None | Some(b'Z' | b'X'))
        })
    }

    /// Reads the ranges anew.
    ///
    /// # Errors
    /// The process is gone, or has no memory any more.
    pub fn refresh(&mut self) -> io::Result<()> {
        let (ranges, identities) = parse(&self.memory.text("maps")?);
        if ranges.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, "the process has no memory of its own"));
        }
        (self.ranges, self.identities) = (ranges, identities);
        Ok(())
    }

    /// How many of `length` bytes from `address` on may be read without a gap.
    fn readable(&self, address: u64, length: usize) -> usize {
        let first = self.ranges.partition_point(|range| range.end <= address);
        let wanted = address.saturating_add(length as u64);
        let mut end = address;
        for range in &self.ranges[first..] {
            if range.start > end || !range.readable || end >= wanted {
                break;
            }
            end = range.end;
        }
        (end.min(wanted) - address) as usize
    }

    fn read_by_file(&self, address: u64, buffer: &mut [u8]) -> usize {
        let open = || self.memory.open("mem").ok();
        let Some(file) = self.file.get_or_init(open) else { return 0 };
        let mut filled = 0;
        while filled < buffer.len() {
            match file.read_at(&mut buffer[filled..], address + filled as u64) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
                Ok(read) => filled += read,
            }
        }
        filled
    }
}

impl AddressSpace for LiveProcess {
    fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    fn read(&self, address: u64, buffer: &mut [u8]) -> usize {
        let length = self.readable(address, buffer.len());
        let buffer = &mut buffer[..length];
        let mut filled = 0;
        while filled < buffer.len() {
            let rest = &mut buffer[filled..];
            let here = libc::iovec { iov_base: rest.as_mut_ptr().cast(), iov_len: rest.len() };
            let there = libc::iovec { iov_base: (address as usize + filled) as *mut _, iov_len: rest.len() };
            // SAFETY: `here` is memory of ours that may be written; `there` is only looked at by the kernel.
            let read = unsafe { libc::process_vm_readv(self.memory.pid, &raw const here, 1, &raw const there, 1, 0) };
            if read > 0 {
                // The kernel gives what comes before a hole; the next round finds that nothing follows.
                filled += read.unsigned_abs();
                continue;
            }
            match io::Error::last_os_error().raw_os_error() {
                Some(libc::EINTR) if read < 0 => {}
                Some(libc::ENOSYS | libc::EPERM) if read < 0 => return filled + self.read_by_file(address, rest),
                _ => break,
            }
        }
        filled
    }

    fn open_file(&self, range: &Range) -> Option<File> {
        let path = range.file.as_deref().filter(|path| path.is_absolute())?;
        let index = self.ranges.binary_search_by_key(&range.start, |known| known.start).ok();
        let identity = index.map(|index| self.identities[index]).filter(|identity| identity.inode != 0)?;
        // The mapping itself, which few may open; then its path; then the program, which may have been replaced on disk.
        file::open_mapping(&self.memory.folder, range.start, range.end)
            .or_else(|error| self.program.root.as_ref().ok_or(error)?.open_file(path, identity))
            .or_else(|error| match &self.program.executable {
                Some(executable) if executable == path => file::open_program(&self.program.handle.folder, identity),
                _ => Err(error),
            })
            .ok()
    }
}

impl Handle {
    fn of(pid: u32) -> io::Result<Self> {
        let missing = || io::Error::from_raw_os_error(libc::ESRCH);
        let number = i32::try_from(pid).ok().filter(|&pid| pid > 0).ok_or_else(missing)?;
        let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let folder = open(format!("/proc/{number}").as_str(), flags, Mode::empty()).map_err(|error| match error {
            nix::errno::Errno::ENOENT => missing(),
            other => other.into(),
        })?;
        Ok(Self { pid: number, folder })
    }

    fn open(&self, name: &str) -> io::Result<File> {
        Ok(openat(&self.folder, name, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?.into())
    }

    fn text(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        self.open(name)?.read_to_end(&mut text)?;
        Ok(text)
    }
}

/// The ranges that `/proc/PID/maps` tells and that hold memory of the program: neither the kernel's own pages nor those of
/// devices, whose reading may change something.
fn parse(text: &[u8]) -> (Vec<Range>, Vec<Identity>) {
    let mut ranges: Vec<Range> = Vec::new();
    let mut identities = Vec::new();
    for line in text.split(|&byte| byte == b'\n').take(RANGES_LIMIT) {
        let Some((range, identity)) = parse_line(line) else { continue };
        let follows = ranges.last().is_none_or(|last| last.end <= range.start);
        let name = range.file.as_ref().map_or(&[][..], |file| file.as_os_str().as_bytes());
        if follows && range.start < range.end && !is_left_out(name) {
            ranges.push(range);
            identities.push(identity);
        }
    }
    (ranges, identities)
}

/// Whether the mapping of this name is no memory of the program's.
fn is_left_out(name: &[u8]) -> bool {
    const MEMORY_BELOW_DEV: [&[u8]; 3] = [b"/dev/zero", b"/dev/shm/", b"/dev/hugepages/"];
    name.starts_with(b"[vvar")
        || name.starts_with(b"[vsyscall")
        || name.starts_with(b"anon_inode:")
        || name.starts_with(b"/dev/") && !MEMORY_BELOW_DEV.iter().any(|prefix| name.starts_with(prefix))
}

/// `start-end rwxp offset major:minor inode   path`. The path may be of any bytes.
fn parse_line(line: &[u8]) -> Option<(Range, Identity)> {
    let mut rest = line;
    let mut word = || {
        let begin = rest.iter().position(|&byte| byte != b' ')?;
        let length = rest[begin..].iter().position(|&byte| byte == b' ').unwrap_or(rest.len() - begin);
        let word = std::str::from_utf8(&rest[begin..begin + length]).ok()?;
        rest = &rest[begin + length..];
        Some(word)
    };
    let (start, end) = word()?.split_once('-')?;
    let permissions = word()?;
    let offset = word()?;
    let (major, minor) = word()?.split_once(':')?;
    let inode = word()?.parse().ok()?;
    let hexadecimal = |text: &str| u64::from_str_radix(text, 16).ok();
    let device = libc::makedev(u32::from_str_radix(major, 16).ok()?, u32::from_str_radix(minor, 16).ok()?);
    let name = &rest[rest.iter().position(|&byte| byte != b' ').unwrap_or(rest.len())..];
    let may = |letter| permissions.contains(letter);
    let range = Range {
        start: hexadecimal(start)?,
        end: hexadecimal(end)?,
        readable: may('r'),
        writable: may('w'),
        executable: may('x'),
        shared: may('s'),
        offset: hexadecimal(offset)?,
        file: (!name.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(&unescape(name)))),
    };
    Some((range, Identity { device, inode }))
}

/// The kernel writes a line feed in a path as `\012`, and nothing else so.
fn unescape(name: &[u8]) -> Vec<u8> {
    const LINE_FEED: &[u8] = b"\\012";
    let mut plain = Vec::with_capacity(name.len());
    let mut at = 0;
    while at < name.len() {
        if name[at..].starts_with(LINE_FEED) {
            plain.push(b'\n');
            at += LINE_FEED.len();
        } else {
            plain.push(name[at]);
            at += 1;
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ourselves() -> LiveProcess {
        LiveProcess::open(std::process::id()).unwrap()
    }

    /// `count` pages, the ones at `holes` unmapped. Far from where the kernel puts what other tests map meanwhile: a hole stays
    /// one.
    fn pages(count: usize, holes: &[usize]) -> *mut u8 {
        static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0x1000_0000_0000);
        let place = NEXT.fetch_add(1 << 24, std::sync::atomic::Ordering::Relaxed);
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
        // SAFETY: a fresh mapping of our own.
        let start = unsafe { libc::mmap(place as *mut _, count * 4096, protection, flags, -1, 0) }.cast::<u8>();
        assert_eq!(start as usize, place);
        for page in 0..count {
            // SAFETY: inside the mapping.
            unsafe { start.add(page * 4096).write_bytes(page as u8 + 1, 4096) };
        }
        for hole in holes {
            // SAFETY: inside the mapping, used by nobody.
            unsafe { libc::munmap(start.add(hole * 4096).cast(), 4096) };
        }
        start
    }

    #[test]
    fn reads_up_to_a_hole() {
        let start = pages(40, &[20]);
        let process = ourselves();
        let mut buffer = vec![0xff; 40 * 4096];
        let address = start as u64;
        assert_eq!(process.read(address, &mut buffer), 20 * 4096);
        assert_eq!((buffer[0], buffer[19 * 4096 + 4095], buffer[20 * 4096]), (1, 20, 0xff));
        assert_eq!(process.read(address + 20 * 4096, &mut buffer), 0);
        assert_eq!(process.read(address + 21 * 4096 - 1, &mut buffer), 0);
        assert_eq!(process.read(address + 39 * 4096 + 4090, &mut buffer[..6]), 6);
        assert_eq!(process.read(0, &mut buffer), 0);
        assert_eq!(process.read(u64::MAX - 3, &mut buffer), 0);
        assert_eq!(process.read(address, &mut []), 0);
    }

    #[test]
    fn reads_up_to_a_hole_that_came_later() {
        let start = pages(40, &[]);
        let process = ourselves();
        // SAFETY: a page of the mapping above, used by nobody.
        unsafe { libc::munmap(start.add(25 * 4096).cast(), 4096) };
        let mut buffer = vec![0; 40 * 4096];
        assert_eq!(process.read(start as u64 + 5, &mut buffer), 25 * 4096 - 5);
        assert_eq!(process.read_by_file(start as u64 + 5, &mut buffer), 25 * 4096 - 5);
        assert_eq!(buffer[0], 1);
    }

    #[test]
    fn what_may_not_be_read_is_a_hole() {
        let start = pages(3, &[]);
        // SAFETY: a page of the mapping above, used by nobody.
        unsafe { libc::mprotect(start.add(4096).cast(), 4096, libc::PROT_NONE) };
        assert_eq!(ourselves().read(start as u64, &mut [0; 3 * 4096]), 4096);
    }

    #[test]
    fn lines_of_any_kind() {
        let text = b"\
00400000-00401000 r--p 00000000 fd:01 42   /usr/bin/py thon\n\
00401000-00402000 r-xp 00001000 fd:01 42                     /usr/bin/\xff\\012x\n\
00401000-00402000 r-xp 00001000 fd:01 42                     /overlaps\n\
7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n\
7f0000002000-7f0000003000 rw-s 00000000 00:05 77 /dev/nvidia0\n\
7f0000003000-7f0000004000 rw-s 00000000 00:19 78 /dev/shm/x (deleted)\n\
7f0000004000-7f0000005000 rw-s 00000000 00:0e 9 anon_inode:[perf_event]\n\
nonsense\n\
7ffd00000000-7ffd00004000 r--p 00000000 00:00 0 [vvar]\n\
7ffd00004000-7ffd00005000 r--p 00000000 00:00 0 [vvar_vclock]\n\
7ffd00006000-7ffd00008000 r-xp 00000000 00:00 0 [vdso]\n\
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n";
        let (ranges, identities) = parse(text);
        let names: Vec<&[u8]> =
            ranges.iter().map(|range| range.file.as_ref().map_or(&b"-"[..], |f| f.as_os_str().as_bytes())).collect();
        assert_eq!(names, [b"/usr/bin/py thon", &b"/usr/bin/\xff\nx"[..], b"-", b"/dev/shm/x (deleted)", b"[vdso]"]);
        assert_eq!(identities[0], Identity { device: libc::makedev(0xfd, 1), inode: 42 });
        assert!(ranges[3].shared && ranges[3].writable && !ranges[1].writable && ranges[1].executable);
        assert_eq!(ranges[1].offset, 0x1000);
    }

    #[test]
    fn opens_mapped_files_and_no_others() {
        let process = ourselves();
        let program = std::env::current_exe().unwrap();
        let range = process.ranges().iter().find(|range| range.file.as_deref() == Some(&program)).unwrap();
        let file = process.open_file(range).unwrap();
        assert!(file.metadata().unwrap().len() > 1000);
        let identity = process.identities[process.ranges().iter().position(|known| known == range).unwrap()];
        let folder = &process.program.handle.folder;
        assert!(file::open_program(folder, identity).is_ok());
        assert!(file::open_program(folder, Identity { inode: identity.inode + 1, ..identity }).is_err());
        assert!(process.program.root.as_ref().unwrap().open_file(&program, identity).is_ok());
        for range in process.ranges().iter().filter(|range| !range.file.as_ref().is_some_and(|f| f.is_absolute())) {
            assert!(process.open_file(range).is_none());
        }
    }

    #[test]
    fn a_file_that_took_the_place_of_another_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library");
        std::fs::write(&path, "old").unwrap();
        let old = File::open(&path).unwrap();
        let root = TargetRoot::of(&Handle::of(std::process::id()).unwrap().folder).unwrap();
        let metadata = std::os::unix::fs::MetadataExt::ino(&old.metadata().unwrap());
        let device = std::os::unix::fs::MetadataExt::dev(&old.metadata().unwrap());
        let identity = Identity { device, inode: metadata };
        assert!(root.open_file(&path, identity).is_ok());
        std::fs::write(folder.path().join("new"), "new").unwrap();
        std::fs::rename(folder.path().join("new"), &path).unwrap();
        assert!(root.open_file(&path, identity).is_err());
        std::fs::remove_file(&path).unwrap();
        nix::unistd::mkfifo(&path, Mode::S_IRWXU).unwrap();
        let fifo = std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&path).unwrap());
        // A pipe without a writer: opening it may not wait.
        assert!(root.open_file(&path, Identity { device, inode: fifo }).is_err());
    }

    #[test]
    fn no_process_is_an_error() {
        assert_eq!(LiveProcess::open(u32::MAX).unwrap_err().raw_os_error(), Some(libc::ESRCH));
        assert_eq!(LiveProcess::open(0).unwrap_err().raw_os_error(), Some(libc::ESRCH));
        assert!(ourselves().is_alive());
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let handle = Handle::of(child.id()).unwrap();
        child.wait().unwrap();
        assert!(handle.text("stat").is_err());
    }
}

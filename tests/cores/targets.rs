//! Python programs that stand still, and the cores that gdb and the kernel write of them.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[path = "../pythons/mod.rs"]
#[allow(dead_code)]
mod pythons;

/// An interpreter of any version, from 2.7 on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// Links resolved.
    pub program: PathBuf,
    /// `3.8.18`, without a release level.
    pub version: String,
    /// `sys.hexversion`.
    pub hex: u32,
    /// `sys.base_prefix`.
    pub prefix: PathBuf,
}

impl Python {
    /// 3.8 and later.
    pub fn is_known(&self) -> bool {
        self.hex >= 0x0308_0000
    }
}

/// Every Python of this machine, by version.
pub fn pythons() -> Vec<Python> {
    const QUESTION: &str = "import sys; print('%d.%d.%d|%d|%s|%s' % (tuple(sys.version_info[:3]) + (sys.hexversion, sys.executable, getattr(sys, 'base_prefix', sys.prefix))))";
    let mut found: Vec<Python> = Vec::new();
    for program in pythons::programs() {
        let Ok(answer) = Command::new(&program).args(["-c", QUESTION]).output() else { continue };
        let answer = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        let [version, hex, program, prefix] = answer.split('|').collect::<Vec<_>>()[..] else { continue };
        let Ok(program) = Path::new(program).canonicalize() else { continue };
        let python =
            Python { program, version: version.to_owned(), hex: hex.parse().unwrap(), prefix: PathBuf::from(prefix) };
        if !found.contains(&python) {
            found.push(python);
        }
    }
    found.sort_by_key(|python| (python.hex, python.program.clone()));
    if found.is_empty() {
        println!("skipped: no Python was found");
    }
    found
}

/// What the target prints: where its runtime is (0 before 3.7), and where a text of its own is.
const PROGRAM: &str = "
import ctypes, sys, threading, time
try:
    runtime = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, '_PyRuntime'))
except ValueError:
    runtime = 0
for library in sys.argv[1:]:
    ctypes.CDLL(library)
text = b'a text that only the heap ' + b'of this program has'
thread = threading.Thread(target=time.sleep, args=(600,))
thread.daemon = True
thread.start()
print('%d %d' % (runtime, id(text)))
sys.stdout.flush()
time.sleep(600)
";

/// What the target's text says.
pub const TEXT: &[u8] = b"a text that only the heap of this program has";

/// A program that sleeps with two threads, ended when dropped.
pub struct Target {
    child: Child,
    /// The address of `_PyRuntime`, as the program says.
    pub runtime: u64,
    /// The address of the bytes object with [`TEXT`].
    pub text: u64,
    folder: tempfile::TempDir,
}

impl Target {
    pub fn start(python: &Python) -> Self {
        Self::start_by(&mut Command::new(&python.program), &[])
    }

    /// Starts through `command`, to which the script is added; it loads `libraries`. Cores may be written, into a folder
    /// of its own.
    pub fn start_by(command: &mut Command, libraries: &[PathBuf]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        command
            .args(["-S", "-c", PROGRAM])
            .args(libraries)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let no_limit = || {
            let limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
            // SAFETY: a system call on a structure of this frame. Where it is not permitted, no core is written.
            unsafe { libc::setrlimit(libc::RLIMIT_CORE, &limit) };
            Ok(())
        };
        // SAFETY: one system call between fork and exec.
        let mut child = unsafe { command.pre_exec(no_limit) }.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let numbers: Vec<u64> = line.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let &[runtime, text] = numbers.as_slice() else { panic!("the program said {line:?}") };
        let target = Self { child, runtime, text, folder };
        let deadline = Instant::now() + Duration::from_secs(60);
        while !target.is_still() {
            assert!(Instant::now() < deadline, "the program does not sleep");
            std::thread::sleep(Duration::from_millis(5));
        }
        target
    }

    /// Whether both threads sleep, in `select`, `clock_nanosleep` or `pselect6`: nothing changes from then on.
    fn is_still(&self) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid())).unwrap().flatten();
        let sleeps = |folder: std::path::PathBuf| {
            let state = std::fs::read_to_string(folder.join("stat")).unwrap_or_default();
            // Where the kernel does not tell the call, to sleep has to do.
            let call = std::fs::read_to_string(folder.join("syscall")).unwrap_or_default();
            state.contains(") S ")
                && (call.is_empty() || ["23 ", "230 ", "270 "].iter().any(|number| call.starts_with(number)))
        };
        let asleep: Vec<bool> = threads.map(|thread| sleeps(thread.path())).collect();
        asleep == [true, true]
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The core that `gcore` writes; `None`, with a printed reason, where it cannot.
    pub fn gcore(&self) -> Option<PathBuf> {
        let prefix = self.folder.path().join("gcore");
        let output = Command::new("gcore").arg("-o").arg(&prefix).arg(self.pid().to_string()).output();
        let core = self.folder.path().join(format!("gcore.{}", self.pid()));
        match output {
            Err(error) => println!("skipped: gcore cannot be started ({error}); it comes with gdb"),
            Ok(_) if core.exists() => return Some(core),
            Ok(output) => println!("skipped: gcore wrote no core: {}", String::from_utf8_lossy(&output.stderr)),
        }
        None
    }

    /// Sets which memory the kernel writes, as `/proc/PID/coredump_filter` has it.
    pub fn filter(&self, bits: &str) {
        std::fs::write(format!("/proc/{}/coredump_filter", self.pid()), bits).unwrap();
    }

    /// The core that the kernel writes when the program is aborted; `None`, with a printed reason, where it does not.
    pub fn abort(&mut self) -> Option<PathBuf> {
        let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
        let pattern = pattern.trim();
        if pattern.is_empty() || pattern.contains(['|', '/']) {
            println!("skipped: cores of the kernel, which go to {pattern:?} here (core_pattern)");
            return None;
        }
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.pid())).unwrap();
        let is_unlimited = |line: &str| line.starts_with("Max core file size") && line.contains("unlimited");
        if !limits.lines().any(is_unlimited) {
            println!("skipped: cores of the kernel, which the limit of their size (ulimit -c) forbids here");
            return None;
        }
        let pid = i32::try_from(self.pid()).unwrap();
        // SAFETY: a signal to a child that was not waited for yet.
        assert_eq!(unsafe { libc::kill(pid, libc::SIGABRT) }, 0);
        self.child.wait().unwrap();
        let files = std::fs::read_dir(self.folder.path()).unwrap().flatten().map(|file| file.path());
        let is_core = |path: &PathBuf| !path.file_name().unwrap().to_string_lossy().starts_with("gcore");
        let core = files.filter(|path| path.is_file()).find(is_core);
        if core.is_none() {
            println!("skipped: the kernel wrote no core, though its pattern is {pattern:?}");
        }
        core
    }

    /// The folder that ends with it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A copy of `python`'s program in `folder` that finds its library where it was.
pub fn copied(python: &Python, folder: &Path) -> (PathBuf, Command) {
    let copy = folder.join("python-copy");
    std::fs::copy(&python.program, &copy).unwrap();
    let mut command = Command::new(&copy);
    command.env("PYTHONHOME", &python.prefix);
    (copy, command)
}

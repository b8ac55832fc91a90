//! What `/proc` tells about the target: whether it can be read, or what stands in the way.

use std::path::Path;

use procfs::process::{Process, Status};

use super::AttachError;
use super::target_root::TargetRoot;

/// The flag of a process on its way out: its memory goes before its state becomes that of a zombie.
const PF_EXITING: u32 = 0x4;
/// The bit of `CAP_SYS_PTRACE` in `CapEff`.
const CAP_SYS_PTRACE: u64 = 1 << 19;

/// A live process that may be read, as far as can be known without trying.
#[derive(Debug)]
pub(super) struct Target {
    /// Its PID in the tool's namespace.
    pub(super) pid: u32,
    /// Bit `n - 1`: signal `n` has a handler.
    pub(super) caught_signals: u64,
    /// A signal has stopped it.
    pub(super) is_stopped: bool,
    process: Process,
}

impl Target {
    /// Looks at `pid`. Refuses what is certain to fail: no such process, a zombie.
    pub(super) fn find(pid: u32) -> Result<Self, AttachError> {
        let missing = || AttachError::NoSuchProcess { pid, hint: hint_for_missing(pid) };
        let process = i32::try_from(pid).ok().and_then(|pid| Process::new(pid).ok()).ok_or_else(missing)?;
        let status = process.status().map_err(|_| missing())?;
        if status.tgid != pid as i32 {
            let hint = format!("; {pid} is a thread of process {}", status.tgid);
            return Err(AttachError::NoSuchProcess { pid, hint });
        }
        if matches!(status.state.chars().next(), Some('Z' | 'X')) {
            return Err(AttachError::Zombie { pid });
        }
        Ok(Self { pid, caught_signals: status.sigcgt, is_stopped: status.state.starts_with('T'), process })
    }

    /// The target's own root folder.
    pub(super) fn root(&self) -> Result<TargetRoot, AttachError> {
        TargetRoot::of(self.pid).map_err(|error| self.inaccessible(&error))
    }

    /// Whether the process still runs.
    pub(super) fn is_alive(&self) -> bool {
        // `procfs` keeps the folder open, so a new process with the same PID is not mistaken.
        self.process.stat().is_ok_and(|stat| !matches!(stat.state, 'Z' | 'X') && stat.flags & PF_EXITING == 0)
    }

    /// An error for something of the target that could not be opened: it is gone, or forbidden.
    pub(super) fn inaccessible(&self, error: &std::io::Error) -> AttachError {
        match error.raw_os_error() {
            Some(libc::EACCES | libc::EPERM) => self.refused(),
            _ => AttachError::Died { pid: self.pid },
        }
    }

    /// An error for "the kernel says no": which permission is missing, and how to get it.
    pub(super) fn refused(&self) -> AttachError {
        let pid = self.pid;
        let Ok(theirs) = self.process.status() else {
            return AttachError::Died { pid };
        };
        if matches!(theirs.state.chars().next(), Some('Z' | 'X')) {
            return AttachError::Died { pid };
        }
        if theirs.tracerpid != 0 {
            let name = "another tracer".to_owned();
            return AttachError::Traced { pid, tracer: theirs.tracerpid, name };
        }
        let Ok(ours) = Process::myself().and_then(|process| process.status()) else {
            return permission(pid, "/proc is not readable", "mount /proc");
        };
        let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope");
        let scope = scope.ok().and_then(|text| text.trim().parse().ok());
        let (missing, fix) = explain(&ours, &theirs, scope, in_container());
        permission(pid, missing, fix)
    }
}

/// Which permission is missing, and the fix, from what is known of both processes.
fn explain(ours: &Status, theirs: &Status, ptrace_scope: Option<u8>, in_container: bool) -> (String, String) {
    let has_capability = ours.capeff & CAP_SYS_PTRACE != 0;
    let as_root = if in_container {
        "add the capability to this container (docker run --cap-add=SYS_PTRACE), or run the tool on the host as root"
    } else {
        "run the tool as root (sudo)"
    };
    let same_user = [theirs.ruid, theirs.euid, theirs.suid].iter().all(|uid| *uid == ours.euid)
        && [theirs.rgid, theirs.egid, theirs.sgid].iter().all(|gid| *gid == ours.egid);
    if ptrace_scope == Some(3) {
        return (
            "kernel.yama.ptrace_scope is 3, which forbids tracing to everybody until the next boot".to_owned(),
            "use --via signal, or boot with a lower ptrace_scope".to_owned(),
        );
    }
    if has_capability {
        return (
            "this process has CAP_SYS_PTRACE, but not over the target's user namespace, or a security module (SELinux, \
             AppArmor, seccomp) forbids it"
                .to_owned(),
            "run the tool as root on the host, outside containers".to_owned(),
        );
    }
    if !same_user {
        return (
            format!(
                "it belongs to user {} and the tool runs as user {} without CAP_SYS_PTRACE",
                theirs.euid, ours.euid
            ),
            if ours.euid == 0 {
                as_root.to_owned()
            } else {
                format!("run the tool as that user (sudo -u '#{}') or as root", theirs.euid)
            },
        );
    }
    match ptrace_scope {
        Some(1) => (
            "kernel.yama.ptrace_scope is 1: without CAP_SYS_PTRACE only a process's own ancestors may trace it".to_owned(),
            format!("{as_root}, or allow it with `sysctl kernel.yama.ptrace_scope=0`"),
        ),
        Some(2) => (
            "kernel.yama.ptrace_scope is 2: only CAP_SYS_PTRACE may trace".to_owned(),
            as_root.to_owned(),
        ),
        _ => (
            "the user is the same, but the target is not dumpable (it changed its user, has file capabilities or called \
             prctl(PR_SET_DUMPABLE, 0)), or a security module or seccomp filter forbids tracing"
                .to_owned(),
            as_root.to_owned(),
        ),
    }
}

fn permission(pid: u32, missing: impl Into<String>, fix: impl Into<String>) -> AttachError {
    AttachError::Permission { pid, missing: missing.into(), fix: fix.into() }
}

fn in_container() -> bool {
    Path::new("/.dockerenv").exists() || Path::new("/run/.containerenv").exists()
}

/// A process of an inner PID namespace that calls itself `pid`: the PID that a user inside a
/// container reads is not the one that counts outside.
fn hint_for_missing(pid: u32) -> String {
    let Ok(processes) = procfs::process::all_processes() else {
        return String::new();
    };
    let inner: Vec<String> = processes
        .filter_map(|process| process.ok()?.status().ok())
        .filter(|status| {
            let pids = status.nspid.as_deref().unwrap_or_default();
            pids.len() > 1 && pids.last() == Some(&(pid as i32))
        })
        .take(3)
        .map(|status| format!("{} ({})", status.pid, status.name))
        .collect();
    if inner.is_empty() {
        return if in_container() {
            "; in a container only its own processes are seen: give the PID that `ps` prints here".to_owned()
        } else {
            String::new()
        };
    }
    format!("; inside a container that PID belongs to process {} as seen from here", inner.join(" or "))
}

/// All processes below `pid`, by ascending PID.
pub fn descendants(pid: u32) -> Vec<u32> {
    let Ok(processes) = procfs::process::all_processes() else {
        return Vec::new();
    };
    let parents: std::collections::HashMap<i32, i32> =
        processes.filter_map(|process| process.ok()?.stat().ok()).map(|stat| (stat.pid, stat.ppid)).collect();
    let is_below = |of: i32| {
        // A process may end and its PID be given away while the list is read: a circle ends too.
        std::iter::successors(parents.get(&of), |parent| parents.get(parent))
            .take(100)
            .any(|&parent| parent == pid as i32)
    };
    let mut below: Vec<u32> = parents.keys().copied().filter(|&of| is_below(of)).map(i32::cast_unsigned).collect();
    below.sort_unstable();
    below
}

/// A hint for a PID that is a wrapper's (a shell, an init of a container): which processes below it run Python.
pub fn python_below(pid: u32) -> String {
    let runs_python = |of: u32| {
        let program = Process::new(of.cast_signed()).and_then(|process| process.exe()).ok()?;
        let name = program.file_name()?.to_string_lossy().into_owned();
        name.contains("python").then(|| format!("{of} ({name})"))
    };
    let found: Vec<String> = descendants(pid).into_iter().filter_map(runs_python).take(3).collect();
    if found.is_empty() { String::new() } else { format!("; below it Python runs as process {}", found.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use procfs::FromRead;

    fn status(uid: u32, capabilities: &str) -> Status {
        let own = std::fs::read_to_string("/proc/self/status").unwrap();
        let text: String = own
            .lines()
            .map(|line| match line.split_once(':') {
                Some(("Uid", _)) => format!("Uid:\t{uid}\t{uid}\t{uid}\t{uid}\n"),
                Some(("Gid", _)) => format!("Gid:\t{uid}\t{uid}\t{uid}\t{uid}\n"),
                Some(("CapEff", _)) => format!("CapEff:\t{capabilities}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        Status::from_read(text.as_bytes()).unwrap()
    }

    const NONE: &str = "0000000000000000";
    const ALL: &str = "000001ffffffffff";

    #[test]
    fn says_which_permission_is_missing() {
        let (us, same, other) = (status(1000, NONE), status(1000, NONE), status(33, NONE));
        let (missing, fix) = explain(&us, &other, Some(0), false);
        assert!(missing.contains("user 33") && fix.contains("sudo -u '#33'"), "{missing}; {fix}");
        let (missing, fix) = explain(&us, &same, Some(1), false);
        assert!(missing.contains("ptrace_scope is 1") && fix.contains("sysctl"), "{missing}; {fix}");
        let (missing, _) = explain(&us, &same, Some(2), false);
        assert!(missing.contains("ptrace_scope is 2"), "{missing}");
        let (missing, _) = explain(&us, &same, None, false);
        assert!(missing.contains("not dumpable"), "{missing}");
        let (_, fix) = explain(&status(0, NONE), &same, None, true);
        assert!(fix.contains("--cap-add=SYS_PTRACE"), "{fix}");
        let (missing, _) = explain(&status(0, ALL), &same, Some(1), false);
        assert!(missing.contains("has CAP_SYS_PTRACE"), "{missing}");
        let (missing, _) = explain(&status(0, ALL), &same, Some(3), false);
        assert!(missing.contains("everybody"), "{missing}");
    }

    #[test]
    fn refuses_what_is_no_live_process() {
        assert!(matches!(Target::find(u32::MAX), Err(AttachError::NoSuchProcess { .. })));
        assert!(matches!(Target::find(0), Err(AttachError::NoSuchProcess { .. })));
    }
}

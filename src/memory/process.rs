//! What the kernel tells of a process from outside: memory, times, threads, the limit of its control group.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Facts of one process; what is not known is `None`, never 0.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProcessFacts {
    /// Its PID in its own, innermost namespace.
    pub own_pid: Option<u64>,
    /// Resident memory now, in bytes.
    pub resident_bytes: Option<u64>,
    /// What it is made of.
    pub resident_parts: Option<ResidentParts>,
    /// Highest resident memory so far.
    pub peak_resident_bytes: Option<u64>,
    /// The limit of its control group.
    pub memory_limit_bytes: Option<u64>,
    /// CPU time in user mode.
    pub user_seconds: Option<f64>,
    /// CPU time in the kernel.
    pub system_seconds: Option<f64>,
    /// Time since it began.
    pub real_seconds: Option<f64>,
}

/// Resident memory by what is mapped there, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ResidentParts {
    /// The heap of malloc that grows by `brk`.
    pub heap: u64,
    /// Memory without a file: arenas of allocators, large blocks, the stacks of threads.
    pub anonymous: u64,
    /// The stack of the main thread.
    pub stack: u64,
    /// Files that are mapped: code, libraries, data, shared memory.
    pub mapped: u64,
}

/// `None` when the kernel does not tell: another user's process, or one that is gone. Line by line: a process may have tens of
/// thousands of mappings.
fn resident_parts(pid: u32) -> Option<ResidentParts> {
    let lines = BufReader::new(fs::File::open(format!("/proc/{pid}/smaps")).ok()?).lines();
    let mut parts = ResidentParts::default();
    let mut part = &mut parts.mapped;
    for line in lines.map_while(Result::ok) {
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("Rss:") => {
                let kib: u64 = words.next().and_then(|number| number.parse().ok()).unwrap_or(0);
                *part = part.saturating_add(kib.saturating_mul(1024));
            }
            Some(first) if !first.ends_with(':') => {
                part = match words.nth(4) {
                    Some("[heap]") => &mut parts.heap,
                    Some("[stack]") => &mut parts.stack,
                    None => &mut parts.anonymous,
                    Some(name) if name.starts_with("[anon") => &mut parts.anonymous,
                    Some(_) => &mut parts.mapped,
                };
            }
            _ => {}
        }
    }
    (parts != ResidentParts::default()).then_some(parts)
}

impl ProcessFacts {
    /// Asks the kernel. Never an error: what can't be read is unknown.
    pub fn of(pid: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
        };
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100) as f64;
        let seconds = |index: usize| Some(fields.get(index)?.parse::<f64>().ok()? / ticks);
        let uptime = fs::read_to_string("/proc/uptime").ok();
        let uptime = uptime.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
        Self {
            own_pid: own_id(&status),
            resident_bytes: bytes("VmRSS:"),
            resident_parts: resident_parts(pid),
            peak_resident_bytes: bytes("VmHWM:"),
            memory_limit_bytes: memory_limit(pid),
            user_seconds: seconds(11),
            system_seconds: seconds(12),
            real_seconds: uptime.zip(seconds(19)).map(|(now, began)| (now - began).max(0.0)),
        }
    }
}

/// The innermost number of a process or thread, of the text of its `status`.
fn own_id(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    let line = line.or_else(|| status.lines().find_map(|line| line.strip_prefix("Pid:")))?;
    line.split_whitespace().last()?.parse().ok()
}

/// Threads of a process: (as the kernel numbers them for us, as the process itself knows them).
pub fn threads(pid: u32) -> Vec<(i32, u64)> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let mut threads: Vec<(i32, u64)> = entries
        .filter_map(|entry| {
            let tid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let status = fs::read_to_string(format!("/proc/{pid}/task/{tid}/status")).ok()?;
            Some((tid, own_id(&status)?))
        })
        .collect();
    threads.sort_unstable();
    threads
}

fn memory_limit(pid: u32) -> Option<u64> {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let (root, name) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|one| one == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        // The strictest limit of all groups around it holds.
        let mut folder = Path::new(root).join(path.trim_start_matches('/'));
        let mut limit: Option<u64> = None;
        while folder.starts_with(root) {
            let text = fs::read_to_string(folder.join(name)).unwrap_or_default();
            if let Ok(bytes) = text.trim().parse::<u64>()
                && bytes < 1 << 60
            {
                limit = Some(limit.map_or(bytes, |limit| limit.min(bytes)));
            }
            if !folder.pop() {
                break;
            }
        }
        if limit.is_some() {
            return limit;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::process::{Child, ChildStdin, Command, Stdio};

    /// A process that sits still and whose memory nobody else changes. This one will not do: other tests map and free memory
    /// between two readings.
    fn still() -> (Child, ChildStdin) {
        let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(b"!").unwrap();
        // It has been loaded when it answers, and then waits.
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
        (child, input)
    }

    #[test]
    fn a_process_is_known() {
        let (mut child, input) = still();
        let pid = child.id();
        let facts = ProcessFacts::of(pid);
        let parts = facts.resident_parts.unwrap();
        let sum = parts.heap + parts.anonymous + parts.stack + parts.mapped;
        let resident = facts.resident_bytes.unwrap();
        assert!(resident > 1 << 18, "{facts:?}");
        assert!(sum.abs_diff(resident) < resident / 2, "{facts:?}");
        assert!(facts.real_seconds.is_some() && facts.user_seconds.is_some(), "{facts:?}");
        assert_eq!(threads(pid).iter().map(|&(tid, _)| tid).collect::<Vec<_>>(), [pid as i32]);
        drop(input);
        child.wait().unwrap();
        assert_eq!(ProcessFacts::of(u32::MAX).resident_bytes, None);
    }
}

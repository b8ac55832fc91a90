//! Whether a program can be made to have a copy without harm: its limits, its namespaces, who would bury the copy.

use std::fs;
use std::path::{Path, PathBuf};

/// How many processes the program must be able to start beside the copy and its parent.
const PROCESSES_TO_SPARE: u64 = 8;
/// How much memory must be left beside all that the program may rewrite while the copy lives.
const MEMORY_TO_SPARE: u64 = 64 << 20;
/// The PID namespace that the machine was started with.
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// Why `tid` of `pid` may not be made to clone; `None`: it may.
pub(super) fn why_not(pid: i32, tid: i32) -> Option<String> {
    let thread = Status::of(&format!("/proc/{pid}/task/{tid}/status"));
    thread_forbids(&thread).or_else(|| namespaces_forbid(pid, tid)).or_else(|| processes_forbid(pid, &thread)).or_else(
        || {
            let anonymous = thread.kilobytes("RssAnon").unwrap_or_default() << 10;
            memory_forbids(pid, anonymous + MEMORY_TO_SPARE)
        },
    )
}

fn thread_forbids(thread: &Status) -> Option<String> {
    if thread.field("Seccomp") != Some("0") && thread.field("Seccomp").is_some() {
        return Some("a seccomp filter watches its system calls".to_owned());
    }
    if thread.field("x86_Thread_features").is_some_and(|features| features.contains("shstk")) {
        return Some("it runs with a hardware shadow stack".to_owned());
    }
    None
}

/// A copy is an orphan: it becomes a child of the first process of the namespace, which has to bury it.
fn namespaces_forbid(pid: i32, tid: i32) -> Option<String> {
    let own = link(&format!("/proc/{pid}/ns/pid"));
    let Some(own) = own else { return Some("its namespaces cannot be read".to_owned()) };
    // Kernels before 4.12 do not tell; there nobody can know.
    let of_children = format!("/proc/{pid}/task/{tid}/ns/pid_for_children");
    if link("/proc/thread-self/ns/pid_for_children").is_some() && link(&of_children).as_ref() != Some(&own) {
        return Some("its next child would begin a PID namespace".to_owned());
    }
    let status = Status::of(&format!("/proc/{pid}/status"));
    if status.innermost_pid() == Some(1) {
        return Some("it is the first process of its PID namespace, and the copy would become its child".to_owned());
    }
    if own == FIRST_PID_NAMESPACE {
        return None;
    }
    match first_process_of(&own, pid, &status) {
        Some(first) if first.heeds_children() => None,
        Some(first) => {
            let name = first.field("Name").unwrap_or("unknown").to_owned();
            Some(format!("the first process of its PID namespace ({name}) may not bury orphans"))
        }
        None => Some("who buries orphans in its PID namespace is not known".to_owned()),
    }
}

/// The first process of the namespace: an ancestor, or any process there is.
fn first_process_of(namespace: &str, pid: i32, target: &Status) -> Option<Status> {
    let is_it = |pid: i32, status: &Status| {
        status.innermost_pid() == Some(1) && link(&format!("/proc/{pid}/ns/pid")).as_deref() == Some(namespace)
    };
    let parent = |status: &Status| status.field("PPid").and_then(|pid| pid.parse().ok()).filter(|&pid: &i32| pid > 0);
    let mut next = parent(target);
    // A process may end and its PID be given away meanwhile: a circle ends too.
    for _ in 0..1000 {
        let Some(ancestor) = next else { break };
        let status = Status::of(&format!("/proc/{ancestor}/status"));
        if is_it(ancestor, &status) {
            return Some(status);
        }
        next = parent(&status);
    }
    // Whoever was put into a container from outside has its parent outside.
    all_processes().filter(|&other| other != pid).find_map(|other| {
        let status = Status::of(&format!("/proc/{other}/status"));
        is_it(other, &status).then_some(status)
    })
}

fn processes_forbid(pid: i32, thread: &Status) -> Option<String> {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap_or_default();
    let limit = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max processes"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    if let Some(limit) = limit
        && threads_of_user(thread.field("Uid"), limit) + PROCESSES_TO_SPARE > limit
    {
        return Some(format!("its user is near the limit of {limit} processes"));
    }
    groups_forbid_processes(&control_groups(pid, "pids"))
}

fn groups_forbid_processes(folders: &[PathBuf]) -> Option<String> {
    for folder in folders {
        if let (Some(limit), Some(current)) = (number(folder, "pids.max"), number(folder, "pids.current"))
            && current + PROCESSES_TO_SPARE > limit
        {
            return Some(format!("its control group is near the limit of {limit} processes"));
        }
    }
    None
}

/// How many threads the user of `uids` (as in `status`: real first) has; not counted when all of the machine are few.
fn threads_of_user(uids: Option<&str>, limit: u64) -> u64 {
    let total = fs::read_to_string("/proc/loadavg")
        .ok()
        .and_then(|text| text.split_whitespace().nth(3)?.split_once('/')?.1.parse::<u64>().ok());
    if let Some(total) = total.filter(|total| total + PROCESSES_TO_SPARE <= limit) {
        return total;
    }
    let real = |uids: Option<&str>| uids.and_then(|uids| uids.split_whitespace().next()).map(str::to_owned);
    let user = real(uids);
    all_processes()
        .map(|pid| Status::of(&format!("/proc/{pid}/status")))
        .filter(|status| real(status.field("Uid")) == user)
        .filter_map(|status| status.field("Threads")?.parse::<u64>().ok())
        .sum()
}

/// The program goes on writing while the copy lives: at worst every page of its own is there twice.
fn memory_forbids(pid: i32, need: u64) -> Option<String> {
    let machine = Status::of("/proc/meminfo");
    if machine.kilobytes("MemAvailable").is_some_and(|available| available << 10 < need) {
        return Some("too little memory is free".to_owned());
    }
    let strict = fs::read_to_string("/proc/sys/vm/overcommit_memory").is_ok_and(|mode| mode.trim() == "2");
    if strict
        && let (Some(limit), Some(promised)) = (machine.kilobytes("CommitLimit"), machine.kilobytes("Committed_AS"))
        && limit.saturating_sub(promised) << 10 < need
    {
        return Some("too little memory may be promised".to_owned());
    }
    groups_forbid_memory(&control_groups(pid, "memory"), need)
}

fn groups_forbid_memory(folders: &[PathBuf], need: u64) -> Option<String> {
    for folder in folders {
        let limit = ["memory.max", "memory.high", "memory.limit_in_bytes"];
        let limit = limit.iter().filter_map(|name| number(folder, name)).min();
        let used = number(folder, "memory.current").or_else(|| number(folder, "memory.usage_in_bytes"));
        if let (Some(limit), Some(used)) = (limit, used) {
            let statistics = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
            let of = |name: &str| {
                let line = statistics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
                line.and_then(|value| value.trim().parse::<u64>().ok()).unwrap_or_default()
            };
            // What the kernel gives up by itself.
            let files = |prefix: &str| of(&format!("{prefix}inactive_file")) + of(&format!("{prefix}active_file"));
            // The first version counts the groups below apart.
            let reclaimable = files("total_").max(files("")).min(used);
            if limit.saturating_sub(used - reclaimable) < need {
                return Some("its control group has too little memory left".to_owned());
            }
        }
    }
    None
}

/// The folders of the process's control group for `controller`, of both versions, and of all above it.
fn control_groups(pid: i32, controller: &str) -> Vec<PathBuf> {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
    folders_of_groups(Path::new("/sys/fs/cgroup"), &text, controller)
}

/// The same below `mounts`, from what `/proc/PID/cgroup` says.
fn folders_of_groups(mounts: &Path, text: &str, controller: &str) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let names: &[&str] = match controllers {
            "" => &["", "unified"],
            _ if controllers.split(',').any(|one| one == controller) => &[controller],
            _ => continue,
        };
        for name in names {
            let root = mounts.join(name);
            // Out of one's own namespace a path begins with `/..`.
            let below = Path::new(path.trim_start_matches('/'));
            if below.components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
                continue;
            }
            folders.extend(below.ancestors().map(|above| root.join(above)));
        }
    }
    folders
}

/// A number in a file of a control group; `None` for `max`.
fn number(folder: &Path, name: &str) -> Option<u64> {
    fs::read_to_string(folder.join(name)).ok()?.trim().parse().ok()
}

fn link(path: &str) -> Option<String> {
    Some(fs::read_link(path).ok()?.to_string_lossy().into_owned())
}

fn all_processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// A file of lines `Name: value`, such as `/proc/PID/status`.
#[derive(Debug)]
pub(super) struct Status(String);

impl Status {
    /// Empty when it cannot be read.
    pub(super) fn of(path: &str) -> Self {
        Self(fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default())
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.0.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
    }

    fn kilobytes(&self, name: &str) -> Option<u64> {
        self.field(name)?.strip_suffix("kB")?.trim().parse().ok()
    }

    /// The PID in the process's own, innermost namespace.
    fn innermost_pid(&self) -> Option<i32> {
        self.field("NSpid")?.split_whitespace().next_back()?.parse().ok()
    }

    /// Whether it handles, ignores or waits for `SIGCHLD`, as one does that buries children it did not make.
    fn heeds_children(&self) -> bool {
        ["SigCgt", "SigIgn", "SigBlk"].iter().any(|set| {
            let bits = self.field(set).and_then(|bits| u64::from_str_radix(bits, 16).ok());
            bits.is_some_and(|bits| bits & 1 << (libc::SIGCHLD - 1) != 0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_status() {
        let status = Status("Name:\tSeccomp: 2\nSeccomp:\t0\nSeccomp_filters:\t1\nNSpid:\t812\t1\nRssAnon:\t  12 kB\nSigBlk:\t0000000000010000\n".to_owned());
        assert_eq!(status.field("Seccomp"), Some("0"));
        assert_eq!(status.innermost_pid(), Some(1));
        assert_eq!(status.kilobytes("RssAnon"), Some(12));
        assert!(status.heeds_children());
        assert!(thread_forbids(&status).is_none());
        assert!(thread_forbids(&Status("Seccomp:\t2".to_owned())).is_some());
        assert!(thread_forbids(&Status("x86_Thread_features:\tshstk wrss".to_owned())).is_some());
    }

    #[test]
    fn this_process_is_far_from_its_limits() {
        let pid = std::process::id() as i32;
        let thread = Status::of(&format!("/proc/{pid}/status"));
        assert_eq!(thread_forbids(&thread), None);
        assert!(threads_of_user(thread.field("Uid"), 0) >= 1);
        assert!(memory_forbids(pid, u64::MAX >> 1).is_some());
    }

    #[test]
    fn limits_of_control_groups() {
        let mounts = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = mounts.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        // Both versions side by side; the limit is that of a group above.
        let text = "8:pids:/outer/inner\n4:cpu,memory:/../above\n0::/outer/inner\n";
        put("pids/outer/pids.max", "100\n");
        put("pids/outer/pids.current", "90\n");
        put("pids/outer/inner/pids.max", "max\n");
        put("pids/outer/inner/pids.current", "3\n");
        let of = |controller: &str| folders_of_groups(mounts.path(), text, controller);
        assert!(of("pids").contains(&mounts.path().join("pids/outer/inner")));
        assert_eq!(groups_forbid_processes(&of("pids")), None);
        put("pids/outer/pids.current", "95\n");
        assert!(groups_forbid_processes(&of("pids")).unwrap().contains("100"));

        put("outer/memory.max", "1000\n");
        put("outer/memory.current", "900\n");
        put("outer/memory.stat", "anon 300\nfile 600\ninactive_file 400\nactive_file 100\n");
        assert_eq!(groups_forbid_memory(&of("memory"), 600), None);
        assert!(groups_forbid_memory(&of("memory"), 601).is_some());
        put("outer/inner/memory.high", "50\n");
        put("outer/inner/memory.current", "10\n");
        assert!(groups_forbid_memory(&of("memory"), 41).is_some());
        assert_eq!(groups_forbid_memory(&of("memory"), 40), None);
    }
}

//! How much memory this process may still take: what is free, what its control groups leave, its own limit.

use std::fs;
use std::path::Path;

use procfs::Current;
use procfs::process::{LimitValue, Process};

/// Bytes that may be taken before the system swaps, or refuses; `None` when nothing is known.
pub fn room() -> Option<u64> {
    let free = procfs::Meminfo::current().ok().and_then(|memory| memory.mem_available);
    [free, left_by_groups(Path::new("/")), left_of_addresses()].into_iter().flatten().min()
}

/// Gives what was freed back to the system, which an allocator may keep: that of threads that have ended, and between what is in use.
pub fn give_back() {
    // SAFETY: it may be called at any time, by any thread.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::malloc_trim(0);
    }
}

/// What the limit of addresses (`ulimit -v`) leaves.
fn left_of_addresses() -> Option<u64> {
    let own = Process::myself().ok()?;
    let LimitValue::Value(limit) = own.limits().ok()?.max_address_space.soft_limit else { return None };
    Some(limit.saturating_sub(own.statm().ok()?.size * procfs::page_size()))
}

/// What the limits of the control groups leave, files that the system may forget not counted. `root` is where the system's folders are.
fn left_by_groups(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mut least: Option<u64> = None;
    for group in groups.lines() {
        let mut parts = group.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        let (top, limit, used, files) = match controllers {
            "" => ("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
            some if some.split(',').any(|one| one == "memory") => {
                ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            }
            _ => continue,
        };
        let top = root.join(top);
        // A limit above holds below; within a container the path may be that of the host, and only its top is there.
        for folder in top.join(path.trim_start_matches('/')).ancestors().take_while(|folder| folder.starts_with(&top)) {
            let number = |name: &str| fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
            let (Some(limit), Some(used)) = (number(limit), number(used)) else { continue };
            let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
            let of_files = stat.lines().find_map(|line| line.strip_prefix(files)?.trim().parse().ok()).unwrap_or(0);
            let left = limit.saturating_sub(used.saturating_sub(of_files));
            least = Some(least.map_or(left, |least| least.min(left)));
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tightest_group_counts() {
        let root = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("proc/self/cgroup", "1:name=systemd:/\n0::/outer/inner\n");
        put("sys/fs/cgroup/outer/inner/memory.max", "max\n");
        put("sys/fs/cgroup/outer/inner/memory.current", "10\n");
        assert_eq!(left_by_groups(root.path()), None);
        put("sys/fs/cgroup/outer/memory.max", "1000\n");
        put("sys/fs/cgroup/outer/memory.current", "600\n");
        put("sys/fs/cgroup/outer/memory.stat", "active_file 1\ninactive_file 150\n");
        assert_eq!(left_by_groups(root.path()), Some(550));
        put("proc/self/cgroup", "4:cpu,memory:/not/here\n");
        put("sys/fs/cgroup/memory/memory.limit_in_bytes", "50\n");
        put("sys/fs/cgroup/memory/memory.usage_in_bytes", "60\n");
        assert_eq!(left_by_groups(root.path()), Some(0));
    }

    #[test]
    fn something_is_left() {
        assert!(room().unwrap() > 1 << 20);
    }
}

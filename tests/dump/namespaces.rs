//! A target in a container: its own processes, its own file systems, and itself as init.

use std::process::{Command, Stdio};

use super::{Target, count, is_root, newest, succeed};

#[test]
fn init_of_a_container() {
    if !is_root() {
        return;
    }
    let Some(interpreter) = newest() else { return };
    let works = Command::new("unshare")
        .args(["--pid", "--mount", "--fork", "--mount-proc", "true"])
        .stderr(Stdio::null())
        .status();
    if !works.is_ok_and(|status| status.success()) {
        println!("skipped: no namespaces can be made");
        return;
    }
    let mut command = Command::new("unshare");
    // Its own /tmp, and nothing that the tool could see under its own name.
    let script = "mount -t tmpfs tmpfs /tmp && unset TMPDIR && exec \"$0\" \"$@\"";
    command.args(["--pid", "--mount", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script]);
    command.arg(&interpreter.program);
    let mut target = Target::start_by(command, &interpreter, "");
    let outer = target.child.id();
    let children = std::fs::read_to_string(format!("/proc/{outer}/task/{outer}/children")).unwrap();
    target.pid = children.split_whitespace().next().unwrap().parse().unwrap();

    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        succeed(target.dump(folder.path(), &[]), "container");
        assert_eq!(count(&folder.path().join("snap.json"), "__main__.Thing"), 777);
        target.ask();
        let inside = format!("/proc/{}/root/tmp", target.pid);
        assert_eq!(super::names_in(inside.as_ref()), [""; 0], "something is left");
        // An orphan would have become a child of the target, which is init to it.
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", target.pid)).unwrap();
        assert_eq!(children.trim(), "", "a child is left");
    }
}

/// Lies about its files as long as it lives: mounts over its own program, swaps pipes, links and folders, all in a thread.
const MISCHIEF: &str = r#"
import ctypes, os, random
libc = ctypes.CDLL(None, use_errno=True)
folder, victim = os.environ["TMPDIR"], os.environ["VICTIM"]
own = [sys.executable, os.path.realpath(sys.executable)]
with open("/proc/self/maps") as maps:
    own += sorted({line.split(None, 5)[5].strip() for line in maps if "libpython" in line})
pipe, link, huge = (os.path.join(folder, name) for name in ("pipe", "link", "huge"))
os.mkfifo(pipe)
with open(huge, "wb") as file:
    file.write(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00\x01\x00\x00\x00" + b"\xff" * 200)
    file.truncate(1 << 42)
os.symlink(victim, link)

def mischief():
    while True:
        path = random.choice(own).encode()
        source = random.choice([pipe, huge, os.path.join(victim, "file"), "/dev/zero"]).encode()
        if libc.mount(source, path, None, 4096, None) == 0:
            libc.prctl(4, random.randrange(2), 0, 0, 0)
            libc.umount2(path, 2)
        os.rename(link, link + "2")
        os.rename(pipe, link)
        os.rename(link + "2", pipe)
        os.rename(pipe, link + "2")
        os.rename(link, pipe)
        os.rename(link + "2", link)
        os.chdir(random.choice([folder, victim, "/proc/self/fd"]))
        for name in ("snap.json", "heapgraph-%d" % os.getpid(), "snap.json.tmp"):
            try:
                os.symlink(os.path.join(victim, "file"), os.path.join(folder, name))
                os.unlink(os.path.join(folder, name))
            except OSError:
                pass

threading.Thread(target=mischief, daemon=True).start()
"#;

/// Name, kind, size, owner, time of each entry, and what the files hold.
fn state_of(folder: &std::path::Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt;
    let mut entries: Vec<String> = super::names_in(folder)
        .into_iter()
        .map(|name| {
            let facts = folder.join(&name).symlink_metadata().unwrap();
            let text =
                if facts.is_file() { std::fs::read_to_string(folder.join(&name)).unwrap() } else { String::new() };
            format!("{name} {:o} {} {} {} {text}", facts.mode(), facts.uid(), facts.gid(), facts.mtime_nsec())
        })
        .collect();
    entries.sort();
    entries
}

#[test]
fn a_program_that_lies_about_its_files_moves_nothing() {
    if !is_root() {
        return;
    }
    let Some(interpreter) = newest() else { return };
    let works = Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
    if !works.is_ok_and(|status| status.success()) {
        println!("skipped: no namespaces can be made");
        return;
    }
    let victim = tempfile::tempdir().unwrap();
    std::fs::write(victim.path().join("file"), "untouched").unwrap();
    std::fs::create_dir(victim.path().join("folder")).unwrap();
    let mut command = Command::new("unshare");
    command.arg("--mount").arg(&interpreter.program).env("VICTIM", victim.path());
    let mut target = Target::start_by(command, &interpreter, MISCHIEF);
    let before = state_of(victim.path());
    let folder = tempfile::tempdir().unwrap();
    let mut served = 0;
    for round in 0..200 {
        let begin = std::time::Instant::now();
        let output = target.dump(folder.path(), &["--timeout", "5"]).output().unwrap();
        assert!(begin.elapsed() < std::time::Duration::from_secs(20), "round {round} took {:?}", begin.elapsed());
        let error = super::text(&output.stderr);
        if output.status.success() {
            served += 1;
            assert_eq!(count(&folder.path().join("snap.json"), "__main__.Thing"), 777);
        } else {
            assert_eq!(output.status.code(), Some(1), "{error}");
            assert!(error.starts_with("heapgraph: error: "), "{error}");
        }
        let only: &[&str] = if served > 0 { &["snap.json"] } else { &[] };
        assert_eq!(super::names_in(folder.path()), only, "round {round}");
        assert_eq!(state_of(victim.path()), before, "round {round}");
    }
    target.ask();
    println!("{served} of 200 were served");
    assert!(served > 100, "{served} of 200 were served");
}
